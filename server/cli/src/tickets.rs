//! `tocsin tickets` and `tocsin ticket`: what is open, and one ticket's story.

use anstyle::{AnsiColor, Style};
use tocsin_pager::story::{self, Weight};
use tocsin_ticket::{Actor, HelpTarget, IncidentRole, Severity, TimerKind};
use tocsin_wire::{
    ConferenceView, Directory, DownstreamView, HelpView, Known, TicketDetail, TicketList,
    TicketView, Timeline,
};

use crate::cli::{ReadArgs, TicketsArgs};
use crate::failure::Failure;
use crate::out::{self, CARE, FAINT, STRONG, paint};
use crate::respond::{self, TicketDeedArgs};
use crate::{coe, names, times};

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
        // Most of what was held is over by itself.
        let open = args.open || !(args.all || args.held.is_some());
        let held = args
            .held
            .map_or_else(String::new, |it| format!("&held={}", it.name()));
        let page: TicketList = client
            .get(&format!(
                "v1/tickets?open={open}&limit={limit}{held}{before}"
            ))
            .await?;
        // A server that answers with nothing has nothing more.
        found.more = page.more && !page.tickets.is_empty();
        found.tickets.extend(page.tickets);
    }
    if args.read.json {
        return out::json(&found);
    }
    if found.tickets.is_empty() {
        out::aside(if args.all || args.held.is_some() {
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
        format_args!("{}{}", ticket.title, held(ticket))
    )
}

/// By which rule nobody is, or ever was, paged for it.
fn held(ticket: &TicketView) -> String {
    let rule = ticket.hold.as_ref().and_then(|hold| hold.get()?.rule.get());
    rule.map_or_else(String::new, |rule| {
        format!("  {}", paint(FAINT, format_args!("held by {rule}")))
    })
}

fn severity(ticket: &TicketView) -> impl core::fmt::Display {
    let style = match ticket.severity.get() {
        Some(Severity::Sev1) => AnsiColor::White.on(AnsiColor::Red).bold(),
        Some(Severity::Sev2) => CARE.bold(),
        _ => Style::new(),
    };
    paint(style, &ticket.severity).to_string()
}

/// `tocsin ticket`: its story, or something done about it.
///
/// # Errors
/// When the server says no.
pub async fn one(args: &TicketDeedArgs) -> Result<(), Failure> {
    match &args.deed {
        Some(deed) => respond::run(args.ticket, deed, &args.read.0).await,
        None => timeline(args.ticket, &args.read.0).await,
    }
}

async fn timeline(ticket: u64, read: &ReadArgs) -> Result<(), Failure> {
    let client = read.server.client()?;
    let path = format!("v1/tickets/{ticket}");
    let found: Timeline = client.get(&format!("{path}/timeline")).await?;
    if read.json {
        return out::json(&found);
    }
    let names = names::fetch(&client, found.cursor).await;
    let ticket = &found.ticket;
    show(ticket, &names);
    let detail: TicketDetail = client.get(&path).await?;
    for service in &detail.downstream {
        out::line(downstream(service));
    }
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
    let language = read.server.language();
    for line in story::tell(&found.entries, &names, &times::clock, language) {
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

/// How a ticket stands, and what surrounds it.
pub fn show(ticket: &TicketView, names: &Directory) {
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
    for line in surroundings(ticket, names) {
        out::line(line);
    }
}

/// Conference, roles, status updates, calls for help, holds: what there is of them.
fn surroundings(ticket: &TicketView, names: &Directory) -> Vec<String> {
    let mut lines = Vec::new();
    let conference = ticket.conference.as_ref().and_then(Known::get);
    lines.extend(conference.map(|conference| meeting(conference, ticket, names)));
    if let Some(status) = ticket.status_update.as_ref().and_then(Known::get) {
        let by = match &status.stamp.by {
            Actor::Person(person) => names.person(person),
            Actor::Monitoring(integration) => integration.as_str(),
        };
        let at = times::clock(status.stamp.at);
        lines.push(format!("status {at} by {by}: {}", status.text));
    }
    for timer in ticket.timers.iter().filter_map(Known::get) {
        let due = times::clock(timer.due);
        match timer.kind {
            TimerKind::StatusUpdate => lines.push(format!("next status update due {due}")),
            TimerKind::StatusUpdateMissed => {
                lines.push(format!("status update overdue; the manager is paged {due}"));
            }
            _ => {}
        }
    }
    let helps = ticket.helps.iter().filter_map(Known::get);
    lines.extend(helps.map(|help| call(help, ticket, names)));
    if let Some(hold) = ticket.hold.as_ref().and_then(Known::get) {
        let until = times::clock(hold.until);
        lines.push(format!("nobody is paged before {until}, by {}", hold.rule));
    }
    if let Some(extended) = ticket.extended.as_ref().and_then(Known::get) {
        let (by, at) = (names.person(&extended.by), times::clock(extended.at));
        lines.push(format!("{by} extended the limit at {at}"));
    }
    lines
}

fn meeting(conference: &ConferenceView, ticket: &TicketView, names: &Directory) -> String {
    let dial_in = conference.bridge.dial_in.as_ref();
    let dial_in = dial_in.map_or_else(String::new, |number| format!(", dial {number}"));
    let roles = &conference.roles;
    let is_named = |role: &Known<IncidentRole>| role.get() == Some(&IncidentRole::Commander);
    let owner = Some((&ticket.owner, IncidentRole::Commander.into()));
    let unnamed = owner.filter(|_| !roles.values().any(is_named));
    let named = roles.iter().map(|(person, role)| (person, role.clone()));
    let roles: Vec<String> = unnamed
        .into_iter()
        .chain(named)
        .map(|(person, role)| format!("{role} {}", names.person(person)))
        .collect();
    let joined = conference.joined.keys().map(|it| names.person(it));
    let joined: Vec<&str> = joined.collect();
    let there = match joined.as_slice() {
        [] => "nobody has joined".to_owned(),
        joined => format!("joined: {}", joined.join(", ")),
    };
    let ended = conference
        .closed_at
        .map_or_else(String::new, |at| format!(", ended {}", times::clock(at)));
    format!(
        "conference {}{dial_in}{ended}; {}; {there}",
        conference.bridge.url,
        roles.join(", ")
    )
}

/// A call for help, each answer, and how far the pages got.
fn call(help: &HelpView, ticket: &TicketView, names: &Directory) -> String {
    let target = match &help.target {
        Known::Yes(HelpTarget::Service { service }) => {
            format!("the on-call of {}", names.service(service))
        }
        Known::Yes(HelpTarget::Person { person }) => names.person(person).to_owned(),
        Known::Yes(HelpTarget::Manager) => "the manager".to_owned(),
        Known::Yes(HelpTarget::Team { team }) => format!("all of {team}"),
        Known::No(newer) => newer.to_string(),
    };
    let answers = help.answers.iter().map(|answer| {
        let said = answer.reason.as_ref();
        let said = said.map_or_else(String::new, |said| format!(" ({said})"));
        let comes = if answer.comes { "comes" } else { "cannot" };
        format!("{} {comes}{said}", names.person(&answer.person))
    });
    let asked = help.asked.iter().map(|person| {
        let mut pages = ticket.pages.iter();
        let page = pages.find(|page| page.person == *person && page.help == Some(help.number));
        let receipts = page.into_iter().flat_map(|page| &page.receipts);
        let rung = receipts.filter_map(Known::get).map(|it| it.rung).max();
        let rung = rung.map_or_else(|| "not sent yet".to_owned(), |rung| rung.to_string());
        format!("{}: {rung}", names.person(person))
    });
    let mut parts: Vec<String> = answers.collect();
    if help.exhausted {
        parts.push("nobody is left to ask there".to_owned());
    } else if !help.answers.iter().any(|answer| answer.comes) {
        parts.extend(asked);
    }
    format!(
        "{} asked {target} for help, “{}”: {}",
        names.person(&help.by),
        help.message,
        parts.join(", ")
    )
}

fn downstream(service: &DownstreamView) -> String {
    let on_call = service.on_call.as_ref();
    let on_call = on_call.map_or("nobody", |person| person.name.as_str());
    let open = service
        .open_tickets
        .iter()
        .map(|ticket| format!("{} {} {}", ticket.severity, ticket.id, ticket.title));
    let open: Vec<String> = open.collect();
    let open = match open.as_slice() {
        [] => String::new(),
        open => format!("; open there: {}", open.join(", ")),
    };
    let (name, team) = (&service.name, &service.team_name);
    format!("needs {name} ({team}), on call {on_call}{open}")
}

fn repeats(times: u32) -> String {
    match times {
        0 => String::new(),
        1 => ", reported once more".to_owned(),
        _ => format!(", reported {times} times more"),
    }
}
