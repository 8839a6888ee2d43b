//! Public holidays from a calendar, as the configuration has them.

use core::fmt::Write as _;

use jiff::ToSpan;
use jiff::civil::Date;

use crate::ImportError;
use crate::people::{given_id, one_line};

/// How many years ahead holidays are written down; the file has to be imported anew before.
const YEARS: i64 = 3;

/// Reads a calendar of public holidays: a `[[holidays]]` of that id, with each date and what it is
/// called, from the beginning of this year for three years.
///
/// # Errors
/// [`ImportError`]: an id that no configuration takes; with the line, no calendar, an event that does not last whole days, or no holiday
/// in these years.
pub fn holidays(text: &str, id: &str, today: Date) -> Result<String, ImportError> {
    let id = given_id(id)?;
    let from = today.first_of_year();
    let found = tocsin_calendar::holidays(text, from, from.saturating_add(YEARS.years()))
        .map_err(|error| ImportError::new(format!("line {}", error.line), error.message))?;
    if found.is_empty() {
        let message = format!("expected holidays in the {YEARS} years from {from}, got none");
        return Err(ImportError::new("file", message));
    }
    let mut dates: Vec<(Date, String)> = Vec::new();
    for holiday in found {
        let name = one_line(&holiday.name);
        match dates.last_mut() {
            Some((date, names)) if *date == holiday.date => {
                let _ = write!(names, ", {name}");
            }
            _ => dates.push((holiday.date, name)),
        }
    }
    let lines: Vec<String> = dates
        .iter()
        .map(|(date, name)| format!("    {date}, # {name}\n"))
        .collect();
    Ok(format!(
        "[[holidays]]\nid = \"{id}\"\ndates = [\n{}]\n",
        lines.concat()
    ))
}
