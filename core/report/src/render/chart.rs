//! Where the marks of the page's charts go. The template draws them as SVG.

use jiff::civil::Date;

use crate::{ByPart, Report, Week};

use super::text::count;

/// Pages of each week, the parts of the day upon each other.
pub(super) struct Columns {
    pub(super) width: u64,
    pub(super) height: u64,
    pub(super) left: u64,
    pub(super) base: u64,
    pub(super) lines: Vec<Line>,
    pub(super) columns: Vec<Column>,
    /// Where the report begins, after the weeks before it.
    pub(super) divide: u64,
}

/// A line of equal height, with its value.
pub(super) struct Line {
    pub(super) y: u64,
    pub(super) value: u64,
}

/// A week.
pub(super) struct Column {
    pub(super) x: u64,
    pub(super) width: u64,
    pub(super) middle: u64,
    pub(super) label: Option<String>,
    pub(super) before: bool,
    pub(super) blocks: Vec<Block>,
}

/// A part of the day in a week.
pub(super) struct Block {
    pub(super) class: &'static str,
    pub(super) y: u64,
    pub(super) height: u64,
    pub(super) title: String,
}

/// Height of the plot, in the drawing's units.
const PLOT: u64 = 160;
const TOP: u64 = 24;
const LEFT: u64 = 34;
const WIDTH: u64 = 720;

impl Columns {
    pub(super) fn of(report: &Report) -> Self {
        let before = &report.trend.weeks_before;
        let weeks: Vec<(&Week, bool)> = before
            .iter()
            .map(|week| (week, true))
            .chain(report.weeks.iter().map(|week| (week, false)))
            .collect();
        let most = weeks.iter().map(|(week, _)| week.load.pages.total()).max();
        let (step, top) = scale(most.unwrap_or_default());
        let slot = (WIDTH - LEFT) / (weeks.len() as u64).max(1);
        // Room for some twelve dates.
        let every = weeks.len().div_ceil(12);
        let columns = weeks.iter().enumerate().map(|(index, (week, before))| {
            let x = LEFT + index as u64 * slot;
            let width = (slot * 7 / 10).clamp(2, 64);
            Column {
                x: x + (slot - width) / 2,
                width,
                middle: x + slot / 2,
                label: index.is_multiple_of(every).then(|| day(week.date)),
                before: *before,
                blocks: blocks(week, top),
            }
        });
        Self {
            width: WIDTH,
            height: TOP + PLOT + 24,
            left: LEFT,
            base: TOP + PLOT,
            lines: (0..=top / step)
                .map(|line| Line {
                    y: height_of(line * step, top),
                    value: line * step,
                })
                .collect(),
            columns: columns.collect(),
            divide: LEFT + before.len() as u64 * slot,
        }
    }
}

/// The step between lines and the value of the topmost: round numbers, and few lines.
fn scale(most: u64) -> (u64, u64) {
    let steps = (0..).flat_map(|power| [1, 2, 5].map(|it| it * 10_u64.saturating_pow(power)));
    let step = steps
        .into_iter()
        .find(|step| step * 5 >= most)
        .unwrap_or(most);
    (step, most.div_ceil(step).max(1) * step)
}

/// Where a value is, from the top of the drawing.
fn height_of(value: u64, top: u64) -> u64 {
    TOP + PLOT - PLOT * value / top
}

fn blocks(week: &Week, top: u64) -> Vec<Block> {
    let ByPart {
        business,
        evening,
        sleep,
    } = week.load.pages;
    let mut below = 0;
    // Nights at the bottom, where columns can be compared.
    [
        ("s", sleep, "in sleep hours"),
        ("e", evening, "in the evening"),
        ("b", business, "in business hours"),
    ]
    .into_iter()
    .filter(|(_, pages, _)| *pages > 0)
    .map(|(class, pages, when)| {
        let (bottom, y) = (height_of(below, top), height_of(below + pages, top));
        below += pages;
        Block {
            class,
            y,
            height: bottom - y,
            title: format!(
                "Week of {}: {} {when}",
                week.date,
                count(pages, "page", "pages")
            ),
        }
    })
    .collect()
}

fn day(date: Date) -> String {
    date.strftime("%-d %b").to_string()
}

/// Pages by weekday and hour.
pub(super) struct Clock {
    pub(super) days: Vec<Day>,
    pub(super) hours: Vec<Hour>,
}

/// A weekday.
pub(super) struct Day {
    pub(super) name: &'static str,
    pub(super) y: u64,
    pub(super) cells: Vec<Cell>,
}

/// The name of an hour above its column.
pub(super) struct Hour {
    pub(super) x: u64,
    pub(super) name: String,
}

/// An hour of a weekday.
pub(super) struct Cell {
    pub(super) x: u64,
    pub(super) pages: u64,
    /// How dark, 0 to 4.
    pub(super) shade: u64,
    pub(super) title: String,
}

/// Width of an hour, in the drawing's units.
const HOUR: u64 = 28;

const DAYS: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];

impl Clock {
    pub(super) fn of(clock: &[Vec<u64>]) -> Self {
        let most = clock.iter().flatten().copied().max().unwrap_or_default();
        let x = |hour: usize| LEFT + hour as u64 * HOUR;
        let days = DAYS.iter().zip(clock).enumerate();
        Self {
            hours: (0..24)
                .step_by(3)
                .map(|hour| Hour {
                    x: x(hour),
                    name: format!("{hour:02}:00"),
                })
                .collect(),
            days: days
                .map(|(index, (name, hours))| Day {
                    name,
                    y: TOP + index as u64 * 22,
                    cells: hours
                        .iter()
                        .enumerate()
                        .map(|(hour, &pages)| Cell {
                            x: x(hour),
                            pages,
                            shade: (pages * 4).div_ceil(most.max(1)),
                            title: format!(
                                "{name} {hour:02}:00 to {hour:02}:59: {}",
                                count(pages, "page", "pages")
                            ),
                        })
                        .collect(),
                })
                .collect(),
        }
    }
}

/// A bar in a row of a table, in percent of the longest.
pub(super) struct Bar {
    pub(super) sleep: f64,
    pub(super) evening: f64,
    pub(super) business: f64,
}

impl Bar {
    pub(super) fn of(pages: &ByPart, longest: u64) -> Self {
        let percent = |pages: u64| pages as f64 * 100.0 / longest.max(1) as f64;
        Self {
            sleep: percent(pages.sleep),
            evening: percent(pages.evening),
            business: percent(pages.business),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::scale;

    #[test]
    fn scales_are_round_and_reach_the_highest_column() {
        for (most, expected) in [
            (0, (1, 1)),
            (4, (1, 4)),
            (7, (2, 8)),
            (21, (5, 25)),
            (99, (20, 100)),
            (1001, (500, 1500)),
        ] {
            assert_eq!(scale(most), expected, "{most}");
        }
    }
}
