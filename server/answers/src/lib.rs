//! Answers: why somebody was paged or was not, who would be, and what a configuration lacks.
//!
//! Whoever is woken at night asks why, and whoever was not woken is asked why not. This crate
//! answers from the log: [`why`] gives every decision on a ticket with the rule behind it and what
//! the rule looked at; [`why_not`] does so for one person, by the configuration that was in force
//! then. Two more answers come before the night: [`rehearse`] runs the rules forward on an alarm
//! that never was, and [`check`] finds in a configuration what will hurt although it is valid.
//!
//! It promises that no answer is a second telling of the rules: what is said of the past is read
//! from events that were written, what is said of the future comes out of
//! [`tocsin_ticket::decide`] itself, fed with its own deadlines. It pages nobody and is pure: time
//! comes in as an argument, the time zone rules are compiled in. It calls `tocsin-directory` for
//! who is on call, `tocsin-rota` for local times and shifts, `tocsin-ticket` for the rules, and
//! `tocsin-report` for the shape of a log and of names.

mod check;
mod local;
mod rehearse;
mod why;
mod why_not;
mod words;

pub use check::{CheckRule, Finding, Grade, HORIZON, Pagers, check, check_devices, check_text};
pub use local::{ClockNote, LocalTime, LocalTimeError, local_time};
pub use rehearse::{
    Ending, LONGEST, NoSuchService, Question, Rehearsal, RehearsalStep, Way, rehearse,
    rehearsed_log,
};
pub use why::{Decision, Deed, Rule, why};
pub use why_not::{Because, Era, Reason, WhyNot, why_not};
