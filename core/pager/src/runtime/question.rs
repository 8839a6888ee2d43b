//! Requests of the shell that the engine need not know about: asked of the server, answered to whoever
//! asked, kept nowhere.

use tocsin_ticket::TicketId;
use tocsin_wire::{DrillView, OnCall, PushInfo, ShiftView, TicketDetail};
use tokio::sync::oneshot;

use crate::net::{Network, NetworkError};

/// Where an answer goes. Whoever asked may have stopped waiting.
pub(super) type Reply<T> = oneshot::Sender<Result<T, NetworkError>>;

/// What is asked, and where the answer goes.
#[derive(Debug)]
pub(super) enum Question {
    PushInfo(Reply<PushInfo>),
    OnCall(Reply<Vec<OnCall>>),
    Shifts(Reply<Vec<ShiftView>>),
    Drill {
        audible: bool,
        reply: Reply<DrillView>,
    },
    Ticket(TicketId, Reply<TicketDetail>),
}

impl Question {
    /// Asks the server and passes its answer on.
    pub async fn ask(self, network: &impl Network) {
        match self {
            Self::PushInfo(reply) => drop(reply.send(network.push_info().await)),
            Self::OnCall(reply) => drop(reply.send(network.on_call().await)),
            Self::Shifts(reply) => drop(reply.send(network.shifts().await)),
            Self::Drill { audible, reply } => {
                drop(reply.send(network.order_drill(audible).await));
            }
            Self::Ticket(ticket, reply) => drop(reply.send(network.ticket_detail(ticket).await)),
        }
    }
}
