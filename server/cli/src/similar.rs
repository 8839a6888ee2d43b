//! `tocsin similar`: past tickets that were like this one, and what ended them.

use core::time::Duration;

use tocsin_learning::{CoeState, SimilarTicket};
use tocsin_ticket::Actor;
use tocsin_wire::Directory;

use crate::cli::TicketArgs;
use crate::failure::Failure;
use crate::names;
use crate::out::{self, FAINT, STRONG, paint};
use crate::times;

/// Asks and shows.
///
/// # Errors
/// When the server says no.
pub async fn run(args: &TicketArgs) -> Result<(), Failure> {
    let client = args.read.server.client()?;
    let found: Vec<SimilarTicket> = client
        .get(&format!("v1/tickets/{}/similar", args.ticket))
        .await?;
    if args.read.json {
        return out::json(&found);
    }
    if found.is_empty() {
        out::aside("no past ticket was like this one");
        return Ok(());
    }
    let (names, _) = names::and_me(&client).await?;
    for similar in &found {
        out::line(format_args!(
            "{:>3} %  {}  {}",
            (similar.score * 100.0).round(),
            paint(STRONG, similar.ticket),
            paint(STRONG, &similar.title)
        ));
        out::line(paint(
            FAINT,
            format_args!("       {}", ending(similar, &names)),
        ));
        let notes = similar.resolution.iter().flat_map(|it| &it.notes);
        for note in notes {
            out::line(format_args!(
                "       {}: “{}”",
                names.person(&note.by),
                note.text
            ));
        }
        if let Some(state) = similar.coe {
            out::line(format_args!("       {}", coe(similar, state)));
        }
    }
    Ok(())
}

fn ending(similar: &SimilarTicket, names: &Directory) -> String {
    let what = format!(
        "{} of {}, {}",
        similar.severity,
        names.service(&similar.service),
        times::day_and_clock(similar.opened_at)
    );
    let Some(end) = &similar.resolution else {
        return what;
    };
    let by = match &end.by {
        Actor::Person(person) => names.person(person).to_owned(),
        Actor::Monitoring(source) => source.clone(),
    };
    let took = times::about(Duration::from_millis(end.took_ms));
    format!("{what}, resolved by {by} after {took}")
}

fn coe(similar: &SimilarTicket, state: CoeState) -> String {
    format!("COE ({state}): `tocsin coe show {}`", similar.ticket.0)
}
