//! `tocsin report`: what being on call cost, as tables, for programs, spreadsheets or as a page.

use jiff::civil::Date;
use jiff::{ToSpan, Zoned};
use reqwest::Url;
use tocsin_report::render::{advice, length, summary, times as counted};
use tocsin_report::{Load, Names, Report, Spread, Swap};
use tocsin_ticket::PersonId;
use unicode_width::UnicodeWidthStr;

use crate::cli::ReportArgs;
use crate::failure::{Context, Failure};
use crate::out::{self, CARE, FAINT, STRONG, paint};
use crate::times;

/// Asks and shows.
///
/// # Errors
/// When the server says no, or the file cannot be written.
pub async fn run(args: &ReportArgs) -> Result<(), Failure> {
    let client = args.read.server.client()?;
    let path = |format| path(client.base(), args, Zoned::now().date(), format);
    if args.csv {
        let table = client.get_text(&path("csv")).await?;
        out::line(table.trim_end());
        return Ok(());
    }
    if let Some(file) = &args.html {
        let page = client.get_text(&path("html")).await?;
        std::fs::write(file, page).context(file.display())?;
        out::aside(format_args!(
            "{} is written; open it in a browser",
            file.display()
        ));
        return Ok(());
    }
    let report: Report = client.get(&path("json")).await?;
    if args.read.json {
        return out::json(&report);
    }
    show(&report);
    Ok(())
}

/// Where the server has it.
fn path(base: &Url, args: &ReportArgs, today: Date, format: &str) -> String {
    let first_day = args.weeks.map(|weeks| {
        let since_monday = i64::from(today.weekday().to_monday_zero_offset());
        let days = since_monday + 7 * (i64::from(weeks) - 1);
        today.saturating_sub(days.days()).to_string()
    });
    let mut url = base.clone();
    url.query_pairs_mut()
        .append_pair("format", format)
        .extend_pairs(args.team.iter().map(|it| ("team", it)))
        .extend_pairs(first_day.iter().chain(&args.from).map(|it| ("from", it)))
        .extend_pairs(args.until.iter().map(|it| ("until", it)));
    format!("v1/report?{}", url.query().unwrap_or_default())
}

fn show(report: &Report) {
    let names = &report.names;
    let teams: Vec<&str> = names.teams.values().map(String::as_str).collect();
    out::line(format_args!(
        "{}  {}",
        paint(STRONG, teams.join(", ")),
        paint(
            FAINT,
            format_args!(
                "{} to {}",
                times::day_and_clock(report.from),
                times::day_and_clock(report.until)
            )
        )
    ));
    out::line(summary(report));
    nights(report);
    patterns(report);
    let people = report.people.iter();
    loads(
        "Person",
        people.map(|it| (names.person(&it.id).to_owned(), &it.load)),
    );
    let services = report.services.iter();
    loads(
        "Service",
        services.map(|it| (names.service(&it.id).to_owned(), &it.load)),
    );
    loads(
        "Week of",
        report
            .weeks
            .iter()
            .map(|it| (it.date.to_string(), &it.load)),
    );
    let shifts = report.shifts.iter().map(|it| {
        let who = names.person(&it.person);
        (
            format!("{} {who}, {}", times::day(it.from), names.team(&it.team)),
            &it.load,
        )
    });
    loads("Shift", shifts);
    let noise = &report.total.noise;
    out::line(format_args!(
        "\n{}\n  of {} tickets that paged {} recovered untouched and {} were only checked in on;\n  \
         {} repeats, {} tickets held back, {} pages unheard",
        paint(STRONG, "Noise"),
        noise.paged,
        noise.recovered,
        noise.no_action,
        noise.repeats,
        noise.held,
        report.total.unheard
    ));
}

fn nights(report: &Report) {
    if report.bad_nights.is_empty() {
        return;
    }
    out::line(format_args!(
        "\n{}",
        paint(STRONG, "Bad nights, and who could take over")
    ));
    for night in &report.bad_nights {
        out::line(format_args!(
            "  {}  {}",
            night.date,
            paint(
                CARE,
                format_args!(
                    "{}: woken {}, {} of sleep lost",
                    report.names.person(&night.person),
                    counted(night.wake_ups),
                    length(night.interrupted_sleep_ms)
                )
            )
        ));
        for swap in &night.swaps {
            out::line(format_args!("              {}", offer(swap, &report.names)));
        }
    }
}

fn offer(swap: &Swap, names: &Names) -> String {
    let to: Vec<&str> = swap
        .to
        .iter()
        .map(|id: &PersonId| names.person(id))
        .collect();
    let to = if to.is_empty() {
        "nobody rested is free; ask the manager".to_owned()
    } else {
        format!("swap with {}", to.join(" or "))
    };
    format!(
        "{} to {}: {to}",
        times::day_and_clock(swap.from),
        times::day_and_clock(swap.until)
    )
}

fn patterns(report: &Report) {
    if report.patterns.is_empty() {
        return;
    }
    let rows = report.patterns.iter().map(|it| {
        vec![
            format!("{}: {}", report.names.service(&it.service), it.title),
            it.load.pages.total().to_string(),
            it.load.pages.sleep.to_string(),
            length(it.load.interrupted_ms),
            length(it.load.interrupted_sleep_ms),
            advice(it),
        ]
    });
    let head = [
        "Fix these first",
        "pages",
        "at night",
        "time taken",
        "sleep lost",
        "what to do",
    ];
    table(&head, rows.collect(), &[0, 5]);
}

fn loads<'a>(first: &str, loads: impl Iterator<Item = (String, &'a Load)>) {
    let median = |spread: &Option<Spread>| {
        spread.map_or_else(String::new, |it| {
            format!("{} / {}", length(it.median_ms), length(it.p90_ms))
        })
    };
    let rows: Vec<Vec<String>> = loads
        .map(|(name, load)| {
            vec![
                name,
                load.pages.business.to_string(),
                load.pages.evening.to_string(),
                load.pages.sleep.to_string(),
                load.interruptions.total().to_string(),
                length(load.interrupted_sleep_ms),
                median(&load.times.check_in),
                median(&load.times.start),
                median(&load.times.resolve),
            ]
        })
        .collect();
    let head = [
        first,
        "business",
        "evening",
        "night",
        "interruptions",
        "sleep lost",
        "check in p50 / p90",
        "start",
        "resolve",
    ];
    if !rows.is_empty() {
        table(&head, rows, &[0]);
    }
}

/// Prints a table, its numbers to the right.
fn table(head: &[&str], rows: Vec<Vec<String>>, text: &[usize]) {
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].width());
        cells
            .chain([head[column].width()])
            .max()
            .unwrap_or_default()
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let row = |cells: &[&str]| {
        let cells = cells.iter().zip(&widths).enumerate();
        let padded: Vec<String> = cells
            .map(|(column, (cell, width))| {
                let blanks = " ".repeat(width - cell.width());
                if text.contains(&column) {
                    format!("{cell}{blanks}")
                } else {
                    format!("{blanks}{cell}")
                }
            })
            .collect();
        padded.join("  ").trim_end().to_owned()
    };
    out::line(format_args!("\n{}", paint(STRONG, row(head))));
    for cells in &rows {
        let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
        out::line(row(&cells));
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use jiff::civil::date;

    use super::*;
    use crate::cli::{Cli, Command};

    fn asked(arguments: &str) -> String {
        let arguments = format!("tocsin report {arguments}");
        let cli = Cli::try_parse_from(arguments.split_whitespace()).unwrap();
        let Command::Report(args) = cli.command else {
            panic!("another command");
        };
        let base = "http://localhost:8080/".parse().unwrap();
        // A Thursday.
        path(&base, &args, date(2026, 6, 11), "json")
    }

    #[test]
    fn weeks_are_whole_and_the_present_one_is_the_last() {
        assert_eq!(asked("--weeks 1"), "v1/report?format=json&from=2026-06-08");
        assert_eq!(asked("--weeks 4"), "v1/report?format=json&from=2026-05-18");
    }

    #[test]
    fn what_is_asked_for_arrives_as_it_was_written() {
        assert_eq!(asked(""), "v1/report?format=json");
        assert_eq!(
            asked("--team a&b --from 2026-06-01T09:00+02:00 --until 2026-06-08"),
            "v1/report?format=json&team=a%26b&from=2026-06-01T09%3A00%2B02%3A00&until=2026-06-08"
        );
    }

    #[test]
    fn a_report_is_asked_for_in_one_way() {
        for arguments in [
            "--weeks 2 --from 2026-06-01",
            "--csv --json",
            "--csv --html x",
            "--weeks 0",
        ] {
            let arguments = format!("tocsin report {arguments}");
            assert!(
                Cli::try_parse_from(arguments.split_whitespace()).is_err(),
                "{arguments}"
            );
        }
    }
}
