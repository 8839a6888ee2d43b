//! `tocsin enroll`: a code for one device, to type or to scan.

use anstyle::AnsiColor;
use qrcode::render::unicode::Dense1x2;
use qrcode::{EcLevel, QrCode};
use reqwest::Url;
use serde::Serialize;
use tocsin_pager::net::Server;
use tocsin_server::api::{CodeReply, CodeRequest};
use tocsin_ticket::Millis;

use crate::cli::EnrollArgs;
use crate::failure::{Context, Failure};
use crate::out::{self, CARE, STRONG, paint};
use crate::times;

#[derive(Debug, Serialize)]
struct Enrolment<'a> {
    person: &'a str,
    code: &'a str,
    expires_at: Millis,
    server: &'a str,
    link: &'a str,
}

/// Asks for a code and shows it.
///
/// # Errors
/// When the server says no.
pub async fn run(args: &EnrollArgs) -> Result<(), Failure> {
    let client = args.server.client()?;
    let server = match &args.reach {
        Some(url) => Server::new(url, None, true)
            .map_err(|error| Failure::usage(error.to_string()))?
            .address()
            .to_owned(),
        None => client.base().to_string(),
    };
    let server = server.trim_end_matches('/');
    let request = CodeRequest {
        person: args.person.as_str().into(),
        admin: args.admin,
    };
    let CodeReply { code, expires_at } = client.post("v1/codes", &request).await?;
    let link = link(server, &code)?;
    if args.json {
        let person = &args.person;
        return out::json(&Enrolment {
            person,
            code: &code,
            expires_at,
            server,
            link: &link,
        });
    }
    out::line(format_args!(
        "{} enrols one device of {}, once, until {}.\n",
        paint(STRONG, &code),
        args.person,
        times::clock(expires_at)
    ));
    out::line(qr(&link)?);
    out::line("A phone scans it. A desk runs:\n");
    let command = format!("tocsin pager --server {server} --code {code}");
    out::line(format_args!("    {}\n", paint(STRONG, command)));
    if is_this_machine(server) {
        out::aside(paint(
            CARE,
            format_args!(
                "{server} is this machine's own address: for other devices add --reach URL"
            ),
        ));
    }
    Ok(())
}

fn link(server: &str, code: &str) -> Result<String, Failure> {
    Url::parse_with_params("tocsin://enroll", [("server", server), ("code", code)])
        .map(String::from)
        .context("the enrolment link")
}

/// Black on white, whatever the terminal's colours: not every reader takes an inverted code.
fn qr(link: &str) -> Result<String, Failure> {
    let code = QrCode::with_error_correction_level(link, EcLevel::M).context("the QR code")?;
    let modules = code.render::<Dense1x2>().build();
    let paper = AnsiColor::Black.on(AnsiColor::BrightWhite);
    let lines = modules.lines().map(|line| paint(paper, line).to_string());
    Ok(lines.collect::<Vec<_>>().join("\n"))
}

fn is_this_machine(server: &str) -> bool {
    // Plain http without asking is allowed to this machine alone.
    let plain = server.replacen("https://", "http://", 1);
    Server::new(&plain, None, false).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_link_carries_address_and_code_whatever_they_contain() {
        let link = link("https://pager.example.org/a b?", "7KQ2M-9XWTA").unwrap();
        let read = Url::parse(&link).unwrap();
        let pairs: Vec<_> = read.query_pairs().collect();
        assert_eq!((read.scheme(), read.host_str()), ("tocsin", Some("enroll")));
        assert_eq!(pairs[0].1, "https://pager.example.org/a b?");
        assert_eq!(pairs[1].1, "7KQ2M-9XWTA");
    }

    #[test]
    fn an_address_of_this_machine_is_told_from_one_that_phones_reach() {
        assert!(
            is_this_machine("https://127.0.0.1:8443") && is_this_machine("http://localhost:80")
        );
        assert!(!is_this_machine("https://pager.example.org"));
    }
}
