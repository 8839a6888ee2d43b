//! The courier: reads the log and tells whoever is outside.

use core::time::Duration;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use arc_swap::ArcSwap;
use tocsin_directory::Directory;
use tocsin_push::hook::{Message, Poster};
use tocsin_push::webhook::SigningKey;
use tocsin_push::{Address, Outcome, Purpose, Push, Transport, secret};
use tocsin_ticket::Millis;
use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{sleep, timeout};

use super::bridge::{OutboundKey, answered};
use super::message::{News, kind, news_at};
use super::schedule::{Verdict, give_up, is_too_old, settle};
use super::{Endpoint, Way, endpoints};
use crate::engine::{Clock, Job, OutboundJob, Writer, WriterError};
use crate::hub::Hub;
use crate::store::outbound::{DeadLetter, Logged, Place, Standing, StoredEndpoint};
use crate::store::{Reader, StoreError};

/// Commits are gathered for this long before the log is read.
const GATHER: Duration = Duration::from_millis(20);

/// Log entries read at a time.
const PAGE: usize = 100;

/// After so many messages, the place is written down though more are waiting: so many are told
/// twice, at most, after a crash.
const TOLD_UNWRITTEN: u32 = 64;

/// After so many log entries that are not for an endpoint, its place is written down: so many are
/// read again, at most, after a restart.
const READ_UNWRITTEN: u32 = 1000;

/// The longest sleep. A clock that was set is noticed after this time at the latest.
const LONGEST_SLEEP: Duration = Duration::from_secs(5);

/// After the store failed.
const STORE_PAUSE: Duration = Duration::from_secs(1);

const DAY_MS: i64 = 24 * 3600 * 1000;

/// Tells everybody outside whom the configuration names.
pub struct Courier {
    /// What happened.
    pub reader: Arc<dyn Reader>,
    /// Who is to hear of it.
    pub directory: Arc<ArcSwap<Directory>>,
    /// Where places are kept.
    pub writer: Writer,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Rings at every commit.
    pub hub: Arc<Hub>,
    /// By which webhooks are told.
    pub poster: Poster,
    /// By which mailboxes are told.
    pub mail: Arc<dyn Transport>,
    /// What names messages.
    pub key: OutboundKey,
}

/// Why a round ended early; it is begun again.
#[derive(Debug, thiserror::Error)]
enum Broken {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Writer(#[from] WriterError),
}

impl Courier {
    /// Works until it is dropped: one task for each endpoint, so that nobody waits for another.
    pub async fn run(self) {
        let courier = Arc::new(self);
        let mut bell = courier.hub.bell();
        let mut tasks = JoinSet::new();
        let mut running: HashMap<String, (Endpoint, AbortHandle)> = HashMap::new();
        let mut applied: Option<Arc<Directory>> = None;
        loop {
            let directory = courier.directory.load_full();
            if !applied
                .as_ref()
                .is_some_and(|it| Arc::ptr_eq(it, &directory))
            {
                let wanted = endpoints(directory.config());
                running.retain(|id, (endpoint, task)| {
                    let stays = wanted.get(id) == Some(endpoint);
                    if !stays {
                        task.abort();
                    }
                    stays
                });
                courier.start(wanted, &mut running, &mut tasks);
                applied = Some(directory);
            }
            while tasks.try_join_next().is_some() {}
            if bell.changed().await.is_err() {
                return;
            }
            sleep(GATHER).await;
        }
    }

    fn start(
        self: &Arc<Self>,
        wanted: BTreeMap<String, Endpoint>,
        running: &mut HashMap<String, (Endpoint, AbortHandle)>,
        tasks: &mut JoinSet<()>,
    ) {
        for (id, endpoint) in wanted {
            running.entry(id).or_insert_with(|| {
                let round = Rounds {
                    courier: Arc::clone(self),
                    endpoint: endpoint.clone(),
                    kept: None,
                    standing: None,
                    told: 0,
                    read: 0,
                };
                (endpoint, tasks.spawn(round.run(self.hub.bell())))
            });
        }
    }

    async fn read<T: Send + 'static>(
        self: &Arc<Self>,
        query: impl FnOnce(&dyn Reader) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let reader = Arc::clone(&self.reader);
        let read = tokio::task::spawn_blocking(move || query(&*reader)).await;
        read.map_err(StoreError::new)?
    }
}

/// What an endpoint's task does, again and again.
struct Rounds {
    courier: Arc<Courier>,
    endpoint: Endpoint,
    /// The standing as the store had it when it was last looked at.
    kept: Option<Standing>,
    /// The standing as it is.
    standing: Option<Standing>,
    /// Messages told since it was written down.
    told: u32,
    /// Log entries read since then.
    read: u32,
}

impl Rounds {
    async fn run(mut self, mut bell: watch::Receiver<()>) {
        loop {
            let wait = match self.round().await {
                Ok(wait) => wait,
                Err(error) => {
                    let endpoint = &self.endpoint.id;
                    tracing::warn!(endpoint, %error, "nothing was told for now");
                    self.standing = None;
                    sleep(STORE_PAUSE).await;
                    continue;
                }
            };
            match timeout(wait, bell.changed()).await {
                Ok(Err(_)) => return,
                Ok(Ok(())) => sleep(GATHER).await,
                Err(_) => {}
            }
        }
    }

    /// Tells all there is to tell, as far as that can be done now. How long until there is something
    /// to do again by itself.
    async fn round(&mut self) -> Result<Duration, Broken> {
        let id = self.endpoint.id.clone();
        let stored = self
            .courier
            .read(move |reader| reader.endpoint(&id))
            .await?;
        let Some(stored) = stored else {
            return Ok(LONGEST_SLEEP);
        };
        // Somebody else wrote: another address, or all is to be tried again.
        if self.kept.as_ref() != Some(&stored.standing) {
            let ahead = self.standing.as_ref().map(|standing| standing.at);
            let mut standing = stored.standing.clone();
            standing.at = standing.at.max(ahead.unwrap_or_default());
            self.standing = Some(standing);
            self.kept = Some(stored.standing.clone());
        }
        let mut standing = self
            .standing
            .clone()
            .unwrap_or_else(|| stored.standing.clone());
        self.send_again(&stored).await?;
        let wait = self.go_on(&stored, &mut standing).await;
        self.standing = Some(standing);
        wait
    }

    /// Goes on in the log.
    async fn go_on(
        &mut self,
        stored: &StoredEndpoint,
        standing: &mut Standing,
    ) -> Result<Duration, Broken> {
        if standing.gone.is_some() {
            return Ok(LONGEST_SLEEP);
        }
        loop {
            let (team, seq) = (self.endpoint.team.clone(), standing.at.seq);
            let page = self
                .courier
                .read(move |reader| reader.team_log(&team, seq, PAGE))
                .await?;
            for entry in &page {
                if let Some(wait) = self.entry(stored, standing, entry).await? {
                    return Ok(wait);
                }
                self.read += 1;
            }
            if page.len() < PAGE {
                if self.told > 0 || self.read >= READ_UNWRITTEN {
                    self.write(standing, Vec::new()).await?;
                }
                return Ok(LONGEST_SLEEP);
            }
        }
    }

    /// Tells one entry of the log. `Some`: for so long there is nothing to do.
    async fn entry(
        &mut self,
        stored: &StoredEndpoint,
        standing: &mut Standing,
        entry: &Logged,
    ) -> Result<Option<Duration>, Broken> {
        for (nth, event) in (0..).zip(&entry.events) {
            let seq = entry.seq;
            let place = Place { seq, nth };
            if place < standing.at || !kind(event).is_some_and(|it| self.endpoint.may_want(it)) {
                continue;
            }
            let Some(news) = self.news(entry, place).await? else {
                continue;
            };
            if !self.endpoint.wants(news.kind, &news.ticket) {
                continue;
            }
            if let Some(wait) = self.tell(stored, standing, &news).await? {
                return Ok(Some(wait));
            }
        }
        // All of the entry is settled; what an attempt left behind is about what comes next.
        standing.at = Place {
            seq: entry.seq + 1,
            nth: 0,
        };
        Ok(None)
    }

    async fn news(&self, entry: &Logged, place: Place) -> Result<Option<News>, StoreError> {
        let (ticket, seq) = (entry.ticket, entry.seq);
        let log = self
            .courier
            .read(move |reader| reader.ticket_log(ticket, seq))
            .await?;
        Ok(news_at(&log, place))
    }

    /// Tells one event, if it is time. `Some`: for so long there is nothing to do.
    async fn tell(
        &mut self,
        stored: &StoredEndpoint,
        standing: &mut Standing,
        news: &News,
    ) -> Result<Option<Duration>, Broken> {
        let now = self.courier.clock.now();
        if standing.failures > 0 && now < standing.next_at {
            if is_too_old(&self.endpoint.way, news.at, now) {
                let why = standing.why.clone().unwrap_or_default();
                let letter = self.letter(news, standing.attempts, why, now);
                give_up(standing, news.place);
                self.bury(standing, letter).await?;
                return Ok(None);
            }
            self.write(standing, Vec::new()).await?;
            return Ok(Some(standing.next_at.since(now).min(LONGEST_SLEEP)));
        }
        let outcome = self.attempt(stored, news, now).await;
        let now = self.courier.clock.now();
        let attempts = standing.attempts + 1;
        let way = &self.endpoint.way;
        let verdict = settle(standing, way, news.place, outcome, now, fastrand::f64());
        self.count(&verdict);
        match verdict {
            Verdict::Told => {
                self.told += 1;
                if self.told >= TOLD_UNWRITTEN {
                    self.write(standing, Vec::new()).await?;
                }
                Ok(None)
            }
            Verdict::Dead(why) => {
                let letter = self.letter(news, attempts, why, now);
                self.bury(standing, letter).await?;
                Ok(None)
            }
            Verdict::Later => {
                self.write(standing, Vec::new()).await?;
                Ok(Some(standing.next_at.since(now).min(LONGEST_SLEEP)))
            }
            Verdict::Gone => {
                self.write(standing, Vec::new()).await?;
                let why = standing.why.clone().unwrap_or_default();
                self.notify(&format!("is no longer told: {why}"), now)
                    .await?;
                Ok(Some(LONGEST_SLEEP))
            }
        }
    }

    fn count(&self, verdict: &Verdict) {
        let outcome = match verdict {
            Verdict::Told => "told",
            Verdict::Dead(_) => "dead",
            Verdict::Later => "later",
            Verdict::Gone => "gone",
        };
        metrics::counter!("tocsin_outbound_attempts_total", "outcome" => outcome).increment(1);
    }

    async fn attempt(
        &self,
        stored: &StoredEndpoint,
        news: &News,
        now: Millis,
    ) -> Result<(), Outcome> {
        let id = news.id(&self.courier.key);
        match &self.endpoint.way {
            Way::Hook(url) => {
                let body = news.body();
                self.post(stored, url, &id, &body, now).await.map(drop)
            }
            Way::Bridge(url) => {
                let body = news.question();
                let answer = self.post(stored, url, &id, &body, now).await?;
                let bridge = answered(&answer).map_err(|why| Outcome::Refused { why })?;
                let ticket = news.ticket.id;
                let job = OutboundJob::Bridge { ticket, bridge };
                let moved = self.submit(job).await;
                moved.map_err(|error| Outcome::Unknown {
                    why: error.to_string(),
                })
            }
            Way::Mail(address) => {
                let to = Address::Mailbox {
                    email: address.clone(),
                };
                let push = Push {
                    id: id.into(),
                    purpose: Purpose::Notice,
                    payload: Arc::from([]),
                    words: Arc::new(news.words(&self.courier.directory.load())),
                    expires_at: now + Duration::from_secs(24 * 3600),
                };
                match self.courier.mail.send(&to, &push, now).await {
                    Outcome::Accepted => Ok(()),
                    outcome => Err(outcome),
                }
            }
        }
    }

    async fn post(
        &self,
        stored: &StoredEndpoint,
        url: &str,
        id: &str,
        body: &str,
        now: Millis,
    ) -> Result<Vec<u8>, Outcome> {
        let previous = stored.previous.iter();
        let previous = previous.filter(|(_, until)| now < *until);
        let secrets = stored.secret.iter().chain(previous.map(|(it, _)| it));
        let keys: Result<Vec<SigningKey>, String> = secrets
            .map(|it| SigningKey::read(&secret::Secret::new(it.reveal())))
            .collect();
        let keys = keys.map_err(|why| Outcome::Unknown { why })?;
        let message = Message {
            id,
            body,
            keys: &keys,
        };
        self.courier.poster.post(url, &message, now).await
    }

    /// Sends the dead letters that somebody wants sent again, once each.
    async fn send_again(&mut self, stored: &StoredEndpoint) -> Result<(), Broken> {
        loop {
            let id = self.endpoint.id.clone();
            let found = self
                .courier
                .read(move |reader| {
                    let Some(letter) = reader.wanted_letter(&id)? else {
                        return Ok(None);
                    };
                    let log = reader.ticket_log(letter.ticket, letter.place.seq)?;
                    Ok(Some((letter, log)))
                })
                .await?;
            let Some((mut letter, log)) = found else {
                return Ok(());
            };
            let now = self.courier.clock.now();
            let outcome = match news_at(&log, letter.place) {
                Some(news) => self.attempt(stored, &news, now).await,
                None => Err(Outcome::Refused {
                    why: "its event is no longer in the log".to_owned(),
                }),
            };
            let arrived = outcome.is_ok();
            if let Err(
                Outcome::DeadToken { why }
                | Outcome::Refused { why }
                | Outcome::Unknown { why }
                | Outcome::RetryAfter { why, .. },
            ) = outcome
            {
                letter.why = why;
            }
            letter.attempts += 1;
            letter.died_at = self.courier.clock.now();
            letter.wanted = false;
            let job = OutboundJob::SentAgain { letter, arrived };
            self.submit(job).await?;
        }
    }

    fn letter(&self, news: &News, attempts: u32, why: String, now: Millis) -> DeadLetter {
        DeadLetter {
            id: 0,
            endpoint: self.endpoint.id.clone(),
            place: news.place,
            ticket: news.ticket.id,
            event: news.kind.name().to_owned(),
            at: news.at,
            died_at: now,
            attempts,
            why,
            wanted: false,
        }
    }

    async fn bury(&mut self, standing: &Standing, letter: DeadLetter) -> Result<(), Broken> {
        let now = letter.died_at;
        let what = format!(
            "was not told of {} of ticket {}: {}",
            letter.event, letter.ticket, letter.why
        );
        self.write(standing, vec![letter]).await?;
        self.notify(&what, now).await
    }

    async fn write(&mut self, standing: &Standing, dead: Vec<DeadLetter>) -> Result<(), Broken> {
        if dead.is_empty() && self.kept.as_ref() == Some(standing) {
            return Ok(());
        }
        let job = OutboundJob::Told {
            endpoint: self.endpoint.id.clone(),
            standing: standing.clone(),
            dead,
        };
        self.submit(job).await?;
        self.kept = Some(standing.clone());
        (self.told, self.read) = (0, 0);
        Ok(())
    }

    /// Tells the team's manager, at most once a day.
    async fn notify(&self, what: &str, now: Millis) -> Result<(), Broken> {
        let directory = self.courier.directory.load_full();
        let Some(team) = directory.config().teams().get(&self.endpoint.team) else {
            return Ok(());
        };
        let id = &self.endpoint.id;
        let job = Job::Notify {
            people: vec![team.manager.clone()],
            key: format!("outbound {id} {}", now.0.div_euclid(DAY_MS)),
            subject: format!("Tocsin: {id} does not hear"),
            body: format!(
                "{id} of {} {what}. `tocsin webhooks dead {id}` shows what is missing, and `tocsin \
                 webhooks redeliver {id}` sends it again once that works.",
                team.name
            ),
        };
        self.courier.writer.submit(job).await?;
        Ok(())
    }

    async fn submit(&self, job: OutboundJob) -> Result<(), WriterError> {
        let job = Job::Outbound(Box::new(job));
        self.courier.writer.submit(job).await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicI64, Ordering};

    use futures_util::future::BoxFuture;
    use tocsin_directory::{Config, EventType};
    use tocsin_ingest::Signal;
    use tocsin_push::settings::Settings;
    use tocsin_ticket::{Alarm, Severity};

    use super::*;
    use crate::audit::Doer;
    use crate::dispatch::Dispatch;
    use crate::engine::Engine;
    use crate::outbound::Wants;
    use crate::store::SqliteStore;

    const TEAMS: &str = r#"
        [[people]]
        id = "ana"
        name = "Ana"
        [[teams]]
        id = "shop"
        name = "Shop"
        manager = "ana"
        members = ["ana"]
        subscribers = ["log@example.org"]
        [teams.rota]
        zone = "UTC"
        start = 2026-01-05
        handoff = { time = 09:00 }
        members = ["ana"]
        [[services]]
        id = "checkout"
        name = "Checkout"
        team = "shop"
    "#;

    const MAILBOX: &str = "mail:shop:log@example.org";

    /// Mon, 5 Jan 2026 12:00:00 GMT
    const START: i64 = 1_767_614_400_000;

    /// A clock that is set.
    struct Hands(AtomicI64);

    impl Clock for Hands {
        fn now(&self) -> Millis {
            Millis(self.0.load(Ordering::Relaxed))
        }
    }

    /// A mail server that answers as it is told to, and then takes everything.
    #[derive(Debug, Default)]
    struct Mails {
        answers: Mutex<VecDeque<Outcome>>,
        heard: Mutex<Vec<String>>,
    }

    impl Transport for Mails {
        fn send<'a>(&'a self, _: &'a Address, push: &'a Push, _: Millis) -> BoxFuture<'a, Outcome> {
            let answer = self.answers.lock().unwrap().pop_front();
            let answer = answer.unwrap_or(Outcome::Accepted);
            if answer == Outcome::Accepted {
                let title = push
                    .words
                    .body
                    .lines()
                    .find(|line| line.contains("Trouble"));
                self.heard
                    .lock()
                    .unwrap()
                    .push(title.unwrap_or_default().to_owned());
            }
            Box::pin(core::future::ready(answer))
        }
    }

    fn down() -> Outcome {
        Outcome::Unknown {
            why: "no answer".to_owned(),
        }
    }

    /// A server whose only endpoint is a mailbox that hears of every new ticket.
    struct Town {
        rounds: Rounds,
        clock: Arc<Hands>,
        mails: Arc<Mails>,
        _folder: tempfile::TempDir,
    }

    impl Town {
        async fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let store = SqliteStore::open(&folder.path().join("tocsin.db")).unwrap();
            let reader: Arc<dyn Reader> = Arc::new(store.reader().unwrap());
            let directory = Arc::new(ArcSwap::from_pointee(Directory::new(Config::default())));
            let hub = Arc::new(Hub::new(Arc::clone(&directory)));
            let clock = Arc::new(Hands(AtomicI64::new(START)));
            let (dispatch, _inbox) = Dispatch::channel();
            let engine = Engine::new(store, Arc::clone(&directory)).unwrap();
            let hands = Arc::clone(&clock) as Arc<dyn Clock>;
            let (writer, _) =
                Writer::start(engine, Arc::clone(&hub), dispatch, Arc::clone(&hands)).unwrap();
            let apply = Job::Apply {
                text: TEAMS.to_owned(),
                config: Box::new(Config::parse(TEAMS).unwrap()),
                keys: Vec::new(),
                secrets: Vec::new(),
                by: Doer::Server,
            };
            writer.submit(apply).await.unwrap();
            let mails = Arc::<Mails>::default();
            let courier = Arc::new(Courier {
                reader,
                directory,
                writer,
                clock: hands,
                hub,
                poster: Poster::start(&Settings::default()).unwrap(),
                mail: Arc::clone(&mails) as Arc<dyn Transport>,
                key: OutboundKey::new(b"secret"),
            });
            Self {
                rounds: Self::rounds(courier),
                clock,
                mails,
                _folder: folder,
            }
        }

        fn rounds(courier: Arc<Courier>) -> Rounds {
            Rounds {
                courier,
                endpoint: Endpoint {
                    id: MAILBOX.to_owned(),
                    team: "shop".into(),
                    way: Way::Mail("log@example.org".to_owned()),
                    wants: Wants {
                        events: vec![EventType::TicketOpened],
                        ..Wants::default()
                    },
                },
                kept: None,
                standing: None,
                told: 0,
                read: 0,
            }
        }

        async fn alarm(&self, title: &str) {
            let alarm = Alarm {
                team: "shop".into(),
                service: "checkout".into(),
                dedup_key: title.to_owned(),
                severity: Severity::Sev5,
                title: format!("Trouble with {title}"),
                source: "test".to_owned(),
                url: None,
                details: [].into(),
            };
            let job = Job::Alarms {
                source: "test".to_owned(),
                signals: vec![Signal::Fired(alarm)],
            };
            self.rounds.courier.writer.submit(job).await.unwrap();
        }

        async fn pass(&mut self, seconds: i64) {
            self.clock.0.fetch_add(seconds * 1000, Ordering::Relaxed);
            self.rounds.round().await.unwrap();
        }

        fn answers(&self, answers: impl IntoIterator<Item = Outcome>) {
            self.mails.answers.lock().unwrap().extend(answers);
        }

        fn heard(&self) -> Vec<String> {
            let heard = self.mails.heard.lock().unwrap();
            let titles = heard.iter().map(|line| line.rsplit(' ').next());
            titles.map(|it| it.unwrap_or_default().to_owned()).collect()
        }

        fn dead(&self) -> Vec<DeadLetter> {
            let reader = &self.rounds.courier.reader;
            reader.dead_letters(MAILBOX, 0, 100).unwrap()
        }
    }

    #[tokio::test]
    async fn what_happened_is_told_once_and_in_order_and_a_restart_goes_on_from_there() {
        let mut town = Town::new().await;
        town.alarm("one").await;
        town.alarm("two").await;
        town.pass(1).await;
        assert_eq!(town.heard(), ["one", "two"]);
        town.pass(1).await;
        town.rounds = Town::rounds(Arc::clone(&town.rounds.courier));
        town.alarm("three").await;
        town.pass(1).await;
        assert_eq!(town.heard(), ["one", "two", "three"]);
    }

    #[tokio::test]
    async fn who_does_not_answer_is_left_alone_between_attempts_and_hears_everything_afterwards() {
        let mut town = Town::new().await;
        town.answers([down(), down()]);
        town.alarm("one").await;
        town.pass(0).await;
        town.alarm("two").await;
        for _ in 0..4 {
            town.pass(1).await;
        }
        assert_eq!(town.mails.answers.lock().unwrap().len(), 1, "one attempt");
        // The second after 5 to 6 s, the third after 5 to 6 min.
        town.pass(2).await;
        assert_eq!(town.mails.answers.lock().unwrap().len(), 0);
        town.pass(299).await;
        assert_eq!(town.heard(), [""; 0]);
        town.pass(61).await;
        assert_eq!(town.heard(), ["one", "two"]);
    }

    #[tokio::test]
    async fn what_nobody_took_for_three_days_is_a_dead_letter_until_somebody_wants_it_sent() {
        let mut town = Town::new().await;
        town.answers((0..20).map(|_| down()));
        town.alarm("one").await;
        town.pass(0).await;
        for _ in 0..80 {
            town.pass(3600).await;
        }
        town.alarm("new").await;
        town.pass(1).await;
        let dead = town.dead();
        assert_eq!(dead.len(), 1);
        assert_eq!(
            (dead[0].event.as_str(), dead[0].why.as_str()),
            ("ticket.opened", "no answer")
        );
        assert!(dead[0].attempts >= 9, "{}", dead[0].attempts);
        assert_eq!(town.heard(), [""; 0], "the new one waits with the endpoint");

        town.mails.answers.lock().unwrap().clear();
        let again = OutboundJob::SendAgain {
            endpoint: MAILBOX.to_owned(),
            letter: None,
        };
        town.rounds.submit(again).await.unwrap();
        town.pass(1).await;
        assert_eq!(town.heard(), ["one", "new"]);
        assert_eq!(town.dead(), []);
    }

    #[tokio::test]
    async fn a_message_that_cannot_be_taken_holds_up_no_other_and_its_manager_hears_of_it() {
        let mut town = Town::new().await;
        town.answers([Outcome::DeadToken {
            why: "no such mailbox".to_owned(),
        }]);
        town.alarm("one").await;
        town.alarm("two").await;
        town.pass(1).await;
        assert_eq!(town.heard(), ["two"]);
        assert_eq!(town.dead().len(), 1);
        let notices = town.rounds.courier.reader.notices().unwrap();
        assert_eq!(notices.len(), 1);
        assert!(
            notices[0].body.contains("no such mailbox"),
            "{}",
            notices[0].body
        );
    }
}
