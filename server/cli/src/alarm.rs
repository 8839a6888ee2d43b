//! `tocsin alarm`: an alarm by hand.

use std::io::Read;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tocsin_server::api::{Preview, SeverityFrom};
use tocsin_ticket::{Severity, TicketId};

use crate::cli::AlarmArgs;
use crate::client::Client;
use crate::failure::{Context, Failure};
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
    if let (Some(file), Some(integration)) = (&args.dry_run, &args.integration) {
        return dry_run(&client, file, integration, args).await;
    }
    let alarm = Alarm {
        status: if args.resolved { "resolved" } else { "firing" },
        service: args.service.as_deref().unwrap_or_default(),
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

/// What a payload would do. The oddities' shape is the server's to change.
#[derive(Debug, Serialize, Deserialize)]
struct Previewed {
    alarms: Vec<Preview>,
    oddities: Vec<Value>,
}

/// Shows what a payload would do.
async fn dry_run(
    client: &Client,
    file: &Path,
    integration: &str,
    args: &AlarmArgs,
) -> Result<(), Failure> {
    let mut payload = Vec::new();
    if file.as_os_str() == "-" {
        std::io::stdin()
            .read_to_end(&mut payload)
            .context("standard input")?;
    } else {
        payload = std::fs::read(file).context(file.display())?;
    }
    let path = format!(
        "v1/integrations/{integration}/preview?format={}",
        args.format
    );
    let previewed: Previewed = client.post_raw(&path, payload).await?;
    if args.read.json {
        return out::json(&previewed);
    }
    if previewed.alarms.is_empty() {
        out::line("it would do nothing");
    }
    for preview in &previewed.alarms {
        show(preview);
    }
    for oddity in &previewed.oddities {
        let part = |name: &str| oddity[name].as_str().unwrap_or_default().to_owned();
        out::line(format_args!("odd: {}: {}", part("field"), part("detail")));
    }
    Ok(())
}

fn show(preview: &Preview) {
    match preview {
        Preview::Fires {
            service,
            dedup_key,
            title,
            severity,
            severity_from,
            pages,
            owner,
            url,
            details,
        } => {
            out::line(format_args!(
                "{} {}",
                paint(STRONG, severity),
                paint(STRONG, title)
            ));
            let why = match severity_from {
                SeverityFrom::Payload => "as the payload says",
                SeverityFrom::OwnWord => "as the configuration reads the payload's word",
                SeverityFrom::Default => "the default: the payload says nothing that is understood",
            };
            out::line(format_args!("  severity  {severity}, {why}"));
            out::line(format_args!("  service   {service}"));
            let what = if *pages {
                "would be paged now"
            } else {
                "would own it; nobody is paged"
            };
            out::line(format_args!(
                "  owner     {} ({}), {what}",
                owner.name, owner.id
            ));
            out::line(format_args!("  key       {dedup_key}"));
            if let Some(url) = url {
                out::line(format_args!("  link      {url}"));
            }
            for (name, text) in details {
                out::line(format_args!("  {name}: {}", text.replace('\n', "\n    ")));
            }
        }
        Preview::Acknowledges { dedup_key, .. } => {
            out::line(format_args!("checks in on what is open under {dedup_key}"));
        }
        Preview::Resolves { dedup_key, .. } => {
            out::line(format_args!("resolves what is open under {dedup_key}"));
        }
        Preview::Notes {
            dedup_key, text, ..
        } => {
            out::line(format_args!(
                "adds a note to what is open under {dedup_key}: {text}"
            ));
        }
    }
}
