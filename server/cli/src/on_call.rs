//! `tocsin oncall`: who is paged first now, who after them, and whether their devices would ring.

use serde::Serialize;
use tocsin_readiness::{Finding, Light};
use tocsin_ticket::{DeviceId, PersonId};
use tocsin_wire::{DeviceView, OnCall, Person};

use crate::cli::ReadArgs;
use crate::devices::{advice, is_pager, light, standing};
use crate::failure::Failure;
use crate::out::{self, FAINT, STRONG, paint};
use crate::times;

/// What `--json` prints for each team.
#[derive(Serialize)]
struct Team<'a> {
    #[serde(flatten)]
    on_call: &'a OnCall,
    /// The best device of who is paged first.
    best_device: Option<Best<'a>>,
}

#[derive(Serialize)]
struct Best<'a> {
    device: &'a DeviceId,
    name: &'a str,
    /// Whether it would ring, which takes a way to it.
    light: Light,
    findings: &'a [Finding],
}

/// Asks and shows.
///
/// # Errors
/// When the server says no.
pub async fn run(args: &ReadArgs) -> Result<(), Failure> {
    let client = args.server.client()?;
    let teams: Vec<OnCall> = client.get("v1/oncall").await?;
    let devices: Vec<DeviceView> = client.get("v1/devices").await?;
    if args.json {
        let teams: Vec<_> = teams
            .iter()
            .map(|on_call| Team {
                on_call,
                best_device: best(&devices, &on_call.primary.id).map(|best| Best {
                    device: &best.device,
                    name: &best.name,
                    light: standing(best),
                    findings: &best.readiness.findings,
                }),
            })
            .collect();
        return out::json(&teams);
    }
    if teams.is_empty() {
        out::aside("no team yet: `tocsin apply team.toml` tells the server who there is");
    }
    for team in &teams {
        let device = best(&devices, &team.primary.id);
        out::line(format_args!(
            "{}  {} {} until {}, then {}",
            paint(STRONG, &team.team_name),
            light(device.map_or(Light::Red, standing)),
            person(&team.primary),
            times::day_and_clock(team.until),
            person(&team.next)
        ));
        if let Some(waits_for) = &team.waits_for {
            out::line(format_args!(
                "  {} stays on call: no phone of {} has proved that it can ring",
                team.primary.name,
                person(waits_for)
            ));
        }
        match device {
            Some(device) => {
                if let Some(advice) = advice(device, args.server.language()) {
                    out::line(format_args!("  {}: {advice}", device.name));
                }
            }
            None => out::line(format_args!(
                "  {} has no device that can be paged, so a page goes on to the next person: \
                 `tocsin enroll {}` gives a code for one",
                team.primary.name, team.primary.id
            )),
        }
        let others = [("secondary", &team.secondary), ("manager", &team.manager)];
        for (role, other) in others
            .iter()
            .filter_map(|(role, it)| Some((role, it.as_ref()?)))
        {
            out::line(format_args!(
                "  {} {}",
                light(best(&devices, &other.id).map_or(Light::Red, standing)),
                paint(FAINT, format_args!("{role}: {}", person(other)))
            ));
        }
    }
    Ok(())
}

/// One device that rings is enough.
fn best<'a>(devices: &'a [DeviceView], person: &PersonId) -> Option<&'a DeviceView> {
    devices
        .iter()
        .filter(|device| device.person == *person && is_pager(device))
        .min_by_key(|device| standing(device))
}

fn person(person: &Person) -> String {
    format!("{} ({})", person.name, person.id)
}
