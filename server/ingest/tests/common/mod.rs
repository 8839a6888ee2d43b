//! What all formats are tested with: a team's integration, the fixtures, and what any ticket may
//! expect of an alarm.
#![allow(
    dead_code,
    unused_imports,
    unused_macros,
    reason = "each test file uses its part"
)]

use serde_json::Value;
use tocsin_ingest::{Batch, Integration, SeverityMap, Signal, Target, limits};
use tocsin_ticket::Alarm;

/// The shop's integration: alarms are about `web` unless they name `checkout`, `orders` or `search`.
pub fn shop() -> Integration {
    Integration {
        id: "shop-monitoring".into(),
        team: "shop".into(),
        service: "web".into(),
        services: ["checkout", "orders", "search"].map(Into::into).into(),
        severities: SeverityMap::default(),
        severities_by_service: Default::default(),
    }
}

macro_rules! fixture {
    ($name:literal) => {
        include_str!(concat!("../../../tests/data/ingest/", $name))
    };
}
pub(crate) use fixture;

/// A value that nobody expects, of every kind.
pub fn odd_values() -> Vec<Value> {
    serde_json::from_str(
        r#"[null, true, 0, -7, 1.5e300, "", " ", "x", "\u001b[2J\u202e", [], {}, [[]], [1, "a"], {"a": {"b": [null]}}]"#,
    )
    .unwrap()
}

/// The JSON pointers of every value inside `value`, itself first.
pub fn pointers(value: &Value) -> Vec<String> {
    fn walk(value: &Value, at: &str, all: &mut Vec<String>) {
        all.push(at.to_owned());
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    let name = name.replace('~', "~0").replace('/', "~1");
                    walk(value, &format!("{at}/{name}"), all);
                }
            }
            Value::Array(values) => {
                for (index, value) in values.iter().enumerate() {
                    walk(value, &format!("{at}/{index}"), all);
                }
            }
            _ => {}
        }
    }
    let mut all = Vec::new();
    walk(value, "", &mut all);
    all
}

pub fn fired(batch: &Batch) -> Vec<&Alarm> {
    batch
        .signals
        .iter()
        .filter_map(|signal| match signal {
            Signal::Fired(alarm) => Some(alarm),
            _ => None,
        })
        .collect()
}

pub fn recovered(batch: &Batch) -> Vec<&Target> {
    batch
        .signals
        .iter()
        .filter_map(|signal| match signal {
            Signal::Recovered(target) => Some(target),
            _ => None,
        })
        .collect()
}

pub fn odd_fields(batch: &Batch) -> Vec<&str> {
    batch
        .oddities
        .iter()
        .map(|oddity| oddity.field.as_str())
        .collect()
}

/// Panics unless everything in the batch may enter a ticket and be shown to a person.
pub fn assert_fit(batch: &Batch, integration: &Integration) {
    let shown = |text: &str, lines: bool| {
        for c in text.chars() {
            let line = lines && matches!(c, '\n' | '\t');
            assert!(line || !c.is_control(), "control character in {text:?}");
            assert!(!('\u{202A}'..='\u{202E}').contains(&c), "bidi in {text:?}");
        }
    };
    let key = |key: &str| {
        shown(key, false);
        let chars = key.chars().count();
        assert!(
            (1..=limits::DEDUP_KEY_MAX_CHARS).contains(&chars),
            "{key:?}"
        );
    };
    assert!(fired(batch).len() <= limits::ALARMS_MAX + 1);
    assert!(batch.oddities.len() <= limits::ODDITIES_MAX + 1);
    for oddity in &batch.oddities {
        shown(&oddity.field, false);
        shown(&oddity.detail, false);
        assert!(oddity.detail.chars().count() < 400, "{oddity:?}");
    }
    let services: Vec<_> = integration
        .services
        .iter()
        .chain([&integration.service])
        .collect();
    for signal in &batch.signals {
        match signal {
            Signal::Fired(alarm) => {
                assert_eq!(alarm.team, integration.team);
                assert_eq!(alarm.source, integration.id);
                assert!(services.contains(&&alarm.service));
                key(&alarm.dedup_key);
                shown(&alarm.title, false);
                let chars = alarm.title.chars().count();
                assert!(
                    (1..=limits::TITLE_MAX_CHARS).contains(&chars),
                    "{}",
                    alarm.title
                );
                if let Some(url) = &alarm.url {
                    shown(url, false);
                    assert!(url.to_ascii_lowercase().starts_with("http"), "{url}");
                    assert!(url.chars().count() <= limits::URL_MAX_CHARS);
                }
                assert!(alarm.details.len() <= limits::DETAILS_MAX + 1);
                let mut bytes = 0;
                for (name, text) in &alarm.details {
                    shown(name, false);
                    shown(text, true);
                    assert!(!text.is_empty());
                    assert!(name.chars().count() <= limits::DETAIL_NAME_MAX_CHARS);
                    assert!(text.chars().count() <= limits::DETAIL_TEXT_MAX_CHARS);
                    bytes += name.len() + text.len();
                }
                assert!(bytes <= limits::DETAILS_MAX_BYTES + 200, "{bytes}");
            }
            Signal::Acknowledged(target) | Signal::Recovered(target) => {
                assert_eq!(target.team, integration.team);
                assert!(!target.services.is_empty());
                assert!(target.services.iter().all(|it| services.contains(&it)));
                key(&target.dedup_key);
            }
            Signal::Noted(target, text) => {
                assert_eq!(target.team, integration.team);
                assert!(target.services.iter().all(|it| services.contains(&it)));
                key(&target.dedup_key);
                shown(text, true);
                let chars = text.chars().count();
                assert!((1..=limits::DETAIL_TEXT_MAX_CHARS).contains(&chars));
            }
        }
    }
}
