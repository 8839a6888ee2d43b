//! A COE as a document to read, send and print.

use comrak::Arena;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, Zoned};
use tocsin_ticket::{Millis, PersonId};

use crate::markdown::Paper;
use crate::{CoeState, CoeView, Moment, Names};

/// The page's style, in it: a page that is sent around has everything with it.
const STYLE: &str = include_str!("page.css");

/// A COE with what is needed to write it out. Its texts are in English, as what people write is in
/// the language they choose.
#[derive(Clone, Copy)]
pub struct Document<'a> {
    /// The COE.
    pub coe: &'a CoeView,
    /// Names for the ids in it.
    pub names: &'a dyn Names,
    /// The reader's time zone.
    pub zone: &'a TimeZone,
}

impl Document<'_> {
    /// As Markdown. The same COE is the same text, byte for byte.
    #[must_use]
    pub fn markdown(&self) -> String {
        let arena = Arena::new();
        self.write(&arena).markdown()
    }

    /// As one HTML page that fetches nothing, runs nothing, and prints well on A4.
    #[must_use]
    pub fn html(&self) -> String {
        let arena = Arena::new();
        let body = self.write(&arena).html();
        let mut title = String::new();
        // Writing into a String does not fail.
        let _ = comrak::html::escape(&mut title, &self.title());
        format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" \
             content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n\
             <body>\n<main>\n{body}</main>\n</body>\n</html>\n"
        )
    }

    fn title(&self) -> String {
        let about = &self.coe.about;
        format!("Correction of error {}: {}", about.ticket, about.title)
    }

    fn write<'a>(&self, arena: &'a Arena<'a>) -> Paper<'a> {
        let paper = Paper::new(arena);
        paper.heading(1, &self.title());
        self.facts(&paper);
        let coe = &self.coe.coe;
        section(&paper, "What happened", &coe.what_happened);
        section(&paper, "Impact", &coe.impact);
        self.timeline(&paper);
        self.whys(&paper);
        section(&paper, "Root cause", &coe.root_cause);
        self.actions(&paper);
        paper
    }

    fn facts(&self, paper: &Paper<'_>) {
        let about = &self.coe.about;
        let (over, took) = match about.resolved_at {
            Some(at) => (self.moment(at), length(about.opened_at, at)),
            None => ("not yet".to_owned(), "–".to_owned()),
        };
        paper.table(
            ["Severity", "Service", "Began", "Over", "Took"],
            [[
                about.severity.to_string(),
                self.names.service(&about.service),
                self.moment(about.opened_at),
                over,
                took,
            ]],
        );
        let state = match self.coe.coe.state {
            CoeState::Draft => "A draft",
            CoeState::InReview => "In review",
            CoeState::Done => "Done",
        };
        let author = match &self.coe.author {
            Some(author) => format!(", written by {}", self.names.person(author)),
            None => ", filled in from the ticket's log; nobody has written anything yet".to_owned(),
        };
        let reviewers = match self.people(&self.coe.coe.reviewers) {
            Some(reviewers) if self.coe.coe.state == CoeState::Done => {
                format!(", reviewed by {reviewers}")
            }
            Some(reviewers) => format!(", to be reviewed by {reviewers}"),
            None => String::new(),
        };
        paper.paragraph(&format!("{state}{author}{reviewers}."));
    }

    /// The log's moments and the author's, in order of time. A table for each day.
    fn timeline(&self, paper: &Paper<'_>) {
        paper.heading(2, "Timeline");
        let mut moments: Vec<&Moment> = self.coe.timeline.iter().collect();
        moments.extend(&self.coe.coe.moments);
        moments.sort_by_key(|moment| moment.at);
        if moments.is_empty() {
            paper.nothing("Nothing has happened yet.");
            return;
        }
        let zone = self.zone.iana_name().unwrap_or("the reader's zone");
        paper.paragraph(&format!("Times are those of {zone}."));
        for day in moments.chunk_by(|one, next| self.day(one.at) == self.day(next.at)) {
            paper.heading(3, &self.day(day[0].at));
            let rows = day
                .iter()
                .map(|moment| [self.written(moment.at, "%H:%M:%S"), moment.text.clone()]);
            paper.table(["Time", "What happened"], rows);
        }
    }

    fn whys(&self, paper: &Paper<'_>) {
        paper.heading(2, "Five whys");
        let whys = &self.coe.coe.five_whys;
        if whys.is_empty() {
            paper.nothing(NOT_YET);
            return;
        }
        let whys = whys.iter();
        paper.numbered(whys.map(|why| (why.why.as_str(), why.because.as_str())));
    }

    fn actions(&self, paper: &Paper<'_>) {
        let coe = &self.coe.coe;
        if coe.actions.is_empty() {
            section(paper, "Action items", &coe.no_actions_because);
            return;
        }
        paper.heading(2, "Action items");
        let rows = coe.actions.iter().map(|action| {
            [
                action.due.to_string(),
                action.text.clone(),
                self.names.person(&action.owner),
                action
                    .done_on
                    .map_or_else(|| "open".to_owned(), |on| on.to_string()),
            ]
        });
        paper.table(["Due", "What", "Who", "Done"], rows);
    }

    /// `Ana, Bea and Carl`.
    fn people(&self, ids: &[PersonId]) -> Option<String> {
        let names: Vec<_> = ids.iter().map(|id| self.names.person(id)).collect();
        let (last, others) = names.split_last()?;
        Some(match others {
            [] => last.clone(),
            others => format!("{} and {last}", others.join(", ")),
        })
    }

    fn day(&self, at: Millis) -> String {
        self.written(at, "%A, %-d %B %Y")
    }

    fn moment(&self, at: Millis) -> String {
        self.written(at, "%Y-%m-%d %H:%M")
    }

    fn written(&self, at: Millis, format: &str) -> String {
        // An instant beyond the calendar is shown as the number that it is.
        Timestamp::from_millisecond(at.0)
            .map(|at| {
                Zoned::new(at, self.zone.clone())
                    .strftime(format)
                    .to_string()
            })
            .unwrap_or_else(|_| at.to_string())
    }
}

const NOT_YET: &str = "Not written yet.";

fn section(paper: &Paper<'_>, title: &str, markdown: &str) {
    paper.heading(2, title);
    if markdown.trim().is_empty() {
        paper.nothing(NOT_YET);
    } else {
        paper.written(markdown);
    }
}

/// `1h 12m`, in whole minutes; `40s` below one.
fn length(from: Millis, until: Millis) -> String {
    let seconds = i64::try_from(until.since(from).as_secs()).unwrap_or(i64::MAX);
    let shown = if seconds < 60 {
        seconds
    } else {
        seconds / 60 * 60
    };
    format!("{:#}", SignedDuration::from_secs(shown))
}
