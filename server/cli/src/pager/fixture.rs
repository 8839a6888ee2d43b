//! Views for tests, each a moment of on-call life, made by the real engine from what a server says.

use std::sync::Arc;

use serde_json::{Value, json};
use tocsin_pager::engine::{
    DEAD_MAN_SIREN, DRILL_GRACE, Effect, LinkId, OFFLINE_WINDOW, Saved, Settings, SirenEvent,
};
use tocsin_pager::net::{NetworkError, StreamEvent};
use tocsin_pager::{Input, Language, Phone, View};
use tocsin_readiness::Battery;
use tocsin_ticket::{HelpTarget, Millis, Severity, TicketId};
use tocsin_wire::{Action, CommandId, Drill, Duty, DutyShift, Entry, Hello, Me, SyncPage};

use super::device::Known;
use super::screen::Told;
use super::sound::Outlet;

/// 2026-11-23T03:00:00Z, in milliseconds.
pub const NIGHT: Millis = Millis(1_795_402_800_000);

/// A phone of Ana's, fed with what a server would say.
struct Life {
    phone: Phone,
    link: LinkId,
}

impl Life {
    fn new(language: Language, tickets: Vec<Value>) -> Self {
        let me = Me {
            person: "ana".into(),
            device: "0123456789abcdef".into(),
        };
        let saved = Saved::new(me.clone(), "Ana Silva");
        let mut life = Self {
            phone: Phone::new(saved, &Settings { language, seed: 7 }),
            link: LinkId(0),
        };
        life.step(Input::Started, NIGHT);
        let page: SyncPage = serde_json::from_value(json!({
            "reset": true, "cursor": "00000001-9", "tickets": tickets, "me": me,
            "server_time": NIGHT,
            "directory": {
                "people": {"ana": "Ana Silva", "bea": "Bea Lindqvist", "jun": "전준"},
                "teams": {"shop": "Shop"},
                "services": {"checkout": "Checkout", "payments": "Payments"},
                "runbooks": {"checkout": "https://wiki.example.org/runbooks/checkout"},
                "downstream": {"checkout": ["payments"]},
            },
        }))
        .unwrap();
        life.step(
            Input::Synced {
                link: life.link,
                result: Ok(Box::new(page)),
            },
            NIGHT,
        );
        let hello = Hello {
            server_time: NIGHT,
            wire_version: tocsin_wire::WIRE_VERSION,
        };
        life.stream(StreamEvent::Hello(hello), NIGHT);
        life.device(Outlet::Open, Some(NIGHT));
        life.drill("nightly", false);
        let effective_volume = None;
        life.step(
            Input::Siren(SirenEvent::Rehearsed { effective_volume }),
            NIGHT,
        );
        life
    }

    /// What a desk without a battery says while the server is reached.
    fn device(&mut self, outlet: Outlet, heard_at: Option<Millis>) {
        let known = Known {
            outlet,
            reached: true,
            heard_at,
            battery: Battery {
                charging: Some(true),
                ..Battery::default()
            },
        };
        self.step(Input::Device(known.status()), NIGHT);
    }

    fn stream(&mut self, event: StreamEvent, now: Millis) {
        let link = self.link;
        self.step(Input::Stream { link, event }, now);
    }

    fn drill(&mut self, id: &str, audible: bool) {
        let drill = StreamEvent::Drill(Drill {
            id: id.into(),
            at: Millis(NIGHT.0 - 240),
            expires_at: Millis(NIGHT.0 + 60_000),
            audible,
        });
        self.stream(drill, NIGHT);
    }

    /// Ana is on call around this night.
    fn on_call(&mut self, drill_by: Option<Millis>, now: Millis) {
        let duty = StreamEvent::Duty(Duty {
            shifts: vec![DutyShift {
                team: "shop".into(),
                from: Millis(NIGHT.0 - 3_600_000),
                until: Millis(NIGHT.0 + 36_000_000),
            }],
            drill_by,
            ..Duty::default()
        });
        self.stream(duty, now);
    }

    fn step(&mut self, input: Input, now: Millis) {
        for effect in self.phone.step(input, now) {
            if let Effect::Sync { link, .. } | Effect::Stream { link, .. } = effect {
                self.link = link;
            }
        }
    }

    fn sounding(mut self) -> Self {
        self.step(
            Input::Siren(SirenEvent::Started {
                effective_volume: None,
            }),
            NIGHT,
        );
        self
    }

    fn view(&self) -> View {
        self.phone.view(NIGHT)
    }
}

fn ticket(id: u64, severity: &str, service: &str, title: &str) -> Value {
    json!({
        "id": id, "version": 4, "team": "shop", "service": service, "dedup_key": title,
        "severity": severity, "title": title, "source": "alertmanager", "state": "assigned",
        "state_since": NIGHT.0 - 4000, "owner": "ana", "opened_at": NIGHT.0 - 4000, "repeats": 0,
        "pages": [{
            "id": format!("{id}.1"), "person": "ana", "role": "owner", "reason": "assigned",
            "at": NIGHT.0 - 4000, "expires_at": NIGHT.0 + 600_000,
        }],
        "deadline": {
            "generation": 1, "due": NIGHT.0 + 296_000, "kind": "escalate", "next": ["bea"],
        },
    })
}

fn checkout() -> Value {
    ticket(
        41,
        "SEV1",
        "checkout",
        "Checkout answers 23 % of its requests with an error",
    )
}

/// The ticket of [`incident`] and what is like it.
pub const INCIDENT: TicketId = TicketId(41);

/// When things happened in [`incident`] and what is like it.
pub const MOMENTS: [Millis; 6] = [
    Millis(NIGHT.0 - 1_200_000),
    Millis(NIGHT.0 - 600_000),
    Millis(NIGHT.0 - 300_000),
    Millis(NIGHT.0 - 120_000),
    Millis(NIGHT.0 - 60_000),
    Millis(NIGHT.0 + 1_800_000),
];

fn conference() -> Value {
    json!({
        "bridge": {"url": "https://meet.example.org/shop-sev1", "dial_in": "+49 30 1234 567, PIN 41#"},
        "since": MOMENTS[0],
    })
}

/// Ana works on a SEV1: people have joined, roles were named, a status update is nearly due, and two
/// calls for help were made.
fn flowing() -> Value {
    let mut it = checkout();
    it["state"] = "work_in_progress".into();
    it["state_since"] = json!(MOMENTS[1]);
    it["opened_at"] = json!(MOMENTS[0]);
    it["repeats"] = 3.into();
    it["pages"] = json!([{
        "id": "41.3", "person": "jun", "role": "helper", "reason": "help_asked", "help": 2,
        "at": MOMENTS[4], "expires_at": NIGHT.0 + 600_000,
        "receipts": [
            {"device": "d7", "rung": "received", "at": MOMENTS[4]},
            {"device": "d7", "rung": "sounding", "at": MOMENTS[4]},
        ],
    }]);
    it["deadline"] = json!({
        "generation": 7, "due": NIGHT.0 + 2_400_000, "kind": "escalate", "next": ["bea"],
    });
    it["conference"] = conference();
    it["conference"]["roles"] =
        json!({"ana": "commander", "jun": "responder", "bea": "communications"});
    it["conference"]["joined"] = json!({"ana": MOMENTS[1], "bea": MOMENTS[2]});
    it["status_update"] = json!({
        "stamp": {"by": {"person": "ana"}, "at": MOMENTS[1]},
        "text": "A quarter of the orders fail. We roll the last release back.",
    });
    it["timers"] = json!([
        {"generation": 6, "due": NIGHT.0 + 210_000, "kind": {"type": "status_update"}},
    ]);
    it["extended"] = json!({"by": "bea", "at": MOMENTS[2]});
    it["helps"] = json!([
        {
            "number": 1, "by": "ana", "at": MOMENTS[2],
            "target": {"type": "person", "person": "bea"}, "message": "Please tell support",
            "asked": [],
            "answers": [{"person": "bea", "at": MOMENTS[3], "comes": true}],
        },
        {
            "number": 2, "by": "ana", "at": MOMENTS[3],
            "target": {"type": "service", "service": "payments"},
            "message": "Does payments see timeouts too?",
            "asked": ["jun"], "then": [{"role": "manager", "people": ["bea"]}],
        },
    ]);
    it
}

/// The end of its story.
pub fn told() -> Arc<Told> {
    let entry = |seq: u64, at: Millis, event: Value| -> Entry {
        serde_json::from_value(json!({"seq": seq, "at": at, "events": [event]})).unwrap()
    };
    let entries = vec![
        entry(1, MOMENTS[1], json!({"type": "work_started", "by": "ana"})),
        entry(
            2,
            MOMENTS[2],
            json!({"type": "conference_joined", "by": "bea"}),
        ),
        entry(
            3,
            MOMENTS[3],
            json!({"type": "help_answered", "number": 1, "by": "bea", "comes": true}),
        ),
        entry(
            4,
            MOMENTS[4],
            json!({"type": "note_added", "by": "ana", "text": "the queue drains"}),
        ),
    ];
    Arc::new(Told {
        ticket: INCIDENT,
        version: 4,
        entries,
    })
}

/// A SEV1 in full flow.
pub fn incident(language: Language) -> View {
    Life::new(language, vec![flowing()]).view()
}

/// The same without a network: Ana has asked for help, extended the limit and said how things stand.
pub fn incident_offline() -> View {
    let mut life = Life::new(Language::English, vec![flowing()]);
    let link = life.link;
    let reason = "connection refused".to_owned();
    let error = NetworkError::Unreachable { reason };
    life.step(Input::StreamEnded { link, error }, NIGHT);
    let actions = [
        Action::UpdateStatus {
            text: "Orders work again".to_owned(),
        },
        Action::ExtendLimit {
            seconds: 600,
            reason: "we watch it".to_owned(),
        },
        Action::AskHelp {
            target: HelpTarget::Manager,
            message: "Who tells the press?".to_owned(),
        },
        Action::SetSeverity { to: Severity::Sev2 },
    ];
    for (number, action) in actions.into_iter().enumerate() {
        let id = CommandId::new(format!("0123456789abcde{number}"));
        let ticket = INCIDENT;
        life.step(Input::Tap { id, ticket, action }, NIGHT);
    }
    life.view()
}

/// A SEV1's first page, which has the conference.
pub fn convened() -> View {
    let mut it = checkout();
    it["conference"] = conference();
    Life::new(Language::English, vec![it]).sounding().view()
}

/// Bea asks Ana for help.
pub fn asked_for_help() -> View {
    let mut it = flowing();
    it["owner"] = "bea".into();
    it["pages"] = json!([{
        "id": "41.4", "person": "ana", "role": "helper", "reason": "help_asked", "help": 1,
        "at": MOMENTS[4], "expires_at": NIGHT.0 + 600_000,
    }]);
    it["conference"] = conference();
    it["helps"] = json!([{
        "number": 1, "by": "bea", "at": MOMENTS[4],
        "target": {"type": "person", "person": "ana"},
        "message": "Can you look at the queue?", "asked": ["ana"],
    }]);
    Life::new(Language::English, vec![it]).sounding().view()
}

/// Bea has researched for too long, and Ana is the manager.
pub fn manager() -> View {
    let mut it = checkout();
    it["state"] = "researching".into();
    it["owner"] = "bea".into();
    it["pages"] = json!([
        {
            "id": "41.4", "person": "ana", "role": "manager", "reason": "researching_missed",
            "at": MOMENTS[4], "expires_at": NIGHT.0 + 600_000,
            "missed": {"state": "researching", "since": MOMENTS[0], "limit": MOMENTS[1]},
        },
        {
            "id": "41.3", "person": "bea", "role": "owner", "reason": "nudge",
            "at": MOMENTS[4], "expires_at": NIGHT.0 + 600_000,
            "receipts": [{"device": "d7", "rung": "sounding", "at": MOMENTS[4]}],
        },
    ]);
    it["deadline"]["next"] = json!(["jun"]);
    Life::new(Language::English, vec![it]).sounding().view()
}

/// Nobody needs Ana.
pub fn quiet() -> View {
    Life::new(Language::English, Vec::new()).view()
}

/// Nobody could wake Ana either.
pub fn mute() -> View {
    let mut life = Life::new(Language::English, Vec::new());
    life.device(Outlet::Null, None);
    life.view()
}

/// Ana wants to hear the siren, and it sounds.
pub fn tested_aloud() -> View {
    let mut life = Life::new(Language::English, Vec::new());
    life.drill("wanted", true);
    life.sounding().view()
}

/// Nobody needs Ana, and she has never said that she heard the siren.
pub fn never_heard(language: Language) -> View {
    let mut life = Life::new(language, Vec::new());
    life.device(Outlet::Open, None);
    life.view()
}

/// Ana is on call, and the server has been gone for long enough to ring.
fn gone(language: Language) -> (Life, Millis) {
    let mut life = Life::new(language, Vec::new());
    life.on_call(None, NIGHT);
    let (link, reason) = (life.link, "connection refused".to_owned());
    let error = NetworkError::Unreachable { reason };
    life.step(Input::StreamEnded { link, error }, NIGHT);
    let end = NIGHT + DEAD_MAN_SIREN;
    let mut now = NIGHT;
    while now < end {
        now = Millis(now.0 + 1000);
        life.step(Input::Wake, now);
    }
    (life, now)
}

/// The dead-man's siren rings.
pub fn out_of_touch(language: Language) -> (View, Millis) {
    let (mut life, now) = gone(language);
    let effective_volume = None;
    life.step(Input::Siren(SirenEvent::Started { effective_volume }), now);
    (life.phone.view(now), now)
}

/// Ana has said that she knows.
pub fn known_offline() -> (View, Millis) {
    let (mut life, now) = gone(Language::English);
    let length = OFFLINE_WINDOW;
    life.step(Input::GoingOffline { length }, now);
    (life.phone.view(now), now)
}

/// A drill that was due did not come.
pub fn drill_missing() -> (View, Millis) {
    let mut life = Life::new(Language::English, Vec::new());
    let mut now = Millis(NIGHT.0 + 1000);
    let due = Millis(NIGHT.0 + 60_000);
    life.on_call(Some(due), now);
    while now < due + DRILL_GRACE {
        now = Millis(now.0 + 1000);
        life.stream(StreamEvent::KeepAlive, now);
    }
    (life.phone.view(now), now)
}

/// One SEV1 rings.
pub fn ringing() -> View {
    Life::new(Language::English, vec![checkout()])
        .sounding()
        .view()
}

/// The same in Korean.
pub fn korean() -> View {
    Life::new(Language::Korean, vec![checkout()])
        .sounding()
        .view()
}

/// Two pages ring.
pub fn several() -> View {
    let second = ticket(42, "SEV2", "payments", "Refunds are late");
    Life::new(Language::English, vec![checkout(), second])
        .sounding()
        .view()
}

/// Seventeen pages ring.
pub fn storm() -> View {
    let more =
        (42..58).map(|id| ticket(id, "SEV2", "payments", &format!("Refunds are late, {id}")));
    Life::new(
        Language::English,
        [checkout()].into_iter().chain(more).collect(),
    )
    .sounding()
    .view()
}

/// The server is gone, and Ana has checked in all the same.
pub fn offline() -> View {
    let mut life = Life::new(Language::English, vec![checkout()]).sounding();
    let link = life.link;
    let reason = "connection refused".to_owned();
    let error = NetworkError::Unreachable { reason };
    life.step(Input::StreamEnded { link, error }, NIGHT);
    let id = CommandId::new("0123456789abcdef");
    life.step(
        Input::Tap {
            id,
            ticket: TicketId(41),
            action: Action::CheckIn,
        },
        NIGHT,
    );
    life.view()
}

/// Bea was faster.
pub fn refused() -> View {
    let mut life = Life::new(Language::English, vec![checkout()]).sounding();
    let id = CommandId::new("0123456789abcdef");
    life.step(
        Input::Tap {
            id: id.clone(),
            ticket: TicketId(41),
            action: Action::CheckIn,
        },
        NIGHT,
    );
    let mut taken = checkout();
    taken["version"] = 6.into();
    taken["state"] = "researching".into();
    taken["owner"] = "bea".into();
    taken["pages"] = json!([]);
    let reply = json!({
        "id": id, "outcome": "refused", "ticket": taken, "message": "bea checked in already",
        "refusal": {"code": "already_checked_in", "by": {"person": "bea"}, "at": NIGHT.0 - 3000},
    });
    let result = Ok(Box::new(serde_json::from_value(reply).unwrap()));
    life.step(Input::CommandAnswered { id, result }, NIGHT);
    life.view()
}
