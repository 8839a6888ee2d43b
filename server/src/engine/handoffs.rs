//! Handoffs: when a turn ends, whether the next person has the pager, and who is told.
//!
//! The rule is `tocsin_directory::handoff`'s. Here it gets its evidence: what people's devices have
//! shown. A handoff is looked at when a turn ends, when the configuration or a swap moves one, and,
//! while one is pending, whenever a device reports.

use core::time::Duration;
use std::sync::Arc;

use tocsin_directory::handoff::{Evidence, Handoff, Outcome, Step, next};
use tocsin_readiness::{Expectation, Facts, Light, assess};
use tocsin_ticket::{DrillId, Millis, PersonId, TeamId};
use tocsin_wire::Drill;

use super::{Desk, Owed};
use crate::audit::Act;
use crate::rights::Who;
use crate::store::handoffs::{HandoffNote, Proof, StoredHandoff};
use crate::store::{DrillReason, DrillRecord, StoreError};
use crate::watch::DRILL_LASTS;

/// The next person's phone must have proved itself within this time: the drill before the shift is
/// two hours before it, and an hour of grace is for a clock or a server that was away.
const NEXT_PROVED_WITHIN: Duration = Duration::from_secs(3 * 3600);

/// The phone of whoever stays is tested every night of their shift, so it has proved itself within a
/// day and a little more, or does not work.
const HOLDER_PROVED_WITHIN: Duration = Duration::from_secs(26 * 3600);

/// What became of somebody's word that the next person has the pager.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HaveIt {
    /// The handoff is complete.
    Done,
    /// There is none to complete.
    NothingPending,
    /// Only the next person and the team's managers can say so.
    NotTheirs,
}

impl Desk<'_> {
    /// Hands over what is due.
    pub(super) fn hand_over(&mut self) -> Result<(), StoreError> {
        let newest = self.transaction.handoffs().newest()?;
        let directory = Arc::clone(&self.directory);
        let mut pending = Vec::new();
        for team in directory.config().teams().keys() {
            let Some(turn) = directory.turn(team, self.now) else {
                continue;
            };
            let newest = newest.get(team);
            let handoff = newest.map(|stored| &stored.handoff);
            let evidence = self.evidence(team, handoff, &turn.person)?;
            let handoff = match next(team, handoff, &turn, evidence, self.now) {
                None => newest.map(|stored| stored.handoff.clone()),
                Some(Step::Begins(handoff)) => {
                    let id = self.transaction.handoffs().add(&handoff)?;
                    self.tell_of_beginning(id, &handoff)?;
                    Some(handoff)
                }
                Some(Step::Ends(handoff)) => {
                    let id = newest.map_or(0, |stored| stored.id);
                    self.end_handoff(StoredHandoff { id, handoff })?
                }
            };
            pending.extend(handoff.filter(Handoff::is_pending));
        }
        self.keep_pending(pending);
        Ok(())
    }

    /// While a handoff is pending, what a device reports may end it.
    pub(super) fn look_at_handoffs(&mut self) -> Result<(), StoreError> {
        if self.directory.handoffs().is_empty() {
            return Ok(());
        }
        self.hand_over()
    }

    /// Completes a team's handoff because somebody says so.
    pub(super) fn have_it(&mut self, who: &Who, team: &TeamId) -> Result<HaveIt, StoreError> {
        let newest = self.transaction.handoffs().newest()?;
        let stored = newest.get(team).filter(|it| it.handoff.is_pending());
        let Some(stored) = stored else {
            return Ok(HaveIt::NothingPending);
        };
        let may = who.admin
            || who.person == stored.handoff.to
            || self.directory.manages(&who.person, team);
        if !may {
            return Ok(HaveIt::NotTheirs);
        }
        let by = who.person.clone();
        let handoff = stored.handoff.ended(Outcome::ByHand { by }, self.now);
        let act = Act::HandoffCompleted {
            team: team.clone(),
            from: handoff.from.clone(),
            to: handoff.to.clone(),
        };
        self.audit(&who.actor, &act)?;
        let id = stored.id;
        self.end_handoff(StoredHandoff { id, handoff })?;
        let mut pending = self.directory.handoffs().to_vec();
        pending.retain(|handoff| handoff.team != *team);
        self.keep_pending(pending);
        Ok(HaveIt::Done)
    }

    pub(super) fn handoff_note(
        &mut self,
        team: &TeamId,
        by: &PersonId,
        text: &str,
    ) -> Result<(), StoreError> {
        self.transaction.handoffs().note(&HandoffNote {
            team: team.clone(),
            by: by.clone(),
            at: self.now,
            text: text.to_owned(),
        })
    }

    fn keep_pending(&mut self, pending: Vec<Handoff>) {
        if self.directory.handoffs() != pending {
            self.directory = Arc::new(self.directory.with_handoffs(pending));
        }
    }

    fn evidence(
        &mut self,
        team: &TeamId,
        newest: Option<&Handoff>,
        next: &PersonId,
    ) -> Result<Evidence, StoreError> {
        let holder = newest.map(Handoff::holder).filter(|holder| *holder != next);
        let Some(holder) = holder else {
            // The pager goes nowhere.
            return Ok(Evidence {
                can_stay: true,
                holder_proved: true,
                next_proved: true,
            });
        };
        Ok(Evidence {
            can_stay: self.directory.pageable(team).contains(holder),
            holder_proved: self.proved(holder, HOLDER_PROVED_WITHIN)?,
            next_proved: self.proved(next, NEXT_PROVED_WITHIN)?,
        })
    }

    fn proved(&mut self, person: &PersonId, within: Duration) -> Result<bool, StoreError> {
        let proofs = self.transaction.handoffs().proofs(person)?;
        Ok(proofs.iter().any(|proof| holds(proof, within, self.now)))
    }

    fn end_handoff(&mut self, stored: StoredHandoff) -> Result<Option<Handoff>, StoreError> {
        self.transaction.handoffs().put(&stored)?;
        self.tell_of_end(&stored)?;
        Ok(Some(stored.handoff))
    }

    fn tell_of_beginning(&mut self, id: u64, handoff: &Handoff) -> Result<(), StoreError> {
        let [from, to] = [&handoff.from, &handoff.to].map(|it| self.directory.name_of(it));
        let team = self.team_name(&handoff.team);
        match handoff.done.as_ref().map(|done| &done.outcome) {
            None => {
                self.test_devices(id, handoff)?;
                let subject = format!("{team}: {from} stays on call, {to}'s phone is not ready");
                let body = format!(
                    "The turn of {to} has begun, and no phone of theirs has proved that it can \
                     ring. {from} stays on call until one has; {to} is asked next. {to}: open the \
                     app and run a drill. {to} or a manager can also say that they have it: \
                     `tocsin handoff {} --have-it`.",
                    handoff.team
                );
                self.tell_all(&format!("handoff {id} pending"), handoff, &subject, &body)
            }
            Some(Outcome::NeitherProved) => {
                let subject = format!("{team}: {to} is on call, and no phone has proved itself");
                let body = format!(
                    "{to} took over from {from}. Neither has a phone that has proved lately that \
                     it can ring, so a page may wake nobody. {to}: enrol a device and run a drill."
                );
                let manager = self.manager(&handoff.team);
                let people = [handoff.to.clone()].into_iter().chain(manager);
                let key = format!("handoff {id} unproved");
                for person in people {
                    self.notify(&person, &key, &subject, &body)?;
                }
                Ok(())
            }
            Some(_) => Ok(()),
        }
    }

    fn tell_of_end(&mut self, stored: &StoredHandoff) -> Result<(), StoreError> {
        let StoredHandoff { id, handoff } = stored;
        let [from, to] = [&handoff.from, &handoff.to].map(|it| self.directory.name_of(it));
        let team = self.team_name(&handoff.team);
        let why = match handoff.done.as_ref().map(|done| &done.outcome) {
            Some(Outcome::Proved) => format!("A phone of {to} has proved that it can ring."),
            Some(Outcome::ByHand { by }) => {
                format!("{} said that {to} has it.", self.directory.name_of(by))
            }
            Some(Outcome::NeitherProved) => {
                format!("{from}'s phone has not proved itself for a day either.")
            }
            Some(Outcome::Gone) => format!("{from} can no longer be paged for the team."),
            Some(Outcome::TurnedBack) => "The turn is theirs again.".to_owned(),
            Some(Outcome::First) | None => return Ok(()),
        };
        let holder = self.directory.name_of(handoff.holder());
        let subject = format!("{team}: {holder} is on call now");
        self.tell_all(&format!("handoff {id} done"), handoff, &subject, &why)
    }

    /// Tells both, and the manager.
    fn tell_all(
        &mut self,
        key: &str,
        handoff: &Handoff,
        subject: &str,
        body: &str,
    ) -> Result<(), StoreError> {
        for person in concerned(handoff, self.manager(&handoff.team)) {
            self.notify(&person, key, subject, body)?;
        }
        Ok(())
    }

    /// A phone that works proves it within seconds.
    fn test_devices(&mut self, id: u64, handoff: &Handoff) -> Result<(), StoreError> {
        for proof in self.transaction.handoffs().proofs(&handoff.to)? {
            let drill = DrillRecord {
                drill: Drill {
                    id: DrillId::new(format!("handoff-{id}-{}", proof.device)),
                    at: self.now,
                    expires_at: self.now + DRILL_LASTS,
                    audible: false,
                },
                person: handoff.to.clone(),
                device: proof.device,
                why: DrillReason::Handoff,
                receipts: Vec::new(),
                failures: Vec::new(),
            };
            self.transaction.put_drill(&drill)?;
            self.owed.push(Owed::Drill(drill));
        }
        Ok(())
    }

    fn team_name(&self, team: &TeamId) -> String {
        let known = self.directory.config().teams().get(team);
        known.map_or_else(|| team.to_string(), |team| team.name.clone())
    }

    fn manager(&self, team: &TeamId) -> Option<PersonId> {
        let team = self.directory.config().teams().get(team);
        team.map(|team| team.manager.clone())
    }
}

/// Both of a handoff and the manager, each once.
pub(crate) fn concerned(handoff: &Handoff, manager: Option<PersonId>) -> Vec<PersonId> {
    let mut people = vec![handoff.from.clone(), handoff.to.clone()];
    people.extend(manager.filter(|manager| !people.contains(manager)));
    people
}

/// A siren that sounded, or would have, unless the device has said since that it cannot.
fn holds(proof: &Proof, within: Duration, now: Millis) -> bool {
    let Some(at) = proof.sounded_at.filter(|at| now.since(*at) < within) else {
        return false;
    };
    let since = proof.facts.as_ref().filter(|(_, said)| *said > at);
    let facts = since.and_then(|(facts, _)| serde_json::from_str::<Facts>(facts).ok());
    facts.is_none_or(|facts| assess(&facts, now, &Expectation::default()).light != Light::Red)
}

#[cfg(test)]
mod tests {
    use arc_swap::ArcSwap;
    use tocsin_directory::{Config, Directory};
    use tocsin_ingest::Signal;
    use tocsin_ticket::{Alarm, DeviceId, Rung, Severity};
    use tocsin_wire::{CommandId, DrillReport, ReceiptBatch};

    use super::super::{Answer, Engine, Job};
    use super::*;
    use crate::audit::Doer;
    use crate::fixture;
    use crate::rights::Right;
    use crate::secret::Secret;
    use crate::store::{Code, Device, Reader, SqliteReader, SqliteStore};

    /// Monday 12 January 2026, 09:00 in Berlin: Ana's week ends and Ben's begins.
    const HANDOFF: Millis = Millis(1_768_204_800_000);
    const MINUTE: Duration = Duration::from_secs(60);
    const HOUR: Duration = Duration::from_secs(3600);

    struct Night {
        name: &'static str,
        engine: Engine<SqliteStore>,
        /// Keeps the database while the engine begins anew.
        reader: SqliteReader,
        directory: Arc<ArcSwap<Directory>>,
        reports: u32,
        told: Vec<(String, String)>,
        drilled: Vec<String>,
    }

    impl Night {
        fn begin(name: &'static str) -> Self {
            let store = SqliteStore::in_memory(name).unwrap();
            let reader = store.reader().unwrap();
            let directory = Arc::new(ArcSwap::from_pointee(fixture::directory(&["ana", "ben"])));
            Self {
                name,
                engine: Engine::new(store, Arc::clone(&directory)).unwrap(),
                reader,
                directory,
                reports: 0,
                told: Vec::new(),
                drilled: Vec::new(),
            }
        }

        /// Both have a phone, and Ana's rang an hour before her week ends.
        fn with_phones(name: &'static str) -> (Self, Device, Device) {
            let mut night = Self::begin(name);
            night.at(HANDOFF - 48 * HOUR, &[]);
            let ana = night.phone("ana");
            let ben = night.phone("ben");
            night.sounds(&ana, HANDOFF - HOUR);
            (night, ana, ben)
        }

        fn at(&mut self, now: Millis, jobs: &[Job]) -> Vec<Answer> {
            let outcome = self.engine.run(jobs, now).unwrap();
            for owed in outcome.owed {
                match owed {
                    Owed::Notice(notice) => {
                        self.told.push((notice.person.to_string(), notice.subject));
                    }
                    Owed::Drill(drill) => self.drilled.push(drill.device.to_string()),
                    Owed::Ticket(_) | Owed::Roster => {}
                }
            }
            outcome.answers
        }

        fn phone(&mut self, person: &str) -> Device {
            let secret = Secret::enrolment_code();
            let code = Code {
                hash: secret.hash(),
                person: person.into(),
                admin: false,
                expires_at: HANDOFF,
            };
            let give = Job::GiveCode {
                code,
                by: Doer::Server,
            };
            let enroll = Job::Enroll {
                code: secret.hash(),
                device: DeviceId::new(format!("{person}-phone")),
                name: "phone".to_owned(),
                token: Secret::device_token().hash(),
            };
            let answers = self.at(HANDOFF - 47 * HOUR, &[give, enroll]);
            match answers.into_iter().next_back() {
                Some(Answer::Enrolled(device)) => device,
                other => panic!("{other:?}"),
            }
        }

        fn report(&mut self, device: &Device, volume: Option<f32>, now: Millis) {
            self.reports += 1;
            let batch = ReceiptBatch {
                id: CommandId::new(format!("report-{}", self.reports)),
                receipts: Vec::new(),
                drills: vec![DrillReport {
                    drill: "drill".into(),
                    rung: Rung::Sounding,
                    at: now,
                    transport: None,
                    effective_volume: volume,
                }],
            };
            let who = Who::on(device, Right::Read);
            self.at(now, &[Job::Receipts { who, batch }]);
        }

        fn sounds(&mut self, device: &Device, now: Millis) {
            self.report(device, Some(0.8), now);
        }

        fn on_call(&self, now: Millis) -> String {
            let chain = self.directory.load().chain(&"shop".into(), now);
            chain.unwrap().on_call().to_string()
        }

        /// Whose ticket an alarm becomes.
        fn owner_of_alarm(&mut self, now: Millis) -> String {
            let alarm = Alarm {
                team: "shop".into(),
                service: "checkout".into(),
                dedup_key: now.0.to_string(),
                severity: Severity::Sev1,
                title: "it is slow".to_owned(),
                source: "script".to_owned(),
                url: None,
                details: std::collections::BTreeMap::new(),
            };
            let job = Job::Alarms {
                source: "script".to_owned(),
                signals: vec![Signal::Fired(alarm)],
            };
            self.at(now, &[job]);
            let sees = crate::store::guests::Sees::from([TeamId::from("shop")].as_slice());
            let newest = crate::store::TicketFilter {
                limit: 1,
                ..Default::default()
            };
            let tickets = self.reader.tickets(&sees, &newest).unwrap();
            let ticket: tocsin_ticket::Ticket = serde_json::from_str(&tickets[0]).unwrap();
            ticket.owner.to_string()
        }

        fn told(&mut self) -> Vec<(String, String)> {
            let mut told = std::mem::take(&mut self.told);
            told.sort();
            told
        }

        /// Another process on the same data.
        fn restart(&mut self) {
            let store = SqliteStore::in_memory(self.name).unwrap();
            let pending = self.reader.handoffs().unwrap().into_iter();
            let pending = pending.map(|it| it.handoff).filter(Handoff::is_pending);
            let directory = fixture::directory(&["ana", "ben"]).with_handoffs(pending.collect());
            self.directory = Arc::new(ArcSwap::from_pointee(directory));
            self.engine = Engine::new(store, Arc::clone(&self.directory)).unwrap();
        }
    }

    #[test]
    fn the_alarm_at_the_very_end_of_the_shift_goes_to_whoever_can_be_woken() {
        let (mut night, ..) = Night::with_phones("handoff-boundary");
        assert_eq!(night.owner_of_alarm(HANDOFF - MINUTE), "ana");
        let due = night.engine.next_due().unwrap();
        assert!(due.is_some_and(|due| due <= HANDOFF), "nobody need ask");
        assert_eq!(
            night.owner_of_alarm(HANDOFF),
            "ana",
            "Ben's phone is silent"
        );
        assert_eq!(night.drilled, ["ben-phone"], "and is tested at once");
        let stays = "Shop: Ana stays on call, Ben's phone is not ready";
        let told: Vec<(String, String)> = ["ana", "bea", "ben"]
            .map(|person| (person.to_owned(), stays.to_owned()))
            .into();
        assert_eq!(night.told(), told);
        let chain = night.directory.load().chain(&"shop".into(), HANDOFF);
        let next = chain.unwrap().rest()[0].people.clone();
        assert_eq!(next, [PersonId::from("ben")], "whose turn it is");
    }

    #[test]
    fn the_drill_before_the_shift_is_proof_enough_and_an_old_one_is_none() {
        let (mut night, _, ben) = Night::with_phones("handoff-in-time");
        night.sounds(&ben, HANDOFF - 2 * HOUR);
        night.at(HANDOFF, &[]);
        assert_eq!(night.on_call(HANDOFF), "ben");
        assert_eq!(night.told(), [], "nothing is wrong");

        let (mut night, _, ben) = Night::with_phones("handoff-too-old");
        night.sounds(&ben, HANDOFF - 4 * HOUR);
        night.at(HANDOFF, &[]);
        assert_eq!(night.on_call(HANDOFF), "ana");
    }

    #[test]
    fn a_phone_proves_itself_with_a_siren_that_can_be_heard_and_by_nothing_it_said_since() {
        let (mut night, _, ben) = Night::with_phones("handoff-volume");
        night.at(HANDOFF, &[]);
        night.report(&ben, Some(0.0), HANDOFF + MINUTE);
        assert_eq!(night.on_call(HANDOFF + MINUTE), "ana", "at volume zero");
        night.sounds(&ben, HANDOFF + 2 * MINUTE);
        assert_eq!(night.on_call(HANDOFF + 2 * MINUTE), "ben");
        assert!(
            night.told().iter().any(|(person, subject)| {
                person == "bea" && subject == "Shop: Ben is on call now"
            })
        );

        let proof = |said: Option<&str>| Proof {
            device: "phone".into(),
            sounded_at: Some(HANDOFF),
            facts: said.map(|facts| (facts.to_owned(), HANDOFF + MINUTE)),
        };
        let later = HANDOFF + 2 * MINUTE;
        assert!(holds(&proof(None), HOUR, later));
        assert!(!holds(&proof(None), MINUTE, later));
        let mut facts = Facts {
            reported_at: Some(later),
            ..Facts::default()
        };
        facts.sound.output_present = Some(false);
        let said = serde_json::to_string(&facts).unwrap();
        assert!(!holds(&proof(Some(&said)), HOUR, later), "it cannot");
    }

    #[test]
    fn what_was_decided_outlives_a_restart() {
        let (mut night, _, ben) = Night::with_phones("handoff-restart");
        night.at(HANDOFF, &[]);
        night.told();
        night.restart();
        let later = HANDOFF + 5 * HOUR;
        assert_eq!(night.owner_of_alarm(later), "ana");
        assert_eq!(night.told(), [], "said once");
        night.sounds(&ben, later + MINUTE);
        night.restart();
        assert_eq!(night.owner_of_alarm(later + HOUR), "ben");
        // A server that was away at the end of the turn decides when it is back.
        let (mut night, ..) = Night::with_phones("handoff-away");
        night.restart();
        assert_eq!(night.owner_of_alarm(HANDOFF + HOUR), "ana");
    }

    #[test]
    fn nobody_stays_for_ever_with_a_phone_that_fell_silent_too() {
        let (mut night, ..) = Night::with_phones("handoff-both-silent");
        night.at(HANDOFF, &[]);
        night.told();
        night.at(HANDOFF + 24 * HOUR, &[Job::HandOver]);
        assert_eq!(night.on_call(HANDOFF + 24 * HOUR), "ana");
        night.at(HANDOFF + 26 * HOUR, &[Job::HandOver]);
        assert_eq!(night.on_call(HANDOFF + 26 * HOUR), "ben");
        assert_eq!(night.told().len(), 3);
    }

    #[test]
    fn a_configuration_that_somebody_left_or_that_gives_the_turn_back_ends_the_waiting() {
        for (members, expected) in [(["ben"].as_slice(), "ben"), (&["ana"], "ana")] {
            let name = if expected == "ben" {
                "handoff-left"
            } else {
                "handoff-back"
            };
            let (mut night, ..) = Night::with_phones(name);
            night.at(HANDOFF, &[]);
            let config = fixture::directory(members).config().clone();
            let apply = Job::Apply {
                text: String::new(),
                config: Box::new(Config::clone(&config)),
                keys: Vec::new(),
                secrets: Vec::new(),
                by: Doer::Server,
            };
            night.at(HANDOFF + HOUR, &[apply]);
            assert_eq!(night.owner_of_alarm(HANDOFF + HOUR), expected);
            assert!(night.directory.load().handoffs().is_empty());
        }
    }

    #[test]
    fn who_stays_is_expected_to_be_reachable_for_as_long() {
        let (mut night, ..) = Night::with_phones("handoff-duty");
        let shifts = |night: &Night| {
            let directory = night.directory.load();
            directory.shifts(&"ana".into(), HANDOFF, HANDOFF + 24 * HOUR)
        };
        assert_eq!(shifts(&night), []);
        night.at(HANDOFF, &[]);
        assert_eq!(shifts(&night).len(), 1);
        assert_eq!(shifts(&night)[0].from, HANDOFF);
    }

    #[test]
    fn somebody_who_may_can_say_that_they_have_it() {
        let (mut night, ana, ben) = Night::with_phones("handoff-by-hand");
        let say = |device: &Device| Job::HaveIt {
            who: Who::on(device, Right::Respond),
            team: "shop".into(),
        };
        let before = night.at(HANDOFF - MINUTE, &[say(&ben)]);
        assert_eq!(before, [Answer::HaveIt(HaveIt::NothingPending)]);
        let outgoing = night.at(HANDOFF, &[say(&ana)]);
        assert_eq!(outgoing, [Answer::HaveIt(HaveIt::NotTheirs)]);
        assert_eq!(night.on_call(HANDOFF), "ana");
        let next = night.at(HANDOFF, &[say(&ben)]);
        assert_eq!(next, [Answer::HaveIt(HaveIt::Done)]);
        assert_eq!(night.on_call(HANDOFF), "ben");
        let audit = night.reader.audit_after(0, 100).unwrap();
        assert!(audit.iter().any(|it| it.text.contains("handoff_completed")));
    }
}
