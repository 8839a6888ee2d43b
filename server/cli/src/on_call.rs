//! `tocsin oncall`: who is paged first now, and who after them.

use tocsin_wire::{OnCall, Person};

use crate::cli::ReadArgs;
use crate::failure::Failure;
use crate::out::{self, FAINT, STRONG, paint};
use crate::times;

/// Asks and shows.
///
/// # Errors
/// When the server says no.
pub async fn run(args: &ReadArgs) -> Result<(), Failure> {
    let teams: Vec<OnCall> = args.server.client()?.get("v1/oncall").await?;
    if args.json {
        return out::json(&teams);
    }
    if teams.is_empty() {
        out::aside("no team yet: `tocsin apply team.toml` tells the server who there is");
    }
    for team in &teams {
        out::line(format_args!(
            "{}  {} until {}, then {}",
            paint(STRONG, &team.team_name),
            person(&team.primary),
            times::day_and_clock(team.until),
            person(&team.next)
        ));
        let others = [("secondary", &team.secondary), ("manager", &team.manager)];
        for (role, other) in others
            .iter()
            .filter_map(|(role, it)| Some((role, it.as_ref()?)))
        {
            out::line(paint(FAINT, format_args!("  {role}: {}", person(other))));
        }
    }
    Ok(())
}

fn person(person: &Person) -> String {
    format!("{} ({})", person.name, person.id)
}
