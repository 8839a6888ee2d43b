//! `tocsin why`, `why-not`, `rehearse` and `check`: answers after the night, and before it.

use std::path::Path;

use anstyle::Style;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use reqwest::Url;
use tocsin_answers::{
    Ending, Finding, Grade, LocalTime, Question, RehearsalStep, Way, check_text, local_time,
    rehearse,
};
use tocsin_directory::{Config, Directory};
use tocsin_report::Names;
use tocsin_server::api::{CheckReply, RehearsalReply, WhyNotReply, WhyReply};
use tocsin_ticket::{Millis, ServiceId};

use crate::cli::{CheckArgs, RehearseArgs, WhyArgs, WhyNotArgs};
use crate::failure::{Context, Failure};
use crate::out::{self, BAD, CARE, FAINT, GOOD, STRONG, paint};
use crate::times;

/// `tocsin why`.
///
/// # Errors
/// When the server says no.
pub async fn why(args: &WhyArgs) -> Result<(), Failure> {
    let client = args.read.server.client()?;
    let path = format!("v1/tickets/{}/why", args.ticket);
    let query = args.zone.iter().map(|zone| ("zone", zone.as_str()));
    let reply: WhyReply = client.get(&with_query(client.base(), &path, query)).await?;
    if args.read.json {
        return out::json(&reply);
    }
    out::line(format_args!(
        "{}  {}",
        paint(STRONG, reply.ticket),
        paint(FAINT, format_args!("by the clocks of {}", reply.zone))
    ));
    let zone = TimeZone::get(&reply.zone).unwrap_or(TimeZone::UTC);
    let mut today = String::new();
    for decision in &reply.decisions {
        let day = written(decision.at, &zone, "%a %Y-%m-%d");
        if day != today {
            out::line(format_args!("\n{}", paint(STRONG, &day)));
            today = day;
        }
        let style = if decision.pages { CARE } else { Style::new() };
        out::line(format_args!(
            "{}  {}",
            written(decision.at, &zone, "%H:%M:%S"),
            paint(style, &decision.text)
        ));
    }
    Ok(())
}

/// `tocsin why-not`.
///
/// # Errors
/// When the server says no.
pub async fn why_not(args: &WhyNotArgs) -> Result<(), Failure> {
    let client = args.read.server.client()?;
    let path = format!("v1/tickets/{}/why-not", args.ticket);
    let person = [("person", args.person.as_str())].into_iter();
    let query = person.chain(args.zone.iter().map(|zone| ("zone", zone.as_str())));
    let reply: WhyNotReply = client.get(&with_query(client.base(), &path, query)).await?;
    if args.read.json {
        return out::json(&reply);
    }
    let answer = &reply.answer;
    let verdict = match (answer.paged, answer.rang) {
        (true, true) => "was paged, and the siren sounded",
        (true, false) => "was paged, and no siren is known to have sounded",
        (false, _) => "was not paged",
    };
    out::line(format_args!(
        "{}  {} {verdict}  {}",
        paint(STRONG, answer.ticket),
        paint(STRONG, &answer.person),
        paint(FAINT, format_args!("by the clocks of {}", reply.zone))
    ));
    for reason in &answer.reasons {
        out::line(format_args!("  {}", reason.text));
    }
    Ok(())
}

/// `tocsin rehearse`.
///
/// # Errors
/// When the server says no, or the file is not valid.
pub async fn rehearsal(args: &RehearseArgs) -> Result<(), Failure> {
    let reply = match &args.file {
        Some(file) => offline(args, file)?,
        None => {
            let client = args.read.server.client()?;
            let path = with_query(client.base(), "v1/rehearsal", asked(args).into_iter());
            client.get(&path).await?
        }
    };
    if args.read.json {
        return out::json(&reply);
    }
    show(&reply);
    Ok(())
}

fn asked(args: &RehearseArgs) -> Vec<(&'static str, &str)> {
    let severity = match args.severity.number() {
        1 => "SEV1",
        2 => "SEV2",
        3 => "SEV3",
        4 => "SEV4",
        _ => "SEV5",
    };
    let mut query = vec![("service", args.service.as_str()), ("severity", severity)];
    query.extend(args.at.iter().map(|at| ("at", at.as_str())));
    query.extend(args.zone.iter().map(|zone| ("zone", zone.as_str())));
    let check_in = args.checked_in_after.iter();
    query.extend(check_in.map(|length| ("checked_in_after", length.as_str())));
    if args.phones_off {
        query.push(("phones_off", "true"));
    }
    query
}

/// The same question asked of a file that nobody has applied.
fn offline(args: &RehearseArgs, file: &Path) -> Result<RehearsalReply, Failure> {
    let name = file.display().to_string();
    let text = std::fs::read_to_string(file).context(&name)?;
    let config = Config::parse(&text).map_err(|errors| {
        out::aside(errors.in_file(&name));
        Failure::refused(format!("{name} is not valid"))
    })?;
    let directory = Directory::new(config);
    let id = ServiceId::new(args.service.as_str());
    let config = directory.config();
    let team = config.services().get(&id).map(|service| &service.team);
    let team = team.and_then(|team| config.teams().get(team));
    let own = team.map_or("UTC", |team| team.rota.spec.zone.as_str());
    let zone = args.zone.as_deref().unwrap_or(own).to_owned();
    let clocks = TimeZone::get(&zone).map_err(|error| Failure::usage(error.to_string()))?;
    let LocalTime { at, note } = match &args.at {
        None => LocalTime {
            at: times::now(),
            note: None,
        },
        Some(text) => {
            local_time(text, &clocks).map_err(|error| Failure::usage(format!("--at: {error}")))?
        }
    };
    let checked_in_after = args.checked_in_after.as_deref().map(crate::cli::length);
    let question = Question {
        service: id,
        at,
        severity: args.severity,
        phones_off: args.phones_off,
        checked_in_after: checked_in_after.transpose().map_err(Failure::usage)?,
        holds: Vec::new(),
    };
    let people = config.people().values();
    let names = Names {
        people: people.map(|it| (it.id.clone(), it.name.clone())).collect(),
        ..Names::default()
    };
    let rehearsal = rehearse(&directory, &question, &names, &clocks)
        .map_err(|error| Failure::refused(error.to_string()))?;
    let people = names.people;
    Ok(RehearsalReply {
        zone,
        note,
        people,
        rehearsal,
    })
}

fn show(reply: &RehearsalReply) {
    let rehearsal = &reply.rehearsal;
    out::line(format_args!(
        "{} of {} at {} ({})  {}",
        paint(STRONG, rehearsal.severity),
        paint(STRONG, &rehearsal.service),
        rehearsal.local,
        reply.zone,
        paint(FAINT, "a rehearsal: nobody is paged")
    ));
    if let Some(note) = &reply.note {
        out::line(paint(CARE, note.text(&reply.zone)));
    }
    for step in &rehearsal.steps {
        out::line(row(step));
    }
    out::line(paint(
        FAINT,
        match rehearsal.ending {
            Ending::BeginsAgain => "and so on, until somebody answers",
            Ending::PagesNobody => "nobody is ever paged",
            Ending::CutShort => "and so on; a month is told, and no more",
        },
    ));
}

fn row(step: &RehearsalStep) -> String {
    let after = core::time::Duration::from_millis(step.after_ms);
    let style = if step.decision.pages { CARE } else { FAINT };
    let mut ways: Vec<Way> = step.ways.values().flatten().copied().collect();
    ways.sort_unstable();
    ways.dedup();
    let ways: Vec<&str> = ways.into_iter().map(way).collect();
    let by = if ways.is_empty() {
        String::new()
    } else {
        format!("  {}", paint(FAINT, format_args!("[{}]", ways.join(", "))))
    };
    format!(
        "{:>9}  {}  {}{by}",
        format!("+{}", times::running(after)),
        step.local,
        paint(style, &step.decision.text)
    )
}

const fn way(way: Way) -> &'static str {
    match way {
        Way::Siren => "siren",
        Way::Telephone => "telephone",
        Way::Email => "e-mail",
    }
}

/// `tocsin check`.
///
/// # Errors
/// With code 1 when there is an error among what was found.
pub async fn check(args: &CheckArgs) -> Result<(), Failure> {
    let (name, reply) = match &args.file {
        Some(file) => {
            let name = file.display().to_string();
            let text = std::fs::read_to_string(file).context(&name)?;
            let findings = check_text(&text, times::now());
            (name, CheckReply { findings })
        }
        None => {
            let reply = args.read.server.client()?.get("v1/check").await?;
            ("configuration".to_owned(), reply)
        }
    };
    if args.read.json {
        out::json(&reply)?;
    } else if reply.findings.is_empty() {
        out::line(paint(GOOD, "nothing found"));
    } else {
        for finding in &reply.findings {
            out::line(found(&name, finding));
        }
    }
    let errors = count(&reply.findings, Grade::Error);
    match errors {
        0 => Ok(()),
        1 => Err(Failure::failed(format!("one error in {name}"))),
        _ => Err(Failure::failed(format!("{errors} errors in {name}"))),
    }
}

/// Says what is wrong with a file that is about to be applied, but for mere advice.
pub fn warn(text: &str, name: &str) {
    let findings = check_text(text, times::now());
    for finding in findings.iter().filter(|it| it.grade != Grade::Advice) {
        out::aside(found(name, finding));
    }
    let advice = count(&findings, Grade::Advice);
    if advice > 0 {
        let hint = format!("`tocsin check {name}` has advice ({advice})");
        out::aside(paint(FAINT, hint));
    }
}

fn count(findings: &[Finding], grade: Grade) -> usize {
    findings.iter().filter(|it| it.grade == grade).count()
}

/// As compilers write it: `team.toml:12: warning: teams.shop.rota: …`.
fn found(name: &str, finding: &Finding) -> String {
    let (style, grade) = match finding.grade {
        Grade::Error => (BAD, "error"),
        Grade::Warning => (CARE, "warning"),
        Grade::Advice => (FAINT, "advice"),
    };
    let line = finding.line.map_or_else(String::new, |it| format!(":{it}"));
    let place = match finding.place.as_str() {
        "" => String::new(),
        place => format!("{place}: "),
    };
    let Finding { what, advice, .. } = finding;
    format!(
        "{name}{line}: {}: {place}{what}; {advice}",
        paint(style, grade)
    )
}

fn with_query<'a>(
    base: &Url,
    path: &str,
    query: impl Iterator<Item = (&'static str, &'a str)>,
) -> String {
    let mut url = base.clone();
    url.query_pairs_mut().extend_pairs(query);
    match url.query() {
        None | Some("") => path.to_owned(),
        Some(query) => format!("{path}?{query}"),
    }
}

fn written(at: Millis, zone: &TimeZone, format: &str) -> String {
    Timestamp::from_millisecond(at.0).map_or_else(
        |_| at.to_string(),
        |instant| instant.to_zoned(zone.clone()).strftime(format).to_string(),
    )
}
