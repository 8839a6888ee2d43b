//! What goes wrong, and how it ends.

use super::{Event, LONGEST_SLEEP_MS, World};
use crate::network::Weather;
use crate::oracle::Verdict;
use crate::phone::CrashPoint;
use crate::setup::Change;

/// The writer notices a clock that was set within this.
const WRITER_SLEEP_MS: i64 = 500;

/// What goes wrong.
#[derive(Debug, Clone, Copy)]
pub enum Fault {
    ServerCrash {
        down_ms: i64,
    },
    /// The next commit succeeds and the process dies before anybody hears of it.
    CrashAfterCommit {
        down_ms: i64,
    },
    ServerStart,
    CommitsFail(u32),
    ServerClock {
        by_ms: i64,
    },
    Cut {
        phone: usize,
        for_ms: i64,
    },
    CutAll {
        for_ms: i64,
    },
    StreamBreaks,
    PhoneCrash {
        phone: usize,
        at: Option<CrashPoint>,
        down_ms: i64,
    },
    PhoneStart(usize),
    PhoneClock {
        phone: usize,
        by_ms: i64,
    },
    DiskFull {
        phone: usize,
        for_ms: i64,
    },
    DiskWorks(usize),
    SirenBreaks {
        phone: usize,
        for_ms: i64,
    },
    SirenWorks(usize),
    Change(Change),
}

impl World {
    pub(super) fn fail(&mut self, fault: Fault) -> Verdict {
        if self.healed && !matches!(fault, Fault::ServerStart | Fault::PhoneStart(_)) {
            return Ok(());
        }
        let now_ms = self.now_ms;
        match fault {
            Fault::ServerCrash { down_ms } => {
                return self.crash_server(down_ms, "with requests in hand");
            }
            Fault::CrashAfterCommit { down_ms } => self.crash_after_commit = Some(down_ms),
            Fault::ServerStart => {
                if !self.server.is_up() {
                    return self.start_server();
                }
            }
            Fault::CommitsFail(count) => self.server.faults.fail_commits(count),
            Fault::ServerClock { by_ms } => {
                self.tell("server", format_args!("its clock is set by {by_ms} ms"));
                self.server.offset_ms += by_ms;
                self.oracle.tally.clock_steps += 1;
                self.oracle.disturb_all(now_ms);
                self.after(WRITER_SLEEP_MS, Event::ClockNoticed);
            }
            Fault::Cut { phone, for_ms } => self.cut(phone, for_ms),
            Fault::CutAll { for_ms } => {
                for phone in 0..self.phones.len() {
                    self.cut(phone, for_ms);
                }
            }
            Fault::StreamBreaks => {
                if let Some(connection) = self.network.any_connection() {
                    let phone = self.network.connections[&connection].phone;
                    self.tell_phone(phone, format_args!("loses its stream"));
                    self.break_stream(connection);
                }
            }
            Fault::PhoneCrash { phone, at, down_ms } => match at {
                Some(_) => self.phones[phone].crash_at = at,
                None if self.phones[phone].phone.is_some() => self.crash_phone(phone, down_ms),
                None => {}
            },
            Fault::PhoneStart(phone) => return self.start_phone(phone),
            Fault::PhoneClock { phone, by_ms } => {
                self.tell_phone(phone, format_args!("its clock is set by {by_ms} ms"));
                self.phones[phone].offset_ms += by_ms;
                self.phone_clock_set_ms[phone] = now_ms;
                self.oracle.tally.clock_steps += 1;
                // The runtime looks at the clock within a minute.
                self.oracle.disturb(phone, now_ms + LONGEST_SLEEP_MS);
            }
            Fault::DiskFull { phone, for_ms } => {
                self.phones[phone].disk_full = true;
                self.after(for_ms, Event::Fault(Fault::DiskWorks(phone)));
            }
            Fault::DiskWorks(phone) => self.phones[phone].disk_full = false,
            Fault::SirenBreaks { phone, for_ms } => {
                self.phones[phone].siren_broken = true;
                self.after(for_ms, Event::Fault(Fault::SirenWorks(phone)));
            }
            Fault::SirenWorks(phone) => self.phones[phone].siren_broken = false,
            Fault::Change(change) => {
                let now = self.server.now(now_ms);
                let Some(setup) = self.setup.changed(change, now) else {
                    return Ok(());
                };
                if self.applying.is_none() {
                    self.tell("admin", format_args!("applies {change:?}"));
                    self.apply(setup);
                }
            }
        }
        Ok(())
    }

    pub(super) fn cut(&mut self, phone: usize, for_ms: i64) {
        self.tell_phone(phone, format_args!("is cut off for {for_ms} ms"));
        self.network.cut(phone, self.now_ms + for_ms);
        self.oracle.disturb(phone, self.now_ms + for_ms);
    }

    /// From now on nothing goes wrong, and nobody taps.
    pub(super) fn heal(&mut self) -> Verdict {
        self.tell("world", format_args!("heals"));
        self.healed = true;
        self.network.weather = Weather::FAIR;
        self.network.mend();
        self.crash_after_commit = None;
        self.server.faults.fail_commits(0);
        self.oracle.disturb_all(self.now_ms);
        for phone in 0..self.phones.len() {
            self.phones[phone].disk_full = false;
            self.phones[phone].siren_broken = false;
            self.phones[phone].crash_at = None;
            self.start_phone(phone)?;
        }
        if !self.server.is_up() {
            return self.start_server();
        }
        Ok(())
    }
}
