//! `tocsin apply` and `tocsin key`: the team's file, and the keys of what it names.

use std::io::{BufRead, IsTerminal, Write};
use std::path::Path;

use tocsin_directory::Config;
use tocsin_server::api::{ApplyReply, KeyReply, KeyRequest, NewKey};

use crate::answers;
use crate::cli::{ApplyArgs, KeyArgs};
use crate::client::Client;
use crate::failure::{Context, Failure};
use crate::out::{self, BAD, CARE, FAINT, GOOD, STRONG, paint};
use crate::webhooks::show_secret;

/// Checks the file, shows what it would change, asks, applies it, shows new keys.
///
/// # Errors
/// When the file is not valid, the person or the server says no, or it does not work.
pub async fn run(args: &ApplyArgs) -> Result<(), Failure> {
    let text = read_valid(&args.file)?;
    let client = args.server.client()?;
    let shown: ApplyReply = client.put("v1/config?dry_run=true", &text).await?;
    if !shown.changes.is_empty() {
        answers::warn(&text, &args.file.display().to_string());
    }
    if shown.changes.is_empty() || args.dry_run {
        return show(&shown, args.json);
    }
    if !args.json {
        show(&shown, false)?;
    }
    let moves = !shown.moved_shifts.is_empty();
    let question = if moves {
        "Apply all the same? [y/N] "
    } else {
        "Apply this? [y/N] "
    };
    if !args.yes && !confirmed(question)? {
        return Err(Failure::refused("nothing was applied"));
    }
    // What was not shown is not confirmed: the server may refuse what has changed meanwhile.
    let confirm = moves || args.yes;
    let path = format!("v1/config?confirm={confirm}");
    let applied: ApplyReply = client.put(&path, &text).await?;
    if args.json {
        return out::json(&applied);
    }
    out::line(paint(
        GOOD,
        format_args!("applied: {}", changes(applied.changes.len())),
    ));
    for key in &applied.keys {
        show_key(&client, key);
    }
    applied.webhook_secrets.iter().for_each(show_secret);
    Ok(())
}

/// `tocsin key`.
///
/// # Errors
/// When the server says no.
pub async fn new_key(args: &KeyArgs) -> Result<(), Failure> {
    let client = args.server.client()?;
    let request = KeyRequest {
        integration: args.integration.clone(),
    };
    let key: KeyReply = client.post("v1/keys", &request).await?;
    if args.json {
        return out::json(&key);
    }
    show_key(&client, &key);
    out::line(paint(CARE, "the key before this one no longer works"));
    Ok(())
}

/// The file's text, once everything in it is known to be right.
fn read_valid(file: &Path) -> Result<String, Failure> {
    let name = file.display().to_string();
    let text = std::fs::read_to_string(file).context(&name)?;
    match Config::parse(&text) {
        Ok(_) => Ok(text),
        Err(errors) => {
            let count = errors.iter().count();
            out::aside(errors.in_file(&name));
            let mistakes = if count == 1 {
                "one mistake".to_owned()
            } else {
                format!("{count} mistakes")
            };
            Err(Failure::refused(format!(
                "{mistakes} in {name}; nothing was sent to the server"
            )))
        }
    }
}

fn show(reply: &ApplyReply, as_json: bool) -> Result<(), Failure> {
    if as_json {
        return out::json(reply);
    }
    if reply.changes.is_empty() {
        out::line("nothing to change");
    }
    for change in &reply.changes {
        let style = match change.as_bytes().first() {
            Some(b'+') => GOOD,
            Some(b'-') => BAD,
            _ => CARE,
        };
        out::line(paint(style, change));
    }
    if !reply.moved_shifts.is_empty() {
        out::line(paint(
            STRONG,
            "\nThis moves shifts within the next two weeks:",
        ));
    }
    for moved in &reply.moved_shifts {
        out::line(format_args!("  {}", paint(CARE, moved)));
    }
    Ok(())
}

fn confirmed(question: &str) -> Result<bool, Failure> {
    if !std::io::stdin().is_terminal() {
        return Err(Failure::usage(
            "there is nobody to ask; add --yes to apply it, or --dry-run",
        ));
    }
    let mut terminal = anstream::stderr();
    let _ = write!(terminal, "{question}");
    let _ = terminal.flush();
    let mut answer = String::new();
    std::io::stdin()
        .lock()
        .read_line(&mut answer)
        .context("the answer")?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

/// The key, once and ready to be pasted.
fn show_key(client: &Client, NewKey { integration, key }: &NewKey) {
    let url = |format: &str| client.at(&format!("in/{key}/{format}"));
    out::line(format_args!(
        "\n{} {}",
        paint(STRONG, format_args!("The key of {integration}:")),
        paint(FAINT, "shown this once; `tocsin key` makes another")
    ));
    out::line(format_args!(
        "  Alertmanager   receivers:\n                   - name: tocsin\n                     \
         webhook_configs:\n                       - url: {}",
        url("alertmanager")
    ));
    out::line(format_args!(
        "  Grafana        contact point of type Webhook, URL {}",
        url("grafana")
    ));
    out::line(format_args!(
        "  PagerDuty API  events URL {}, routing key {key}",
        client.at("v2/enqueue")
    ));
    out::line(format_args!(
        "  anything else  curl --json '{{\"title\": \"It broke\", \"severity\": \"SEV1\"}}' {}",
        url("json")
    ));
}

fn changes(count: usize) -> String {
    if count == 1 {
        "one change".to_owned()
    } else {
        format!("{count} changes")
    }
}
