//! The report for people and for spreadsheets. Nothing is counted here.

mod chart;
mod html;
mod table;
mod text;

pub use html::html;
pub use table::csv;
pub use text::{advice, length, summary, times};

/// The report could not be written, which for text in memory does not happen.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// As a page.
    #[error("the page: {0}")]
    Html(#[from] askama::Error),
    /// As a table.
    #[error("the table: {0}")]
    Csv(#[from] csv::Error),
}
