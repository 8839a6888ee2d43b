//! A push as the system shows it while the app itself does not run.
//!
//! On iOS a push wakes a small extension, a process of its own with 24 MB and 30 s, which writes the
//! notification that the system shows and sounds. It must say what the app would say, so the engine
//! itself reads the push: a [`Phone`] made of what is on disk takes it as it takes any other and is
//! then let go, with every effect it asked for but its receipts. So a page that was answered, or is
//! too old, does not sound here either, and nothing is decided twice. Pure; reading the disk is
//! [`Glimpse`](crate::store::Glimpse).
//!
//! **Loud when in doubt.** What the server marked as a page and cannot be read is still a page
//! ([`generic_page`]). What it did not mark so is told without a sound: a check-in that cannot be
//! read must not wake whoever it lets sleep.

use tocsin_readiness::Language;
use tocsin_ticket::{DeadlineKind, Millis, TicketId, Transport};
use tocsin_wire::{
    Action, CommandId, Directory, Drill, Known, Me, PushMessage, PushPayload, ReceiptBatch,
    ServerNotice, TicketView,
};

use crate::engine::{
    Change, Effect, Input, PageItem, PageStatus, Report, Saved, Settings, Texts, hides_content,
};
use crate::{Phone, View};

/// The siren in the app's bundle: the name that the server's push names, too.
pub const WAKE_SOUND: &str = "wake.wav";

/// One beat of the siren in the app's bundle, for a drill that its owner wants to hear.
pub const DRILL_SOUND: &str = "drill.wav";

/// The category of a page, which the server's push names, too.
pub const PAGE: &str = "PAGE";

/// The category of a page that asks for help.
const HELP: &str = "HELP";

/// A page sounds at the full volume of the device, whatever its owner set.
const FULL_VOLUME: f32 = 1.0;

/// What a push turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotificationKind {
    /// Somebody pages this person.
    Page,
    /// Nobody does any more.
    Silence,
    /// A test of the way.
    Drill,
    /// Something to read by day.
    Notice,
    /// It cannot be read, and the server did not mark it as a page.
    Unreadable,
}

/// How far a notification may interrupt, in iOS's terms
/// (<https://developer.apple.com/documentation/usernotifications/unnotificationinterruptionlevel>).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InterruptionLevel {
    /// It joins the list.
    Passive,
    /// It lights the screen.
    Active,
    /// Also through a focus and the summary.
    TimeSensitive,
    /// Also through the silent switch, with a volume of its own.
    Critical,
}

/// What a notification sounds like.
#[derive(Debug, Clone, PartialEq)]
pub enum NotificationSound {
    /// Nothing.
    Silent,
    /// The system's own sound.
    Usual,
    /// A file in the app's bundle.
    File {
        /// Its name: [`WAKE_SOUND`] or [`DRILL_SOUND`].
        name: String,
        /// How loud where the level is critical: 0 silent to 1 full output. At any other level the
        /// system's volume holds.
        volume: f32,
    },
}

/// What the system shows and sounds.
#[derive(Debug, Clone, PartialEq)]
pub struct NotificationContent {
    /// What the push turned out to be.
    pub kind: NotificationKind,
    /// The first line.
    pub title: String,
    /// The second; may be empty.
    pub subtitle: String,
    /// The rest.
    pub body: String,
    /// The ticket it is about, if it is about one.
    pub ticket: Option<TicketId>,
    /// What it is grouped by. `None`: as the server grouped it.
    pub thread: Option<String>,
    /// Nothing of this ticket is to ring any more: what was shown or scheduled for it is to be taken
    /// back.
    pub silences: bool,
    /// Which of the [`categories`] names its buttons; `None`: it has none.
    pub category: Option<String>,
    /// How far it may interrupt.
    pub level: InterruptionLevel,
    /// What it sounds like.
    pub sound: NotificationSound,
    /// Its weight in the system's summary: 0 least to 1 most.
    pub relevance: f64,
}

/// What a button of a notification does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotificationDeed {
    /// [`Action::CheckIn`]; to a call for help, "I come".
    CheckIn,
    /// [`Action::Decline`]: the next person is paged.
    CannotHelp,
}

/// A button of a notification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotificationAction {
    /// Names it for the system.
    pub id: String,
    /// What is on it.
    pub title: String,
    /// What it does.
    pub deed: NotificationDeed,
}

/// The buttons that a kind of notification has; the app tells the system of them beforehand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotificationCategory {
    /// Names it for the system.
    pub id: String,
    /// The buttons, most usual first.
    pub actions: Vec<NotificationAction>,
}

/// How notifications are to be on this device.
#[derive(Clone, Copy)]
pub struct Manner<'a> {
    /// Their language.
    pub language: Language,
    /// Apple granted critical alerts to the app, and the person allows them. Otherwise a page is
    /// time sensitive, which the silent switch silences.
    pub critical_alerts: bool,
    /// Whoever sees the phone is not to learn what a page is, or was, about: neither what is wrong
    /// nor who has it. Also where the owner's teams say so.
    pub hides_content: bool,
    /// An instant as its reader reads it.
    pub time_of_day: &'a dyn Fn(Millis) -> String,
}

/// The buttons of all notifications.
#[must_use]
pub fn categories(language: Language) -> Vec<NotificationCategory> {
    let texts = Texts::new(language);
    let category = |id: &str, check_in: String, cannot: String| NotificationCategory {
        id: id.to_owned(),
        actions: vec![
            NotificationAction {
                id: "CHECK_IN".to_owned(),
                title: check_in,
                deed: NotificationDeed::CheckIn,
            },
            NotificationAction {
                id: "CANNOT".to_owned(),
                title: cannot,
                deed: NotificationDeed::CannotHelp,
            },
        ],
    };
    let check_in = texts.action(&Action::CheckIn, &Directory::default());
    vec![
        category(PAGE, check_in, texts.cannot_page_next()),
        category(HELP, texts.i_come(), texts.i_cannot()),
    ]
}

/// A page of which nothing is known but that it is one.
#[must_use]
pub fn generic_page(language: Language, critical_alerts: bool) -> NotificationContent {
    let texts = Texts::new(language);
    NotificationContent {
        title: texts.paged(),
        body: texts.open_to_see(),
        ..loud(NotificationKind::Page, WAKE_SOUND, critical_alerts)
    }
}

/// Something that cannot be read and was not marked as a page. `reason`: why, in English.
#[must_use]
pub fn unreadable(reason: &str, language: Language) -> NotificationContent {
    NotificationContent {
        title: "Tocsin".to_owned(),
        body: Texts::new(language).unreadable(reason),
        level: InterruptionLevel::Active,
        ..quiet(NotificationKind::Unreadable)
    }
}

fn quiet(kind: NotificationKind) -> NotificationContent {
    NotificationContent {
        kind,
        title: String::new(),
        subtitle: String::new(),
        body: String::new(),
        ticket: None,
        thread: None,
        silences: false,
        category: None,
        level: InterruptionLevel::Passive,
        sound: NotificationSound::Silent,
        relevance: 0.0,
    }
}

fn loud(kind: NotificationKind, sound: &str, critical_alerts: bool) -> NotificationContent {
    NotificationContent {
        level: if critical_alerts {
            InterruptionLevel::Critical
        } else {
            InterruptionLevel::TimeSensitive
        },
        sound: NotificationSound::File {
            name: sound.to_owned(),
            volume: FULL_VOLUME,
        },
        relevance: 1.0,
        ..quiet(kind)
    }
}

/// A push that was opened and read.
#[derive(Debug, Clone)]
pub struct ReadPush {
    json: Vec<u8>,
    message: PushMessage,
}

impl ReadPush {
    /// Reads what was inside. `language`: of the reason why not.
    ///
    /// # Errors
    /// Why it says nothing to this version.
    pub fn new(json: Vec<u8>, language: Language) -> Result<Self, String> {
        let payload: PushPayload =
            serde_json::from_slice(&json).map_err(|error| error.to_string())?;
        match payload.message {
            Known::Yes(message) => Ok(Self { json, message }),
            Known::No(_) => Err(Texts::new(language).newer_push()),
        }
    }

    /// What to show of it at the instant `now` of the device's clock. `saved`: what the device knows;
    /// without it the push is taken at its word.
    #[must_use]
    pub fn content(
        &self,
        saved: Option<Saved>,
        now: Millis,
        manner: &Manner<'_>,
    ) -> NotificationContent {
        let (view, _) = self.taken(saved, manner.language, now);
        let teller = Teller {
            texts: Texts::new(manner.language),
            manner,
            now: Millis(now.0.saturating_add(view.clock_offset_ms)),
            view: &view,
        };
        match &self.message {
            PushMessage::Ticket { ticket, others } => teller.ticket(ticket, *others),
            PushMessage::Drill(drill) => teller.drill(drill),
            PushMessage::Notice(notice) => teller.notice(notice),
        }
    }

    /// That it came, for the server, under this id; `None` when there is nothing to tell, as of a
    /// silence. What the app has reported as well is the same to the server.
    #[must_use]
    pub fn receipts(
        &self,
        saved: Option<Saved>,
        now: Millis,
        id: CommandId,
    ) -> Option<ReceiptBatch> {
        let (_, reports) = self.taken(saved, Language::default(), now);
        if reports.is_empty() {
            return None;
        }
        let mut batch = ReceiptBatch {
            id,
            receipts: Vec::new(),
            drills: Vec::new(),
        };
        for report in reports {
            match report {
                Report::Page(report) => batch.receipts.push(report),
                Report::Drill(report) => batch.drills.push(report),
            }
        }
        Some(batch)
    }

    /// What a phone that knows `saved` shows once it has taken the push, and what it reports.
    fn taken(&self, saved: Option<Saved>, language: Language, now: Millis) -> (View, Vec<Report>) {
        let saved = saved.unwrap_or_else(|| self.nobody());
        let mut phone = Phone::new(saved, &Settings { language, seed: 0 });
        let effects = phone.step(
            Input::Push {
                transport: Transport::Apns,
                opened: Ok(self.json.clone()),
            },
            now,
        );
        let changes = effects.into_iter().filter_map(|effect| match effect {
            Effect::Store(changes) => Some(changes),
            _ => None,
        });
        let reports = changes.flatten().filter_map(|change| match change {
            Change::AddReceipt(receipt) => Some(receipt.report),
            _ => None,
        });
        (phone.view(now), reports.collect())
    }

    /// Whose phone it is, where only the push can tell: it carries its person's pages and no others.
    fn nobody(&self) -> Saved {
        let person = match &self.message {
            PushMessage::Ticket { ticket, .. } => ticket.pages.first().map(|it| it.person.clone()),
            PushMessage::Drill(_) | PushMessage::Notice(_) => None,
        };
        let me = Me {
            person: person.unwrap_or_else(|| "".into()),
            device: "".into(),
        };
        Saved::new(me, "")
    }
}

/// Puts one push into words.
struct Teller<'a> {
    texts: Texts,
    manner: &'a Manner<'a>,
    /// By the server's clock.
    now: Millis,
    view: &'a View,
}

impl Teller<'_> {
    fn loud(&self, kind: NotificationKind, sound: &str) -> NotificationContent {
        loud(kind, sound, self.manner.critical_alerts)
    }

    /// An instant of the server's clock as the reader reads it on the device's.
    fn time(&self, at: Millis) -> String {
        let here = at.0.saturating_sub(self.view.clock_offset_ms);
        (self.manner.time_of_day)(Millis(here))
    }

    /// `pushed`: what came; the device may know better.
    fn ticket(&self, pushed: &TicketView, others: u32) -> NotificationContent {
        let held = self.view.tickets.iter().map(|item| &*item.ticket);
        let ticket = held.into_iter().find(|it| it.id == pushed.id);
        let ticket = ticket.unwrap_or(pushed);
        let mine = || {
            let pages = self.view.pages.iter();
            pages.filter(|page| page.ticket == ticket.id)
        };
        let ringing = mine().find(|page| page.status == PageStatus::Ringing);
        let page = ringing.or_else(|| mine().next());
        let content = NotificationContent {
            title: format!("{}: {}", ticket.severity, ticket.title),
            subtitle: self.view.directory.service(&ticket.service).to_owned(),
            ticket: Some(ticket.id),
            thread: Some(format!("ticket-{}", ticket.id.0)),
            ..page.map_or_else(|| self.over(ticket), |page| self.page(page, others))
        };
        if hides_content(self.manner.hides_content, &self.view.rules) {
            self.hidden(page.map(|page| page.status), content)
        } else {
            content
        }
    }

    /// `content` without what it is about. `page`: how this person's page stands; `None` when it is
    /// over.
    fn hidden(
        &self,
        page: Option<PageStatus>,
        content: NotificationContent,
    ) -> NotificationContent {
        let texts = self.texts;
        let (title, body) = match page {
            Some(PageStatus::Ringing) => (texts.paged(), texts.open_to_see()),
            Some(PageStatus::Answered) => (texts.a_page(), texts.being_told()),
            Some(PageStatus::Expired) => (texts.a_page(), texts.too_old_to_ring()),
            None => (texts.a_page(), texts.over()),
        };
        NotificationContent {
            title,
            subtitle: String::new(),
            body,
            ..content
        }
    }

    fn page(&self, page: &PageItem, others: u32) -> NotificationContent {
        let category = Some(if page.help.is_some() { HELP } else { PAGE }.to_owned());
        let silent = |body| NotificationContent {
            body,
            silences: true,
            ..quiet(NotificationKind::Page)
        };
        match page.status {
            PageStatus::Ringing => NotificationContent {
                body: self.why(page, others),
                category,
                ..self.loud(NotificationKind::Page, WAKE_SOUND)
            },
            PageStatus::Answered => silent(self.texts.being_told()),
            PageStatus::Expired => NotificationContent {
                category,
                ..silent(self.texts.too_old_to_ring())
            },
        }
    }

    /// Why this person is paged, what was missed, what comes next, and what else rings.
    fn why(&self, page: &PageItem, others: u32) -> String {
        let missed = page.missed.as_ref().map(|missed| {
            let (since, limit) = (self.time(missed.since), self.time(missed.limit));
            self.texts.missed(&missed.state_text, &since, &limit)
        });
        let escalates = page.due_kind == Some(DeadlineKind::Escalate.into());
        let next = page.due.filter(|_| escalates && !page.next.is_empty());
        let next = next.map(|due| {
            self.texts
                .then_paged(&self.time(due), &page.next.join(", "))
        });
        let others = (others > 0).then(|| self.texts.more_ring(others));
        let lines = [Some(page.reason_text.clone()), missed, next, others];
        lines.into_iter().flatten().collect::<Vec<_>>().join("\n")
    }

    fn over(&self, ticket: &TicketView) -> NotificationContent {
        let state = self.texts.state(&ticket.state);
        let owner = self.view.directory.person(&ticket.owner);
        NotificationContent {
            body: self.texts.no_longer_paged(&state, owner),
            silences: true,
            ..quiet(NotificationKind::Silence)
        }
    }

    fn drill(&self, drill: &Drill) -> NotificationContent {
        let kind = NotificationKind::Drill;
        let (content, body) = if self.now >= drill.expires_at {
            (quiet(kind), self.texts.drill_is_late())
        } else if drill.audible {
            (self.loud(kind, DRILL_SOUND), self.texts.drill_sounds())
        } else {
            (quiet(kind), self.texts.drill_is_silent())
        };
        NotificationContent {
            title: self.texts.drill(),
            body,
            thread: Some("drill".to_owned()),
            ..content
        }
    }

    fn notice(&self, notice: &ServerNotice) -> NotificationContent {
        NotificationContent {
            title: notice.subject.clone(),
            body: notice.body.clone(),
            thread: Some("notice".to_owned()),
            level: InterruptionLevel::Active,
            sound: NotificationSound::Usual,
            relevance: 0.5,
            ..quiet(NotificationKind::Notice)
        }
    }
}
