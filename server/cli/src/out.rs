//! What commands print: results to stdout, everything else to stderr, colours on a terminal only.

use core::fmt;
use std::io::Write;

use anstyle::{AnsiColor, Style};
use serde::Serialize;

use crate::failure::{Context, Failure};

/// For what is to be typed or copied.
pub const STRONG: Style = Style::new().bold();
/// For what explains.
pub const FAINT: Style = Style::new().dimmed();
/// For what comes.
pub const GOOD: Style = AnsiColor::Green.on_default();
/// For what goes, or went wrong.
pub const BAD: Style = AnsiColor::Red.on_default();
/// For what changes, or needs care.
pub const CARE: Style = AnsiColor::Yellow.on_default();

/// `text` in a style.
pub fn paint(style: Style, text: impl fmt::Display) -> impl fmt::Display {
    core::fmt::from_fn(move |f| write!(f, "{style}{text}{style:#}"))
}

/// One line of the result. A reader that went away (`tocsin tickets | head`) wants no more.
pub fn line(text: impl fmt::Display) {
    let _ = writeln!(anstream::stdout(), "{text}");
}

/// One line for the person beside the result.
pub fn aside(text: impl fmt::Display) {
    let _ = writeln!(anstream::stderr(), "{text}");
}

/// The result for a script: JSON, indented, on stdout.
///
/// # Errors
/// Never for the types printed here; their keys are text.
pub fn json(value: &impl Serialize) -> Result<(), Failure> {
    line(serde_json::to_string_pretty(value).context("writing JSON")?);
    Ok(())
}
