//! The configuration file, as a person would write it.

use core::fmt::Write as _;

use jiff::civil::Weekday;
use tocsin_rota::{HandoffSpec, HoursSpec, RotaSpec};

use crate::people::{People, given_id, unique_id};
use crate::report::Report;
use crate::schedule::{Schedule, rotation};
use crate::{Import, ImportError, Options};

/// A team of the file.
struct Team {
    id: String,
    name: String,
    manager: String,
    members: Vec<String>,
    rota: RotaSpec,
}

/// The configuration for some schedules, each a team of its own.
pub(crate) fn import(
    vendor: &str,
    schedules: &[Schedule],
    people: &People,
    options: &Options<'_>,
    mut report: Report,
) -> Result<Import, ImportError> {
    if schedules.is_empty() {
        return Err(ImportError::new("file", "expected a schedule, got none"));
    }
    if options.team.is_some() && schedules.len() > 1 {
        let count = schedules.len();
        return Err(ImportError::new(
            "file",
            format!("expected one schedule for the team that was named, got {count}; name none"),
        ));
    }
    let mut teams: Vec<Team> = Vec::new();
    for schedule in schedules {
        let rota = rotation(schedule, options.now, &mut report)?;
        let members = members(&rota, people);
        let taken = |id: &str| teams.iter().any(|team| team.id == id);
        let id = match options.team {
            Some(id) => given_id(id)?.to_owned(),
            None => unique_id(&schedule.name, "team", taken),
        };
        let manager = members.first().cloned().unwrap_or_default();
        report.add(
            format!("teams.{id}.manager"),
            format!("{vendor}'s schedule names no manager, so it is {manager}; write who it is"),
        );
        teams.push(Team {
            name: match schedule.name.as_str() {
                "" => id.clone(),
                name => name.to_owned(),
            },
            id,
            manager,
            members,
            rota,
        });
    }
    Ok(Import {
        toml: file(vendor, people, &teams),
        left_out: report.finish(),
    })
}

/// Everybody on the rota, in the order in which the file has people.
fn members(rota: &RotaSpec, people: &People) -> Vec<String> {
    let on_rota = |id: &str| {
        core::iter::once(rota)
            .chain(&rota.otherwise)
            .any(|rota| rota.members.iter().any(|member| member.person == id))
    };
    let ids = people.list().iter().map(|person| &person.id);
    ids.filter(|id| on_rota(id)).cloned().collect()
}

fn file(vendor: &str, people: &People, teams: &[Team]) -> String {
    let mut out = format!(
        "# From {vendor}. Read it, complete it, then see what it would change and apply it with\n\
         #\n#     tocsin apply FILE\n"
    );
    for person in people.list() {
        let _ = write!(
            out,
            "\n[[people]]\nid = {}\nname = {}\n",
            text(&person.id),
            text(&person.name)
        );
        if let Some(email) = &person.email {
            let _ = writeln!(out, "email = {}", text(email));
        }
    }
    for team in teams {
        let _ = write!(
            out,
            "\n[[teams]]\nid = {}\nname = {}\nmanager = {}\nmembers = {}\n",
            text(&team.id),
            text(&team.name),
            text(&team.manager),
            texts(&team.members)
        );
        table(&mut out, "[teams.rota]", &team.rota);
        for otherwise in &team.rota.otherwise {
            table(&mut out, "[[teams.rota.otherwise]]", otherwise);
        }
    }
    out
}

fn table(out: &mut String, header: &str, rota: &RotaSpec) {
    let members: Vec<&String> = rota.members.iter().map(|member| &member.person).collect();
    let _ = write!(
        out,
        "\n{header}\nzone = {}\nstart = {}\nhandoff = {}\nmembers = {}\n",
        text(&rota.zone),
        rota.start,
        handoff(&rota.handoff),
        texts(&members)
    );
    list(out, "hours", rota.hours.iter().map(hours));
    let overrides = rota.overrides.iter().map(|over| {
        format!(
            "{{ person = {}, from = {}, until = {} }}",
            text(&over.person),
            over.from,
            over.until
        )
    });
    list(out, "overrides", overrides);
}

fn list(out: &mut String, name: &str, items: impl Iterator<Item = String>) {
    let items: Vec<String> = items.map(|item| format!("    {item},\n")).collect();
    if !items.is_empty() {
        let _ = write!(out, "{name} = [\n{}]\n", items.concat());
    }
}

fn handoff(handoff: &HandoffSpec) -> String {
    let mut fields = Vec::new();
    if let Some(day) = handoff.weekday {
        fields.push(format!("weekday = {}", text(weekday(day))));
    }
    fields.push(format!("time = {}", handoff.time));
    if handoff.every > 1 {
        fields.push(format!("every = {}", handoff.every));
    }
    format!("{{ {} }}", fields.join(", "))
}

fn hours(hours: &HoursSpec) -> String {
    let days: Vec<&str> = hours.days.iter().map(|day| weekday(*day)).collect();
    format!(
        "{{ days = {}, from = {}, until = {} }}",
        texts(&days),
        hours.from,
        hours.until
    )
}

fn weekday(day: Weekday) -> &'static str {
    const NAMES: [&str; 7] = [
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
    ];
    let offset = usize::try_from(day.to_monday_zero_offset()).unwrap_or_default();
    NAMES[offset]
}

/// A string with whatever TOML wants escaped.
fn text(text: &str) -> String {
    toml::Value::from(text).to_string()
}

fn texts(items: &[impl AsRef<str>]) -> String {
    let items: Vec<String> = items.iter().map(|item| text(item.as_ref())).collect();
    format!("[{}]", items.join(", "))
}
