//! What keeps a new ticket from waking anybody, and what joins its alarm with others.
//!
//! Everything here is asked when a ticket opens, or is held: an alarm that repeats costs nothing
//! more. Opening costs two look-ups in indexes that are empty unless alarms come and go or are
//! grouped, and who is quiet and what is announced is read once a transaction, which is up to 512
//! alarms.
//!
//! Of several rules the one that lasts longest holds a ticket; when it ends, the others are asked
//! again. A hold-off counts from the ticket's opening. A quiet time is the on-call's own: it spares
//! them new tickets less severe than SEV1, and ends, for their team, with their shift. It does not
//! keep from them what people do: an escalation, a reassignment or a call for help still rings.

use core::time::Duration;

use tocsin_directory::LONGEST_MAINTENANCE;
use tocsin_ingest::label;
use tocsin_ticket::{
    Alarm, Command, Event, FLAPPING_WITHIN, Group, GroupLabels, Hold, HoldRule, Millis, PersonId,
    ServiceId, Severity, TeamId, Ticket, TimerKind,
};

use super::{Answer, Desk};
use crate::audit::{Act, Doer};
use crate::store::StoreError;
use crate::store::holds::{Announced, Quiet, StoredWindow};

/// The longest quiet time. It is for the rest of a night after a bad one: four hours are two to
/// three cycles of sleep. Whoever needs more should not be on call, and the team should know:
/// that is a swap or an override. It may be begun anew, by somebody who is awake to do so.
pub const LONGEST_QUIET: Duration = Duration::from_secs(4 * 3600);

/// What keeps tickets from paging, as it stood when the transaction first asked.
#[derive(Debug)]
pub(super) struct Rules {
    windows: Vec<StoredWindow>,
    quiet: Vec<Quiet>,
}

/// What the rules of tickets hear of it.
#[derive(Debug, Default)]
pub(super) struct Noise {
    pub hold: Option<Hold>,
    pub group: Option<GroupLabels>,
    pub recent_tickets: u32,
}

/// What is asked about announced work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AskMaintenance {
    /// To announce it.
    Announce(Announced),
    /// To end it before its time, or call it off.
    End {
        /// Which.
        window: u64,
        /// The teams for which whoever asks may act.
        teams: Vec<TeamId>,
    },
}

impl Desk<'_> {
    /// What is to be known beside the ticket before this is decided.
    pub(super) fn noise(
        &mut self,
        ticket: Option<&Ticket>,
        command: &Command,
    ) -> Result<Noise, StoreError> {
        match (ticket, command) {
            (None, Command::AlarmFired { alarm, .. }) => {
                let group = self.labels(alarm);
                let key = group.as_ref().map(Group::key);
                let key = key.as_deref().unwrap_or(&alarm.dedup_key);
                let since = self.now - FLAPPING_WITHIN;
                let rows = self.transaction.holds();
                let recent_tickets = rows.recent_tickets(&alarm.service, key, since)?;
                let hold = self.hold(&alarm.team, &alarm.service, alarm.severity, self.now)?;
                Ok(Noise {
                    hold,
                    group,
                    recent_tickets,
                })
            }
            (Some(ticket), _) if is_held(ticket) => {
                let severity = match command {
                    Command::AlarmFired { alarm, .. } => alarm.severity.min(ticket.severity),
                    Command::SetSeverity { to, .. } => *to,
                    _ => ticket.severity,
                };
                let since = ticket.opened_at;
                Ok(Noise {
                    hold: self.hold(&ticket.team, &ticket.service, severity, since)?,
                    ..Noise::default()
                })
            }
            _ => Ok(Noise::default()),
        }
    }

    /// The labels by which the alarm's service groups, as far as the alarm has them. Without any
    /// of them it is a trouble of its own: a heartbeat is not the same as what has no cluster.
    pub(super) fn labels(&self, alarm: &Alarm) -> Option<GroupLabels> {
        let service = self.directory.service(&alarm.service)?;
        let named = |name: &String| Some((name.clone(), label(&alarm.details, name)?.to_owned()));
        let labels: GroupLabels = service.group_by.iter().filter_map(named).collect();
        (!labels.is_empty()).then_some(labels)
    }

    /// The rule that holds a ticket of this severity longest, if any does.
    fn hold(
        &mut self,
        team: &TeamId,
        service: &ServiceId,
        severity: Severity,
        opened_at: Millis,
    ) -> Result<Option<Hold>, StoreError> {
        let now = self.now;
        let rules = match self.rules.take() {
            Some(rules) => rules,
            None => {
                let rows = self.transaction.holds();
                let (windows, quiet) = (rows.windows(now)?, rows.quiet(now)?);
                Rules { windows, quiet }
            }
        };
        let hold_off = self.directory.hold_off(service, severity);
        let hold_off = hold_off.map(|length| Hold {
            until: opened_at + length,
            rule: HoldRule::HoldOff,
        });
        let work = |name: &str, until| Hold {
            until,
            rule: HoldRule::Maintenance {
                window: name.to_owned(),
            },
        };
        let announced = self.directory.maintenance(service, now);
        let announced = announced.map(|window| work(&window.name, window.until));
        let windows = rules.windows.iter().map(|stored| &stored.window);
        let windows = windows
            .filter(|window| window.covers(service, now))
            .map(|window| work(&window.name, window.until));
        let longest = hold_off
            .into_iter()
            .chain(announced)
            .chain(windows)
            .chain(self.quiet_on_call(&rules, team, severity))
            .filter(|hold| hold.until > now)
            .max_by_key(|hold| hold.until);
        self.rules = Some(rules);
        Ok(longest)
    }

    /// A SEV1 breaks through.
    fn quiet_on_call(&self, rules: &Rules, team: &TeamId, severity: Severity) -> Option<Hold> {
        if rules.quiet.is_empty() || severity == Severity::Sev1 {
            return None;
        }
        let on_call = self.directory.team_on_call(team, self.now)?;
        let person = on_call.primary.id;
        let quiet = rules.quiet.iter().find(|quiet| quiet.person == person)?;
        Some(Hold {
            until: quiet.until.min(on_call.until),
            rule: HoldRule::Quiet { person },
        })
    }

    /// What rules hold tickets has changed: those they no longer hold page now.
    pub(super) fn review_held(&mut self, rule: Option<&str>) -> Result<(), StoreError> {
        self.rules = None;
        for ticket in self.transaction.holds().held(rule)? {
            let team = ticket.team.clone();
            // Nothing refuses to look again.
            let _ = self.decide(Some(ticket), &team, &Command::ReviewHold)?;
        }
        Ok(())
    }

    pub(super) fn maintain(
        &mut self,
        ask: &AskMaintenance,
        by: &Doer,
    ) -> Result<Answer, StoreError> {
        match ask {
            AskMaintenance::Announce(window) => {
                let id = self.transaction.holds().announce(window)?;
                self.rules = None;
                let stored = StoredWindow {
                    id,
                    window: window.clone(),
                };
                self.audit(
                    by,
                    &Act::MaintenanceAnnounced {
                        id,
                        window: window.clone(),
                    },
                )?;
                Ok(Answer::Maintenance(Box::new(stored)))
            }
            AskMaintenance::End { window, teams } => {
                let known = self.transaction.holds().windows(self.now)?;
                let theirs =
                    |it: &StoredWindow| it.id == *window && teams.contains(&it.window.team);
                let Some(mut stored) = known.into_iter().find(theirs) else {
                    return Ok(Answer::NoSuchMaintenance);
                };
                stored.window.until = self.now;
                self.transaction.holds().put_window(&stored)?;
                let (id, name) = (stored.id, stored.window.name.clone());
                self.audit(by, &Act::MaintenanceEnded { id, name })?;
                self.review_held(Some("maintenance"))?;
                Ok(Answer::Maintenance(Box::new(stored)))
            }
        }
    }

    /// The person's quiet time until `until`, or its end when that is not after now. Their managers
    /// are told when it begins.
    pub(super) fn keep_quiet(
        &mut self,
        person: &PersonId,
        until: Millis,
        by: &Doer,
    ) -> Result<(), StoreError> {
        let begins = until > self.now;
        self.transaction.holds().set_quiet(&Quiet {
            person: person.clone(),
            from: self.now,
            until,
        })?;
        if begins {
            self.audit(by, &Act::QuietBegun { until })?;
            for manager in self.managers_of(person) {
                self.tell_of_quiet(&manager, person, until)?;
            }
        } else {
            self.audit(by, &Act::QuietEnded)?;
        }
        self.review_held(Some("quiet"))
    }

    /// Who answers for the teams that may page this person: of a team they manage themself, their
    /// own manager.
    fn managers_of(&self, person: &PersonId) -> Vec<PersonId> {
        let directory = &self.directory;
        let teams = directory.config().teams();
        let above = |manager: &PersonId| directory.person(manager)?.manager.clone();
        let mut managers: Vec<PersonId> = directory
            .teams_of(person)
            .iter()
            .filter(|team| directory.pageable(team).contains(person))
            .filter_map(|team| Some(&teams.get(team)?.manager))
            .filter_map(|manager| match manager {
                own if own == person => above(own),
                other => Some(other.clone()),
            })
            .filter(|manager| manager != person)
            .collect();
        managers.sort();
        managers.dedup();
        managers
    }

    fn tell_of_quiet(
        &mut self,
        manager: &PersonId,
        person: &PersonId,
        until: Millis,
    ) -> Result<(), StoreError> {
        let name = self.directory.name_of(person);
        let zone = self.directory.config().zone_of(manager);
        let instant = jiff::Timestamp::from_millisecond(until.0).unwrap_or(jiff::Timestamp::MAX);
        let end = match tocsin_rota::zone(zone) {
            Ok(known) => instant.to_zoned(known).strftime("%a %H:%M").to_string(),
            Err(_) => instant.to_string(),
        };
        let subject = format!("{name} is not woken for less than a SEV1 until {end} ({zone})");
        let body = format!(
            "{name} asked for quiet. New tickets less severe than SEV1 that would be theirs wait \
             until {end} ({zone}), or until they end it; `tocsin tickets --held quiet` lists them. A \
             SEV1 still rings. If somebody else should take over, agree on a swap or put an \
             override into the team's file."
        );
        let key = format!("quiet {person} {}", self.now.0);
        self.notify(manager, &key, &subject, &body)
    }
}

fn is_held(ticket: &Ticket) -> bool {
    let mut timers = ticket.timers.iter();
    timers.any(|timer| timer.kind == TimerKind::Hold)
}

/// Counts the alarms that rang nobody, by the rule behind it.
pub(super) fn count_suppressed(ticket: &Ticket, events: &[Event]) {
    let opens = matches!(events.first(), Some(Event::Opened { .. }));
    for event in events {
        let rule = match event {
            Event::Held { hold } if opens => hold.rule.name(),
            Event::AlarmJoined { .. } => "group",
            Event::Repeated { .. } if ticket.flapping => "flapping",
            Event::Repeated { .. } => "repetition",
            _ => continue,
        };
        metrics::counter!("tocsin_alarms_suppressed_total", "rule" => rule).increment(1);
    }
}

/// Whether a window may last from the one instant until the other.
#[must_use]
pub fn is_window(from: Millis, until: Millis) -> bool {
    from < until && until.since(from) <= LONGEST_MAINTENANCE
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arc_swap::ArcSwap;
    use tocsin_directory::{Config, Directory};
    use tocsin_ingest::{Signal, Target};
    use tocsin_ticket::{TicketId, TicketState};
    use tocsin_wire::{Action, CommandId, CommandRequest};

    use super::*;
    use crate::engine::{Engine, Job, Owed};
    use crate::rights::{Right, Who};
    use crate::store::guests::Sees;
    use crate::store::holds::HoldReader;
    use crate::store::{HeldBy, Reader, SqliteReader, SqliteStore, TicketFilter};

    /// Ana hands over to Ben on Monday 2026-01-12 at nine.
    const TEAM: &str = r#"
        people = [
            { id = "ana", name = "Ana", manager = "bea" },
            { id = "ben", name = "Ben", manager = "bea" },
            { id = "bea", name = "Bea", zone = "Europe/Berlin" },
        ]
        [[teams]]
        id = "shop"
        name = "Shop"
        manager = "bea"
        members = ["ana", "ben"]
        [teams.rota]
        zone = "Europe/Berlin"
        start = 2026-01-05
        handoff = { weekday = "monday", time = 09:00 }
        members = ["ana", "ben"]
        [[services]]
        id = "checkout"
        name = "Checkout"
        team = "shop"
        [[services]]
        id = "search"
        name = "Search"
        team = "shop"
        "#;

    fn at(text: &str) -> Millis {
        let instant: jiff::Timestamp = text.parse().unwrap();
        Millis(instant.as_millisecond())
    }

    fn alarm(severity: Severity, key: &str) -> Alarm {
        Alarm {
            team: "shop".into(),
            service: "checkout".into(),
            dedup_key: key.to_owned(),
            severity,
            title: format!("{key} is full"),
            source: "alertmanager".to_owned(),
            url: None,
            details: [("alertname".to_owned(), "DiskFull".to_owned())].into(),
        }
    }

    fn ana() -> Doer {
        Doer::Token {
            person: "ana".into(),
            token: "t".to_owned(),
        }
    }

    struct Night {
        engine: Engine<SqliteStore>,
        reader: SqliteReader,
        now: Millis,
        notices: Vec<(String, String)>,
    }

    impl Night {
        /// On Tuesday at one in the morning in Berlin, with these lines after the last service.
        fn with(name: &str, lines: &str) -> Self {
            let config = Config::parse(&format!("{TEAM}{lines}"));
            let directory = Directory::new(config.unwrap_or_else(|errors| panic!("{errors}")));
            let store = SqliteStore::in_memory(name).unwrap();
            let reader = store.reader().unwrap();
            let directory = Arc::new(ArcSwap::from_pointee(directory));
            Self {
                engine: Engine::new(store, directory).unwrap(),
                reader,
                now: at("2026-01-06T00:00:00Z"),
                notices: Vec::new(),
            }
        }

        fn run(&mut self, job: Job) -> Answer {
            let outcome = self.engine.run(&[job], self.now).unwrap();
            for owed in outcome.owed {
                if let Owed::Notice(notice) = owed {
                    let told = (notice.person.to_string(), notice.subject);
                    self.notices.push(told);
                }
            }
            outcome.answers.into_iter().next().unwrap()
        }

        fn say(&mut self, signal: Signal) -> u64 {
            let job = Job::Alarms {
                source: "alertmanager".to_owned(),
                signals: vec![signal],
            };
            let Answer::Alarms(taken) = self.run(job) else {
                panic!("an alarm is taken");
            };
            taken[0].ticket.map_or(0, |ticket| ticket.0)
        }

        fn fires(&mut self, alarm: Alarm) -> u64 {
            self.say(Signal::Fired(alarm))
        }

        fn recovers(&mut self, key: &str) -> u64 {
            self.say(Signal::Recovered(Target {
                team: "shop".into(),
                services: vec!["search".into(), "checkout".into()],
                dedup_key: key.to_owned(),
            }))
        }

        /// Time passes, and what is due happens when it is.
        fn after(&mut self, length: Duration) {
            let until = self.now + length;
            while let Some(due) = self.engine.next_due().unwrap().filter(|due| *due <= until) {
                self.now = self.now.max(due);
                self.engine.run(&[], self.now).unwrap();
            }
            self.now = until;
        }

        fn ticket(&self, id: u64) -> Ticket {
            let sees = Sees::from(&["shop".into()][..]);
            let json = self.reader.ticket(&sees, TicketId(id)).unwrap().unwrap();
            serde_json::from_str(&json).unwrap()
        }

        fn rings(&self, id: u64) -> Vec<String> {
            let pages = self.ticket(id).pages;
            pages.iter().map(|page| page.person.to_string()).collect()
        }

        fn rule(&self, id: u64) -> Option<HoldRule> {
            self.ticket(id).hold.map(|hold| hold.rule)
        }

        fn found(&self, by: HeldBy) -> usize {
            let filter = TicketFilter {
                held: Some(by),
                limit: 100,
                ..TicketFilter::default()
            };
            let sees = Sees::from(&["shop".into()][..]);
            self.reader.tickets(&sees, &filter).unwrap().len()
        }

        fn resolve(&mut self, id: u64) {
            let request = CommandRequest {
                id: CommandId::new(format!("resolve-{id}-{}", self.now.0)),
                ticket: TicketId(id),
                at: self.now,
                action: Action::Resolve,
                also: Vec::new(),
            };
            let who = Who {
                person: "ana".into(),
                admin: false,
                id: "d".into(),
                actor: ana(),
                right: Right::Respond,
            };
            self.run(Job::Tap { who, request });
        }

        fn quiet(&mut self, length: Duration) {
            self.run(Job::Quiet {
                person: "ana".into(),
                until: self.now + length,
                by: ana(),
            });
        }
    }

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    const fn minutes(minutes: u64) -> Duration {
        Duration::from_secs(minutes * 60)
    }

    use Severity::{Sev1, Sev2};

    #[test]
    fn what_recovers_within_the_hold_off_wakes_nobody_and_what_does_not_rings_when_it_ends() {
        let mut night = Night::with("hold-off", "");
        let text = TEAM.replace(
            "name = \"Checkout\"",
            "name = \"Checkout\"\nhold_off = \"90s\"",
        );
        night.run(Job::Apply {
            config: Box::new(Config::parse(&text).unwrap()),
            text,
            keys: Vec::new(),
            secrets: Vec::new(),
            by: Doer::Server,
        });
        let short = night.fires(alarm(Sev2, "disk-1"));
        let long = night.fires(alarm(Sev2, "disk-2"));
        let worst = night.fires(alarm(Sev1, "disk-3"));
        assert_eq!(night.rings(worst), ["ana"], "a SEV1 does not wait");
        night.after(seconds(89));
        assert_eq!(night.recovers("disk-1"), short);
        assert!(night.rings(long).is_empty());
        night.after(seconds(1));
        assert_eq!(night.rings(long), ["ana"]);
        assert_eq!(night.ticket(short).state, TicketState::Resolved);
        assert_eq!(night.ticket(short).pages_issued, 0);
        assert_eq!(night.rule(short), Some(HoldRule::HoldOff));
        assert_eq!(night.found(HeldBy::Any), 1);
        assert_eq!(night.found(HeldBy::HoldOff), 1);
        assert_eq!(night.found(HeldBy::Quiet), 0);
    }

    #[test]
    fn an_alarm_that_came_three_times_within_the_hour_flaps_the_fourth_time() {
        let mut night = Night::with("flapping", "");
        for _ in 0..3 {
            let id = night.fires(alarm(Sev2, "disk-1"));
            assert!(!night.ticket(id).flapping);
            night.after(minutes(5));
            night.recovers("disk-1");
        }
        let other = night.fires(alarm(Sev2, "disk-2"));
        assert!(!night.ticket(other).flapping, "another alarm is another");
        let fourth = night.fires(alarm(Sev2, "disk-1"));
        assert!(night.ticket(fourth).flapping);
        night.recovers("disk-1");
        assert!(night.ticket(fourth).state.is_open(), "it is not believed");
        night.after(minutes(11));
        assert_eq!(night.ticket(fourth).state, TicketState::Resolved);
        night.after(minutes(61));
        let calm = night.fires(alarm(Sev2, "disk-1"));
        assert!(!night.ticket(calm).flapping, "an hour later it is news");
    }

    #[test]
    fn alarms_during_announced_work_wait_and_page_when_it_is_ended() {
        let mut night = Night::with("announced", "");
        let window = Announced {
            team: "shop".into(),
            name: "new switch".to_owned(),
            services: vec!["checkout".into()],
            from: night.now,
            until: night.now + minutes(120),
            reason: None,
            by: "ana".into(),
        };
        let before = night.fires(alarm(Sev2, "disk-0"));
        let announce = Job::Maintenance {
            ask: AskMaintenance::Announce(window),
            by: ana(),
        };
        let Answer::Maintenance(stored) = night.run(announce) else {
            panic!("it is announced");
        };
        assert_eq!(night.rings(before), ["ana"], "what rings rings on");
        let held = night.fires(alarm(Sev1, "disk-1"));
        assert!(night.rings(held).is_empty(), "whatever its severity");
        let elsewhere = Alarm {
            service: "search".into(),
            ..alarm(Sev2, "disk-2")
        };
        let elsewhere = night.fires(elsewhere);
        assert_eq!(night.rings(elsewhere), ["ana"]);
        let end = |teams: &[&str]| Job::Maintenance {
            ask: AskMaintenance::End {
                window: stored.id,
                teams: teams.iter().map(|team| TeamId::from(*team)).collect(),
            },
            by: ana(),
        };
        night.after(minutes(10));
        assert_eq!(night.run(end(&["bank"])), Answer::NoSuchMaintenance);
        assert!(night.rings(held).is_empty());
        assert!(matches!(night.run(end(&["shop"])), Answer::Maintenance(_)));
        assert_eq!(night.rings(held), ["ana"]);
        assert_eq!(night.run(end(&["shop"])), Answer::NoSuchMaintenance);
        assert_eq!(night.reader.windows_at(night.now).unwrap(), []);
        let audit = night.reader.audit_after(0, 10).unwrap();
        let acts: Vec<bool> = audit
            .iter()
            .map(|entry| entry.text.contains("maintenance_"))
            .collect();
        assert_eq!(acts, [true, true], "who did it is on record");
    }

    #[test]
    fn a_window_of_the_file_holds_until_its_end_and_no_longer_once_the_file_has_lost_it() {
        let window = "[[maintenance]]\nname = \"new switch\"\nservices = [\"checkout\"]\n\
                      from = 2026-01-05T23:00:00Z\nuntil = 2026-01-06T01:00:00Z\n";
        let mut night = Night::with("file-window", window);
        let held = night.fires(alarm(Sev1, "disk-1"));
        let rule = HoldRule::Maintenance {
            window: "new switch".to_owned(),
        };
        assert_eq!(night.rule(held), Some(rule.clone()));
        night.after(minutes(60));
        assert_eq!(night.rings(held), ["ana"]);

        let mut night = Night::with("file-window-lost", window);
        let held = night.fires(alarm(Sev1, "disk-1"));
        assert_eq!(night.rule(held), Some(rule));
        night.run(Job::Apply {
            text: TEAM.to_owned(),
            config: Box::new(Config::parse(TEAM).unwrap()),
            keys: Vec::new(),
            secrets: Vec::new(),
            by: Doer::Server,
        });
        assert_eq!(night.rings(held), ["ana"]);
    }

    #[test]
    fn who_is_quiet_sleeps_through_a_sev2_and_not_through_a_sev1_and_the_manager_knows() {
        let mut night = Night::with("quiet", "");
        night.quiet(minutes(90));
        assert_eq!(
            night.notices,
            [(
                "bea".to_owned(),
                "Ana is not woken for less than a SEV1 until Tue 02:30 (Europe/Berlin)".to_owned()
            )]
        );
        let held = night.fires(alarm(Sev2, "disk-1"));
        let quiet = HoldRule::Quiet {
            person: "ana".into(),
        };
        assert_eq!(night.rule(held), Some(quiet));
        let worst = night.fires(alarm(Sev1, "disk-2"));
        assert_eq!(night.rings(worst), ["ana"]);
        let known = night.reader.quiet_of(&"ana".into(), night.now).unwrap();
        assert_eq!(known.map(|(_, held)| held), Some(1));
        let worse = night.fires(alarm(Sev2, "disk-3"));
        night.fires(alarm(Sev1, "disk-3"));
        assert_eq!(night.rings(worse), ["ana"], "it has become a SEV1");
        night.after(minutes(90));
        assert_eq!(night.rings(held), ["ana"]);
    }

    #[test]
    fn ending_a_quiet_time_early_pages_for_all_that_waited() {
        let mut night = Night::with("quiet-off", "");
        night.quiet(minutes(90));
        let held = [1, 2].map(|disk| night.fires(alarm(Sev2, &format!("disk-{disk}"))));
        night.after(minutes(5));
        night.quiet(Duration::ZERO);
        for id in held {
            assert_eq!(night.rings(id), ["ana"]);
        }
        assert_eq!(
            night.reader.quiet_of(&"ana".into(), night.now).unwrap(),
            None
        );
        assert_eq!(night.notices.len(), 1, "the end needs nobody's attention");
        let later = night.fires(alarm(Sev2, "disk-3"));
        assert_eq!(night.rings(later), ["ana"]);
    }

    #[test]
    fn a_quiet_time_ends_with_the_shift_and_the_next_on_call_is_paged() {
        let mut night = Night::with("quiet-shift", "");
        night.now = at("2026-01-12T07:00:00Z");
        night.quiet(minutes(180));
        let held = night.fires(alarm(Sev2, "disk-1"));
        night.after(minutes(59));
        assert!(night.rings(held).is_empty());
        night.after(minutes(1));
        assert_eq!(night.rings(held), ["ben"], "Ben took over at nine");
        assert_eq!(night.ticket(held).owner.as_str(), "ben");
    }

    #[test]
    fn alarms_whose_labels_agree_are_one_ticket_whatever_key_they_recover_by() {
        let group = "group_by = [\"alertname\", \"cluster\"]\n";
        let mut night = Night::with("groups", "");
        let grouped = TEAM.replace(
            "name = \"Checkout\"",
            &format!("name = \"Checkout\"\n{group}"),
        );
        let apply = |text: &str| Job::Apply {
            text: text.to_owned(),
            config: Box::new(Config::parse(text).unwrap()),
            keys: Vec::new(),
            secrets: Vec::new(),
            by: Doer::Server,
        };
        let own = night.fires(alarm(Sev2, "disk-0"));
        night.run(apply(&grouped));
        assert_eq!(night.fires(alarm(Sev2, "disk-0")), own, "as it was begun");
        let first = night.fires(alarm(Sev2, "disk-1"));
        assert_ne!(first, own);
        assert_eq!(night.fires(alarm(Sev2, "disk-2")), first);
        let mut other = alarm(Sev2, "disk-3");
        other.details.insert("cluster".to_owned(), "eu".to_owned());
        assert_ne!(night.fires(other), first, "its labels differ");
        let mut alone = alarm(Sev2, "disk-4");
        alone.details.clear();
        let alone = night.fires(alone);
        assert!(night.ticket(alone).group.is_none(), "it has none of them");

        night.run(apply(TEAM));
        assert_eq!(night.fires(alarm(Sev2, "disk-2")), first, "it is in there");
        assert_eq!(night.recovers("disk-1"), first);
        assert_eq!(night.rings(first), ["ana"], "disk-2 still burns");
        night.resolve(first);
        assert_eq!(night.recovers("disk-2"), 0, "nothing of it is open");
        let again = night.fires(alarm(Sev2, "disk-2"));
        assert_ne!(again, first);
        assert_eq!(night.recovers("disk-2"), again);
        assert_eq!(night.ticket(again).state, TicketState::Resolved);
    }

    #[test]
    fn a_group_is_over_when_all_of_its_alarms_are() {
        let grouped = TEAM.replace(
            "name = \"Checkout\"",
            "name = \"Checkout\"\ngroup_by = [\"alertname\"]",
        );
        let mut night = Night::with("group-over", "");
        night.run(Job::Apply {
            config: Box::new(Config::parse(&grouped).unwrap()),
            text: grouped,
            keys: Vec::new(),
            secrets: Vec::new(),
            by: Doer::Server,
        });
        let id = night.fires(alarm(Sev2, "disk-1"));
        for disk in 2..6 {
            assert_eq!(night.fires(alarm(Sev2, &format!("disk-{disk}"))), id);
        }
        assert_eq!(night.ticket(id).repeats, 4, "each of them is counted");
        for disk in 1..5 {
            night.recovers(&format!("disk-{disk}"));
            assert!(night.ticket(id).state.is_open());
        }
        night.recovers("disk-5");
        assert_eq!(night.ticket(id).state, TicketState::Resolved);
    }
}
