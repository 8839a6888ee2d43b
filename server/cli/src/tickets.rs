//! `tocsin tickets` and `tocsin ticket`: what is open, and one ticket's story.

use anstyle::{AnsiColor, Style};
use tocsin_ticket::Severity;
use tocsin_wire::{TicketList, TicketView, Timeline};

use crate::cli::{TicketArgs, TicketsArgs};
use crate::coe;
use crate::failure::Failure;
use crate::names::Names;
use crate::out::{self, CARE, FAINT, STRONG, paint};
use crate::story::{self, Weight};
use crate::times;

/// The most that the server gives at once.
const SERVER_LIMIT: usize = 100;

/// `tocsin tickets`.
///
/// # Errors
/// When the server says no.
pub async fn list(args: &TicketsArgs) -> Result<(), Failure> {
    let client = args.read.server.client()?;
    let mut found = TicketList {
        tickets: Vec::new(),
        more: true,
    };
    while found.more && found.tickets.len() < args.limit {
        let limit = (args.limit - found.tickets.len()).min(SERVER_LIMIT);
        let before = found
            .tickets
            .last()
            .map_or_else(String::new, |it| format!("&before={}", it.id.0));
        let open = args.open || !args.all;
        let page: TicketList = client
            .get(&format!("v1/tickets?open={open}&limit={limit}{before}"))
            .await?;
        // A server that answers with nothing has nothing more.
        found.more = page.more && !page.tickets.is_empty();
        found.tickets.extend(page.tickets);
    }
    if args.read.json {
        return out::json(&found);
    }
    if found.tickets.is_empty() {
        out::aside(if args.all {
            "no tickets"
        } else {
            "no open tickets"
        });
    }
    for ticket in &found.tickets {
        out::line(row(ticket));
    }
    if found.more {
        out::aside(paint(FAINT, "there are more; add --limit N"));
    }
    Ok(())
}

fn row(ticket: &TicketView) -> String {
    let age = times::about(times::now().since(ticket.opened_at));
    format!(
        "{:>6}  {}  {:<16}  {:>6}  {:<10}  {:<12}  {}",
        ticket.id.to_string(),
        severity(ticket),
        ticket.state.to_string(),
        age,
        ticket.owner.to_string(),
        ticket.service.to_string(),
        ticket.title
    )
}

fn severity(ticket: &TicketView) -> impl core::fmt::Display {
    let style = match ticket.severity.get() {
        Some(Severity::Sev1) => AnsiColor::White.on(AnsiColor::Red).bold(),
        Some(Severity::Sev2) => CARE.bold(),
        _ => Style::new(),
    };
    paint(style, &ticket.severity).to_string()
}

/// `tocsin ticket`.
///
/// # Errors
/// When the server says no.
pub async fn timeline(args: &TicketArgs) -> Result<(), Failure> {
    let client = args.read.server.client()?;
    let found: Timeline = client
        .get(&format!("v1/tickets/{}/timeline", args.ticket))
        .await?;
    if args.read.json {
        return out::json(&found);
    }
    let names = Names::fetch(&client, found.cursor).await;
    let ticket = &found.ticket;
    out::line(format_args!(
        "{} {}  {}",
        severity(ticket),
        paint(STRONG, ticket.id),
        paint(STRONG, &ticket.title)
    ));
    out::line(format_args!(
        "{}, {}'s since {}; service {}, from {}{}",
        ticket.state,
        names.person(&ticket.owner),
        times::day_and_clock(ticket.state_since),
        names.service(&ticket.service),
        ticket.source,
        repeats(ticket.repeats),
    ));
    if let Some(url) = &ticket.url {
        out::line(paint(FAINT, url));
    }
    for (name, value) in &ticket.details {
        out::line(paint(FAINT, format_args!("{name}: {value}")));
    }
    if let Some(due) = coe::due(&client, ticket).await {
        out::line(paint(CARE, due));
    }
    let mut today = String::new();
    for line in story::tell(&found.entries, &names, args.read.server.language()) {
        let day = times::day(line.at);
        if day != today {
            out::line(format_args!("\n{}", paint(STRONG, &day)));
            today = day;
        }
        let style = match line.weight {
            Weight::Deed => Style::new(),
            Weight::Alarm => CARE,
            Weight::Detail => FAINT,
        };
        out::line(format_args!(
            "{}  {}",
            times::clock(line.at),
            paint(style, &line.text)
        ));
    }
    Ok(())
}

fn repeats(times: u32) -> String {
    match times {
        0 => String::new(),
        1 => ", reported once more".to_owned(),
        _ => format!(", reported {times} times more"),
    }
}
