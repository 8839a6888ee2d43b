//! `tocsin import` and `tocsin calendar`: rotations from other pagers, and shifts in calendars.

use std::io::Read;
use std::path::Path;

use jiff::{Timestamp, tz::TimeZone};
use tocsin_import::{Import, ImportError, Options};
use tocsin_server::api::CalendarReply;

use crate::cli::{ImportArgs, ImportFrom, ReadArgs};
use crate::failure::{Context, Failure};
use crate::out::{self, CARE, FAINT, STRONG, paint};

/// `tocsin import`: the configuration on stdout, what it does not have on stderr.
///
/// # Errors
/// When the file cannot be read, or nothing came of it.
pub fn run(args: &ImportArgs) -> Result<(), Failure> {
    let name = args.file.display();
    let text = read(&args.file)?;
    let refused =
        |error: ImportError| Failure::refused(format!("{name}: {error}; nothing was imported"));
    let now = Timestamp::now();
    let id = args.team.as_deref();
    let options = Options { team: id, now };
    let read = match args.from {
        ImportFrom::Pagerduty => tocsin_import::pagerduty,
        ImportFrom::Opsgenie => tocsin_import::opsgenie,
        ImportFrom::Goalert => tocsin_import::goalert,
        ImportFrom::Ical => tocsin_import::ical,
        ImportFrom::Holidays => {
            let today = now.to_zoned(TimeZone::system()).date();
            let id = id.unwrap_or("holidays");
            let toml = tocsin_import::holidays(&text, id, today).map_err(refused)?;
            out::line(toml.trim_end());
            return Ok(());
        }
    };
    let import = read(&text, &options).map_err(refused)?;
    out::line(import.toml.trim_end());
    say_what_is_left(&import);
    Ok(())
}

fn read(file: &Path) -> Result<String, Failure> {
    if file != Path::new("-") {
        return std::fs::read_to_string(file).context(file.display());
    }
    let mut text = String::new();
    std::io::stdin()
        .read_to_string(&mut text)
        .context("stdin")?;
    Ok(text)
}

fn say_what_is_left(import: &Import) {
    if import.left_out.is_empty() {
        return;
    }
    out::aside(paint(STRONG, "Not carried over, or to be completed:"));
    for left in &import.left_out {
        out::aside(format_args!(
            "  {} {}",
            paint(CARE, format_args!("{}:", left.at)),
            left.why
        ));
    }
}

/// `tocsin calendar`: new addresses for one's calendars.
///
/// # Errors
/// When the server says no.
pub async fn addresses(args: &ReadArgs) -> Result<(), Failure> {
    let client = args.server.client()?;
    let mut reply: CalendarReply = client.post("v1/calendar", &()).await?;
    let paths = reply.teams.iter_mut().map(|team| &mut team.path);
    for path in paths.chain([&mut reply.own]) {
        *path = client.at(path.trim_start_matches('/'));
    }
    if args.json {
        return out::json(&reply);
    }
    out::line(format_args!(
        "{}  {}",
        paint(STRONG, "your shifts"),
        reply.own
    ));
    for team in &reply.teams {
        out::line(format_args!("{}  {}", paint(STRONG, &team.name), team.path));
    }
    out::aside(paint(
        FAINT,
        "Subscribe to these in a calendar program. Each address is a secret: whoever has it sees these \
         shifts. The addresses before these no longer work.",
    ));
    Ok(())
}
