use proptest::prelude::*;
use serde_json::Value;
use tocsin_directory::Config;
use tocsin_import::{goalert, opsgenie, pagerduty};

use crate::{Importer, file, options};

const FILES: [(&str, Importer); 6] = [
    ("pagerduty_schedule/get-schedule.json", pagerduty),
    ("pagerduty_schedule/two-layers.json", pagerduty),
    ("opsgenie_export/get-schedule.json", opsgenie),
    ("opsgenie_export/backup-schedule.json", opsgenie),
    ("goalert/daily-over-dst.json", goalert),
    ("goalert/weekly-and-office-hours.json", goalert),
];

/// Every leaf of the document.
fn leaves(value: &mut Value) -> Vec<&mut Value> {
    match value {
        Value::Array(items) => items.iter_mut().flat_map(leaves).collect(),
        Value::Object(fields) => fields.values_mut().flat_map(leaves).collect(),
        leaf => vec![leaf],
    }
}

fn anything() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,100}".prop_map(Value::from),
        Just(Value::from("2026-02-30T00:00:00Z")),
        Just(Value::from("9999-12-30T23:00:00Z")),
        Just(Value::from("-009999-01-02T00:00:00Z")),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn whatever_a_field_holds_what_is_imported_is_a_configuration(
        which in 0..FILES.len(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), anything()), 1..4),
    ) {
        let (path, import) = FILES[which];
        let mut json: Value = serde_json::from_str(&file(path)).expect("JSON");
        for (index, value) in changes {
            let mut leaves = leaves(&mut json);
            let place = index.index(leaves.len());
            *leaves[place] = value;
        }
        if let Ok(import) = import(&json.to_string(), &options()) {
            let config = Config::parse(&import.toml);
            prop_assert!(config.is_ok(), "{}\n{}", config.unwrap_err(), import.toml);
        }
    }
}
