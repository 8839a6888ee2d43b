//! A server's process, the push services around it, and the people of one team.
//!
//! Ana is on call, Ben is in the team with her, Bea manages it. Each world has its own server,
//! database and services, so worlds run side by side.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum_server::tls_rustls::RustlsConfig;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tempfile::TempDir;
use tocsin_peers::apns::{Account, Apns};
use tocsin_peers::faults::Faults;
use tocsin_peers::fcm::Fcm;
use tocsin_peers::https::{Peer, ca_pem};
use tocsin_peers::smtp::{self, Encryption, Smtp};
use tocsin_peers::webhook::{TWILIO_SID, TWILIO_TOKEN, Telephones, Twilio};
use tocsin_peers::webpush::WebPushService;
use tocsin_push::apns::{ApnsHosts, ApnsSettings};
use tocsin_push::gateway::{GatewayLimits, GatewaySettings, router};
use tocsin_push::secret::SecretSource;
use tocsin_tests::configuration::{noon_zone, shift_begun};
use tocsin_tests::{Api, Gate, Node, Ready, audit, free_address};
use tocsin_ticket::{TicketId, Transport};
use tocsin_wire::{Known, PushInfo, Timeline};

use crate::phone::{Phone, now};

/// Ana's telephone.
const NUMBER: &str = "+493012345678";

/// The app's bundle id.
const TOPIC: &str = "org.example.pager";

/// The registration token of a phone at Google.
const FCM_TOKEN: &str = "fcm-registration-token-of-ana";

/// What the alarm says, which nobody on the way may read.
pub const TITLE: &str = "orders-db-2 is down";

/// A way to reach somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// The server's own live stream.
    Stream,
    /// WebPush.
    WebPush,
    /// Apple's push service, with a key of one's own.
    Apns,
    /// Apple's push service, through the gateway of the app's publisher.
    Gateway,
    /// Google's push service.
    Fcm,
    /// A text message by Twilio.
    Sms,
    /// E-mail.
    Mail,
}

impl Way {
    /// The transport it is for the server.
    pub const fn transport(self) -> Transport {
        match self {
            Self::Stream => Transport::Stream,
            Self::WebPush => Transport::WebPush,
            Self::Apns | Self::Gateway => Transport::Apns,
            Self::Fcm => Transport::Fcm,
            Self::Sms => Transport::Webhook,
            Self::Mail => Transport::Email,
        }
    }
}

/// What is wrong from the start.
#[derive(Debug, Clone, Copy, Default)]
pub struct Flaws {
    /// The server logs in to the first of the ways as somebody else.
    pub credentials: bool,
    /// The address that the service gave to the first of the ways is dead.
    pub dead: bool,
    /// By so much the service's clock is ahead of the server's.
    pub clock_s: i64,
}

/// See the [module](self).
pub struct World {
    /// An administrator.
    pub admin: Api,
    /// The key of each integration.
    pub keys: Vec<(String, String)>,
    /// For Apple's part, whichever way leads there.
    pub apple: Option<(Arc<Apns>, Peer)>,
    /// For Google's.
    pub fcm: Option<Fcm>,
    /// WebPush.
    pub webpush: Option<WebPushService>,
    /// For text messages, and the telephones behind it.
    pub twilio: Option<(Telephones, Peer)>,
    /// For mail.
    pub mail: Option<Smtp>,
    /// The network between the server and who submits mail, or a phone with a live stream.
    pub gate: Option<Gate>,
    ways: Vec<Way>,
    flaws: Flaws,
    server: Option<Node>,
    address: SocketAddr,
    folder: TempDir,
    publisher: Option<tokio::task::AbortHandle>,
}

impl Drop for World {
    fn drop(&mut self) {
        self.publisher
            .iter()
            .for_each(tokio::task::AbortHandle::abort);
    }
}

/// The team, with Ana reachable by those ways that need no device, and these limits.
pub fn team(ways: &[Way], policy: &str) -> String {
    let mut ana = String::new();
    if ways.contains(&Way::Sms) {
        let _ = writeln!(ana, "telephone = {NUMBER:?}");
    }
    if ways.contains(&Way::Mail) {
        ana.push_str("email = \"ana@example.org\"\n");
    }
    let rota = shift_begun(&noon_zone());
    format!(
        r#"
[[people]]
id = "ana"
name = "Ana Silva"
manager = "bea"
{ana}
[[people]]
id = "ben"
name = "Ben Okafor"
manager = "bea"

[[people]]
id = "bea"
name = "Bea Lindqvist"
email = "bea@example.com"

[[teams]]
id = "shop"
name = "Shop"
manager = "bea"
members = ["ana", "ben"]

[teams.rota]
{rota}
members = ["ana"]
{policy}
[[services]]
id = "checkout"
name = "Checkout"
team = "shop"

[[integrations]]
id = "script"
team = "shop"
service = "checkout"
"#
    )
}

impl World {
    /// A server that can use these ways, with the services behind them.
    pub async fn start(ways: &[Way], flaws: Flaws, configuration: &str) -> Self {
        // Fails when the process has one already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut world = Self {
            admin: Api::new(""),
            keys: Vec::new(),
            apple: None,
            fcm: None,
            webpush: None,
            twilio: None,
            mail: None,
            gate: None,
            ways: ways.to_vec(),
            flaws,
            server: None,
            address: free_address(),
            folder: tempfile::tempdir().expect("a folder"),
            publisher: None,
        };
        let settings = world.services().await;
        world.write("transports.toml", &settings);
        let ready = world.serve().await;
        let api = Api::new(&world.base());
        let code = ready.admin_code.expect("the code of a first start");
        let enrolled = api.enroll(&code, "the administrator's desk").await;
        world.admin = api.with_token(&enrolled.token);
        world.keys = world.admin.apply(configuration).await;
        world
    }

    /// The server's address.
    pub fn base(&self) -> String {
        format!("http://localhost:{}", self.address.port())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, text).expect("a file");
        path
    }

    /// Starts what the ways need, and says where it is as a transports file does.
    async fn services(&mut self) -> String {
        let mut authorities = ca_pem().to_owned();
        let mut settings = String::new();
        for (number, way) in self.ways.clone().into_iter().enumerate() {
            let flaws = if number == 0 {
                self.flaws
            } else {
                Flaws::default()
            };
            let section = match way {
                Way::Stream => {
                    self.gate = Some(Gate::to(self.address).await);
                    String::new()
                }
                Way::WebPush => {
                    let service = WebPushService::start().await;
                    self.webpush = Some(service.expect("a port"));
                    "[webpush]\ncontact = \"mailto:oncall@example.org\"\nallow_hosts = [\"127.0.0.1\"]\n"
                        .to_owned()
                }
                Way::Apns => {
                    let own = self.apple(flaws).await;
                    let key = match &own.key {
                        SecretSource::File(path) => path.clone(),
                        SecretSource::Env(_) => unreachable!("it is written to a file"),
                    };
                    format!(
                        "[apns.own]\nkey = {{ file = {key:?} }}\nkey_id = {:?}\nteam_id = {:?}\n\
                         topics = [{TOPIC:?}]\n",
                        own.key_id, own.team_id
                    )
                }
                Way::Gateway => {
                    let apns = self.apple(flaws).await;
                    let (url, certificate) = self.publisher(apns).await;
                    authorities.push_str(&certificate);
                    format!(
                        "[apns.gateway]\nurl = {url:?}\ncontact = \"mailto:oncall@example.org\"\n"
                    )
                }
                Way::Fcm => {
                    let clock_s = now().0 / 1000 + flaws.clock_s;
                    let fcm = Fcm::start(clock_s).await.expect("a port");
                    let mut account = fcm.key_file();
                    if flaws.credentials {
                        account["private_key_id"] =
                            json!("0000000000000000000000000000000000000000");
                    }
                    let file = self.write("account.json", &account.to_string());
                    let section = format!(
                        "[fcm]\nservice_account_file = {file:?}\nbase_url = {:?}\n",
                        fcm.api.url()
                    );
                    self.fcm = Some(fcm);
                    section
                }
                Way::Sms => {
                    let telephones = Telephones::default();
                    let twilio = Twilio {
                        telephones: telephones.clone(),
                    };
                    let peer = Peer::start(twilio).await.expect("a port");
                    let token = if flaws.credentials {
                        "wrong"
                    } else {
                        TWILIO_TOKEN
                    };
                    let token = self.write("twilio", token);
                    let section = format!(
                        "[gateway.sms.twilio_sms]\naccount_sid = {TWILIO_SID:?}\n\
                         auth_token = {{ file = {token:?} }}\nfrom = \"+4915112345678\"\n\
                         base_url = {:?}\n",
                        peer.url()
                    );
                    self.twilio = Some((telephones, peer));
                    section
                }
                Way::Mail => {
                    let mail = Smtp::start(Encryption::Implicit).await.expect("a port");
                    let gate = Gate::to(SocketAddr::from(([127, 0, 0, 1], mail.port()))).await;
                    let port = gate.address.port();
                    let password = if flaws.credentials {
                        "wrong"
                    } else {
                        smtp::PASSWORD
                    };
                    let password = self.write("mail", password);
                    self.mail = Some(mail);
                    self.gate = Some(gate);
                    format!(
                        "[email]\nhost = \"localhost\"\nport = {port}\n\
                         from = \"Tocsin <{user}>\"\n[email.login]\nuser = {user:?}\n\
                         password = {{ file = {password:?} }}\n",
                        user = smtp::USER
                    )
                }
            };
            settings.push_str(&section);
        }
        let authorities = self.write("authorities.pem", &authorities);
        format!("ca_file = {authorities:?}\nallow_hosts = [\"127.0.0.1\"]\n{settings}")
    }

    /// Starts Apple's service and gives the settings of who has the key to it.
    async fn apple(&mut self, flaws: Flaws) -> ApnsSettings {
        let (account, p8) = Account::open(&[TOPIC]);
        let service = Apns::new(account.clone());
        if flaws.clock_s != 0 {
            service.set_clock(now().0 + flaws.clock_s * 1000);
        }
        let peer = Peer::start(Arc::clone(&service)).await.expect("a port");
        let origin = peer.url();
        self.apple = Some((service, peer));
        ApnsSettings {
            key: SecretSource::File(self.write("apple.p8", &p8)),
            key_id: account.key_id,
            team_id: if flaws.credentials {
                "WRONGTEAM1".to_owned()
            } else {
                account.team_id
            },
            topics: vec![TOPIC.to_owned()],
            hosts: ApnsHosts {
                sandbox: origin.clone(),
                production: origin,
            },
        }
    }

    /// Runs the gateway of the app's publisher; gives its address and its certificate.
    async fn publisher(&mut self, apns: ApnsSettings) -> (String, String) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.set_nonblocking(true).expect("an option");
        let url = format!("https://{}", listener.local_addr().expect("bound"));
        let settings = GatewaySettings {
            origin: url.parse().expect("a URL"),
            apns,
            limits: GatewayLimits::default(),
        };
        let app = router(&settings, ca_pem())
            .expect("good settings")
            .into_make_service_with_connect_info::<SocketAddr>();
        let own = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("a pair");
        let certificate = own.cert.pem();
        let key = own.signing_key.serialize_pem();
        let tls = RustlsConfig::from_pem(certificate.clone().into_bytes(), key.into_bytes());
        let tls = tls.await.expect("a certificate");
        let server = axum_server::from_tcp_rustls(listener, tls).expect("a listener");
        self.publisher = Some(tokio::spawn(server.serve(app)).abort_handle());
        (url, certificate)
    }

    /// Starts the server's process on its folder and address.
    pub async fn serve(&mut self) -> Ready {
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(self.path("server.log"));
        let apple = self.apple.as_ref().map(|(_, peer)| peer.url());
        let mut environment = vec![("RUST_LOG", "info")];
        environment.extend(apple.iter().map(|origin| ("APPLE", origin.as_str())));
        let mut server = Node::start(
            env!("CARGO_BIN_EXE_node"),
            &[
                OsStr::new("serve"),
                self.path("data").as_os_str(),
                OsStr::new(&self.address.to_string()),
                self.path("transports.toml").as_os_str(),
            ],
            &environment,
            log.expect("a log"),
        );
        let said = server.line().await;
        let ready = said.unwrap_or_else(|| panic!("no server: {}", self.log()));
        self.server = Some(server);
        serde_json::from_str(&ready).expect("where it listens")
    }

    /// What the server wrote to its log.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.path("server.log")).unwrap_or_default()
    }

    /// Stops the server in its tracks.
    pub async fn freeze(&self) {
        self.server.as_ref().expect("a server").freeze().await;
    }

    /// SIGKILL, then a new start on what is on disk.
    pub async fn kill_and_restart(&mut self) {
        self.server.take().expect("a server").kill().await;
        self.serve().await;
    }

    /// Ends the server in peace and holds what is on its disk to the promises of the log.
    pub async fn finish(mut self) {
        self.server.take().expect("a server").finish().await;
        let _ = audit::read(Path::new(&self.path("data")));
    }

    /// Gives a phone of Ana's this way.
    pub async fn connect(&self, phone: &Phone, way: Way) {
        let dead = self.flaws.dead && self.ways.first() == Some(&way);
        let key = phone.keys().seal_key().to_text();
        let transport = way.transport();
        let ears = phone.clone();
        match way {
            Way::Stream => {
                let gate = self.gate.as_ref().expect("a gate").address;
                let mut token = phone.api().token().unwrap_or_default().to_owned();
                if self.flaws.credentials {
                    token.push('x');
                }
                let base = format!("http://localhost:{}", gate.port());
                phone.listen(ears.stream_as(base, token));
            }
            Way::WebPush => {
                let service = self.webpush.as_ref().expect("a service");
                let own = self.vapid_key().await;
                let other = service.subscribe(None).p256dh();
                let bound = if self.flaws.credentials { other } else { own };
                let mut agent = service.subscribe(Some(&bound));
                if dead {
                    agent.expire();
                }
                let keys = phone.keys();
                phone
                    .register(&[json!({
                        "transport": "web_push",
                        "endpoint": agent.endpoint(),
                        "p256dh": keys.p256dh(),
                        "auth": keys.auth(),
                    })])
                    .await;
                phone.listen(async move {
                    loop {
                        let message = agent.next().await;
                        assert_eq!(message.urgency, "high");
                        ears.pushed(&message.body, transport);
                    }
                });
            }
            Way::Apns | Way::Gateway => {
                let (service, _) = self.apple.as_ref().expect("a service");
                let mut device = service.phone(TOPIC);
                if dead {
                    device.uninstall(now().0);
                }
                phone
                    .register(&[json!({
                        "transport": "apns",
                        "token": device.token(),
                        "environment": "production",
                        "topic": TOPIC,
                        "key": key,
                    })])
                    .await;
                phone.listen(async move {
                    loop {
                        let sealed = unwrapped(&device.next().await.body["t"]);
                        ears.pushed(&sealed, transport);
                    }
                });
            }
            Way::Fcm => {
                let service = self.fcm.as_ref().expect("a service");
                let mut inbox = service.install(FCM_TOKEN);
                if dead {
                    service.uninstall(FCM_TOKEN);
                }
                phone
                    .register(&[json!({"transport": "fcm", "token": FCM_TOKEN, "key": key})])
                    .await;
                phone.listen(async move {
                    while let Some(message) = inbox.recv().await {
                        assert_eq!(message.priority, "HIGH");
                        ears.pushed(&unwrapped(&json!(message.data["t"])), transport);
                    }
                });
            }
            Way::Sms => {
                if dead {
                    let (telephones, _) = self.twilio.as_ref().expect("a service");
                    telephones.set(NUMBER, tocsin_peers::webhook::Condition::Invalid);
                }
            }
            Way::Mail => {
                if dead {
                    self.mail
                        .as_ref()
                        .expect("a service")
                        .unknown("ana@example.org");
                }
            }
        }
    }

    /// The key that WebPush subscriptions are bound to.
    pub async fn vapid_key(&self) -> String {
        let info: PushInfo = self.admin.get("/v1/push").await.expect(200).read();
        info.vapid_public_key.expect("the server's key")
    }

    /// What goes wrong at the service of a way that speaks HTTP.
    pub fn faults(&self, way: Way) -> Option<&Faults> {
        Some(match way {
            Way::Stream | Way::Mail => return None,
            Way::WebPush => self.webpush.as_ref()?.peer().faults(),
            Way::Apns | Way::Gateway => self.apple.as_ref()?.1.faults(),
            Way::Fcm => self.fcm.as_ref()?.api.faults(),
            Way::Sms => self.twilio.as_ref()?.1.faults(),
        })
    }

    /// How many attempts its service has seen.
    pub fn seen(&self, way: Way) -> usize {
        let peer = match way {
            Way::Stream => return 0,
            Way::WebPush => self.webpush.as_ref().map(WebPushService::peer),
            Way::Apns | Way::Gateway => self.apple.as_ref().map(|(_, peer)| peer),
            Way::Fcm => self.fcm.as_ref().map(|fcm| &fcm.api),
            Way::Sms => self.twilio.as_ref().map(|(_, peer)| peer),
            Way::Mail => {
                let said = self.mail.as_ref().map(Smtp::said).unwrap_or_default();
                let attempts = said.iter().filter(|line| line.starts_with("MAIL"));
                return attempts.count();
            }
        };
        let peer = peer.expect("a service");
        // Nobody on the way reads what is wrong.
        for request in peer.requests() {
            let body = String::from_utf8_lossy(&request.body);
            assert!(!body.contains("orders-db"), "in the clear: {body}");
        }
        usize::try_from(peer.received()).expect("a few")
    }

    /// How many text messages Ana's telephone has.
    pub fn texts(&self) -> usize {
        let received = |(telephones, _): &(Telephones, Peer)| telephones.received().len();
        self.twilio.as_ref().map_or(0, received)
    }

    /// How many mails Ana's mailbox has.
    pub fn mails(&self) -> usize {
        let mails = self.mail.as_ref().map(Smtp::mails).unwrap_or_default();
        let hers = |mail: &&smtp::Mail| mail.to.iter().any(|to| to == "ana@example.org");
        mails.iter().filter(hers).count()
    }

    /// Sends an alarm and returns its ticket.
    pub async fn alarm(&self, severity: &str, dedup_key: &str) -> TicketId {
        let alarm = json!({"title": TITLE, "severity": severity, "dedup_key": dedup_key});
        TicketId(self.admin.alarm(&self.keys[0].1, &alarm).await)
    }

    /// What happened to a ticket, as Ana reads it.
    pub async fn timeline(&self, reader: &Phone, ticket: TicketId) -> Timeline {
        reader.api().timeline(ticket.0).await
    }

    /// The events of a timeline, in order.
    pub fn events(timeline: &Timeline) -> impl Iterator<Item = &tocsin_ticket::Event> {
        let events = timeline.entries.iter().flat_map(|entry| &entry.events);
        events.filter_map(Known::get)
    }
}

/// What a push service carries as text.
fn unwrapped(text: &Value) -> Vec<u8> {
    let text = text.as_str().expect("a text");
    URL_SAFE_NO_PAD.decode(text).expect("base64url")
}
