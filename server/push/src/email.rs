//! E-mail by SMTP submission (RFC 6409), for what is to be read or when nothing else is left.
//!
//! lettre writes the messages and speaks the protocol. The pool is our own for two reasons: which
//! command was refused decides whether a mailbox is gone or our settings are wrong, and a connection
//! whose attempt was given up in the middle must never be used again, or the next page would take
//! the answer to this one for its own.

use core::fmt;
use core::time::Duration;
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use futures_util::future::BoxFuture;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MessageBuilder};
use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{
    AsyncSmtpConnection, Certificate, TlsParameters, TlsParametersBuilder,
};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt, Rset};
use lettre::transport::smtp::extension::{ClientId, Extension, MailParameter};
use lettre::transport::smtp::response::{Code, Severity};
use lettre::{Address as EmailAddress, Message};
use serde::Deserialize;
use tocsin_ticket::Millis;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout};

use crate::http::SetupError;
use crate::secret::SecretSource;
use crate::{Address, Outcome, Purpose, Push, Transport};

/// An attempt ends within 10 s, also where the server says nothing.
const LIMIT: Duration = Duration::from_secs(9);
/// Postfix by default takes 50 connections from one client; others fewer.
const MOST_CONNECTIONS: usize = 8;
/// Servers wait 5 minutes for the next command (RFC 5321, section 4.5.3.2.7), some not that long.
const IDLE_LIMIT: Duration = Duration::from_secs(60);

/// How mail leaves: `[email]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmailSettings {
    /// The submission server's name, which its certificate must bear.
    pub host: String,
    /// Without one, the port of [`Security`].
    #[serde(default)]
    pub port: Option<u16>,
    /// How the connection is encrypted. It always is.
    #[serde(default)]
    pub security: Security,
    /// As whom. Without it, the server must take mail from this machine.
    #[serde(default)]
    pub login: Option<EmailLogin>,
    /// The sender, such as `Tocsin <tocsin@example.org>`.
    #[serde(deserialize_with = "mailbox")]
    pub from: Mailbox,
}

/// How a connection to a submission server is encrypted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Security {
    /// From the first byte, at port 465, as RFC 8314 section 3 prefers.
    #[default]
    Tls,
    /// By STARTTLS (RFC 3207), at port 587. A server that does not offer it gets no mail.
    Starttls,
}

impl Security {
    const fn port(self) -> u16 {
        match self {
            Self::Tls => 465,
            Self::Starttls => 587,
        }
    }
}

/// Who we are for the submission server: `[email.login]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmailLogin {
    /// The user's name.
    pub user: String,
    /// Their password.
    pub password: SecretSource,
}

fn mailbox<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Mailbox, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(|error| {
        serde::de::Error::custom(format!(
            "expected a sender such as \"Tocsin <tocsin@example.org>\", got {text:?} ({error}); \
             correct it"
        ))
    })
}

/// Sends mail by one submission server, over a few connections that are kept.
pub struct Email {
    server: (String, u16),
    security: Security,
    tls: TlsParameters,
    hello: ClientId,
    login: Option<Credentials>,
    from: Mailbox,
    idle: Mutex<Vec<Idle>>,
    places: Semaphore,
}

struct Idle {
    connection: AsyncSmtpConnection,
    since: Instant,
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Email({}:{})", self.server.0, self.server.1)
    }
}

impl Email {
    /// Gets ready. Connects when there is something to say. Trusts the system's certificates and
    /// those in `extra_roots_pem`, a PEM bundle that may be empty.
    ///
    /// # Errors
    /// A setting that cannot be used, and what to do.
    pub fn start(settings: &EmailSettings, extra_roots_pem: &str) -> Result<Self, SetupError> {
        let login = settings.login.as_ref().map(|login| {
            let password = login.password.read().map_err(|why| SetupError {
                field: "login.password",
                why,
            })?;
            let credentials = (login.user.clone(), password.reveal().to_owned());
            Ok(Credentials::from(credentials))
        });
        let tls = Certificate::from_pem(extra_roots_pem.as_bytes())
            .and_then(|roots| {
                TlsParametersBuilder::new(settings.host.clone())
                    .add_root_certificate(roots)
                    .build()
            })
            .map_err(|error| SetupError {
                field: "host",
                why: format!(
                    "expected certificates to trust it by, got: {error}; install the system's CA \
                     certificates, or correct ca_file"
                ),
            })?;
        Ok(Self {
            server: (
                settings.host.clone(),
                settings.port.unwrap_or(settings.security.port()),
            ),
            security: settings.security,
            tls,
            hello: ClientId::default(),
            login: login.transpose()?,
            from: settings.from.clone(),
            idle: Mutex::default(),
            places: Semaphore::new(MOST_CONNECTIONS),
        })
    }

    async fn attempt(&self, to: &EmailAddress, push: &Push, now: Millis) -> Outcome {
        let message = match self.message(to, push, now) {
            Ok(message) => message,
            Err(error) => {
                return Outcome::Refused {
                    why: format!("no message can be made of this page: {error}"),
                };
            }
        };
        let Ok(_place) = self.places.acquire().await else {
            unreachable!("the semaphore is never closed");
        };
        let mut connection = match self.connection().await {
            Ok(connection) => connection,
            Err(error) => return self.judge(Stage::Connection, &error),
        };
        let said = converse(&mut connection, &message).await;
        let (outcome, usable) = match said {
            Ok(Ok(())) => (Outcome::Accepted, true),
            Ok(Err(code)) => {
                let why = format!(
                    "{} answered DATA with {code}, which is not SMTP",
                    self.server.0
                );
                (Outcome::Unknown { why }, false)
            }
            Err((stage, error)) => {
                // 421: the server is about to close the connection (RFC 5321, section 3.8).
                let answered = error.status().is_some_and(|code| u16::from(code) != 421);
                let usable = answered && connection.command(Rset).await.is_ok();
                (self.judge(stage, &error), usable)
            }
        };
        if usable {
            let since = Instant::now();
            let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
            idle.push(Idle { connection, since });
        }
        outcome
    }

    /// A connection that waits for a message: the one used last, or a new one.
    async fn connection(&self) -> Result<AsyncSmtpConnection, SmtpError> {
        while let Some(mut connection) = self.take_idle() {
            if connection.test_connected().await {
                return Ok(connection);
            }
        }
        let (host, port) = (self.server.0.as_str(), self.server.1);
        let outer = match self.security {
            Security::Tls => Some(self.tls.clone()),
            Security::Starttls => None,
        };
        let mut connection =
            AsyncSmtpConnection::connect_tokio1((host, port), None, &self.hello, outer, None)
                .await?;
        if self.security == Security::Starttls {
            connection.starttls(self.tls.clone(), &self.hello).await?;
        }
        if let Some(login) = &self.login {
            connection.auth(DEFAULT_MECHANISMS, login).await?;
        }
        Ok(connection)
    }

    fn take_idle(&self) -> Option<AsyncSmtpConnection> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|idle| idle.since.elapsed() < IDLE_LIMIT);
        idle.pop().map(|idle| idle.connection)
    }

    fn message(
        &self,
        to: &EmailAddress,
        push: &Push,
        now: Millis,
    ) -> Result<Message, lettre::error::Error> {
        let date = SystemTime::UNIX_EPOCH
            + Duration::from_millis(u64::try_from(now.0).unwrap_or_default());
        let domain = self.from.email.domain();
        let mut message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to.clone()))
            .subject(push.words.subject.clone())
            .date(date)
            // The same for every attempt, so that a mailbox can show it once.
            .message_id(Some(format!("<{}@{domain}>", push.id)))
            .header(ContentType::TEXT_PLAIN);
        // RFC 3834, section 5: nobody's vacation notice shall answer.
        message = raw(message, "Auto-Submitted", "auto-generated");
        if push.purpose == Purpose::Page {
            message = raw(message, "Importance", "high");
            message = raw(message, "X-Priority", "1");
        }
        message.body(push.words.body.clone())
    }

    /// What a refusal means, which depends on what was refused.
    fn judge(&self, stage: Stage, error: &SmtpError) -> Outcome {
        let why = format!("{} at {}: {error}", self.server.0, stage.name());
        let Some(code) = error.status() else {
            if error.is_client() {
                return Outcome::Refused {
                    why: format!("{why}; check host, port, security and login of [email]"),
                };
            }
            return Outcome::Unknown { why };
        };
        if error.is_transient() {
            return Outcome::RetryAfter { after: None, why };
        }
        let said = error.to_string();
        let about_mailbox = match enhanced(&said) {
            // RFC 3463: 5.1.1 no such mailbox, 5.1.2 no such system, 5.1.3 no address, 5.1.6 moved,
            // 5.2.1 disabled; RFC 7505: 5.1.10 takes no mail. 5.1.7 and 5.1.8 are about the sender,
            // 5.7 about what we may do.
            Some((subject, detail)) => {
                matches!((subject, detail), (1, 1 | 2 | 3 | 6 | 10) | (2, 1))
            }
            None => stage == Stage::Recipient && matches!(u16::from(code), 550 | 551 | 553),
        };
        if about_mailbox && stage >= Stage::Recipient {
            return Outcome::DeadToken { why };
        }
        let advice = match stage {
            Stage::Connection => "check login of [email]",
            Stage::Sender => "check that this login may send as [email] from",
            Stage::Recipient | Stage::Data => {
                "check that this login may send to everybody, and the server's log"
            }
        };
        Outcome::Refused {
            why: format!("{why}; {advice}"),
        }
    }
}

fn raw(message: MessageBuilder, name: &'static str, value: &str) -> MessageBuilder {
    let name = HeaderName::new_from_ascii_str(name);
    message.raw_header(HeaderValue::new(name, value.to_owned()))
}

/// How far a message has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Connection,
    Sender,
    Recipient,
    Data,
}

impl Stage {
    const fn name(self) -> &'static str {
        match self {
            Self::Connection => "connecting",
            Self::Sender => "MAIL",
            Self::Recipient => "RCPT",
            Self::Data => "DATA",
        }
    }
}

/// A whole message as it is sent after DATA. `AsyncSmtpConnection::message` sends its end on its own,
/// which then waits for the server's delayed acknowledgement of the rest, some 40 ms.
struct Content<'a>(&'a [u8]);

impl fmt::Display for Content<'_> {
    /// RFC 5321, section 4.5.2: a line that begins with a dot gets another one, for a line with
    /// nothing else ends the message.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in String::from_utf8_lossy(self.0).split_terminator("\r\n") {
            let dot = if line.starts_with('.') { "." } else { "" };
            write!(f, "{dot}{line}\r\n")?;
        }
        f.write_str(".\r\n")
    }
}

/// Says a message. Inside, whether its end was answered as RFC 5321 has it, or with which code.
async fn converse(
    connection: &mut AsyncSmtpConnection,
    message: &Message,
) -> Result<Result<(), Code>, (Stage, SmtpError)> {
    let envelope = message.envelope();
    let mut addresses = envelope.to().iter().chain(envelope.from());
    let utf8 = addresses.any(|address| !AsRef::<str>::as_ref(address).is_ascii())
        && connection
            .server_info()
            .supports_feature(Extension::SmtpUtfEight);
    let options = if utf8 {
        vec![MailParameter::SmtpUtfEight]
    } else {
        Vec::new()
    };
    let mail = Mail::new(envelope.from().cloned(), options);
    connection
        .command(mail)
        .await
        .map_err(|error| (Stage::Sender, error))?;
    for to in envelope.to() {
        connection
            .command(Rcpt::new(to.clone(), Vec::new()))
            .await
            .map_err(|error| (Stage::Recipient, error))?;
    }
    let go_on = connection
        .command(Data)
        .await
        .map_err(|error| (Stage::Data, error))?;
    if go_on.code().severity != Severity::PositiveIntermediate {
        return Ok(Err(go_on.code()));
    }
    let taken = connection
        .command(Content(&message.formatted()))
        .await
        .map_err(|error| (Stage::Data, error))?;
    Ok(match taken.code() {
        code if code.severity == Severity::PositiveCompletion => Ok(()),
        code => Err(code),
    })
}

/// The subject and detail of an enhanced status code (RFC 3463, section 2) such as the 1 and 1 of
/// `5.1.1`, wherever it stands in what a server said.
fn enhanced(said: &str) -> Option<(u16, u16)> {
    said.split([' ', '-', '(', ')', ':', '#', '\n'])
        .find_map(|word| {
            let mut numbers = word.strip_prefix("5.")?.split('.');
            let subject = numbers.next()?.parse().ok()?;
            let detail = numbers.next()?.parse().ok()?;
            numbers.next().is_none().then_some((subject, detail))
        })
}

impl Transport for Email {
    fn send<'a>(&'a self, to: &'a Address, push: &'a Push, now: Millis) -> BoxFuture<'a, Outcome> {
        Box::pin(async move {
            let Address::Mailbox { email } = to else {
                return Outcome::Refused {
                    why: "e-mail goes to mailboxes; this address is none".to_owned(),
                };
            };
            let to = match email.parse::<EmailAddress>() {
                Ok(to) => to,
                Err(error) => {
                    return Outcome::DeadToken {
                        why: format!("no e-mail address: {error}"),
                    };
                }
            };
            match timeout(LIMIT, self.attempt(&to, push, now)).await {
                Ok(outcome) => outcome,
                Err(_) => Outcome::Unknown {
                    why: format!("{} said nothing for {} s", self.server.0, LIMIT.as_secs()),
                },
            }
        })
    }
}
