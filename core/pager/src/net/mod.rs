//! The server, as the phone engine sees it: a few requests behind one trait.
//!
//! [`Network`] promises that every call ends by itself, with an answer or a [`NetworkError`], and
//! that nothing a server sends can make it panic or take more than a bounded amount of memory.
//! [`HttpNetwork`] is the real one; the simulation has its own.

mod http;
mod server;
mod sse;

use core::time::Duration;
use std::future::Future;

use futures_util::Stream;
use tocsin_readiness::Facts;
use tocsin_ticket::TicketId;
use tocsin_wire::{
    CommandReply, CommandRequest, Cursor, Drill, DrillView, Duty, Hello, OnCall, PushInfo,
    PushRegistration, ReceiptBatch, ServerNotice, ShiftView, SyncPage, TicketDetail, Timeline,
    Update,
};

pub use http::HttpNetwork;
pub use server::{Authorities, Server, ServerError, Token};

/// Something that the live stream brought.
#[derive(Debug, Clone, PartialEq)]
pub enum StreamEvent {
    /// The stream is live.
    Hello(Hello),
    /// A ticket changed.
    Update {
        /// Where to continue from.
        cursor: Cursor,
        /// What happened.
        update: Box<Update>,
    },
    /// When the person is on call and the device is tested.
    Duty(Duty),
    /// A test of the stream.
    Drill(Drill),
    /// Something to read.
    Notice(ServerNotice),
    /// The cursor is of no use any more: sync from the start.
    Reset,
    /// There is much to catch up on: sync from the cursor.
    CatchUp,
    /// A comment line or an event of a kind only a newer server knows; the stream is alive.
    KeepAlive,
    /// An update, duty or drill that this version cannot read.
    Unreadable {
        /// Where to continue from, if that much could be read.
        cursor: Option<Cursor>,
        /// What was wrong with it.
        reason: String,
    },
}

/// Why the server gave no usable answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NetworkError {
    /// It was not reached, or the connection broke or was silent for too long.
    #[error("the server was not reached: {reason}")]
    Unreachable {
        /// What the connection said.
        reason: String,
    },
    /// It was reached and could not answer now: 408, 429 or 5xx.
    #[error("the server cannot answer now (HTTP {status}); trying again")]
    Busy {
        /// The HTTP status.
        status: u16,
        /// The least time to wait, when the server named one.
        retry_after: Option<Duration>,
    },
    /// It does not know this device: 401.
    #[error("the server no longer knows this device; enrol it again")]
    Unauthorized,
    /// It will never accept this request: any other 4xx.
    #[error("the server refused (HTTP {status}): {detail}")]
    Rejected {
        /// The HTTP status.
        status: u16,
        /// What was wrong and what to do next, in the server's words.
        detail: String,
    },
    /// Its answer makes no sense to this version.
    #[error("the server's answer could not be read: {reason}")]
    Garbled {
        /// What was wrong with it.
        reason: String,
    },
}

/// What a running pager asks of its server. Dropping a returned future or stream cancels it.
pub trait Network: Send + Sync + 'static {
    /// `GET /v1/sync`: one page after the cursor, or the first page of a snapshot.
    fn sync(
        &self,
        after: Option<Cursor>,
    ) -> impl Future<Output = Result<SyncPage, NetworkError>> + Send;

    /// `GET /v1/stream`: what happens from the cursor on. The stream ends with its first error; one
    /// that ends without an error was closed by the server.
    fn stream(
        &self,
        after: Cursor,
    ) -> impl Future<
        Output = Result<
            impl Stream<Item = Result<StreamEvent, NetworkError>> + Send + 'static,
            NetworkError,
        >,
    > + Send;

    /// `POST /v1/commands`. A refusal is an answer, not an error.
    fn command(
        &self,
        request: &CommandRequest,
    ) -> impl Future<Output = Result<CommandReply, NetworkError>> + Send;

    /// `POST /v1/receipts`.
    fn receipts(
        &self,
        batch: &ReceiptBatch,
    ) -> impl Future<Output = Result<(), NetworkError>> + Send;

    /// `PUT /v1/device/push`.
    fn register_push(
        &self,
        registration: &PushRegistration,
    ) -> impl Future<Output = Result<(), NetworkError>> + Send;

    /// `PUT /v1/device/status`.
    fn status(&self, facts: &Facts) -> impl Future<Output = Result<(), NetworkError>> + Send;

    /// `GET /v1/push`.
    fn push_info(&self) -> impl Future<Output = Result<PushInfo, NetworkError>> + Send;

    /// `GET /v1/oncall`.
    fn on_call(&self) -> impl Future<Output = Result<Vec<OnCall>, NetworkError>> + Send;

    /// `GET /v1/shifts`, from now on and as far ahead as the server does without being told.
    fn shifts(&self) -> impl Future<Output = Result<Vec<ShiftView>, NetworkError>> + Send;

    /// `POST /v1/drills` for this device.
    fn order_drill(
        &self,
        audible: bool,
    ) -> impl Future<Output = Result<DrillView, NetworkError>> + Send;

    /// `GET /v1/tickets/{id}`.
    fn ticket_detail(
        &self,
        ticket: TicketId,
    ) -> impl Future<Output = Result<TicketDetail, NetworkError>> + Send;

    /// `GET /v1/tickets/{id}/timeline`.
    fn timeline(
        &self,
        ticket: TicketId,
    ) -> impl Future<Output = Result<Timeline, NetworkError>> + Send;
}
