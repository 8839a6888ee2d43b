//! Learning from trouble: causes written down, runbooks, similar tickets.
//!
//! A night that nobody learns from comes again. This crate holds what a team learns with: the
//! correction of error ([`Coe`]), which is half filled in by the ticket's own log ([`timeline`])
//! and leaves as Markdown or as a page to print ([`Document`]); runbooks that find the alarms they
//! are about ([`Runbook`]); and past tickets that were like this one, with what ended them
//! ([`rank`], [`Resolution`]).
//!
//! It promises that nothing is done in the name of a document that is not in it: a COE is done only
//! when it says what happened, why, and what changes ([`Coe::check`]); that raw HTML and script
//! links in what people write reach no reader; and that the same tickets rank the same in whatever
//! order they were stored. It is pure: time and time zone come in as arguments. It calls
//! `tocsin-ticket` for what happened and `tocsin-report` for what two titles have in common.

mod coe;
mod export;
mod markdown;
mod names;
mod overdue;
mod pattern;
mod runbook;
mod similar;
mod story;

pub use coe::{
    ActionItem, Coe, CoeAbout, CoeEdit, CoeNeed, CoeState, CoeSummary, CoeView, FieldError,
    MAX_LINE_CHARS, MAX_TEXT_CHARS, Moment, Why, falls_due, worst_severity,
};
pub use export::Document;
pub use names::Names;
pub use overdue::{Overdue, WrittenDown, overdue, weekly_text};
pub use pattern::{Pattern, PatternError};
pub use runbook::{
    Attachment, Runbook, RunbookEdit, RunbookName, RunbookNameError, RunbookVersion, RunbookView,
    matching,
};
pub use similar::{IndexText, Note, Resolution, Similar, SimilarTicket, rank, search_words};
pub use story::timeline;
