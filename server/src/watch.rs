//! Silence is an alarm: what should have been heard from people's devices and was not.
//!
//! [`Watch::look`] compares what the directory expects with what the devices said, and returns the
//! jobs that follow: drills that are due, and notices to whoever can do something about it. Each is
//! named by what it is about, so looking again says nothing twice, also after a restart. It asks no
//! clock and performs nothing.

use core::time::Duration;
use std::collections::{HashMap, HashSet};

use jiff::civil::time;
use jiff::tz::TimeZoneDatabase;
use jiff::{Timestamp, ToSpan};
use tocsin_directory::Directory;
use tocsin_ticket::{DeviceId, DrillId, Millis, PersonId, Rung};
use tocsin_wire::{Drill, Duty, DutyShift};

use crate::engine::Job;
use crate::store::{Device, DrillReason, DrillRecord};

/// How far ahead a phone knows its owner's shifts.
const SHIFTS_AHEAD: Duration = Duration::from_secs(14 * 24 * 3600);

/// A device is tested this long before its owner's shift: enough time to mend a phone, and to find
/// somebody else.
const DRILL_BEFORE_SHIFT: Duration = Duration::from_secs(2 * 3600);

/// Local time of the nightly test: late enough to be how the phone will lie there at night, early
/// enough that its owner is awake to mend it.
const NIGHTLY_HOUR: i8 = 21;

/// A silent drill must arrive within this time.
pub const DRILL_LASTS: Duration = Duration::from_secs(5 * 60);

/// Drills that were missed while the server was down for no longer than this are made up for.
const LOOK_BACK: Duration = Duration::from_secs(30 * 60);

/// Somebody whose shift begins within this time needs a device that can be reached.
const NEEDS_DEVICE: Duration = Duration::from_secs(24 * 3600);

/// On call, a device with a live stream is never silent for this long: the stream says something
/// every 15 s.
const SILENT_STREAM: Duration = Duration::from_secs(15 * 60);

/// A device that is only pushed to reports its readiness every hour.
const SILENT_PUSH: Duration = Duration::from_secs(130 * 60);

/// When this person is on call, when their devices are tested next, and what is asked of them.
#[must_use]
pub fn duty(directory: &Directory, person: &PersonId, now: Millis) -> Duty {
    let until = now + SHIFTS_AHEAD;
    let shifts = directory.shifts(person, now, until);
    let drill_by = drills(directory, &shifts, now, until)
        .into_iter()
        .map(|(at, _)| at)
        .min();
    Duty {
        shifts,
        drill_by,
        rules: directory.phone_rules(person),
    }
}

/// The drills that belong to these shifts, after `after` and up to `until`.
fn drills(
    directory: &Directory,
    shifts: &[DutyShift],
    after: Millis,
    until: Millis,
) -> Vec<(Millis, DrillReason)> {
    let wanted = |at: Millis| after < at && at <= until;
    let mut times = Vec::new();
    for shift in shifts {
        let before = shift.from - DRILL_BEFORE_SHIFT;
        times.extend(Some((before, DrillReason::BeforeShift)).filter(|_| wanted(before)));
        let team = directory.config().teams().get(&shift.team);
        let zone = team.and_then(|team| TimeZoneDatabase::bundled().get(&team.rota.spec.zone).ok());
        let first = Timestamp::from_millisecond(shift.from.max(after).0);
        let (Some(zone), Ok(first)) = (zone, first) else {
            continue;
        };
        let mut date = first.to_zoned(zone.clone()).date();
        loop {
            let Ok(at) = date
                .to_datetime(time(NIGHTLY_HOUR, 0, 0, 0))
                .to_zoned(zone.clone())
            else {
                break;
            };
            let at = Millis(at.timestamp().as_millisecond());
            if at >= shift.until || at > until {
                break;
            }
            times.extend(
                Some((at, DrillReason::Nightly)).filter(|_| at >= shift.from && wanted(at)),
            );
            let Ok(next) = date.checked_add(1.day()) else {
                break;
            };
            date = next;
        }
    }
    times
}

/// A drill for one device.
#[must_use]
pub fn drill_for(
    device: &Device,
    why: DrillReason,
    id: DrillId,
    at: Millis,
    audible: bool,
) -> DrillRecord {
    DrillRecord {
        drill: Drill {
            id,
            at,
            expires_at: at + DRILL_LASTS,
            audible,
        },
        person: device.person.clone(),
        device: device.id.clone(),
        why,
        receipts: Vec::new(),
        failures: Vec::new(),
    }
}

/// What is known of the devices at an instant.
#[derive(Debug)]
pub struct Sight<'a> {
    /// Who is who.
    pub directory: &'a Directory,
    /// Every device.
    pub devices: &'a [Device],
    /// Those that hold a live stream now.
    pub connected: &'a HashSet<DeviceId>,
    /// When each was last heard of; absent since before the server started.
    pub contacts: &'a HashMap<DeviceId, Millis>,
    /// Those with an address to push to that is not dead.
    pub pushable: &'a HashSet<DeviceId>,
    /// Drills of the last day.
    pub drills: &'a [DrillRecord],
    /// Since when the server has listened.
    pub since: Millis,
}

/// Looks again and again.
#[derive(Debug, Default)]
pub struct Watch {
    looked_at: Option<Millis>,
}

impl Watch {
    /// What must be done, given what is in sight at `now`.
    pub fn look(&mut self, sight: &Sight<'_>, now: Millis) -> Vec<Job> {
        let after = self.looked_at.replace(now).unwrap_or(now - LOOK_BACK);
        let after = after.max(now - LOOK_BACK);
        let mut devices_of: HashMap<&PersonId, Vec<&Device>> = HashMap::new();
        for device in sight.devices {
            devices_of.entry(&device.person).or_default().push(device);
        }
        let (mut due, mut jobs) = (Vec::new(), Vec::new());
        for person in sight.directory.config().people().keys() {
            let devices = devices_of.get(person).map_or(&[][..], Vec::as_slice);
            let shifts = sight.directory.shifts(person, after, now + NEEDS_DEVICE);
            due.extend(due_drills(sight, devices, &shifts, after, now));
            for shift in shifts.iter().filter(|shift| shift.until > now) {
                if shift.from > now {
                    jobs.extend(no_device(sight, person, devices, shift));
                } else {
                    jobs.extend(silent(sight, person, devices, shift, now));
                }
            }
        }
        let known: HashSet<&DrillId> = sight.drills.iter().map(|drill| &drill.drill.id).collect();
        due.retain(|drill| !known.contains(&drill.drill.id));
        if !due.is_empty() {
            jobs.insert(0, Job::Drill(due));
        }
        jobs.extend(
            sight
                .drills
                .iter()
                .filter(|drill| drill.drill.expires_at <= now && !received(drill))
                .filter_map(|drill| missed_drill(sight, drill)),
        );
        jobs
    }
}

fn received(drill: &DrillRecord) -> bool {
    drill
        .receipts
        .iter()
        .any(|receipt| receipt.rung >= Rung::Received)
}

/// The drills of one person's devices.
fn due_drills(
    sight: &Sight<'_>,
    devices: &[&Device],
    shifts: &[DutyShift],
    after: Millis,
    now: Millis,
) -> Vec<DrillRecord> {
    let times = drills(sight.directory, shifts, after, now);
    let of_device = |device: &Device| {
        let drill = |(at, why): &(Millis, DrillReason)| {
            let id = DrillId::new(format!("{}-{}", device.id, at.0));
            drill_for(device, *why, id, now, false)
        };
        times.iter().map(drill).collect::<Vec<_>>()
    };
    devices
        .iter()
        .flat_map(|device| of_device(device))
        .collect()
}

/// Before the shift, not during it.
fn no_device(
    sight: &Sight<'_>,
    person: &PersonId,
    devices: &[&Device],
    shift: &DutyShift,
) -> Option<Job> {
    let reachable = devices.iter().any(|device| {
        sight.connected.contains(&device.id)
            || sight.pushable.contains(&device.id)
            || sight.contacts.contains_key(&device.id)
    });
    if reachable {
        return None;
    }
    let name = sight.directory.name_of(person);
    let begins = Timestamp::from_millisecond(shift.from.0)
        .map_or_else(|_| String::new(), |at| at.to_string());
    Some(Job::Notify {
        people: leads(sight.directory, person),
        key: format!("no-device {} {}", shift.team, shift.from.0),
        subject: format!("{name} is on call soon and has no device that can be paged"),
        body: format!(
            "The shift of {name} for team {} begins at {begins}, and none of {} is connected or \
             can be pushed to. {name}: install the app, enrol a device and run a drill. Otherwise \
             give the shift to somebody else.",
            shift.team,
            match devices.len() {
                0 => "no devices at all".to_owned(),
                count => format!("their {count} devices"),
            }
        ),
    })
}

/// The server has not heard of the on-call's devices.
fn silent(
    sight: &Sight<'_>,
    person: &PersonId,
    devices: &[&Device],
    shift: &DutyShift,
    now: Millis,
) -> Option<Job> {
    if devices
        .iter()
        .any(|device| sight.connected.contains(&device.id))
    {
        return None;
    }
    let last = devices
        .iter()
        .filter_map(|device| sight.contacts.get(&device.id))
        .max()
        .copied()
        .unwrap_or(sight.since);
    let pushable = devices
        .iter()
        .any(|device| sight.pushable.contains(&device.id));
    let limit = if pushable { SILENT_PUSH } else { SILENT_STREAM };
    if now.since(last.max(shift.from)) < limit {
        return None;
    }
    let team = sight.directory.config().teams().get(&shift.team)?;
    let on_call = sight.directory.team_on_call(&shift.team, now)?;
    let stand_by = on_call
        .secondary
        .map(|secondary| secondary.id)
        .filter(|secondary| secondary != person)
        .unwrap_or_else(|| team.manager.clone());
    let name = sight.directory.name_of(person);
    let minutes = now.since(last).as_secs() / 60;
    Some(Job::Notify {
        people: vec![stand_by, person.clone()],
        key: format!("silent {} {}", shift.team, last.0),
        subject: format!("{name} is on call, and their devices are silent"),
        body: format!(
            "The server has not heard from any device of {name} for {minutes} minutes. Pages will \
             reach the next person one minute late. Call {name}, or take the shift over until \
             they are back."
        ),
    })
}

/// Nothing where a handoff waits for it: everybody knows, and hears of it at intervals.
fn missed_drill(sight: &Sight<'_>, drill: &DrillRecord) -> Option<Job> {
    let name = sight.directory.name_of(&drill.person);
    let device = sight
        .devices
        .iter()
        .find(|device| device.id == drill.device)
        .map_or("a device", |device| device.name.as_str());
    let people = match drill.why {
        DrillReason::BeforeShift => leads(sight.directory, &drill.person),
        DrillReason::Nightly | DrillReason::Asked => vec![drill.person.clone()],
        DrillReason::Handoff => return None,
    };
    Some(Job::Notify {
        people,
        key: format!("drill {}", drill.drill.id),
        subject: format!("The drill did not reach {device} of {name}"),
        body: format!(
            "A test page was sent to {device} by every way it has, and the device did not say that \
             it arrived. A real page would not have been heard there. Open the app on it, look at \
             what its readiness says, and ask for another drill."
        ),
    })
}

/// A person and the managers of the teams that may page them, each once.
pub fn leads(directory: &Directory, person: &PersonId) -> Vec<PersonId> {
    let mut people: Vec<PersonId> = directory
        .teams_of(person)
        .iter()
        .filter(|team| directory.pageable(team).contains(person))
        .filter_map(|team| directory.config().teams().get(team))
        .map(|team| team.manager.clone())
        .collect();
    people.push(person.clone());
    people.sort();
    people.dedup();
    people
}

#[cfg(test)]
mod tests {
    use tocsin_ticket::Receipt;

    use super::*;
    use crate::fixture;
    use crate::secret::Secret;

    /// Monday 5 January 2026, 09:00 in Berlin: ana's week begins, bea leads, ben is next.
    const HANDOFF: Millis = Millis(1_767_600_000_000);

    fn hours(hours: u64) -> Duration {
        Duration::from_secs(hours * 3600)
    }

    fn directory() -> Directory {
        fixture::directory(&["ana", "ben"])
    }

    fn device(id: &str, person: &str) -> Device {
        Device {
            id: id.into(),
            person: person.into(),
            name: "phone".to_owned(),
            admin: false,
            token: Secret::device_token().hash(),
        }
    }

    /// What the watch sees, as owned parts.
    #[derive(Default)]
    struct View {
        devices: Vec<Device>,
        connected: HashSet<DeviceId>,
        contacts: HashMap<DeviceId, Millis>,
        pushable: HashSet<DeviceId>,
        drills: Vec<DrillRecord>,
    }

    impl View {
        fn with_phones() -> Self {
            Self {
                devices: vec![device("a", "ana"), device("b", "ben")],
                connected: ["a".into(), "b".into()].into(),
                ..Self::default()
            }
        }

        fn look(&self, watch: &mut Watch, now: Millis) -> Vec<Job> {
            let sight = Sight {
                directory: &directory(),
                devices: &self.devices,
                connected: &self.connected,
                contacts: &self.contacts,
                pushable: &self.pushable,
                drills: &self.drills,
                since: HANDOFF - hours(48),
            };
            watch.look(&sight, now)
        }
    }

    fn ordered(jobs: &[Job]) -> Vec<(&str, DrillReason)> {
        let drills = jobs.iter().filter_map(|job| match job {
            Job::Drill(drills) => Some(drills),
            _ => None,
        });
        drills
            .flatten()
            .map(|drill| (drill.device.as_str(), drill.why))
            .collect()
    }

    fn told(jobs: &[Job]) -> Vec<(&str, Vec<&str>)> {
        jobs.iter()
            .filter_map(|job| match job {
                Job::Notify { people, key, .. } => {
                    let people = people.iter().map(PersonId::as_str).collect();
                    Some((key.split(' ').next().unwrap_or_default(), people))
                }
                _ => None,
            })
            .collect()
    }

    #[test]
    fn every_device_is_tested_before_the_shift_and_every_night_of_it_and_once_each() {
        let mut view = View::with_phones();
        let mut watch = Watch::default();
        let mut all = Vec::new();
        let mut now = HANDOFF - hours(6);
        while now < HANDOFF + hours(48) {
            for job in view.look(&mut watch, now) {
                if let Job::Drill(drills) = job {
                    for mut drill in drills {
                        all.push((drill.device.to_string(), drill.why, drill.drill.at));
                        drill.receipts.push(received_receipt(drill.drill.at));
                        view.drills.push(drill);
                    }
                }
            }
            // A restart forgets when the watch looked last.
            watch = Watch::default();
            now = now + Duration::from_secs(30);
        }
        let of = |device: &str| {
            all.iter()
                .filter(|(id, ..)| id == device)
                .map(|(_, why, at)| (*why, at.since(HANDOFF - hours(6)).as_secs() / 3600))
                .collect::<Vec<_>>()
        };
        assert_eq!(
            of("a"),
            [
                (DrillReason::BeforeShift, 4),
                (DrillReason::Nightly, 18),
                (DrillReason::Nightly, 42),
            ]
        );
        assert_eq!(of("b"), [], "ben is on call next week");
    }

    fn received_receipt(at: Millis) -> Receipt {
        Receipt {
            device: "a".into(),
            transport: None,
            rung: Rung::Received,
            at,
            effective_volume: None,
            ringer: None,
            do_not_disturb: None,
        }
    }

    #[test]
    fn a_phone_knows_when_its_next_drill_should_come() {
        let directory = directory();
        let known = duty(&directory, &"ana".into(), HANDOFF - hours(6));
        assert_eq!(known.drill_by, Some(HANDOFF - hours(2)));
        assert_eq!(known.shifts[0].from, HANDOFF);
        let on_call = duty(&directory, &"ana".into(), HANDOFF + hours(1));
        assert_eq!(
            on_call.drill_by,
            Some(HANDOFF + hours(12)),
            "21:00 that evening"
        );
    }

    #[test]
    fn a_phone_knows_what_its_team_asks_of_it() {
        let config = fixture::config(&["ana"], "phones = { siren_floor = 0.8 }");
        let known = duty(&Directory::new(config), &"ana".into(), HANDOFF);
        assert_eq!(known.rules.siren_floor, Some(0.8));
    }

    #[test]
    fn a_drill_that_did_not_arrive_is_told_to_its_owner_and_before_a_shift_to_the_lead_too() {
        let mut view = View::with_phones();
        let at = HANDOFF - hours(2);
        for (id, why) in [("1", DrillReason::BeforeShift), ("2", DrillReason::Nightly)] {
            let device = device("a", "ana");
            view.drills
                .push(drill_for(&device, why, id.into(), at, false));
        }
        let early = view.look(&mut Watch::default(), at);
        assert_eq!(told(&early), []);
        let jobs = view.look(&mut Watch::default(), at + DRILL_LASTS);
        assert_eq!(
            told(&jobs),
            [("drill", vec!["ana", "bea"]), ("drill", vec!["ana"])]
        );
        for drill in &mut view.drills {
            drill.receipts.push(received_receipt(at));
        }
        let arrived = view.look(&mut Watch::default(), at + DRILL_LASTS);
        assert_eq!(told(&arrived), []);
    }

    #[test]
    fn who_has_no_device_is_told_a_day_before_the_shift_and_not_during_it() {
        let mut view = View::with_phones();
        view.devices.retain(|device| device.id == "b".into());
        let two_days = view.look(&mut Watch::default(), HANDOFF - hours(30));
        assert_eq!(told(&two_days), []);
        let a_day = view.look(&mut Watch::default(), HANDOFF - hours(23));
        assert_eq!(told(&a_day), [("no-device", vec!["ana", "bea"])]);
        view.devices.push(device("a", "ana"));
        view.pushable.insert("a".into());
        let enrolled = view.look(&mut Watch::default(), HANDOFF - hours(22));
        assert_eq!(told(&enrolled), []);
    }

    #[test]
    fn when_the_on_calls_devices_fall_silent_the_next_in_line_hears_of_it_once() {
        let mut view = View::with_phones();
        view.connected.remove(&DeviceId::from("a"));
        let heard = HANDOFF + hours(3);
        view.contacts.insert("a".into(), heard);
        let soon = heard + Duration::from_secs(14 * 60);
        assert_eq!(told(&view.look(&mut Watch::default(), soon)), []);
        let silent = heard + SILENT_STREAM;
        let jobs = view.look(&mut Watch::default(), silent);
        assert_eq!(told(&jobs), [("silent", vec!["bea", "ana"])]);
        let key = |jobs: &[Job]| match jobs.last() {
            Some(Job::Notify { key, .. }) => key.clone(),
            other => panic!("{other:?}"),
        };
        let later = view.look(&mut Watch::default(), silent + hours(1));
        assert_eq!(key(&jobs), key(&later), "the store says a key once");
        view.pushable.insert("a".into());
        let pushed = view.look(&mut Watch::default(), heard + hours(1));
        assert_eq!(
            told(&pushed),
            [],
            "a phone that sleeps between pushes is not silent"
        );
        view.connected.insert("a".into());
        let back = view.look(&mut Watch::default(), silent + hours(5));
        assert_eq!(told(&back), []);
    }

    #[test]
    fn somebody_who_is_not_on_call_may_switch_the_phone_off() {
        let mut view = View::with_phones();
        view.connected.remove(&DeviceId::from("b"));
        let jobs = view.look(&mut Watch::default(), HANDOFF + hours(30));
        assert_eq!(told(&jobs), []);
        assert_eq!(ordered(&jobs), []);
    }
}
