//! The report as one page of HTML, with nothing loaded from anywhere and no script.

use askama::Template;

use super::RenderError;
use super::chart::{Bar, Clock, Columns};
use super::text::{Calendar, advice, length, share, summary, times};
use crate::{ATTENTION, BAD_SLEEP, BAD_WAKE_UPS, BadNight, Load, Report, SETTLE};

#[derive(Template)]
#[template(path = "report.html")]
struct Page {
    title: String,
    period: String,
    zone: String,
    summary: String,
    tiles: Vec<Tile>,
    columns: Columns,
    clock: Clock,
    people: Vec<Row>,
    services: Vec<Row>,
    shifts: Vec<Row>,
    patterns: Vec<Trouble>,
    nights: Vec<Night>,
    noise: Noise,
    settle: String,
    attention: String,
    bad_wake_ups: String,
    bad_sleep: String,
}

/// A number to see first.
struct Tile {
    name: &'static str,
    value: String,
    detail: String,
}

/// The load of somebody or something.
struct Row {
    name: String,
    when: String,
    bar: Bar,
    pages: u64,
    sleep_pages: u64,
    interruptions: u64,
    sleep: String,
    check_in: String,
    resolve: String,
}

/// An alarm pattern.
struct Trouble {
    title: String,
    service: String,
    example: String,
    pages: u64,
    sleep_pages: u64,
    cost: String,
    sleep: String,
    advice: String,
}

/// A bad night.
struct Night {
    person: String,
    night: String,
    why: String,
    swaps: Vec<String>,
}

struct Noise {
    paged: u64,
    recovered: String,
    no_action: String,
    repeats: u64,
    held: u64,
    unheard: u64,
}

/// The report as a page of HTML: complete in itself, readable on paper and in the dark, every text
/// in it escaped. It may be served, mailed or opened from a disk.
///
/// # Errors
/// Never for a report.
pub fn html(report: &Report) -> Result<String, RenderError> {
    let calendar = Calendar::of(&report.zone);
    let names = &report.names;
    let teams: Vec<&str> = names.teams.values().map(String::as_str).collect();
    let noise = &report.total.noise;
    let of_paged = |part: u64| match share(part, noise.paged) {
        Some(share) => format!("{part} ({share})"),
        None => part.to_string(),
    };
    let people = report.people.iter();
    let services = report.services.iter();
    let page = Page {
        title: if teams.is_empty() {
            "On-call load".to_owned()
        } else {
            format!("On-call load: {}", teams.join(", "))
        },
        period: format!(
            "{} to {}",
            calendar.day_and_time(report.from),
            calendar.day_and_time(report.until)
        ),
        zone: report.zone.clone(),
        summary: summary(report),
        tiles: tiles(report),
        columns: Columns::of(report),
        clock: Clock::of(&report.clock),
        people: rows(people.map(|it| (names.person(&it.id).to_owned(), String::new(), &it.load))),
        services: rows(
            services.map(|it| (names.service(&it.id).to_owned(), String::new(), &it.load)),
        ),
        shifts: rows(report.shifts.iter().map(|it| {
            let when = format!(
                "{} to {}, {}",
                calendar.short(it.from),
                calendar.short(it.until),
                names.team(&it.team)
            );
            (names.person(&it.person).to_owned(), when, &it.load)
        })),
        patterns: report
            .patterns
            .iter()
            .map(|it| Trouble {
                title: it.title.clone(),
                service: names.service(&it.service).to_owned(),
                example: it.example.to_string(),
                pages: it.load.pages.total(),
                sleep_pages: it.load.pages.sleep,
                cost: length(it.load.interrupted_ms),
                sleep: length(it.load.interrupted_sleep_ms),
                advice: advice(it),
            })
            .collect(),
        nights: report
            .bad_nights
            .iter()
            .map(|it| night(it, report, &calendar))
            .collect(),
        noise: Noise {
            paged: noise.paged,
            recovered: of_paged(noise.recovered),
            no_action: of_paged(noise.no_action),
            repeats: noise.repeats,
            held: noise.held,
            unheard: report.total.unheard,
        },
        settle: length(SETTLE.as_millis() as u64),
        attention: length(ATTENTION.as_millis() as u64),
        bad_wake_ups: times(BAD_WAKE_UPS),
        bad_sleep: length(BAD_SLEEP.as_millis() as u64),
    };
    Ok(page.render()?)
}

fn tiles(report: &Report) -> Vec<Tile> {
    let total = &report.total;
    let trend = &report.trend;
    let against = |now: f64, before: f64, unit: &str| {
        format!("{now:.1}{unit} a week, {before:.1}{unit} before")
    };
    let check_in = total.times.check_in;
    let need_not = total.noise.recovered + total.noise.no_action;
    vec![
        Tile {
            name: "Pages",
            value: total.pages.total().to_string(),
            detail: against(trend.now.pages, trend.before.pages, ""),
        },
        Tile {
            name: "Pages in sleep hours",
            value: total.pages.sleep.to_string(),
            detail: against(trend.now.sleep_pages, trend.before.sleep_pages, ""),
        },
        Tile {
            name: "Interrupted sleep",
            value: length(total.interrupted_sleep_ms),
            detail: against(
                trend.now.interrupted_sleep_minutes / 60.0,
                trend.before.interrupted_sleep_minutes / 60.0,
                " h",
            ),
        },
        Tile {
            name: "Time to check in, median",
            value: check_in.map_or_else(|| "none".to_owned(), |it| length(it.median_ms)),
            detail: check_in.map_or_else(
                || "nobody checked in".to_owned(),
                |it| format!("9 in 10 within {}", length(it.p90_ms)),
            ),
        },
        Tile {
            name: "Nobody acted",
            value: share(need_not, total.noise.paged).unwrap_or_else(|| "none".to_owned()),
            detail: format!("{need_not} of {} tickets that paged", total.noise.paged),
        },
    ]
}

fn rows<'a>(loads: impl Iterator<Item = (String, String, &'a Load)> + Clone) -> Vec<Row> {
    let longest = loads.clone().map(|(_, _, load)| load.pages.total()).max();
    loads
        .map(|(name, when, load)| {
            let median = |spread: Option<crate::Spread>| {
                spread.map_or_else(String::new, |it| length(it.median_ms))
            };
            Row {
                name,
                when,
                bar: Bar::of(&load.pages, longest.unwrap_or_default()),
                pages: load.pages.total(),
                sleep_pages: load.pages.sleep,
                interruptions: load.interruptions.total(),
                sleep: match load.interrupted_sleep_ms {
                    0 => String::new(),
                    ms => length(ms),
                },
                check_in: median(load.times.check_in),
                resolve: median(load.times.resolve),
            }
        })
        .collect()
}

fn night(it: &BadNight, report: &Report, calendar: &Calendar) -> Night {
    let names = &report.names;
    let lost = length(it.interrupted_sleep_ms);
    Night {
        person: names.person(&it.person).to_owned(),
        night: it.date.strftime("%a %-d %b").to_string(),
        why: match it.wake_ups {
            0 => format!("kept up, {lost} of sleep lost"),
            woken => format!("woken {}, {lost} of sleep lost", times(woken)),
        },
        swaps: it
            .swaps
            .iter()
            .map(|swap| {
                let to: Vec<&str> = swap.to.iter().map(|id| names.person(id)).collect();
                let to = if to.is_empty() {
                    "nobody rested is free: ask the manager".to_owned()
                } else {
                    format!("to {}", to.join(" or "))
                };
                format!(
                    "{} to {}, {to}",
                    calendar.short(swap.from),
                    calendar.short(swap.until)
                )
            })
            .collect(),
    }
}
