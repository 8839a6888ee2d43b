//! `tocsin runbook`: what to do about alarms, written down, found and kept in versions.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tocsin_learning::{
    Attachment, Pattern, Runbook, RunbookEdit, RunbookName, RunbookVersion, RunbookView,
};
use tocsin_server::api::SavedReply;
use tocsin_ticket::{ServiceId, TeamId};
use tocsin_wire::OnCall;

use crate::cli::{RunbookArgs, RunbookCommand, RunbookEditArgs, RunbookListArgs, RunbookShowArgs};
use crate::client::Client;
use crate::editing::Edited;
use crate::failure::{Context, Failure};
use crate::out::{self, FAINT, STRONG, paint};
use crate::times;

/// What separates what a runbook is about from what it says.
const FENCE: &str = "+++";

/// Runs one of the commands.
///
/// # Errors
/// When the server says no.
pub async fn run(args: &RunbookArgs) -> Result<(), Failure> {
    match &args.command {
        RunbookCommand::List(args) => list(args).await,
        RunbookCommand::Show(args) => show(args).await,
        RunbookCommand::Edit(args) => edit(args).await,
        RunbookCommand::History(args) => history(args).await,
    }
}

async fn list(args: &RunbookListArgs) -> Result<(), Failure> {
    let client = args.read.server.client()?;
    let path = match args.ticket {
        Some(ticket) => format!("v1/tickets/{ticket}/runbooks"),
        None => "v1/runbooks".to_owned(),
    };
    let found: Vec<RunbookView> = client.get(&path).await?;
    if args.read.json {
        return out::json(&found);
    }
    if found.is_empty() {
        out::aside("no runbooks; `tocsin runbook edit NAME` writes one");
    }
    for view in &found {
        out::line(format_args!(
            "{:<12}  {:<24}  {:>4}  {}  {}",
            view.team.to_string(),
            view.name.to_string(),
            format!("v{}", view.saved.version),
            view.runbook.title,
            paint(FAINT, about(&view.runbook.attach))
        ));
    }
    Ok(())
}

/// Which alarms, in words.
fn about(attach: &Attachment) -> String {
    let services = attach.services.iter().map(ToString::to_string);
    let services: Vec<_> = services.collect();
    let services = (!services.is_empty()).then(|| services.join(", "));
    let title = attach.title.as_ref();
    let labels = attach.labels.iter();
    let conditions: Vec<_> = services
        .into_iter()
        .chain(title.map(|it| format!("title {}", it.as_str())))
        .chain(labels.map(|(name, it)| format!("{name}={}", it.as_str())))
        .collect();
    if conditions.is_empty() {
        "every alarm".to_owned()
    } else {
        conditions.join("; ")
    }
}

async fn show(args: &RunbookShowArgs) -> Result<(), Failure> {
    let client = args.read.server.client()?;
    let address = address(&client, &args.name, args.team.as_ref()).await?;
    let version = args
        .version
        .map_or_else(String::new, |version| format!("?version={version}"));
    let view: RunbookView = client.get(&format!("{address}{version}")).await?;
    if args.read.json {
        return out::json(&view);
    }
    out::line(paint(STRONG, &view.runbook.title));
    out::line(paint(
        FAINT,
        format_args!(
            "{}, version {} by {}, {}",
            about(&view.runbook.attach),
            view.saved.version,
            view.saved.by,
            times::day_and_clock(view.saved.at)
        ),
    ));
    if view.runbook.retired {
        out::aside("retired: it is attached to nothing any more");
    }
    out::line(format_args!("\n{}", view.runbook.text.trim_end()));
    Ok(())
}

async fn history(args: &RunbookShowArgs) -> Result<(), Failure> {
    let client = args.read.server.client()?;
    let address = address(&client, &args.name, args.team.as_ref()).await?;
    let versions: Vec<RunbookVersion> = client.get(&format!("{address}/history")).await?;
    if args.read.json {
        return out::json(&versions);
    }
    for version in &versions {
        out::line(format_args!(
            "{:>4}  {}  {}",
            format!("v{}", version.version),
            times::day_and_clock(version.at),
            version.by
        ));
    }
    Ok(())
}

async fn edit(args: &RunbookEditArgs) -> Result<(), Failure> {
    let client = args.server.client()?;
    let address = address(&client, &args.name, args.team.as_ref()).await?;
    let all: Vec<RunbookVersion> = match client.get(&format!("{address}/history")).await {
        Ok(versions) => versions,
        // It is a new one; whether it may be, the save says.
        Err(failure) if failure.code == crate::failure::REFUSED => Vec::new(),
        Err(failure) => return Err(failure),
    };
    let (base, runbook) = if all.is_empty() {
        (0, fresh(&args.name))
    } else {
        let view: RunbookView = client.get(&address).await?;
        (view.saved.version, view.runbook)
    };
    let before = written(&runbook)?;
    let edited = Edited::of(&before, ".md", args.file.as_deref()).await?;
    let text = edited.text()?;
    if text == before && base > 0 {
        out::aside("nothing changed");
        return Ok(());
    }
    let saved = save(&client, &address, args.base.unwrap_or(base), &text).await;
    let saved = edited.end(saved)?;
    out::line(format_args!("saved as version {}", saved.version));
    Ok(())
}

async fn save(
    client: &Client,
    address: &str,
    base: u32,
    text: &str,
) -> Result<SavedReply, Failure> {
    let runbook = read(text)?;
    let edit = serde_json::to_string(&RunbookEdit { base, runbook }).context("writing JSON")?;
    client.put(address, &edit).await
}

fn fresh(name: &RunbookName) -> Runbook {
    Runbook {
        title: name.as_str().replace('-', " "),
        attach: Attachment::default(),
        retired: false,
        text: "## What you see\n\n## What to do\n\n1. \n\n## When that does not help\n".to_owned(),
    }
}

/// The runbook's address; its team may be left out by whoever is in one.
async fn address(
    client: &Client,
    name: &RunbookName,
    team: Option<&String>,
) -> Result<String, Failure> {
    let team: TeamId = match team {
        Some(team) => team.as_str().into(),
        None => {
            let teams: Vec<OnCall> = client.get("v1/oncall").await?;
            match teams.as_slice() {
                [one] => one.team.clone(),
                [] => return Err(Failure::usage("you are in no team; --team TEAM names one")),
                many => {
                    let teams: Vec<_> = many.iter().map(|it| it.team.to_string()).collect();
                    return Err(Failure::usage(format!(
                        "whose runbook? add --team with one of {}",
                        teams.join(", ")
                    )));
                }
            }
        }
    };
    Ok(format!("v1/runbooks/{team}/{name}"))
}

/// What a runbook is about, as it stands above its text.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    title: String,
    #[serde(default)]
    services: Vec<ServiceId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    alarm_title: Option<Pattern>,
    #[serde(default)]
    retired: bool,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    labels: BTreeMap<String, Pattern>,
}

/// A runbook as people edit it.
fn written(runbook: &Runbook) -> Result<String, Failure> {
    let head = toml::to_string(&Head {
        title: runbook.title.clone(),
        services: runbook.attach.services.clone(),
        alarm_title: runbook.attach.title.clone(),
        retired: runbook.retired,
        labels: runbook.attach.labels.clone(),
    })
    .context("writing TOML")?;
    Ok(format!(
        "{FENCE}\n\
         # It is about alarms that meet every line below; without any, about all of the team's.\n\
         #   services = [\"checkout\"]\n\
         #   alarm_title = \"*replica lag*\"\n\
         #   labels.env = \"prod*\"\n\
         {head}{FENCE}\n{}\n",
        runbook.text.trim_end()
    ))
}

fn read(text: &str) -> Result<Runbook, Failure> {
    let no_head = || {
        Failure::refused(format!(
            "expected a first line {FENCE}, lines such as title = \"...\", and another {FENCE}"
        ))
    };
    let rest = text.trim_start().strip_prefix(FENCE).ok_or_else(no_head)?;
    let (head, body) = rest.split_once(&format!("\n{FENCE}")).ok_or_else(no_head)?;
    let head: Head = toml::from_str(head)
        .map_err(|error| Failure::refused(format!("above the text: {}", error.message())))?;
    Ok(Runbook {
        title: head.title,
        attach: Attachment {
            services: head.services,
            title: head.alarm_title,
            labels: head.labels,
        },
        retired: head.retired,
        text: format!("{}\n", body.trim()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_runbook_is_read_as_it_was_written() {
        let runbook = Runbook {
            title: "Replica \"lag\"".to_owned(),
            attach: Attachment {
                services: vec!["orders".into()],
                title: Some("*lag*".parse().unwrap()),
                labels: [("env".to_owned(), "prod*".parse().unwrap())].into(),
            },
            retired: true,
            text: "## What to do\n\n+++ is no fence here\n".to_owned(),
        };
        assert_eq!(read(&written(&runbook).unwrap()).unwrap(), runbook);
        let fresh = fresh(&"checkout-down".parse().unwrap());
        assert_eq!(fresh.title, "checkout down");
        assert_eq!(read(&written(&fresh).unwrap()).unwrap(), fresh);
    }

    #[test]
    fn a_head_that_cannot_be_read_says_what_is_wrong() {
        for (text, expected) in [
            ("## Steps", "expected a first line +++"),
            ("+++\ntitle = \"x\"\n", "expected a first line +++"),
            (
                "+++\ntitle = \"x\"\nservice = \"y\"\n+++\n",
                "unknown field `service`",
            ),
            (
                "+++\ntitle = \"x\"\nalarm_title = \"[\"\n+++\n",
                "expected a pattern",
            ),
        ] {
            let failure = read(text).unwrap_err();
            assert!(failure.text.contains(expected), "{failure}");
        }
    }
}
