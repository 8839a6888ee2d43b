//! Names that Swift, the core and the server must say alike, because nothing but a phone at night would notice:
//! the server's are read from what it really sends (`server/push`'s snapshots).

use std::collections::BTreeSet;

use serde_json::Value;
use tocsin_pager::Language;
use tocsin_pager::notification::{DRILL_SOUND, PAGE, WAKE_SOUND, categories};

use crate::project::Project;
use crate::swift::{Source, sources};
use crate::{none, read, root};

/// What the server posts to Apple of each kind of push.
fn pushes() -> Vec<Value> {
    ["page", "silence", "drill", "notice"]
        .iter()
        .map(|kind| {
            let path = format!("server/push/tests/snapshots/apns__direct_{kind}.snap");
            let snapshot = read(&root().join(path));
            let (_, body) = snapshot.split_once("\n\n").expect("a request and its body");
            serde_json::from_str(body).expect("JSON")
        })
        .collect()
}

/// The keys of the texts that the system shows when the extension had no time.
pub fn loc_keys() -> Vec<String> {
    let alerts = pushes().into_iter().flat_map(|push| {
        let alert = push["aps"]["alert"].as_object().expect("an alert").clone();
        alert
            .into_iter()
            .map(|(_, key)| key.as_str().expect("a key").to_owned())
    });
    alerts.collect()
}

/// Every literal of a file, without what is put in.
fn literals(source: &Source) -> Vec<(String, String)> {
    let literals = source.of_kind("line_string_literal").into_iter();
    literals
        .map(|node| {
            let text = source.text(node).trim_matches('"').to_owned();
            (source.finding(node, &text), text)
        })
        .collect()
}

/// Names of sounds that are in no bundle.
fn strange_sounds(source: &Source) -> Vec<String> {
    let sounds = [WAKE_SOUND, DRILL_SOUND];
    let named = literals(source).into_iter().filter(|(_, text)| {
        [".wav", ".caf", ".aiff", ".m4a"]
            .iter()
            .any(|kind| text.ends_with(kind))
    });
    named
        .filter(|(_, text)| !sounds.contains(&text.as_str()))
        .map(|(finding, _)| finding)
        .collect()
}

/// Addresses of the app's own that its router, `links`, does not make.
fn strange_links(source: &Source, links: &Source) -> Vec<String> {
    let address = |text: &str| {
        let begin = text.split("\\(").next().expect("a beginning");
        begin.starts_with("tocsin://").then(|| begin.to_owned())
    };
    let known: BTreeSet<_> = literals(links)
        .iter()
        .filter_map(|(_, text)| address(text))
        .collect();
    let named = literals(source).into_iter();
    named
        .filter(|(_, text)| address(text).is_some_and(|address| !known.contains(&address)))
        .map(|(finding, _)| finding)
        .collect()
}

/// Names of categories and actions, in capitals as all of them are, that the core does not know.
fn strange_categories(source: &Source) -> Vec<String> {
    let known: BTreeSet<_> = categories(Language::English)
        .into_iter()
        .flat_map(|category| {
            let actions = category.actions.into_iter().map(|action| action.id);
            actions.chain([category.id])
        })
        .collect();
    let is_name = |text: &str| {
        text.len() > 3
            && text
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte == b'_')
    };
    let notifies = source
        .imports()
        .iter()
        .any(|(_, module)| *module == "UserNotifications");
    let named = literals(source)
        .into_iter()
        .filter(|(_, text)| notifies && is_name(text));
    named
        .filter(|(_, text)| !known.contains(text))
        .map(|(finding, _)| finding)
        .collect()
}

#[test]
fn swift_names_no_sound_category_or_action_that_server_and_core_do_not_know() {
    let sources = sources();
    none(sources.iter().flat_map(strange_sounds).collect());
    none(sources.iter().flat_map(strange_categories).collect());
}

#[test]
fn a_widget_opens_only_what_the_app_reads() {
    let mut sources = sources();
    sources.retain(|source| !source.is_test());
    let links = sources
        .iter()
        .find(|source| source.path.ends_with("TocsinKit/Links.swift"));
    let links = links.expect("it");
    none(
        sources
            .iter()
            .flat_map(|source| strange_links(source, links))
            .collect(),
    );

    let router = Source::new("a.swift", "let a = URL(string: \"tocsin://page/\\(b)\")");
    let widget = |link: &str| Source::new("b.swift", &format!("let a = URL(string: \"{link}\")"));
    assert_eq!(
        strange_links(&widget("tocsin://page/\\(c.d)"), &router),
        [""; 0]
    );
    assert_eq!(
        strange_links(&widget("tocsin://pages/\\(c.d)"), &router).len(),
        1
    );
}

#[test]
fn the_server_names_the_sound_the_category_and_the_payload_that_the_app_has() {
    let page = &pushes()[0];
    assert_eq!(page["aps"]["sound"]["name"], WAKE_SOUND);
    assert_eq!(page["aps"]["category"], PAGE);
    let known = categories(Language::English);
    assert!(known.iter().any(|category| category.id == PAGE));
    let fields: Vec<_> = page.as_object().expect("an object").keys().collect();
    assert_eq!(fields, ["aps", "t"]);
    let keys = sources()
        .into_iter()
        .find(|source| source.path.ends_with("Links.swift"));
    let keys = keys.expect("TocsinKit/Sources/TocsinKit/Links.swift");
    let payload = keys
        .of_kind("property_declaration")
        .into_iter()
        .find(|&node| keys.text(node).contains("let payload"));
    assert!(keys.text(payload.expect("it")).ends_with("= \"t\""));
}

#[test]
fn every_push_is_one_that_the_extension_may_change() {
    for push in pushes() {
        assert_eq!(push["aps"]["mutable-content"], 1, "{push}");
    }
}

#[test]
fn every_page_wakes_the_app_as_well_and_so_does_what_ends_or_tries_it() {
    for push in pushes() {
        let wakes = push["aps"].get("content-available") == Some(&1.into());
        let is_notice = push["aps"]["alert"]["loc-key"] == "NOTICE_BODY";
        assert_eq!(wakes, !is_notice, "{push}");
    }
}

#[test]
fn the_extension_takes_back_what_stands_behind_a_page_that_has_ended() {
    let extension = Project::of_ios().swift("NotificationService");
    for name in [
        "endedBackstops",
        "removePendingNotificationRequests",
        "removeDeliveredNotifications",
    ] {
        let takes_back = extension.iter().any(|source| source.mentions(name));
        assert!(takes_back, "the extension has no {name}");
    }
}

#[test]
fn a_sound_or_a_category_of_ones_own_is_found() {
    let own = Source::new("a.swift", "let a = UNNotificationSoundName(\"siren.caf\")");
    assert_eq!(strange_sounds(&own), ["a.swift:1: siren.caf"]);
    let ours = Source::new("a.swift", "let a = UNNotificationSoundName(\"wake.wav\")");
    assert_eq!(strange_sounds(&ours), [""; 0]);
    let own = Source::new("a.swift", "import UserNotifications\nlet a = \"CHECKIN\"");
    assert_eq!(strange_categories(&own), ["a.swift:2: CHECKIN"]);
    let ours = Source::new("a.swift", "import UserNotifications\nlet a = \"CHECK_IN\"");
    assert_eq!(strange_categories(&ours), [""; 0]);
}
