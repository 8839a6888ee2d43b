//! From a page's commit to the push request at the push service, by every way there is, and the
//! draining of 100,000 pages that an outage kept back.
//!
//! The push services speak TLS and HTTP/2 in this process and say yes to everything: what is pushed
//! is judged in `tests/delivery`, and here they should take little of the machine. All devices have
//! one key, so that each push can be opened afterwards and tells which page it was for.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tempfile::TempDir;
use tocsin_directory::Config;
use tocsin_peers::apns::Account;
use tocsin_peers::fcm::Fcm;
use tocsin_peers::https::{Peer, Request, Response, Service, ca_pem};
use tocsin_peers::smtp::{self, Encryption, Smtp};
use tocsin_push::apns::{ApnsHosts, ApnsSettings};
use tocsin_push::gateway::{GatewayLimits, GatewayRate, GatewaySettings, router};
use tocsin_push::secret::SecretSource;
use tocsin_seal::DeviceKeys;
use tocsin_server::secret::Secret;
use tocsin_server::serve::{Listener, TlsFiles};
use tocsin_server::store::{Device, SqliteStore, Store};
use tocsin_ticket::{Millis, PersonId, Rung, Ticket};
use tocsin_wire::{ApnsEnvironment, PushAddress, PushChannel, PushMessage, PushPayload, PushWhen};
use tokio::sync::mpsc::unbounded_channel;

use crate::client::Client;
use crate::node::{APPLE_FILE, Node, TRANSPORTS_FILE, token};
use crate::stats::{Times, median};

const RUNS: usize = 3;

/// Pages before those that count, so that connections are open and caches warm.
const WARM_PAGES: usize = 20;
/// Pages at 1/s.
const SLOW_PAGES: usize = 10;
/// Pages at 1,000/s.
const FAST_PAGES: usize = 20_000;
const FAST_RATE: u32 = 1_000;
/// Connections by which alarms come in.
const CLIENTS: usize = 16;

/// How long people without a device wait for the text message: the shortest that a policy allows.
const NEXT_CHANNEL: Duration = Duration::from_secs(1);

/// The longest wait for pushes, which only guards against hanging.
const PATIENCE: Duration = Duration::from_secs(60);

const BACKLOG: usize = 100_000;
/// Each is owed so many pages that its last fair attempt speaks for several.
const BACKLOG_PEOPLE: usize = 5_000;
/// Every so many-th page of a person is SEV1, the others SEV2.
const SEV1_EVERY: usize = 5;
/// No push for so long: the backlog is gone. A service that is down is tried more often.
const QUIET: Duration = Duration::from_secs(5);

const TOPIC: &str = "org.example.tocsin";

/// How a page reaches its person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    WebPush,
    Apns,
    Gateway,
    Fcm,
    Webhook,
    Mail,
}

impl Way {
    const ALL: [Self; 6] = [
        Self::WebPush,
        Self::Apns,
        Self::Gateway,
        Self::Fcm,
        Self::Webhook,
        Self::Mail,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::WebPush => "webpush",
            Self::Apns => "apns",
            Self::Gateway => "apns-gateway",
            Self::Fcm => "fcm",
            Self::Webhook => "webhook",
            Self::Mail => "mail",
        }
    }

    /// Pages that one person can get in the fast run without meeting the fair rate of a device, of
    /// which the first ten, and the first three text messages or mails, go at once.
    const fn pages_each(self) -> usize {
        match self {
            Self::WebPush | Self::Apns | Self::Gateway | Self::Fcm => 10,
            Self::Webhook | Self::Mail => 2,
        }
    }

    /// When the request is due, from the page on.
    const fn due_after(self) -> Duration {
        match self {
            Self::WebPush | Self::Apns | Self::Gateway | Self::Fcm => Duration::ZERO,
            Self::Webhook | Self::Mail => NEXT_CHANNEL,
        }
    }
}

/// Prints both tables.
pub async fn run() {
    latency(&Way::ALL).await;
    println!();
    backlog().await;
}

/// Prints one way's rows, or the backlog's table.
pub async fn run_one(name: &str) {
    if name == "backlog" {
        return backlog().await;
    }
    let way = Way::ALL.into_iter().find(|way| way.name() == name);
    latency(&[way.expect("one of webpush, apns, apns-gateway, fcm, webhook, mail, backlog")]).await;
}

async fn latency(ways: &[Way]) {
    println!(
        "| way | pages/s | pages | from the POST p50 ms | p99 ms | max ms | from its answer p50 ms \
         | p99 ms | server CPU a page µs |"
    );
    println!("|---|---:|---:|---:|---:|---:|---:|---:|---:|");
    for way in ways {
        let mut runs = [Vec::new(), Vec::new()];
        for _ in 0..RUNS {
            let figures = once(*way).await;
            for (run, figures) in runs.iter_mut().zip(figures) {
                run.push(figures);
            }
        }
        for (run, rate) in runs.iter().zip([1, FAST_RATE]) {
            let middle = |at: usize| median(run.iter().map(|figures| figures[at]).collect());
            println!(
                "| {} | {rate} | {:.0} | {:.2} | {:.2} | {:.1} | {:.2} | {:.2} | {:.0} |",
                way.name(),
                middle(0),
                middle(1),
                middle(2),
                middle(3),
                middle(4),
                middle(5),
                middle(6),
            );
        }
    }
}

/// One run: the figures at 1 page/s and at [`FAST_RATE`].
async fn once(way: Way) -> [[f64; 7]; 2] {
    let fast_people = FAST_PAGES / way.pages_each();
    let people = fast_people + WARM_PAGES + SLOW_PAGES;
    let world = World::start(way, people).await;
    // The watch's first look, and what it has to say.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let warm = (0..WARM_PAGES).map(|page| alarm(fast_people + page, page, "SEV1"));
    world.page(warm.collect(), 20).await;
    let slow = (0..SLOW_PAGES)
        .map(|page| alarm(fast_people + WARM_PAGES + page, WARM_PAGES + page, "SEV1"));
    let slow = world.page(slow.collect(), 1).await;
    let fast = (0..FAST_PAGES)
        .map(|page| alarm(page % fast_people, WARM_PAGES + SLOW_PAGES + page, "SEV1"));
    let fast = world.page(fast.collect(), FAST_RATE).await;
    [slow, fast]
}

/// An alarm's request; it pages this person.
fn alarm(person: usize, number: usize, severity: &str) -> String {
    let body = json!({
        "title": "p99 latency of checkout is above 2 s",
        "severity": severity,
        "service": format!("s{person}"),
        "dedup_key": format!("page-{number:08}"),
        "details": {"instance": format!("checkout-{number:08}")},
    })
    .to_string();
    format!(
        "POST /in/{}/json HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        key(person),
        body.len()
    )
}

/// The key of a team's integration.
fn key(person: usize) -> String {
    format!("{:032x}", person + 1)
}

/// A request that arrived whole.
#[derive(Debug, Clone)]
struct Arrival {
    at: Instant,
    path: String,
    body: Vec<u8>,
}

/// What an arrival said.
struct Said {
    ticket: u64,
    severity: u8,
    others: u32,
}

/// A push service that takes everything.
struct Desk {
    way: Way,
    arrivals: Mutex<Vec<Arrival>>,
}

impl Service for Desk {
    fn answer(&self, request: &Request) -> Response {
        let arrival = Arrival {
            at: Instant::now(),
            path: request.path.clone(),
            body: request.body.to_vec(),
        };
        let mut arrivals = self.arrivals.lock().expect("no holder panics");
        arrivals.push(arrival);
        match self.way {
            Way::WebPush => Response::new(201),
            Way::Apns | Way::Gateway | Way::Webhook => Response::new(200),
            Way::Fcm => Response::new(200).json(&json!({"name": "projects/bench/messages/1"})),
            Way::Mail => unreachable!("mail goes to its own server"),
        }
    }
}

impl Desk {
    fn count(&self) -> usize {
        self.arrivals.lock().expect("no holder panics").len()
    }

    fn from(&self, first: usize) -> Vec<Arrival> {
        self.arrivals.lock().expect("no holder panics")[first..].to_vec()
    }

    fn open(&self, body: &[u8]) -> Said {
        let sealed = match self.way {
            Way::WebPush => body.to_vec(),
            Way::Webhook => {
                let body: Value = serde_json::from_slice(body).expect("JSON");
                return read_words(body["text"].as_str().expect("a subject"));
            }
            Way::Mail => {
                let mail = std::str::from_utf8(body).expect("UTF-8");
                let mut lines = mail.lines();
                return read_words(
                    lines
                        .find_map(|line| line.strip_prefix("Subject: "))
                        .expect("a subject"),
                );
            }
            Way::Apns | Way::Gateway | Way::Fcm => {
                let body: Value = serde_json::from_slice(body).expect("JSON");
                let sealed = body["t"].as_str().or(body["message"]["data"]["t"].as_str());
                let sealed = sealed.expect("a sealed payload");
                URL_SAFE_NO_PAD.decode(sealed).expect("base64url")
            }
        };
        let plain = keys().open(&sealed).expect("sealed to our key");
        let payload: PushPayload = serde_json::from_slice(&plain).expect("a payload");
        match payload.message.get() {
            Some(PushMessage::Ticket { ticket, others }) => Said {
                ticket: ticket.id.0,
                severity: *ticket.severity.get().expect("a severity") as u8,
                others: *others,
            },
            other => panic!("nothing else is owed: {other:?}"),
        }
    }
}

/// `SEV1 page: ticket #17`.
fn read_words(subject: &str) -> Said {
    let number = subject.split('#').nth(1).expect("a ticket's number");
    let digits = number.split(' ').next().unwrap_or_default();
    Said {
        ticket: digits.parse().expect("a number"),
        severity: 0,
        others: 0,
    }
}

/// The one key of all devices.
fn keys() -> DeviceKeys {
    DeviceKeys::new([7; 32])
}

/// One alarm's way in.
#[derive(Debug, Clone, Copy)]
struct Sent {
    ticket: u64,
    at: Instant,
    answered: Instant,
}

/// A server with its push service. The server goes first.
struct World {
    node: Node,
    desk: Arc<Desk>,
    peer: Peer,
    mail: Option<Smtp>,
    _google: Option<Fcm>,
    _gateway: Option<Listener>,
    folder: TempDir,
}

impl World {
    async fn start(way: Way, people: usize) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let desk = Arc::new(Desk {
            way,
            arrivals: Mutex::default(),
        });
        let peer = Peer::start(Arc::clone(&desk)).await.expect("a port");
        let mut roots = ca_pem().to_owned();
        let (mut google, mut gateway, mut mail) = (None, None, None);
        let transports = match way {
            Way::WebPush => "[webpush]\ncontact = 'mailto:bench@example.org'\n\
                             allow_hosts = ['127.0.0.1']\n"
                .to_owned(),
            Way::Apns => {
                let apple = apple(folder.path(), &peer);
                write(folder.path(), APPLE_FILE, &peer.url());
                let SecretSource::File(p8) = apple.key else {
                    unreachable!("a file was written");
                };
                format!(
                    "[apns.own]\nkey = {{ file = {p8:?} }}\nkey_id = {:?}\nteam_id = {:?}\n\
                     topics = [{TOPIC:?}]\n",
                    apple.key_id, apple.team_id
                )
            }
            Way::Gateway => {
                let (listener, url) = start_gateway(folder.path(), &peer, &mut roots).await;
                gateway = Some(listener);
                format!("[apns.gateway]\nurl = {url:?}\ncontact = 'mailto:bench@example.org'\n")
            }
            Way::Fcm => {
                let since = SystemTime::now().duration_since(UNIX_EPOCH);
                let now_s = since.expect("after 1970").as_secs() as i64;
                let fcm = Fcm::start(now_s).await.expect("two ports");
                let file = write(folder.path(), "google.json", &fcm.key_file().to_string());
                google = Some(fcm);
                format!(
                    "[fcm]\nservice_account_file = {file:?}\nbase_url = {:?}\n",
                    peer.url()
                )
            }
            Way::Webhook => format!(
                "[gateway.text.generic]\nurl = '{}/send'\n\
                 body.json = {{ to = '{{number}}', text = '{{subject}}' }}\n",
                peer.url()
            ),
            Way::Mail => {
                let server = Smtp::start(Encryption::Implicit).await.expect("a port");
                let port = server.port();
                mail = Some(server);
                let password = write(folder.path(), "password", smtp::PASSWORD);
                format!(
                    "[email]\nhost = 'localhost'\nport = {port}\nfrom = 'Tocsin <{user}>'\n\
                     [email.login]\nuser = '{user}'\npassword = {{ file = {password:?} }}\n",
                    user = smtp::USER
                )
            }
        };
        let ca = write(folder.path(), "ca.pem", &roots);
        let transports = format!("allow_hosts = ['127.0.0.1']\nca_file = {ca:?}\n\n{transports}");
        write(folder.path(), TRANSPORTS_FILE, &transports);
        prepare(folder.path(), way, people, &peer);
        Self {
            node: Node::start(folder.path()).await,
            desk,
            peer,
            mail,
            _google: google,
            _gateway: gateway,
            folder,
        }
    }

    /// How many requests or mails arrived.
    fn count(&self) -> usize {
        self.mail
            .as_ref()
            .map_or_else(|| self.desk.count(), Smtp::count)
    }

    /// Those after the first so many.
    fn arrivals(&self, known: usize) -> Vec<Arrival> {
        let Some(mail) = &self.mail else {
            return self.desk.from(known);
        };
        let mails = mail.mails_after(known).into_iter();
        mails
            .map(|mail| Arrival {
                at: mail.at,
                path: mail.to.concat(),
                body: mail.content.into_bytes(),
            })
            .collect()
    }

    /// Sends these alarms evenly, waits for all their pushes, and tells how long they took.
    async fn page(&self, alarms: Vec<String>, per_second: u32) -> [f64; 7] {
        let (first, cpu) = (self.count(), self.node.cpu_time());
        let pages = alarms.len();
        let sent = send(self.node.address, alarms, Pace::PerSecond(per_second)).await;
        let waiting = Instant::now();
        let mut arrived: HashMap<u64, Instant> = HashMap::new();
        let mut opened = first;
        // Earlier pages that nobody answered may be pushed again meanwhile.
        while !sent.iter().all(|sent| arrived.contains_key(&sent.ticket)) {
            assert!(waiting.elapsed() < PATIENCE, "not every page was pushed");
            tokio::time::sleep(Duration::from_millis(200)).await;
            for arrival in self.arrivals(opened) {
                opened += 1;
                let said = self.desk.open(&arrival.body);
                arrived.entry(said.ticket).or_insert(arrival.at);
            }
        }
        let cpu = (self.node.cpu_time() - cpu).as_secs_f64() * 1e6 / pages as f64;
        let (mut posted, mut answered) = (Times::default(), Times::default());
        for sent in &sent {
            let at = arrived[&sent.ticket];
            let due = self.desk.way.due_after();
            posted.add(at.saturating_duration_since(sent.at + due));
            answered.add(at.saturating_duration_since(sent.answered + due));
        }
        [
            posted.len() as f64,
            posted.percentile_ms(50.0),
            posted.percentile_ms(99.0),
            posted.percentile_ms(100.0),
            answered.percentile_ms(50.0),
            answered.percentile_ms(99.0),
            cpu,
        ]
    }
}

#[derive(Debug, Clone, Copy)]
enum Pace {
    PerSecond(u32),
    AtOnce,
}

/// Sends alarms by [`CLIENTS`] connections, or as many as have something to do every second: the
/// server closes those that are idle for long.
async fn send(address: SocketAddr, alarms: Vec<String>, pace: Pace) -> Vec<Sent> {
    let connections = match pace {
        Pace::PerSecond(rate) => CLIENTS.min(rate as usize),
        Pace::AtOnce => CLIENTS,
    };
    let mut clients = Vec::new();
    for _ in 0..connections {
        let (orders, mut waiting) = unbounded_channel::<String>();
        let mut client = Client::connect(address).await;
        let client = tokio::spawn(async move {
            let mut sent = Vec::new();
            while let Some(alarm) = waiting.recv().await {
                let at = Instant::now();
                let (status, body) = client.ask(&alarm).await;
                let answered = Instant::now();
                assert_eq!(status, 200, "{}", String::from_utf8_lossy(&body));
                let reply: Value = serde_json::from_slice(&body).expect("JSON");
                let ticket = reply["alarms"][0]["ticket"].as_u64().expect("a ticket");
                sent.push(Sent {
                    ticket,
                    at,
                    answered,
                });
            }
            sent
        });
        clients.push((orders, client));
    }
    let mut ticks = match pace {
        Pace::PerSecond(rate) => Some(tokio::time::interval(Duration::from_secs(1) / rate)),
        Pace::AtOnce => None,
    };
    for (number, alarm) in alarms.into_iter().enumerate() {
        if let Some(ticks) = &mut ticks {
            ticks.tick().await;
        }
        let (orders, _) = &clients[number % connections];
        orders.send(alarm).expect("the client goes on");
    }
    let mut all = Vec::new();
    for (orders, client) in clients {
        drop(orders);
        all.extend(client.await.expect("the client finishes"));
    }
    all
}

fn write(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, text).expect("a file");
    path.display().to_string()
}

fn apple(folder: &Path, peer: &Peer) -> ApnsSettings {
    let (account, p8) = Account::open(&[TOPIC]);
    ApnsSettings {
        key: SecretSource::File(write(folder, "apns.p8", &p8).into()),
        key_id: account.key_id,
        team_id: account.team_id,
        topics: account.topics,
        hosts: ApnsHosts {
            sandbox: peer.url(),
            production: peer.url(),
        },
    }
}

/// A gateway in this process whose limits are above what is measured.
async fn start_gateway(folder: &Path, peer: &Peer, roots: &mut String) -> (Listener, String) {
    let own = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("a pair");
    roots.push_str(&own.cert.pem());
    let tls = TlsFiles {
        certificate: write(folder, "gateway.pem", &own.cert.pem()).into(),
        key: write(folder, "gateway.key", &own.signing_key.serialize_pem()).into(),
    };
    // Its address is part of its settings, so a free one is found first.
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = free.local_addr().expect("bound");
    drop(free);
    let url = format!("https://{address}");
    let rate = GatewayRate {
        per_minute: 1_000_000.try_into().expect("more than zero"),
        burst: 1_000_000.try_into().expect("more than zero"),
    };
    let settings = GatewaySettings {
        origin: url.parse().expect("a URL"),
        apns: apple(folder, peer),
        limits: GatewayLimits {
            server: rate,
            address: rate,
        },
    };
    let service = router(&settings, ca_pem()).expect("good settings");
    let listener = Listener::start(address, Some(&tls), service).await;
    (listener.expect("the gateway starts"), url)
}

/// A team, a service, a key and a device for each person.
fn prepare(data: &Path, way: Way, people: usize, peer: &Peer) {
    let mut text = "[[people]]\nid = 'boss'\nname = 'Boss'\n".to_owned();
    for number in 0..people {
        let means = match way {
            Way::Webhook => format!("telephone = '+4930{number:07}'\n"),
            Way::Mail => format!("email = 'p{number}@example.org'\n"),
            _ => String::new(),
        };
        write!(
            text,
            "[[people]]\nid = 'p{number}'\nname = 'p{number}'\n{means}\
             [[teams]]\nid = 't{number}'\nname = 't{number}'\nmanager = 'boss'\n\
             members = ['p{number}']\n\
             [teams.rota]\nzone = 'Europe/Berlin'\nstart = 2026-01-05\n\
             handoff = {{ weekday = 'monday', time = 09:00 }}\nmembers = ['p{number}']\n\
             [teams.policy.sev1]\ncheck_in = '1h'\nresearching = '2h'\nwork_in_progress = '3h'\n\
             next_channel = '{next}s'\nnext_person = '1h'\n\
             [teams.policy.sev2]\ncheck_in = '2h'\nresearching = '3h'\nwork_in_progress = '4h'\n\
             next_channel = '{next}s'\nnext_person = '1h'\n\
             [[services]]\nid = 's{number}'\nname = 's{number}'\nteam = 't{number}'\n\
             [[integrations]]\nid = 'i{number}'\nteam = 't{number}'\nservice = 's{number}'\n",
            next = NEXT_CHANNEL.as_secs()
        )
        .expect("a String takes everything");
    }
    if let Err(errors) = Config::parse(&text) {
        panic!("{}", errors.in_file("bench"));
    }
    let mut store = SqliteStore::open(&data.join("tocsin.db")).expect("a new database");
    store
        .transaction(&mut |transaction| {
            transaction.add_config(&text, &"bench".into(), Millis(0))?;
            for number in 0..people {
                let person = format!("p{number}");
                let device = Device {
                    id: person.as_str().into(),
                    person: PersonId::from(person.as_str()),
                    name: "bench".to_owned(),
                    admin: false,
                    token: Secret::received(token(&person)).hash(),
                };
                transaction.add_device(&device, Millis(0))?;
                let integration = format!("i{number}");
                transaction
                    .set_integration_key(&integration, Secret::received(key(number)).hash())?;
                let channels = channels(way, number, peer);
                transaction.set_channels(&device.id, &channels, Millis(0))?;
            }
            Ok(())
        })
        .expect("the data is taken");
}

fn channels(way: Way, number: usize, peer: &Peer) -> Vec<PushChannel> {
    let key = || keys().seal_key().to_text();
    let address = match way {
        Way::WebPush => PushAddress::WebPush {
            endpoint: format!("{}/push/{number}", peer.url()),
            p256dh: keys().p256dh(),
            auth: keys().auth(),
        },
        Way::Apns | Way::Gateway => PushAddress::Apns {
            token: format!("{number:064x}"),
            environment: ApnsEnvironment::Production,
            topic: TOPIC.to_owned(),
            key: key(),
        },
        Way::Fcm => PushAddress::Fcm {
            token: format!("token-{number}"),
            key: key(),
        },
        Way::Webhook | Way::Mail => return Vec::new(),
    };
    vec![PushChannel {
        address,
        when: PushWhen::AtOnce,
    }]
}

/// Pages while the push service is down, and what happens when it is up again.
async fn backlog() {
    let world = World::start(Way::WebPush, BACKLOG_PEOPLE).await;
    world
        .peer
        .faults()
        .outage(tocsin_peers::faults::Outage::Refused);
    tokio::time::sleep(Duration::from_secs(2)).await;
    let idle = world.node.resident_bytes();
    let alarms = (0..BACKLOG).map(|page| {
        let (round, person) = (page / BACKLOG_PEOPLE, page % BACKLOG_PEOPLE);
        let severity = if round.is_multiple_of(SEV1_EVERY) {
            "SEV1"
        } else {
            "SEV2"
        };
        alarm(person, page, severity)
    });
    let filling = Instant::now();
    send(world.node.address, alarms.collect(), Pace::AtOnce).await;
    let filled = filling.elapsed();
    let mut peak = world.node.resident_bytes();
    while metric(&world.node, "tocsin_dispatch_owed").await < BACKLOG as f64 {
        assert!(
            filling.elapsed() < 3 * PATIENCE,
            "the dispatcher learns of all pages"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
        peak = peak.max(world.node.resident_bytes());
    }
    let owed = filling.elapsed();

    let (cpu, up) = (world.node.cpu_time(), Instant::now());
    world.peer.faults().clear();
    let arrivals = drain(&world, up, &mut peak).await;
    let cpu = world.node.cpu_time() - cpu;
    let report = Drained::of(&world, &arrivals, up);
    let unwritten = metric(&world.node, "tocsin_dispatch_unwritten_total").await;
    let accepted = accepted(world.folder.path());

    println!("| backlog | |\n|---|---:|");
    println!("| pages owed, to so many devices | {BACKLOG}, {BACKLOG_PEOPLE} |");
    println!(
        "| alarms taken, all known to the dispatcher after s | {:.1}, {:.1} |",
        filled.as_secs_f64(),
        owed.as_secs_f64()
    );
    println!(
        "| first push after the service is up s | {:.2} |",
        report.first_s
    );
    println!(
        "| pages spoken for, by so many pushes | {}, {} |",
        report.pages, report.pushes
    );
    println!("| time to drain s | {:.1} |", report.drained_s);
    println!(
        "| pages/s, pushes/s | {:.0}, {:.0} |",
        report.pages as f64 / (report.drained_s - report.first_s),
        report.pushes as f64 / (report.drained_s - report.first_s)
    );
    println!("| last SEV1 after s | {:.1} |", report.last_sev1_s);
    println!(
        "| SEV1 pushes after the first SEV2 one | {} |",
        report.sev1_after_sev2
    );
    println!(
        "| places late in the order of severity and time, p99 / max | {} / {} |",
        report.places_late_p99, report.places_late_max
    );
    println!(
        "| devices whose pushes came out of order | {} |",
        report.devices_out_of_order
    );
    println!("| pushes sent twice | {} |", report.again);
    println!(
        "| server CPU a push, of it sealing µs | {:.0}, {:.0} |",
        cpu.as_secs_f64() * 1e6 / report.pushes as f64,
        sealing().as_secs_f64() * 1e6
    );
    println!(
        "| pages with an accepted receipt on disk, receipts not written | {accepted}, {unwritten} |"
    );
    println!(
        "| server's memory before, at the peak MiB | {:.0}, {:.0} |",
        idle as f64 / 1048576.0,
        peak as f64 / 1048576.0
    );
}

/// Waits until nothing more comes. Pages that nobody answers are pushed again after a minute, so it
/// is not waited for longer than that.
async fn drain(world: &World, up: Instant, peak: &mut u64) -> Vec<Arrival> {
    let (mut count, mut quiet_since) = (0, Instant::now());
    while quiet_since.elapsed() < QUIET && up.elapsed() < PATIENCE {
        tokio::time::sleep(Duration::from_millis(100)).await;
        *peak = (*peak).max(world.node.resident_bytes());
        let now = world.desk.count();
        if now != count {
            (count, quiet_since) = (now, Instant::now());
        }
    }
    world.desk.from(0)
}

/// What sealing one push of a page's size costs.
fn sealing() -> Duration {
    const ROUNDS: u32 = 1_000;
    let (keys, payload) = (keys(), [b'x'; 1_000]);
    let (p256dh, auth) = (keys.p256dh(), keys.auth());
    let begin = Instant::now();
    for round in 0..ROUNDS {
        let mut random = [1; 48];
        random[..4].copy_from_slice(&round.to_be_bytes());
        tocsin_seal::seal_webpush(&p256dh, &auth, &payload, &random).expect("good keys");
    }
    begin.elapsed() / ROUNDS
}

/// What a drained backlog looked like from the push service.
#[derive(Debug, Default)]
struct Drained {
    pushes: usize,
    again: usize,
    pages: usize,
    first_s: f64,
    drained_s: f64,
    last_sev1_s: f64,
    sev1_after_sev2: usize,
    places_late_p99: usize,
    places_late_max: usize,
    devices_out_of_order: usize,
}

impl Drained {
    fn of(world: &World, arrivals: &[Arrival], up: Instant) -> Self {
        let mut drained = Self::default();
        let (mut tickets, mut late_devices) = (HashSet::new(), HashSet::new());
        let mut last_of_device: HashMap<&str, (u8, u64)> = HashMap::new();
        let mut ranks = Vec::new();
        let mut sev2_came = false;
        for arrival in arrivals {
            let said = world.desk.open(&arrival.body);
            if !tickets.insert(said.ticket) {
                drained.again += 1;
                continue;
            }
            let after_s = (arrival.at - up).as_secs_f64();
            if drained.pushes == 0 {
                drained.first_s = after_s;
            }
            drained.pushes += 1;
            drained.pages += 1 + said.others as usize;
            drained.drained_s = after_s;
            if said.severity == 0 {
                drained.last_sev1_s = after_s;
                drained.sev1_after_sev2 += usize::from(sev2_came);
            } else {
                sev2_came = true;
            }
            let rank = (said.severity, said.ticket);
            let before = last_of_device.insert(&arrival.path, rank);
            if before.is_some_and(|before| before > rank) {
                late_devices.insert(arrival.path.as_str());
            }
            ranks.push(rank);
        }
        drained.devices_out_of_order = late_devices.len();
        let mut due: Vec<usize> = (0..ranks.len()).collect();
        due.sort_unstable_by_key(|place| ranks[*place]);
        let mut places_late: Vec<usize> = due
            .iter()
            .enumerate()
            .map(|(due, came)| came.saturating_sub(due))
            .collect();
        places_late.sort_unstable();
        drained.places_late_p99 = places_late
            .get(ranks.len() * 99 / 100)
            .copied()
            .unwrap_or(0);
        drained.places_late_max = places_late.last().copied().unwrap_or(0);
        drained
    }
}

/// A number that the server publishes; zero when it has not counted yet.
async fn metric(node: &Node, name: &str) -> f64 {
    let request = "GET /metrics HTTP/1.1\r\nhost: bench\r\n\r\n";
    let (_, body) = Client::connect(node.address).await.ask(request).await;
    let text = String::from_utf8(body).expect("text");
    text.lines()
        .filter_map(|line| line.strip_prefix(name)?.trim().parse().ok())
        .next()
        .unwrap_or(0.0)
}

/// Pages of which it is on disk that a push service took them on.
fn accepted(data: &Path) -> usize {
    let database = rusqlite::Connection::open(data.join("tocsin.db")).expect("the database");
    let mut statement = database
        .prepare("SELECT body FROM tickets")
        .expect("a query");
    let bodies = statement.query_map([], |row| row.get::<_, String>(0));
    bodies
        .expect("rows")
        .map(|body| serde_json::from_str::<Ticket>(&body.expect("a row")).expect("a ticket"))
        .flat_map(|ticket| ticket.pages)
        .filter(|page| {
            let mut receipts = page.receipts.iter();
            receipts.any(|receipt| receipt.rung == Rung::Accepted)
        })
        .count()
}
