//! What a person can do about a ticket now, decided once for both platforms.

use tocsin_pager::View;
use tocsin_pager::engine::{PageStatus, TicketItem};
use tocsin_ticket::TicketState;

/// Something to do about a ticket. The server has the last word, and says why when it is no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum Deed {
    /// [`crate::Pager::check_in`].
    CheckIn,
    /// [`crate::Pager::start_work`]; for whoever is not the owner, taking over.
    StartWork,
    /// [`crate::Pager::resolve`].
    Resolve,
    /// [`crate::Pager::reopen`].
    Reopen,
    /// [`crate::Pager::cannot_help`]: the next person is paged.
    CannotHelp,
    /// [`crate::Pager::ask_help`].
    AskHelp,
    /// [`crate::Pager::join_conference`], and the address to open.
    JoinConference,
    /// [`crate::Pager::convene`].
    Convene,
    /// [`crate::Pager::name_role`].
    NameRole,
    /// [`crate::Pager::update_status`].
    UpdateStatus,
    /// [`crate::Pager::extend_limit`]; the server lets managers, once in each state.
    ExtendLimit,
    /// [`crate::Pager::reassign`].
    Reassign,
    /// [`crate::Pager::set_severity`].
    SetSeverity,
    /// [`crate::Pager::add_note`].
    AddNote,
}

/// What can be done, most usual first.
pub fn of(view: &View, item: &TicketItem) -> Vec<Deed> {
    let state = item.state.get().copied();
    if state == Some(TicketState::Resolved) {
        return vec![Deed::Reopen, Deed::AddNote];
    }
    let page = view.pages.iter().find(|page| page.ticket == item.ticket.id);
    let paged = page.is_some_and(|page| page.status != PageStatus::Answered);
    let conference = item.conference.as_ref();
    let meets = conference.filter(|it| it.closed_at.is_none());
    let is_there = meets.is_some_and(|it| it.url.is_some());
    let offers = [
        (Deed::CheckIn, paged || state == Some(TicketState::Assigned)),
        (Deed::StartWork, state != Some(TicketState::WorkInProgress)),
        (Deed::Resolve, true),
        (Deed::CannotHelp, paged),
        (Deed::AskHelp, true),
        (Deed::JoinConference, is_there),
        (Deed::Convene, meets.is_none()),
        (Deed::NameRole, is_there),
        (Deed::UpdateStatus, true),
        (Deed::ExtendLimit, item.ticket.deadline.is_some()),
        (Deed::Reassign, true),
        (Deed::SetSeverity, true),
        (Deed::AddNote, true),
    ];
    let offered = offers.into_iter().filter(|(_, offered)| *offered);
    offered.map(|(deed, _)| deed).collect()
}
