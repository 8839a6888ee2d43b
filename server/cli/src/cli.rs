//! The command line.

use core::time::Duration;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::LazyLock;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use jiff::civil::{DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, Zoned};
use serde::{Deserialize, Serialize};
use tocsin_learning::RunbookName;
use tocsin_server::audit::Head;
use tocsin_server::rights::Right;
use tocsin_ticket::{Millis, Severity};

use crate::profile::{ProfileArgs, ServerArgs, TrustArgs};
use crate::respond::TicketDeedArgs;
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
    /// Ask push services whether they would take pages
    #[command(subcommand)]
    Push(PushCommand),
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

The file is checked whole before anything is sent. Applying it twice changes nothing. Where it would
move somebody's shift within two weeks, it says whose and asks; --yes says yes to that too. A commented
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
    /// Who is on call when, in every layer, with mentors and swaps
    #[command(after_help = "\
Examples:
  tocsin shifts
  tocsin shifts --team shop --weeks 8
  tocsin shifts --json | jq -r '.[] | select(.layer == 1) | .person.id'

Times are on this machine's clock.")]
    Shifts(ShiftsArgs),
    /// Swap shifts with somebody, if they accept
    #[command(
        args_conflicts_with_subcommands = true,
        after_help = "\
Examples:
  tocsin swap
  tocsin swap propose --team shop --gives 2026-04-14T12:00 --takes 2026-04-21T12:00
  tocsin swap accept 3

You give the whole shift in which --gives lies and take the whole shift in which --takes lies; times
are on this machine's clock. Until the other side accepts, nothing changes."
    )]
    Swap(SwapArgs),
    /// What goes from one person on call to the next: open tickets, notes, what happened this week
    #[command(after_help = "\
Examples:
  tocsin handoff shop
  tocsin handoff shop --note \"the database moves tonight, expect SEV3s\"
  tocsin handoff shop --have-it

Until a phone of the next person has proved that it can ring, whoever had the pager stays on call.
The next person or a manager can say that they have it all the same: --have-it.")]
    Handoff(HandoffArgs),
    /// Work on services that is announced: their alarms open tickets, but page nobody before it ends
    #[command(
        subcommand,
        after_help = "\
Examples:
  tocsin maintenance add \"new switch\" --service checkout --service payments --for 2h
  tocsin maintenance list
  tocsin maintenance end 3
  tocsin tickets --held maintenance            what came meanwhile"
    )]
    Maintenance(MaintenanceCommand),
    /// Not to be woken for less than a SEV1, for four hours at most; your managers are told
    #[command(after_help = "\
Examples:
  tocsin quiet 90m
  tocsin quiet 06:00
  tocsin quiet off                             what waited and still burns pages at once

New tickets of yours wait. What people do still rings: an escalation, a reassignment, a call for help.")]
    Quiet(QuietArgs),
    /// Addresses of your shifts and your teams', for a calendar program; older ones stop working
    #[command(after_help = "\
Examples:
  tocsin calendar
  tocsin calendar --json | jq -r .own

Every call makes new addresses. They show the shifts of 60 days back to 180 ahead.")]
    Calendar(ReadArgs),
    /// Make a team's file of what another pager gives away
    #[command(after_help = "\
Examples:
  tocsin import pagerduty schedule.json --team shop > team.toml
  tocsin import opsgenie schedules/Shop-d875e654.json > team.toml
  tocsin import goalert answer.json > team.toml
  tocsin import ical oncall.ics > team.toml
  tocsin import holidays berlin.ics --team berlin >> team.toml

What could not be carried over is said on stderr, each with its place in the file. Nothing is sent to
a server: read the file, complete it, then tocsin apply team.toml.", after_long_help = IMPORT_HELP.as_str())]
    Import(ImportArgs),
    /// Everybody's devices: would they ring now, and what to do if not
    #[command(
        args_conflicts_with_subcommands = true,
        after_help = "\
Examples:
  tocsin devices
  tocsin devices --json | jq -r '.[].readiness.light'
  tocsin devices revoke 3f9a2c               a lost phone: its token stops working"
    )]
    Devices(DevicesArgs),
    /// Tokens for scripts and dashboards: less rights than you have, and an end
    #[command(subcommand)]
    Token(TokenCommand),
    /// Whoever is told outside: webhooks, subscribers of status updates; what they were not told
    #[command(subcommand)]
    Webhooks(WebhooksCommand),
    /// Who changed rights, configuration, keys, tokens and codes; and is that log whole?
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Copy a server's database to a file, while the server runs
    #[command(after_help = "\
Example:
  tocsin backup --data /var/lib/tocsin /var/backups/tocsin-2026-11-23.db

Run it on the server's machine, as the server's user. The copy has every ticket that was answered
before the command began. It is checked, on disk, and readable by you alone: it has secrets in it.")]
    Backup(BackupArgs),
    /// Put a backup in the place of a server's database
    #[command(after_help = "\
Example:
  tocsin restore --data /var/lib/tocsin /var/backups/tocsin-2026-11-23.db

Stop the server first. The backup is checked before anything is replaced, and what was there stays
beside it.")]
    Restore(BackupArgs),
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
    ///
    /// Or do something about it: check in, ask for help, say how things stand.
    #[command(after_help = "\
Examples:
  tocsin ticket 42
  tocsin ticket 42 check-in
  tocsin ticket 42 ask --service payments \"Do you see timeouts too?\"
  tocsin ticket 42 status \"We roll the last release back\"
  tocsin ticket 42 severity SEV1")]
    Ticket(TicketDeedArgs),
    /// Why a ticket paged whom it paged: each decision, by which rule, and what the rule looked at
    #[command(after_help = "Examples:\n  tocsin why 42\n  tocsin why 42 --zone Asia/Seoul")]
    Why(WhyArgs),
    /// Why a ticket did not wake somebody, by the log and the configuration that held then
    #[command(after_help = "Example:\n  tocsin why-not 42 ben")]
    WhyNot(WhyNotArgs),
    /// Who would ring when, level by level, if an alarm came; nobody is paged
    #[command(after_help = "\
Examples:
  tocsin rehearse checkout
  tocsin rehearse checkout --at 2027-03-28T02:30 --zone Europe/Berlin --sev 1
  tocsin rehearse checkout --checked-in-after 4m       in hand after four minutes, and then idle
  tocsin rehearse checkout --phones-off                nobody's phone receives anything
  tocsin rehearse checkout --file team.toml            by a file that is not applied yet")]
    Rehearse(RehearseArgs),
    /// What a configuration lacks although it is valid: gaps, single points of failure, dead ends
    #[command(after_help = "\
Examples:
  tocsin check team.toml         a file that is not applied yet
  tocsin check                   what is in use, and who has no device that would ring

Ends with code 1 when there is an error: somebody would not be woken.")]
    Check(CheckArgs),
    /// Past tickets that were like this one, and what resolved them
    #[command(after_help = "Example:\n  tocsin similar 42")]
    Similar(TicketArgs),
    /// Runbooks: what to do, attached to the alarms they are about, every version kept
    #[command(after_help = "\
Examples:
  tocsin runbook list --ticket 42                  those about this ticket, the most specific first
  tocsin runbook edit checkout-down                in your editor; a new one when there is none
  tocsin runbook edit checkout-down --file checkout-down.md
  tocsin runbook show checkout-down --version 3")]
    Runbook(RunbookArgs),
    /// Corrections of error: what happened, why, and what changes so that it does not happen again
    #[command(after_help = "\
Examples:
  tocsin coe list --state draft
  tocsin coe edit 42                               in your editor; its timeline is filled in
  tocsin coe export 42 --format html --out coe-42.html

A SEV1 that is over needs one and has a draft; a SEV2 may have one.")]
    Coe(CoeArgs),
    /// What being on call cost: pages by part of the day, lost sleep, noise, what to fix first
    #[command(after_help = "\
Examples:
  tocsin report                                    this week and the three before
  tocsin report --team shop --weeks 1 --html report.html
  tocsin report --from 2026-01-01 --until 2026-04-01 --csv > quarter.csv

Days are by the team's calendar; parts of the day by the clock of whoever was paged.")]
    Report(ReportArgs),
    /// Raise an alarm by hand
    #[command(after_help = "\
Examples:
  tocsin alarm --service checkout \"Checkout is down\"
  tocsin alarm --service checkout --severity SEV2 --key backup \"Nightly backup failed\"
  tocsin alarm --service checkout --key backup --resolved
  tocsin alarm --dry-run payload.json --integration uptime      what it would do, paging nobody
  tocsin alarm --dry-run - --integration grafana --format alertmanager < payload.json

A SEV1 without --severity: whoever raises an alarm by hand wants somebody woken.")]
    Alarm(AlarmArgs),
    /// Hand over a mail from standard input as an alarm, for a mail server to pipe to
    #[command(after_help = "\
Postfix, in master.cf, with transport_maps naming it for the pager's domain:
  tocsin unix - n n - - pipe user=nobody
    argv=/usr/bin/tocsin mail-in --server https://pager.example.org --to ${recipient}

A mail goes to KEY@your.domain, KEY being an integration's. Exit code 75 asks the mail server to try
again later; 65 is for good.")]
    MailIn(MailInArgs),
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

Keys: Enter or c checks in, w starts work, r resolves, h asks for help, p passes a page on, j joins
the conference, u gives a status update, n writes a note, ? lists everything else, t shows the
timeline, Tab and the arrows move, q quits (asks first).")]
    Pager(PagerArgs),
    /// See all of it work on this machine: server, alarm, siren, missed check-in, manager
    #[command(after_help = "\
Examples:
  tocsin demo
  tocsin demo --sev1                   the second act: an incident with a conference
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

#[derive(Debug, Subcommand)]
pub enum PushCommand {
    /// Apple's: the key, its team, and each app of `topics`, at both of Apple's services
    #[command(after_help = "\
Example:
  tocsin push apns --transports transports.toml

It pushes to a device that nobody has; when that is all that Apple complains of, the key is good. Builds
that Xcode puts on a phone are served by sandbox, those of TestFlight and the App Store by production.
Code 0: both would take pages for every app; 3: Apple refuses one; 1: it did not answer.")]
    Apns(PushApnsArgs),
}

#[derive(Debug, Args)]
pub struct PushApnsArgs {
    /// The file that `tocsin serve` is given, with `[apns.own]`
    #[arg(long, value_name = "FILE")]
    pub transports: PathBuf,
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

/// Where each importer's file is from.
static IMPORT_HELP: LazyLock<String> = LazyLock::new(|| {
    format!(
        "\
pagerduty   the answer to GET /schedules/{{id}}?since=…&until=… of its REST API
opsgenie    the answer to GET /v2/schedules/{{id}}, or a file of the folder `schedules` that
            opsgenie-configuration-backup writes
goalert     the answer to this question, asked in GoAlert's GraphQL explorer:

{}
ical        the calendar that a pager publishes
holidays    a calendar of public holidays: prints a [[holidays]] with the id of --team

What could not be carried over is said on stderr, each with its place in the file.",
        tocsin_import::GOALERT_QUERY
    )
});

#[derive(Debug, Args)]
pub struct ImportArgs {
    /// What the file is from
    #[arg(value_enum)]
    pub from: ImportFrom,
    /// The file; - reads stdin
    pub file: PathBuf,
    /// The id that the team, or the calendar of holidays, gets
    #[arg(long, value_name = "ID")]
    pub team: Option<String>,
}

/// Something to import from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ImportFrom {
    /// A schedule of PagerDuty
    Pagerduty,
    /// A schedule of Opsgenie
    Opsgenie,
    /// A schedule of GoAlert
    Goalert,
    /// Shifts in a calendar
    Ical,
    /// Public holidays in a calendar
    Holidays,
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
pub struct DevicesArgs {
    #[command(subcommand)]
    pub command: Option<DevicesCommand>,
    #[command(flatten)]
    pub read: ReadArgs,
}

#[derive(Debug, Subcommand)]
pub enum DevicesCommand {
    /// Make a device's token worthless: yours, or as an administrator anybody's
    Revoke(RevokeArgs),
}

/// What is to stop working.
#[derive(Debug, Args)]
pub struct RevokeArgs {
    /// Its id, or as much of it as tells it from the others
    pub id: String,
    #[command(flatten)]
    pub server: ServerArgs,
}

#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// Make a token, shown once
    #[command(after_help = "\
Examples:
  tocsin token create dashboard --scope read --scope report --expires 90d
  TOCSIN_TOKEN=$(tocsin token create ci --scope respond --json | jq -r .secret) tocsin alarm ...")]
    Create(TokenArgs),
    /// Your tokens, or as an administrator everybody's
    List(ReadArgs),
    /// Make a token worthless
    Revoke(RevokeArgs),
}

#[derive(Debug, Args)]
pub struct TokenArgs {
    /// What it is for
    pub name: String,
    /// What it may do: read, report, respond, manage, configure; never more than you may
    #[arg(long = "scope", value_name = "SCOPE", required = true, num_args = 1)]
    pub scopes: Vec<Right>,
    /// How long it works: at most 366d
    #[arg(long, value_name = "TIME", default_value = "30d", value_parser = lifetime)]
    pub expires: Duration,
    #[command(flatten)]
    pub read: ReadArgs,
}

#[derive(Debug, Subcommand)]
pub enum WebhooksCommand {
    /// Who is told, how that goes, and how much was given up on
    List(ReadArgs),
    /// What somebody was not told
    #[command(after_help = "Example:\n  tocsin webhooks dead chat")]
    Dead(DeadLettersArgs),
    /// Send dead letters again, and try again at once who does not answer or answered 410
    #[command(after_help = "\
Examples:
  tocsin webhooks redeliver chat
  tocsin webhooks redeliver chat --letter 17")]
    Redeliver(RedeliverArgs),
    /// Make a new secret, shown once; the one before signs too for 24 hours
    #[command(after_help = "Example:\n  tocsin webhooks rotate chat")]
    Rotate(RotateArgs),
}

#[derive(Debug, Args)]
pub struct DeadLettersArgs {
    /// The webhook's id, or another of `tocsin webhooks list`
    pub id: String,
    #[command(flatten)]
    pub read: ReadArgs,
}

#[derive(Debug, Args)]
pub struct RedeliverArgs {
    /// The webhook's id, or another of `tocsin webhooks list`
    pub id: String,
    /// Only this one, by its number
    #[arg(long, value_name = "NUMBER")]
    pub letter: Option<u64>,
    #[command(flatten)]
    pub read: ReadArgs,
}

#[derive(Debug, Args)]
pub struct RotateArgs {
    /// The webhook's id, or `conference:TEAM` for who makes a team's bridges
    pub id: String,
    #[command(flatten)]
    pub read: ReadArgs,
}

#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// What was done, oldest first
    List(ReadArgs),
    /// Check that no entry was changed, removed or put in; names the first that is wrong
    #[command(after_help = "\
Examples:
  tocsin audit verify
  tocsin audit verify --file /var/backups/tocsin-2026-11-23.db
  tocsin audit verify --head 41:7be1…        that what you saw before is still there

It prints the log's head, NUMBER:HASH. Keep it: a log whose end was cut off is whole in itself, and
only somebody who knows an earlier head can tell.")]
    Verify(VerifyArgs),
}

#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// A database or backup on this machine, instead of a server's answer
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// A head that an earlier run printed, which must be part of the log
    #[arg(long, value_name = "NUMBER:HASH")]
    pub head: Option<Head>,
    #[command(flatten)]
    pub server: ServerArgs,
}

#[derive(Debug, Args)]
pub struct BackupArgs {
    /// The backup
    pub file: PathBuf,
    /// Folder of the server's database
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
}

#[derive(Debug, Args)]
pub struct ShiftsArgs {
    /// Only those of this team
    #[arg(long, value_name = "TEAM")]
    pub team: Option<String>,
    /// How many weeks ahead, 1 to 52
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=52))]
    pub weeks: u8,
    #[command(flatten)]
    pub read: ReadArgs,
}

#[derive(Debug, Args)]
pub struct SwapArgs {
    #[command(subcommand)]
    pub what: Option<SwapCommand>,
    #[command(flatten)]
    pub read: ReadArgs,
}

#[derive(Debug, Args)]
pub struct HandoffArgs {
    /// Of which team
    pub team: String,
    /// Something that the next person is to know
    #[arg(long, value_name = "TEXT")]
    pub note: Option<String>,
    /// The next person has the pager, whatever their phone has proved
    #[arg(long, conflicts_with = "note")]
    pub have_it: bool,
    #[command(flatten)]
    pub read: ReadArgs,
}

#[derive(Debug, Subcommand)]
pub enum SwapCommand {
    /// Ask somebody to take a shift of yours for one of theirs
    Propose(ProposeArgs),
    /// Agree to a swap that was proposed to you
    Accept(AnswerArgs),
    /// Do not agree to it
    Refuse(AnswerArgs),
    /// Take back a swap that you proposed
    Withdraw(AnswerArgs),
}

#[derive(Debug, Args)]
pub struct ProposeArgs {
    /// Of which team
    #[arg(long, value_name = "TEAM")]
    pub team: String,
    /// In which of its layers: 1 is the primary, 2 the secondary
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..))]
    pub layer: u8,
    /// Any moment of the shift you give, such as 2026-04-14T12:00
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub gives: Millis,
    /// Any moment of the shift you take
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub takes: Millis,
    #[command(flatten)]
    pub read: ReadArgs,
}

#[derive(Debug, Args)]
pub struct AnswerArgs {
    /// The swap's number
    pub id: u64,
    #[command(flatten)]
    pub read: ReadArgs,
}

/// A time on this machine's clock, or one with an offset.
fn moment(text: &str) -> Result<Millis, String> {
    let instant = text.parse::<Timestamp>().or_else(|_| {
        let local: DateTime = text.parse()?;
        Ok(local.to_zoned(TimeZone::system())?.timestamp())
    });
    instant
        .map(|at| Millis(at.as_millisecond()))
        .map_err(|_: jiff::Error| {
            "expected a time such as 2026-04-14T12:00 or 2026-04-14T12:00+02:00".to_owned()
        })
}

#[derive(Debug, Args)]
pub struct TicketsArgs {
    /// Only open ones; this is the default
    #[arg(long, conflicts_with = "all")]
    pub open: bool,
    /// Resolved ones too
    #[arg(long)]
    pub all: bool,
    /// Only those that page nobody by a rule, or by this one, and those that never did
    #[arg(long, value_enum, value_name = "RULE", num_args = 0..=1, default_missing_value = "any")]
    pub held: Option<Held>,
    /// At most this many
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub limit: usize,
    #[command(flatten)]
    pub read: ReadArgs,
}

/// By which rule tickets page nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Held {
    /// Whichever
    Any,
    /// The service's hold-off
    HoldOff,
    /// Announced work
    Maintenance,
    /// The on-call's quiet time
    Quiet,
}

impl Held {
    /// As the server reads it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Any => "true",
            Self::HoldOff => "hold_off",
            Self::Maintenance => "maintenance",
            Self::Quiet => "quiet",
        }
    }
}

#[derive(Debug, Subcommand)]
pub enum MaintenanceCommand {
    /// Announce work: alarms about these services page nobody meanwhile
    Add(AnnounceArgs),
    /// What is announced and not over
    List(ReadArgs),
    /// End it now, or call it off: what still burns pages at once
    End(WindowArgs),
}

#[derive(Debug, Args)]
pub struct AnnounceArgs {
    /// What people call it
    pub name: String,
    /// What is worked on: ids of the applied file, services of one team
    #[arg(long = "service", value_name = "SERVICE", required = true)]
    pub services: Vec<String>,
    /// For how long, such as 2h; at most 7 days
    #[arg(long = "for", value_name = "TIME", value_parser = length, required_unless_present = "until")]
    pub length: Option<Duration>,
    /// Until when, such as 2026-04-14T02:00
    #[arg(long, value_name = "TIME", value_parser = moment, conflicts_with = "length")]
    pub until: Option<Millis>,
    /// From when on [default: now]
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub from: Option<Millis>,
    /// What for
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    #[command(flatten)]
    pub read: ReadArgs,
}

#[derive(Debug, Args)]
pub struct WindowArgs {
    /// The window's number
    pub id: u64,
    #[command(flatten)]
    pub server: ServerArgs,
}

#[derive(Debug, Args)]
pub struct QuietArgs {
    /// For how long, such as 90m; or until when on this machine's clock, such as 06:00; at most 4 h.
    /// "off" ends it, "show" shows it
    #[arg(value_name = "TIME|off|show", default_value = "show", value_parser = quiet_until)]
    pub until: QuietUntil,
    #[command(flatten)]
    pub read: ReadArgs,
}

/// What is asked of one's quiet time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuietUntil {
    /// Whether there is one.
    Show,
    /// No more of it.
    Off,
    /// So long from now.
    For(Duration),
    /// Until then.
    Clock(Millis),
}

/// `90m`, `06:00`, `off` or `show`.
fn quiet_until(text: &str) -> Result<QuietUntil, String> {
    const EXPECTED: &str = "expected a length of time such as 90m, a time of day such as 06:00, \
                            \"off\" or \"show\"";
    match text {
        "show" => Ok(QuietUntil::Show),
        "off" => Ok(QuietUntil::Off),
        clock if clock.contains(':') => {
            let time: Time = clock.parse().map_err(|_| EXPECTED.to_owned())?;
            next(time, Timestamp::now().to_zoned(TimeZone::system()))
                .map(QuietUntil::Clock)
                .ok_or_else(|| EXPECTED.to_owned())
        }
        other => length(other)
            .map(QuietUntil::For)
            .map_err(|_| EXPECTED.to_owned()),
    }
}

/// When the clock next shows this time.
fn next(time: Time, now: Zoned) -> Option<Millis> {
    let today = now.date().to_datetime(time);
    let at = |day: DateTime| day.to_zoned(now.time_zone().clone()).ok();
    let next = at(today).filter(|at| *at > now);
    let next = next.or_else(|| at(now.date().tomorrow().ok()?.to_datetime(time)))?;
    Some(Millis(next.timestamp().as_millisecond()))
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
pub struct WhyArgs {
    /// The ticket's number
    #[arg(value_parser = ticket_number)]
    pub ticket: u64,
    /// By the clocks of this IANA zone [default: the team's]
    #[arg(long, value_name = "ZONE")]
    pub zone: Option<String>,
    #[command(flatten)]
    pub read: ReadArgs,
}

#[derive(Debug, Args)]
pub struct WhyNotArgs {
    /// The ticket's number
    #[arg(value_parser = ticket_number)]
    pub ticket: u64,
    /// Who: an id of the configuration
    pub person: String,
    /// By the clocks of this IANA zone [default: the team's]
    #[arg(long, value_name = "ZONE")]
    pub zone: Option<String>,
    #[command(flatten)]
    pub read: ReadArgs,
}

#[derive(Debug, Args)]
pub struct RehearseArgs {
    /// What would be in trouble: an id of the configuration
    pub service: String,
    /// When, on the clock of the zone or with an offset [default: now]
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
    /// An IANA zone [default: the team's]
    #[arg(long, value_name = "ZONE")]
    pub zone: Option<String>,
    /// How bad: 1 (worst) to 5
    #[arg(long = "sev", value_name = "N", default_value = "SEV1", value_parser = |text: &str| text.parse::<Severity>())]
    pub severity: Severity,
    /// Whoever is paged first checks in after this time, and does nothing else
    #[arg(long, value_name = "TIME", value_parser = |text: &str| length(text).map(|_| text.to_owned()))]
    pub checked_in_after: Option<String>,
    /// Nobody's phone receives anything; otherwise phones ring, and nobody answers
    #[arg(long)]
    pub phones_off: bool,
    /// Ask this team's file, not the server
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    #[command(flatten)]
    pub read: ReadArgs,
}

#[derive(Debug, Args)]
pub struct CheckArgs {
    /// A file [default: what is in use on the server]
    pub file: Option<PathBuf>,
    #[command(flatten)]
    pub read: ReadArgs,
}

#[derive(Debug, Args)]
pub struct RunbookArgs {
    #[command(subcommand)]
    pub command: RunbookCommand,
}

#[derive(Debug, Subcommand)]
pub enum RunbookCommand {
    /// List them, or those about one ticket
    List(RunbookListArgs),
    /// Read one
    Show(RunbookShowArgs),
    /// Write one, or a new version of it
    Edit(RunbookEditArgs),
    /// Who saved it when
    History(RunbookShowArgs),
}

#[derive(Debug, Args)]
pub struct RunbookListArgs {
    /// Only those about this ticket, the most specific first
    #[arg(long, value_name = "TICKET", value_parser = ticket_number)]
    pub ticket: Option<u64>,
    #[command(flatten)]
    pub read: ReadArgs,
}

#[derive(Debug, Args)]
pub struct RunbookShowArgs {
    /// Its name
    pub name: RunbookName,
    /// Whose, if you are in several teams
    #[arg(long, value_name = "TEAM")]
    pub team: Option<String>,
    /// An older version
    #[arg(long, value_name = "N")]
    pub version: Option<u32>,
    #[command(flatten)]
    pub read: ReadArgs,
}

#[derive(Debug, Args)]
pub struct RunbookEditArgs {
    /// Its name: 1 to 64 of a-z, 0-9 and -
    pub name: RunbookName,
    /// Whose, if you are in several teams
    #[arg(long, value_name = "TEAM")]
    pub team: Option<String>,
    /// Save this file instead of opening an editor
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// The version that the file was made from [default: the newest]
    #[arg(long, value_name = "N", requires = "file")]
    pub base: Option<u32>,
    #[command(flatten)]
    pub server: ServerArgs,
}

#[derive(Debug, Args)]
pub struct CoeArgs {
    #[command(subcommand)]
    pub command: CoeCommand,
}

#[derive(Debug, Subcommand)]
pub enum CoeCommand {
    /// List them, those of the newest tickets first
    List(CoeListArgs),
    /// Read one
    Show(TicketArgs),
    /// Write one
    Edit(CoeEditArgs),
    /// Write it out as Markdown, or as a page of HTML to send and print
    Export(CoeExportArgs),
    /// Action items that should be done by now
    Overdue(ReadArgs),
}

#[derive(Debug, Args)]
pub struct CoeListArgs {
    /// Only those that got this far
    #[arg(long, value_enum)]
    pub state: Option<CoeStateArg>,
    #[command(flatten)]
    pub read: ReadArgs,
}

/// How far a COE got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CoeStateArg {
    /// Somebody still writes, or nobody has begun
    Draft,
    /// The reviewers read
    InReview,
    /// Everybody can learn from it
    Done,
}

#[derive(Debug, Args)]
pub struct CoeEditArgs {
    /// The ticket's number
    #[arg(value_parser = ticket_number)]
    pub ticket: u64,
    /// Save this file instead of opening an editor
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// The version that the file was made from [default: the newest]
    #[arg(long, value_name = "N", requires = "file")]
    pub base: Option<u32>,
    #[command(flatten)]
    pub server: ServerArgs,
}

#[derive(Debug, Args)]
pub struct CoeExportArgs {
    /// The ticket's number
    #[arg(value_parser = ticket_number)]
    pub ticket: u64,
    /// As what
    #[arg(long, value_enum, default_value_t = ExportFormat::Markdown)]
    pub format: ExportFormat,
    /// Into this file, not to the terminal
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    #[command(flatten)]
    pub server: ServerArgs,
}

/// What a COE is written out as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// For a repository or a wiki
    Markdown,
    /// For a browser, a printer or a PDF
    Html,
}

#[derive(Debug, Args)]
pub struct ReportArgs {
    /// One of your teams [default: all of them]
    #[arg(long, value_name = "TEAM")]
    pub team: Option<String>,
    /// This many calendar weeks, the present one included [default: 4]
    #[arg(long, value_name = "N", conflicts_with_all = ["from", "until"], value_parser = clap::value_parser!(u8).range(1..=52))]
    pub weeks: Option<u8>,
    /// The first day, such as 2026-06-01, or the first instant
    #[arg(long, value_name = "DAY")]
    pub from: Option<String>,
    /// The day or the instant before which it ends [default: now]
    #[arg(long, value_name = "DAY")]
    pub until: Option<String>,
    /// Print a table for spreadsheets
    #[arg(long, conflicts_with_all = ["html", "json"])]
    pub csv: bool,
    /// Write a page with charts to this file
    #[arg(long, value_name = "FILE", conflicts_with = "json")]
    pub html: Option<PathBuf>,
    #[command(flatten)]
    pub read: ReadArgs,
}

#[derive(Debug, Args)]
pub struct AlarmArgs {
    /// One line that says what is wrong
    #[arg(required_unless_present_any = ["resolved", "dry_run"])]
    pub title: Option<String>,
    /// What is in trouble: an id of the applied file
    #[arg(long, value_name = "SERVICE", required_unless_present = "dry_run")]
    pub service: Option<String>,
    /// Show what this payload would do if an integration's source sent it; "-" is standard input
    #[arg(long, value_name = "FILE", requires = "integration", conflicts_with_all = ["title", "service", "key", "resolved"])]
    pub dry_run: Option<PathBuf>,
    /// Whose payload it would be: an id of the applied file
    #[arg(long, value_name = "INTEGRATION", requires = "dry_run")]
    pub integration: Option<String>,
    /// The payload's format
    #[arg(
        long,
        value_name = "FORMAT",
        default_value = "json",
        requires = "dry_run",
        value_parser = ["json", "alertmanager", "cloudwatch", "email", "pagerduty", "opsgenie"]
    )]
    pub format: String,
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
pub struct MailInArgs {
    /// The server's address
    #[arg(long, value_name = "URL", env = "TOCSIN_SERVER")]
    pub server: String,
    /// The address it was sent to; what stands before "@", and before "+", is an integration's key
    #[arg(
        long,
        value_name = "ADDRESS",
        env = "RECIPIENT",
        hide_env_values = true
    )]
    pub to: String,
    #[command(flatten)]
    pub trust: TrustArgs,
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
    /// The second act: a conference, a missed status update, help from another team, what is learned
    #[arg(long)]
    pub sev1: bool,
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
pub fn length(text: &str) -> Result<Duration, String> {
    text.parse::<SignedDuration>()
        .ok()
        .and_then(|length| Duration::try_from(length).ok())
        .filter(|length| *length >= Duration::from_secs(1))
        .ok_or_else(|| "expected a time of at least a second, such as 60s or 5m".to_owned())
}

/// `90d`, or as [`length`].
fn lifetime(text: &str) -> Result<Duration, String> {
    const DAY_S: u64 = 24 * 3600;
    let days = text.strip_suffix('d').and_then(|days| days.parse().ok());
    match days.and_then(|days: u64| days.checked_mul(DAY_S)) {
        Some(seconds) if seconds > 0 => Ok(Duration::from_secs(seconds)),
        _ => length(text).map_err(|_| "expected a time such as 90d or 12h".to_owned()),
    }
}

/// `42` or `#42`, as tickets are written.
pub fn ticket_number(text: &str) -> Result<u64, String> {
    text.trim_start_matches('#').parse().map_err(|_| {
        "expected a ticket's number, such as 42; `tocsin tickets` lists them".to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_of_day_is_the_next_one_on_this_clock_even_across_a_lost_hour() {
        let next_of = |time: &str, now: &str| {
            let now: Zoned = now.parse().unwrap();
            let at = next(time.parse().unwrap(), now.clone()).unwrap();
            let at = Timestamp::from_millisecond(at.0).unwrap();
            at.to_zoned(now.time_zone().clone()).to_string()
        };
        let late = "2026-11-23T23:10:00+01:00[Europe/Berlin]";
        let next_morning = "2026-11-24T06:00:00+01:00[Europe/Berlin]";
        assert_eq!(next_of("06:00", late), next_morning);
        let early = "2026-11-24T02:10:00+01:00[Europe/Berlin]";
        assert_eq!(next_of("06:00", early), next_morning);
        let spring = "2026-03-29T01:30:00+01:00[Europe/Berlin]";
        assert_eq!(
            next_of("02:30", spring),
            "2026-03-29T03:30:00+02:00[Europe/Berlin]"
        );
    }

    #[test]
    fn what_quiet_is_asked_for_is_read_as_people_write_it() {
        assert_eq!(quiet_until("show"), Ok(QuietUntil::Show));
        assert_eq!(quiet_until("off"), Ok(QuietUntil::Off));
        let ninety = Duration::from_secs(90 * 60);
        assert_eq!(quiet_until("90m"), Ok(QuietUntil::For(ninety)));
        assert!(matches!(quiet_until("06:00"), Ok(QuietUntil::Clock(_))));
        assert!(quiet_until("soon").is_err());
        assert!(quiet_until("25:00").is_err());
    }
}
