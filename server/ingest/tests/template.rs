//! JSON of any shape, and what the team's templates make of it.

mod common;

use common::{assert_fit, fired, odd_fields, odd_values, pointers, recovered, shop};
use proptest::prelude::*;
use serde_json::{Value, json};
use tocsin_ingest::template::{LONGEST_OUTPUT, Spec, Templates};
use tocsin_ingest::{Batch, Signal, json as own};
use tocsin_ticket::Severity;

const UPTIME: &str = include_str!("../../../tests/data/generic/uptime.json");
const BUILD: &str = include_str!("../../../tests/data/generic/build.json");

fn spec(fields: &[(&'static str, &str)]) -> Spec {
    let mut spec = Spec::default();
    for (name, source) in fields {
        let source = (*source).to_owned();
        match *name {
            "each" => spec.each = Some(source),
            "resolved" => spec.resolved = Some(source),
            "acknowledged" => spec.acknowledged = Some(source),
            name => match name.strip_prefix("details.") {
                Some(detail) => {
                    spec.details.insert(detail.to_owned(), source);
                }
                None => {
                    spec.fields.insert(name, source);
                }
            },
        }
    }
    spec
}

fn templates(fields: &[(&'static str, &str)]) -> Templates {
    Templates::new(spec(fields)).expect("templates")
}

fn uptime() -> Templates {
    templates(&[
        ("each", "checks"),
        ("title", "{{ item.name }} does not answer"),
        ("dedup_key", "{{ item.id }}"),
        (
            "severity",
            "{{ 'SEV1' if item.down_for > 300 else 'SEV2' }}",
        ),
        ("service", "{{ item.tags[0] }}"),
        ("url", "{{ base_url }}/checks/{{ item.id }}"),
        ("details.region", "{{ region | upper }}"),
        ("resolved", "item.state == 'up'"),
        ("acknowledged", "item.state == 'being_looked_at'"),
    ])
}

fn read(templates: &Templates, body: impl AsRef<[u8]>) -> Batch {
    let batch = templates.parse(body.as_ref(), &shop()).expect("a batch");
    assert_fit(&batch, &shop());
    batch
}

#[test]
fn each_of_a_list_is_an_alarm_of_its_own() {
    let batch = read(&uptime(), UPTIME);
    let alarms = fired(&batch);
    assert_eq!(alarms.len(), 1);
    assert_eq!(alarms[0].title, "Checkout does not answer");
    assert_eq!(alarms[0].dedup_key, "chk-17");
    assert_eq!(alarms[0].severity, Severity::Sev1);
    assert_eq!(alarms[0].service.as_str(), "checkout");
    assert_eq!(
        alarms[0].url.as_deref(),
        Some("https://uptime.example/checks/chk-17")
    );
    assert_eq!(alarms[0].details["region"], "EU-1");
    assert_eq!(recovered(&batch)[0].dedup_key, "chk-18");
    assert!(
        matches!(&batch.signals[2], Signal::Acknowledged(target) if target.dedup_key == "chk-19")
    );
    assert_eq!(batch.oddities, []);
}

#[test]
fn a_payload_may_be_one_alarm() {
    let templates = templates(&[
        ("title", "{{ project.name }}: {{ build.stage }} failed"),
        ("dedup_key", "{{ project.name }}/{{ build.branch }}"),
        (
            "severity",
            "{% if build.branch == 'main' %}high{% else %}low{% endif %}",
        ),
        ("details.commit", "{{ build.commit[:8] }}"),
        ("details.who", "{{ build.authors | join(', ') }}"),
        ("resolved", "build.status in ['passed', 'fixed']"),
    ]);
    let batch = read(&templates, BUILD);
    let alarm = fired(&batch)[0];
    assert_eq!(alarm.title, "shop-web: deploy failed");
    assert_eq!(alarm.severity, Severity::Sev2);
    assert_eq!(alarm.details["commit"], "5f2c1d9a");
    assert_eq!(alarm.details["who"], "kim, lee");
    let over = BUILD.replace("\"failed\"", "\"fixed\"");
    assert_eq!(
        recovered(&read(&templates, over))[0].dedup_key,
        alarm.dedup_key
    );
}

#[test]
fn what_a_template_does_not_find_loses_no_alarm() {
    let templates = templates(&[
        ("title", "{{ a.b.c }}"),
        ("severity", "{{ a.b[0].d }}"),
        ("service", "{{ nothing }}"),
    ]);
    let batch = read(&templates, r#"{"what": "smoke"}"#);
    let alarm = fired(&batch)[0];
    assert_eq!(alarm.title, "An alarm of shop-monitoring without a title");
    assert_eq!(alarm.details["payload"], r#"{"what":"smoke"}"#);
    assert_eq!(alarm.severity, Severity::Sev2);
    assert_eq!(odd_fields(&batch), ["title"]);
}

#[test]
fn a_template_that_fails_at_night_counts_as_empty_and_says_so() {
    let templates = templates(&[
        ("title", "Load {{ load / cores }}"),
        ("dedup_key", "{{ host }}"),
        ("resolved", "load / cores < 1"),
    ]);
    let fine = read(&templates, r#"{"host": "a", "load": 8, "cores": 4}"#);
    assert_eq!(fired(&fine)[0].title, "Load 2.0");
    let broken = read(&templates, r#"{"host": "a", "load": 8, "cores": "many"}"#);
    assert_eq!(fired(&broken)[0].dedup_key, "a");
    assert_eq!(odd_fields(&broken), ["title", "resolved", "title"]);
}

#[test]
fn a_template_can_neither_hang_nor_drown_the_server() {
    for source in [
        "{% for a in range(100000) %}{% for b in range(100000) %}x{% endfor %}{% endfor %}",
        "{{ 'x' * 50000000 }}",
        "{% for a in range(4000) %}{{ text }}{% endfor %}",
        "{{ range(1000000000) | list }}",
    ] {
        let templates = templates(&[("title", "T"), ("details.d", source)]);
        let body = json!({"text": "y".repeat(LONGEST_OUTPUT / 2)}).to_string();
        let batch = read(&templates, body);
        let alarm = fired(&batch)[0];
        assert_eq!(alarm.title, "T");
        assert_eq!(alarm.details.get("d"), None, "{source}");
        assert_eq!(odd_fields(&batch), ["details.d"], "{source}");
    }
}

#[test]
fn a_template_that_is_none_is_refused_with_its_field() {
    for (field, source, says) in [
        ("title", "{{ title", "syntax error"),
        ("title", "{% include 'secrets' %}", "unknown statement"),
        ("title", "{{ a | no_such_filter }}", "no_such_filter"),
        ("details.region", "{% if %}", "syntax error"),
        ("resolved", "state ==", "syntax error"),
        ("acknowledged", "{{ state }}", "syntax error"),
    ] {
        let errors = Templates::new(spec(&[(field, source)]));
        if source.contains("no_such_filter") {
            // Names of filters are looked up when the template is filled in.
            let batch = read(&errors.expect("templates"), "{}");
            assert!(batch.oddities[0].detail.contains(says), "{batch:?}");
            continue;
        }
        let errors = errors.expect_err(source);
        assert_eq!(errors.len(), 1);
        assert_eq!(errors[0].field, field);
        assert!(errors[0].why.contains(says), "{source}: {errors:?}");
    }
    let errors = Templates::new(spec(&[("title", "{{"), ("resolved", ")"), ("url", "{%")]));
    assert_eq!(errors.expect_err("wrong").len(), 3);
}

#[test]
fn a_sender_is_told_what_is_wrong() {
    for (body, code) in [
        ("", "not_json"),
        ("{", "not_json"),
        ("{}", "missing_field"),
        (r#"{"checks": {}}"#, "missing_field"),
    ] {
        let problem = uptime().parse(body.as_bytes(), &shop()).unwrap_err();
        assert_eq!(
            (problem.status, problem.code.as_str()),
            (400, code),
            "{body}"
        );
    }
    let many = json!({"checks": vec![json!({}); 1001]}).to_string();
    let problem = uptime().parse(many.as_bytes(), &shop()).unwrap_err();
    assert_eq!(problem.status, 413);
    assert_eq!(read(&uptime(), r#"{"checks": []}"#).signals, []);
}

#[test]
fn templates_that_copy_our_own_format_change_nothing() {
    let templates = templates(&[
        ("title", "{{ title }}"),
        ("dedup_key", "{{ dedup_key }}"),
        ("severity", "{{ severity }}"),
        ("service", "{{ service }}"),
        ("url", "{{ url }}"),
    ]);
    let body = r#"{"title": "T <&> \"é\"", "dedup_key": "k", "severity": "SEV3", "service": "orders", "url": "https://a.example/?a=1&b=2"}"#;
    let ours = own::parse(body.as_bytes(), &shop()).unwrap();
    assert_eq!(read(&templates, body), ours);
}

#[test]
fn a_payload_with_any_odd_field_still_fires() {
    let mut genuine: Value = serde_json::from_str(UPTIME).unwrap();
    genuine["checks"].as_array_mut().unwrap().truncate(1);
    for pointer in pointers(&genuine) {
        if matches!(pointer.as_str(), "" | "/checks") {
            continue;
        }
        for odd in odd_values() {
            let mut body = genuine.clone();
            *body.pointer_mut(&pointer).unwrap() = odd.clone();
            let batch = read(&uptime(), body.to_string());
            assert_eq!(fired(&batch).len(), 1, "{pointer} = {odd}");
        }
    }
}

proptest! {
    #[test]
    fn any_values_are_survived(name in any::<String>(), id in any::<String>(), state in any::<String>(), tag in any::<String>()) {
        let body = json!({"base_url": id, "checks": [{"id": id, "name": name, "state": state, "down_for": 7, "tags": [tag]}]});
        let batch = read(&uptime(), body.to_string());
        prop_assert_eq!(batch.signals.len(), 1);
    }
}
