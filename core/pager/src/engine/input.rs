//! What can happen to a phone.

use core::time::Duration;

use tocsin_readiness::{Facts, Language};
use tocsin_ticket::{TicketId, Transport};
use tocsin_wire::{
    Action, CommandId, CommandReply, PushChannel, PushRegistration, SyncPage, Timeline,
};

use super::LinkId;
use crate::net::{NetworkError, StreamEvent};

/// Something that happened, in the order in which it did.
#[derive(Debug, Clone)]
pub enum Input {
    /// The phone's process runs. The first input of every run, and only the first.
    Started,
    /// A push message arrived.
    Push {
        /// How it came.
        transport: Transport,
        /// What was in it, unsealed: JSON of a `tocsin_wire::PushPayload`, still unchecked. Or why it
        /// could not be unsealed: then it is not for this device, or from nobody who may push to it.
        opened: Result<Vec<u8>, String>,
    },
    /// The answer to [`super::Effect::Sync`].
    Synced {
        /// The effect's link; an answer on a link that was replaced since is ignored.
        link: LinkId,
        /// One page, or why there is none.
        result: Result<Box<SyncPage>, NetworkError>,
    },
    /// The stream of [`super::Effect::Stream`] brought something.
    Stream {
        /// The effect's link.
        link: LinkId,
        /// What it brought. Keep-alives count: a stream that brings nothing at all for
        /// [`super::STREAM_SILENCE`] is taken for dead.
        event: StreamEvent,
    },
    /// The stream of [`super::Effect::Stream`] ended or never began.
    StreamEnded {
        /// The effect's link.
        link: LinkId,
        /// Why.
        error: NetworkError,
    },
    /// The person tapped.
    Tap {
        /// Names the tap for ever; from 128 random bits.
        id: CommandId,
        /// Which ticket.
        ticket: TicketId,
        /// What they want.
        action: Action,
    },
    /// The person tapped "check in to all": every ticket with a page that rings.
    CheckInAll {
        /// Names the tap for ever; from 128 random bits.
        id: CommandId,
    },
    /// The page screen of this ticket was in front of the person.
    Seen {
        /// Which ticket.
        ticket: TicketId,
    },
    /// The answer to [`super::Effect::SendCommand`]; each gets exactly one, if need be a time-out.
    CommandAnswered {
        /// The tap.
        id: CommandId,
        /// The server's word, or why there is none.
        result: Result<Box<CommandReply>, NetworkError>,
    },
    /// The answer to [`super::Effect::SendReceipts`]; each gets exactly one.
    ReceiptsAnswered {
        /// The batch.
        id: CommandId,
        /// Whether the server has it.
        result: Result<(), NetworkError>,
    },
    /// The ways to push to this device, all of them, as far as the shell knows.
    PushChannels(Vec<PushChannel>),
    /// The answer to [`super::Effect::RegisterPush`]; each gets exactly one.
    PushRegistered {
        /// What was sent.
        registration: PushRegistration,
        /// Whether the server has it.
        result: Result<(), NetworkError>,
    },
    /// The answer to [`super::Effect::SendStatus`]; each gets exactly one.
    StatusAnswered(Result<(), NetworkError>),
    /// "I know": the person has seen the pager's own alarm and wants no other for a while; see
    /// [`super::LocalAlarm`]. Also before going offline on purpose.
    GoingOffline {
        /// For how long; [`super::OFFLINE_WINDOW`] by default.
        length: Duration,
    },
    /// A ticket's whole timeline was fetched because somebody looks at it.
    TimelineFetched(Box<Timeline>),
    /// The siren output reports.
    Siren(SirenEvent),
    /// The device can (or cannot) wake its person, as far as the shell can tell.
    Device(DeviceStatus),
    /// The person reads this language from now on. Notices stay in the language in which they were
    /// written.
    Language(Language),
    /// The person has read a notice.
    NoticeDismissed {
        /// Its number.
        number: u64,
    },
    /// [`super::Effect::Store`] failed; its changes are kept and tried again with the next ones.
    StoreFailed {
        /// Why, in words.
        reason: String,
    },
    /// Storing works again.
    StoreRecovered,
    /// The instant asked for by [`super::Effect::Wake`] has come. Early or extra ones do no harm.
    Wake,
}

/// What a siren output says about itself.
#[derive(Debug, Clone, PartialEq)]
pub enum SirenEvent {
    /// It sounds.
    Started {
        /// Loudness where the device can tell: 0 silent to 1 full output.
        effective_volume: Option<f32>,
    },
    /// The answer to [`super::SirenCommand::Rehearse`]: the output was driven up to the start of the
    /// sound.
    Rehearsed {
        /// Loudness that a siren would have had, where the device can tell.
        effective_volume: Option<f32>,
    },
    /// It does not sound, or no longer, or could not be rehearsed.
    Failed {
        /// Why, in words.
        reason: String,
    },
}

/// What the shell knows about the device's ability to wake somebody.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeviceStatus {
    /// What the shell knows about itself; the engine adds what it knows better: the stream, the
    /// registration of pushes, the clock, the newest drill.
    pub facts: Facts,
    /// What stands in the way.
    pub obstacles: Vec<Obstacle>,
}

/// Something on the device that keeps a page from waking its person.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Obstacle {
    /// There is no sound output.
    NoSoundOutput,
    /// The volume that the siren uses is so low that it may not wake anybody.
    VolumeLow,
    /// Notifications, or those over the lock screen, are not allowed.
    NotificationsBlocked,
    /// Silence or do-not-disturb that the siren cannot break.
    SilencedBySystem,
    /// The system may put the app to sleep.
    BackgroundRestricted,
    /// Something only this shell knows, in words.
    Other(String),
}
