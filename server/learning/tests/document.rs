//! A SEV1 from alarm to COE, as its readers see it.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use proptest::prelude::*;
use serde_json::{Value, json};
use tocsin_learning::{
    ActionItem, Coe, CoeAbout, CoeNeed, CoeState, CoeView, Document, Moment, Names, Why, falls_due,
    timeline, worst_severity,
};
use tocsin_ticket::{Event, Millis, PersonId, ServiceId, Severity, Ticket};

struct Shop;

impl Names for Shop {
    fn person(&self, id: &PersonId) -> String {
        match id.as_str() {
            "ana" => "Ana Silva".to_owned(),
            "bea" => "Bea Lindqvist".to_owned(),
            "carl" => "Carl Meyer".to_owned(),
            other => other.to_owned(),
        }
    }

    fn service(&self, id: &ServiceId) -> String {
        match id.as_str() {
            "checkout" => "Checkout".to_owned(),
            other => other.to_owned(),
        }
    }
}

fn at(time: &str) -> Millis {
    Millis(time.parse::<Timestamp>().unwrap().as_millisecond())
}

/// The log of a night, as the server keeps it.
fn night() -> Vec<(Millis, Event)> {
    let page = |id: &str, person: &str, role: &str, reason: &str| {
        json!({"type": "paged", "page": {"id": id, "person": person, "role": role,
            "reason": reason, "at": 0, "expires_at": 0}})
    };
    let receipt = |page: &str, rung: &str| {
        json!({"type": "page_receipt", "page": page,
            "receipt": {"device": "0123456789", "rung": rung, "at": 0}})
    };
    let deadline = json!({"type": "deadline_set", "deadline":
        {"generation": 1, "due": 0, "kind": "escalate", "next": ["bea"]}});
    let repeated = json!({"type": "repeated", "source": "alertmanager"});
    let by_ana = json!({"person": "ana"});
    let log: [(&str, Value); 20] = [
        (
            "22:41:07",
            json!({"type": "opened", "id": 42, "owner": "ana", "alarm": {
            "team": "shop", "service": "checkout", "dedup_key": "k", "severity": "SEV2",
            "title": "Orders | per minute <b>0</b>", "source": "alertmanager"}}),
        ),
        ("22:41:07", page("42.1", "ana", "owner", "assigned")),
        ("22:41:07", deadline.clone()),
        (
            "22:41:08",
            json!({"type": "delivery_failed", "page": "42.1", "failure": {
            "device": "0123456789", "transport": "fcm", "problem": "dead_token", "why": "404",
            "at": 0}}),
        ),
        ("22:41:09", receipt("42.1", "received")),
        ("22:41:09", receipt("42.1", "sounding")),
        ("22:42:00", repeated.clone()),
        ("22:43:00", repeated.clone()),
        ("22:44:00", repeated),
        (
            "22:46:07",
            json!({"type": "escalated", "level": 1, "role": "manager",
            "people": ["bea"], "reason": "check_in_missed", "new_round": false}),
        ),
        (
            "22:46:07",
            page("42.2", "bea", "manager", "check_in_missed"),
        ),
        ("22:46:09", receipt("42.2", "sounding")),
        ("22:46:10", receipt("42.1", "sounding")),
        (
            "22:47:30",
            json!({"type": "checked_in", "by": {"person": "bea"}}),
        ),
        (
            "22:47:30",
            json!({"type": "page_ended", "page": "42.1", "person": "ana", "why": "checked_in"}),
        ),
        (
            "22:49:00",
            json!({"type": "severity_changed", "from": "SEV2", "to": "SEV1", "by": {"person": "bea"}}),
        ),
        (
            "22:52:00",
            json!({"type": "reassigned", "by": "bea", "from": "bea", "to": "ana"}),
        ),
        ("23:20:00", json!({"type": "work_started", "by": "ana"})),
        (
            "23:31:12",
            json!({"type": "note_added", "by": "ana",
            "text": "rolled the migration back\n| it held a lock |"}),
        ),
        ("23:58:40", json!({"type": "resolved", "by": by_ana})),
    ];
    log.into_iter()
        .map(|(time, event)| {
            let event = serde_json::from_value(event).unwrap();
            (at(&format!("2026-11-23T{time}Z")), event)
        })
        .collect()
}

fn ticket() -> Ticket {
    let log = night();
    let ticket = log.iter().fold(None, |ticket, (at, event)| {
        Ticket::apply(ticket, event, *at)
    });
    ticket.unwrap()
}

fn view(coe: Coe) -> CoeView {
    let log = night();
    let worst = worst_severity(log.iter().map(|(_, event)| event)).unwrap();
    CoeView {
        about: CoeAbout::of(&ticket(), worst),
        need: CoeNeed::of(worst),
        version: 3,
        author: Some("ana".into()),
        saved_at: Some(at("2026-11-25T09:00:00Z")),
        coe,
        timeline: timeline(log.iter().map(|(at, event)| (*at, event)), &Shop),
    }
}

fn written() -> CoeView {
    view(Coe {
        state: CoeState::InReview,
        what_happened: "A migration took a lock on `orders`.\n\n# Not the document's title\n\n\
                        - checkout waited\n- then it failed\n\n```\nunclosed"
            .to_owned(),
        impact: "Nobody could order for **50 minutes**; some 1,900 orders were lost.".to_owned(),
        moments: vec![Moment {
            at: at("2026-11-23T22:40:30Z"),
            text: "Deployment of orders 5.2 begins.".to_owned(),
        }],
        five_whys: vec![
            Why {
                why: "Why could nobody order?".to_owned(),
                because: "Checkout waited for a lock on `orders`.".to_owned(),
            },
            Why {
                why: "Why was it locked?".to_owned(),
                because: "The migration rewrote the table.".to_owned(),
            },
        ],
        root_cause: "Migrations run without a lock timeout.".to_owned(),
        actions: vec![
            ActionItem {
                text: "Set lock_timeout for migrations".to_owned(),
                owner: "ana".into(),
                due: jiff::civil::date(2026, 12, 4),
                done_on: Some(jiff::civil::date(2026, 11, 27)),
            },
            ActionItem {
                text: "Rehearse migrations on a copy | with load".to_owned(),
                owner: "bea".into(),
                due: jiff::civil::date(2026, 12, 18),
                done_on: None,
            },
        ],
        no_actions_because: String::new(),
        reviewers: vec!["bea".into(), "carl".into()],
    })
}

fn berlin() -> TimeZone {
    TimeZone::get("Europe/Berlin").unwrap()
}

fn document<'a>(coe: &'a CoeView, zone: &'a TimeZone) -> Document<'a> {
    Document {
        coe,
        names: &Shop,
        zone,
    }
}

fn markdown(coe: &CoeView) -> String {
    document(coe, &berlin()).markdown()
}

fn html(coe: &CoeView) -> String {
    document(coe, &berlin()).html()
}

#[test]
fn the_timeline_tells_the_night_in_plain_words_and_leaves_the_clockwork_out() {
    let told = view(Coe::default()).timeline;
    let lines: Vec<_> = told
        .iter()
        .map(|moment| {
            let time = Timestamp::from_millisecond(moment.at.0).unwrap();
            format!("{} {}", time.strftime("%H:%M:%S"), moment.text)
        })
        .collect();
    insta::assert_snapshot!(lines.join("\n"), @r"
    22:41:07 alertmanager reported a SEV2 of Checkout: Orders | per minute <b>0</b>. It went to Ana Silva.
    22:41:08 A page to Ana Silva by FCM failed: the device's address was dead.
    22:41:09 Ana Silva's siren sounded.
    22:42:00 alertmanager reported the same again (3 times).
    22:46:07 Nobody had checked in in time: Bea Lindqvist (manager) was paged.
    22:46:09 Bea Lindqvist's siren sounded.
    22:47:30 Bea Lindqvist checked in.
    22:49:00 Bea Lindqvist changed the severity from SEV2 to SEV1.
    22:52:00 Bea Lindqvist gave it to Ana Silva.
    23:20:00 Ana Silva started work.
    23:31:12 Ana Silva: “rolled the migration back | it held a lock |”
    23:58:40 Ana Silva resolved it.
    ");
}

#[test]
fn help_conferences_and_more_time_are_told_too() {
    let page = |person: &str, reason: &str| {
        json!({"type": "paged", "page": {"id": "42.9", "person": person, "role": "manager",
            "reason": reason, "at": 0, "expires_at": 0}})
    };
    let help = json!({"number": 1, "by": "ana", "at": 0, "target": {"type": "manager"},
        "message": "the database", "asked": ["bea"]});
    let log: Vec<Event> = [
        json!({"type": "held", "hold": {"until": 0, "rule": {"type": "hold_off"}}}),
        json!({"type": "hold_ended"}),
        json!({"type": "flapping_detected", "tickets": 4}),
        json!({"type": "declined", "by": "ana", "reason": "on a plane"}),
        json!({"type": "declined", "by": "ana"}),
        page("ana", "nudge"),
        page("bea", "newcomer_late"),
        page("carl", "shadowing"),
        json!({"type": "limit_extended", "by": "bea", "until": 0, "reason": "they are close"}),
        json!({"type": "conference_convened", "bridge": {"url": "https://meet.example.org/42"}}),
        json!({"type": "conference_joined", "by": "bea"}),
        json!({"type": "role_named", "by": "bea", "person": "ana", "role": "commander"}),
        page("ana", "status_update_due"),
        page("bea", "status_update_missed"),
        json!({"type": "status_updated", "by": "ana", "text": "we know the cause"}),
        json!({"type": "conference_moved", "bridge": {"url": "https://meet.example.org/43"}}),
        json!({"type": "help_asked", "help": help}),
        page("bea", "help_asked"),
        json!({"type": "help_answered", "number": 1, "by": "bea", "comes": false, "reason": "ill"}),
        json!({"type": "help_passed_on", "number": 1,
            "level": {"role": "managers_manager", "people": ["carl"]}}),
        json!({"type": "help_answered", "number": 1, "by": "carl", "comes": true}),
        json!({"type": "help_exhausted", "number": 2}),
        json!({"type": "conference_closed"}),
    ]
    .into_iter()
    .map(|event| serde_json::from_value(event).unwrap())
    .collect();
    let told = timeline(log.iter().map(|event| (Millis(0), event)), &Shop);
    let told: Vec<_> = told.into_iter().map(|moment| moment.text).collect();
    insta::assert_snapshot!(told.join("\n"), @r"
    Nobody was paged yet: the service's hold-off.
    It had not gone away by itself.
    The alarm came and went: 4 tickets in a short time.
    Ana Silva could not take it (“on a plane”).
    Ana Silva could not take it.
    Ana Silva's time was nearly up; their siren was asked to sound once more.
    Half of the newcomer's time was over: Bea Lindqvist, their mentor, was paged.
    Carl Meyer was paged too, to learn.
    Bea Lindqvist gave more time: “they are close”
    A conference was convened at https://meet.example.org/42.
    Bea Lindqvist joined the conference.
    Bea Lindqvist named Ana Silva incident commander.
    A status update was due; Ana Silva's siren was asked to sound.
    The status update was missed: Bea Lindqvist was paged.
    Status, by Ana Silva: “we know the cause”
    The conference moved to https://meet.example.org/43.
    Ana Silva asked Bea Lindqvist for help: “the database”
    Bea Lindqvist could not help (“ill”).
    The call for help went on to Carl Meyer (manager's manager).
    Carl Meyer came to help.
    Nobody was left to ask for help.
    The conference was over.
    ");
}

#[test]
fn a_coe_in_markdown_is_what_was_reviewed() {
    let as_markdown = markdown(&written());
    insta::assert_snapshot!("coe", as_markdown);
}

#[test]
fn the_markdown_is_stable_also_when_it_is_read_and_written_again() {
    let as_markdown = markdown(&written());
    assert_eq!(markdown(&written()), as_markdown);
    let mut options = comrak::Options::default();
    options.extension.table = true;
    options.extension.autolink = true;
    options.extension.strikethrough = true;
    options.render.prefer_fenced = true;
    assert_eq!(
        comrak::markdown_to_commonmark(&as_markdown, &options),
        as_markdown
    );
}

#[test]
fn a_draft_that_nobody_touched_says_so_and_has_its_timeline() {
    let draft = CoeView {
        version: 0,
        author: None,
        saved_at: None,
        ..view(Coe::default())
    };
    let as_markdown = markdown(&draft);
    assert!(as_markdown.contains("nobody has written anything yet"));
    assert_eq!(as_markdown.matches("Not written yet.").count(), 5);
    assert!(as_markdown.contains("Bea Lindqvist checked in."));
}

#[test]
fn times_are_the_readers() {
    let draft = view(Coe::default());
    let here = markdown(&draft);
    assert!(here.contains("### Tuesday, 24 November 2026"), "{here}");
    assert!(here.contains("| 00:58:40 | Ana Silva resolved it. |"));
    let utc = document(&draft, &TimeZone::UTC).markdown();
    assert!(!utc.contains("Tuesday"), "{utc}");
    assert!(utc.contains("| 23:58:40 | Ana Silva resolved it. |"));
}

#[test]
fn a_coe_in_html_carries_everything_with_it() {
    let as_html = html(&written());
    for outside in ["<script", "<link", "<img", "<iframe", "@import", "url("] {
        assert!(!as_html.contains(outside), "{outside}");
    }
    assert!(as_html.contains("default-src 'none'"));
    assert!(as_html.contains("@media print"));
    // A fence that was left open ends with its section.
    assert!(as_html.contains("<h2>Impact</h2>"), "{as_html}");
    assert_eq!(as_html.matches("<h1>").count(), 1);
    assert!(as_html.contains("<h3>Not the document's title</h3>"));
    assert!(as_html.contains(
        "<title>Correction of error #42: Orders | per minute &lt;b&gt;0&lt;/b&gt;</title>"
    ));
}

#[test]
fn nothing_that_people_write_runs_or_is_fetched() {
    for (written, shown) in [
        ("<script>alert(1)</script>", "&lt;script&gt;"),
        ("a <img src=x onerror=alert(1)> b", "&lt;img"),
        ("<div onclick=\"x()\">\n\n**b**\n\n</div>", "&lt;div"),
        ("[x](javascript:alert(1))", "<a href=\"\">x</a>"),
        ("[x](  JaVaScRiPt:alert(1))", "<a href=\"\">x</a>"),
        ("[x](data:text/html,x)", "<a href=\"\">x</a>"),
        ("[x]( vbscript:x)", "<a href=\"\">x</a>"),
        (
            "![cat](https://example.org/cat.png)",
            "<a href=\"https://example.org/cat.png\">cat</a>",
        ),
        (
            "[ok](https://example.org)",
            "<a href=\"https://example.org\">ok</a>",
        ),
        ("```html\n</code></pre><script>\n```", "&lt;script&gt;"),
    ] {
        let coe = view(Coe {
            impact: written.to_owned(),
            ..Coe::default()
        });
        let as_html = html(&coe);
        assert!(as_html.contains(shown), "{written}: {as_html}");
        for never in [
            "<script",
            "<img",
            "<div",
            "javascript:",
            "JaVaScRiPt:",
            "data:",
            "vbscript:",
        ] {
            assert!(!as_html.contains(never), "{written}");
        }
        let as_markdown = markdown(&coe);
        let again = comrak::markdown_to_html(&as_markdown, &{
            let mut careless = comrak::Options::default();
            careless.render.r#unsafe = true;
            careless
        });
        for never in ["<script", "<img", "<div", "javascript:", "JaVaScRiPt:"] {
            assert!(
                !again.contains(never),
                "{written}: a careless reader of {as_markdown}"
            );
        }
    }
}

#[test]
fn a_coe_is_due_when_a_sev1_is_over_or_is_none_any_more() {
    let log = night();
    let event = |at: usize| vec![log[at].1.clone()];
    let (severity_raised, resolved) = (event(15), event(19));
    let sev1 = ticket();
    assert_eq!(sev1.severity, Severity::Sev1);
    assert!(falls_due(&sev1, &resolved));
    assert!(!falls_due(&sev1, &severity_raised));
    let lowered = Event::SeverityChanged {
        from: Severity::Sev1,
        to: Severity::Sev3,
        by: tocsin_ticket::Actor::Person("bea".into()),
    };
    let sev3 = Ticket {
        severity: Severity::Sev3,
        ..sev1
    };
    assert!(falls_due(&sev3, &[lowered]));
    assert!(!falls_due(&sev3, &resolved));
    assert_eq!(CoeNeed::of(Severity::Sev2), CoeNeed::Offered);
    assert_eq!(CoeNeed::of(Severity::Sev3), CoeNeed::None);
}

/// Lines as people type them, with what Markdown and HTML give a meaning to.
fn typed() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "<script>",
        "</main>",
        "<b",
        ">",
        "|",
        "`",
        "```",
        "\n",
        "\n\n",
        "#",
        "# ",
        "- ",
        "1. ",
        "[a](b)",
        "[a]: javascript:b",
        "*",
        "_",
        "\\",
        "&lt;",
        "<!--",
        "-->",
        "    ",
        "> ",
        "한",
        "x",
        "~~~",
        "<https://x>",
        "![",
        "](",
        "$$",
        "|-|\n",
    ]);
    prop::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn whatever_is_typed_every_section_stays_and_nothing_runs(
        happened in typed(),
        line in typed(),
        because in typed(),
    ) {
        let coe = view(Coe {
            what_happened: happened,
            moments: vec![Moment { at: at("2026-11-23T22:40:30Z"), text: line.clone() }],
            five_whys: vec![Why { why: line.clone(), because }],
            no_actions_because: line,
            ..Coe::default()
        });
        let as_html = html(&coe);
        for section in ["What happened", "Impact", "Timeline", "Five whys", "Root cause", "Action items"] {
            let heading = format!("<h2>{section}</h2>");
            prop_assert_eq!(as_html.matches(&heading).count(), 1, "{}", section);
        }
        prop_assert_eq!(as_html.matches("</main>").count(), 1);
        for never in ["<script", "<!--", "href=\"javascript:"] {
            prop_assert!(!as_html.contains(never), "{}", never);
        }
        let as_markdown = markdown(&coe);
        prop_assert_eq!(markdown(&coe), as_markdown);
    }
}
