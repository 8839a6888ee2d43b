//! The correction of error: what a team writes after serious trouble, and when it is done.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use tocsin_ticket::{Event, Millis, PersonId, ServiceId, Severity, TeamId, Ticket, TicketId};

/// The longest text of a section, in characters: some ten printed pages.
pub const MAX_TEXT_CHARS: usize = 30_000;

/// The longest line, such as an action item, in characters.
pub const MAX_LINE_CHARS: usize = 1_000;

/// Whys are five (Ohno, Toyota Production System, 1988); a chain that needs more has two causes.
const MAX_WHYS: usize = 5;

/// Action items, moments and reviewers, each.
const MAX_ITEMS: usize = 100;

/// How far a COE got.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum CoeState {
    /// Somebody still writes.
    #[default]
    Draft,
    /// The reviewers read.
    InReview,
    /// Everybody can learn from it.
    Done,
}

impl core::fmt::Display for CoeState {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Draft => "draft",
            Self::InReview => "in review",
            Self::Done => "done",
        })
    }
}

/// Whether a ticket wants a COE.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum CoeNeed {
    /// It was a SEV1 at its worst.
    Required,
    /// It was a SEV2 at its worst.
    Offered,
    /// It was less; nobody is kept from writing one.
    None,
}

impl CoeNeed {
    /// What a ticket of this severity, at its worst, wants.
    #[must_use]
    pub const fn of(worst: Severity) -> Self {
        match worst {
            Severity::Sev1 => Self::Required,
            Severity::Sev2 => Self::Offered,
            Severity::Sev3 | Severity::Sev4 | Severity::Sev5 => Self::None,
        }
    }
}

/// Something that happened at an instant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Moment {
    /// When.
    pub at: Millis,
    /// What, in one line.
    pub text: String,
}

/// One of the five whys.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Why {
    /// The question: "Why did checkout fail?"
    pub why: String,
    /// Its answer, which the next why asks about.
    pub because: String,
}

/// What somebody will do so that it does not happen again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ActionItem {
    /// What.
    pub text: String,
    /// Who.
    pub owner: PersonId,
    /// By the end of which day.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = Date))]
    pub due: Date,
    /// On which day it was done, once it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = Date))]
    pub done_on: Option<Date>,
}

/// A correction of error, as people write it. What the ticket's log knows is not in it: it is
/// filled in when the document is read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Coe {
    /// How far it got.
    pub state: CoeState,
    /// What happened, in Markdown.
    pub what_happened: String,
    /// Who noticed what, and for how long, in Markdown.
    pub impact: String,
    /// What belongs on the timeline and is not in the ticket's log: a deployment, a call.
    pub moments: Vec<Moment>,
    /// At most five, each asking about the answer before it.
    pub five_whys: Vec<Why>,
    /// What would have had to be different, in Markdown.
    pub root_cause: String,
    /// What will be different.
    pub actions: Vec<ActionItem>,
    /// Why nothing will be, where there are no action items.
    pub no_actions_because: String,
    /// Who reads it before it is done.
    pub reviewers: Vec<PersonId>,
}

/// A field that is not as it must be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: expected {expected}")]
pub struct FieldError {
    /// Which field, as a path: `actions[2].owner`.
    pub field: String,
    /// What was expected.
    pub expected: String,
}

impl FieldError {
    pub(crate) fn new(field: impl Into<String>, expected: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            expected: expected.into(),
        }
    }
}

impl Coe {
    /// Whether it may be kept as it is. `author` is who wrote it first; `known` says who belongs to
    /// the team.
    ///
    /// A draft may be kept however little is in it. *In review* needs what happened and somebody
    /// other than the author to read it. *Done* needs the impact, a root cause, and an action item
    /// or a reason for none besides.
    ///
    /// # Errors
    /// Every field that is not as it must be, in the document's order.
    pub fn check(
        &self,
        author: &PersonId,
        known: impl Fn(&PersonId) -> bool,
    ) -> Result<(), Vec<FieldError>> {
        let mut wrong = Vec::new();
        self.check_lengths(&mut wrong);
        self.check_people(&mut wrong, known);
        self.check_state(&mut wrong, author);
        if wrong.is_empty() { Ok(()) } else { Err(wrong) }
    }

    fn check_lengths(&self, wrong: &mut Vec<FieldError>) {
        let mut longest = |field: String, text: &str, most: usize| {
            if text.chars().count() > most {
                wrong.push(FieldError::new(field, format!("at most {most} characters")));
            }
        };
        let text = MAX_TEXT_CHARS;
        longest("what_happened".into(), &self.what_happened, text);
        longest("impact".into(), &self.impact, text);
        for (index, moment) in self.moments.iter().enumerate() {
            longest(
                format!("moments[{index}].text"),
                &moment.text,
                MAX_LINE_CHARS,
            );
        }
        for (index, why) in self.five_whys.iter().enumerate() {
            longest(format!("five_whys[{index}].why"), &why.why, MAX_LINE_CHARS);
            longest(format!("five_whys[{index}].because"), &why.because, text);
        }
        longest("root_cause".into(), &self.root_cause, text);
        for (index, action) in self.actions.iter().enumerate() {
            longest(
                format!("actions[{index}].text"),
                &action.text,
                MAX_LINE_CHARS,
            );
        }
        longest("no_actions_because".into(), &self.no_actions_because, text);
        for (field, count, most) in [
            ("moments", self.moments.len(), MAX_ITEMS),
            ("five_whys", self.five_whys.len(), MAX_WHYS),
            ("actions", self.actions.len(), MAX_ITEMS),
            ("reviewers", self.reviewers.len(), MAX_ITEMS),
        ] {
            if count > most {
                wrong.push(FieldError::new(field, format!("at most {most}")));
            }
        }
    }

    fn check_people(&self, wrong: &mut Vec<FieldError>, known: impl Fn(&PersonId) -> bool) {
        const SOMEBODY: &str = "the id of somebody of the ticket's team";
        for (index, action) in self.actions.iter().enumerate() {
            if blank(&action.text) {
                let field = format!("actions[{index}].text");
                wrong.push(FieldError::new(field, "what will be done"));
            }
            if !known(&action.owner) {
                let field = format!("actions[{index}].owner");
                wrong.push(FieldError::new(field, SOMEBODY));
            }
        }
        for (index, reviewer) in self.reviewers.iter().enumerate() {
            if !known(reviewer) {
                let field = format!("reviewers[{index}]");
                wrong.push(FieldError::new(field, SOMEBODY));
            }
        }
    }

    fn check_state(&self, wrong: &mut Vec<FieldError>, author: &PersonId) {
        if self.state == CoeState::Draft {
            return;
        }
        let state = self.state;
        let mut missing = |field: &str, what: &str, is_missing: bool| {
            if is_missing {
                let expected = format!("{what}, for a COE that is {state}");
                wrong.push(FieldError::new(field, expected));
            }
        };
        let happened = blank(&self.what_happened);
        missing("what_happened", "what happened", happened);
        if state == CoeState::Done {
            missing("impact", "who noticed what", blank(&self.impact));
            missing("root_cause", "a root cause", blank(&self.root_cause));
            let nothing = self.actions.is_empty() && blank(&self.no_actions_because);
            let what = "at least one, or why there are none in no_actions_because";
            missing("actions", what, nothing);
        }
        let alone = self.reviewers.iter().all(|reviewer| reviewer == author);
        missing("reviewers", "somebody other than its author", alone);
    }
}

fn blank(text: &str) -> bool {
    text.trim().is_empty()
}

/// What a COE is about, as the ticket knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CoeAbout {
    /// Which ticket.
    pub ticket: TicketId,
    /// Whose service it was.
    pub team: TeamId,
    /// Its title.
    pub title: String,
    /// What was in trouble.
    pub service: ServiceId,
    /// How bad it was at its worst.
    pub severity: Severity,
    /// When it began.
    pub opened_at: Millis,
    /// When it was over, once it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved_at: Option<Millis>,
}

impl CoeAbout {
    /// What a COE on this ticket is about. `worst` is [`worst_severity`].
    #[must_use]
    pub fn of(ticket: &Ticket, worst: Severity) -> Self {
        Self {
            ticket: ticket.id,
            team: ticket.team.clone(),
            title: ticket.title.clone(),
            service: ticket.service.clone(),
            severity: worst,
            opened_at: ticket.opened_at,
            resolved_at: ticket.resolved.as_ref().map(|stamp| stamp.at),
        }
    }
}

/// A COE as it is read: what people wrote, and what the log says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CoeView {
    /// What it is about.
    pub about: CoeAbout,
    /// Whether it is wanted.
    pub need: CoeNeed,
    /// Counts its saves, with the server's own draft; 0 when there is none. The next save names it
    /// as its base.
    pub version: u32,
    /// Who wrote it first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<PersonId>,
    /// When it was saved last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub saved_at: Option<Millis>,
    /// What people wrote.
    pub coe: Coe,
    /// What the ticket's log says, in plain words, oldest first.
    pub timeline: Vec<Moment>,
}

/// A save of a COE.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CoeEdit {
    /// The version that was edited. When there is a newer one, the save is refused.
    pub base: u32,
    /// The COE from now on.
    pub coe: Coe,
}

/// A COE in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CoeSummary {
    /// Which ticket it is about.
    pub ticket: TicketId,
    /// Whose service it was.
    pub team: TeamId,
    /// The ticket's title.
    pub title: String,
    /// What was in trouble.
    pub service: ServiceId,
    /// How far it got.
    pub state: CoeState,
    /// Who wrote it first; nobody yet when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<PersonId>,
    /// When it was saved last.
    pub saved_at: Millis,
    /// How many action items it has.
    pub actions: usize,
    /// How many of them are not done.
    pub open_actions: usize,
}

/// How bad the ticket of this log was at its worst.
#[must_use]
pub fn worst_severity<'a>(log: impl IntoIterator<Item = &'a Event>) -> Option<Severity> {
    log.into_iter()
        .filter_map(|event| match event {
            Event::Opened { alarm, .. } => Some(alarm.severity),
            Event::SeverityChanged { to, .. } => Some(*to),
            _ => None,
        })
        .min()
}

/// Whether these events, after which the ticket stands like this, make a COE due: a SEV1 was
/// resolved, or is none any more.
#[must_use]
pub fn falls_due(ticket: &Ticket, events: &[Event]) -> bool {
    let required = |severity| CoeNeed::of(severity) == CoeNeed::Required;
    events.iter().any(|event| match event {
        Event::Resolved { .. } => required(ticket.severity),
        Event::SeverityChanged { from, .. } => required(*from),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn everybody(_: &PersonId) -> bool {
        true
    }

    fn done() -> Coe {
        Coe {
            state: CoeState::Done,
            what_happened: "A migration locked the orders.".to_owned(),
            impact: "Nobody could order for 20 minutes.".to_owned(),
            root_cause: "Migrations run without a lock timeout.".to_owned(),
            actions: vec![ActionItem {
                text: "Set lock_timeout".to_owned(),
                owner: "ana".into(),
                due: jiff::civil::date(2026, 12, 1),
                done_on: None,
            }],
            reviewers: vec!["bea".into()],
            ..Coe::default()
        }
    }

    #[track_caller]
    fn wrong_fields(coe: &Coe) -> Vec<String> {
        let wrong = coe.check(&"ana".into(), everybody).unwrap_err();
        wrong.into_iter().map(|error| error.field).collect()
    }

    #[test]
    fn a_draft_may_be_empty_and_a_whole_coe_may_be_done() {
        assert_eq!(Coe::default().check(&"ana".into(), everybody), Ok(()));
        assert_eq!(done().check(&"ana".into(), everybody), Ok(()));
    }

    #[test]
    fn an_empty_coe_is_told_everything_that_keeps_it_from_being_done() {
        let empty = |state| Coe {
            state,
            ..Coe::default()
        };
        let review = wrong_fields(&empty(CoeState::InReview));
        assert_eq!(review, ["what_happened", "reviewers"]);
        let all = wrong_fields(&empty(CoeState::Done));
        assert_eq!(
            all,
            [
                "what_happened",
                "impact",
                "root_cause",
                "actions",
                "reviewers"
            ]
        );
    }

    #[test]
    fn each_thing_that_done_needs_is_needed() {
        type Spoil = fn(&mut Coe);
        let spoils: [(&str, Spoil); 5] = [
            ("what_happened", |coe| coe.what_happened = " \n".into()),
            ("impact", |coe| coe.impact.clear()),
            ("root_cause", |coe| coe.root_cause.clear()),
            ("actions", |coe| coe.actions.clear()),
            ("reviewers", |coe| coe.reviewers = vec!["ana".into()]),
        ];
        for (field, spoil) in spoils {
            let mut coe = done();
            spoil(&mut coe);
            assert_eq!(wrong_fields(&coe), [field]);
        }
    }

    #[test]
    fn no_action_items_need_a_reason() {
        let coe = Coe {
            actions: Vec::new(),
            no_actions_because: "The vendor has mended it.".to_owned(),
            ..done()
        };
        assert_eq!(coe.check(&"ana".into(), everybody), Ok(()));
    }

    #[test]
    fn strangers_own_nothing_and_review_nothing() {
        let mut coe = done();
        coe.reviewers.push("dora".into());
        coe.actions[0].owner = "dora".into();
        let wrong = coe
            .check(&"ana".into(), |person| person.as_str() != "dora")
            .unwrap_err();
        let fields: Vec<_> = wrong.iter().map(|error| error.field.as_str()).collect();
        assert_eq!(fields, ["actions[0].owner", "reviewers[1]"]);
    }

    #[test]
    fn what_no_one_would_read_is_refused_field_by_field() {
        let coe = Coe {
            impact: "가".repeat(MAX_TEXT_CHARS + 1),
            five_whys: vec![Why::default(); MAX_WHYS + 1],
            moments: vec![Moment {
                at: Millis(0),
                text: "x".repeat(MAX_LINE_CHARS + 1),
            }],
            ..Coe::default()
        };
        assert_eq!(
            wrong_fields(&coe),
            ["impact", "moments[0].text", "five_whys"]
        );
        let just_right = Coe {
            impact: "가".repeat(MAX_TEXT_CHARS),
            ..Coe::default()
        };
        assert_eq!(just_right.check(&"ana".into(), everybody), Ok(()));
    }

    #[test]
    fn a_misspelt_field_is_an_error_and_not_a_loss() {
        let error = serde_json::from_str::<Coe>(r#"{"root_cuase": "DNS"}"#).unwrap_err();
        assert!(error.to_string().contains("root_cuase"), "{error}");
    }
}
