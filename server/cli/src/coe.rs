//! `tocsin coe`: corrections of error, what to learn from a ticket.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use tocsin_learning::{
    ActionItem, Coe, CoeEdit, CoeNeed, CoeState, CoeSummary, CoeView, Moment, Overdue, Why,
};
use tocsin_server::api::SavedReply;
use tocsin_ticket::{Millis, PersonId};
use tocsin_wire::TicketView;

use crate::cli::{
    CoeArgs, CoeCommand, CoeEditArgs, CoeExportArgs, CoeListArgs, CoeStateArg, ExportFormat,
    ReadArgs, TicketArgs,
};
use crate::client::Client;
use crate::editing::Edited;
use crate::failure::{Context, Failure};
use crate::out::{self, CARE, FAINT, paint};
use crate::times;

/// Runs one of the commands.
///
/// # Errors
/// When the server says no.
pub async fn run(args: &CoeArgs) -> Result<(), Failure> {
    match &args.command {
        CoeCommand::List(args) => list(args).await,
        CoeCommand::Show(args) => show(args).await,
        CoeCommand::Edit(args) => edit(args).await,
        CoeCommand::Export(args) => export(args).await,
        CoeCommand::Overdue(args) => overdue(args).await,
    }
}

/// What to say of a ticket that is over and whose COE is still to be written.
pub async fn due(client: &Client, ticket: &TicketView) -> Option<String> {
    if ticket.is_open() {
        return None;
    }
    let number = ticket.id.0;
    // A reminder is a courtesy: without the answer, there is none.
    let view: CoeView = client.get(&format!("v1/tickets/{number}/coe")).await.ok()?;
    let wanted = view.need == CoeNeed::Required && view.coe.state != CoeState::Done;
    wanted.then(|| {
        let state = view.coe.state;
        format!("its correction of error is due ({state}): `tocsin coe edit {number}`")
    })
}

async fn list(args: &CoeListArgs) -> Result<(), Failure> {
    let client = args.read.server.client()?;
    let state = match args.state {
        None => "",
        Some(CoeStateArg::Draft) => "?state=draft",
        Some(CoeStateArg::InReview) => "?state=in_review",
        Some(CoeStateArg::Done) => "?state=done",
    };
    let found: Vec<CoeSummary> = client.get(&format!("v1/coes{state}")).await?;
    if args.read.json {
        return out::json(&found);
    }
    if found.is_empty() {
        out::aside("no corrections of error");
    }
    for coe in &found {
        let author = coe.author.as_ref().map_or("nobody yet", PersonId::as_str);
        out::line(format_args!(
            "{:>6}  {:<9}  {:<12}  {:<10}  {}  {}",
            coe.ticket.to_string(),
            coe.state.to_string(),
            coe.service.to_string(),
            author,
            coe.title,
            paint(
                FAINT,
                format_args!("{} of {} action items open", coe.open_actions, coe.actions)
            )
        ));
    }
    Ok(())
}

async fn show(args: &TicketArgs) -> Result<(), Failure> {
    let client = args.read.server.client()?;
    let path = format!("v1/tickets/{}/coe", args.ticket);
    if args.read.json {
        let view: CoeView = client.get(&path).await?;
        return out::json(&view);
    }
    let text = client
        .get_text(&format!("{path}?format=markdown{}", zone("&")))
        .await?;
    out::line(text.trim_end());
    Ok(())
}

async fn export(args: &CoeExportArgs) -> Result<(), Failure> {
    let client = args.server.client()?;
    let format = match args.format {
        ExportFormat::Markdown => "markdown",
        ExportFormat::Html => "html",
    };
    let path = format!(
        "v1/tickets/{}/coe?format={format}{}",
        args.ticket,
        zone("&")
    );
    let text = client.get_text(&path).await?;
    match &args.out {
        None => out::line(text.trim_end()),
        Some(file) => std::fs::write(file, text).context(file.display())?,
    }
    Ok(())
}

/// This machine's zone, where it has a name; without it the server takes its reader's own.
fn zone(before: &str) -> String {
    let system = TimeZone::system();
    let name = system.iana_name();
    name.map_or_else(String::new, |name| format!("{before}zone={name}"))
}

async fn overdue(args: &ReadArgs) -> Result<(), Failure> {
    let client = args.server.client()?;
    let found: Vec<Overdue> = client.get("v1/coes/overdue").await?;
    if args.json {
        return out::json(&found);
    }
    if found.is_empty() {
        out::aside("no action item is overdue");
    }
    for item in &found {
        out::line(format_args!(
            "{:>6}  {}  {}  {:<12}  {}",
            item.ticket.to_string(),
            item.due,
            paint(CARE, format_args!("{:>4} d late", item.days)),
            item.owner.to_string(),
            item.text
        ));
    }
    Ok(())
}

async fn edit(args: &CoeEditArgs) -> Result<(), Failure> {
    let client = args.server.client()?;
    let path = format!("v1/tickets/{}/coe", args.ticket);
    let view: CoeView = client.get(&path).await?;
    let before = written(&view)?;
    let edited = Edited::of(&before, ".toml", args.file.as_deref()).await?;
    let text = edited.text()?;
    if text == before {
        out::aside("nothing changed");
        return Ok(());
    }
    let saved = save(&client, &path, args.base.unwrap_or(view.version), &text).await;
    let saved = edited.end(saved)?;
    out::line(format_args!("saved as version {}", saved.version));
    Ok(())
}

async fn save(client: &Client, path: &str, base: u32, text: &str) -> Result<SavedReply, Failure> {
    let coe = read(text)?;
    let edit = serde_json::to_string(&CoeEdit { base, coe }).context("writing JSON")?;
    client.put(path, &edit).await
}

/// A COE as people edit it: the same fields, with times as a clock shows them.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Sheet {
    state: CoeState,
    reviewers: Vec<PersonId>,
    what_happened: String,
    impact: String,
    root_cause: String,
    no_actions_because: String,
    five_whys: Vec<Why>,
    actions: Vec<ActionItem>,
    moments: Vec<SheetMoment>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SheetMoment {
    at: String,
    text: String,
}

const HELP: &str = r#"# Texts are Markdown; between """ and """ they may have several lines. More of a kind is another
# section like these:
#
#   [[five_whys]]
#   why = "Why could nobody order?"
#   because = "Checkout waited for a lock."
#
#   [[actions]]
#   text = "Set a lock timeout for migrations"
#   owner = "ana"
#   due = "2027-01-31"
#   done_on = "2027-01-20"          only once it is done
#
#   [[moments]]                     what the ticket's log does not know; on this machine's clock
#   at = "2027-01-03 02:13:00"
#   text = "The deployment of orders 5.2 began."
#
# state is "draft", "in_review" (needs what happened, and a reviewer other than you) or "done" (needs
# everything, and an action item or a reason for none).
"#;

fn written(view: &CoeView) -> Result<String, Failure> {
    let Coe {
        state,
        what_happened,
        impact,
        moments,
        five_whys,
        root_cause,
        actions,
        no_actions_because,
        reviewers,
    } = view.coe.clone();
    let sheet = Sheet {
        state,
        reviewers,
        what_happened,
        impact,
        root_cause,
        no_actions_because,
        five_whys,
        actions,
        moments: moments
            .into_iter()
            .map(|moment| SheetMoment {
                at: clock(moment.at),
                text: moment.text,
            })
            .collect(),
    };
    let need = match view.need {
        CoeNeed::Required => " (required)",
        CoeNeed::Offered | CoeNeed::None => "",
    };
    let words: Vec<_> = view.about.title.split_whitespace().collect();
    let title = format!("{}: {}{need}", view.about.ticket, words.join(" "));
    let log: String = view
        .timeline
        .iter()
        .map(|moment| format!("#   {}  {}\n", times::day_and_clock(moment.at), moment.text))
        .collect();
    let sheet = toml::to_string_pretty(&sheet).context("writing TOML")?;
    Ok(format!(
        "# Correction of error {title}\n#\n# From the ticket's log, filled in by itself:\n{log}#\n\
         {HELP}\n{sheet}"
    ))
}

fn read(text: &str) -> Result<Coe, Failure> {
    let sheet: Sheet = toml::from_str(text)
        .map_err(|error| Failure::refused(error.to_string().trim_end().to_owned()))?;
    let moments = sheet.moments.into_iter().enumerate();
    let moments = moments
        .map(|(index, moment)| {
            let at = instant(&moment.at).ok_or_else(|| {
                Failure::refused(format!(
                    "moments[{index}].at: expected a time such as 2027-01-03 02:13:00, got {:?}",
                    moment.at
                ))
            })?;
            Ok(Moment {
                at,
                text: moment.text,
            })
        })
        .collect::<Result<_, Failure>>()?;
    Ok(Coe {
        state: sheet.state,
        what_happened: sheet.what_happened,
        impact: sheet.impact,
        moments,
        five_whys: sheet.five_whys,
        root_cause: sheet.root_cause,
        actions: sheet.actions,
        no_actions_because: sheet.no_actions_because,
        reviewers: sheet.reviewers,
    })
}

fn clock(at: Millis) -> String {
    Timestamp::from_millisecond(at.0)
        .map(|at| at.to_zoned(TimeZone::system()).datetime().to_string())
        .unwrap_or_default()
        .replace('T', " ")
}

fn instant(text: &str) -> Option<Millis> {
    let time: DateTime = text.trim().parse().ok()?;
    let zoned = time.to_zoned(TimeZone::system()).ok()?;
    Some(Millis(zoned.timestamp().as_millisecond()))
}

#[cfg(test)]
mod tests {
    use tocsin_learning::CoeAbout;
    use tocsin_ticket::{Severity, TicketId};

    use super::*;

    fn view(coe: Coe) -> CoeView {
        CoeView {
            about: CoeAbout {
                ticket: TicketId(42),
                team: "shop".into(),
                title: "Checkout \"is\" down\n".to_owned(),
                service: "checkout".into(),
                severity: Severity::Sev1,
                opened_at: Millis(0),
                resolved_at: None,
            },
            need: CoeNeed::Required,
            version: 3,
            author: None,
            saved_at: None,
            coe,
            timeline: Vec::new(),
        }
    }

    #[test]
    fn a_coe_is_read_as_it_was_written() {
        let coe = Coe {
            state: CoeState::InReview,
            what_happened: "A \"lock\".\n\n- one\n- '''two'''\n".to_owned(),
            impact: "\"\"\" and \\".to_owned(),
            moments: vec![Moment {
                at: Millis(1_800_000_000_000),
                text: "The deployment began.".to_owned(),
            }],
            five_whys: vec![Why {
                why: "Why?".to_owned(),
                because: "Because.".to_owned(),
            }],
            root_cause: String::new(),
            actions: vec![ActionItem {
                text: "Set a timeout".to_owned(),
                owner: "ana".into(),
                due: jiff::civil::date(2027, 1, 31),
                done_on: None,
            }],
            no_actions_because: String::new(),
            reviewers: vec!["bea".into()],
        };
        for coe in [coe, Coe::default()] {
            assert_eq!(read(&written(&view(coe.clone())).unwrap()).unwrap(), coe);
        }
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        for (text, expected) in [
            ("impakt = \"x\"", "impakt"),
            ("state = \"finished\"", "finished"),
            (
                "[[moments]]\nat = \"yesterday\"\ntext = \"x\"",
                "moments[0].at",
            ),
            (
                "[[actions]]\ntext = \"x\"\nowner = \"ana\"\ndue = \"soon\"",
                "due",
            ),
        ] {
            let failure = read(text).unwrap_err();
            assert!(failure.text.contains(expected), "{failure}");
        }
    }
}
