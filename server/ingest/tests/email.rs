//! What a team is paged for by mail.

mod common;

use common::{assert_fit, fired, odd_fields, recovered, shop};
use proptest::collection::vec;
use proptest::prelude::*;
use tocsin_ingest::email::parse;
use tocsin_ingest::{Batch, Signal};
use tocsin_ticket::Severity;

macro_rules! mail {
    ($name:literal) => {
        include_str!(concat!("../../../tests/data/email/", $name))
    };
}

const PLAIN: &str = mail!("plain.eml");
const MULTIPART: &str = mail!("multipart.eml");
const HTML: &str = mail!("html.eml");
const RESOLVED: &str = mail!("resolved.eml");
const HOLIDAY: &str = mail!("holiday.eml");

fn read(message: impl AsRef<[u8]>) -> Batch {
    let batch = parse(message.as_ref(), &shop()).expect("a message");
    assert_fit(&batch, &shop());
    batch
}

fn of_subject(subject: &str) -> Batch {
    read(format!(
        "From: a@shop.example\r\nSubject: {subject}\r\nMessage-ID: <1@a>\r\n\r\nText\r\n"
    ))
}

/// The key, whether it fires or ends.
fn key(batch: &Batch) -> String {
    match &batch.signals[0] {
        Signal::Fired(alarm) => alarm.dedup_key.clone(),
        Signal::Recovered(target) => target.dedup_key.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_plain_mail_is_an_alarm() {
    let batch = read(PLAIN);
    let alarm = fired(&batch)[0];
    assert_eq!(alarm.title, "Nightly backup failed");
    assert_eq!(alarm.severity, Severity::Sev2);
    assert_eq!(alarm.service.as_str(), "web");
    assert_eq!(
        alarm.details["text"],
        "The disk at /backup is full.\nLast good backup: 21 November."
    );
    assert_eq!(alarm.details["from"], "Backup <backup@shop.example>");
    assert_eq!(alarm.details["date"], "2026-11-23T04:03:13+01:00");
    assert_eq!(batch.oddities, []);
}

#[test]
fn the_key_in_the_address_is_shown_to_nobody() {
    for message in [PLAIN, MULTIPART, HTML] {
        let batch = read(message);
        let shown = format!("{:?}", fired(&batch)[0]);
        assert!(!shown.contains("0123456789abcdef"), "{shown}");
        assert_eq!(fired(&batch)[0].details["sent to"], "pager.shop.example");
    }
}

#[test]
fn encoded_words_many_parts_and_attachments_are_read_as_people_see_them() {
    let batch = read(MULTIPART);
    let alarm = fired(&batch)[0];
    assert_eq!(alarm.title, "[SEV1] Es brennt im Serverraum – schnell!");
    assert_eq!(alarm.severity, Severity::Sev1);
    assert_eq!(
        alarm.details["text"],
        "Temperatur: 61 °C.\nEine lange Zeile, die für den Versand umbrochen wurde."
    );
    assert_eq!(alarm.details["from"], "Überwachung <watch@shop.example>");
    assert_eq!(
        alarm.details["attached"],
        "graph.png (8 bytes); attachments are not kept"
    );
}

#[test]
fn of_html_the_text_is_kept() {
    let batch = read(HTML);
    let text = &fired(&batch)[0].details["text"];
    assert!(text.contains("Checkout & orders answer nobody."), "{text}");
    assert!(!text.contains('<'), "{text}");
}

#[test]
fn the_same_trouble_a_reply_and_its_end_are_one_ticket() {
    let fires = read(HTML);
    let over = read(RESOLVED);
    assert_eq!(recovered(&over)[0].dedup_key, key(&fires));
    assert_eq!(recovered(&over)[0].services.len(), 4);
    let first = key(&of_subject("Disk full on db-1"));
    for same in [
        "disk  full on DB-1",
        "Re: Disk full on db-1",
        "AW: Re: Disk full on db-1",
        "PROBLEM: Disk full on db-1",
        "[FIRING:7] Disk full on db-1",
        "[SEV1] Disk full on db-1",
        "Warning: Disk full on db-1",
        "RECOVERY: Disk full on db-1",
        "[Resolved] Disk full on db-1",
    ] {
        assert_eq!(key(&of_subject(same)), first, "{same}");
    }
    for other in [
        "Disk full on db-2",
        "[eu] Disk full on db-1",
        "db-1: Disk full on db-1",
    ] {
        assert_ne!(key(&of_subject(other)), first, "{other}");
    }
}

#[test]
fn only_a_tag_in_front_says_that_it_is_over() {
    for subject in ["RESOLVED: x", "[OK] x", "Re: [Recovered] x", "cleared: x"] {
        assert_eq!(recovered(&of_subject(subject)).len(), 1, "{subject}");
    }
    for subject in [
        "x is not OK",
        "x: resolved",
        "Not resolved: x",
        "OK x",
        "resolved",
        "okay: x",
    ] {
        assert_eq!(fired(&of_subject(subject)).len(), 1, "{subject}");
    }
}

#[test]
fn tags_say_how_bad_it_is_and_what_it_is_about() {
    for (subject, severity, service) in [
        ("CRITICAL: x", Severity::Sev1, "web"),
        ("[warning] [orders] x", Severity::Sev3, "orders"),
        ("checkout: sev4: x", Severity::Sev4, "checkout"),
        ("x is critical", Severity::Sev2, "web"),
    ] {
        let batch = of_subject(subject);
        let alarm = fired(&batch)[0];
        assert_eq!(alarm.severity, severity, "{subject}");
        assert_eq!(alarm.service.as_str(), service, "{subject}");
        assert_eq!(alarm.title, subject, "the title is the subject");
    }
}

#[test]
fn a_mail_without_a_subject_counts_by_its_thread() {
    let first = read("From: a@a.example\r\nMessage-ID: <1@a>\r\n\r\nHelp\r\n");
    let reply =
        read("From: b@a.example\r\nMessage-ID: <2@a>\r\nIn-Reply-To: <1@a>\r\n\r\nMore\r\n");
    let later = read(
        "From: c@a.example\r\nMessage-ID: <3@a>\r\nReferences: <1@a> <2@a>\r\nIn-Reply-To: <2@a>\r\n\r\nx\r\n",
    );
    assert_eq!(key(&first), key(&reply));
    assert_eq!(key(&first), key(&later));
    assert_eq!(odd_fields(&first), ["Subject"]);
    assert_eq!(
        fired(&first)[0].title,
        "A mail without a subject from a@a.example"
    );
    let another = read("From: a@a.example\r\nMessage-ID: <9@a>\r\n\r\nHelp\r\n");
    assert_ne!(key(&first), key(&another));
}

#[test]
fn somebodys_holiday_pages_nobody() {
    let batch = read(HOLIDAY);
    assert_eq!(batch.signals, []);
    assert_eq!(odd_fields(&batch), ["Auto-Submitted"]);
    // What monitoring sends by itself is no reply.
    let generated = HOLIDAY.replace("auto-replied", "auto-generated");
    assert_eq!(fired(&read(generated)).len(), 1);
}

#[test]
fn what_is_no_mail_is_refused() {
    for body in [
        "",
        "\r\n\r\n",
        "hello",
        "{\"title\": \"T\"}",
        "X-Header: 1\r\n\r\ntext",
    ] {
        let problem = parse(body.as_bytes(), &shop()).unwrap_err();
        assert_eq!(
            (problem.status, problem.code.as_str()),
            (400, "not_a_message"),
            "{body}"
        );
    }
}

#[test]
fn a_mail_cut_off_anywhere_still_says_what_is_in_it() {
    let subject_ends = MULTIPART.find("Date:").expect("a date");
    for end in subject_ends..MULTIPART.len() {
        if !MULTIPART.is_char_boundary(end) {
            continue;
        }
        let batch = read(&MULTIPART[..end]);
        assert_eq!(fired(&batch).len(), 1);
        assert_eq!(fired(&batch)[0].severity, Severity::Sev1);
    }
}

proptest! {
    #[test]
    fn any_bytes_are_survived(message in vec(any::<u8>(), 0..600)) {
        if let Ok(batch) = parse(&message, &shop()) {
            assert_fit(&batch, &shop());
        }
    }

    #[test]
    fn any_subject_is_survived(subject in any::<String>(), from in any::<String>()) {
        let message = format!("From: {from}\r\nSubject: {subject}\r\n\r\n{subject}");
        if let Ok(batch) = parse(message.as_bytes(), &shop()) {
            assert_fit(&batch, &shop());
        }
    }

    #[test]
    fn a_genuine_mail_with_any_damage_is_survived(at in 0..MULTIPART.len(), byte in any::<u8>(), more in 0..MULTIPART.len()) {
        let mut message = MULTIPART.as_bytes().to_vec();
        message[at] = byte;
        message[more] ^= 0x55;
        if let Ok(batch) = parse(&message, &shop()) {
            assert_fit(&batch, &shop());
        }
    }
}
