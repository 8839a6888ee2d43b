//! What happened to a ticket. Events are the log; the ticket is their sum.

use serde::{Deserialize, Serialize};

use crate::{
    Actor, Alarm, Bridge, Deadline, DeliveryFailure, GroupLabels, Help, Hold, IncidentRole, Level,
    Millis, Page, PageId, PageReason, PersonId, Receipt, Role, Severity, TicketId, Timer,
};

/// Why a page ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum PageEnd {
    /// Somebody checked in.
    CheckedIn,
    /// The ticket moved on in another way: work started or it was given to somebody else.
    Moved,
    /// The ticket is over.
    Resolved,
    /// A newer page to the same person took its place.
    Superseded,
    /// The person said that they cannot; somebody else was asked.
    Declined,
    /// What it asked for was done, by whomever.
    Answered,
}

/// What happened to a ticket. When, and in which order, the log entry around it says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// The ticket exists and belongs to the on-call.
    Opened {
        /// Its number.
        id: TicketId,
        /// What it is about.
        alarm: Alarm,
        /// Whose it is.
        owner: PersonId,
    },
    /// Other alarms whose labels agree with the first one's join the ticket while it is open.
    Grouped {
        /// The ticket's dedup key from here on; each alarm keeps its own.
        dedup_key: String,
        /// What they agree on.
        labels: GroupLabels,
    },
    /// One more alarm of the group fires.
    AlarmJoined {
        /// Its own key.
        dedup_key: String,
        /// Its title.
        title: String,
        /// How bad it is.
        severity: Severity,
        /// The integration it came through.
        source: String,
    },
    /// An alarm of the group is over.
    AlarmRecovered {
        /// Its own key.
        dedup_key: String,
        /// The integration that says so.
        source: String,
    },
    /// The same alarm fired again.
    Repeated {
        /// The integration it came through.
        source: String,
    },
    /// The ticket became more (or less) severe.
    SeverityChanged {
        /// What it was.
        from: Severity,
        /// What it is.
        to: Severity,
        /// Who says so.
        by: Actor,
    },
    /// Somebody is on it: Researching. A person who checks in owns the ticket from here on.
    CheckedIn {
        /// Who.
        by: Actor,
    },
    /// Somebody answered a page of an already checked-in ticket; only their pages end.
    Acknowledged {
        /// Who.
        by: PersonId,
    },
    /// Work in Progress.
    WorkStarted {
        /// Who; they own the ticket from here on.
        by: PersonId,
    },
    /// It is over.
    Resolved {
        /// By a person, or by monitoring when the alarm recovered.
        by: Actor,
    },
    /// It is not over after all.
    Reopened {
        /// Who.
        by: PersonId,
        /// Whose it is now.
        owner: PersonId,
    },
    /// It was given to somebody.
    Reassigned {
        /// Who did it.
        by: PersonId,
        /// Whose it was.
        from: PersonId,
        /// Whose it is.
        to: PersonId,
    },
    /// Something worth remembering.
    NoteAdded {
        /// Who wrote it.
        by: PersonId,
        /// The text.
        text: String,
    },
    /// A limit was missed and the next level is paged.
    Escalated {
        /// How many levels have been reached since the ticket entered its state, from 1.
        level: u32,
        /// What the level is.
        role: Role,
        /// Who is asked now.
        people: Vec<PersonId>,
        /// Which limit was missed.
        reason: PageReason,
        /// Everybody had been asked: the chain begins again.
        new_round: bool,
    },
    /// Nobody is paged yet, by a rule.
    Held {
        /// Until when, and which rule.
        hold: Hold,
    },
    /// The hold is over and the ticket is still open.
    HoldEnded {
        /// Whose it is now that they are paged: whoever is on call by then. `None`: a person has
        /// taken it in hand before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        owner: Option<PersonId>,
    },
    /// The alarm comes and goes: it is not believed to be over before it stays quiet.
    FlappingDetected {
        /// How many tickets it opened lately, this one included.
        tickets: u32,
    },
    /// Somebody who was paged said that they cannot.
    Declined {
        /// Who.
        by: PersonId,
        /// Why, if they said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// A manager moved the running limit.
    LimitExtended {
        /// Who.
        by: PersonId,
        /// Until when.
        until: Millis,
        /// Why.
        reason: String,
    },
    /// People are to meet.
    ConferenceConvened {
        /// Where.
        bridge: Bridge,
    },
    /// They meet elsewhere.
    ConferenceMoved {
        /// Where.
        bridge: Bridge,
    },
    /// Somebody is in the call.
    ConferenceJoined {
        /// Who.
        by: PersonId,
    },
    /// The conference is over.
    ConferenceClosed,
    /// Somebody was named for a role in the incident.
    RoleNamed {
        /// Who said so.
        by: PersonId,
        /// Whom.
        person: PersonId,
        /// For what.
        role: IncidentRole,
    },
    /// How things stand.
    StatusUpdated {
        /// Who says so.
        by: PersonId,
        /// What.
        text: String,
    },
    /// Somebody asked for help.
    HelpAsked {
        /// The call.
        help: Help,
    },
    /// Somebody who was asked answered.
    HelpAnswered {
        /// Which call.
        number: u32,
        /// Who.
        by: PersonId,
        /// Whether they come.
        comes: bool,
        /// What they said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// The call went on to the next level.
    HelpPassedOn {
        /// Which call.
        number: u32,
        /// Who is asked now.
        level: Level,
    },
    /// Nobody is left to ask; whoever asked must ask elsewhere.
    HelpExhausted {
        /// Which call.
        number: u32,
    },
    /// Something will happen at an instant.
    TimerSet {
        /// What and when.
        timer: Timer,
    },
    /// It went off, or will not.
    TimerCleared {
        /// Which.
        generation: u32,
    },
    /// Somebody must be woken.
    Paged {
        /// The obligation.
        page: Page,
    },
    /// A page is no longer wanted.
    PageEnded {
        /// Which.
        page: PageId,
        /// Whose.
        person: PersonId,
        /// Why.
        why: PageEnd,
    },
    /// A device, or a transport, said how far a page got.
    PageReceipt {
        /// Which page.
        page: PageId,
        /// Whose.
        receipt: Receipt,
    },
    /// An attempt to deliver a page came to nothing.
    DeliveryFailed {
        /// Which page.
        page: PageId,
        /// How.
        failure: DeliveryFailure,
    },
    /// The next limit. It replaces the one before.
    DeadlineSet {
        /// The limit.
        deadline: Deadline,
    },
    /// No limit runs any more.
    DeadlineCleared,
}
