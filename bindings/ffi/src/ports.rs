//! What the shells perform: sound, clock, device, safe, and on Android the system's authorities. The
//! engine calls them from its own threads; every call returns at once unless it says otherwise, and
//! none may call back into the engine before it returns.
//!
//! A shell's object must not hold the [`crate::Pager`], which holds it.

use std::sync::{Arc, Mutex, PoisonError};

use tocsin_pager::DeviceKeys;
use tocsin_pager::engine::{DeviceStatus, Loudness, SirenEvent};
use tocsin_pager::net::{Authorities, Token};
use tocsin_pager::runtime::{Clock, Device, SirenOutput, SirenReporter, SystemClock};
use tocsin_pager::store::{SecretError, Secrets};
use tocsin_readiness::Facts;
use tocsin_ticket::Millis;

/// A shell could not do what it was asked to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum PortError {
    /// With what the platform said.
    #[error("{text}")]
    Failed {
        /// What failed, and what to do.
        text: String,
    },
}

impl From<uniffi::UnexpectedUniFFICallbackError> for PortError {
    fn from(error: uniffi::UnexpectedUniFFICallbackError) -> Self {
        let text = error.reason;
        Self::Failed { text }
    }
}

/// The sound output. Each call may come again: starting twice sounds once.
#[uniffi::export(with_foreign)]
pub trait SirenPort: Send + Sync {
    /// Sound, or go on sounding; an output that died sounds again. Then say so with
    /// [`crate::Pager::siren_reported`].
    ///
    /// # Errors
    /// When it will not sound; the engine tries again.
    fn start(&self, loudness: Loudness) -> Result<(), PortError>;

    /// Drive the output as for a page up to the start of the sound, in silence, and report
    /// `Rehearsed`.
    ///
    /// # Errors
    /// When it would not sound.
    fn rehearse(&self) -> Result<(), PortError>;

    /// Be silent.
    ///
    /// # Errors
    /// When it goes on sounding; the engine can do nothing about it but write it down.
    fn stop(&self) -> Result<(), PortError>;
}

/// The device's clock, and how its owner reads it.
#[uniffi::export(with_foreign)]
pub trait ClockPort: Send + Sync {
    /// Now, however wrong.
    ///
    /// # Errors
    /// Then the operating system's clock is asked.
    fn now(&self) -> Result<Millis, PortError>;

    /// An instant as the owner reads it, in their zone and manner: "02:43", "2:43 AM".
    ///
    /// # Errors
    /// Then the instant is written in UTC.
    fn time_of_day(&self, at: Millis) -> Result<String, PortError>;
}

/// What the shell knows about the device.
#[uniffi::export(with_foreign)]
pub trait DevicePort: Send + Sync {
    /// Whether it can wake its owner now. Asked at the start and after
    /// [`crate::Pager::device_changed`].
    ///
    /// # Errors
    /// Then nothing is known, which is never green.
    fn facts(&self) -> Result<Facts, PortError>;
}

/// The device's safe: the Keystore on Android, the Keychain on iOS. It must open before the first
/// unlock after a reboot, because pages come then too.
#[uniffi::export(with_foreign)]
pub trait SafePort: Send + Sync {
    /// Keeps a secret in place of the one of this name.
    ///
    /// # Errors
    /// When it was not kept.
    fn keep(&self, name: String, secret: Vec<u8>) -> Result<(), PortError>;

    /// The secret of this name; nothing when there is none.
    ///
    /// # Errors
    /// When it could not be looked up.
    fn find(&self, name: String) -> Result<Option<Vec<u8>>, PortError>;

    /// Forgets the secret of this name, if there is one.
    ///
    /// # Errors
    /// When it is still there.
    fn forget(&self, name: String) -> Result<(), PortError>;
}

/// Whom the system trusts to vouch for servers, for a system that says so to its shells alone:
/// Android's. A server with a certificate of its own is checked against that one instead.
#[uniffi::export(with_foreign)]
pub trait AuthoritiesPort: Send + Sync {
    /// Their certificates, in DER. Asked before an engine's first connection, so that an authority
    /// added today counts from the next start on; it may take as long as it takes to read them.
    ///
    /// # Errors
    /// Then no server is spoken to, and it is asked again for the next connection.
    fn trusted(&self) -> Result<Vec<Vec<u8>>, PortError>;
}

/// The shell's side of the border.
#[derive(Clone, uniffi::Record)]
pub struct Ports {
    /// The sound.
    pub siren: Arc<dyn SirenPort>,
    /// The clock.
    pub clock: Arc<dyn ClockPort>,
    /// The device.
    pub device: Arc<dyn DevicePort>,
    /// The safe.
    pub safe: Arc<dyn SafePort>,
    /// Whom the system trusts; nothing where the core can have the system check a certificate itself,
    /// which is everywhere but on Android.
    #[uniffi(default = None)]
    pub authorities: Option<Arc<dyn AuthoritiesPort>>,
}

impl Ports {
    /// Who may vouch for a server.
    pub fn authorities(&self) -> Authorities {
        let Some(port) = &self.authorities else {
            return Authorities::System;
        };
        let port = Arc::clone(port);
        Authorities::Told(Arc::new(move || {
            port.trusted().map_err(|PortError::Failed { text }| text)
        }))
    }
}

/// The sound output as the engine sees it; it outlives an engine, so that what the shell reports
/// reaches whichever runs.
#[derive(Clone)]
pub struct Siren {
    port: Arc<dyn SirenPort>,
    reporter: Arc<Mutex<Option<SirenReporter>>>,
}

impl Siren {
    pub fn new(port: Arc<dyn SirenPort>) -> Self {
        Self {
            port,
            reporter: Arc::default(),
        }
    }

    /// Passes on what the shell says.
    pub fn report(&self, event: SirenEvent) {
        let reporter = self.reporter.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(reporter) = &*reporter {
            reporter.report(event);
        }
    }

    fn failed(&self, done: Result<(), PortError>) {
        if let Err(PortError::Failed { text }) = done {
            tracing::warn!("siren: {text}");
            self.report(SirenEvent::Failed { reason: text });
        }
    }
}

impl SirenOutput for Siren {
    fn report_to(&self, reporter: SirenReporter) {
        *self.reporter.lock().unwrap_or_else(PoisonError::into_inner) = Some(reporter);
    }

    fn start(&self, loudness: Loudness) {
        tracing::info!(?loudness, "siren: start");
        self.failed(self.port.start(loudness));
    }

    fn rehearse(&self) {
        tracing::info!("siren: rehearse");
        self.failed(self.port.rehearse());
    }

    fn stop(&self) {
        tracing::info!("siren: stop");
        self.failed(self.port.stop());
    }
}

/// The clock as the engine sees it.
pub struct ShellClock(pub Arc<dyn ClockPort>);

impl ShellClock {
    /// An instant as the owner reads it; in UTC where the shell does not say.
    pub fn time_of_day(&self, at: Millis) -> String {
        self.0.time_of_day(at).unwrap_or_else(|_| utc(at))
    }
}

fn utc(at: Millis) -> String {
    let minutes = at.0.div_euclid(60_000);
    let (hour, minute) = (
        minutes.div_euclid(60).rem_euclid(24),
        minutes.rem_euclid(60),
    );
    format!("{hour:02}:{minute:02} UTC")
}

impl Clock for ShellClock {
    fn now(&self) -> Millis {
        self.0.now().unwrap_or_else(|_| SystemClock.now())
    }
}

/// The device as the engine sees it. Readiness says what is wrong with it, so it names no obstacles.
pub struct ShellDevice(pub Arc<dyn DevicePort>);

impl Device for ShellDevice {
    fn status(&self) -> DeviceStatus {
        let facts = self.0.facts().unwrap_or_else(|PortError::Failed { text }| {
            tracing::warn!("device: {text}");
            Facts::default()
        });
        DeviceStatus {
            facts,
            obstacles: Vec::new(),
        }
    }
}

/// The safe as the engine sees it.
pub struct ShellSafe(pub Arc<dyn SafePort>);

const TOKEN: &str = "token";
const KEYS: &str = "keys";

impl ShellSafe {
    /// Forgets everything.
    pub fn empty(&self) -> Result<(), SecretError> {
        for name in [TOKEN, KEYS] {
            self.0.forget(name.to_owned()).map_err(secret_error)?;
        }
        Ok(())
    }
}

impl Secrets for ShellSafe {
    fn keep(&self, token: &Token) -> Result<(), SecretError> {
        let secret = token.reveal().as_bytes().to_vec();
        self.0.keep(TOKEN.to_owned(), secret).map_err(secret_error)
    }

    fn token(&self) -> Result<Option<Token>, SecretError> {
        let Some(secret) = self.0.find(TOKEN.to_owned()).map_err(secret_error)? else {
            return Ok(None);
        };
        let text = String::from_utf8(secret).map_err(|_| damaged(TOKEN))?;
        Ok(Some(Token::new(text)))
    }

    fn keep_keys(&self, keys: &DeviceKeys) -> Result<(), SecretError> {
        let secret = keys.secret().to_vec();
        self.0.keep(KEYS.to_owned(), secret).map_err(secret_error)
    }

    fn keys(&self) -> Result<Option<DeviceKeys>, SecretError> {
        let Some(secret) = self.0.find(KEYS.to_owned()).map_err(secret_error)? else {
            return Ok(None);
        };
        let secret = <[u8; 32]>::try_from(secret).map_err(|_| damaged(KEYS))?;
        Ok(Some(DeviceKeys::new(secret)))
    }
}

fn secret_error(PortError::Failed { text }: PortError) -> SecretError {
    SecretError { reason: text }
}

fn damaged(name: &str) -> SecretError {
    SecretError {
        reason: format!(
            "the device's {name} cannot be read; remove this device and enrol it again"
        ),
    }
}
