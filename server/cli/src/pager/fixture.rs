//! Views for tests, each a moment of on-call life, made by the real engine from what a server says.

use serde_json::{Value, json};
use tocsin_pager::engine::{
    DEAD_MAN_SIREN, DRILL_GRACE, Effect, LinkId, OFFLINE_WINDOW, Saved, Settings, SirenEvent,
};
use tocsin_pager::net::{NetworkError, StreamEvent};
use tocsin_pager::{Input, Language, Phone, View};
use tocsin_readiness::Battery;
use tocsin_ticket::{Millis, TicketId};
use tocsin_wire::{Action, CommandId, Drill, Duty, DutyShift, Hello, Me, SyncPage};

use super::device::Known;
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
                "people": {"ana": "Ana Silva", "bea": "Bea Lindqvist"},
                "teams": {"shop": "Shop"},
                "services": {"checkout": "Checkout", "payments": "Payments"},
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
