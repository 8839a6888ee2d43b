//! The server killed 50 times under 64 clients, two phones and running limits.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use fastrand::Rng;
use reqwest::Method;
use serde_json::json;
use tocsin_pager::net;
use tocsin_pager::runtime::{enroll, system_random};
use tocsin_pager::store::{Secrets, TokenFile};
use tocsin_pager::{PagerHandle, Store, View};
use tocsin_tests::audit::{self, Story};
use tocsin_tests::configuration::{SHOP, with_policy};
use tocsin_tests::{
    Api, Node, PAGER_STORE, PATIENCE, Ready, RecordingSiren, free_address, start_pager,
};
use tocsin_ticket::{DeadlineKind, Event, PageReason, Rung, Ticket, TicketId, TicketState};
use tocsin_wire::Action;

const KILLS: usize = 50;
const CLIENTS: usize = 64;

/// Limits so short that many pass while the server is down or has just come up.
const LIMITS: &str = r#"
[teams.policy.sev1]
check_in = "1s"
researching = "2s"
work_in_progress = "4s"
manager = "1500ms"
"#;

/// An overdue deadline fires within this time of a server that takes alarms.
const FIRES_WITHIN_MS: i64 = 1000;

fn now_ms() -> i64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("a clock after 1970");
    i64::try_from(since.as_millis()).expect("a clock before the end of time")
}

/// When the server took alarms, by the wall clock: from its first answer to its kill.
type Uptimes = Vec<(i64, i64)>;

async fn start(data: &Path, address: &str) -> (Node, Ready) {
    let mut node = Node::start(
        env!("CARGO_BIN_EXE_node"),
        &["serve".as_ref(), data.as_os_str(), address.as_ref()],
        &[("RUST_LOG", "error")],
        Stdio::inherit(),
    );
    let ready = node
        .line()
        .await
        .expect("a server that starts after any crash");
    (node, serde_json::from_str(&ready).expect("its address"))
}

/// Sends until it is taken, as real clients do, and then says so.
async fn send_until_taken(api: &Api, path: &str, body: String) {
    let since = Instant::now();
    loop {
        match api
            .send(Method::POST, path, body.clone())
            .await
            .map(|reply| reply.status)
        {
            Ok(200) => return,
            Ok(503) | Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            Ok(other) => panic!("an alarm was answered {other}"),
        }
        assert!(
            since.elapsed() < Duration::from_secs(60),
            "an alarm was never taken"
        );
    }
}

/// A monitoring client: fires alarms of its own and, where nobody is paged, ends them. Returns the
/// keys that the server took.
async fn monitoring(
    client: usize,
    api: Api,
    key: String,
    over: Arc<AtomicBool>,
    mut rng: Rng,
) -> Vec<String> {
    let path = format!("/in/{key}/json");
    let mut taken = Vec::new();
    for number in 0.. {
        let pages = rng.u8(..) < 24;
        let severity = if pages { "SEV1" } else { "SEV3" };
        let dedup_key = format!("{client}/{number}");
        let alarm = |status: &str| {
            json!({
                "title": "Trouble", "status": status, "severity": severity, "dedup_key": dedup_key,
            })
            .to_string()
        };
        send_until_taken(&api, &path, alarm("firing")).await;
        taken.push(dedup_key.clone());
        tokio::time::sleep(Duration::from_millis(rng.u64(0..1200))).await;
        if !pages {
            send_until_taken(&api, &path, alarm("resolved")).await;
        }
        if over.load(Ordering::Relaxed) {
            break;
        }
    }
    taken
}

async fn enrolled(api: &Api, admin: &Api, person: &str, folder: PathBuf) -> PathBuf {
    std::fs::create_dir(&folder).expect("a folder for the phone");
    let mut store = Store::open(&folder.join(PAGER_STORE)).expect("a store");
    let secrets = TokenFile::new(folder.join("token"));
    let way = net::Server::new(api.base(), None, false).expect("an address");
    let code = admin.code(person).await;
    let random = system_random().expect("randomness");
    let account = enroll(way, &code, "a phone", &mut store, &secrets, &random)
        .await
        .expect("a device");
    assert_eq!(account.me.person.as_str(), person);
    assert!(secrets.token().expect("a readable token").is_some());
    folder
}

/// Somebody who answers every page of theirs, sooner or later: checks in, begins work, resolves.
/// A page that does not reach the phone is a ticket that nobody ever resolves.
async fn answers(
    pager: PagerHandle,
    over: Arc<AtomicBool>,
    reached: Arc<Mutex<HashSet<TicketId>>>,
    mut rng: Rng,
) {
    let mut answer_at: HashMap<(TicketId, &str), Instant> = HashMap::new();
    let mut done: HashSet<(TicketId, &str)> = HashSet::new();
    let view = pager.view();
    while !over.load(Ordering::Relaxed) {
        tokio::time::sleep(Duration::from_millis(20)).await;
        let view = view.borrow().clone();
        let mine = |ticket: &tocsin_wire::TicketView| ticket.owner == view.me.id;
        for page in &view.pages {
            reached.lock().expect("the set").insert(page.ticket);
        }
        let waiting = view.pages.iter().map(|page| (page.ticket, "check_in"));
        let in_hand = view
            .tickets
            .iter()
            .filter(|item| mine(&item.ticket))
            .filter_map(|item| match item.ticket.state.get()? {
                TicketState::Researching => Some((item.ticket.id, "start_work")),
                TicketState::WorkInProgress => Some((item.ticket.id, "resolve")),
                TicketState::Assigned | TicketState::Resolved => None,
            });
        for (ticket, what) in waiting.chain(in_hand).collect::<Vec<_>>() {
            // Some at once, some only after somebody else was asked.
            let wait = Duration::from_millis(rng.u64(0..2500));
            if *answer_at
                .entry((ticket, what))
                .or_insert(Instant::now() + wait)
                > Instant::now()
            {
                continue;
            }
            let action = match what {
                "check_in" => Action::CheckIn,
                "start_work" => Action::StartWork,
                _ => Action::Resolve,
            };
            if what == "check_in" || done.insert((ticket, what)) {
                answer_at.remove(&(ticket, what));
                pager.tap(ticket, action);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_killed_fifty_times_loses_no_alarm_no_page_and_no_escalation() {
    let seed = super::seed();
    let mut rng = Rng::with_seed(seed);
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let address = free_address().to_string();
    let (mut node, ready) = start(&data, &address).await;
    let mut up_since = now_ms();
    let api = Api::new(&format!("http://{address}"));
    let token = api
        .enroll(&ready.admin_code.expect("a code"), "a desk")
        .await
        .token;
    let admin = api.with_token(&token);
    let keys = admin.apply(&with_policy(LIMITS)).await;
    let key = keys
        .into_iter()
        .find(|(name, _)| name == SHOP)
        .expect("the shop's key")
        .1;

    let people_over = Arc::new(AtomicBool::new(false));
    let mut pagers = Vec::new();
    let mut people = Vec::new();
    let mut reached = BTreeMap::new();
    for person in ["ana", "bea"] {
        let home = enrolled(&api, &admin, person, folder.path().join(person)).await;
        let pager = start_pager(&home, Box::new(RecordingSiren::default()));
        let seen = Arc::new(Mutex::new(HashSet::new()));
        reached.insert(person, Arc::clone(&seen));
        let over = Arc::clone(&people_over);
        people.push(tokio::spawn(answers(pager.clone(), over, seen, rng.fork())));
        pagers.push((person, home, pager));
    }
    let storm_over = Arc::new(AtomicBool::new(false));
    let clients: Vec<_> = (0..CLIENTS)
        .map(|client| {
            let over = Arc::clone(&storm_over);
            tokio::spawn(monitoring(
                client,
                api.clone(),
                key.clone(),
                over,
                rng.fork(),
            ))
        })
        .collect();

    let began = Instant::now();
    let mut uptimes = Uptimes::new();
    let mut longest_start = Duration::ZERO;
    for _ in 0..KILLS {
        tokio::time::sleep(Duration::from_millis(rng.u64(20..1500))).await;
        uptimes.push((up_since, now_ms()));
        node.kill().await;
        // Sometimes it stays away for longer than a limit.
        if rng.u8(..) < 32 {
            tokio::time::sleep(Duration::from_millis(rng.u64(0..1500))).await;
        }
        let since = Instant::now();
        (node, _) = start(&data, &address).await;
        up_since = now_ms();
        longest_start = longest_start.max(since.elapsed());
    }
    let stormed = began.elapsed();
    storm_over.store(true, Ordering::Relaxed);
    let mut taken = Vec::new();
    for client in clients {
        taken.extend(client.await.expect("a client"));
    }

    // Now that it lives, everything comes to its end by itself.
    let since = Instant::now();
    loop {
        let open: tocsin_wire::TicketList = admin.get("/v1/tickets?open=true").await.read();
        if open.tickets.is_empty() {
            break;
        }
        assert!(
            since.elapsed() < 3 * PATIENCE,
            "pages that reached nobody: {:#?}",
            open.tickets
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let settled = since.elapsed();
    people_over.store(true, Ordering::Relaxed);
    for person in people {
        person.await.expect("somebody");
    }
    // A phone that found nobody for a while tries again within half a minute; whoever shows the
    // last ticket has read everything before it.
    let last = json!({"title": "The last one", "severity": "SEV3", "dedup_key": "last"});
    let last = TicketId(admin.alarm(&key, &last).await);
    taken.push("last".to_owned());
    for (person, _, pager) in &pagers {
        let mut views = pager.view();
        let has_last = |view: &Arc<View>| view.tickets.iter().any(|item| item.ticket.id == last);
        let caught_up = tokio::time::timeout(2 * PATIENCE, views.wait_for(has_last)).await;
        assert!(caught_up.is_ok(), "{person}'s phone never came back");
    }
    // The last receipts are on their way.
    let mut last_seq = 0;
    while last_seq != admin.last_seq().await {
        last_seq = admin.last_seq().await;
        tokio::time::sleep(Duration::from_millis(1500)).await;
    }
    uptimes.push((up_since, now_ms()));
    for (_, _, pager) in &pagers {
        pager.shutdown().await;
    }
    node.finish().await;

    // What is on the disk: `audit` has replayed every log.
    let stories = audit::read(&data);
    every_alarm_is_in_exactly_one_ticket(&taken, &stories);
    let fired = no_deadline_is_early_late_lost_or_doubled(&stories, &uptimes);
    every_page_was_delivered(&stories, &reached);
    for (person, home, _) in &pagers {
        the_phone_agrees_with_the_server(person, home, &stories, last_seq);
    }
    println!(
        "{} alarms taken, {} tickets, {fired} deadlines fired in {KILLS} kills over {stormed:.1?}, \
         the longest start {longest_start:.0?}, settled {settled:.1?} after the last",
        taken.len(),
        stories.len(),
    );
}

fn every_alarm_is_in_exactly_one_ticket(taken: &[String], stories: &[Story]) {
    let mut tickets: HashMap<&str, usize> = HashMap::new();
    for story in stories {
        *tickets.entry(&story.ticket.dedup_key).or_default() += 1;
    }
    for key in taken {
        assert_eq!(
            tickets.get(key.as_str()),
            Some(&1),
            "tickets of the alarm {key}"
        );
    }
    assert_eq!(
        stories.len(),
        taken.len(),
        "tickets of alarms that nobody sent"
    );
    assert!(taken.len() > 500, "a storm, not {} alarms", taken.len());
}

/// Follows every ticket's limits through its log; returns how many passed.
fn no_deadline_is_early_late_lost_or_doubled(stories: &[Story], uptimes: &Uptimes) -> usize {
    let mut fired = 0;
    for story in stories {
        let id = story.ticket.id;
        let mut ticket: Option<Ticket> = None;
        let mut levels = HashSet::new();
        let mut stays = 0;
        for line in &story.lines {
            let before = ticket.as_ref().and_then(|ticket| ticket.deadline.clone());
            let some = |is: fn(&Event) -> bool| line.events.iter().any(is);
            let escalated = some(|event| matches!(event, Event::Escalated { .. }));
            let nudged = some(
                |event| matches!(event, Event::Paged { page } if page.reason == PageReason::Nudge),
            );
            // An acknowledgement or an escalation renews the page of an earlier nudge.
            let renewed = some(|event| matches!(event, Event::Acknowledged { .. }));
            match (escalated || nudged && !renewed, before) {
                (false, _) => {}
                (true, Some(deadline)) => {
                    fired += 1;
                    assert!(line.at >= deadline.due, "{id}: fired before it was due");
                    on_time(id, deadline.due.0, line.at.0, uptimes);
                    let generation = line.events.iter().find_map(|event| match event {
                        Event::DeadlineSet { deadline } => Some(deadline.generation),
                        _ => None,
                    });
                    assert!(
                        generation > Some(deadline.generation),
                        "{id}: could fire twice"
                    );
                    let escalates = deadline.kind == DeadlineKind::Escalate;
                    let escalations: Vec<u32> = line
                        .events
                        .iter()
                        .filter_map(|event| match event {
                            Event::Escalated { level, .. } => Some(*level),
                            _ => None,
                        })
                        .collect();
                    assert_eq!(escalations.len(), usize::from(escalates), "{id}: {line:?}");
                    for level in escalations {
                        let once = levels.insert((stays, level));
                        assert!(once, "{id}: level {level} was asked twice for one state");
                    }
                }
                (true, None) => panic!("{id}: {line:?} without a deadline"),
            }
            for event in &line.events {
                let state = ticket.as_ref().map(|ticket| ticket.state);
                ticket = Ticket::apply(ticket, event, line.at);
                stays += usize::from(state != ticket.as_ref().map(|ticket| ticket.state));
            }
        }
        assert!(
            story.ticket.deadline.is_none(),
            "{id}: a limit of a resolved ticket"
        );
    }
    assert!(fired > 50, "limits that pass, not {fired}");
    fired
}

/// A deadline may be late only by what the server was down for: at no time was it up for a second
/// with the deadline overdue.
fn on_time(id: TicketId, due: i64, fired: i64, uptimes: &Uptimes) {
    for (up, down) in uptimes {
        let overdue_ms = fired.min(*down) - due.max(*up);
        assert!(
            overdue_ms <= FIRES_WITHIN_MS,
            "{id}: due at {due}, fired at {fired}, though the server was up from {up} to {down}"
        );
    }
}

/// Every ticket that paged Ana or Bea for long enough has reached their phone, and the server has
/// the receipt.
fn every_page_was_delivered(
    stories: &[Story],
    reached: &BTreeMap<&str, Arc<Mutex<HashSet<TicketId>>>>,
) {
    for story in stories {
        let mut paged = HashSet::new();
        let mut received = HashSet::new();
        let mut answered = false;
        for (_, event) in story.events() {
            match event {
                Event::Paged { page } => {
                    paged.insert(page.person.as_str());
                }
                Event::PageReceipt { receipt, .. } if receipt.rung == Rung::Received => {
                    received.insert(receipt.device.clone());
                }
                Event::CheckedIn { .. } | Event::WorkStarted { .. } => answered = true,
                _ => {}
            }
        }
        let id = story.ticket.id;
        if paged.is_empty() {
            continue;
        }
        assert!(answered, "{id}: was paged and ended without an answer");
        assert!(
            !received.is_empty(),
            "{id}: no phone ever said that it has a page"
        );
        let saw = |person: &str| reached[person].lock().expect("the set").contains(&id);
        let anybody = paged
            .iter()
            .any(|person| reached.contains_key(person) && saw(person));
        assert!(anybody, "{id}: reached nobody's screen");
    }
}

/// The phone's log of every ticket that it keeps is the server's, whole.
fn the_phone_agrees_with_the_server(person: &str, home: &Path, stories: &[Story], last_seq: u64) {
    let store = Store::open(&home.join(PAGER_STORE)).expect("the phone's store");
    let saved = store.load().expect("a readable store");
    let cursor = saved.cursor.expect("a cursor");
    assert_eq!(cursor.seq, last_seq, "{person}'s phone has read everything");
    let mut compared = 0;
    for (ticket, _) in &saved.tickets {
        let story = &stories[usize::try_from(ticket.id.0).expect("a number") - 1];
        assert_eq!(story.ticket.id, ticket.id);
        let server: Vec<u64> = story.lines.iter().map(|line| line.seq).collect();
        let phone: Vec<u64> = store
            .timeline(ticket.id)
            .expect("a timeline")
            .iter()
            .map(|entry| entry.seq)
            .collect();
        assert_eq!(
            phone, server,
            "{}'s timeline on {person}'s phone",
            ticket.id
        );
        assert_eq!(
            serde_json::to_value(ticket.as_ref()).expect("JSON"),
            serde_json::to_value(&story.ticket).expect("JSON"),
            "{} on {person}'s phone",
            ticket.id
        );
        compared += 1;
    }
    assert!(compared > 0 && saved.taps.is_empty());
}
