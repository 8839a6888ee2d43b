//! `tocsin maintenance` and `tocsin quiet`: what keeps alarms from paging for now.

use tocsin_server::api::{MaintenanceRequest, MaintenanceView, QuietRequest, QuietView};
use tocsin_ticket::{Millis, ServiceId};

use crate::cli::{AnnounceArgs, MaintenanceCommand, QuietArgs, QuietUntil, ReadArgs, WindowArgs};
use crate::failure::Failure;
use crate::out::{self, CARE, FAINT, GOOD, paint};
use crate::times;

/// `tocsin maintenance`.
///
/// # Errors
/// When the server says no.
pub async fn maintenance(command: &MaintenanceCommand) -> Result<(), Failure> {
    match command {
        MaintenanceCommand::Add(args) => announce(args).await,
        MaintenanceCommand::List(read) => list(read).await,
        MaintenanceCommand::End(args) => end(args).await,
    }
}

async fn announce(args: &AnnounceArgs) -> Result<(), Failure> {
    let from = args.from;
    let until = match (args.until, args.length) {
        (Some(until), _) => until,
        (None, length) => from.unwrap_or_else(times::now) + length.unwrap_or_default(),
    };
    let request = MaintenanceRequest {
        name: args.name.clone(),
        services: args
            .services
            .iter()
            .map(|id| ServiceId::new(id.as_str()))
            .collect(),
        from,
        until,
        reason: args.reason.clone(),
    };
    let client = args.read.server.client()?;
    let window: MaintenanceView = client.post("v1/maintenance", &request).await?;
    if args.read.json {
        return out::json(&window);
    }
    out::line(row(&window, times::now()));
    Ok(())
}

async fn list(read: &ReadArgs) -> Result<(), Failure> {
    let windows: Vec<MaintenanceView> = read.server.client()?.get("v1/maintenance").await?;
    if read.json {
        return out::json(&windows);
    }
    if windows.is_empty() {
        out::aside("no maintenance is announced");
    }
    for window in &windows {
        out::line(row(window, times::now()));
    }
    Ok(())
}

async fn end(args: &WindowArgs) -> Result<(), Failure> {
    let client = args.server.client()?;
    client
        .delete(&format!("v1/maintenance/{}", args.id))
        .await?;
    out::line(format_args!(
        "maintenance {} is over; what still burns pages now",
        args.id
    ));
    Ok(())
}

fn row(window: &MaintenanceView, now: Millis) -> String {
    let id = match window.id {
        Some(id) => format!("{id:>4}"),
        None => "file".to_owned(),
    };
    let running = if window.from <= now {
        paint(CARE, "now").to_string()
    } else {
        paint(FAINT, "to come").to_string()
    };
    let services: Vec<&str> = window.services.iter().map(ServiceId::as_str).collect();
    let by = match &window.by {
        Some(person) => format!(", {}", person.name),
        None => String::new(),
    };
    let reason = match &window.reason {
        Some(reason) => format!(": {reason}"),
        None => String::new(),
    };
    format!(
        "{id}  {running}  {} to {}  {}  {}{by}{reason}",
        times::day_and_clock(window.from),
        times::day_and_clock(window.until),
        services.join(", "),
        window.name
    )
}

/// `tocsin quiet`.
///
/// # Errors
/// When the server says no.
pub async fn quiet(args: &QuietArgs) -> Result<(), Failure> {
    let client = args.read.server.client()?;
    let view: QuietView = match args.until {
        QuietUntil::Show => client.get("v1/quiet").await?,
        QuietUntil::Off => {
            client.delete("v1/quiet").await?;
            client.get("v1/quiet").await?
        }
        QuietUntil::For(length) => {
            let until = times::now() + length;
            client.post("v1/quiet", &QuietRequest { until }).await?
        }
        QuietUntil::Clock(until) => client.post("v1/quiet", &QuietRequest { until }).await?,
    };
    if args.read.json {
        return out::json(&view);
    }
    out::line(match view.until {
        None => paint(GOOD, "you are woken for everything that is yours").to_string(),
        Some(until) => format!(
            "{} until {}; a SEV1 still rings; {} waiting",
            paint(CARE, "quiet"),
            times::hour_and_minute(until),
            match view.held {
                0 => "nothing is".to_owned(),
                1 => "1 ticket is".to_owned(),
                many => format!("{many} tickets are"),
            }
        ),
    });
    Ok(())
}
