//! Heartbeats. A beat is one row written in the transaction that is being made anyway, so thousands
//! of them a second cost what as many alarms of open tickets cost and no more; a silence is found by
//! one look at an index, in the sleep until the next deadline.
//!
//! A beat is answered when it is on disk, and the silence is decided in the transaction that opens
//! the ticket. So nothing fires twice, and nothing fires that was heard.
//!
//! Nothing fires early either. A server that was down, or whose clock was set, does not know what it
//! did not hear: every heartbeat that was expected by then is given its whole time anew.

use core::time::Duration;

use tocsin_ingest::heartbeat::Heartbeat;
use tocsin_ticket::Millis;

use super::{Answer, Desk};
use crate::store::StoreError;
use crate::store::heartbeats::StoredHeartbeat;

/// How many silences one transaction takes, like deadlines.
const SILENCES_PER_BATCH: usize = 256;

impl StoredHeartbeat {
    /// One that is counted from `now` on.
    fn counted_from(
        integration: &str,
        expected: &Heartbeat,
        last_beat: Option<Millis>,
        now: Millis,
    ) -> Self {
        let millis = |length: Duration| u64::try_from(length.as_millis()).unwrap_or(u64::MAX);
        Self {
            integration: integration.to_owned(),
            name: expected.name.clone(),
            last_beat,
            due: Some(now + expected.silence()),
            every_ms: millis(expected.every),
            grace_ms: millis(expected.grace),
        }
    }
}

impl Desk<'_> {
    /// Something is alive.
    pub(super) fn beat(&mut self, integration: &str, name: &str) -> Result<Answer, StoreError> {
        let directory = self.directory.clone();
        let (Some(expected), Some(source)) = (
            directory.heartbeat(integration, name),
            directory.integration(integration),
        ) else {
            return Ok(Answer::NoSuchHeartbeat);
        };
        let before = self.transaction.heartbeats().one(integration, name)?;
        let heard = StoredHeartbeat::counted_from(integration, expected, Some(self.now), self.now);
        self.transaction.heartbeats().put(&heard)?;
        if before.is_some_and(|before| before.due.is_none()) {
            self.signal(integration, &expected.heard(source))?;
        }
        Ok(Answer::Beat {
            next_by: self.now + expected.silence(),
        })
    }

    /// Opens a ticket for everything that has been silent for too long.
    pub(super) fn miss_heartbeats(&mut self) -> Result<(), StoreError> {
        let directory = self.directory.clone();
        let due = self
            .transaction
            .heartbeats()
            .due(self.now, SILENCES_PER_BATCH)?;
        for mut silent in due {
            let (Some(expected), Some(source)) = (
                directory.heartbeat(&silent.integration, &silent.name),
                directory.integration(&silent.integration),
            ) else {
                self.transaction
                    .heartbeats()
                    .forget(&silent.integration, &silent.name)?;
                continue;
            };
            silent.due = None;
            self.transaction.heartbeats().put(&silent)?;
            let alarm = expected.missed(source, silent.last_beat);
            self.signal(&silent.integration, &alarm)?;
        }
        Ok(())
    }

    /// Expects what the directory says: what is new, or expected otherwise than before, from now on.
    /// A silence that is an alarm already stays one until the next beat.
    pub(super) fn expect_heartbeats(&mut self) -> Result<(), StoreError> {
        let directory = self.directory.clone();
        for known in self.transaction.heartbeats().all()? {
            if directory
                .heartbeat(&known.integration, &known.name)
                .is_none()
            {
                self.transaction
                    .heartbeats()
                    .forget(&known.integration, &known.name)?;
            }
        }
        for (integration, spec) in directory.config().integrations() {
            for expected in &spec.heartbeats {
                let known = self
                    .transaction
                    .heartbeats()
                    .one(integration, &expected.name)?;
                let last_beat = known.as_ref().and_then(|known| known.last_beat);
                let anew =
                    StoredHeartbeat::counted_from(integration, expected, last_beat, self.now);
                let as_it_was = known.is_some_and(|known| {
                    known.due.is_none()
                        || (known.every_ms, known.grace_ms) == (anew.every_ms, anew.grace_ms)
                });
                if !as_it_was {
                    self.transaction.heartbeats().put(&anew)?;
                }
            }
        }
        Ok(())
    }

    /// Gives its whole time anew to everything that was expected by now, for it may have called in
    /// vain, and to what by the clock of before would be due too late.
    pub(super) fn excuse_heartbeats(&mut self) -> Result<(), StoreError> {
        let now = self.now;
        for mut heartbeat in self.transaction.heartbeats().all()? {
            let Some(due) = heartbeat.due else { continue };
            let grace = Duration::from_millis(heartbeat.grace_ms);
            let whole = now + Duration::from_millis(heartbeat.every_ms) + grace;
            if due - grace <= now || due > whole {
                heartbeat.due = Some(whole);
                self.transaction.heartbeats().put(&heartbeat)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arc_swap::ArcSwap;
    use tocsin_directory::{Config, Directory};
    use tocsin_ticket::{Ticket, TicketState};

    use super::*;
    use crate::audit::Doer;
    use crate::engine::{Engine, Job, Owed};
    use crate::store::SqliteStore;

    const TEAM: &str = r#"
        [[people]]
        id = "ana"
        name = "Ana"
        [[teams]]
        id = "shop"
        name = "Shop"
        manager = "ana"
        members = ["ana"]
        [teams.rota]
        zone = "UTC"
        start = 2026-01-05
        handoff = { weekday = "monday", time = 09:00 }
        members = ["ana"]
        [[services]]
        id = "web"
        name = "Web"
        team = "shop"
        [[integrations]]
        id = "cron"
        team = "shop"
        service = "web"
    "#;

    /// 23 November 2026, 10:00 UTC.
    const START: Millis = Millis(1_795_428_000_000);

    struct Night {
        engine: Engine<SqliteStore>,
        now: Millis,
        opened: Vec<Arc<Ticket>>,
        folder: tempfile::TempDir,
    }

    impl Night {
        fn new(heartbeats: &str) -> Self {
            let folder = tempfile::tempdir().expect("a folder");
            let mut night = Self {
                engine: engine(&folder, Config::default()),
                now: START,
                opened: Vec::new(),
                folder,
            };
            night.run(&[Job::Listening]);
            night.apply(heartbeats);
            night
        }

        fn apply(&mut self, heartbeats: &str) {
            let text = format!("{TEAM}\nheartbeats = [{heartbeats}]");
            let job = Job::Apply {
                config: Box::new(Config::parse(&text).expect("a configuration")),
                text,
                keys: Vec::new(),
                secrets: Vec::new(),
                by: Doer::Server,
            };
            assert_eq!(self.run(&[job]), [Answer::Done]);
        }

        fn run(&mut self, jobs: &[Job]) -> Vec<Answer> {
            let outcome = self.engine.run(jobs, self.now).expect("a run");
            self.opened
                .extend(outcome.owed.into_iter().filter_map(|owed| match owed {
                    Owed::Ticket(ticket) => Some(ticket),
                    _ => None,
                }));
            outcome.answers
        }

        fn beat(&mut self, name: &str) -> Answer {
            let job = Job::Beat {
                integration: "cron".to_owned(),
                name: name.to_owned(),
            };
            self.run(&[job]).remove(0)
        }

        /// Lets this time pass as the writer does: asleep until something is due.
        fn pass(&mut self, seconds: u64) {
            let until = self.now + Duration::from_secs(seconds);
            while let Some(due) = self.engine.next_due().expect("a store")
                && due <= until
            {
                self.now = due.max(self.now);
                self.run(&[]);
            }
            self.now = until;
        }

        /// Seconds after [`START`] at which tickets were opened.
        fn alarms(&self) -> Vec<u64> {
            let opened = self
                .opened
                .iter()
                .filter(|ticket| ticket.state == TicketState::Assigned && ticket.version <= 3);
            opened
                .map(|ticket| ticket.opened_at.since(START).as_secs())
                .collect()
        }

        /// The server stops, and comes back after `seconds`.
        fn restart_after(&mut self, seconds: u64) {
            let text = self.engine.directory.load_full().config().clone();
            self.engine = engine(&self.folder, text);
            self.now = self.now + Duration::from_secs(seconds);
            self.run(&[Job::Listening]);
        }
    }

    fn engine(folder: &tempfile::TempDir, config: Config) -> Engine<SqliteStore> {
        let store = SqliteStore::open(&folder.path().join("tocsin.db")).expect("a store");
        let directory = Arc::new(ArcSwap::from_pointee(Directory::new(config)));
        Engine::new(store, directory).expect("an engine")
    }

    const MINUTELY: &str = r#"{ name = "worker", every = "60s", grace = "10s" }"#;

    #[test]
    fn a_silence_is_one_alarm_at_the_end_of_its_grace_and_the_next_beat_ends_it() {
        let mut night = Night::new(MINUTELY);
        night.pass(30);
        let next_by = START + Duration::from_secs(100);
        assert_eq!(night.beat("worker"), Answer::Beat { next_by });
        night.pass(69);
        assert!(night.alarms().is_empty());
        night.pass(1000);
        assert_eq!(night.alarms(), [100]);
        let ticket = night.opened[0].clone();
        assert_eq!(ticket.title, "No beat of worker for 1 min 10 s");
        night.beat("worker");
        assert_eq!(
            night.opened.last().expect("news").state,
            TicketState::Resolved
        );
        // And the next silence is another alarm.
        night.pass(1000);
        assert_eq!(night.alarms(), [100, 1099 + 70]);
    }

    #[test]
    fn a_beat_that_never_came_counts_from_the_configuration() {
        let mut night = Night::new("");
        night.pass(500);
        night.apply(MINUTELY);
        night.pass(1000);
        assert_eq!(night.alarms(), [570]);
        assert_eq!(
            night.opened[0].title,
            "No first beat of worker in 1 min 10 s"
        );
    }

    #[test]
    fn beats_in_time_keep_the_night_quiet() {
        let mut night = Night::new(MINUTELY);
        for _ in 0..500 {
            night.pass(70 - 1);
            night.beat("worker");
        }
        assert!(night.alarms().is_empty());
    }

    #[test]
    fn applying_the_same_again_changes_nothing_and_other_times_count_from_then_on() {
        let mut night = Night::new(MINUTELY);
        night.pass(50);
        night.apply(MINUTELY);
        night.pass(10);
        night.apply(r#"{ name = "worker", every = "20s", grace = "0s" }"#);
        night.pass(100);
        assert_eq!(night.alarms(), [80]);
        // An alarm that is one stays one.
        night.apply(MINUTELY);
        night.pass(1000);
        assert_eq!(night.alarms(), [80]);
    }

    #[test]
    fn what_is_no_longer_expected_is_not_missed() {
        let mut night = Night::new(MINUTELY);
        night.apply("");
        night.pass(1000);
        assert!(night.alarms().is_empty());
        assert_eq!(night.beat("worker"), Answer::NoSuchHeartbeat);
        assert_eq!(night.beat("stranger"), Answer::NoSuchHeartbeat);
    }

    #[test]
    fn a_restart_forgets_neither_a_beat_nor_an_alarm() {
        let both = r#"{ name = "daily", every = "1d", grace = "1h" },
                      { name = "worker", every = "60s", grace = "10s" }"#;
        let mut night = Night::new(both);
        night.beat("daily");
        night.pass(100);
        assert_eq!(night.alarms(), [70]);
        night.restart_after(5);
        // The daily one was not expected meanwhile: its time runs on.
        night.pass(2 * 86_400);
        assert_eq!(night.alarms(), [70, 25 * 3600]);
    }

    #[test]
    fn what_may_have_called_in_vain_while_the_server_was_down_is_given_its_time() {
        let mut night = Night::new(MINUTELY);
        night.beat("worker");
        night.restart_after(3600);
        night.pass(69);
        assert!(night.alarms().is_empty());
        night.beat("worker");
        night.pass(69);
        assert!(night.alarms().is_empty());
        night.pass(1);
        assert_eq!(night.alarms(), [3600 + 69 + 70]);
    }

    #[test]
    fn a_clock_that_is_set_makes_no_silence() {
        let mut night = Night::new(MINUTELY);
        night.beat("worker");
        // Ahead by an hour.
        night.now = night.now + Duration::from_secs(3600);
        night.engine.clock_was_set();
        night.pass(69);
        assert!(night.alarms().is_empty());
        night.beat("worker");
        // Back by two: the silence is found after the same time all the same.
        night.now = night.now - Duration::from_secs(7200);
        night.engine.clock_was_set();
        night.run(&[]);
        let before = night.now;
        night.pass(1000);
        let first = &night.opened[0];
        assert!(night.opened.iter().all(|ticket| ticket.id == first.id));
        assert_eq!(night.opened[0].opened_at, before + Duration::from_secs(70));
    }

    #[test]
    fn a_thousand_silences_are_a_thousand_alarms() {
        let heartbeats: Vec<String> = (0..1000)
            .map(|number| format!("{{ name = \"w{number}\", every = \"10s\", grace = \"0s\" }}"))
            .collect();
        let mut night = Night::new(&heartbeats.join(","));
        night.pass(11);
        assert_eq!(night.alarms(), vec![10; 1000]);
    }
}
