//! Views for tests, each a moment of on-call life, made by the real engine from what a server says.

use serde_json::{Value, json};
use tocsin_pager::engine::{DeviceStatus, Effect, LinkId, Obstacle, Saved, Settings, SirenEvent};
use tocsin_pager::net::{NetworkError, StreamEvent};
use tocsin_pager::{Input, Language, Phone, View};
use tocsin_ticket::{Millis, TicketId};
use tocsin_wire::{Action, CommandId, Hello, Me, SyncPage};

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
        life.step(
            Input::Stream {
                link: life.link,
                event: StreamEvent::Hello(hello),
            },
            NIGHT,
        );
        life
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
    let obstacles = vec![Obstacle::NoSoundOutput];
    let status = DeviceStatus {
        obstacles,
        ..DeviceStatus::default()
    };
    life.step(Input::Device(status), NIGHT);
    life.view()
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
