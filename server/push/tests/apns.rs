//! Pages to iPhones, told by Apple's own rules.

mod apns_support;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use apns_support::{Apple, SECRET, TOPIC, address, address_of, golden, keys, push};
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use serde_json::json;
use tocsin_peers::apns::{Account, Delivered};
use tocsin_peers::faults::Fault;
use tocsin_peers::https::ca_pem;
use tocsin_push::apns::{APNS_REPUSH_EVERY, Apns, ApnsSettings, Checked, Obstacle, check};
use tocsin_push::{Outcome, Purpose, Transport as _};
use tocsin_ticket::Millis;
use tocsin_wire::ApnsEnvironment::{Production, Sandbox};

/// 2026-01-01T00:00:00Z
const NOW: Millis = Millis(1_767_225_600_000);

const MINUTE_MS: i64 = 60_000;

async fn apple() -> (Apple, Apns) {
    let apple = Apple::start().await;
    apple.production.set_clock(NOW.0);
    apple.sandbox.set_clock(NOW.0);
    let apns = Apns::direct(&apple.settings, ca_pem()).expect("good settings");
    (apple, apns)
}

fn opened(delivered: &Delivered) -> Vec<u8> {
    let sealed = delivered.body["t"].as_str().expect("a payload");
    let sealed = BASE64_URL_SAFE_NO_PAD.decode(sealed).expect("base64url");
    keys().open(&sealed).expect("sealed to this phone")
}

#[tokio::test]
async fn a_page_rings_through_silent_mode_and_only_the_phone_can_read_it() {
    let (apple, apns) = apple().await;
    let mut phone = apple.production.phone(TOPIC);
    let to = address(&phone, Production);
    let outcome = apns.send(&to, &push(Purpose::Page, NOW), NOW).await;
    assert_eq!(outcome, Outcome::Accepted);
    let delivered = phone.next().await;
    assert!(delivered.is_critical());
    assert_eq!(opened(&delivered), SECRET.as_bytes());
    assert_eq!(delivered.expires_s, NOW.0 / 1000 + 120);
    assert_eq!(apple.production.complaints(), Vec::<String>::new());
}

#[tokio::test]
async fn apple_learns_that_there_is_a_page_and_nothing_of_what_it_is_about() {
    let (apple, apns) = apple().await;
    let phone = apple.production.phone(TOPIC);
    let to = address(&phone, Production);
    let mut sizes = BTreeSet::new();
    for purpose in [
        Purpose::Page,
        Purpose::Silence,
        Purpose::Drill,
        Purpose::Notice,
    ] {
        let mut push = push(purpose, NOW);
        apns.send(&to, &push, NOW).await;
        push.payload = [SECRET; 40].concat().into_bytes().into();
        apns.send(&to, &push, NOW).await;
    }
    for request in apple.production_peer.requests() {
        let wire = format!(
            "{}{}",
            request.head(),
            String::from_utf8_lossy(&request.body)
        );
        // Long enough never to be in base64url by chance.
        for word in ["orders-db-2", " is down", &keys().seal_key().to_text()] {
            assert!(!wire.contains(word), "{word} in {wire}");
        }
        let body: serde_json::Value = serde_json::from_slice(&request.body).expect("JSON");
        sizes.insert(body["t"].as_str().expect("a payload").len());
    }
    assert_eq!(sizes.len(), 1, "the length tells what is inside");
    assert_eq!(apple.production_peer.received(), 8);
    assert_eq!(apple.production.complaints(), Vec::<String>::new());
}

#[tokio::test]
async fn the_request_is_what_apple_documents() {
    let (apple, apns) = apple().await;
    let phone = apple.production.phone(TOPIC);
    let to = address(&phone, Production);
    for (purpose, name) in [
        (Purpose::Page, "direct_page"),
        (Purpose::Silence, "direct_silence"),
        (Purpose::Drill, "direct_drill"),
        (Purpose::Notice, "direct_notice"),
    ] {
        apns.send(&to, &push(purpose, NOW), NOW).await;
        let requests = apple.production_peer.requests();
        let request = requests.last().expect("a request");
        let body: serde_json::Value = serde_json::from_slice(&request.body).expect("JSON");
        let authorization = request.header("authorization").expect("a token");
        let varying = [
            (phone.token(), "[device token]"),
            (request.header("apns-id").expect("an id"), "[new UUID]"),
            (&authorization["bearer ".len()..], "[provider token]"),
            (body["t"].as_str().expect("a payload"), "[sealed payload]"),
            (
                concat!("tocsin/", env!("CARGO_PKG_VERSION")),
                "tocsin/[version]",
            ),
        ];
        insta::assert_snapshot!(name, golden(request, &varying));
    }
}

#[tokio::test]
async fn until_somebody_checks_in_the_siren_goes_on_and_one_notification_stays() {
    let (apple, apns) = apple().await;
    let mut phone = apple.production.phone(TOPIC);
    let to = address(&phone, Production);
    let page = push(Purpose::Page, NOW);
    let mut now = NOW;
    for _ in 0..3 {
        apns.send(&to, &page, now).await;
        assert!(phone.next().await.is_critical());
        now = now + APNS_REPUSH_EVERY;
    }
    assert_eq!(phone.screen().len(), 1);
    apns.send(&to, &push(Purpose::Silence, now), now).await;
    assert!(!phone.next().await.sounds());
    let screen = phone.screen();
    assert_eq!(screen.len(), 1, "the page is replaced");
    assert!(!screen[0].sounds());
}

#[tokio::test]
async fn a_drill_goes_the_way_of_a_page_without_a_sound() {
    let (apple, apns) = apple().await;
    let mut phone = apple.production.phone(TOPIC);
    let to = address(&phone, Production);
    apns.send(&to, &push(Purpose::Drill, NOW), NOW).await;
    let drill = phone.next().await;
    assert!(!drill.sounds());
    assert_eq!((drill.push_type.as_str(), drill.priority), ("alert", 10));
    assert_eq!(opened(&drill), SECRET.as_bytes());
}

#[tokio::test]
async fn a_phone_that_was_away_hears_the_newest_page_and_no_stale_one() {
    let (apple, apns) = apple().await;
    let mut phone = apple.production.phone(TOPIC);
    let to = address(&phone, Production);
    phone.away();
    apns.send(&to, &push(Purpose::Page, NOW), NOW).await;
    let mut newer = push(Purpose::Page, NOW);
    newer.payload = b"newer".as_slice().into();
    apns.send(&to, &newer, NOW).await;
    phone.back();
    assert_eq!(opened(&phone.next().await), b"newer");
    assert_eq!(phone.try_next(), None);

    phone.away();
    apns.send(&to, &push(Purpose::Page, NOW), NOW).await;
    apple.production.set_clock(NOW.0 + 2 * MINUTE_MS);
    phone.back();
    assert_eq!(phone.try_next(), None);
}

#[tokio::test]
async fn development_builds_are_pushed_by_the_sandbox() {
    let (apple, apns) = apple().await;
    let mut phone = apple.sandbox.phone(TOPIC);
    let to = address(&phone, Sandbox);
    let outcome = apns.send(&to, &push(Purpose::Page, NOW), NOW).await;
    assert_eq!(outcome, Outcome::Accepted);
    assert!(phone.next().await.is_critical());
    assert_eq!(apple.sandbox_peer.received(), 1);
    assert_eq!(apple.production_peer.received(), 0);
}

#[tokio::test]
async fn a_dead_token_is_told_apart_from_a_bad_day() {
    let (apple, apns) = apple().await;
    let page = push(Purpose::Page, NOW);
    let dead = async |to, word: &str| match apns.send(&to, &page, NOW).await {
        Outcome::DeadToken { why } => assert!(why.contains(word), "{why}"),
        other => panic!("{other:?} for {word}"),
    };
    let phone = apple.production.phone(TOPIC);
    phone.uninstall(NOW.0 - 5);
    dead(
        address(&phone, Production),
        "Unregistered, dead since 1767225599995 ms",
    )
    .await;
    let phone = apple.production.phone(TOPIC);
    phone.expire(NOW.0);
    dead(address(&phone, Production), "ExpiredToken").await;
    let phone = apple.sandbox.phone(TOPIC);
    dead(address(&phone, Production), "BadDeviceToken").await;
    let phone = apple.production.phone("org.example.other");
    dead(address(&phone, Production), "DeviceTokenNotForTopic").await;
    let asked = apple.production_peer.received();
    dead(
        address_of("../../3/x", Production, TOPIC),
        "not hexadecimal",
    )
    .await;
    assert_eq!(apple.production_peer.received(), asked);

    let phone = apple.production.phone(TOPIC);
    apple
        .production_peer
        .faults()
        .next([Fault::later(503, "7")]);
    assert_eq!(
        apns.send(&address(&phone, Production), &page, NOW).await,
        Outcome::RetryAfter {
            after: Some(Duration::from_secs(7)),
            why: "Apple answered 503 ServiceUnavailable".to_owned(),
        }
    );
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Means {
    Dead,
    Later,
    Refused,
    Unknown,
}

#[tokio::test]
async fn every_row_of_apples_table_is_understood() {
    use Means::{Dead, Later, Refused, Unknown};
    const TABLE: &[(u16, &str, Means)] = &[
        (400, "BadCollapseId", Refused),
        (400, "BadDeviceToken", Dead),
        (400, "BadExpirationDate", Refused),
        (400, "BadMessageId", Refused),
        (400, "BadPriority", Refused),
        (400, "BadTopic", Refused),
        (400, "DeviceTokenNotForTopic", Dead),
        (400, "DuplicateHeaders", Refused),
        (400, "IdleTimeout", Later),
        (400, "InvalidPushType", Refused),
        (400, "MissingDeviceToken", Refused),
        (400, "MissingTopic", Refused),
        (400, "PayloadEmpty", Refused),
        (400, "TopicDisallowed", Refused),
        (403, "BadCertificate", Refused),
        (403, "BadCertificateEnvironment", Refused),
        (403, "Forbidden", Refused),
        (403, "InvalidProviderToken", Refused),
        (403, "MissingProviderToken", Refused),
        (403, "UnrelatedKeyIdInToken", Refused),
        (403, "BadEnvironmentKeyIdInToken", Refused),
        (404, "BadPath", Refused),
        (405, "MethodNotAllowed", Refused),
        (410, "ExpiredToken", Dead),
        (410, "Unregistered", Dead),
        (413, "PayloadTooLarge", Refused),
        (429, "TooManyProviderTokenUpdates", Later),
        (429, "TooManyRequests", Later),
        (500, "InternalServerError", Later),
        (503, "ServiceUnavailable", Later),
        (503, "Shutdown", Later),
        // What is not Apple's proves nothing about a phone.
        (410, "Gone", Unknown),
        (400, "SomethingNew", Unknown),
        (302, "", Unknown),
        (502, "", Unknown),
    ];
    let (apple, apns) = apple().await;
    let phone = apple.production.phone(TOPIC);
    let to = address(&phone, Production);
    let page = push(Purpose::Page, NOW);
    for &(code, reason, means) in TABLE {
        apple.production_peer.faults().next([Fault::Status {
            code,
            retry_after: None,
            body: Some(json!({ "reason": reason }).to_string()),
        }]);
        let outcome = apns.send(&to, &page, NOW).await;
        let (is, why) = match outcome {
            Outcome::DeadToken { why } => (Dead, why),
            Outcome::RetryAfter { after: None, why } => (Later, why),
            Outcome::Refused { why } => (Refused, why),
            Outcome::Unknown { why } => (Unknown, why),
            other => panic!("{other:?} for {code} {reason}"),
        };
        assert_eq!(is, means, "{code} {reason}: {why}");
        assert!(is == Unknown || why.contains(reason), "{why}");
        // Somebody must be able to act on it.
        assert!(is != Refused || why.contains(": "), "{why}");
    }
    assert_eq!(apns.send(&to, &page, NOW).await, Outcome::Accepted);
}

#[tokio::test]
async fn a_token_that_apple_finds_expired_is_replaced_at_once() {
    let (apple, apns) = apple().await;
    let mut phone = apple.production.phone(TOPIC);
    let to = address(&phone, Production);
    let page = push(Purpose::Page, NOW);
    apple.production.set_clock(NOW.0 + 58 * MINUTE_MS);
    assert_eq!(apns.send(&to, &page, NOW).await, Outcome::Accepted);
    assert_eq!(apple.production_peer.received(), 2);
    phone.next().await;

    // Nothing helps against a clock that slow, least of all more tokens.
    apple.production.set_clock(NOW.0 + 90 * MINUTE_MS);
    for _ in 0..3 {
        match apns.send(&to, &page, NOW).await {
            Outcome::Refused { why } => assert!(why.contains("clock is slow"), "{why}"),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(apple.production_peer.received(), 5);
    assert_eq!(tokens(&apple).len(), 2);
}

/// All provider tokens that were sent.
fn tokens(apple: &Apple) -> BTreeSet<String> {
    let requests = apple.production_peer.requests();
    let token = |request: &tocsin_peers::https::Request| {
        request.header("authorization").expect("a token").to_owned()
    };
    requests.iter().map(token).collect()
}

#[tokio::test]
async fn a_clock_ten_minutes_wrong_costs_no_page_at_any_hour() {
    for skew_minutes in [-10, 0, 10] {
        let (apple, apns) = apple().await;
        let phone = apple.production.phone(TOPIC);
        let to = address(&phone, Production);
        for minute in 0..180 {
            apple.production.set_clock(NOW.0 + minute * MINUTE_MS);
            let now = Millis(NOW.0 + (minute + skew_minutes) * MINUTE_MS);
            let outcome = apns.send(&to, &push(Purpose::Page, now), now).await;
            assert_eq!(
                outcome,
                Outcome::Accepted,
                "{skew_minutes} min, minute {minute}"
            );
        }
        let count = tokens(&apple).len();
        assert!((6..=7).contains(&count), "{count} tokens in three hours");
        assert_eq!(apple.production_peer.connections(), 1);
    }
}

#[tokio::test]
async fn a_clock_that_is_set_back_a_little_costs_no_new_token() {
    let (apple, apns) = apple().await;
    let phone = apple.production.phone(TOPIC);
    let to = address(&phone, Production);
    for now in [
        NOW,
        Millis(NOW.0 - 2000),
        Millis(NOW.0 - 9 * MINUTE_MS),
        NOW,
    ] {
        let outcome = apns.send(&to, &push(Purpose::Page, now), now).await;
        assert_eq!(outcome, Outcome::Accepted);
    }
    assert_eq!(tokens(&apple).len(), 1);
}

#[tokio::test]
async fn wrong_credentials_are_told_with_what_to_do() {
    let (apple, _) = apple().await;
    let (_, other_p8) = Account::open(&[TOPIC]);
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), other_p8).expect("written");
    let settings = ApnsSettings {
        key: tocsin_push::secret::SecretSource::File(file.path().to_owned()),
        ..apple.settings.clone()
    };
    let phone = apple.production.phone(TOPIC);
    let apns = Apns::direct(&settings, ca_pem()).expect("it reads well");
    let page = push(Purpose::Page, NOW);
    match apns.send(&address(&phone, Production), &page, NOW).await {
        Outcome::Refused { why } => {
            assert!(why.contains("InvalidProviderToken: check key"), "{why}");
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_app_that_is_not_ours_is_refused_before_anybody_is_asked() {
    let (apple, apns) = apple().await;
    let to = address_of("00ff", Production, "org.example.other");
    match apns.send(&to, &push(Purpose::Page, NOW), NOW).await {
        Outcome::Refused { why } => assert!(why.contains("not one of topics"), "{why}"),
        other => panic!("{other:?}"),
    }
    assert_eq!(apple.production_peer.received(), 0);
}

#[tokio::test]
async fn a_mistake_in_the_settings_is_told_by_its_name() {
    let (apple, _) = apple().await;
    let field = |change: fn(&mut ApnsSettings)| {
        let mut settings = apple.settings.clone();
        change(&mut settings);
        Apns::direct(&settings, ca_pem())
            .expect_err("a mistake")
            .field
    };
    assert_eq!(field(|settings| settings.key_id.clear()), "key_id");
    assert_eq!(field(|settings| settings.team_id.push('!')), "team_id");
    assert_eq!(field(|settings| settings.topics.clear()), "topics");
    assert_eq!(field(|settings| settings.topics[0].push('*')), "topics");
    let missing = || tocsin_push::secret::SecretSource::File("/nowhere.p8".into());
    let mut settings = apple.settings.clone();
    settings.key = missing();
    let error = Apns::direct(&settings, ca_pem()).expect_err("no file");
    assert_eq!(error.field, "key");
    assert!(error.why.contains("/nowhere.p8"), "{error}");
}

#[tokio::test]
async fn a_good_key_is_known_before_the_first_page_and_rings_nobody() {
    let (apple, _) = apple().await;
    let mut phones = [apple.production.phone(TOPIC), apple.sandbox.phone(TOPIC)];
    let all = check(&apple.settings, ca_pem(), NOW)
        .await
        .expect("settings");
    let asked: Vec<_> = all
        .iter()
        .map(|one| (&*one.topic, one.environment))
        .collect();
    assert_eq!(asked, [(TOPIC, Production), (TOPIC, Sandbox)]);
    assert!(all.iter().all(|one| one.obstacle.is_none()), "{all:?}");
    assert_eq!(apple.production_peer.received(), 1);
    assert_eq!(apple.sandbox_peer.received(), 1);
    assert!(phones.iter_mut().all(|phone| phone.try_next().is_none()));
}

#[tokio::test]
async fn a_key_or_an_app_that_apple_refuses_is_known_before_the_first_page() {
    let (apple, _) = apple().await;
    let refusals = async |settings: &ApnsSettings| -> Vec<String> {
        let all = check(settings, ca_pem(), NOW).await.expect("settings");
        let why = |one: Checked| match one.obstacle {
            Some(Obstacle::Refused(why)) => why,
            other => panic!("{other:?}"),
        };
        all.into_iter().map(why).collect()
    };
    let mut another_team = apple.settings.clone();
    another_team.team_id = "ZZZZZZZZZZ".to_owned();
    for why in refusals(&another_team).await {
        assert!(why.contains("InvalidProviderToken: check key"), "{why}");
    }
    let mut another_app = apple.settings.clone();
    another_app.topics = vec!["com.example.another".to_owned()];
    for why in refusals(&another_app).await {
        assert!(why.contains("TopicDisallowed: check topics"), "{why}");
    }
}

#[tokio::test]
async fn a_check_without_a_way_to_apple_says_neither_yes_nor_no() {
    let (apple, _) = apple().await;
    let mut settings = apple.settings.clone();
    settings.hosts.production = "https://localhost:1".to_owned();
    let all = check(&settings, ca_pem(), NOW).await.expect("settings");
    assert!(
        matches!(all[0].obstacle, Some(Obstacle::Unanswered(_))),
        "{all:?}"
    );
    assert_eq!(all[1].obstacle, None);
}

/// So many pages to one phone at the same moment. Whoever is left without an answer sends again,
/// as the dispatcher does.
async fn storm(apple: &Apple, apns: Apns, pages: usize) -> BTreeSet<String> {
    let apns = Arc::new(apns);
    let mut phone = apple.production.phone(TOPIC);
    let sends: Vec<_> = (0..pages)
        .map(|n| {
            let apns = Arc::clone(&apns);
            let to = address(&phone, Production);
            let mut page = push(Purpose::Page, NOW);
            page.id = format!("page-number-{n:04}").into();
            tokio::spawn(async move {
                match apns.send(&to, &page, NOW).await {
                    Outcome::Unknown { .. } => apns.send(&to, &page, NOW).await,
                    outcome => outcome,
                }
            })
        })
        .collect();
    for send in sends {
        assert_eq!(send.await.expect("no panic"), Outcome::Accepted);
    }
    assert_eq!(phone.screen().len(), pages);
    let mut ids = BTreeSet::new();
    while let Some(delivered) = phone.try_next() {
        ids.insert(delivered.apns_id);
    }
    ids
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_pages_at_once_share_one_connection() {
    let (apple, apns) = apple().await;
    let ids = storm(&apple, apns, 100).await;
    assert_eq!(ids.len(), 100, "every attempt has a name of its own");
    assert_eq!(apple.production_peer.connections(), 1);
    assert_eq!(tokens(&apple).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_goes_away_in_a_storm_takes_no_page_with_it() {
    let (apple, apns) = apple().await;
    let faults = apple.production_peer.faults();
    faults.next((0..60).map(|n| match n {
        20 | 40 => Fault::GoAway,
        _ => Fault::None,
    }));
    storm(&apple, apns, 100).await;
    assert!(apple.production_peer.connections() >= 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storm_of_expired_tokens_makes_one_new_token() {
    let (apple, apns) = apple().await;
    apple.production.set_clock(NOW.0 + 58 * MINUTE_MS);
    storm(&apple, apns, 50).await;
    assert_eq!(tokens(&apple).len(), 2);
}

#[tokio::test]
async fn a_connection_that_goes_away_takes_no_page_with_it() {
    let (apple, apns) = apple().await;
    let mut phone = apple.production.phone(TOPIC);
    let to = address(&phone, Production);
    let page = push(Purpose::Page, NOW);
    apple
        .production_peer
        .faults()
        .next([Fault::None, Fault::GoAway]);
    assert_eq!(apns.send(&to, &page, NOW).await, Outcome::Accepted);
    phone.next().await;
    // Apple said that it took nothing, so it is sent again within the same attempt.
    assert_eq!(apns.send(&to, &page, NOW).await, Outcome::Accepted);
    phone.next().await;
    assert_eq!(phone.try_next(), None);
    assert_eq!(apple.production_peer.connections(), 2);
}

#[tokio::test]
async fn an_answer_that_is_lost_counts_neither_as_sent_nor_as_refused() {
    let (apple, apns) = apple().await;
    let mut phone = apple.production.phone(TOPIC);
    let to = address(&phone, Production);
    let page = push(Purpose::Page, NOW);
    for fault in [Fault::ResetBefore, Fault::ResetAfter] {
        apple.production_peer.faults().next([fault]);
        let outcome = apns.send(&to, &page, NOW).await;
        assert!(matches!(outcome, Outcome::Unknown { .. }), "{outcome:?}");
    }
    assert!(phone.next().await.is_critical());
    assert_eq!(phone.try_next(), None);
    assert_eq!(apns.send(&to, &page, NOW).await, Outcome::Accepted);
}

#[tokio::test]
async fn a_stalled_service_is_given_up_within_ten_seconds() {
    let (apple, apns) = apple().await;
    let phone = apple.production.phone(TOPIC);
    apple.production_peer.faults().next([Fault::Stall]);
    let to = address(&phone, Production);
    let page = push(Purpose::Page, NOW);
    let outcome = tokio::time::timeout(Duration::from_secs(15), apns.send(&to, &page, NOW)).await;
    let outcome = outcome.expect("an attempt ends");
    assert!(matches!(outcome, Outcome::Unknown { .. }), "{outcome:?}");
}
