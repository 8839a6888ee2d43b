//! A submission server (RFC 6409) over TLS or STARTTLS, which keeps the mail it takes.
//!
//! Takes mail only from who has logged in over TLS, and commands only in the order of RFC 5321
//! section 4.1.4; everything else is refused with the code that section has for it.

use std::collections::{HashSet, VecDeque};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;
use tokio_rustls::TlsAcceptor;

use crate::https;

/// The one user.
pub const USER: &str = "tocsin@example.org";
/// Their password.
pub const PASSWORD: &str = "correct horse";

/// How a connection is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encryption {
    /// From the first byte.
    Implicit,
    /// After STARTTLS.
    Starttls,
    /// Never, which no client of ours may put up with.
    None,
}

/// Where in a conversation something goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// At the greeting.
    Greeting,
    /// At AUTH.
    Auth,
    /// At MAIL.
    Mail,
    /// At RCPT.
    Rcpt,
    /// At DATA.
    Data,
    /// At the end of the message.
    End,
}

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Slip {
    /// Answered with this line instead.
    Reply(&'static str),
    /// Never answered.
    Stall,
    /// The connection is closed.
    Drop,
    /// The message is kept, then the connection is closed. At [`Stage::End`] only.
    KeepAndDrop,
}

/// A mail that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// Over which connection, counted from 1.
    pub connection: u64,
    /// The reverse path.
    pub from: String,
    /// The forward paths.
    pub to: Vec<String>,
    /// Headers and body, with dots unstuffed, lines ending in CRLF.
    pub content: String,
    /// When the last line of it had come.
    pub at: Instant,
}

#[derive(Debug, Default)]
struct State {
    slips: VecDeque<(Stage, Slip)>,
    unknown: HashSet<String>,
    mails: Vec<Mail>,
    said: Vec<String>,
}

/// A running server; it ends when dropped.
#[derive(Debug)]
pub struct Smtp {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    connections: Arc<AtomicU64>,
    accepting: AbortHandle,
}

impl Smtp {
    /// Listens on a free port of 127.0.0.1. Its certificate is for `localhost`.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn start(encryption: Encryption) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let state = Arc::new(Mutex::new(State::default()));
        let connections = Arc::new(AtomicU64::new(0));
        let accepting = {
            let (state, connections) = (Arc::clone(&state), Arc::clone(&connections));
            tokio::spawn(async move {
                while let Ok((stream, _)) = listener.accept().await {
                    let number = connections.fetch_add(1, Ordering::Relaxed) + 1;
                    let session = Session::new(number, encryption, Arc::clone(&state));
                    tokio::spawn(async move {
                        // The client may hang up whenever it likes.
                        let _ = session.serve(stream).await;
                    });
                }
            })
        };
        Ok(Self {
            address,
            state,
            connections,
            accepting: accepting.abort_handle(),
        })
    }

    /// Where it listens.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.address.port()
    }

    /// The next time a conversation comes to `stage`, this goes wrong; in order, each once.
    pub fn slip(&self, stage: Stage, slip: Slip) {
        self.state().slips.push_back((stage, slip));
    }

    /// There is no such mailbox.
    pub fn unknown(&self, mailbox: &str) {
        self.state().unknown.insert(mailbox.to_owned());
    }

    /// What was taken, in order.
    #[must_use]
    pub fn mails(&self) -> Vec<Mail> {
        self.mails_after(0)
    }

    /// What was taken after the first `known`, in order.
    #[must_use]
    pub fn mails_after(&self, known: usize) -> Vec<Mail> {
        self.state().mails[known..].to_vec()
    }

    /// How many were taken.
    #[must_use]
    pub fn count(&self) -> usize {
        self.state().mails.len()
    }

    /// Every command of every connection in order, without what came after DATA and AUTH.
    #[must_use]
    pub fn said(&self) -> Vec<String> {
        self.state().said.clone()
    }

    /// How many connections were made.
    #[must_use]
    pub fn connections(&self) -> u64 {
        self.connections.load(Ordering::Relaxed)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no holder panics")
    }
}

impl Drop for Smtp {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}
type Wire = BufReader<Box<dyn Stream>>;

/// What becomes of the connection.
#[derive(PartialEq, Eq)]
enum Next {
    Continue,
    Close,
    Encrypt,
}

struct Session {
    number: u64,
    encryption: Encryption,
    state: Arc<Mutex<State>>,
    encrypted: bool,
    greeted: bool,
    logged_in: bool,
    from: Option<String>,
    to: Vec<String>,
}

impl Session {
    const fn new(number: u64, encryption: Encryption, state: Arc<Mutex<State>>) -> Self {
        Self {
            number,
            encryption,
            state,
            encrypted: false,
            greeted: false,
            logged_in: false,
            from: None,
            to: Vec::new(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no holder panics")
    }

    async fn serve(mut self, stream: TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let tls = TlsAcceptor::from(https::tls_config());
        let mut wire: Wire = BufReader::new(if self.encryption == Encryption::Implicit {
            self.encrypted = true;
            Box::new(tls.accept(stream).await?)
        } else {
            Box::new(stream)
        });
        if self
            .reply(
                &mut wire,
                Some(Stage::Greeting),
                "220 mail.example.org ESMTP",
            )
            .await?
            == Next::Close
        {
            return Ok(());
        }
        loop {
            let Some(line) = read_line(&mut wire).await? else {
                return Ok(());
            };
            match self.command(&mut wire, &line).await? {
                Next::Continue => {}
                Next::Close => return Ok(()),
                Next::Encrypt => {
                    // Whatever was sent before the handshake is thrown away (RFC 3207, section 4.2).
                    wire = BufReader::new(Box::new(tls.accept(wire.into_inner()).await?));
                    self.encrypted = true;
                    self.greeted = false;
                }
            }
        }
    }

    async fn command(&mut self, wire: &mut Wire, line: &str) -> io::Result<Next> {
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        let verb = verb.to_ascii_uppercase();
        let shown = if verb == "AUTH" { "AUTH …" } else { line };
        self.state().said.push(shown.to_owned());
        let (stage, reply) = match verb.as_str() {
            "EHLO" => {
                self.greeted = true;
                (None, self.capabilities())
            }
            "STARTTLS" if self.encryption == Encryption::Starttls && !self.encrypted => {
                self.reply(wire, None, "220 2.0.0 Ready to start TLS")
                    .await?;
                return Ok(Next::Encrypt);
            }
            "NOOP" => (None, "250 2.0.0 OK".to_owned()),
            "RSET" => {
                self.from = None;
                self.to.clear();
                (None, "250 2.0.0 OK".to_owned())
            }
            "QUIT" => {
                self.reply(wire, None, "221 2.0.0 Bye").await?;
                return Ok(Next::Close);
            }
            "AUTH" => (Some(Stage::Auth), self.auth(rest)),
            "MAIL" => (Some(Stage::Mail), self.mail(rest)),
            "RCPT" => (Some(Stage::Rcpt), self.rcpt(rest)),
            "DATA" if self.to.is_empty() => (None, "503 5.5.1 RCPT first".to_owned()),
            "DATA" => {
                let slip = self.slip(Stage::Data);
                let refused = slip.is_some();
                let reply = "354 End data with <CR><LF>.<CR><LF>";
                let next = self.say(wire, slip, reply).await?;
                return if refused {
                    Ok(next)
                } else {
                    self.content(wire).await
                };
            }
            _ => (None, "502 5.5.1 Command not implemented".to_owned()),
        };
        self.reply(wire, stage, &reply).await
    }

    fn capabilities(&self) -> String {
        let mut lines = vec![
            "mail.example.org",
            "8BITMIME",
            "SMTPUTF8",
            "ENHANCEDSTATUSCODES",
        ];
        if self.encryption == Encryption::Starttls && !self.encrypted {
            lines.push("STARTTLS");
        }
        if self.encrypted {
            lines.push("AUTH PLAIN");
        }
        let last = lines.len() - 1;
        let lines = lines.iter().enumerate().map(|(at, line)| {
            let between = if at == last { ' ' } else { '-' };
            format!("250{between}{line}")
        });
        lines.collect::<Vec<_>>().join("\r\n")
    }

    fn auth(&mut self, rest: &str) -> String {
        if !self.encrypted {
            return "538 5.7.11 Encryption required".to_owned();
        }
        let good = STANDARD.encode(format!("\0{USER}\0{PASSWORD}"));
        if rest.strip_prefix("PLAIN ") == Some(good.as_str()) {
            self.logged_in = true;
            return "235 2.7.0 Authentication successful".to_owned();
        }
        "535 5.7.8 Authentication credentials invalid".to_owned()
    }

    fn mail(&mut self, rest: &str) -> String {
        if !self.greeted || self.from.is_some() {
            return "503 5.5.1 Bad sequence of commands".to_owned();
        }
        if !self.logged_in {
            return "530 5.7.0 Authentication required".to_owned();
        }
        let Some(from) = path(rest, "FROM:") else {
            return "501 5.5.4 Syntax: MAIL FROM:<address>".to_owned();
        };
        if from != USER {
            return format!("553 5.7.1 <{from}>: Sender address rejected: not owned by {USER}");
        }
        self.from = Some(from);
        "250 2.1.0 OK".to_owned()
    }

    fn rcpt(&mut self, rest: &str) -> String {
        if self.from.is_none() {
            return "503 5.5.1 MAIL first".to_owned();
        }
        let Some(to) = path(rest, "TO:") else {
            return "501 5.5.4 Syntax: RCPT TO:<address>".to_owned();
        };
        if self.state().unknown.contains(&to) {
            return format!("550 5.1.1 <{to}>: Recipient address rejected: User unknown");
        }
        self.to.push(to);
        "250 2.1.5 OK".to_owned()
    }

    async fn content(&mut self, wire: &mut Wire) -> io::Result<Next> {
        let mut content = String::new();
        loop {
            let Some(line) = read_line(wire).await? else {
                return Ok(Next::Close);
            };
            if line == "." {
                break;
            }
            content.push_str(line.strip_prefix('.').unwrap_or(&line));
            content.push_str("\r\n");
        }
        let mail = Mail {
            connection: self.number,
            from: self.from.take().unwrap_or_default(),
            to: core::mem::take(&mut self.to),
            content,
            at: Instant::now(),
        };
        let slip = self.slip(Stage::End);
        if matches!(slip, None | Some(Slip::KeepAndDrop)) {
            self.state().mails.push(mail);
        }
        self.say(wire, slip, "250 2.0.0 Queued").await
    }

    fn slip(&self, stage: Stage) -> Option<Slip> {
        let mut state = self.state();
        let next = state.slips.front().filter(|(at, _)| *at == stage);
        next.is_some()
            .then(|| state.slips.pop_front().map(|(_, slip)| slip))
            .flatten()
    }

    async fn reply(&self, wire: &mut Wire, stage: Option<Stage>, reply: &str) -> io::Result<Next> {
        let slip = stage.and_then(|stage| self.slip(stage));
        self.say(wire, slip, reply).await
    }

    async fn say(&self, wire: &mut Wire, slip: Option<Slip>, reply: &str) -> io::Result<Next> {
        let (reply, next) = match slip {
            None => (reply, Next::Continue),
            Some(Slip::Stall) => std::future::pending().await,
            Some(Slip::Drop | Slip::KeepAndDrop) => return Ok(Next::Close),
            // The server closes after 421 (RFC 5321, section 3.8); a refused DATA goes on.
            Some(Slip::Reply(reply)) if reply.starts_with("421") => (reply, Next::Close),
            Some(Slip::Reply(reply)) => (reply, Next::Continue),
        };
        wire.write_all(format!("{reply}\r\n").as_bytes()).await?;
        wire.flush().await?;
        Ok(next)
    }
}

/// The mailbox of `FROM:<a@b> SIZE=1`.
fn path(rest: &str, keyword: &str) -> Option<String> {
    let rest = rest.strip_prefix(keyword)?.strip_prefix('<')?;
    Some(rest.split_once('>')?.0.to_owned())
}

/// A line without its CRLF; `None` at the end.
async fn read_line(wire: &mut Wire) -> io::Result<Option<String>> {
    let mut line = String::new();
    if wire.read_line(&mut line).await? == 0 {
        return Ok(None);
    }
    match line.strip_suffix("\r\n") {
        Some(line) => Ok(Some(line.to_owned())),
        None => Err(io::Error::other("a line without CRLF")),
    }
}
