//! `tocsin watch`: looks at another Tocsin from outside, and pages when that is silent.
//!
//! A pager cannot say that it is dead. The watch runs elsewhere, asks for the server's `/readyz`,
//! and wakes people by transports of its own, of which none goes through the watched server. A page
//! is tried until its service takes it on, so a bad line at night does not lose it.

mod destination;
mod watchman;

use core::time::Duration;
use std::sync::Arc;
use std::time::Instant;

use tocsin_push::jwt::SigningKey;
use tocsin_push::settings::Transports;
use tocsin_push::{Address, Outcome, Purpose, Push, Words};
use tocsin_server::secret::Secret;
use tocsin_ticket::Millis;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

pub use self::destination::Destination;
use self::watchman::{Action, Limits, Watchman};
use crate::cli::WatchArgs;
use crate::client::Client;
use crate::failure::{Context, Failure};
use crate::out::{self, BAD, GOOD, STRONG, paint};
use crate::serve::{start_log, stop_signal};
use crate::settings::TransportsFile;
use crate::times;

/// An answer that takes longer is none: monitoring would not wait for it either.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);

/// A page that was not taken on is tried again after this time, unless its service named another.
const AGAIN_AFTER: Duration = Duration::from_secs(10);

/// How long it is worth to tell that the server is back.
const NOTICE_LASTS: Duration = Duration::from_secs(3600);

/// Watches until a signal says stop.
///
/// # Errors
/// When it cannot start, or with `--test` when a page was not taken on.
pub async fn run(args: &WatchArgs) -> Result<(), Failure> {
    if args.every > args.after {
        return Err(Failure::usage(
            "--every: expected no more than --after; look more often, or page later",
        ));
    }
    start_log(&args.log)?;
    let stop = stop_signal().context("signals")?;
    let client = Client::new(&args.url, &args.trust, None)?;
    let watch = Watch::new(args, client)?;
    if args.test {
        return watch.test().await;
    }
    tokio::select! {
        never = watch.watch(args) => match never {},
        () = stop => Ok(()),
    }
}

struct Watch {
    client: Client,
    transports: Arc<Transports>,
    to: Vec<Address>,
    limits: Limits,
}

enum Never {}

impl Watch {
    fn new(args: &WatchArgs, client: Client) -> Result<Self, Failure> {
        let file = TransportsFile::read(&args.transports)?;
        let to = args.page.iter().map(|to| to.address(&file.settings));
        let to = to.collect::<Result<_, _>>()?;
        // No device is paged from here, so nobody has to know the key again.
        let key = SigningKey::generate_es256().context("making a key")?;
        let transports =
            Transports::start(&file.settings, &key).map_err(|error| file.mistake(&error))?;
        Ok(Self {
            client,
            transports: Arc::new(transports),
            to,
            limits: Limits {
                after: args.after,
                again: args.again,
            },
        })
    }

    async fn watch(&self, args: &WatchArgs) -> Never {
        let began = Instant::now();
        let mut watchman = Watchman::new(self.limits, began.elapsed());
        let mut ticks = interval(args.every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut first = true;
        let mut under_way = JoinSet::new();
        loop {
            ticks.tick().await;
            let look = self.look().await;
            if first {
                self.say_first(&look);
                first = false;
            }
            let now = began.elapsed();
            let at = |then: Duration| times::now() - now.saturating_sub(then);
            let push = match watchman.step(now, look) {
                None => continue,
                Some(Action::Doubt { why }) => {
                    tracing::warn!("no good answer: {why}");
                    continue;
                }
                Some(Action::Relief) => {
                    tracing::info!("it answers again; nobody was paged");
                    continue;
                }
                Some(Action::Page { since, why }) => {
                    tracing::error!("no good answer for {}: paging", times::about(now - since));
                    self.push(Purpose::Page, self.silent(at(since), &why), self.again())
                }
                Some(Action::Back { since }) => {
                    tracing::info!("it answers again after {}", times::about(now - since));
                    self.push(Purpose::Notice, self.back(at(since)), NOTICE_LASTS)
                }
            };
            // What is said now replaces what could not be said until now.
            under_way.shutdown().await;
            self.send(&push, &mut under_way);
        }
    }

    /// Whether alarms would be taken.
    async fn look(&self) -> Result<(), String> {
        match timeout(ANSWER_LIMIT, self.client.get_text("readyz")).await {
            Ok(Ok(answer)) if answer.trim() == "ready" => Ok(()),
            Ok(Ok(_)) => Err("something else than a Tocsin server answered".to_owned()),
            Ok(Err(failure)) => Err(failure.text),
            Err(_) => Err(format!("no answer within {} s", ANSWER_LIMIT.as_secs())),
        }
    }

    fn say_first(&self, look: &Result<(), String>) {
        let (base, after) = (self.client.base(), times::about(self.limits.after));
        match look {
            Ok(()) => out::line(format_args!(
                "watching {}: {}; whoever is named by --page is paged when it is silent for {after}",
                paint(STRONG, base),
                paint(GOOD, "it answers"),
            )),
            Err(why) => out::line(format_args!(
                "watching {}: {}: {why}; unless that changes, whoever is named by --page is paged in \
                 {after}",
                paint(STRONG, base),
                paint(BAD, "it does NOT answer"),
            )),
        }
    }

    /// A page is worth something until the next one, and as long again as that may take to leave.
    fn again(&self) -> Duration {
        self.limits.again + ANSWER_LIMIT
    }

    /// Sends to every address at once, each until it is taken on.
    fn send(&self, push: &Push, under_way: &mut JoinSet<()>) {
        for (index, to) in self.to.iter().enumerate() {
            let (transports, to, push) = (Arc::clone(&self.transports), to.clone(), push.clone());
            under_way.spawn(async move { deliver(&transports, index + 1, &to, &push).await });
        }
    }

    async fn test(&self) -> Result<(), Failure> {
        let words = Words {
            subject: "Test of the watch over your pager".to_owned(),
            body: format!(
                "This is a test. You would be paged here if {} were silent. Nothing is wrong, and \
                 there is nothing to do.",
                self.client.base()
            ),
        };
        let push = self.push(Purpose::Notice, words, NOTICE_LASTS);
        let mut refused = 0;
        for (index, to) in self.to.iter().enumerate() {
            let number = index + 1;
            match attempt(&self.transports, to, &push).await {
                Outcome::Accepted => out::line(format_args!(
                    "address {number}, {to:?}: {}; see that it arrived",
                    paint(GOOD, "taken on")
                )),
                outcome => {
                    refused += 1;
                    out::line(format_args!(
                        "address {number}, {to:?}: {}: {}",
                        paint(BAD, "not taken on"),
                        why(&outcome)
                    ));
                }
            }
        }
        match refused {
            0 => Ok(()),
            _ => Err(Failure::failed(format!(
                "{refused} of {} addresses cannot be paged; mend the transports file or --page, \
                 then test again",
                self.to.len()
            ))),
        }
    }

    fn push(&self, purpose: Purpose, words: Words, lasts: Duration) -> Push {
        Push {
            id: Secret::identifier().into(),
            purpose,
            payload: Arc::from([]),
            words: Arc::new(words),
            expires_at: times::now() + lasts,
        }
    }

    fn silent(&self, since: Millis, why: &str) -> Words {
        let since = times::day_and_clock(since);
        Words {
            subject: subject("Your pager is down", self.client.base().host_str()),
            body: format!(
                "{} has given no good answer since {since}: {why}. While it is down, it takes no \
                 alarms and pages nobody. Look at its machine and log and start it again; until \
                 then watch your systems yourself. You are paged again every {} until it answers.",
                self.client.base(),
                times::about(self.limits.again),
            ),
        }
    }

    fn back(&self, since: Millis) -> Words {
        Words {
            subject: subject("Your pager is back", self.client.base().host_str()),
            body: format!(
                "{} answers again. It gave no good answer from {} to {}. Limits that were missed \
                 meanwhile page at once; look at its tickets.",
                self.client.base(),
                times::day_and_clock(since),
                times::day_and_clock(times::now()),
            ),
        }
    }
}

/// One line of fewer than 78 characters, however long the host's name is.
fn subject(what: &str, host: Option<&str>) -> String {
    let host = host.unwrap_or_default();
    format!("{what}: {host}").chars().take(77).collect()
}

/// Tries until the service has taken it on, says no for good, or nobody needs it any more.
async fn deliver(transports: &Transports, number: usize, to: &Address, push: &Push) {
    while times::now() < push.expires_at {
        let outcome = attempt(transports, to, push).await;
        let wait = match outcome {
            Outcome::Accepted => {
                tracing::info!("address {number}, {to:?}: taken on");
                return;
            }
            Outcome::DeadToken { .. } | Outcome::Refused { .. } => {
                tracing::error!("address {number}, {to:?}: NOT paged: {}", why(&outcome));
                return;
            }
            Outcome::RetryAfter { after, .. } => after.unwrap_or(AGAIN_AFTER),
            Outcome::Unknown { .. } => AGAIN_AFTER,
        };
        tracing::warn!(
            "address {number}, {to:?}: not yet: {}; again in {}",
            why(&outcome),
            times::about(wait)
        );
        sleep(wait).await;
    }
}

async fn attempt(transports: &Transports, to: &Address, push: &Push) -> Outcome {
    match transports.reaching(to) {
        Some(transport) => transport.send(to, push, times::now()).await,
        None => Outcome::Refused {
            why: "the transports file has no way to it".to_owned(),
        },
    }
}

fn why(outcome: &Outcome) -> &str {
    match outcome {
        Outcome::Accepted => "",
        Outcome::RetryAfter { why, .. }
        | Outcome::DeadToken { why }
        | Outcome::Refused { why }
        | Outcome::Unknown { why } => why,
    }
}
