//! `tocsin mail-in`: a mail from standard input becomes an alarm.
//!
//! A mail server pipes to it. What a mail server understands of a pipe is its exit code
//! (sysexits.h): 75 asks to be tried again, so no alarm is lost while the pager restarts.

use std::io::Read;

use serde_json::Value;
use tocsin_server::api::MAX_BODY_BYTES;

use crate::cli::MailInArgs;
use crate::client::Client;
use crate::failure::{Context, FAILED, Failure};

/// `EX_TEMPFAIL`: try again later.
const TRY_AGAIN: u8 = 75;

/// `EX_DATAERR`: trying again will not help; whoever sent it should hear.
const FOR_GOOD: u8 = 65;

/// Hands it over.
///
/// # Errors
/// With the exit code that the mail server needs.
pub async fn run(args: &MailInArgs) -> Result<(), Failure> {
    hand_over(args).await.map_err(|failure| Failure {
        code: if failure.code == FAILED {
            TRY_AGAIN
        } else {
            FOR_GOOD
        },
        ..failure
    })
}

async fn hand_over(args: &MailInArgs) -> Result<(), Failure> {
    let key = key_in(&args.to)
        .ok_or_else(|| Failure::refused("--to: expected KEY@domain, KEY being an integration's"))?;
    let mut mail = Vec::new();
    // What is beyond belongs to attachments, which are not kept; the texts stand in front.
    std::io::stdin()
        .take(MAX_BODY_BYTES as u64)
        .read_to_end(&mut mail)
        .context("standard input")?;
    let client = Client::new(&args.server, &args.trust, None)?;
    let _: Value = client.post_raw(&format!("in/{key}/email"), mail).await?;
    Ok(())
}

/// The integration's key in an address such as `KEY+anything@pager.example.org`.
fn key_in(address: &str) -> Option<&str> {
    let (local, _) = address.trim_matches(['<', '>']).rsplit_once('@')?;
    let key = local.split('+').next().unwrap_or_default();
    let possible = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric());
    possible.then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_stands_before_the_at_and_the_plus() {
        for (address, key) in [
            ("0123abcd@pager.example.org", Some("0123abcd")),
            ("<0123abcd+shop@pager.example.org>", Some("0123abcd")),
            ("0123abcd", None),
            ("@pager.example.org", None),
            ("../../v1@pager.example.org", None),
            ("a b@pager.example.org", None),
        ] {
            assert_eq!(key_in(address), key, "{address}");
        }
    }
}
