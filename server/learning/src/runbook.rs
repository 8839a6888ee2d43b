//! Runbooks: what to do, found by the alarm that it is about.

use core::fmt;
use core::str::FromStr;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tocsin_ticket::{Millis, PersonId, ServiceId, TeamId, Ticket};

use crate::{FieldError, Pattern};

/// The longest runbook, in characters.
const MAX_RUNBOOK_CHARS: usize = 100_000;

/// The longest title, in characters.
const MAX_TITLE_CHARS: usize = 200;

/// Services, and labels, that one runbook may name.
const MAX_MATCHERS: usize = 50;

/// What a runbook is called in addresses and on the command line, unique in its team: 1 to 64 of
/// `a` to `z`, `0` to `9` and `-`, beginning with a letter or a digit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(value_type = String))]
#[serde(try_from = "String", into = "String")]
pub struct RunbookName(String);

/// The text is not a name for a runbook.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected 1 to 64 of a-z, 0-9 and -, such as checkout-down, got {0:?}")]
pub struct RunbookNameError(String);

impl RunbookName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for RunbookName {
    type Err = RunbookNameError;

    fn from_str(text: &str) -> Result<Self, RunbookNameError> {
        Self::try_from(text.to_owned())
    }
}

impl TryFrom<String> for RunbookName {
    type Error = RunbookNameError;

    fn try_from(text: String) -> Result<Self, RunbookNameError> {
        let allowed = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-';
        let good =
            (1..=64).contains(&text.len()) && text.bytes().all(allowed) && !text.starts_with('-');
        if good {
            Ok(Self(text))
        } else {
            Err(RunbookNameError(text.chars().take(64).collect()))
        }
    }
}

impl From<RunbookName> for String {
    fn from(name: RunbookName) -> Self {
        name.0
    }
}

impl fmt::Display for RunbookName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Which alarms a runbook is about: those that meet every condition. Without any, all of the
/// team's.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Attachment {
    /// The alarm is about one of these services.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub services: Vec<ServiceId>,
    /// Its title is like this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<Pattern>,
    /// It has each of these labels, with a value like this.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, Pattern>,
}

/// How narrow an attachment is: how many conditions it has, then how much its patterns say.
type Specificity = (usize, usize);

impl Attachment {
    /// How specific it is, if the ticket meets it.
    fn meets(&self, ticket: &Ticket) -> Option<Specificity> {
        let service = self.services.is_empty() || self.services.contains(&ticket.service);
        let title = self.title.iter().all(|it| it.matches(&ticket.title));
        let labels = self.labels.iter().all(|(name, pattern)| {
            let value = ticket.details.get(name);
            value.is_some_and(|value| pattern.matches(value))
        });
        (service && title && labels).then(|| self.specificity())
    }

    fn specificity(&self) -> Specificity {
        let patterns = self.title.iter().chain(self.labels.values());
        let conditions = usize::from(!self.services.is_empty()) + patterns.clone().count();
        (conditions, patterns.map(Pattern::said).sum())
    }
}

/// A runbook at one version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Runbook {
    /// What it is about, in one line.
    pub title: String,
    /// Which alarms it is about.
    #[serde(default)]
    pub attach: Attachment,
    /// It is attached to nothing and listed nowhere any more; its history stays.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub retired: bool,
    /// What to do, in Markdown.
    #[serde(default)]
    pub text: String,
}

impl Runbook {
    /// Whether it may be kept. `owned` says which services are its team's.
    ///
    /// # Errors
    /// Every field that is not as it must be.
    pub fn check(&self, owned: impl Fn(&ServiceId) -> bool) -> Result<(), Vec<FieldError>> {
        let mut wrong = Vec::new();
        let title = self.title.trim().chars().count();
        if !(1..=MAX_TITLE_CHARS).contains(&title) {
            let expected = format!("1 to {MAX_TITLE_CHARS} characters");
            wrong.push(FieldError::new("title", expected));
        }
        for (field, count) in [
            ("attach.services", self.attach.services.len()),
            ("attach.labels", self.attach.labels.len()),
        ] {
            if count > MAX_MATCHERS {
                wrong.push(FieldError::new(field, format!("at most {MAX_MATCHERS}")));
            }
        }
        for (index, service) in self.attach.services.iter().enumerate() {
            if !owned(service) {
                let field = format!("attach.services[{index}]");
                wrong.push(FieldError::new(
                    field,
                    "the id of one of the team's services",
                ));
            }
        }
        if self.text.chars().count() > MAX_RUNBOOK_CHARS {
            let expected = format!("at most {MAX_RUNBOOK_CHARS} characters");
            wrong.push(FieldError::new("text", expected));
        }
        if wrong.is_empty() { Ok(()) } else { Err(wrong) }
    }
}

/// A runbook as it is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RunbookView {
    /// Whose it is.
    pub team: TeamId,
    /// Its name.
    pub name: RunbookName,
    /// Which version this is.
    #[serde(flatten)]
    pub saved: RunbookVersion,
    /// What it says.
    pub runbook: Runbook,
}

/// One save of a runbook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RunbookVersion {
    /// From 1, one more with each save.
    pub version: u32,
    /// When it was saved.
    pub at: Millis,
    /// By whom.
    pub by: PersonId,
}

/// A save of a runbook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RunbookEdit {
    /// The version that was edited, 0 for a new runbook. When there is a newer one, the save is
    /// refused.
    pub base: u32,
    /// The runbook from now on.
    pub runbook: Runbook,
}

/// Those of the runbooks that are about this ticket, the most specific first: more conditions
/// before fewer, then longer patterns before shorter, then by name.
#[must_use]
pub fn matching(ticket: &Ticket, runbooks: Vec<RunbookView>) -> Vec<RunbookView> {
    let mut found: Vec<_> = runbooks
        .into_iter()
        .filter(|it| it.team == ticket.team && !it.runbook.retired)
        .filter_map(|it| Some((it.runbook.attach.meets(ticket)?, it)))
        .collect();
    found.sort_by(|(one, a), (other, b)| other.cmp(one).then_with(|| a.name.cmp(&b.name)));
    found.into_iter().map(|(_, runbook)| runbook).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::similar::tests::ticket;

    fn runbook(name: &str, attach: Attachment) -> RunbookView {
        RunbookView {
            team: "shop".into(),
            name: name.parse().unwrap(),
            saved: RunbookVersion {
                version: 1,
                at: Millis(0),
                by: "ana".into(),
            },
            runbook: Runbook {
                title: name.to_owned(),
                attach,
                retired: false,
                text: String::new(),
            },
        }
    }

    fn service(id: &str) -> Attachment {
        Attachment {
            services: vec![id.into()],
            ..Attachment::default()
        }
    }

    fn title(pattern: &str, of: Attachment) -> Attachment {
        Attachment {
            title: Some(pattern.parse().unwrap()),
            ..of
        }
    }

    fn label(name: &str, pattern: &str, of: Attachment) -> Attachment {
        let labels = [(name.to_owned(), pattern.parse().unwrap())];
        Attachment {
            labels: labels.into(),
            ..of
        }
    }

    #[test]
    fn the_most_specific_runbook_comes_first() {
        let lag = ticket(
            1,
            "checkout",
            "Postgres replica lag on db-01 is 40 s",
            &[("env", "prod")],
        );
        let anything = || title("*lag*", Attachment::default());
        let all = vec![
            runbook("everything", Attachment::default()),
            runbook("other-service", service("search")),
            runbook("checkout", service("checkout")),
            runbook("lag", anything()),
            runbook("checkout-lag", title("*lag*", service("checkout"))),
            runbook(
                "checkout-replica-lag",
                title("*replica lag*", service("checkout")),
            ),
            runbook(
                "checkout-lag-prod",
                label("env", "prod", title("*lag*", service("checkout"))),
            ),
            runbook("lag-of-tests", label("env", "test*", anything())),
            runbook("lag-by-shard", label("shard", "*", anything())),
        ];
        let expected = [
            "checkout-lag-prod",
            "checkout-replica-lag",
            "checkout-lag",
            "lag",
            "checkout",
            "everything",
        ];
        for turn in 0..all.len() {
            let mut turned = all.clone();
            turned.rotate_left(turn);
            let found = matching(&lag, turned);
            let names: Vec<_> = found.iter().map(|it| it.name.as_str()).collect();
            assert_eq!(names, expected);
        }
    }

    #[test]
    fn retired_runbooks_and_those_of_other_teams_are_about_nothing() {
        let mut retired = runbook("old", Attachment::default());
        retired.runbook.retired = true;
        let mut foreign = runbook("foreign", Attachment::default());
        foreign.team = "bank".into();
        let ticket = ticket(1, "checkout", "Checkout is down", &[]);
        assert_eq!(matching(&ticket, vec![retired, foreign]), []);
    }

    #[test]
    fn a_name_is_safe_in_an_address() {
        for good in ["checkout-down", "5xx", "a"] {
            assert_eq!(good.parse::<RunbookName>().unwrap().as_str(), good);
        }
        for bad in ["", "-x", "Checkout", "a/b", "a b", "é", &"x".repeat(65)] {
            assert!(bad.parse::<RunbookName>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_runbook_that_cannot_be_found_or_read_is_refused() {
        let mut view = runbook("x", service("ledger"));
        view.runbook.title = " ".to_owned();
        view.runbook.text = "x".repeat(MAX_RUNBOOK_CHARS + 1);
        let wrong = view
            .runbook
            .check(|service| service.as_str() == "checkout")
            .unwrap_err();
        let fields: Vec<_> = wrong.iter().map(|error| error.field.as_str()).collect();
        assert_eq!(fields, ["title", "attach.services[0]", "text"]);
    }
}
