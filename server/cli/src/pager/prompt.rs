//! What a person is asked before a tap goes out: one of a few things, a line of text, or one after
//! the other. Nothing that pages, passes on or ends anything goes out by one key alone.

use core::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use tocsin_pager::View;
use tocsin_pager::engine::TicketItem;
use tocsin_ticket::{HelpTarget, IncidentRole, PersonId, Severity, TicketId};
use tocsin_wire::Action;

/// The longest text the server takes, in characters.
const TEXT_LIMIT: usize = 4000;

/// By how much a limit can be extended. The server says when it is too much.
const EXTENSIONS: [Duration; 6] = [
    Duration::from_secs(5 * 60),
    Duration::from_secs(10 * 60),
    Duration::from_secs(15 * 60),
    Duration::from_secs(30 * 60),
    Duration::from_secs(60 * 60),
    Duration::from_secs(4 * 60 * 60),
];

/// A question about a ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompt {
    /// The ticket.
    pub ticket: TicketId,
    /// The question.
    pub ask: Ask,
}

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    /// A line of text.
    Line(Line, String),
    /// One of a few things, and the place of the one that is marked.
    Choice(Choice, usize),
}

/// What a line of text is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// A note.
    Note,
    /// Why they cannot.
    Decline,
    /// How things stand.
    Status,
    /// What they want of these people.
    Help(HelpTarget),
    /// Why a limit is extended, by so many seconds.
    Extend(u32),
}

/// What is chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// What to do at all.
    Deed,
    /// Whom to ask for help.
    Help,
    /// How bad it is.
    Severity,
    /// By how much the limit is extended.
    Extension,
    /// Whether to convene a conference.
    Convene,
    /// Who gets a role.
    Person,
    /// Which role this person gets.
    Role(PersonId),
    /// Whose the ticket is to be.
    Owner,
}

/// What comes after a key or a choice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Another question.
    Ask(Ask),
    /// The tap.
    Tap(Action),
    /// Into the conference at this address.
    Join(String),
    /// The runbook at this address.
    Read(String),
}

impl Step {
    fn write(line: Line) -> Self {
        Self::Ask(Ask::Line(line, String::new()))
    }

    fn choose(choice: Choice) -> Self {
        Self::Ask(Ask::Choice(choice, 0))
    }
}

/// What can be done about a ticket beyond checking in, starting work and resolving, and by which
/// key. No key that passes a page on or wakes anybody lies beside Enter or `c`.
pub fn deeds(view: &View, item: &TicketItem) -> Vec<(char, Step)> {
    let mut deeds = Vec::new();
    if item.ticket.is_open() {
        let conference = item.conference.as_ref();
        let open = conference.filter(|conference| conference.closed_at.is_none());
        match open.map(|conference| conference.url.clone()) {
            Some(Some(url)) => {
                deeds.push(('j', Step::Join(url)));
                deeds.push(('m', Step::choose(Choice::Person)));
            }
            Some(None) => {}
            None => deeds.push(('j', Step::choose(Choice::Convene))),
        }
        deeds.push(('h', Step::choose(Choice::Help)));
        deeds.push(('u', Step::write(Line::Status)));
        let mut pages = view.pages.iter();
        if pages.any(|page| page.ticket == item.ticket.id) {
            deeds.push(('p', Step::write(Line::Decline)));
        }
        deeds.push(('s', Step::choose(Choice::Severity)));
        deeds.push(('e', Step::choose(Choice::Extension)));
        deeds.push(('g', Step::choose(Choice::Owner)));
    }
    deeds.extend(item.runbook.clone().map(|url| ('b', Step::Read(url))));
    deeds.push(('n', Step::write(Line::Note)));
    deeds
}

/// What there is to choose from, in the order of the screen.
pub fn offers(choice: &Choice, view: &View, item: &TicketItem) -> Vec<Step> {
    let directory = &view.directory;
    let others = || {
        let people = directory.people.keys();
        people.filter(|person| **person != view.me.id).cloned()
    };
    match choice {
        Choice::Deed => deeds(view, item)
            .into_iter()
            .map(|(_, step)| step)
            .collect(),
        Choice::Help => {
            let services = directory.services.keys().cloned();
            let services = services.map(|service| HelpTarget::Service { service });
            let people = others().map(|person| HelpTarget::Person { person });
            let teams = directory.teams.keys().cloned();
            let teams = teams.map(|team| HelpTarget::Team { team });
            [HelpTarget::Manager]
                .into_iter()
                .chain(services)
                .chain(people)
                .chain(teams)
                .map(|target| Step::write(Line::Help(target)))
                .collect()
        }
        Choice::Severity => {
            let others = Severity::ALL.into_iter();
            let others = others.filter(|severity| item.severity.get() != Some(severity));
            others
                .map(|to| Step::Tap(Action::SetSeverity { to }))
                .collect()
        }
        Choice::Extension => EXTENSIONS
            .iter()
            .filter_map(|length| u32::try_from(length.as_secs()).ok())
            .map(|seconds| Step::write(Line::Extend(seconds)))
            .collect(),
        Choice::Convene => vec![Step::Tap(Action::Convene)],
        Choice::Person => [view.me.id.clone()]
            .into_iter()
            .chain(others())
            .map(|person| Step::choose(Choice::Role(person)))
            .collect(),
        Choice::Role(person) => [
            IncidentRole::Commander,
            IncidentRole::Communications,
            IncidentRole::Responder,
        ]
        .into_iter()
        .map(|role| {
            let person = person.clone();
            Step::Tap(Action::NameRole { person, role })
        })
        .collect(),
        Choice::Owner => others()
            .map(|to| Step::Tap(Action::Reassign { to }))
            .collect(),
    }
}

impl Prompt {
    /// Takes a key. What is left is the question as it stands now, if it still stands, and what was
    /// decided.
    pub fn press(
        self,
        key: KeyEvent,
        view: &View,
        item: Option<&TicketItem>,
    ) -> (Option<Self>, Option<Step>) {
        if key.code == KeyCode::Esc {
            return (None, None);
        }
        let ticket = self.ticket;
        let (ask, step) = match self.ask {
            Ask::Line(line, text) => write(line, text, key),
            Ask::Choice(choice, place) => {
                let offers = item.map_or_else(Vec::new, |item| offers(&choice, view, item));
                choose(choice, place, key, &offers)
            }
        };
        let prompt = ask.map(|ask| Self { ticket, ask });
        match step {
            Some(Step::Ask(ask)) => (Some(Self { ticket, ask }), None),
            step => (prompt, step),
        }
    }
}

fn write(line: Line, mut text: String, key: KeyEvent) -> (Option<Ask>, Option<Step>) {
    match key.code {
        KeyCode::Enter => {
            let text = text.trim().to_owned();
            let step = (!text.is_empty()).then(|| Step::Tap(line.said(text)));
            return (None, step);
        }
        KeyCode::Backspace => {
            text.pop();
        }
        KeyCode::Char(letter)
            if !key
                .modifiers
                .intersects(KeyModifiers::CONTROL | KeyModifiers::ALT)
                && text.chars().count() < TEXT_LIMIT =>
        {
            text.push(letter);
        }
        _ => {}
    }
    (Some(Ask::Line(line, text)), None)
}

fn choose(
    choice: Choice,
    place: usize,
    key: KeyEvent,
    offers: &[Step],
) -> (Option<Ask>, Option<Step>) {
    let last = offers.len().saturating_sub(1);
    let place = match key.code {
        KeyCode::Enter => return (None, offers.get(place).cloned()),
        KeyCode::Down => (place + 1).min(last),
        KeyCode::Up => place.saturating_sub(1),
        KeyCode::Home => 0,
        KeyCode::End => last,
        _ => place,
    };
    (Some(Ask::Choice(choice, place)), None)
}

impl Line {
    fn said(self, text: String) -> Action {
        match self {
            Self::Note => Action::Note { text },
            Self::Decline => Action::Decline { reason: Some(text) },
            Self::Status => Action::UpdateStatus { text },
            Self::Help(target) => Action::AskHelp {
                target,
                message: text,
            },
            Self::Extend(seconds) => Action::ExtendLimit {
                seconds,
                reason: text,
            },
        }
    }
}
