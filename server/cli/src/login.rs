//! `tocsin login`: turns a single-use code into this user's own token.

use tocsin_server::secret::Secret;
use tocsin_wire::{EnrollReply, EnrollRequest};

use crate::cli::LoginArgs;
use crate::client::Client;
use crate::failure::Failure;
use crate::out::{self, STRONG, paint};
use crate::profile::Profile;

/// Uses up the code and keeps the token.
///
/// # Errors
/// When the server refuses the code, or the token cannot be kept.
pub async fn run(args: &LoginArgs) -> Result<(), Failure> {
    let client = Client::new(&args.url, &args.trust, None)?;
    let request = EnrollRequest {
        code: args.code.clone(),
        device_name: args.name.clone(),
    };
    // Asked before the code is used up.
    args.place.file()?;
    let reply: EnrollReply = client.post("v1/enroll", &request).await?;
    let profile = Profile::new(
        client.base().as_str().trim_end_matches('/').to_owned(),
        &Secret::received(reply.token),
        reply.person.to_string(),
        args.lang,
        &args.trust,
    );
    let file = args.place.keep(profile)?;
    out::line(format_args!(
        "logged in to {} as {}{}; the token is in {}",
        client.base(),
        paint(STRONG, &reply.person_name),
        if reply.admin {
            ", who may configure it"
        } else {
            ""
        },
        file.display()
    ));
    if reply.admin {
        out::line("next: tocsin apply team.toml");
    }
    Ok(())
}
