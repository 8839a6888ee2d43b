//! `tocsin alarm`: an alarm by hand.

use serde::{Deserialize, Serialize};
use tocsin_ticket::{Severity, TicketId};

use crate::cli::AlarmArgs;
use crate::failure::Failure;
use crate::out::{self, STRONG, paint};

/// What `POST /v1/alarms` takes: the generic JSON format.
#[derive(Debug, Serialize)]
struct Alarm<'a> {
    status: &'static str,
    service: &'a str,
    severity: Severity,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dedup_key: Option<&'a str>,
}

/// What it and the routes of integrations answer.
#[derive(Debug, Serialize, Deserialize)]
pub struct Taken {
    /// What became of each alarm.
    pub alarms: Vec<TakenAlarm>,
}

/// What became of one alarm.
#[derive(Debug, Serialize, Deserialize)]
pub struct TakenAlarm {
    /// The ticket it is in.
    pub ticket: Option<TicketId>,
    /// Whether it opened that ticket.
    pub opened: bool,
}

/// Raises it, or says that it is over.
///
/// # Errors
/// When the server says no.
pub async fn run(args: &AlarmArgs) -> Result<(), Failure> {
    if args.resolved && args.title.is_none() && args.key.is_none() {
        return Err(Failure::usage(
            "--resolved: say which trouble is over, by its title or --key",
        ));
    }
    let client = args.read.server.client()?;
    let alarm = Alarm {
        status: if args.resolved { "resolved" } else { "firing" },
        service: &args.service,
        severity: args.severity,
        title: args.title.as_deref(),
        dedup_key: args.key.as_deref(),
    };
    let taken: Taken = client.post("v1/alarms", &alarm).await?;
    if args.read.json {
        return out::json(&taken);
    }
    for TakenAlarm { ticket, opened } in taken.alarms {
        match ticket {
            Some(ticket) if opened => out::line(format_args!(
                "ticket {} is open; `tocsin ticket {}` tells what becomes of it",
                paint(STRONG, ticket),
                ticket.0
            )),
            Some(ticket) if args.resolved => {
                out::line(format_args!("ticket {} is resolved", paint(STRONG, ticket)));
            }
            Some(ticket) => {
                out::line(format_args!(
                    "counted for ticket {}, which is open already",
                    paint(STRONG, ticket)
                ));
            }
            None => out::line("no open ticket was about that"),
        }
    }
    Ok(())
}
