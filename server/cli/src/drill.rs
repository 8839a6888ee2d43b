//! `tocsin drill`: a test page to a device of one's own, and every rung that it climbs.
//!
//! It takes the way of a page, so what it shows is what a page would do. Whoever runs it must not
//! be told that all is well unless the device itself said so.

use core::time::Duration;
use std::collections::HashSet;
use std::time::Instant;

use tocsin_ticket::{DeviceId, Receipt, Rung, Transport};
use tocsin_wire::{DeviceView, DrillRequest, DrillView, Me};

use crate::cli::DrillArgs;
use crate::client::Client;
use crate::devices::{is_pager, light, reachable, standing};
use crate::failure::Failure;
use crate::names;
use crate::out::{self, BAD, FAINT, GOOD, STRONG, paint};

/// How often the server is asked how far it got.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// How long the siren's output may take to start once the drill is there.
const SOUNDING_LIMIT: Duration = Duration::from_secs(10);

/// Orders a drill and follows it.
///
/// # Errors
/// When the server says no, or the device did not answer as it must.
pub async fn run(args: &DrillArgs) -> Result<(), Failure> {
    let client = args.read.server.client()?;
    let devices: Vec<DeviceView> = client.get("v1/devices").await?;
    let (names, me) = names::and_me(&client).await?;
    let device = choose(&devices, &me, args.device.as_deref())?;
    let request = DrillRequest {
        device: Some(device.device.clone()),
        audible: args.audible,
    };
    let ordered: DrillView = client.post("v1/drills", &request).await?;
    if !args.read.json {
        let kind = if args.audible { "audible" } else { "silent" };
        out::line(format_args!(
            "{kind} drill for {} ({}), {}'s, {}",
            paint(STRONG, &device.name),
            names::device(&device.device),
            names.person(&device.person),
            light(standing(device)),
        ));
    }
    // Later it would not count any more.
    let limit = args
        .wait
        .min(ordered.drill.expires_at.since(ordered.drill.at));
    let mut follow = Follow {
        client: &client,
        silent: args.read.json,
        told: HashSet::new(),
        failures: 0,
    };
    let (drill, ended) = follow.until_sounding(ordered, limit).await?;
    if args.read.json {
        out::json(&drill)?;
    }
    ended.map_err(|why| Failure::failed(why.words(device, limit)))
}

/// Which of one's own devices is meant.
fn choose<'a>(
    devices: &'a [DeviceView],
    me: &Me,
    wanted: Option<&str>,
) -> Result<&'a DeviceView, Failure> {
    let own: Vec<&DeviceView> = devices
        .iter()
        .filter(|device| device.person == me.person)
        .filter(|device| match wanted {
            Some(wanted) => device.name == wanted || device.device.as_str().starts_with(wanted),
            None => is_pager(device),
        })
        .collect();
    let named = |devices: &[&DeviceView]| {
        devices
            .iter()
            .map(|device| format!("{} ({})", names::device(&device.device), device.name))
            .collect::<Vec<_>>()
            .join(", ")
    };
    match (own.as_slice(), wanted) {
        ([device], _) => Ok(device),
        ([], None) => Err(Failure::refused(format!(
            "you have no device that can be paged; `tocsin enroll {}` gives you a code for one",
            me.person
        ))),
        ([], Some(wanted)) => {
            let mine: Vec<_> = devices
                .iter()
                .filter(|device| device.person == me.person)
                .collect();
            Err(Failure::refused(format!(
                "--device: expected one of yours, got {wanted:?}; yours are {}",
                named(&mine)
            )))
        }
        (several, _) => Err(Failure::usage(format!(
            "--device: expected one of {}; say which",
            named(several)
        ))),
    }
}

/// Why a drill did not pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Failed {
    NotReceived,
    NotSounding,
}

impl Failed {
    fn words(self, device: &DeviceView, limit: Duration) -> String {
        let name = &device.name;
        match self {
            Self::NotReceived => {
                let ways = if reachable(device) {
                    ""
                } else {
                    " It was not connected, and had no address to push to."
                };
                format!(
                    "{name} did not receive the drill within {} s: a page would not have been heard \
                     there.{ways} Open the app on it and keep it open until it says that it is \
                     connected, do what `tocsin devices` says of it, then run `tocsin drill` again. \
                     If you are on call, let somebody else take over until it passes.",
                    limit.as_secs()
                )
            }
            Self::NotSounding => format!(
                "{name} received the drill, but did not say within {} s that its siren's output \
                 started: a page might have been silent. Look at the device's volume, sound output \
                 and permissions, do what `tocsin devices` says of it, then run `tocsin drill \
                 --audible`.",
                SOUNDING_LIMIT.as_secs()
            ),
        }
    }
}

struct Follow<'a> {
    client: &'a Client,
    /// Only the end is told.
    silent: bool,
    told: HashSet<(DeviceId, Rung, Option<Transport>)>,
    failures: usize,
}

impl Follow<'_> {
    /// Tells each rung as it is reached, and how it ended.
    async fn until_sounding(
        &mut self,
        mut drill: DrillView,
        limit: Duration,
    ) -> Result<(DrillView, Result<(), Failed>), Failure> {
        let began = Instant::now();
        let mut received = None;
        loop {
            self.tell(&drill);
            let reached = |rung| drill.receipts.iter().any(|receipt| receipt.rung == rung);
            if reached(Rung::Sounding) {
                if !self.silent {
                    self.sum_up(&drill);
                }
                return Ok((drill, Ok(())));
            }
            if reached(Rung::Received) {
                received.get_or_insert_with(Instant::now);
            }
            let failed = match received {
                Some(at) if at.elapsed() >= SOUNDING_LIMIT => Some(Failed::NotSounding),
                None if began.elapsed() >= limit => Some(Failed::NotReceived),
                _ => None,
            };
            if let Some(failed) = failed {
                return Ok((drill, Err(failed)));
            }
            tokio::time::sleep(LOOK_EVERY).await;
            let since = drill.drill.at.0;
            let drills: Vec<DrillView> =
                self.client.get(&format!("v1/drills?since={since}")).await?;
            if let Some(now) = drills.into_iter().find(|it| it.drill.id == drill.drill.id) {
                drill = now;
            }
        }
    }

    fn tell(&mut self, drill: &DrillView) {
        if self.silent {
            return;
        }
        for receipt in &drill.receipts {
            let rung = (receipt.device.clone(), receipt.rung, receipt.transport);
            if self.told.insert(rung) {
                out::line(rung_line(drill, receipt));
            }
        }
        for failure in drill.failures.iter().skip(self.failures) {
            out::line(format_args!(
                "  {}  by {}: {} {}",
                paint(BAD, "failed  "),
                failure.transport,
                failure.problem,
                paint(FAINT, format_args!("“{}”", failure.why)),
            ));
        }
        self.failures = drill.failures.len();
    }

    fn sum_up(&self, drill: &DrillView) {
        let heard = if drill.drill.audible {
            "you should have heard the siren"
        } else {
            "a page would have sounded"
        };
        let sounding = drill.receipts.iter().find(|it| it.rung == Rung::Sounding);
        match sounding.and_then(|it| it.effective_volume) {
            Some(volume) if volume <= 0.0 => out::line(format_args!(
                "{}: the device is set so that nobody hears it",
                paint(BAD, "the drill passed in silence")
            )),
            Some(volume) => {
                let percent = (volume * 100.0).round();
                out::line(format_args!(
                    "{}: {heard} at {percent} % volume",
                    paint(GOOD, "the drill passed")
                ));
            }
            None => out::line(format_args!("{}: {heard}", paint(GOOD, "the drill passed"))),
        }
    }
}

/// `  received  by live stream        12 ms`.
fn rung_line(drill: &DrillView, receipt: &Receipt) -> String {
    let rung = match receipt.rung {
        Rung::Sent => "sent",
        Rung::Accepted => "accepted",
        Rung::Received => "received",
        Rung::Sounding => "sounding",
        Rung::Seen => "seen",
        Rung::CheckedIn => "checked in",
    };
    let by = receipt
        .transport
        .map_or_else(String::new, |transport| format!("by {transport}"));
    let after = receipt.at.since(drill.drill.at).as_millis();
    format!("  {rung:<10}  {by:<16}  {after:>6} ms")
}
