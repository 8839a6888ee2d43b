//! Each transport against each fault: what the server did, who rang, after how long.
//!
//! The rows are `docs/delivery.md`, which this test writes when `TOCSIN_BLESS=1`, and otherwise
//! holds against what happens, all but the times.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tocsin_peers::faults::{Fault as Service, Faults, Outage};
use tocsin_peers::smtp::{Slip, Stage};
use tocsin_tests::Mode;
use tocsin_ticket::{Event, PageReason, PersonId, Rung, TicketId, Transport};
use tocsin_wire::Timeline;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::phone::Phone;
use crate::until;
use crate::world::{Flaws, Way, World, team};

/// Rows that are played at the same time.
const AT_A_TIME: usize = 8;

/// The default limits of SEV1 with the night shortened: the next channel comes after 3 s instead of
/// 10, the next person after 8 s instead of 60, the next level after 30 s instead of 5 min.
const POLICY: &str = r#"
[teams.policy.sev1]
check_in = "30s"
researching = "60s"
work_in_progress = "5m"
next_channel = "3s"
next_person = "8s"
"#;

/// How long nothing may ring after somebody has checked in, with the fault gone.
const QUIET: Duration = Duration::from_secs(2);

/// Between the siren and the tap.
const REACTION: Duration = Duration::from_millis(300);

/// Guards against hanging, and against a fallback that waits for what has failed.
const LATEST: Duration = Duration::from_secs(20);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    Nothing,
    TooMany,
    Internal,
    Unavailable,
    Timeout,
    ResetBefore,
    ResetAfter,
    GoAway,
    DeadToken,
    Credentials,
    ClockAhead,
    ClockBehind,
    Duplicate,
    Lie,
    Outage,
    Killed,
}

impl Fault {
    const ALL: [Self; 16] = [
        Self::Nothing,
        Self::TooMany,
        Self::Internal,
        Self::Unavailable,
        Self::Timeout,
        Self::ResetBefore,
        Self::ResetAfter,
        Self::GoAway,
        Self::DeadToken,
        Self::Credentials,
        Self::ClockAhead,
        Self::ClockBehind,
        Self::Duplicate,
        Self::Lie,
        Self::Outage,
        Self::Killed,
    ];

    const fn in_words(self, way: Way) -> &'static str {
        match (self, way) {
            (Self::Nothing, _) => "none",
            (Self::TooMany, Way::Mail) => "421, too many connections",
            (Self::TooMany, _) => "429, Retry-After: 1",
            (Self::Internal, Way::Mail) => "554, transaction failed",
            (Self::Internal, _) => "500",
            (Self::Unavailable, Way::Mail) => "451, try later",
            (Self::Unavailable, _) => "503",
            (Self::Timeout, Way::Stream) => "timeout: nothing comes through",
            (Self::Timeout, _) => "timeout: no answer",
            (Self::ResetBefore, _) => "connection reset",
            (Self::ResetAfter, _) => "connection reset, answer lost",
            (Self::GoAway, _) => "GOAWAY",
            (Self::DeadToken, Way::Sms) => "dead number",
            (Self::DeadToken, Way::Mail) => "dead mailbox",
            (Self::DeadToken, _) => "dead token",
            (Self::Credentials, Way::Stream) => "wrong token of the device",
            (Self::Credentials, _) => "wrong credentials",
            (Self::ClockAhead, _) => "the service's clock 10 min ahead",
            (Self::ClockBehind, _) => "the service's clock 10 min behind",
            (Self::Duplicate, _) => "delivered twice",
            (Self::Lie, _) => "accepted, never delivered",
            (Self::Outage, _) => "outage, until after the check-in",
            (Self::Killed, _) => "SIGKILL between send and record",
        }
    }

    /// Whether a way can have it, with the services that there are here.
    const fn befalls(self, way: Way) -> bool {
        match way {
            Way::WebPush => !matches!(self, Self::ClockAhead | Self::ClockBehind),
            Way::Apns | Way::Gateway | Way::Fcm => true,
            Way::Sms => !matches!(self, Self::ClockAhead | Self::ClockBehind),
            Way::Stream => matches!(
                self,
                Self::Nothing
                    | Self::Timeout
                    | Self::ResetBefore
                    | Self::Credentials
                    | Self::Outage
                    | Self::Killed
            ),
            Way::Mail => !matches!(
                self,
                Self::GoAway | Self::ClockAhead | Self::ClockBehind | Self::Duplicate | Self::Lie
            ),
        }
    }

    fn flaws(self) -> Flaws {
        Flaws {
            credentials: self == Self::Credentials,
            dead: self == Self::DeadToken,
            clock_s: match self {
                Self::ClockAhead => 600,
                Self::ClockBehind => -600,
                _ => 0,
            },
        }
    }

    /// What the service does with the first request.
    fn at_the_service(self) -> Option<Service> {
        Some(match self {
            Self::TooMany => Service::later(429, "1"),
            Self::Internal => Service::status(500),
            Self::Unavailable => Service::status(503),
            Self::Timeout => Service::Stall,
            Self::ResetBefore => Service::ResetBefore,
            Self::ResetAfter => Service::ResetAfter,
            Self::GoAway => Service::GoAway,
            Self::Duplicate => Service::Duplicate,
            Self::Lie => Service::Lie,
            // Long enough to stop the server before the service has taken it.
            Self::Killed => Service::Delay(Duration::from_millis(500)),
            Self::Nothing
            | Self::DeadToken
            | Self::Credentials
            | Self::ClockAhead
            | Self::ClockBehind
            | Self::Outage => return None,
        })
    }

    /// The same in the words of SMTP.
    const fn at_the_mail_server(self) -> Option<(Stage, Slip)> {
        Some(match self {
            Self::TooMany => (
                Stage::Greeting,
                Slip::Reply("421 4.7.0 Too many connections"),
            ),
            Self::Internal => (Stage::End, Slip::Reply("554 5.3.0 Transaction failed")),
            Self::Unavailable => (Stage::End, Slip::Reply("451 4.3.0 Try again later")),
            Self::Timeout => (Stage::End, Slip::Stall),
            Self::ResetBefore => (Stage::Mail, Slip::Drop),
            Self::ResetAfter | Self::Killed => (Stage::End, Slip::KeepAndDrop),
            _ => return None,
        })
    }
}

/// Who was woken, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Woken {
    /// Ana, by the way that is tried.
    Ana(Way),
    /// Bea, Ana's manager, by her live stream.
    Bea,
}

impl fmt::Display for Woken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ana(Way::Sms) => f.write_str("Ana, by text message"),
            Self::Ana(Way::Mail) => f.write_str("Ana, by e-mail"),
            Self::Ana(way) => write!(f, "Ana, by {}", way.transport()),
            Self::Bea => f.write_str("Bea, by live stream"),
        }
    }
}

/// By which other way Ana is reached.
const fn next_way(way: Way) -> Option<Way> {
    match way {
        Way::Sms => Some(Way::Mail),
        Way::Mail => None,
        _ => Some(Way::Sms),
    }
}

/// The rule for each row: a fault that passes is waited out, one that stays is gone round.
fn expected(way: Way, fault: Fault) -> Woken {
    let stays = match fault {
        Fault::Timeout | Fault::DeadToken | Fault::Credentials | Fault::Lie | Fault::Outage => true,
        Fault::Internal => way == Way::Mail,
        _ => false,
    };
    match next_way(way) {
        _ if !stays => Woken::Ana(way),
        Some(next) => Woken::Ana(next),
        None => Woken::Bea,
    }
}

/// A row as it was seen.
#[derive(Debug, Clone)]
struct Row {
    way: Way,
    fault: Fault,
    attempts: usize,
    woken: Woken,
    after: Duration,
    timeline: String,
}

impl Row {
    /// The cells that are the same on every machine.
    fn lasting(&self) -> [String; 5] {
        let way = match self.way {
            Way::Apns => "APNs, own key".to_owned(),
            Way::Gateway => "APNs, gateway".to_owned(),
            Way::Sms => "webhook (SMS)".to_owned(),
            other => other.transport().to_string(),
        };
        [
            way,
            self.fault.in_words(self.way).to_owned(),
            match self.way {
                Way::Stream => "—".to_owned(),
                _ => self.attempts.to_string(),
            },
            self.woken.to_string(),
            self.timeline.clone(),
        ]
    }

    fn line(&self) -> String {
        let [way, fault, attempts, woken, timeline] = self.lasting();
        let after = match self.after.as_millis() {
            0..500 => "at once".to_owned(),
            more => format!("{} s", (more + 500) / 1000),
        };
        format!("| {way} | {fault} | {attempts} | {woken} | {after} | {timeline} |")
    }
}

async fn play(way: Way, fault: Fault) -> Row {
    let ways: Vec<Way> = [way].into_iter().chain(next_way(way)).collect();
    let mut world = World::start(&ways, fault.flaws(), &team(&ways, POLICY)).await;
    let ana = Phone::enrolled(&world.admin, "ana").await;
    let bea = Phone::enrolled(&world.admin, "bea").await;
    let ben = Phone::enrolled(&world.admin, "ben").await;
    for other in [&bea, &ben] {
        other.listen(other.clone().stream(world.base()));
    }
    world.connect(&ana, way).await;
    // The server gathers changes of devices for a moment.
    tokio::time::sleep(REACTION).await;

    begin(&world, way, fault);
    let since = Instant::now();
    let ticket = world.alarm("SEV1", "orders-db-2").await;
    if fault == Fault::Killed {
        kill(&mut world, &ana, way).await;
    }
    let (woken, at) = until("somebody is woken", || {
        if let Some(ring) = ana.rings().first() {
            assert_eq!(ring.via, way.transport());
            return Some((Woken::Ana(way), ring.at));
        }
        if world.texts() > 0 {
            return Some((Woken::Ana(Way::Sms), Instant::now()));
        }
        if world.mails() > 0 {
            return Some((Woken::Ana(Way::Mail), Instant::now()));
        }
        bea.rings().first().map(|ring| (Woken::Bea, ring.at))
    })
    .await;
    let after = at.duration_since(since);
    assert!(after < LATEST, "{after:?}");
    assert_eq!(woken, expected(way, fault));
    if fault == Fault::Killed {
        let copies = |copies: usize| move || (copies >= 2).then_some(());
        match way {
            Way::Stream => {}
            Way::Sms => until("it is sent again", || copies(world.texts())()).await,
            Way::Mail => until("it is sent again", || copies(world.mails())()).await,
            _ => until("it is sent again", || copies(ana.said().len())()).await,
        }
        ana.set_offline(false);
    }

    tokio::time::sleep(REACTION).await;
    let attempts = world.seen(way);
    match woken {
        Woken::Ana(_) => ana.check_in(ticket, Vec::new()).await,
        Woken::Bea => bea.check_in(ticket, Vec::new()).await,
    }
    until("every siren ends", || {
        let silent = [&ana, &bea, &ben]
            .iter()
            .all(|phone| phone.ringing().is_empty());
        silent.then_some(())
    })
    .await;
    end(&world, way);
    tokio::time::sleep(QUIET).await;

    // One siren for whoever was needed, none for anybody else, also when late copies arrive.
    let own = usize::from(woken == Woken::Ana(way) && !matches!(way, Way::Sms | Way::Mail));
    assert_eq!(ana.rings().len(), own, "Ana's phone");
    assert_eq!(
        bea.rings().len(),
        usize::from(woken == Woken::Bea),
        "Bea's phone"
    );
    assert_eq!(ben.rings().len(), 0, "Ben's phone");
    for phone in [&ana, &bea, &ben] {
        assert!(phone.ringing().is_empty(), "a siren after the check-in");
    }
    if fault == Fault::Timeout && way != Way::Stream {
        given_up(&world, &bea, ticket, way).await;
    }
    let timeline = world.timeline(&bea, ticket).await;
    ladder(&timeline, fault);
    let timeline = told(&timeline, fault);
    for phone in [ana, bea, ben] {
        phone.switch_off();
    }
    world.finish().await;
    Row {
        way,
        fault,
        attempts,
        woken,
        after,
        timeline,
    }
}

fn begin(world: &World, way: Way, fault: Fault) {
    if let (Some(faults), Some(service)) = (world.faults(way), fault.at_the_service()) {
        faults.next([service]);
    }
    if let (Way::Mail, Some((stage, slip))) = (way, fault.at_the_mail_server()) {
        world.mail.as_ref().expect("a service").slip(stage, slip);
    }
    let gate = |mode| world.gate.as_ref().expect("a gate").set(mode);
    match (way, fault) {
        (Way::Stream, Fault::Timeout) => gate(Mode::RepliesLost),
        (Way::Stream | Way::Mail, Fault::Outage) => gate(Mode::Closed),
        (Way::Stream, Fault::ResetBefore) => {
            gate(Mode::Closed);
            gate(Mode::Open);
        }
        (_, Fault::Outage) => {
            let faults: &Faults = world.faults(way).expect("a service");
            faults.outage(Outage::Refused);
        }
        _ => {}
    }
}

fn end(world: &World, way: Way) {
    if let Some(faults) = world.faults(way) {
        faults.clear();
    }
    if matches!(way, Way::Stream | Way::Mail) {
        world.gate.as_ref().expect("a gate").set(Mode::Open);
    }
}

/// Kills the server when the service has the page and the server has not written that down. What
/// the phone has to say of it does not arrive either, so that nothing is known but what was owed.
async fn kill(world: &mut World, ana: &Phone, way: Way) {
    ana.set_offline(true);
    match way {
        Way::Stream => {
            until("the phone rings", || ana.rings().first().map(drop)).await;
        }
        Way::Mail => until("the mail is taken", || (world.mails() > 0).then_some(())).await,
        Way::Sms => {
            until("it is sent", || (world.seen(way) > 0).then_some(())).await;
            world.freeze().await;
            until("it is taken", || (world.texts() > 0).then_some(())).await;
        }
        _ => {
            until("it is sent", || (world.seen(way) > 0).then_some(())).await;
            world.freeze().await;
            until("the phone rings", || ana.rings().first().map(drop)).await;
        }
    }
    world.kill_and_restart().await;
    if way == Way::Stream {
        ana.set_offline(false);
    }
}

/// Waits until the server has given up the attempt that nobody answers, and has said so.
async fn given_up(world: &World, reader: &Phone, ticket: TicketId, way: Way) {
    let waiting = async {
        loop {
            let timeline = world.timeline(reader, ticket).await;
            let told = World::events(&timeline).any(|event| {
                matches!(event, Event::DeliveryFailed { failure, .. }
                    if failure.transport == way.transport())
            });
            if told {
                return;
            }
            tokio::time::sleep(REACTION).await;
        }
    };
    tokio::time::timeout(LATEST, waiting)
        .await
        .expect("the timeline tells of the attempt");
}

/// Each device climbed the ladder rung by rung. Where the server was killed, the phone may have had
/// the page before the attempt that is written down.
fn ladder(timeline: &Timeline, fault: Fault) {
    let mut climbed: BTreeMap<_, Vec<(Rung, i64)>> = BTreeMap::new();
    for event in World::events(timeline) {
        if let Event::PageReceipt { page, receipt } = event {
            let device = climbed.entry((*page, receipt.device.clone())).or_default();
            device.push((receipt.rung, receipt.at.0));
        }
    }
    for (device, rungs) in climbed {
        let at = |wanted: Rung| {
            rungs
                .iter()
                .find(|(rung, _)| *rung == wanted)
                .map(|(_, at)| *at)
        };
        let first = if fault == Fault::Killed {
            Rung::Accepted
        } else {
            Rung::Received
        };
        for (lower, upper) in [
            (Rung::Sent, Rung::Accepted),
            (Rung::Sent, first),
            (Rung::Received, Rung::Sounding),
            (Rung::Sounding, Rung::CheckedIn),
        ] {
            if let (Some(lower), Some(upper)) = (at(lower), at(upper)) {
                assert!(lower <= upper, "{device:?}: {rungs:?}");
            }
        }
    }
}

/// What the timeline tells, page by page, and who answered. What arrives within milliseconds is
/// told in the order of the ladder. A server that is killed may or may not have written down why.
fn told(timeline: &Timeline, fault: Fault) -> String {
    let mut people: BTreeMap<_, (PersonId, PageReason)> = BTreeMap::new();
    let mut facts: BTreeMap<_, Vec<(Transport, bool, u8, String)>> = BTreeMap::new();
    let mut came = BTreeMap::new();
    let mut answered = String::new();
    for event in World::events(timeline) {
        match event {
            Event::Paged { page } => {
                people.insert(page.id, (page.person.clone(), page.reason));
            }
            Event::DeliveryFailed { page, failure } if fault != Fault::Killed => {
                let fact = (
                    failure.transport,
                    false,
                    failure.problem as u8,
                    failure.problem.to_string(),
                );
                facts.entry(*page).or_default().push(fact);
            }
            Event::PageReceipt { page, receipt } => {
                // A siren sounds for what came before, whichever way.
                let came = came.entry((*page, receipt.device.clone()));
                let came = came.or_insert(Transport::Stream);
                let transport = *receipt.transport.as_ref().unwrap_or(came);
                *came = transport;
                let rung = receipt.rung as u8;
                let fact = (transport, true, rung, receipt.rung.to_string());
                facts.entry(*page).or_default().push(fact);
            }
            Event::CheckedIn { by } => {
                let _ = write!(answered, "{} checked in", name(&by.to_string()));
            }
            _ => {}
        }
    }
    let mut told = Vec::new();
    for (page, (person, reason)) in people {
        let Some(mut facts) = facts.remove(&page) else {
            continue;
        };
        facts.sort();
        facts.dedup();
        let mut said = String::new();
        let mut last = None;
        for (transport, _, _, fact) in facts {
            if last != Some(transport) {
                let _ = write!(
                    said,
                    "{}{transport}: ",
                    if said.is_empty() { "" } else { "; " }
                );
            } else {
                said.push_str(", ");
            }
            last = Some(transport);
            said.push_str(&fact);
        }
        let why = match reason {
            PageReason::Unreachable => " (nobody reached)",
            _ => "",
        };
        told.push(format!("{}{why}: {said}", name(person.as_str())));
    }
    told.push(answered);
    told.join(". ")
}

fn name(id: &str) -> String {
    let mut letters = id.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect()
}

fn document() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/delivery.md")
}

const HEAD: &str = "| transport | fault | attempts seen | who was woken | after | timeline |";

fn written(rows: &[Row]) -> String {
    let lines: Vec<String> = rows.iter().map(Row::line).collect();
    format!(
        include_str!("delivery.md.in"),
        head = HEAD,
        rows = lines.join("\n"),
    )
}

/// The rows of a document without their times.
fn lasting(document: &str) -> Vec<Vec<String>> {
    document
        .lines()
        .skip_while(|line| *line != HEAD)
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .map(lasting_cells)
        .collect()
}

fn lasting_cells(line: &str) -> Vec<String> {
    let mut cells: Vec<String> = line
        .trim_matches('|')
        .split('|')
        .map(|cell| cell.trim().to_owned())
        .collect();
    cells.remove(4);
    cells
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_whatever_a_push_service_does() {
    let ways = [
        Way::Stream,
        Way::WebPush,
        Way::Apns,
        Way::Gateway,
        Way::Fcm,
        Way::Sms,
        Way::Mail,
    ];
    let only = std::env::var("TOCSIN_ROWS").unwrap_or_default();
    let cases: Vec<(Way, Fault)> = ways
        .into_iter()
        .flat_map(|way| Fault::ALL.map(|fault| (way, fault)))
        .filter(|(way, fault)| fault.befalls(*way))
        .filter(|case| format!("{case:?}").contains(&only))
        .collect();
    let room = Arc::new(Semaphore::new(AT_A_TIME));
    let mut playing = JoinSet::new();
    for (number, (way, fault)) in cases.iter().copied().enumerate() {
        let room = Arc::clone(&room);
        playing.spawn(async move {
            let _place = room.acquire_owned().await.expect("never closed");
            let row = tokio::spawn(play(way, fault)).await;
            (number, row)
        });
    }
    let mut rows = BTreeMap::new();
    let mut failed = Vec::new();
    while let Some(played) = playing.join_next().await {
        let (number, row) = played.expect("a row's failure is caught");
        match row {
            Ok(row) => {
                rows.insert(number, row);
            }
            Err(error) => failed.push(format!("{:?}: {error}", cases[number])),
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    let committed = std::fs::read_to_string(document()).unwrap_or_default();
    let reviewed = lasting(&committed);
    let bless = std::env::var("TOCSIN_BLESS").is_ok_and(|bless| bless == "1");
    if only.is_empty() && !bless && reviewed.len() == cases.len() {
        // Where eight rows at a time are too much for the machine, the next channel may be due
        // before the first has had its chance: such a row is played again alone.
        for (number, (way, fault)) in cases.iter().copied().enumerate() {
            if lasting_cells(&rows[&number].line()) != reviewed[number] {
                rows.insert(number, play(way, fault).await);
            }
        }
    }
    let rows: Vec<Row> = rows.into_values().collect();
    let now = written(&rows);
    if !only.is_empty() {
        let lines: Vec<String> = rows.iter().map(Row::line).collect();
        panic!("only some rows were played:\n{}", lines.join("\n"));
    }
    if bless {
        std::fs::write(document(), now).expect("the document");
        return;
    }
    assert_eq!(
        lasting(&now),
        reviewed,
        "docs/delivery.md says otherwise; look why, then write it anew with TOCSIN_BLESS=1"
    );
}
