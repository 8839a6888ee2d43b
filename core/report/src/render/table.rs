//! The report as CSV (RFC 4180), for spreadsheets.

use serde::Serialize;
use tocsin_ticket::Millis;

use super::RenderError;
use super::text::Calendar;
use crate::{Load, Report, Spread, Week};

/// A row: the load of one scope. Its fields are the columns, in this order.
#[derive(Debug, Serialize)]
struct Row {
    /// What the row is about: `total`, `team`, `person`, `service`, `week`, `week_before`, `shift`
    /// or `pattern`.
    scope: &'static str,
    /// Which: an id; of a week its first day; of a shift its person; of a pattern its service.
    id: String,
    /// What people call it; of a pattern its title.
    name: String,
    /// Of a shift, its team.
    team: String,
    /// The first instant, in the report's zone.
    from: String,
    /// The first instant after.
    until: String,
    pages_business: u64,
    pages_evening: u64,
    pages_sleep: u64,
    interruptions_business: u64,
    interruptions_evening: u64,
    interruptions_sleep: u64,
    unheard: u64,
    /// Lengths are in whole seconds.
    interrupted_s: u64,
    interrupted_sleep_s: u64,
    tickets: u64,
    paged: u64,
    recovered: u64,
    no_action: u64,
    repeats: u64,
    held: u64,
    check_in_count: u64,
    check_in_median_s: Option<u64>,
    check_in_p90_s: Option<u64>,
    start_count: u64,
    start_median_s: Option<u64>,
    start_p90_s: Option<u64>,
    resolve_count: u64,
    resolve_median_s: Option<u64>,
    resolve_p90_s: Option<u64>,
}

/// The report as a table with a header, a row for each scope:
///
/// - `scope`, `id`, `name`, `team`, `from`, `until` say what the row is about: the `total`, a
///   `team`, `person`, `service`, calendar `week`, a `week_before` of the trend, a `shift` (its
///   person is `id`), or one of the worst five alarm `pattern`s (its service is `id`, its title
///   `name`).
/// - `pages_*` and `interruptions_*` are numbers for each part of the day; `unheard` are pages that
///   rang nowhere.
/// - `interrupted_s` and `interrupted_sleep_s` are what interruptions took, in seconds.
/// - `tickets`, `paged`, `recovered`, `no_action`, `repeats` and `held` are numbers; see
///   [`Noise`](crate::Noise).
/// - `check_in_*`, `start_*` and `resolve_*` are how many there were, the median and the 90th
///   percentile in seconds, empty when there were none.
///
/// Text that a spreadsheet would take for a formula begins with an apostrophe (OWASP ASVS 5.0,
/// requirement 1.2.10).
///
/// # Errors
/// Never for a report.
pub fn csv(report: &Report) -> Result<String, RenderError> {
    let calendar = Calendar::of(&report.zone);
    let names = &report.names;
    let row = |scope, id: &str, name: &str, load| {
        Row::new(
            scope,
            id,
            name,
            &calendar,
            (report.from, report.until),
            load,
        )
    };
    let week = |scope, week: &Week| {
        let date = week.date.to_string();
        Row::new(
            scope,
            &date,
            "",
            &calendar,
            (week.from, week.until),
            &week.load,
        )
    };
    let mut rows = vec![row("total", "", "", &report.total)];
    let teams = report.teams.iter();
    rows.extend(teams.map(|it| row("team", it.id.as_str(), names.team(&it.id), &it.load)));
    let people = report.people.iter();
    rows.extend(people.map(|it| row("person", it.id.as_str(), names.person(&it.id), &it.load)));
    let services = report.services.iter();
    rows.extend(services.map(|it| row("service", it.id.as_str(), names.service(&it.id), &it.load)));
    let before = report.trend.weeks_before.iter();
    rows.extend(before.map(|it| week("week_before", it)));
    rows.extend(report.weeks.iter().map(|it| week("week", it)));
    rows.extend(report.shifts.iter().map(|it| {
        let (id, name) = (it.person.as_str(), names.person(&it.person));
        let row = Row::new("shift", id, name, &calendar, (it.from, it.until), &it.load);
        Row {
            team: cell(it.team.as_str()),
            ..row
        }
    }));
    let patterns = report.patterns.iter();
    rows.extend(patterns.map(|it| row("pattern", it.service.as_str(), &it.title, &it.load)));

    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        writer.serialize(row)?;
    }
    let bytes = writer.into_inner().map_err(|error| error.into_error());
    let bytes = bytes.map_err(csv::Error::from)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

impl Row {
    fn new(
        scope: &'static str,
        id: &str,
        name: &str,
        calendar: &Calendar,
        (from, until): (Millis, Millis),
        load: &Load,
    ) -> Self {
        let Load {
            pages,
            interruptions,
            times,
            noise,
            ..
        } = load;
        let count = |spread: &Option<Spread>| spread.map_or(0, |it| it.count);
        let median = |spread: &Option<Spread>| spread.map(|it| it.median_ms / 1000);
        let p90 = |spread: &Option<Spread>| spread.map(|it| it.p90_ms / 1000);
        Self {
            scope,
            id: cell(id),
            name: cell(name),
            team: String::new(),
            from: calendar.stamp(from),
            until: calendar.stamp(until),
            pages_business: pages.business,
            pages_evening: pages.evening,
            pages_sleep: pages.sleep,
            interruptions_business: interruptions.business,
            interruptions_evening: interruptions.evening,
            interruptions_sleep: interruptions.sleep,
            unheard: load.unheard,
            interrupted_s: load.interrupted_ms / 1000,
            interrupted_sleep_s: load.interrupted_sleep_ms / 1000,
            tickets: load.tickets,
            paged: noise.paged,
            recovered: noise.recovered,
            no_action: noise.no_action,
            repeats: noise.repeats,
            held: noise.held,
            check_in_count: count(&times.check_in),
            check_in_median_s: median(&times.check_in),
            check_in_p90_s: p90(&times.check_in),
            start_count: count(&times.start),
            start_median_s: median(&times.start),
            start_p90_s: p90(&times.start),
            resolve_count: count(&times.resolve),
            resolve_median_s: median(&times.resolve),
            resolve_p90_s: p90(&times.resolve),
        }
    }
}

/// Text that stays text in a spreadsheet.
fn cell(text: &str) -> String {
    const FORMULAS: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '\0', '＝', '＋', '＠'];
    if text.starts_with(FORMULAS) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}
