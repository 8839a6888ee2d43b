//! What a team is paged for by CloudWatch, and what nobody can make it be paged for by pretending.

mod common;

use common::{assert_fit, fired, odd_fields, odd_values, pointers, recovered, shop};
use proptest::prelude::*;
use serde_json::{Value, json};
use tocsin_ingest::cloudwatch;
use tocsin_ingest::sns::{Envelope, Kind};
use tocsin_ingest::{Batch, Signal};
use tocsin_ticket::Severity;

macro_rules! fixture {
    ($name:literal) => {
        include_str!(concat!("../../../tests/data/sns/", $name))
    };
}

const ALARM: &str = fixture!("alarm.json");
const OK: &str = fixture!("ok.json");
const INSUFFICIENT_DATA: &str = fixture!("insufficient-data.json");
const HELLO: &str = fixture!("hello.json");
const SUBSCRIPTION: &str = fixture!("subscription.json");
const UNSUBSCRIPTION: &str = fixture!("unsubscription.json");
const CERTIFICATE: &[u8] = fixture!("certificate.pem").as_bytes();
const OTHER_CERTIFICATE: &[u8] = fixture!("other-certificate.pem").as_bytes();

fn value(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

fn read(body: &str) -> Batch {
    let envelope = Envelope::parse(body.as_bytes()).expect("a message");
    let batch = cloudwatch::read(&envelope, &shop());
    assert_fit(&batch, &shop());
    batch
}

/// The same message with another alarm in it.
fn publishing(alarm: &Value) -> Batch {
    let mut envelope = value(ALARM);
    envelope["Message"] = alarm.to_string().into();
    read(&envelope.to_string())
}

/// The alarm of the fixture.
fn alarm() -> Value {
    value(value(ALARM)["Message"].as_str().expect("a message"))
}

#[test]
fn an_alarm_rings_and_its_ok_ends_it() {
    let batch = read(ALARM);
    let alarm = fired(&batch)[0];
    assert_eq!(alarm.title, "checkout 5xx");
    assert_eq!(alarm.severity, Severity::Sev1);
    assert_eq!(alarm.service.as_str(), "checkout");
    assert_eq!(
        alarm.url.as_deref(),
        Some(
            "https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1\
             #alarmsV2:alarm/checkout%205xx"
        )
    );
    assert_eq!(alarm.details["MetricName"], "HTTPCode_Target_5XX_Count");
    assert_eq!(alarm.details["LoadBalancer"], "app/shop/50dc6c495c0c9188");
    assert!(alarm.details["reason"].starts_with("Threshold Crossed"));
    assert_eq!(batch.oddities, []);

    let over = read(OK);
    let target = recovered(&over)[0];
    assert_eq!(target.dedup_key, alarm.dedup_key);
    assert_eq!(target.services[0], alarm.service);
}

#[test]
fn a_metric_that_goes_silent_rings_and_ends_nothing() {
    let batch = read(INSUFFICIENT_DATA);
    let silent = fired(&batch)[0];
    assert_eq!(silent.title, "No data: checkout 5xx");
    // The same trouble: one ticket, which the next OK ends.
    assert_eq!(silent.dedup_key, fired(&read(ALARM))[0].dedup_key);
}

#[test]
fn a_state_nobody_knows_rings() {
    for state in [json!("MELTDOWN"), json!(null), json!(7), json!("ok ")] {
        let mut alarm = alarm();
        alarm["NewStateValue"] = state;
        let batch = publishing(&alarm);
        assert_eq!(fired(&batch).len(), 1);
        assert_eq!(odd_fields(&batch), ["NewStateValue"]);
    }
}

#[test]
fn how_bad_it_is_stands_in_the_description_or_the_name() {
    for (name, description, severity, odd) in [
        ("a", "severity=SEV4", Severity::Sev4, false),
        ("a", "Severity: warning.", Severity::Sev3, false),
        ("a SEV5", "severity = critical", Severity::Sev1, false),
        ("[sev3] disk", "", Severity::Sev3, false),
        ("disk", "see SEV4/runbook", Severity::Sev4, false),
        ("disk", "severity=purple", Severity::Sev2, true),
        ("disk", "no severity", Severity::Sev2, false),
        ("disk", "perseverity=critical", Severity::Sev2, false),
        ("db-p1-replica several", "", Severity::Sev2, false),
        ("a", "İseverity=low", Severity::Sev2, false),
        ("a", "İ severity=SEV4", Severity::Sev4, false),
    ] {
        let mut alarm = alarm();
        alarm["AlarmName"] = name.into();
        alarm["AlarmDescription"] = description.into();
        let batch = publishing(&alarm);
        assert_eq!(fired(&batch)[0].severity, severity, "{name}: {description}");
        assert_eq!(!batch.oddities.is_empty(), odd, "{name}: {description}");
    }
}

#[test]
fn a_dimension_may_name_the_service() {
    let mut alarm = alarm();
    alarm["AlarmDescription"] = Value::Null;
    assert_eq!(fired(&publishing(&alarm))[0].service.as_str(), "web");
    for dimension in [
        json!({"name": "ServiceName", "value": "orders"}),
        json!({"Name": "ServiceName", "Value": "orders"}),
    ] {
        alarm["Trigger"]["Dimensions"] = json!([{"name": "ClusterName", "value": "eu"}, dimension]);
        assert_eq!(fired(&publishing(&alarm))[0].service.as_str(), "orders");
    }
}

#[test]
fn an_alarm_with_any_odd_field_still_rings() {
    let genuine = alarm();
    for pointer in pointers(&genuine) {
        if matches!(pointer.as_str(), "" | "/AlarmName" | "/NewStateValue") {
            continue;
        }
        for odd in odd_values() {
            let mut alarm = genuine.clone();
            *alarm.pointer_mut(&pointer).unwrap() = odd;
            assert_eq!(fired(&publishing(&alarm)).len(), 1, "{pointer}");
        }
    }
}

#[test]
fn whatever_else_is_published_to_a_topic_that_pages_rings_too() {
    let batch = read(HELLO);
    assert_eq!(fired(&batch)[0].title, "Hello world!");
    assert_eq!(odd_fields(&batch), ["Message"]);
    let mut hello = value(HELLO);
    hello["Subject"] = "Budget exceeded".into();
    hello["Message"] = "".into();
    assert_eq!(fired(&read(&hello.to_string()))[0].title, "Budget exceeded");
    hello["Subject"] = "\u{1b}".into();
    let title = &fired(&read(&hello.to_string()))[0].title.clone();
    assert!(title.starts_with("arn:aws:sns"), "{title}");
}

#[test]
fn the_end_of_a_subscription_rings_and_a_new_one_ends_that() {
    let batch = read(UNSUBSCRIPTION);
    let alarm = fired(&batch)[0];
    assert_eq!(
        alarm.title,
        "Alarms of SNS topic pages no longer arrive here"
    );
    let again = read(SUBSCRIPTION);
    let target = recovered(&again)[0];
    assert_eq!(target.dedup_key, alarm.dedup_key);
    assert!(target.services.contains(&alarm.service));
}

#[test]
fn amazons_signature_is_asked_for_in_both_versions() {
    for body in [
        ALARM,
        OK,
        INSUFFICIENT_DATA,
        HELLO,
        SUBSCRIPTION,
        UNSUBSCRIPTION,
    ] {
        let envelope = Envelope::parse(body.as_bytes()).unwrap();
        envelope.verify(CERTIFICATE).expect("genuine");
        let stranger = envelope.verify(OTHER_CERTIFICATE).unwrap_err();
        assert_eq!(
            (stranger.status, stranger.code.as_str()),
            (403, "bad_signature")
        );
    }
}

#[test]
fn a_message_of_which_anything_signed_was_changed_is_not_genuine() {
    for body in [ALARM, OK, SUBSCRIPTION] {
        let genuine = value(body);
        for (name, text) in genuine.as_object().expect("an object") {
            let unsigned = ["SigningCertURL", "UnsubscribeURL"];
            if unsigned.contains(&name.as_str()) {
                continue;
            }
            let mut forged = genuine.clone();
            forged[name] = match name.as_str() {
                "Type" if body == SUBSCRIPTION => "UnsubscribeConfirmation".into(),
                "SignatureVersion" if text == "1" => "2".into(),
                "SignatureVersion" => "1".into(),
                "Type" => continue,
                _ => format!("{}x", text.as_str().expect("a text")).into(),
            };
            let envelope = Envelope::parse(forged.to_string().as_bytes()).unwrap();
            assert!(envelope.verify(CERTIFICATE).is_err(), "{name}");
        }
    }
    // Nothing is signed by leaving things out.
    for name in ["Signature", "SignatureVersion"] {
        let mut unsigned = value(ALARM);
        unsigned.as_object_mut().unwrap().remove(name);
        let envelope = Envelope::parse(unsigned.to_string().as_bytes()).unwrap();
        assert!(envelope.verify(CERTIFICATE).is_err(), "{name}");
    }
    let mut subject_taken_away = value(ALARM);
    subject_taken_away
        .as_object_mut()
        .unwrap()
        .remove("Subject");
    let envelope = Envelope::parse(subject_taken_away.to_string().as_bytes()).unwrap();
    assert_eq!(envelope.verify(CERTIFICATE).unwrap_err().status, 403);
}

#[test]
fn what_is_no_certificate_makes_the_message_come_again() {
    let envelope = Envelope::parse(ALARM.as_bytes()).unwrap();
    let key = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    for certificate in [&b""[..], b"<html>", key.as_bytes()] {
        assert_eq!(envelope.verify(certificate).unwrap_err().status, 503);
    }
}

#[test]
fn a_certificate_comes_from_amazon_or_from_nowhere() {
    let asked = |url: &str, more: &[String]| {
        let mut body = value(ALARM);
        body["SigningCertURL"] = url.into();
        let envelope = Envelope::parse(body.to_string().as_bytes()).unwrap();
        envelope.certificate_url(more).map(String::from)
    };
    for good in [
        "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-1.pem",
        "https://SNS.us-gov-west-1.amazonaws.com:443/x.pem",
        "https://sns.cn-north-1.amazonaws.com.cn/x.pem",
    ] {
        assert!(asked(good, &[]).is_ok(), "{good}");
    }
    for bad in [
        "http://sns.eu-west-1.amazonaws.com/x.pem",
        "https://sns.eu-west-1.amazonaws.com.evil.example/x.pem",
        "https://evil.example/sns.eu-west-1.amazonaws.com/x.pem",
        "https://evil.example#sns.eu-west-1.amazonaws.com/x.pem",
        "https://sns.eu-west-1.amazonaws.com@evil.example/x.pem",
        "https://user@sns.eu-west-1.amazonaws.com/x.pem",
        "https://sns.eu-west-1.amazonaws.com:8443/x.pem",
        "https://sns.evil.example/x.pem",
        "https://xsns.eu-west-1.amazonaws.com/x.pem",
        "https://sns.a.b.amazonaws.com/x.pem",
        "https://sns..amazonaws.com/x.pem",
        "https://s3.eu-west-1.amazonaws.com/bucket/x.pem",
        "https://sns.eu-west-1.amazonaws.com/x.pem#",
        "https://sns.eu-west-1.amazonaws.com/?x.pem",
        "https://169.254.169.254/x.pem",
        "file:///etc/x.pem",
        "",
    ] {
        let refused = asked(bad, &[]).expect_err(bad);
        assert_eq!(
            (refused.status, refused.code.as_str()),
            (403, "untrusted_host")
        );
        assert_eq!(refused.field.as_deref(), Some("SigningCertURL"));
    }
    let mine = "https://localhost:4711/x.pem";
    assert!(asked(mine, &[]).is_err());
    assert!(asked(mine, &["localhost:4711".to_owned()]).is_ok());
    assert!(asked(mine, &["localhost".to_owned()]).is_err());

    let envelope = Envelope::parse(SUBSCRIPTION.as_bytes()).unwrap();
    assert_eq!(envelope.kind(), Kind::SubscriptionConfirmation);
    assert!(envelope.subscribe_url(&[]).is_ok());
    let mut elsewhere = value(SUBSCRIPTION);
    elsewhere["SubscribeURL"] = "https://evil.example/?Action=ConfirmSubscription".into();
    let envelope = Envelope::parse(elsewhere.to_string().as_bytes()).unwrap();
    assert_eq!(envelope.subscribe_url(&[]).unwrap_err().status, 403);
}

#[test]
fn a_sender_is_told_what_is_wrong() {
    for (body, field, says) in [
        ("[]".to_owned(), "Type", "a message of Amazon SNS"),
        ("{}".to_owned(), "Type", "Notification"),
        (r#"{"Type": "Greeting"}"#.to_owned(), "Type", "Notification"),
        (alarm().to_string(), "Type", "raw message delivery"),
        (
            r#"{"Type": "Notification"}"#.to_owned(),
            "Message",
            "a text",
        ),
    ] {
        let refused = Envelope::parse(body.as_bytes()).unwrap_err();
        assert_eq!(refused.status, 400, "{body}");
        assert_eq!(refused.field.as_deref(), Some(field), "{body}");
        assert!(refused.detail.contains(says), "{body}: {refused:?}");
    }
    for name in ["Message", "MessageId", "Timestamp", "TopicArn"] {
        for odd in [Value::Null, json!(1), json!({})] {
            let mut body = value(ALARM);
            body[name] = odd;
            let refused = Envelope::parse(body.to_string().as_bytes()).unwrap_err();
            assert_eq!(refused.field.as_deref(), Some(name));
        }
    }
    let refused = Envelope::parse(b"Hello").unwrap_err();
    assert_eq!(refused.code, "not_json");
}

proptest! {
    #[test]
    fn any_message_is_survived(message in any::<String>(), subject in any::<String>(), topic in any::<String>()) {
        let mut body = value(HELLO);
        body["Message"] = message.into();
        body["Subject"] = subject.into();
        body["TopicArn"] = topic.into();
        let batch = read(&body.to_string());
        prop_assert!(matches!(batch.signals[..], [Signal::Fired(_)]));
        for kind in [SUBSCRIPTION, UNSUBSCRIPTION] {
            let mut end = value(kind);
            end["TopicArn"] = body["TopicArn"].clone();
            read(&end.to_string());
        }
    }

    #[test]
    fn any_alarm_is_survived(name in any::<String>(), description in any::<String>(), arn in any::<String>()) {
        let mut alarm = alarm();
        alarm["AlarmName"] = name.into();
        alarm["AlarmDescription"] = description.into();
        alarm["AlarmArn"] = arn.into();
        prop_assert_eq!(fired(&publishing(&alarm)).len(), 1);
    }
}
