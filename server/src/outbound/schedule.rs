//! When an attempt that came to nothing is made again, and when no more. Pure.

use core::time::Duration;

use tocsin_push::Outcome;
use tocsin_ticket::Millis;

use super::Way;
use crate::store::outbound::{Place, Standing};

const fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// The schedule of Standard Webhooks, after the first attempt
/// (<https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#deliverability-and-reliability>).
const STANDARD: &[Duration] = &[
    s(5),
    s(5 * 60),
    s(30 * 60),
    s(2 * 3600),
    s(5 * 3600),
    s(10 * 3600),
    s(14 * 3600),
    s(20 * 3600),
    s(24 * 3600),
];

/// A bridge is of use while people are still on their way.
const BRIDGE: &[Duration] = &[s(2), s(5), s(15), s(30), s(60)];

/// An address that takes other messages and says three times that it cannot take this one will not.
const REFUSALS: u32 = 3;

/// The longest jitter, as a part of the pause: many endpoints of one receiver must not come back at
/// once.
const JITTER: f64 = 0.2;

const fn schedule(way: &Way) -> &'static [Duration] {
    match way {
        Way::Hook(_) | Way::Mail(_) => STANDARD,
        Way::Bridge(_) => BRIDGE,
    }
}

/// Whether what happened at `at` has been tried for as long as the schedule goes: while the endpoint
/// does not answer, nobody waits for it any more.
#[must_use]
pub fn is_too_old(way: &Way, at: Millis, now: Millis) -> bool {
    now.since(at) > schedule(way).iter().sum()
}

/// What becomes of an event after an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It was told.
    Told,
    /// It is given up on, for this reason; the next one's turn comes at once.
    Dead(String),
    /// It is tried again, when the standing says.
    Later,
    /// The endpoint wants to hear no more.
    Gone,
}

/// Takes down what an attempt for the event at `place` came to. `jitter` is from 0 to 1, by chance.
pub fn settle(
    standing: &mut Standing,
    way: &Way,
    place: Place,
    outcome: Result<(), Outcome>,
    now: Millis,
    jitter: f64,
) -> Verdict {
    let (after, why, is_refusal) = match outcome {
        Ok(()) | Err(Outcome::Accepted) => {
            *standing = Standing::new(place.next());
            return Verdict::Told;
        }
        Err(Outcome::DeadToken { why }) if matches!(way, Way::Mail(_)) => {
            // There is no such mailbox, and there will be none tomorrow.
            *standing = Standing::new(place.next());
            return Verdict::Dead(why);
        }
        Err(Outcome::DeadToken { why }) => {
            standing.gone = Some(now);
            standing.why = Some(why);
            return Verdict::Gone;
        }
        Err(Outcome::Refused { why }) => (None, why, true),
        Err(Outcome::RetryAfter { after, why }) => (after, why, false),
        Err(Outcome::Unknown { why }) => (None, why, false),
    };
    standing.attempts += 1;
    if is_refusal && standing.attempts >= REFUSALS {
        *standing = Standing::new(place.next());
        return Verdict::Dead(why);
    }
    let pauses = schedule(way);
    let step = usize::try_from(standing.failures).unwrap_or(usize::MAX);
    let pause = pauses[step.min(pauses.len() - 1)];
    let pause = pause.mul_f64(1.0 + JITTER * jitter.clamp(0.0, 1.0));
    standing.at = place;
    standing.failures = standing.failures.saturating_add(1);
    standing.next_at = now + pause.max(after.unwrap_or_default());
    standing.why = Some(why);
    Verdict::Later
}

/// Gives up on the event at `place` without another attempt.
pub fn give_up(standing: &mut Standing, place: Place) {
    standing.at = place.next();
    standing.attempts = 0;
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: Place = Place { seq: 7, nth: 0 };

    fn hook() -> Way {
        Way::Hook("https://example.org".to_owned())
    }

    fn later(after: Option<u64>) -> Result<(), Outcome> {
        Err(Outcome::RetryAfter {
            after: after.map(Duration::from_secs),
            why: "HTTP 503".to_owned(),
        })
    }

    /// Seconds between attempts that all come to nothing.
    fn pauses(way: &Way, attempts: usize, jitter: f64) -> Vec<u64> {
        let mut standing = Standing::new(HERE);
        let mut now = Millis(0);
        (0..attempts)
            .map(|_| {
                let verdict = settle(&mut standing, way, HERE, later(None), now, jitter);
                assert_eq!((verdict, standing.at), (Verdict::Later, HERE));
                let pause = standing.next_at.since(now).as_secs();
                now = standing.next_at;
                pause
            })
            .collect()
    }

    #[test]
    fn a_silent_endpoint_is_tried_by_the_schedule_of_standard_webhooks_and_then_once_a_day() {
        let hours = |hours: u64| hours * 3600;
        assert_eq!(
            pauses(&hook(), 11, 0.0),
            [
                5,
                300,
                1800,
                hours(2),
                hours(5),
                hours(10),
                hours(14),
                hours(20),
                hours(24),
                hours(24),
                hours(24)
            ]
        );
        assert_eq!(pauses(&hook(), 2, 1.0), [6, 360], "with jitter");
        let bridge = Way::Bridge("https://example.org".to_owned());
        assert_eq!(pauses(&bridge, 6, 0.0), [2, 5, 15, 30, 60, 60]);
    }

    #[test]
    fn an_endpoint_that_asks_for_time_gets_it() {
        let mut standing = Standing::new(HERE);
        settle(
            &mut standing,
            &hook(),
            HERE,
            later(Some(120)),
            Millis(0),
            0.0,
        );
        assert_eq!(standing.next_at, Millis(120_000));
        let mut standing = Standing::new(HERE);
        settle(&mut standing, &hook(), HERE, later(Some(1)), Millis(0), 0.0);
        assert_eq!(standing.next_at, Millis(5_000), "never sooner than planned");
    }

    #[test]
    fn a_message_that_is_refused_three_times_lets_the_next_one_pass() {
        let mut standing = Standing::new(HERE);
        let refused = || {
            Err(Outcome::Refused {
                why: "HTTP 422".to_owned(),
            })
        };
        let mut verdicts = Vec::new();
        for _ in 0..3 {
            let now = standing.next_at;
            verdicts.push(settle(&mut standing, &hook(), HERE, refused(), now, 0.0));
        }
        let dead = Verdict::Dead("HTTP 422".to_owned());
        assert_eq!(verdicts, [Verdict::Later, Verdict::Later, dead]);
        assert_eq!(standing, Standing::new(HERE.next()));
    }

    #[test]
    fn who_answers_410_hears_no_more_and_loses_nothing() {
        let mut standing = Standing::new(HERE);
        let gone = || {
            Err(Outcome::DeadToken {
                why: "HTTP 410".to_owned(),
            })
        };
        let verdict = settle(&mut standing, &hook(), HERE, gone(), Millis(9), 0.0);
        assert_eq!(verdict, Verdict::Gone);
        assert_eq!((standing.at, standing.gone), (HERE, Some(Millis(9))));
        let mut standing = Standing::new(HERE);
        let mailbox = Way::Mail("nobody@example.org".to_owned());
        let verdict = settle(&mut standing, &mailbox, HERE, gone(), Millis(9), 0.0);
        assert_eq!(verdict, Verdict::Dead("HTTP 410".to_owned()));
    }

    #[test]
    fn a_good_answer_forgets_the_bad_ones_before() {
        let mut standing = Standing::new(HERE);
        settle(&mut standing, &hook(), HERE, later(None), Millis(0), 0.0);
        let verdict = settle(&mut standing, &hook(), HERE, Ok(()), Millis(5_000), 0.0);
        assert_eq!(verdict, Verdict::Told);
        assert_eq!(standing, Standing::new(HERE.next()));
    }

    #[test]
    fn what_was_tried_for_three_days_is_old() {
        let three_days_and_more = Millis((75 * 3600 + 35 * 60 + 5) * 1000);
        assert!(!is_too_old(&hook(), Millis(0), three_days_and_more));
        assert!(is_too_old(
            &hook(),
            Millis(0),
            Millis(three_days_and_more.0 + 1)
        ));
    }
}
