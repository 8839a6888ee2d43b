//! From what Apple delivers to what the phone shows and sounds, as its extension does it.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tempfile::TempDir;
use tocsin_ffi::{
    ClockPort, Notifier, NotifierSetup, PagerError, PortError, PushEndpoint, SafePort,
    generic_page, notification_categories, sealed_push,
};
use tocsin_pager::engine::{Change, KnownDuty, QueuedTap};
use tocsin_pager::net::Server;
use tocsin_pager::notification::{
    InterruptionLevel, NotificationContent, NotificationDeed, NotificationKind, NotificationSound,
};
use tocsin_pager::{Account, DeviceKeys, Language, Store};
use tocsin_peers::apns::{Account as AppleAccount, Apns, Delivered, Phone as Iphone};
use tocsin_peers::https::{Peer, ca_pem};
use tocsin_push::apns::{ApnsHosts, ApnsSettings};
use tocsin_push::secret::SecretSource;
use tocsin_push::settings::ApnsWay;
use tocsin_server::serve::Options;
use tocsin_tests::configuration::{UNHURRIED, with_policy};
use tocsin_tests::{Api, PATIENCE, TestServer};
use tocsin_ticket::{Millis, Rung, TicketId, Transport};
use tocsin_wire::{
    Action, ApnsEnvironment, CommandId, CommandRequest, DeviceView, Directory, DrillView, Duty, Me,
    PhoneRules,
};

use crate::phone::{Phone, shared};
use crate::ports::{Drawer, Wall};

/// When the golden payloads were sent.
const SENT: Millis = Millis(1_795_406_593_836);

/// When the golden page expires.
const EXPIRES: Millis = Millis(SENT.0 + 420_000);

const SECRET: [u8; 32] = [7; 32];

/// A clock that stands still, read in UTC.
struct Stopped(Millis);

impl ClockPort for Stopped {
    fn now(&self) -> Result<Millis, PortError> {
        Ok(self.0)
    }

    fn time_of_day(&self, at: Millis) -> Result<String, PortError> {
        let minutes = at.0 / 60_000;
        Ok(format!("{:02}:{:02}", minutes / 60 % 24, minutes % 60))
    }
}

/// A safe before the first unlock after a restart.
struct Locked;

impl SafePort for Locked {
    fn keep(&self, _: String, _: Vec<u8>) -> Result<(), PortError> {
        self.find(String::new()).map(|_| ())
    }

    fn find(&self, _: String) -> Result<Option<Vec<u8>>, PortError> {
        let text = "errSecInteractionNotAllowed".to_owned();
        Err(PortError::Failed { text })
    }

    fn forget(&self, _: String) -> Result<(), PortError> {
        self.find(String::new()).map(|_| ())
    }
}

/// Ana's iPhone while nothing of Tocsin runs on it.
struct Extension {
    folder: TempDir,
    safe: Arc<Drawer>,
    language: Language,
    critical_alerts: bool,
    hides_content: bool,
    now: Millis,
}

impl Extension {
    /// The app has left nothing that can be read.
    fn in_the_dark() -> Self {
        let safe = Arc::<Drawer>::default();
        safe.keep("keys".to_owned(), SECRET.to_vec()).unwrap();
        Self {
            folder: tempfile::tempdir().unwrap(),
            safe,
            language: Language::English,
            critical_alerts: true,
            hides_content: false,
            now: SENT,
        }
    }

    /// The app has run, and knew the golden team and the server's clock.
    fn with(changes: &[Change]) -> Self {
        let phone = Self::in_the_dark();
        let of_the_app = tempfile::tempdir().unwrap();
        let mut store = Store::open(&of_the_app.path().join("pager.db")).unwrap();
        let account = Account {
            server: Server::new("https://pager.invalid", None, false).unwrap(),
            me: Me {
                person: "ana".into(),
                device: "d1".into(),
            },
            person_name: "Ana Silva".to_owned(),
        };
        store.enroll(&account).unwrap();
        store.leave_glimpse(phone.folder.path().join("pager.json"));
        let directory: Directory = serde_json::from_value(json!({
            "people": {"ana": "Ana Silva", "ben": "Ben Okafor", "bea": "Bea Lindqvist"},
            "teams": {"shop": "Shop"},
            "services": {"checkout": "Checkout"},
        }))
        .unwrap();
        let known = [
            Change::Directory(directory),
            Change::ClockOffset { offset_ms: 0 },
        ];
        store.commit(&known).unwrap();
        store.commit(changes).unwrap();
        phone
    }

    fn speaking(self, language: Language) -> Self {
        Self { language, ..self }
    }

    /// Its owner wants nobody to see what pages are about.
    fn discreet(self) -> Self {
        Self {
            hides_content: true,
            ..self
        }
    }

    fn at(self, now: Millis) -> Self {
        Self { now, ..self }
    }

    fn open(&self, payload: Option<String>, category: &str) -> NotificationContent {
        let setup = NotifierSetup {
            folder: self.folder.path().to_str().unwrap().to_owned(),
            language: self.language,
            critical_alerts: self.critical_alerts,
            hides_content: self.hides_content,
        };
        let clock = Arc::new(Stopped(self.now));
        Notifier::new(setup, clock, self.safe.clone()).open(payload, category.to_owned())
    }

    fn shows(&self, payload: &Value) -> NotificationContent {
        self.open(Some(sealed(payload)), "PAGE")
    }
}

fn golden(name: &str) -> Value {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("wire/golden");
    serde_json::from_slice(&std::fs::read(folder.join(name)).unwrap()).unwrap()
}

/// As Apple's body carries it: the field `t`.
fn sealed(payload: &Value) -> String {
    let key = DeviceKeys::new(SECRET).seal_key();
    let sealed = tocsin_seal::seal(&key, payload.to_string().as_bytes(), &[3; 32]).unwrap();
    URL_SAFE_NO_PAD.encode(sealed)
}

/// The golden ticket with some fields otherwise, and no others that ring.
fn ticket(other: &Value) -> Value {
    let mut payload = golden("push-ticket.json");
    payload["message"].as_object_mut().unwrap().remove("others");
    merge(&mut payload["message"]["ticket"], other);
    payload
}

/// The golden ticket whose page is otherwise.
fn page(other: &Value) -> Value {
    let mut payload = ticket(&json!({}));
    merge(&mut payload["message"]["ticket"]["pages"][0], other);
    payload
}

fn merge(into: &mut Value, other: &Value) {
    let fields = other.as_object().unwrap().clone();
    into.as_object_mut().unwrap().extend(fields);
}

fn siren(name: &str) -> NotificationSound {
    NotificationSound::File {
        name: name.to_owned(),
        volume: 1.0,
    }
}

const QUIET: (InterruptionLevel, NotificationSound) =
    (InterruptionLevel::Passive, NotificationSound::Silent);

/// How loud it is.
fn loudness(content: &NotificationContent) -> (InterruptionLevel, NotificationSound) {
    (content.level, content.sound.clone())
}

#[test]
fn a_page_wakes_in_english_with_whose_turn_is_next_and_what_else_rings() {
    let shown = Extension::with(&[]).shows(&golden("push-ticket.json"));
    let expected = NotificationContent {
        kind: NotificationKind::Page,
        title: "SEV1: Checkout answers 23 % of its requests with an error".to_owned(),
        subtitle: "Checkout".to_owned(),
        body: "A new ticket is yours.\nAt 04:08 Bea Lindqvist is paged.\n41 more pages ring."
            .to_owned(),
        ticket: Some(TicketId(42)),
        thread: Some("ticket-42".to_owned()),
        silences: false,
        category: Some("PAGE".to_owned()),
        level: InterruptionLevel::Critical,
        sound: siren("wake.wav"),
        relevance: 1.0,
    };
    assert_eq!(shown, expected);
}

#[test]
fn a_page_wakes_in_korean() {
    let shown = Extension::with(&[])
        .speaking(Language::Korean)
        .shows(&golden("push-ticket.json"));
    assert_eq!(
        shown.body,
        "새 티켓이 배정되었습니다.\n04:08에 Bea Lindqvist 님을 호출합니다.\n41건 더 울리는 중."
    );
    assert_eq!(
        loudness(&shown),
        (InterruptionLevel::Critical, siren("wake.wav"))
    );
}

#[test]
fn a_page_wakes_where_the_app_has_left_nothing_to_read() {
    let shown = Extension::in_the_dark().shows(&ticket(&json!({})));
    assert_eq!(shown.subtitle, "checkout");
    assert_eq!(shown.body, "A new ticket is yours.\nAt 04:08 bea is paged.");
    assert_eq!(
        loudness(&shown),
        (InterruptionLevel::Critical, siren("wake.wav"))
    );
}

#[test]
fn a_page_is_taken_at_its_word_where_nothing_is_known_of_the_servers_clock() {
    let phone = Extension::in_the_dark().at(Millis(EXPIRES.0 + 3_600_000));
    let shown = phone.shows(&ticket(&json!({})));
    assert_eq!(shown.level, InterruptionLevel::Critical);
}

#[test]
fn a_page_of_any_severity_wakes_because_its_service_chose_so() {
    for severity in ["SEV1", "SEV2", "SEV3", "SEV5", "SEV0"] {
        let shown = Extension::with(&[]).shows(&ticket(&json!({ "severity": severity })));
        assert!(shown.title.starts_with(severity), "{}", shown.title);
        assert_eq!(shown.level, InterruptionLevel::Critical);
    }
}

#[test]
fn without_the_right_to_critical_alerts_a_page_is_time_sensitive() {
    let mut phone = Extension::with(&[]);
    phone.critical_alerts = false;
    let shown = phone.shows(&ticket(&json!({})));
    assert_eq!(
        loudness(&shown),
        (InterruptionLevel::TimeSensitive, siren("wake.wav"))
    );
    let generic = generic_page(Language::English, false);
    assert_eq!(generic.level, InterruptionLevel::TimeSensitive);
}

#[test]
fn a_manager_is_told_which_limit_was_missed() {
    let escalated = page(&json!({
        "role": "manager",
        "reason": "researching_missed",
        "missed": {"state": "researching", "since": SENT.0 - 600_000, "limit": SENT.0},
    }));
    let shown = Extension::with(&[]).shows(&escalated);
    assert_eq!(
        shown.body,
        "Work did not start in time.\nResearching since 03:53, limit 04:03 missed.\n\
         At 04:08 Bea Lindqvist is paged."
    );
    let shown = Extension::with(&[])
        .speaking(Language::Korean)
        .shows(&escalated);
    assert_eq!(
        shown.body,
        "제시간에 작업이 시작되지 않았습니다.\n03:53부터 조사 중, 제한 시각 04:03 넘김.\n\
         04:08에 Bea Lindqvist 님을 호출합니다."
    );
}

#[test]
fn whoever_is_asked_for_help_reads_who_asks_and_answers_i_come() {
    let mut asked = page(&json!({"role": "helper", "reason": "help_asked", "help": 1}));
    merge(
        &mut asked["message"]["ticket"],
        &json!({
            "deadline": null,
            "helps": [{
                "number": 1, "by": "ben", "at": SENT.0, "asked": [],
                "target": {"type": "person", "person": "ana"},
                "message": "Is it the cache?",
            }],
        }),
    );
    let shown = Extension::with(&[]).shows(&asked);
    assert_eq!(
        shown.body,
        "Ben Okafor asks for your help: “Is it the cache?”"
    );
    assert_eq!(shown.category.as_deref(), Some("HELP"));
    assert_eq!(shown.level, InterruptionLevel::Critical);
    let categories = notification_categories(Language::English);
    let help = categories.iter().find(|it| it.id == "HELP").unwrap();
    assert_eq!(help.actions[0].title, "I come to help");
    assert_eq!(help.actions[0].deed, NotificationDeed::CheckIn);
}

#[test]
fn every_button_says_the_same_in_both_languages() {
    let titles = |language| -> Vec<String> {
        let categories = notification_categories(language).into_iter();
        let actions = categories.flat_map(|category| category.actions);
        actions.map(|action| action.title).collect()
    };
    assert_eq!(
        titles(Language::English),
        [
            "Check in",
            "Can’t – page the next",
            "I come to help",
            "I cannot"
        ]
    );
    assert_eq!(
        titles(Language::Korean),
        [
            "확인",
            "응할 수 없음 – 다음 사람 호출",
            "도우러 갑니다",
            "응할 수 없음"
        ]
    );
}

#[test]
fn a_page_that_expired_on_its_way_wakes_nobody() {
    let phone = Extension::with(&[]).at(EXPIRES);
    let shown = phone.shows(&ticket(&json!({})));
    assert_eq!(loudness(&shown), QUIET);
    assert!(shown.silences);
    assert_eq!(
        shown.body,
        "This page is too old to ring. The ticket is still open."
    );
    let phone = Extension::with(&[]).at(Millis(EXPIRES.0 - 1));
    assert_eq!(
        phone.shows(&ticket(&json!({}))).level,
        InterruptionLevel::Critical
    );
}

#[test]
fn a_phone_whose_clock_is_an_hour_ahead_still_wakes() {
    let ahead = Change::ClockOffset {
        offset_ms: -3_600_000,
    };
    let phone = Extension::with(&[ahead]).at(Millis(SENT.0 + 3_600_000));
    let shown = phone.shows(&ticket(&json!({})));
    assert_eq!(shown.level, InterruptionLevel::Critical);
    assert!(shown.body.contains("At 05:08"), "on its own clock");
}

/// Ana has checked in to the golden ticket, and the server does not know it yet.
fn checked_in() -> Change {
    Change::AddTap(QueuedTap {
        number: 1,
        request: CommandRequest {
            id: CommandId::new("tap-00000001"),
            ticket: TicketId(42),
            at: SENT,
            action: Action::CheckIn,
            also: Vec::new(),
        },
        pages: Vec::new(),
    })
}

#[test]
fn a_page_that_was_answered_on_this_phone_does_not_wake_again_before_the_server_knows() {
    let shown = Extension::with(&[checked_in()]).shows(&ticket(&json!({})));
    assert_eq!(loudness(&shown), QUIET);
    assert!(shown.silences);
    assert_eq!(
        shown.body,
        "You have answered this page; the server is being told."
    );
}

/// Ben has checked in to the golden ticket.
fn silence() -> Value {
    ticket(&json!({"state": "researching", "owner": "ben", "pages": []}))
}

/// What a phone that hides what pages are about shows of a page, however it stands.
fn hidden(language: Language) -> [NotificationContent; 4] {
    let page = golden("push-ticket.json");
    let phone = |changes: &[Change]| Extension::with(changes).speaking(language).discreet();
    [
        phone(&[]).shows(&page),
        phone(&[checked_in()]).shows(&page),
        phone(&[]).at(EXPIRES).shows(&page),
        phone(&[]).shows(&silence()),
    ]
}

#[test]
fn whoever_hides_what_pages_are_about_reads_how_the_page_stands_and_nothing_else() {
    let said = |language| {
        hidden(language).map(|shown| {
            assert_eq!(shown.subtitle, "");
            format!("{}: {}", shown.title, shown.body)
        })
    };
    assert_eq!(
        said(Language::English),
        [
            "You are paged: Open Tocsin to see what it is about.",
            "A page: You have answered this page; the server is being told.",
            "A page: This page is too old to ring. The ticket is still open.",
            "A page: You are no longer paged.",
        ]
    );
    assert_eq!(
        said(Language::Korean),
        [
            "호출되었습니다: Tocsin을 열어 내용을 확인하세요.",
            "호출: 이 호출에 응답했습니다. 서버에 전하는 중입니다.",
            "호출: 울리기에는 오래된 호출입니다. 티켓은 아직 열려 있습니다.",
            "호출: 더 이상 호출하지 않습니다.",
        ]
    );
}

#[test]
fn where_the_team_hides_what_pages_are_about_nobody_reads_more_than_where_the_owner_does() {
    let team = Change::Duty(KnownDuty {
        duty: Duty {
            rules: PhoneRules {
                hide_content: true,
                ..PhoneRules::default()
            },
            ..Duty::default()
        },
        ..KnownDuty::default()
    });
    let page = golden("push-ticket.json");
    let shown = Extension::with(&[team]).shows(&page);
    assert_eq!(shown, Extension::with(&[]).discreet().shows(&page));
}

#[test]
fn a_page_whose_words_are_hidden_is_as_loud_and_can_be_answered_as_any() {
    for language in [Language::English, Language::Korean] {
        let [rings, answered, expired, over] = hidden(language);
        let open = Extension::with(&[]).shows(&golden("push-ticket.json"));
        let unworded = |content: NotificationContent| NotificationContent {
            title: String::new(),
            subtitle: String::new(),
            body: String::new(),
            ..content
        };
        assert_eq!(unworded(rings), unworded(open));
        for silent in [answered, expired, over] {
            assert_eq!(loudness(&silent), QUIET);
            assert_eq!((silent.silences, silent.ticket), (true, Some(TicketId(42))));
        }
    }
}

#[test]
fn when_somebody_has_checked_in_the_notification_says_who_and_falls_silent() {
    let silence = silence();
    let shown = Extension::with(&[]).shows(&silence);
    let expected = NotificationContent {
        kind: NotificationKind::Silence,
        title: "SEV1: Checkout answers 23 % of its requests with an error".to_owned(),
        subtitle: "Checkout".to_owned(),
        body: "Researching, in the hands of Ben Okafor.".to_owned(),
        ticket: Some(TicketId(42)),
        thread: Some("ticket-42".to_owned()),
        silences: true,
        category: None,
        level: InterruptionLevel::Passive,
        sound: NotificationSound::Silent,
        relevance: 0.0,
    };
    assert_eq!(shown, expected);
    let shown = Extension::with(&[])
        .speaking(Language::Korean)
        .shows(&silence);
    assert_eq!(shown.body, "조사 중, 담당 Ben Okafor 님.");
}

#[test]
fn a_drill_that_its_owner_wants_to_hear_sounds_once_and_one_for_the_way_only_does_not() {
    let mut drill = golden("push-drill.json");
    let phone = Extension::with(&[]);
    let shown = phone.open(Some(sealed(&drill)), "");
    assert_eq!((shown.kind, shown.ticket), (NotificationKind::Drill, None));
    assert_eq!(
        loudness(&shown),
        (InterruptionLevel::Critical, siren("drill.wav"))
    );
    assert_eq!(shown.title, "Drill");
    drill["message"]["audible"] = false.into();
    let shown = phone.open(Some(sealed(&drill)), "");
    assert_eq!(loudness(&shown), QUIET);
    assert_eq!(
        shown.body,
        "The way of a page to this phone was tried. Nothing is wrong."
    );
    let shown = phone
        .at(Millis(SENT.0 + 300_000))
        .speaking(Language::Korean)
        .open(Some(sealed(&golden("push-drill.json"))), "");
    assert_eq!(loudness(&shown), QUIET);
    assert_eq!(shown.title, "시험 호출");
    assert!(shown.body.starts_with("시험 호출이 너무 늦게 왔습니다."));
}

#[test]
fn a_notice_is_something_to_read() {
    let shown = Extension::with(&[]).open(Some(sealed(&golden("push-notice.json"))), "");
    assert_eq!(shown.kind, NotificationKind::Notice);
    assert_eq!(shown.title, "The drill did not reach Ana's phone");
    assert_eq!(shown.body, "Open the app on it.");
    assert_eq!(
        loudness(&shown),
        (InterruptionLevel::Active, NotificationSound::Usual)
    );
}

#[test]
fn a_page_in_words_of_an_older_or_newer_server_is_still_a_page() {
    for version in ["older", "newer"] {
        let mut ticket = golden(&format!("{version}/sync.json"))["tickets"][0].clone();
        ticket["partial"] = true.into();
        let payload = json!({
            "v": 9, "server_time": SENT.0, "why": "newer servers say more",
            "message": {"type": "ticket", "ticket": ticket, "colour": "red"},
        });
        let shown = Extension::with(&[]).shows(&payload);
        assert_eq!(shown.kind, NotificationKind::Page, "{version}");
        assert_eq!(shown.ticket, Some(TicketId(42)));
        assert!(shown.title.ends_with(": Checkout is down"));
        assert_eq!(shown.category.as_deref(), Some("PAGE"));
        assert_eq!(shown.level, InterruptionLevel::Critical);
    }
}

#[test]
fn the_sealed_page_that_the_swift_side_is_tested_with_is_the_golden_one() {
    let tests = "../ios/TocsinKit/Tests/TocsinKitTests/Fixtures/page.sealed";
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(tests);
    let payload = golden("push-ticket.json");
    let kept = std::fs::read_to_string(file).unwrap();
    let opened = URL_SAFE_NO_PAD
        .decode(kept.trim())
        .ok()
        .and_then(|bytes| DeviceKeys::new(SECRET).open(&bytes).ok())
        .and_then(|json| serde_json::from_slice::<Value>(&json).ok());
    assert_eq!(
        opened.as_ref(),
        Some(&payload),
        "it should be {}",
        sealed(&payload)
    );
}

/// What a person reads when nothing can be read of a page.
fn assert_generic(shown: &NotificationContent, language: Language) {
    assert_eq!(*shown, generic_page(language, true));
    assert_eq!(
        loudness(shown),
        (InterruptionLevel::Critical, siren("wake.wav"))
    );
    let (title, body) = match language {
        Language::English => ("You are paged", "Open Tocsin to see what it is about."),
        Language::Korean => ("호출되었습니다", "Tocsin을 열어 내용을 확인하세요."),
    };
    assert_eq!((shown.title.as_str(), shown.body.as_str()), (title, body));
}

#[test]
fn a_page_that_cannot_be_read_is_a_loud_page_all_the_same() {
    for language in [Language::English, Language::Korean] {
        let phone = Extension::with(&[]).speaking(language);
        let whole = sealed(&ticket(&json!({})));
        let unknown = json!({
            "v": 9, "server_time": SENT.0, "message": {"type": "hologram", "ticket": 42},
        });
        let unreadable = [
            None,
            Some(String::new()),
            Some(whole[..whole.len() - 8].to_owned()),
            Some("not base64url!".to_owned()),
            Some(URL_SAFE_NO_PAD.encode([0; 2101])),
            Some(sealed(&json!("garbage"))),
            Some(sealed(&unknown)),
        ];
        for payload in unreadable {
            assert_generic(&phone.open(payload, "PAGE"), language);
        }
        phone.safe.keep("keys".to_owned(), vec![8; 32]).unwrap();
        assert_generic(&phone.open(Some(whole.clone()), "PAGE"), language);
        phone.safe.keep("keys".to_owned(), vec![8; 5]).unwrap();
        assert_generic(&phone.open(Some(whole.clone()), "PAGE"), language);
        phone.safe.forget("keys".to_owned()).unwrap();
        assert_generic(&phone.open(Some(whole), "PAGE"), language);
    }
}

#[test]
fn a_page_before_the_first_unlock_is_a_loud_page() {
    let folder = tempfile::tempdir().unwrap();
    let setup = NotifierSetup {
        folder: folder.path().to_str().unwrap().to_owned(),
        language: Language::English,
        critical_alerts: true,
        hides_content: false,
    };
    let notifier = Notifier::new(setup, Arc::new(Wall), Arc::new(Locked));
    let shown = notifier.open(Some(sealed(&ticket(&json!({})))), "PAGE".to_owned());
    assert_generic(&shown, Language::English);
}

#[test]
fn what_was_not_marked_as_a_page_and_cannot_be_read_wakes_nobody() {
    let shown = Extension::with(&[]).open(Some("garbage".to_owned()), "");
    assert_eq!(shown.kind, NotificationKind::Unreadable);
    assert_eq!(shown.sound, NotificationSound::Silent);
    assert!(shown.body.contains("update this app"), "{}", shown.body);
}

#[test]
fn what_the_app_left_and_nobody_can_read_costs_no_page() {
    let phone = Extension::with(&[]);
    std::fs::write(phone.folder.path().join("pager.json"), "{").unwrap();
    let shown = phone.shows(&ticket(&json!({})));
    assert_eq!(shown.level, InterruptionLevel::Critical);
    assert_eq!(shown.subtitle, "checkout");
}

/// The app's bundle id.
const TOPIC: &str = "org.example.pager";

/// A server that pushes by Apple's service, and the phones behind that.
struct World {
    server: TestServer,
    apple: Arc<Apns>,
    _peer: Peer,
    _files: TempDir,
}

impl World {
    async fn start() -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let (account, p8) = AppleAccount::open(&[TOPIC]);
        let apple = Apns::new(account.clone());
        let peer = Peer::start(Arc::clone(&apple)).await.unwrap();
        let files = tempfile::tempdir().unwrap();
        let (key, authorities) = (files.path().join("apple.p8"), files.path().join("ca.pem"));
        std::fs::write(&key, p8).unwrap();
        std::fs::write(&authorities, ca_pem()).unwrap();
        let hosts = ApnsHosts {
            sandbox: peer.url(),
            production: peer.url(),
        };
        let apns = ApnsSettings {
            key: SecretSource::File(key),
            key_id: account.key_id,
            team_id: account.team_id,
            topics: vec![TOPIC.to_owned()],
            hosts,
        };
        let options = |options: &mut Options| {
            options.transports.ca_file = Some(authorities);
            options.transports.apns = Some(ApnsWay::Own(apns));
        };
        let (mut server, ready) = TestServer::fresh(options, Api::new).await;
        server.log_in(&ready.admin_code.unwrap()).await;
        server.apply(&with_policy(UNHURRIED)).await;
        Self {
            server,
            apple,
            _peer: peer,
            _files: files,
        }
    }

    /// Returns once the server knows how to push to a device.
    async fn has_a_way_to(&self, device: &str) {
        let ana = self.server.person("ana").await;
        for _ in 0..500 {
            let devices: Vec<DeviceView> = ana.get("/v1/devices").await.expect(200).read();
            let mut found = devices.iter();
            if found.any(|it| it.device.as_str() == device && !it.ways.is_empty()) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("the phone never said how to push to it");
    }
}

/// Ana's iPhone, enrolled, with the app closed since.
struct Closed {
    iphone: Iphone,
    folder: TempDir,
    safe: Arc<Drawer>,
    device: String,
}

impl Closed {
    async fn of(world: &World) -> Self {
        let (folder, safe) = (tempfile::tempdir().unwrap(), Arc::default());
        let iphone = world.apple.phone(TOPIC);
        let phone = Phone::enrolled(&folder, &safe, &world.server).await;
        let endpoint = PushEndpoint::Apns {
            token: iphone.token().to_owned(),
            environment: ApnsEnvironment::Production,
            topic: TOPIC.to_owned(),
        };
        phone.pager.push_endpoints(vec![endpoint]).unwrap();
        let device = phone.pager.me().unwrap().unwrap().device;
        world.has_a_way_to(&device).await;
        phone.pager.shut_down().await;
        Self {
            iphone,
            folder,
            safe,
            device,
        }
    }

    async fn delivered(&mut self) -> Delivered {
        let wait = tokio::time::timeout(PATIENCE, self.iphone.next()).await;
        wait.expect("Apple delivered nothing")
    }

    fn notifier(&self) -> Arc<Notifier> {
        let setup = NotifierSetup {
            folder: shared(&self.folder),
            language: Language::English,
            critical_alerts: true,
            hides_content: false,
        };
        Notifier::new(setup, Arc::new(Wall), self.safe.clone())
    }
}

/// What the system gives an extension: the field `t`, and the category.
fn given(delivered: &Delivered) -> (String, String) {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let body = &delivered.body;
    (text(&body["t"]), text(&body["aps"]["category"]))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alarm_wakes_a_phone_whose_app_is_closed_and_the_server_knows_that_it_came() {
    let world = World::start().await;
    let mut phone = Closed::of(&world).await;
    let ticket = world.server.alarm("SEV1", "database").await;
    let delivered = phone.delivered().await;
    let (payload, category) = given(&delivered);
    let notifier = phone.notifier();

    let shown = notifier.open(Some(payload.clone()), category);
    assert_eq!(shown.kind, NotificationKind::Page);
    assert_eq!(shown.ticket, Some(TicketId(ticket)));
    assert_eq!(
        json!(shown.category),
        delivered.body["aps"]["category"],
        "the buttons are there even when the extension has no time"
    );
    let NotificationSound::File { name, volume } = &shown.sound else {
        panic!("{:?}", shown.sound);
    };
    let sound = &delivered.body["aps"]["sound"];
    assert_eq!(sound["name"], name.as_str(), "one file is in the bundle");
    assert_eq!(sound["volume"], *volume);

    notifier
        .report_received(payload.clone(), 20_000)
        .await
        .unwrap();
    let view = world.server.admin.ticket(ticket).await;
    let page = &view.pages[0];
    let mut receipts = page.receipts.iter().filter_map(|it| it.get());
    let received = receipts.find(|it| it.rung == Rung::Received).unwrap();
    assert_eq!(received.transport, Some(Transport::Apns));
    assert_eq!(received.device.to_string(), phone.device);

    // Somebody else takes it: the same notification falls silent.
    let ben = world.server.person("ben").await;
    let taken = ben.tap("tap-of-bens", ticket, "start_work").await;
    taken.expect(200);
    let silence = phone.delivered().await;
    let (payload, category) = given(&silence);
    let shown = notifier.open(Some(payload), category);
    assert_eq!(
        (shown.kind, shown.silences),
        (NotificationKind::Silence, true)
    );
    assert!(shown.body.ends_with("in the hands of Ben Okafor."));
    assert_eq!(silence.collapse_id, delivered.collapse_id);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_that_is_opened_from_a_notification_rings_for_it_before_anything_is_fetched() {
    let mut world = World::start().await;
    let mut phone = Closed::of(&world).await;
    let ticket = world.server.alarm("SEV1", "database").await;
    let (payload, _) = given(&phone.delivered().await);
    world.server.stop().await;

    let mut opened = Phone::woken(&phone.folder, &phone.safe, sealed_push(payload));
    assert!(opened.speaker.sounding.load(Ordering::SeqCst));
    let home = opened
        .until("showed it", |home| !home.pages.is_empty())
        .await;
    assert_eq!(home.pages[0].ticket, TicketId(ticket));
    opened.pager.check_in(TicketId(ticket)).unwrap();
    opened.until("was silent", |home| !home.siren.ringing).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drill_that_came_by_push_is_reported_by_the_extension() {
    let world = World::start().await;
    let mut phone = Closed::of(&world).await;
    // A page that comes through shows that the dispatcher has heard of the phone as well.
    world.server.alarm("SEV1", "database").await;
    phone.delivered().await;
    let ana = world.server.person("ana").await;
    let order = json!({ "device": phone.device, "audible": true });
    let drill: DrillView = ana.post_json("/v1/drills", &order).await.expect(202).read();
    let (payload, category) = loop {
        let came = given(&phone.delivered().await);
        if came.1.is_empty() {
            break came;
        }
    };
    let notifier = phone.notifier();
    let shown = notifier.open(Some(payload.clone()), category);
    assert_eq!(shown.kind, NotificationKind::Drill);
    assert_eq!(shown.sound, siren("drill.wav"));
    notifier.report_received(payload, 20_000).await.unwrap();
    let drills: Vec<DrillView> = ana.get("/v1/drills").await.expect(200).read();
    let found = drills.into_iter().find(|it| it.drill.id == drill.drill.id);
    let receipts = found.unwrap().receipts;
    let received = receipts.iter().find(|it| it.rung == Rung::Received);
    assert_eq!(received.unwrap().transport, Some(Transport::Apns));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_app_and_extension_both_report_stands_once() {
    let world = World::start().await;
    let mut phone = Closed::of(&world).await;
    let ticket = world.server.alarm("SEV1", "database").await;
    let (payload, _) = given(&phone.delivered().await);
    let mut opened = Phone::woken(&phone.folder, &phone.safe, sealed_push(payload.clone()));
    opened.until("rang", |home| home.siren.confirmed).await;
    let notifier = phone.notifier();
    for _ in 0..2 {
        notifier
            .report_received(payload.clone(), 20_000)
            .await
            .unwrap();
    }
    let view = world.server.admin.ticket(ticket).await;
    let receipts = view.pages[0].receipts.iter().filter_map(|it| it.get());
    let received = receipts.filter(|it| it.rung == Rung::Received);
    assert_eq!(received.count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_that_cannot_be_sent_is_an_error_and_not_a_wait() {
    let mut world = World::start().await;
    let mut phone = Closed::of(&world).await;
    world.server.alarm("SEV1", "database").await;
    let (payload, _) = given(&phone.delivered().await);
    let notifier = phone.notifier();
    let late = notifier.report_received(payload.clone(), 0).await;
    assert!(
        matches!(late, Err(PagerError::Unreachable { .. })),
        "{late:?}"
    );
    world.server.stop().await;
    let gone = notifier.report_received(payload.clone(), 20_000).await;
    assert!(
        matches!(gone, Err(PagerError::Unreachable { .. })),
        "{gone:?}"
    );
    phone.safe.forget("token".to_owned()).unwrap();
    let nobodys = notifier.report_received(payload, 20_000).await;
    assert!(matches!(nobodys, Err(PagerError::NotEnrolled { .. })));
    let garbage = notifier.report_received("garbage".to_owned(), 20_000).await;
    assert!(matches!(garbage, Err(PagerError::Device { .. })));
}

/// Where the extension of its own process finds what it needs: folder, payload, keys, token.
const EXTENSION: [&str; 4] = [
    "TOCSIN_TEST_FOLDER",
    "TOCSIN_TEST_PAYLOAD",
    "TOCSIN_TEST_KEYS",
    "TOCSIN_TEST_TOKEN",
];

/// iOS ends an extension that takes more, in KiB.
const EXTENSION_LIMIT_KIB: u64 = 24 * 1024;

/// What this process has written to in memory, in KiB: what iOS counts is that as well.
#[cfg(target_os = "linux")]
fn memory_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("RssAnon:"));
    let number = line.and_then(|line| line.split_whitespace().nth(1));
    number.unwrap().parse().unwrap()
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn an_extension_takes_a_part_of_its_memory_in_a_company_of_ten_thousand() {
    if let [Ok(folder), Ok(payload), Ok(keys), Ok(token)] = EXTENSION.map(std::env::var) {
        let safe = Arc::<Drawer>::default();
        let keys = URL_SAFE_NO_PAD.decode(keys).unwrap();
        safe.keep("keys".to_owned(), keys).unwrap();
        safe.keep("token".to_owned(), token.into_bytes()).unwrap();
        let setup = NotifierSetup {
            folder,
            language: Language::English,
            critical_alerts: true,
            hides_content: false,
        };
        let notifier = Notifier::new(setup, Arc::new(Wall), safe);
        let shown = notifier.open(Some(payload.clone()), "PAGE".to_owned());
        assert!(shown.ticket.is_some());
        notifier.report_received(payload, 20_000).await.unwrap();
        let taken = memory_kib();
        println!("the extension took {taken} KiB");
        assert!(taken < EXTENSION_LIMIT_KIB / 2, "{taken} KiB");
        return;
    }
    let world = World::start().await;
    let mut phone = Closed::of(&world).await;
    let ticket = world.server.alarm("SEV1", "database").await;
    let (payload, _) = given(&phone.delivered().await);
    let file = Path::new(&shared(&phone.folder)).join("pager.json");
    let mut left: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    let people = left["directory"]["people"].as_object_mut().unwrap();
    people.extend((0..10_000).map(|number| {
        let name = format!("Somebody of a large company, number {number}");
        (format!("person-{number}"), name.into())
    }));
    std::fs::write(&file, left.to_string()).unwrap();

    let secret = |name: &str| phone.safe.find(name.to_owned()).unwrap().unwrap();
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--nocapture"])
        .arg("notification::an_extension_takes_a_part_of_its_memory_in_a_company_of_ten_thousand")
        .envs([
            (EXTENSION[0], shared(&phone.folder)),
            (EXTENSION[1], payload),
            (EXTENSION[2], URL_SAFE_NO_PAD.encode(secret("keys"))),
            (EXTENSION[3], String::from_utf8(secret("token")).unwrap()),
        ])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    println!("{said}");
    assert!(
        output.status.success(),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let view = world.server.admin.ticket(ticket).await;
    let mut receipts = view.pages[0].receipts.iter().filter_map(|it| it.get());
    assert!(receipts.any(|it| it.rung == Rung::Received && it.transport == Some(Transport::Apns)));
}
