//! Swaps of shifts: proposed, answered, and told to the other side.

use jiff::Timestamp;
use tocsin_directory::{Layer, TeamSwap};
use tocsin_rota::{Rota, Shift, Swap, SwapError};
use tocsin_ticket::{Millis, PersonId, TeamId};

use super::{Answer, Desk};
use crate::audit::{Act, Doer};
use crate::store::StoreError;
use crate::store::swaps::StoredSwap;

/// What somebody wants of a swap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AskSwap {
    /// To give a shift for somebody else's.
    Propose {
        /// Of which team.
        team: TeamId,
        /// Of which of its rotas.
        layer: Layer,
        /// A moment of the shift that is given.
        gives: Millis,
        /// A moment of the one that is taken.
        takes: Millis,
    },
    /// To answer one.
    Answer {
        /// Which.
        swap: u64,
        /// How.
        word: SwapWord,
    },
}

/// An answer to a proposed swap.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum SwapWord {
    /// The other side agrees.
    Accept,
    /// The other side does not.
    Refuse,
    /// Whoever proposed it takes it back.
    Withdraw,
}

impl Desk<'_> {
    /// `teams` are those for which the person may act.
    pub(super) fn swap(
        &mut self,
        by: &Doer,
        teams: &[TeamId],
        ask: &AskSwap,
    ) -> Result<Answer, StoreError> {
        let Some(person) = by.person() else {
            return Ok(Answer::NoSuchSwap);
        };
        let now = instant(self.now);
        match ask {
            AskSwap::Propose {
                team,
                layer,
                gives,
                takes,
            } => {
                let Some(rota) = self.rota(teams, team, *layer) else {
                    return Ok(Answer::NoSuchSwap);
                };
                let (gives, takes) = (instant(*gives), instant(*takes));
                let swap = match Swap::propose(&rota, person.as_str(), gives, takes, now) {
                    Ok(swap) => swap,
                    Err(refusal) => return Ok(Answer::SwapRefused(refusal)),
                };
                let swap = TeamSwap {
                    team: team.clone(),
                    layer: *layer,
                    swap,
                };
                let id = self.transaction.swaps().add(&swap)?;
                let swap = StoredSwap { id, swap };
                self.tell_of_proposal(&swap)?;
                Ok(Answer::Swap(Box::new(swap)))
            }
            AskSwap::Answer { swap, word } => {
                let Some(stored) = self.transaction.swaps().one(*swap)? else {
                    return Ok(Answer::NoSuchSwap);
                };
                let Some(rota) = self.rota(teams, &stored.swap.team, stored.swap.layer) else {
                    return Ok(Answer::NoSuchSwap);
                };
                let team = stored.swap.team.clone();
                let answer = self.answer_swap(stored, person, *word, &rota, now)?;
                if matches!((&answer, word), (Answer::Swap(_), SwapWord::Accept)) {
                    self.audit(by, &Act::SwapAccepted { swap: *swap, team })?;
                }
                Ok(answer)
            }
        }
    }

    fn rota(&self, teams: &[TeamId], team: &TeamId, layer: Layer) -> Option<Rota> {
        let rotas = self.directory.rotas(team);
        teams.contains(team).then(|| rotas.get(layer.0).cloned())?
    }

    fn answer_swap(
        &mut self,
        mut stored: StoredSwap,
        person: &PersonId,
        word: SwapWord,
        rota: &Rota,
        now: Timestamp,
    ) -> Result<Answer, StoreError> {
        let before = &stored.swap.swap;
        let by = person.as_str();
        let answered: Result<Swap, SwapError> = match word {
            SwapWord::Accept => before.accept(rota, by, now),
            SwapWord::Refuse => before.refuse(by, now),
            SwapWord::Withdraw => before.withdraw(by, now),
        };
        match answered {
            Ok(swap) => stored.swap.swap = swap,
            Err(refusal) => return Ok(Answer::SwapRefused(refusal)),
        }
        self.transaction.swaps().put(&stored)?;
        if word == SwapWord::Accept {
            self.directory = self.directory.with_swap(stored.swap.clone()).into();
        }
        self.tell_of_answer(&stored, word)?;
        Ok(Answer::Swap(Box::new(stored)))
    }

    fn tell_of_proposal(&mut self, stored: &StoredSwap) -> Result<(), StoreError> {
        let StoredSwap { id, swap } = stored;
        let [proposer, other] = self.parties(&swap.swap);
        let name = self.directory.name_of(&proposer);
        let [gives, takes] = [swap.swap.gives(), swap.swap.takes()].map(|it| self.when(swap, it));
        let subject = format!("{name} asks you to swap shifts");
        let body = format!(
            "{name} wants to give you the shift {gives} and take yours {takes}. Until you accept, \
             nothing changes: `tocsin swap accept {id}`, or `tocsin swap refuse {id}`."
        );
        self.notify(&other, &format!("swap {id} proposed"), &subject, &body)
    }

    fn tell_of_answer(&mut self, stored: &StoredSwap, word: SwapWord) -> Result<(), StoreError> {
        let StoredSwap { id, swap } = stored;
        let [proposer, other] = self.parties(&swap.swap);
        let (whom, who, did) = match word {
            SwapWord::Accept => (proposer, other, "accepted"),
            SwapWord::Refuse => (proposer, other, "refused"),
            SwapWord::Withdraw => (other, proposer, "withdrew"),
        };
        let name = self.directory.name_of(&who);
        let [gives, takes] = [swap.swap.gives(), swap.swap.takes()].map(|it| self.when(swap, it));
        let subject = format!("{name} {did} the swap of shifts");
        let body = match word {
            SwapWord::Accept => {
                format!("You are on call {takes}, and {name} is {gives}. `tocsin shifts` shows it.")
            }
            SwapWord::Refuse | SwapWord::Withdraw => {
                format!("The shifts {gives} and {takes} stay as they were.")
            }
        };
        self.notify(&whom, &format!("swap {id} answered"), &subject, &body)
    }

    fn parties(&self, swap: &Swap) -> [PersonId; 2] {
        [swap.proposer(), swap.other()].map(PersonId::new)
    }

    /// From when until when, on the rota's clock.
    fn when(&self, swap: &TeamSwap, shift: &Shift) -> String {
        let zone = self
            .directory
            .config()
            .teams()
            .get(&swap.team)
            .and_then(|team| team.layers().nth(swap.layer.0))
            .map_or("UTC", |(_, rotation)| rotation.spec.zone.as_str());
        let local = |at: Timestamp| match tocsin_rota::zone(zone) {
            Ok(zone) => at.to_zoned(zone).strftime("%a %Y-%m-%d %H:%M").to_string(),
            Err(_) => at.to_string(),
        };
        format!(
            "from {} until {} ({zone})",
            local(shift.from),
            local(shift.until)
        )
    }
}

/// The instant, or the end of the calendar it lies beyond.
fn instant(at: Millis) -> Timestamp {
    Timestamp::from_millisecond(at.0).unwrap_or(if at.0 < 0 {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arc_swap::ArcSwap;
    use tocsin_directory::{Config, Directory};

    use super::*;
    use crate::engine::{Engine, Job, Owed};
    use crate::store::{Reader, SqliteReader, SqliteStore};

    const TEAM: &str = r#"
        people = [
            { id = "ana", name = "Ana" },
            { id = "ben", name = "Ben" },
            { id = "bea", name = "Bea" },
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
    "#;

    fn at(text: &str) -> Millis {
        Millis(text.parse::<Timestamp>().unwrap().as_millisecond())
    }

    struct Office {
        engine: Engine<SqliteStore>,
        reader: SqliteReader,
        directory: Arc<ArcSwap<Directory>>,
        notices: Vec<(String, String)>,
    }

    impl Office {
        fn open(name: &str) -> Self {
            let directory = Directory::new(Config::parse(TEAM).unwrap());
            let directory = Arc::new(ArcSwap::from_pointee(directory));
            let store = SqliteStore::in_memory(name).unwrap();
            let reader = store.reader().unwrap();
            Self {
                engine: Engine::new(store, Arc::clone(&directory)).unwrap(),
                reader,
                directory,
                notices: Vec::new(),
            }
        }

        fn ask(&mut self, person: &str, teams: &[&str], ask: AskSwap) -> Answer {
            let job = Job::Swap {
                by: Doer::Device {
                    person: person.into(),
                    device: "phone".into(),
                },
                teams: teams.iter().map(|team| TeamId::from(*team)).collect(),
                ask,
            };
            let outcome = self.engine.run(&[job], at("2026-01-06T12:00Z")).unwrap();
            for owed in outcome.owed {
                if let Owed::Notice(notice) = owed {
                    self.notices.push((notice.person.to_string(), notice.body));
                }
            }
            outcome.answers.into_iter().next().unwrap()
        }

        fn answer(&mut self, person: &str, word: SwapWord) -> Answer {
            self.ask(person, &["shop"], AskSwap::Answer { swap: 1, word })
        }

        fn on_call(&self, moment: &str) -> String {
            let chain = self.directory.load().chain(&"shop".into(), at(moment));
            chain.unwrap().on_call().to_string()
        }
    }

    fn proposal() -> AskSwap {
        AskSwap::Propose {
            team: "shop".into(),
            layer: Layer::PRIMARY,
            gives: at("2026-01-12T12:00Z"),
            takes: at("2026-01-19T12:00Z"),
        }
    }

    #[test]
    fn a_swap_counts_once_the_other_side_has_accepted_and_survives_a_new_configuration() {
        let mut office = Office::open("swap-accepted");
        let Answer::Swap(proposed) = office.ask("ben", &["shop"], proposal()) else {
            panic!("ben may propose it");
        };
        assert_eq!(office.on_call("2026-01-12T12:00Z"), "ben");
        assert_eq!(office.notices[0].0, "ana");
        assert!(
            office.notices[0]
                .1
                .contains("from Mon 2026-01-12 09:00 until Mon 2026-01-19 09:00 (Europe/Berlin)"),
            "{:?}",
            office.notices
        );
        let Answer::SwapRefused(refusal) = office.answer("ben", SwapWord::Accept) else {
            panic!("ben cannot accept for ana");
        };
        assert_eq!(refusal.to_string(), "only ana can do this, not ben");
        let Answer::Swap(accepted) = office.answer("ana", SwapWord::Accept) else {
            panic!("ana was asked");
        };
        assert_eq!(accepted.id, proposed.id);
        assert_eq!(office.on_call("2026-01-12T12:00Z"), "ana");
        assert_eq!(office.on_call("2026-01-19T12:00Z"), "ben");
        assert_eq!(office.notices[1].0, "ben");
        assert_eq!(office.reader.swaps().unwrap(), [*accepted]);
        let apply = Job::Apply {
            text: TEAM.to_owned(),
            config: Box::new(Config::parse(TEAM).unwrap()),
            keys: Vec::new(),
            secrets: Vec::new(),
            by: crate::audit::Doer::Server,
        };
        office
            .engine
            .run(&[apply], at("2026-01-07T12:00Z"))
            .unwrap();
        assert_eq!(office.on_call("2026-01-12T12:00Z"), "ana");
    }

    #[test]
    fn a_swap_that_was_refused_or_withdrawn_changes_nothing() {
        for (person, word, told) in [
            ("ana", SwapWord::Refuse, "ben"),
            ("ben", SwapWord::Withdraw, "ana"),
        ] {
            let mut office = Office::open(&format!("swap-{word:?}"));
            office.ask("ben", &["shop"], proposal());
            assert!(matches!(office.answer(person, word), Answer::Swap(_)));
            assert_eq!(office.on_call("2026-01-12T12:00Z"), "ben");
            assert_eq!(office.notices[1].0, told);
            let again = office.answer("ana", SwapWord::Accept);
            assert!(matches!(again, Answer::SwapRefused(_)), "{again:?}");
        }
    }

    #[test]
    fn swaps_of_another_team_do_not_exist() {
        let mut office = Office::open("swap-other-team");
        let stranger = office.ask("dora", &["bank"], proposal());
        assert_eq!(stranger, Answer::NoSuchSwap);
        office.ask("ben", &["shop"], proposal());
        let word = SwapWord::Accept;
        let answer = office.ask("ana", &["bank"], AskSwap::Answer { swap: 1, word });
        assert_eq!(answer, Answer::NoSuchSwap);
        let absent = office.ask("ana", &["shop"], AskSwap::Answer { swap: 9, word });
        assert_eq!(absent, Answer::NoSuchSwap);
    }
}
