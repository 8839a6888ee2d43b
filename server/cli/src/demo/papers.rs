//! What an incident leaves behind: its correction of error, and what being on call cost, as pages.

use std::path::PathBuf;

use tocsin_learning::{CoeNeed, CoeView};
use tocsin_ticket::TicketId;

use super::stage::Stage;
use crate::failure::{Context, Failure};

/// The pages, in a folder that stays when the demo is over.
pub struct Papers {
    /// The correction of error, as Markdown.
    pub draft: String,
    /// The same as a page.
    pub coe: PathBuf,
    /// The load report.
    pub report: PathBuf,
}

impl Papers {
    /// Asks the server for both, as `tocsin coe export` and `tocsin report --html` do.
    ///
    /// # Errors
    /// When the server has no draft, or the files cannot be written.
    pub async fn write(stage: &Stage, ticket: TicketId) -> Result<Self, Failure> {
        let coe = format!("v1/tickets/{}/coe", ticket.0);
        let view: CoeView = stage.ask(&coe).await?;
        if view.need != CoeNeed::Required || view.version == 0 {
            let what = "a SEV1 that is over has a correction of error, drafted by the server";
            return Err(Failure::failed(what));
        }
        let folder = tempfile::Builder::new()
            .prefix("tocsin-demo-papers-")
            .tempdir()
            .context("a folder")?
            .keep();
        let papers = Self {
            draft: stage.read(&format!("{coe}?format=markdown")).await?,
            coe: folder.join("coe.html"),
            report: folder.join("report.html"),
        };
        for (path, file) in [
            (format!("{coe}?format=html"), &papers.coe),
            ("v1/report?format=html".to_owned(), &papers.report),
        ] {
            let page = stage.read(&path).await?;
            std::fs::write(file, page).context(file.display())?;
        }
        Ok(papers)
    }

    /// Opens the report in the person's browser; whether there is one.
    pub fn open(&self) -> bool {
        open::that_detached(&self.report).is_ok()
    }
}
