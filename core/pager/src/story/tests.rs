use serde_json::json;

use super::*;

/// A clock that anybody can read without a zone.
fn seconds(at: Millis) -> String {
    format!("second {}", at.0 / 1000)
}

/// A night on which Ana's phone was out of reach and Bea's was heard.
fn told(language: Language) -> Vec<String> {
    let receipt = |page: &str, device: &str, rung: &str, at: i64, more: serde_json::Value| {
        let mut receipt = json!({"device": device, "rung": rung, "at": at});
        receipt
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        json!({"type": "page_receipt", "page": page, "receipt": receipt})
    };
    let entries: Vec<Entry> = serde_json::from_value(json!([
        {"seq": 1, "at": 1000, "events": [
            {"type": "paged", "page": {"id": "7.1", "person": "ana", "role": "owner",
                "reason": "assigned", "at": 1000, "expires_at": 200_000}},
            {"type": "sung", "song": "an event of a later version"}]},
        {"seq": 2, "at": 1010, "events": [
            receipt("7.1", "0123456789", "sent", 1002, json!({"transport": "web_push"})),
            receipt("7.1", "0123456789", "accepted", 1005, json!({"transport": "web_push"})),
            {"type": "delivery_failed", "page": "7.1", "failure": {"device": "0123456789",
                "transport": "fcm", "problem": "dead_token", "why": "404 UNREGISTERED",
                "at": 1006}}]},
        {"seq": 3, "at": 21_000, "events": [
            receipt("7.1", "telephone", "sent", 21_000, json!({"transport": "webhook"}))]},
        {"seq": 4, "at": 61_000, "events": [
            {"type": "escalated", "level": 1, "role": "manager", "people": ["bea"],
                "reason": "unreachable", "new_round": false},
            {"type": "paged", "page": {"id": "7.2", "person": "bea", "role": "manager",
                "reason": "unreachable", "at": 61_000, "expires_at": 200_000}}]},
        {"seq": 5, "at": 61_010, "events": [
            receipt("7.2", "abcdefghij", "received", 61_005, json!({"transport": "stream"})),
            receipt("7.2", "abcdefghij", "sounding", 61_006, json!({"effective_volume": 0.8,
                "ringer": "silent", "do_not_disturb": "alarms_only"})),
            receipt("7.2", "fedcba9876", "sounding", 61_007, json!({"effective_volume": 0.0}))]},
        {"seq": 6, "at": 62_000, "events": [
            {"type": "checked_in", "by": {"person": "bea"}}]},
    ]))
    .unwrap();
    let directory = Directory {
        people: [
            ("ana".into(), "Ana Silva".to_owned()),
            ("bea".into(), "Bea Lindqvist".to_owned()),
        ]
        .into(),
        ..Default::default()
    };
    let lines = tell(&entries, &directory, &seconds, language);
    assert_eq!(
        lines[3].at,
        Millis(1005),
        "a receipt happened when its own clock says"
    );
    lines.into_iter().map(|line| line.text).collect()
}

#[test]
fn the_story_climbs_the_ladder_and_says_where_it_broke() {
    insta::assert_snapshot!(told(Language::English).join("\n"), @r#"
    page 7.1 to Ana Silva: the ticket is theirs
    something that only a newer version can tell: {"song":"an event of a later version","type":"sung"}
    sent to Ana Silva's device 012345 by WebPush (7.1)
    the service took it on for Ana Silva's device 012345 by WebPush (7.1)
    not delivered to Ana Silva's device 012345 by FCM: the address is dead and no longer used (“404 UNREGISTERED”) (7.1)
    sent to Ana Silva's telephone by a gateway (7.1)
    nobody's device could ring in time: on to Bea Lindqvist (manager)
    page 7.2 to Bea Lindqvist: nobody's device could ring for the page before in time
    Bea Lindqvist's device abcdef has received the page by its live stream (7.2)
    Bea Lindqvist's device abcdef sounds the siren at 80 % volume, ringer silent, do-not-disturb on: alarms only (7.2)
    Bea Lindqvist's device fedcba plays the siren where nobody can hear it (7.2)
    Bea Lindqvist checked in: Researching
    "#);
}

#[test]
fn the_story_names_the_rule_by_which_nobody_was_paged_and_what_joined() {
    let held = |until: i64, rule: serde_json::Value| json!({"type": "held", "hold": {"until": until, "rule": rule}});
    let entries: Vec<Entry> = serde_json::from_value(json!([
        {"seq": 1, "at": 1000, "events": [
            {"type": "grouped", "dedup_key": "{alertname=\"Full\"}", "labels": {"alertname": "Full"}},
            held(61_000, json!({"type": "hold_off"})),
            held(62_000, json!({"type": "maintenance", "window": "new switch"})),
            held(63_000, json!({"type": "quiet", "person": "ana"})),
            {"type": "alarm_joined", "dedup_key": "disk-2", "title": "disk-2 is full",
                "severity": "SEV2", "source": "alertmanager"},
            {"type": "alarm_recovered", "dedup_key": "disk-2", "source": "alertmanager"},
            {"type": "hold_ended", "owner": "ana"},
            {"type": "hold_ended"}]},
    ]))
    .unwrap();
    let directory = Directory {
        people: [("ana".into(), "Ana Silva".to_owned())].into(),
        ..Default::default()
    };
    let said = |language| -> Vec<String> {
        let lines = tell(&entries, &directory, &seconds, language).into_iter();
        lines.map(|line| line.text).collect()
    };
    assert_eq!(
        said(Language::English),
        [
            "alarms of the service with alertname Full join this ticket",
            "nobody is paged before second 61, by the service's hold-off",
            "nobody is paged before second 62, by the maintenance window \"new switch\"",
            "nobody is paged before second 63, by the quiet time of Ana Silva",
            "alertmanager reported another SEV2 of the group: disk-2 is full",
            "alertmanager says that disk-2 of the group is over",
            "the hold ended and the trouble is still there: it is Ana Silva's",
            "the hold ended",
        ]
    );
    let korean = said(Language::Korean).join("\n");
    for rule in ["보류 시간", "점검 시간", "조용한 시간"] {
        assert!(korean.contains(rule), "{rule} in {korean}");
    }
}

#[test]
fn the_story_is_told_in_korean_too() {
    insta::assert_snapshot!(told(Language::Korean).join("\n"), @r#"
    Ana Silva 님 호출 7.1: 새 티켓 배정
    새 버전만 설명할 수 있는 일: {"song":"an event of a later version","type":"sung"}
    Ana Silva 님 기기 012345: 보냄 (WebPush) (7.1)
    Ana Silva 님 기기 012345: 푸시 서비스가 접수 (WebPush) (7.1)
    Ana Silva 님 기기 012345: FCM 전달 실패: 주소가 더 이상 유효하지 않아 사용 중지 (“404 UNREGISTERED”) (7.1)
    Ana Silva 님 전화: 보냄 (게이트웨이) (7.1)
    제시간에 울린 기기 없음: Bea Lindqvist 님(관리자)에게 넘어감
    Bea Lindqvist 님 호출 7.2: 앞선 호출이 제시간에 어느 기기에서도 울리지 못함
    Bea Lindqvist 님 기기 abcdef: 호출 수신 (실시간 연결) (7.2)
    Bea Lindqvist 님 기기 abcdef: 사이렌 울림, 음량 80 %, 벨소리 무음, 방해 금지: 알람만 (7.2)
    Bea Lindqvist 님 기기 fedcba: 아무도 들을 수 없는 곳에서 사이렌 재생 (7.2)
    Bea Lindqvist 님: 확인, 조사 중
    "#);
}
