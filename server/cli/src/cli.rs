//! The command line.

use core::time::Duration;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use tocsin_ticket::Severity;

use crate::profile::{ProfileArgs, ServerArgs, TrustArgs};
use crate::watch::Destination;

const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  something did not work: a file, the network, the server; try again
  2  the command line was not understood
  3  not valid or not allowed; what was asked must change first";

/// Tocsin, the on-call pager: a siren that only a check-in stops
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = EXIT_CODES,
    after_long_help = format!("\
Examples:
  tocsin demo                                  see it work, on this machine, in two minutes
  tocsin serve --data /var/lib/tocsin          run a server
  tocsin login http://127.0.0.1:8080 CODE      with the code that serve printed
  tocsin apply team.toml                       say who there is, who is on call, what they run
  tocsin enroll ana                            give Ana's phone or desk a code
  tocsin pager --server URL --code CODE        a pager on this desk
  tocsin drill --audible                       ring my phone now, by the way a page takes

{EXIT_CODES}"),
    max_term_width = 100,
    arg_required_else_help = true
)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the server
    #[command(after_help = "\
Examples:
  tocsin serve --data /var/lib/tocsin
  tocsin serve --data /var/lib/tocsin --listen 0.0.0.0:443 --tls-cert chain.pem --tls-key key.pem
  tocsin serve --data /var/lib/tocsin --transports transports.toml
  tocsin serve --data /var/lib/tocsin --heartbeat https://hc.example.org/ping/ID
  TOCSIN_LOG=tocsin_server=debug tocsin serve --data data --log json

The first start prints a code that makes its user the administrator; one that is not used within ten
minutes is replaced at the next start. SIGTERM and SIGINT stop the server after the requests under
way; certificates are read again when their files change.

Without --transports pages travel by live stream alone: a phone whose app is asleep hears nothing. A
commented file to start from: server/push/transports.example.toml in Tocsin's sources. The least one,
which needs no account anywhere, is

  [webpush]
  contact = \"mailto:oncall@example.org\"")]
    Serve(ServeArgs),
    /// Run the gateway of an app's publisher: forwards sealed pages to Apple, for anybody's server
    #[command(after_help = "\
Example:
  tocsin gateway --settings gateway.toml --listen 0.0.0.0:443 --tls-cert chain.pem --tls-key key.pem

The settings, with the address by which servers call it and the publisher's key from Apple:

  origin = \"https://push.example.com\"
  [apns]
  key = { file = \"/etc/tocsin/apns.p8\" }
  key_id = \"ABC123DEFG\"
  team_id = \"DEF123GHIJ\"
  topics = [\"org.example.tocsin\"]

What it forwards is sealed to the phone. It keeps nothing, and logs no request.")]
    Gateway(GatewayArgs),
    /// Watch another Tocsin from outside, and page by its own transports when that is silent
    #[command(after_help = "\
Examples:
  tocsin watch https://pager.example.org --transports transports.toml --page ana@example.org
  tocsin watch https://pager.example.org --transports transports.toml --page text:+493012345678 \\
      --page ana@example.org --after 30s
  tocsin watch https://pager.example.org --transports transports.toml --page +493012345678 --test

Run it on another machine, in another place. It pages when there was no good answer for a minute,
again every five minutes, and says when the server is back. SIGTERM and SIGINT end it with code 0.")]
    Watch(WatchArgs),
    /// Use this server from now on, with a single-use code
    #[command(after_help = "\
Example:
  tocsin login https://pager.example.org 7KQ2M-9XWTA

Scripts need no login: they set TOCSIN_URL and TOCSIN_TOKEN.")]
    Login(LoginArgs),
    /// Show what a team's file would change, ask, and apply it
    #[command(after_help = "\
Examples:
  tocsin apply team.toml
  tocsin apply team.toml --dry-run
  tocsin apply team.toml --yes --json

The file is checked whole before anything is sent. Applying it twice changes nothing. A commented
file to start from: server/directory/example.toml in Tocsin's sources.")]
    Apply(ApplyArgs),
    /// Make a code with which a person enrols a phone, a desk pager or this program
    #[command(after_help = "\
Examples:
  tocsin enroll ana
  tocsin enroll bea --admin

A code works once, for ten minutes. A new one replaces the person's older ones.")]
    Enroll(EnrollArgs),
    /// Make a new key for an integration; its old one stops working
    #[command(after_help = "Example:\n  tocsin key alertmanager")]
    Key(KeyArgs),
    /// Who is on call
    #[command(
        after_help = "Examples:\n  tocsin oncall\n  tocsin oncall --json | jq -r '.[].primary.id'"
    )]
    Oncall(ReadArgs),
    /// Everybody's devices: would they ring now, and what to do if not
    #[command(
        after_help = "Examples:\n  tocsin devices\n  tocsin devices --json | jq -r '.[].readiness.light'"
    )]
    Devices(ReadArgs),
    /// Test a device of yours, by the way that a page takes
    #[command(after_help = "\
Examples:
  tocsin drill
  tocsin drill --audible --device 3f9a2c
  tocsin drill --device \"Ana's phone\" --wait

Silent unless --audible. Fails with code 1 unless the device says in time that it received the drill
and started its siren's output.")]
    Drill(DrillArgs),
    /// List tickets, newest first
    #[command(after_help = "Examples:\n  tocsin tickets\n  tocsin tickets --all --json")]
    Tickets(TicketsArgs),
    /// Tell one ticket's story: who was paged and why, what their phones did, who did what
    #[command(after_help = "Example:\n  tocsin ticket 42")]
    Ticket(TicketArgs),
    /// Raise an alarm by hand
    #[command(after_help = "\
Examples:
  tocsin alarm --service checkout \"Checkout is down\"
  tocsin alarm --service checkout --severity SEV2 --key backup \"Nightly backup failed\"
  tocsin alarm --service checkout --key backup --resolved

A SEV1 without --severity: whoever raises an alarm by hand wants somebody woken.")]
    Alarm(AlarmArgs),
    /// Hear the siren, or write it to a file
    #[command(after_help = "\
Examples:
  tocsin siren --play
  tocsin siren --play --full --seconds 4
  tocsin siren --wav siren.wav")]
    Siren(SirenArgs),
    /// A pager for a desk: rings when you are paged, until you check in
    #[command(after_help = "\
Examples:
  tocsin pager --server https://pager.example.org --code 7KQ2M-9XWTA      the first time
  tocsin pager                                                             from then on
  tocsin pager --store second.db --lang ko

Keys: Enter or c checks in, w starts work, r resolves, n writes a note, t shows the timeline,
Tab and the arrows move, q quits (asks first while you are on call).")]
    Pager(PagerArgs),
    /// See all of it work on this machine: server, alarm, siren, missed check-in, manager
    #[command(after_help = "\
Examples:
  tocsin demo
  tocsin demo --auto --no-sound        play it alone; fails unless every step happened")]
    Demo(DemoArgs),
    /// Print completions for a shell
    #[command(after_help = "Example:\n  tocsin completions bash > /etc/bash_completion.d/tocsin")]
    Completions {
        /// Which shell
        shell: Shell,
    },
}

#[derive(Debug, Args)]
pub struct ServeArgs {
    /// Folder of the database; made when it is not there
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
    /// By what to push, and as whom; without it pages travel by live stream alone
    #[arg(long, value_name = "FILE")]
    pub transports: Option<PathBuf>,
    /// Ask for this address (GET) as long as the server works: a dead man's switch, a second Tocsin
    #[arg(
        long,
        env = "TOCSIN_HEARTBEAT",
        hide_env_values = true,
        value_name = "URL"
    )]
    pub heartbeat: Option<String>,
    /// How often
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = length)]
    pub heartbeat_every: Duration,
    #[command(flatten)]
    pub socket: SocketArgs,
    /// Requests with alarms that are taken from one integration, a second
    #[arg(long, value_name = "N", default_value_t = 2000, value_parser = clap::value_parser!(u32).range(1..))]
    pub alarm_rate: u32,
    #[command(flatten)]
    pub log: LogArgs,
    /// Print the address, and the first start's code, as one line of JSON
    #[arg(long)]
    pub json: bool,
}

/// Where a service listens.
#[derive(Debug, Args)]
pub struct SocketArgs {
    /// Address and port to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// Certificate chain as PEM; without it HTTP is plain, for a proxy in front
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,
    /// The certificate's private key as PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
}

/// What a service says while it runs.
#[derive(Debug, Args)]
pub struct LogArgs {
    /// How the log is written to stderr
    #[arg(long, value_enum, default_value_t = LogFormat::Text)]
    pub log: LogFormat,
    /// What is logged, as in tracing's EnvFilter
    #[arg(
        long,
        env = "TOCSIN_LOG",
        value_name = "FILTER",
        default_value = "info"
    )]
    pub log_filter: String,
}

#[derive(Debug, Args)]
pub struct GatewayArgs {
    /// Its address, the publisher's key from Apple, and how much is taken from whom
    #[arg(long, value_name = "FILE")]
    pub settings: PathBuf,
    #[command(flatten)]
    pub socket: SocketArgs,
    #[command(flatten)]
    pub log: LogArgs,
}

#[derive(Debug, Args)]
pub struct WatchArgs {
    /// The watched server's address
    pub url: String,
    /// By what to page: the mail server and the gateways of a transports file
    #[arg(long, value_name = "FILE")]
    pub transports: PathBuf,
    /// Whom: ana@example.org, +493012345678 or GATEWAY:+493012345678; all of them at once
    #[arg(long, value_name = "ADDRESS", required = true, num_args = 1..)]
    pub page: Vec<Destination>,
    /// How often to look
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = length)]
    pub every: Duration,
    /// Page when there was no good answer for this long
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = length)]
    pub after: Duration,
    /// Page again after this long
    #[arg(long, value_name = "TIME", default_value = "5m", value_parser = length)]
    pub again: Duration,
    /// Send one test page to every address instead, and end: code 0 when all were taken on
    #[arg(long)]
    pub test: bool,
    #[command(flatten)]
    pub trust: TrustArgs,
    #[command(flatten)]
    pub log: LogArgs,
}

#[derive(Debug, Args)]
pub struct DrillArgs {
    /// Let the siren sound for a moment, as loud as a page
    #[arg(long)]
    pub audible: bool,
    /// Which of your devices, by id or name, if you have several
    #[arg(long, value_name = "DEVICE")]
    pub device: Option<String>,
    /// How long the device may take to receive it; without TIME until the drill is over, 5m
    #[arg(
        long,
        value_name = "TIME",
        num_args = 0..=1,
        default_value = "60s",
        default_missing_value = "5m",
        value_parser = length
    )]
    pub wait: Duration,
    #[command(flatten)]
    pub read: ReadArgs,
}

/// How a log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people
    Text,
    /// For machines, an object a line
    Json,
}

#[derive(Debug, Args)]
pub struct LoginArgs {
    /// The server's address
    pub url: String,
    /// The code, as it was shown
    pub code: String,
    /// What this login is called in the server's list of devices
    #[arg(long, value_name = "NAME", default_value = "tocsin command line")]
    pub name: String,
    /// The language in which devices say what is wrong with them
    #[arg(long, value_enum, default_value_t = Lang::En)]
    pub lang: Lang,
    #[command(flatten)]
    pub place: ProfileArgs,
    #[command(flatten)]
    pub trust: TrustArgs,
}

#[derive(Debug, Args)]
pub struct ApplyArgs {
    /// The file
    pub file: PathBuf,
    /// Do not ask
    #[arg(long)]
    pub yes: bool,
    /// Only show what would change
    #[arg(long)]
    pub dry_run: bool,
    /// Print changes and new keys as JSON
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub server: ServerArgs,
}

#[derive(Debug, Args)]
pub struct EnrollArgs {
    /// Whose device it will be: an id of the applied file
    pub person: String,
    /// The device may also configure the server
    #[arg(long)]
    pub admin: bool,
    /// The server's address as the device will reach it, if not by the one used here
    #[arg(long, value_name = "URL")]
    pub reach: Option<String>,
    /// Print code, expiry and link as JSON
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub server: ServerArgs,
}

#[derive(Debug, Args)]
pub struct KeyArgs {
    /// An id of the applied file
    pub integration: String,
    /// Print the key as JSON
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub server: ServerArgs,
}

#[derive(Debug, Args)]
pub struct ReadArgs {
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub server: ServerArgs,
}

#[derive(Debug, Args)]
pub struct TicketsArgs {
    /// Only open ones; this is the default
    #[arg(long, conflicts_with = "all")]
    pub open: bool,
    /// Resolved ones too
    #[arg(long)]
    pub all: bool,
    /// At most this many
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub limit: usize,
    #[command(flatten)]
    pub read: ReadArgs,
}

#[derive(Debug, Args)]
pub struct TicketArgs {
    /// Its number
    #[arg(value_parser = ticket_number)]
    pub ticket: u64,
    #[command(flatten)]
    pub read: ReadArgs,
}

#[derive(Debug, Args)]
pub struct AlarmArgs {
    /// One line that says what is wrong
    #[arg(required_unless_present = "resolved")]
    pub title: Option<String>,
    /// What is in trouble: an id of the applied file
    #[arg(long, value_name = "SERVICE")]
    pub service: String,
    /// SEV1 (worst) to SEV5
    #[arg(long, default_value = "SEV1", value_parser = |text: &str| text.parse::<Severity>())]
    pub severity: Severity,
    /// Names the trouble, so that the same one is not a second ticket [default: from the title]
    #[arg(long, value_name = "KEY")]
    pub key: Option<String>,
    /// The trouble of this title or key is over
    #[arg(long)]
    pub resolved: bool,
    #[command(flatten)]
    pub read: ReadArgs,
}

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("what").required(true).multiple(false))]
pub struct SirenArgs {
    /// Play it on this machine's sound output
    #[arg(long, group = "what")]
    pub play: bool,
    /// Write it to a WAV file (24 s, 48 kHz, 16 bit, mono)
    #[arg(long, group = "what", value_name = "FILE")]
    pub wav: Option<PathBuf>,
    /// How long to play
    #[arg(long, value_name = "N", default_value_t = 12, requires = "play")]
    pub seconds: u32,
    /// At full level from the first pulse, as when a page rings again
    #[arg(long)]
    pub full: bool,
}

#[derive(Debug, Args)]
pub struct PagerArgs {
    /// The server's address; only the first time
    #[arg(long, value_name = "URL", requires = "code")]
    pub server: Option<String>,
    /// The single-use code; only the first time
    #[arg(long, value_name = "CODE", requires = "server")]
    pub code: Option<String>,
    /// What you call this device; only the first time
    #[arg(long, value_name = "NAME", default_value = "desk pager")]
    pub name: String,
    /// This pager's file [default: tocsin/pager.db in the XDG data folder]
    #[arg(long, env = "TOCSIN_STORE", value_name = "FILE")]
    pub store: Option<PathBuf>,
    /// Where the siren sounds
    #[arg(long, value_enum, default_value_t = SoundOutput::Default)]
    pub output: SoundOutput,
    /// The language of the screen [default: from LC_ALL, LC_MESSAGES or LANG]
    #[arg(long, value_enum)]
    pub lang: Option<Lang>,
    /// Write a log to this file; TOCSIN_LOG says what
    #[arg(long, value_name = "FILE")]
    pub log_file: Option<PathBuf>,
    #[command(flatten)]
    pub trust: TrustArgs,
}

/// Where a siren sounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SoundOutput {
    /// This machine's default output; without one, nowhere, and the screen says so
    Default,
    /// Nowhere
    Null,
}

/// A language of the screens.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Lang {
    /// English
    #[default]
    En,
    /// Korean
    Ko,
}

#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Play it without a person, print each step, and fail unless every one happened
    #[arg(long)]
    pub auto: bool,
    /// Let the siren sound nowhere
    #[arg(long)]
    pub no_sound: bool,
    /// The language of the pagers [default: from LC_ALL, LC_MESSAGES or LANG]
    #[arg(long, value_enum)]
    pub lang: Option<Lang>,
}

/// `60s`, `5m`, `1h 30m`: as the team's file has it.
fn length(text: &str) -> Result<Duration, String> {
    text.parse::<SignedDuration>()
        .ok()
        .and_then(|length| Duration::try_from(length).ok())
        .filter(|length| *length >= Duration::from_secs(1))
        .ok_or_else(|| "expected a time of at least a second, such as 60s or 5m".to_owned())
}

/// `42` or `#42`, as tickets are written.
fn ticket_number(text: &str) -> Result<u64, String> {
    text.trim_start_matches('#').parse().map_err(|_| {
        "expected a ticket's number, such as 42; `tocsin tickets` lists them".to_owned()
    })
}
