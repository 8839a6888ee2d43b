//! `tocsin webhooks`: whoever is told outside, what they were not told, and their secrets.

use reqwest::Url;
use tocsin_server::api::{
    DeadLetterView, EndpointKind, EndpointState, EndpointView, NewSecret, RedeliverReply,
    RedeliverRequest,
};
use tocsin_ticket::Millis;

use crate::cli::{DeadLettersArgs, ReadArgs, RedeliverArgs, RotateArgs, WebhooksCommand};
use crate::failure::Failure;
use crate::out::{self, BAD, CARE, FAINT, GOOD, STRONG, paint};
use crate::times;

/// Does what was asked for.
///
/// # Errors
/// When the server says no.
pub async fn run(command: &WebhooksCommand) -> Result<(), Failure> {
    match command {
        WebhooksCommand::List(args) => list(args).await,
        WebhooksCommand::Dead(args) => dead(args).await,
        WebhooksCommand::Redeliver(args) => redeliver(args).await,
        WebhooksCommand::Rotate(args) => rotate(args).await,
    }
}

async fn list(args: &ReadArgs) -> Result<(), Failure> {
    let all: Vec<EndpointView> = args.server.client()?.get("v1/webhooks").await?;
    if args.json {
        return out::json(&all);
    }
    if all.is_empty() {
        out::aside("nobody is told outside; add [[webhooks]] or `subscribers` to the team's file");
    }
    for endpoint in &all {
        let host = endpoint.host.as_deref().unwrap_or_default();
        let what = match endpoint.kind {
            EndpointKind::Webhook => format!("webhook at {host}"),
            EndpointKind::Mailbox => "mailbox".to_owned(),
            EndpointKind::Conference => format!("makes bridges, at {host}"),
        };
        out::line(format_args!(
            "{:<28}  {:<12}  {what}: {}",
            endpoint.id,
            endpoint.team.to_string(),
            state(endpoint)
        ));
    }
    Ok(())
}

fn state(endpoint: &EndpointView) -> String {
    let why = endpoint.why.as_deref().unwrap_or_default();
    let next = endpoint.next_attempt_at.unwrap_or(Millis(0));
    let state = match endpoint.state {
        EndpointState::Well => paint(GOOD, "well").to_string(),
        EndpointState::Failing => {
            let next = times::day_and_clock(next);
            paint(
                CARE,
                format_args!("{} failures, again {next}: {why}", endpoint.failures),
            )
            .to_string()
        }
        EndpointState::Gone => paint(BAD, format_args!("told no more: {why}")).to_string(),
    };
    match endpoint.dead_letters {
        0 => state,
        dead => format!("{state}; {dead} dead"),
    }
}

async fn dead(args: &DeadLettersArgs) -> Result<(), Failure> {
    let client = args.read.server.client()?;
    let path = format!("v1/webhooks/{}/dead-letters", segment(&args.id));
    let mut letters: Vec<DeadLetterView> = Vec::new();
    loop {
        let after = letters.last().map_or(0, |letter| letter.id);
        let page: Vec<DeadLetterView> = client.get(&format!("{path}?after={after}")).await?;
        if page.is_empty() {
            break;
        }
        letters.extend(page);
    }
    if args.read.json {
        return out::json(&letters);
    }
    if letters.is_empty() {
        out::aside("no dead letters");
    }
    for letter in &letters {
        let again = if letter.redelivering {
            ", about to be sent again"
        } else {
            ""
        };
        out::line(format_args!(
            "{:>6}  {}  {:<24}  ticket {}: {} after {} attempts{again}",
            letter.id,
            times::day_and_clock(letter.at),
            letter.event,
            letter.ticket,
            letter.why,
            letter.attempts
        ));
    }
    Ok(())
}

async fn redeliver(args: &RedeliverArgs) -> Result<(), Failure> {
    let client = args.read.server.client()?;
    let path = format!("v1/webhooks/{}/redeliver", segment(&args.id));
    let letter = args.letter;
    let reply: RedeliverReply = client.post(&path, &RedeliverRequest { letter }).await?;
    if args.read.json {
        return out::json(&reply);
    }
    let letters = match reply.letters {
        1 => "one dead letter is".to_owned(),
        letters => format!("{letters} dead letters are"),
    };
    let id = &args.id;
    out::line(format_args!(
        "{letters} sent again, and {id} is tried at once; `tocsin webhooks dead {id}` shows what \
         still does not arrive"
    ));
    Ok(())
}

async fn rotate(args: &RotateArgs) -> Result<(), Failure> {
    let client = args.read.server.client()?;
    let path = format!("v1/webhooks/{}/rotate", segment(&args.id));
    let new: NewSecret = client.post(&path, &()).await?;
    if args.read.json {
        return out::json(&new);
    }
    show_secret(&new);
    Ok(())
}

/// A new secret, shown once.
pub fn show_secret(new: &NewSecret) {
    out::line(format_args!(
        "secret of {}: {}",
        new.webhook,
        paint(STRONG, &new.secret)
    ));
    let until = new.previous_until.map(|until| {
        let until = times::day_and_clock(until);
        format!("; messages are signed with the one before too, until {until}")
    });
    out::aside(paint(
        FAINT,
        format_args!("shown this once{}", until.unwrap_or_default()),
    ));
}

/// An id as one segment of a path.
fn segment(id: &str) -> String {
    let mut url = Url::parse("https://host").expect("an address");
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.push(id);
    }
    url.path().trim_start_matches('/').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mailbox_with_any_letters_is_one_segment() {
        assert_eq!(segment("chat"), "chat");
        assert_eq!(
            segment("mail:shop:a+b@example.org"),
            "mail:shop:a+b@example.org"
        );
        assert_eq!(segment("mail:shop:a/b?c#d@x"), "mail:shop:a%2Fb%3Fc%23d@x");
    }
}
