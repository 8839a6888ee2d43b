//! Where a conference meets, found in the transaction that convenes it: the first page has it, and
//! waits for nobody's answer.

use tocsin_ticket::{Bridge, TeamId, Ticket, TicketId};

use super::Desk;
use crate::outbound::bridge::{Pool, Provider, Rooms};
use crate::store::StoreError;
use tocsin_directory::MeetingPlace;

impl Desk<'_> {
    /// Where a conference of the ticket meets or would meet; `None`: the team holds none.
    pub(super) fn bridge(
        &mut self,
        ticket: Option<&Ticket>,
        team: &TeamId,
    ) -> Result<Option<Bridge>, StoreError> {
        let teams = self.directory.config().teams();
        let Some(conference) = teams.get(team).and_then(|team| team.conference.as_ref()) else {
            return Ok(None);
        };
        let held = ticket.and_then(|ticket| ticket.conference.as_ref());
        if let Some(open) = held.filter(|conference| conference.closed_at.is_none()) {
            return Ok(Some(open.bridge.clone()));
        }
        let id = ticket.map_or(TicketId(*self.last_ticket + 1), |ticket| ticket.id);
        let rows = self.transaction.outbound();
        let mut is_free = |bridge: &Bridge| Ok(!rows.is_met_at(&bridge.url, id)?);
        match &conference.place {
            MeetingPlace::Links(links) => Pool(links).bridge(id, &mut is_free),
            MeetingPlace::Rooms(server) => Rooms {
                server,
                key: self.key,
            }
            .bridge(id, &mut is_free),
        }
    }
}
