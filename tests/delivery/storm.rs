//! When everything breaks at once.

use std::collections::{BTreeSet, HashMap};
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tocsin_tests::configuration::{noon_zone, shift_begun};
use tocsin_tests::{Api, Mode};
use tocsin_ticket::{TicketId, TicketState};

use crate::phone::Phone;
use crate::until;
use crate::world::{Flaws, TITLE, Way, World, team};

/// Attempts that a device gets in a row, and the time after which one more is fair: what the
/// dispatcher promises to push services.
const BURST: usize = 10;
const FAIR: Duration = Duration::from_secs(5);

/// Sends so many different alarms in one request.
async fn burst(api: &Api, key: &str, numbers: core::ops::Range<usize>) -> Vec<TicketId> {
    let alarms: Vec<Value> = numbers
        .map(|number| {
            json!({"title": TITLE, "severity": "SEV2", "dedup_key": format!("db-{number}")})
        })
        .collect();
    let reply = api.post_json(&format!("/in/{key}/json"), &alarms).await;
    let reply = reply.expect(200).json();
    let kept = reply["alarms"].as_array().expect("a list").iter();
    kept.map(|alarm| TicketId(alarm["ticket"].as_u64().expect("a ticket")))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn five_thousand_alarms_ring_each_phone_once_and_lose_no_ticket() {
    let ways = [Way::WebPush, Way::Fcm];
    let world = World::start(&ways, Flaws::default(), &team(&ways, "")).await;
    let phone = Phone::enrolled(&world.admin, "ana").await;
    let tablet = Phone::enrolled(&world.admin, "ana").await;
    world.connect(&phone, Way::WebPush).await;
    world.connect(&tablet, Way::Fcm).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    let key = world.keys[0].1.clone();
    let since = Instant::now();

    let mut tickets = Vec::new();
    for batch in 0..25 {
        tickets.extend(burst(&world.admin, &key, batch * 100..(batch + 1) * 100).await);
    }
    let pushed = phone.said().len();
    let worst = world.alarm("SEV1", "the-whole-site").await;
    tickets.push(worst);
    for batch in 25..35 {
        tickets.extend(burst(&world.admin, &key, batch * 100..(batch + 1) * 100).await);
    }
    until("the SEV1 is pushed", || {
        phone.said().iter().position(|said| said.ticket == worst)
    })
    .await;
    let place = phone.said().iter().position(|said| said.ticket == worst);
    let place = place.expect("pushed") - pushed;
    // One attempt may have been under way when the alarm came.
    assert!(place <= 1, "{place} pushes went before the SEV1");
    assert_eq!(phone.sirens(), 1, "one siren, however many tickets");

    // She checks in on everything so far while the storm goes on.
    let so_far = tickets.clone();
    let more = async {
        let mut more = Vec::new();
        for batch in 35..50 {
            more.extend(burst(&world.admin, &key, batch * 100..(batch + 1) * 100).await);
        }
        more
    };
    let others = so_far.iter().copied().filter(|id| *id != worst).collect();
    let ((), more) = tokio::join!(phone.check_in(worst, others), more);
    let counted = phone.said().iter().map(|said| said.others).max();
    assert!(counted > Some(0), "a push counts the others");

    until("the phone knows the rest", || {
        let ringing = phone.ringing();
        more.iter().all(|id| ringing.contains(id)).then_some(())
    })
    .await;
    phone.check_in(more[0], more[1..].to_vec()).await;
    tickets.extend(more);
    for device in [&phone, &tablet] {
        until("every siren ends", || {
            device.ringing().is_empty().then_some(())
        })
        .await;
    }
    let elapsed = since.elapsed();

    let distinct: BTreeSet<TicketId> = tickets.iter().copied().collect();
    assert_eq!(distinct.len(), 5001);
    let kept = phone.api().tickets().await;
    let kept: HashMap<TicketId, _> = kept.into_iter().map(|kept| (kept.id, kept)).collect();
    assert_eq!(kept.len(), 5001);
    for id in distinct {
        let ticket = &kept[&id];
        assert_eq!(ticket.state.get(), Some(&TicketState::Researching), "{id}");
        assert!(ticket.pages.is_empty(), "{id}");
    }
    let fair = BURST + (elapsed.as_secs() / FAIR.as_secs()) as usize + 1;
    for device in [&phone, &tablet] {
        let said = device.said().len();
        assert!(said <= fair, "{said} pushes to one phone in {elapsed:?}");
        device.switch_off();
    }
    world.finish().await;
}

/// Everybody is on call for a team of their own and is reached by mail.
fn many_teams(count: usize) -> String {
    let rota = shift_begun(&noon_zone());
    let mut configuration = String::from("[[people]]\nid = \"boss\"\nname = \"The Boss\"\n");
    for number in 0..count {
        let _ = write!(
            configuration,
            r#"
[[people]]
id = "p{number}"
name = "Person {number}"
email = "p{number}@example.org"

[[teams]]
id = "t{number}"
name = "Team {number}"
manager = "boss"
members = ["p{number}"]

[teams.rota]
{rota}
members = ["p{number}"]

[teams.policy.sev1]
check_in = "5m"
researching = "10m"
work_in_progress = "1h"
next_channel = "1s"
next_person = "10m"

[teams.policy.sev2]
check_in = "15m"
researching = "30m"
work_in_progress = "4h"
next_channel = "1s"
next_person = "10m"

[[services]]
id = "s{number}"
name = "Service {number}"
team = "t{number}"

[[integrations]]
id = "i{number}"
team = "t{number}"
service = "s{number}"
"#
        );
    }
    configuration
}

/// What was overtaken by the most others, or overtook them, if it was so many or more.
fn most_out_of_place(places: &[usize], many: usize) -> Option<usize> {
    let inversions = |at: usize| {
        let (before, after) = (&places[..at], &places[at + 1..]);
        let overtook = before.iter().filter(|place| **place > places[at]).count();
        let overtaken = after.iter().filter(|place| **place < places[at]).count();
        overtook + overtaken
    };
    (0..places.len())
        .map(|at| (inversions(at), at))
        .max()
        .and_then(|(worst, at)| (worst >= many).then_some(at))
}

#[tokio::test(flavor = "multi_thread")]
async fn after_an_outage_the_worst_and_oldest_go_first() {
    const PAGES: usize = 300;
    /// Connections to a mail server, on each of which one mail may overtake another.
    const AT_ONCE: usize = 8;
    /// Attempts that find out whether the service is back: eight, and room for SEV1. They wait for
    /// a connection beside what is let go when the first is answered, and may be overtaken by it.
    const PROBES: usize = 8 + 64;
    let world = World::start(&[Way::Mail], Flaws::default(), &many_teams(PAGES)).await;
    let gate = world.gate.as_ref().expect("the way to the mail server");
    gate.set(Mode::Closed);
    for (number, (_, key)) in world.keys.iter().enumerate() {
        let severity = if number % 2 == 0 { "SEV2" } else { "SEV1" };
        let alarm = json!({"title": TITLE, "severity": severity, "dedup_key": "x"});
        world.admin.alarm(key, &alarm).await;
    }
    // Long enough that every page is due and the service is known to be down.
    tokio::time::sleep(Duration::from_secs(10)).await;
    gate.set(Mode::Open);
    let mail = world.mail.as_ref().expect("a mail server");
    let to = |mail: &tocsin_peers::smtp::Mail| mail.to[0].clone();
    until("every mail", || {
        let reached: BTreeSet<String> = mail.mails().iter().map(to).collect();
        (reached.len() == PAGES).then_some(())
    })
    .await;

    let person = |(integration, _): &(String, String)| {
        format!("p{}@example.org", integration.trim_start_matches('i'))
    };
    let people: Vec<String> = world.keys.iter().map(person).collect();
    let worst = people.iter().skip(1).step_by(2);
    let ranked: Vec<&String> = worst.chain(people.iter().step_by(2)).collect();
    let place: HashMap<&String, usize> = ranked
        .iter()
        .enumerate()
        .map(|(place, who)| (*who, place))
        .collect();
    let mails = mail.mails();
    let drained: Vec<usize> = mails.iter().map(|mail| place[&mail.to[0]]).collect();
    let first = &drained[..PROBES];
    assert!(first.iter().all(|place| *place < PAGES / 2), "{first:?}");
    let mut rest = drained.clone();
    while let Some(stray) = most_out_of_place(&rest, 2 * AT_ONCE) {
        rest.remove(stray);
    }
    assert!(rest.len() + PROBES >= PAGES, "{drained:?}");
    assert_eq!(drained.len(), PAGES, "nobody got two");
    world.finish().await;
}
