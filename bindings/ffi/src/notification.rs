//! What iOS's notification service extension does of a pager.
//!
//! A push wakes the extension, not the app: another process, with 24 MB and 30 s
//! (<https://developer.apple.com/documentation/usernotifications/unnotificationserviceextension>).
//! It opens the payload, says what the system is to show and sound, and reports that it came; what it
//! says is [`tocsin_pager::notification`]'s. It starts no engine and writes nothing.
//!
//! **What it needs to know** (the server and whom it trusts, names, the server's clock, which pages
//! were answered here) the app's pager leaves in a plain file in the folder that both share
//! ([`Glimpse`]). It does not read the pager's own file: iOS ends an app that is suspended while it
//! holds a lock on a file that others share. Token and keys are in the safe, which both share. Without
//! the file the push is taken at its word.
//!
//! **How the app gets the payload**: a notification keeps what came with it, so nobody else has to.
//! When it is tapped, and for those that are still shown when the app starts, the app takes it out
//! again ([`sealed_push`]) and gives it to its pager, before the tap. What was swiped away comes by
//! sync.

use core::time::Duration;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tocsin_pager::net::NetworkError;
use tocsin_pager::notification::{
    self, Manner, NotificationCategory, NotificationContent, PAGE, ReadPush,
};
use tocsin_pager::runtime::{Clock, system_random};
use tocsin_pager::store::Glimpse;
use tocsin_pager::{HttpNetwork, Language, Network, Secrets};
use tocsin_ticket::Transport;
use tocsin_wire::CommandId;

use crate::pager::glimpse_in;
use crate::ports::{ShellClock, ShellSafe};
use crate::threads::Threads;
use crate::{ClockPort, PagerError, Push, SafePort};

/// What a notifier is told.
#[derive(Debug, Clone, uniffi::Record)]
pub struct NotifierSetup {
    /// The folder that the app's pager shares: [`crate::Setup::shared_folder`].
    pub folder: String,
    /// The language of every text.
    pub language: Language,
    /// Apple granted critical alerts to the app, and the person allows them. Otherwise a page is time
    /// sensitive.
    pub critical_alerts: bool,
    /// The owner of the device wants nothing that it shows to say what a page is, or was, about.
    pub hides_content: bool,
}

/// Makes a notification of a push, and reports that it came.
#[derive(uniffi::Object)]
pub struct Notifier {
    setup: NotifierSetup,
    clock: ShellClock,
    safe: ShellSafe,
}

#[uniffi::export]
impl Notifier {
    /// A notifier, for one push or many.
    #[uniffi::constructor]
    #[must_use]
    pub fn new(
        setup: NotifierSetup,
        clock: Arc<dyn ClockPort>,
        safe: Arc<dyn SafePort>,
    ) -> Arc<Self> {
        Arc::new(Self {
            setup,
            clock: ShellClock(clock),
            safe: ShellSafe(safe),
        })
    }

    /// What the system is to show and sound of a push. If it cannot be read, and the server marked it
    /// as a page, that is the loud [`generic_page`].
    ///
    /// `payload`: the field `t` of the push as it came, if it has one. `category`: the push's own,
    /// empty if it has none.
    #[must_use]
    pub fn open(&self, payload: Option<String>, category: String) -> NotificationContent {
        let NotifierSetup {
            language,
            critical_alerts,
            hides_content,
            ..
        } = self.setup;
        match self.read(payload.as_deref().unwrap_or_default()) {
            Ok(push) => push.content(
                self.glimpse().map(Glimpse::saved),
                self.clock.now(),
                &Manner {
                    language,
                    critical_alerts,
                    hides_content,
                    time_of_day: &|at| self.clock.time_of_day(at),
                },
            ),
            Err(_) if category == PAGE => notification::generic_page(language, critical_alerts),
            Err(error) => notification::unreadable(&error.to_string(), language),
        }
    }

    /// Tells the server that this device has what the push brought, if that says anything to be told
    /// of. It ends within so many milliseconds.
    ///
    /// # Errors
    /// [`PagerError`]; nothing has to be done about it, because the app reports again when it runs.
    pub async fn report_received(&self, payload: String, within_ms: u32) -> Result<(), PagerError> {
        let push = self.read(&payload)?;
        let glimpse = self.glimpse().ok_or_else(PagerError::not_enrolled)?;
        let token = self.safe.token()?.ok_or_else(PagerError::not_enrolled)?;
        let random = system_random().map_err(|error| PagerError::device(&error))?;
        let id = CommandId::new(format!("n-{}", hex::encode(random())));
        let network = HttpNetwork::new(glimpse.account().server, token);
        let Some(batch) = push.receipts(Some(glimpse.saved()), self.clock.now(), id) else {
            return Ok(());
        };
        let within = Duration::from_millis(within_ms.into());
        let send = async move {
            let sent = tokio::time::timeout(within, network.receipts(&batch)).await;
            Ok(sent.unwrap_or_else(|_| {
                let reason = "no answer in time".to_owned();
                Err(NetworkError::Unreachable { reason })
            })?)
        };
        Threads::new(1)?.run(send).await
    }
}

impl Notifier {
    fn read(&self, payload: &str) -> Result<ReadPush, PagerError> {
        let push = sealed_push(payload.to_owned()).ok_or_else(PagerError::no_push)?;
        let keys = self.safe.keys()?.ok_or_else(PagerError::not_enrolled)?;
        let json = keys
            .open(&push.bytes)
            .map_err(|error| PagerError::device(&error))?;
        ReadPush::new(json, self.setup.language).map_err(|text| PagerError::Device { text })
    }

    fn glimpse(&self) -> Option<Glimpse> {
        let glimpse = Glimpse::read(&glimpse_in(&self.setup.folder));
        glimpse
            .inspect_err(|error| tracing::warn!("a push is taken at its word: {error}"))
            .ok()
    }
}

/// A page of which nothing is known but that it is one: loud, in the person's language.
#[uniffi::export]
#[must_use]
pub fn generic_page(language: Language, critical_alerts: bool) -> NotificationContent {
    notification::generic_page(language, critical_alerts)
}

/// The buttons of all notifications, for the app to tell the system of when it starts and when the
/// language changes. They work without unlocking.
#[uniffi::export]
#[must_use]
pub fn notification_categories(language: Language) -> Vec<NotificationCategory> {
    notification::categories(language)
}

/// What a notification of Apple's keeps for the app: its field `t`, as [`crate::Setup::woken_by`] and
/// [`crate::Pager::receive_push`] take it; nothing when it is none.
#[uniffi::export]
#[must_use]
pub fn sealed_push(payload: String) -> Option<Push> {
    let bytes = URL_SAFE_NO_PAD.decode(payload).ok()?;
    (!bytes.is_empty()).then_some(Push {
        transport: Transport::Apns,
        bytes,
    })
}
