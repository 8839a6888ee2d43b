//! When a silent server is worth waking somebody: the decisions of `tocsin watch`, without clock and
//! network.

use core::time::Duration;

/// When to page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// So long without a good answer.
    pub after: Duration,
    /// So long after the page before.
    pub again: Duration,
}

/// What to do about a look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Say to whoever reads the log that a good answer is missing.
    Doubt {
        /// What was wrong.
        why: String,
    },
    /// Wake people.
    Page {
        /// When the last good answer was, or when the watch began.
        since: Duration,
        /// What was wrong.
        why: String,
    },
    /// Say to whoever reads the log that there was nothing to worry about.
    Relief,
    /// Tell the people who were woken that it answers again.
    Back {
        /// As in their page.
        since: Duration,
    },
}

/// Looks again and again. Times are what a monotonic clock shows.
#[derive(Debug)]
pub struct Watchman {
    limits: Limits,
    good: Duration,
    trouble: Option<Trouble>,
}

#[derive(Debug)]
struct Trouble {
    paged: Option<Duration>,
}

impl Watchman {
    /// Begins at `now`.
    pub const fn new(limits: Limits, now: Duration) -> Self {
        Self {
            limits,
            good: now,
            trouble: None,
        }
    }

    /// What to do about a look that ended at `now`: a good answer, or what was wrong.
    pub fn step(&mut self, now: Duration, look: Result<(), String>) -> Option<Action> {
        let since = self.good;
        let Err(why) = look else {
            self.good = now;
            return self.trouble.take().map(|trouble| match trouble.paged {
                Some(_) => Action::Back { since },
                None => Action::Relief,
            });
        };
        let new = self.trouble.is_none();
        let trouble = self.trouble.get_or_insert(Trouble { paged: None });
        let due = match trouble.paged {
            None => since + self.limits.after,
            Some(at) => at + self.limits.again,
        };
        if now >= due {
            trouble.paged = Some(now);
            Some(Action::Page { since, why })
        } else {
            new.then_some(Action::Doubt { why })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits {
        after: Duration::from_secs(60),
        again: Duration::from_secs(300),
    };

    fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn refused() -> Result<(), String> {
        Err("connection refused".to_owned())
    }

    /// What is done, and when, by a watch that looks every 10 s at a server that answers or not.
    fn night(seconds: u64, answers: impl Fn(u64) -> bool) -> Vec<(u64, &'static str)> {
        let mut watchman = Watchman::new(LIMITS, s(0));
        (0..=seconds)
            .step_by(10)
            .filter_map(|at| {
                let look = if answers(at) { Ok(()) } else { refused() };
                let done = match watchman.step(s(at), look)? {
                    Action::Doubt { .. } => "doubt",
                    Action::Page { .. } => "page",
                    Action::Relief => "relief",
                    Action::Back { .. } => "back",
                };
                Some((at, done))
            })
            .collect()
    }

    #[test]
    fn a_server_that_answers_is_left_alone() {
        assert_eq!(night(3600, |_| true), []);
    }

    #[test]
    fn a_restart_that_is_over_within_the_minute_wakes_nobody() {
        let restart = night(3600, |at| !(100..150).contains(&at));
        assert_eq!(restart, [(100, "doubt"), (150, "relief")]);
    }

    #[test]
    fn a_silent_server_pages_a_minute_after_its_last_answer_and_every_five_until_it_is_back() {
        let outage = night(900, |at| !(10..700).contains(&at));
        let expected = [
            (10, "doubt"),
            (60, "page"),
            (360, "page"),
            (660, "page"),
            (700, "back"),
        ];
        assert_eq!(outage, expected);
    }

    #[test]
    fn a_server_that_never_answered_is_doubted_at_once_and_paged_for() {
        let from_the_start = night(100, |_| false);
        assert_eq!(from_the_start, [(0, "doubt"), (60, "page")]);
    }

    #[test]
    fn after_it_was_back_a_second_outage_is_a_new_one() {
        let twice = night(400, |at| !((10..80).contains(&at) || at >= 200));
        let expected = [
            (10, "doubt"),
            (60, "page"),
            (80, "back"),
            (200, "doubt"),
            (250, "page"),
        ];
        assert_eq!(twice, expected);
    }

    #[test]
    fn a_page_says_since_when_and_why() {
        let mut watchman = Watchman::new(LIMITS, s(5));
        assert_eq!(watchman.step(s(15), Ok(())), None);
        let page = watchman.step(s(80), refused());
        let expected = Action::Page {
            since: s(15),
            why: "connection refused".to_owned(),
        };
        assert_eq!(page, Some(expected));
        assert_eq!(
            watchman.step(s(90), Ok(())),
            Some(Action::Back { since: s(15) })
        );
    }
}
