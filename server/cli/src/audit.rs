//! `tocsin audit`: what was done with rights and configuration, and whether the log of it is whole.

use std::path::Path;

use tocsin_server::api::AuditPage;
use tocsin_server::audit::{Entry, Head, Sealed};
use tocsin_server::store::{Reader, SqliteReader};

use crate::cli::{AuditCommand, ReadArgs, VerifyArgs};
use crate::client::Client;
use crate::failure::{Context, Failure};
use crate::out::{self, GOOD, paint};
use crate::times;

/// Does what was asked for.
///
/// # Errors
/// When the server says no, or the log is broken.
pub async fn run(command: &AuditCommand) -> Result<(), Failure> {
    match command {
        AuditCommand::List(args) => list(args).await,
        AuditCommand::Verify(args) => verify(args).await,
    }
}

async fn list(args: &ReadArgs) -> Result<(), Failure> {
    let entries = of_server(&args.server.client()?).await?;
    if args.json {
        let entries: Vec<Entry> = entries
            .iter()
            .map(Sealed::entry)
            .collect::<Result<_, _>>()
            .context("the audit log")?;
        return out::json(&entries);
    }
    for sealed in &entries {
        match sealed.entry() {
            Ok(entry) => out::line(format_args!(
                "{:>6}  {}  {} {}",
                entry.number,
                times::day_and_clock(entry.at),
                entry.who,
                entry.what
            )),
            // A newer version's act is shown as it is.
            Err(_) => out::line(format_args!("{:>6}  {}", sealed.number, sealed.text)),
        }
    }
    Ok(())
}

async fn verify(args: &VerifyArgs) -> Result<(), Failure> {
    let entries = match &args.file {
        Some(file) => of_file(file)?,
        None => of_server(&args.server.client()?).await?,
    };
    let broken = |text: String| Failure::refused(text);
    let mut head = Head::START;
    let mut seen = args.head.is_none_or(|known| known == head);
    for entry in &entries {
        head = head
            .follow(entry)
            .map_err(|error| broken(error.to_string()))?;
        seen |= args.head == Some(head);
    }
    if let (false, Some(known)) = (seen, args.head) {
        return Err(broken(format!(
            "the audit log is broken: it does not have the head {known}; somebody cut off its end, \
             or wrote it anew"
        )));
    }
    out::line(format_args!(
        "{} {} entries, head {head}",
        paint(GOOD, "whole:"),
        head.number
    ));
    Ok(())
}

fn of_file(file: &Path) -> Result<Vec<Sealed>, Failure> {
    let reader = SqliteReader::of_file(file).context(file.display())?;
    reader
        .audit_after(0, usize::MAX >> 1)
        .context(file.display())
}

async fn of_server(client: &Client) -> Result<Vec<Sealed>, Failure> {
    let mut entries: Vec<Sealed> = Vec::new();
    loop {
        let after = entries.last().map_or(0, |entry| entry.number);
        let page: AuditPage = client.get(&format!("v1/audit?after={after}")).await?;
        for entry in page.entries {
            entries.push(entry.sealed().map_err(Failure::failed)?);
        }
        if !page.more {
            return Ok(entries);
        }
    }
}
