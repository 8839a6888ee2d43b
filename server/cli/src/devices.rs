//! `tocsin devices`: everybody's devices, whether they would ring now, and what to do if not.

use std::collections::BTreeMap;

use tocsin_readiness::{Code, Finding, Language, Light};
use tocsin_server::serve::ADMINISTRATOR;
use tocsin_ticket::{PersonId, Rung};
use tocsin_wire::{DeviceView, DeviceWay, DrillView, Known, PushWhen};

use crate::cli::{DevicesArgs, DevicesCommand, ReadArgs, RevokeArgs};
use crate::failure::Failure;
use crate::names;
use crate::out::{self, BAD, CARE, FAINT, GOOD, STRONG, paint};
use crate::times;

/// Asks and shows, or revokes.
///
/// # Errors
/// When the server says no.
pub async fn run(args: &DevicesArgs) -> Result<(), Failure> {
    match &args.command {
        None => show_all(&args.read).await,
        Some(DevicesCommand::Revoke(args)) => revoke(args).await,
    }
}

async fn revoke(args: &RevokeArgs) -> Result<(), Failure> {
    let client = args.server.client()?;
    let devices: Vec<DeviceView> = client.get("v1/devices").await?;
    let ids = devices.iter().map(|device| device.device.as_str());
    let id = names::whole_id(&args.id, ids, "`tocsin devices` lists them")?;
    client.delete(&format!("v1/devices/{id}")).await?;
    out::line(format_args!(
        "device {id} is revoked; its token no longer works"
    ));
    Ok(())
}

async fn show_all(args: &ReadArgs) -> Result<(), Failure> {
    let client = args.server.client()?;
    let devices: Vec<DeviceView> = client.get("v1/devices").await?;
    if args.json {
        return out::json(&devices);
    }
    let (names, _) = names::and_me(&client).await?;
    let language = args.server.language();
    // Somebody without any device is what one must see.
    let mut people: BTreeMap<&PersonId, Vec<&DeviceView>> = names
        .people
        .keys()
        .map(|person| (person, Vec::new()))
        .collect();
    for device in &devices {
        people.entry(&device.person).or_default().push(device);
    }
    for (person, devices) in people {
        out::line(format_args!(
            "{} ({person})",
            paint(STRONG, names.person(person))
        ));
        let (pagers, others): (Vec<_>, Vec<_>) =
            devices.into_iter().partition(|device| is_pager(device));
        if pagers.is_empty() && person.as_str() != ADMINISTRATOR {
            out::line(format_args!(
                "  {}  no device that can be paged: `tocsin enroll {person}` gives a code for one",
                light(Light::Red)
            ));
        }
        for device in pagers {
            show(device, language);
        }
        if !others.is_empty() {
            let others: Vec<_> = others
                .iter()
                .map(|device| format!("{} ({})", device.name, names::device(&device.device)))
                .collect();
            out::line(paint(
                FAINT,
                format_args!(
                    "  not a pager, or never heard of as one: {}",
                    others.join(", ")
                ),
            ));
        }
    }
    Ok(())
}

/// Whether a device ever behaved as a pager; a login of the command line does not.
pub fn is_pager(device: &DeviceView) -> bool {
    // What is found of a device that never said anything about itself.
    let silent = |finding: &Finding| {
        matches!(
            finding.code,
            Code::NotSaid | Code::VolumeUnknown | Code::DrillOverdue
        )
    };
    device.connected
        || !device.ways.is_empty()
        || device.last_drill.is_some()
        || !device.readiness.findings.iter().all(silent)
}

/// Whether a page has a way to it at this moment.
pub fn reachable(device: &DeviceView) -> bool {
    device.connected || device.ways.iter().any(|way| way.dead_since.is_none())
}

/// The light that counts: a device that is in the best of health and cannot be reached rings for
/// nobody.
pub fn standing(device: &DeviceView) -> Light {
    if reachable(device) {
        device.readiness.light
    } else {
        Light::Red
    }
}

/// What is wrong and what to do first; nothing when the light is green.
pub fn advice(device: &DeviceView, language: Language) -> Option<String> {
    if !reachable(device) {
        return Some(unreachable(language).to_owned());
    }
    let worst = device.readiness.findings.first()?;
    let what = worst.what.in_language(language);
    let next = worst.next.in_language(language);
    Some(format!("{what} {next}"))
}

const fn unreachable(language: Language) -> &'static str {
    match language {
        Language::English => {
            "No page reaches it now: it is not connected, and there is no address to push to. Open \
             Tocsin on it and keep it open until it says that it is connected."
        }
        Language::Korean => {
            "지금은 호출이 닿지 않습니다. 연결되어 있지 않고 푸시 주소도 없습니다. 기기에서 Tocsin을 \
             열고 연결될 때까지 열어 두세요."
        }
    }
}

/// `● green`, in its colour.
pub fn light(light: Light) -> impl core::fmt::Display {
    let (style, word) = match light {
        Light::Green => (GOOD, "green"),
        Light::Amber => (CARE, "amber"),
        Light::Red => (BAD, "red"),
    };
    paint(style, format!("● {word:<5}"))
}

fn show(device: &DeviceView, language: Language) {
    let mut ways: Vec<String> = device.ways.iter().map(way).collect();
    if device.connected {
        ways.insert(0, "live stream".to_owned());
    }
    let ways = if ways.is_empty() {
        "no way to reach it".to_owned()
    } else {
        ways.join(", ")
    };
    let contact = device.last_contact.map_or_else(
        || "not heard of since the server started".to_owned(),
        |at| format!("heard {} ago", times::about(times::now().since(at))),
    );
    out::line(format_args!(
        "  {}  {} ({})  {ways}; {contact}; {}",
        light(standing(device)),
        paint(STRONG, &device.name),
        names::device(&device.device),
        device
            .last_drill
            .as_ref()
            .map_or_else(|| "no drill in the last week".to_owned(), drill),
    ));
    if !reachable(device) {
        out::line(format_args!(
            "         {}",
            paint(BAD, unreachable(language))
        ));
    }
    for finding in &device.readiness.findings {
        let style = match finding.light {
            Light::Red => BAD,
            Light::Amber | Light::Green => CARE,
        };
        out::line(format_args!(
            "         {} {}",
            paint(style, finding.what.in_language(language)),
            finding.next.in_language(language)
        ));
    }
    for dead in device.ways.iter().filter(|way| way.dead_since.is_some()) {
        let why = dead.dead_why.as_deref().unwrap_or_default();
        out::line(format_args!(
            "         {} “{why}”. Open the app on it, which registers anew.",
            paint(
                BAD,
                format_args!("{} no longer reaches it:", dead.transport)
            ),
        ));
    }
}

fn way(way: &DeviceWay) -> String {
    let note = match (&way.dead_since, &way.when) {
        (Some(_), _) => " (dead)",
        (None, Known::Yes(PushWhen::IfNotReceived)) => " (if not received)",
        (None, _) => "",
    };
    format!("{}{note}", way.transport)
}

/// `drill 2 h ago received after 40 ms`.
fn drill(drill: &DrillView) -> String {
    let ago = times::about(times::now().since(drill.drill.at));
    let received = drill
        .receipts
        .iter()
        .filter(|receipt| receipt.rung >= Rung::Received)
        .min_by_key(|receipt| receipt.rung);
    match received {
        Some(receipt) => {
            let after = receipt.at.since(drill.drill.at).as_millis();
            format!("drill {ago} ago received after {after} ms")
        }
        None => format!("drill {ago} ago NOT received"),
    }
}
