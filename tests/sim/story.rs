//! What happened in a run: every line is hashed, the last ones are kept, and all of them are printed
//! for whoever replays a seed.

use std::collections::VecDeque;
use std::fmt::{self, Write};
use std::hash::{DefaultHasher, Hash, Hasher};

/// Lines kept for the report of a failure.
const KEPT: usize = 60;

/// The story of one run.
#[derive(Debug)]
pub struct Story {
    hasher: DefaultHasher,
    lines: VecDeque<String>,
    begin_ms: i64,
    aloud: bool,
}

impl Story {
    /// A story that begins at an instant. `aloud` prints each line at once.
    pub fn new(begin_ms: i64, aloud: bool) -> Self {
        Self {
            hasher: DefaultHasher::new(),
            lines: VecDeque::with_capacity(KEPT),
            begin_ms,
            aloud,
        }
    }

    /// Adds a line.
    pub fn tell(&mut self, now_ms: i64, who: &str, what: fmt::Arguments<'_>) {
        let mut line = if self.lines.len() == KEPT {
            self.lines.pop_front().unwrap_or_default()
        } else {
            String::new()
        };
        line.clear();
        let since = now_ms - self.begin_ms;
        let (minutes, seconds, millis) = (since / 60_000, since / 1000 % 60, since % 1000);
        write!(
            line,
            "{minutes:02}:{seconds:02}.{millis:03}  {who:<14} {what}"
        )
        .unwrap();
        line.hash(&mut self.hasher);
        if self.aloud {
            println!("{line}");
        }
        self.lines.push_back(line);
    }

    /// Hashes what is too long to tell.
    pub fn note(&mut self, what: &(impl Hash + ?Sized)) {
        what.hash(&mut self.hasher);
    }

    /// A number that stands for everything told and noted so far.
    pub fn hash(&self) -> u64 {
        self.hasher.finish()
    }

    /// The last lines.
    pub fn end(&self) -> String {
        let mut end = String::new();
        for line in &self.lines {
            writeln!(end, "  {line}").unwrap();
        }
        end
    }
}
