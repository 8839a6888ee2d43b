//! A million open tickets: how late timers fire at 10,000 due a second, what idling costs, and how
//! long a restart takes.

use std::path::Path;
use std::time::{Duration, Instant};

use tocsin_server::engine::{Clock, SystemClock};
use tocsin_server::store::{SqliteStore, Store};
use tocsin_ticket::{
    Alarm, Chain, Command, Context, Event, Level, Millis, Policy, Role, Severity, Ticket, TicketId,
    decide,
};

use crate::node::{Node, prepare};
use crate::stats::{Times, median};

const TICKETS: u64 = 1_000_000;
const DUE_A_SECOND: u64 = 10_000;
const BURST_SECONDS: u64 = 10;
const IDLE: Duration = Duration::from_secs(20);
const RESTARTS: usize = 5;
/// So long from the making of the tickets to the first deadline.
const LEAD: Duration = Duration::from_secs(15);

/// Prints the table.
pub async fn run() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path();
    let mut store = prepare(path, &["ana".to_owned(), "bea".to_owned()], 3600);
    let filled = Instant::now();
    // All but the last ones are due in an hour.
    let burst = DUE_A_SECOND * BURST_SECONDS;
    fill(&mut store, 1..=TICKETS - burst, |_| {
        SystemClock.now() + Duration::from_secs(3600)
    });
    print_filled(TICKETS - burst, filled);
    drop(store);

    let mut ready = Vec::new();
    for _ in 0..RESTARTS {
        ready.push(Node::start(path).await.ready_after.as_secs_f64() * 1000.0);
    }
    let node = Node::start(path).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let before = node.cpu_time();
    tokio::time::sleep(IDLE).await;
    let idle_percent = (node.cpu_time() - before).as_secs_f64() / IDLE.as_secs_f64() * 100.0;
    drop(node);

    let mut store = SqliteStore::open(&path.join("tocsin.db")).expect("the database");
    let first_due = SystemClock.now() + LEAD;
    fill(&mut store, TICKETS - burst + 1..=TICKETS, |number| {
        first_due + Duration::from_millis(number * 1000 / DUE_A_SECOND)
    });
    drop(store);
    let node = Node::start(path).await;
    let until = first_due + Duration::from_secs(BURST_SECONDS + 5);
    tokio::time::sleep(until.since(SystemClock.now())).await;
    let mut late = lateness(path, TICKETS - burst);
    drop(node);

    println!(
        "| open tickets | restart to ready ms | idle CPU % | fired | late p50 ms | p99 ms | max ms |"
    );
    println!("|---:|---:|---:|---:|---:|---:|---:|");
    println!(
        "| {TICKETS} | {:.0} | {idle_percent:.2} | {} | {:.0} | {:.0} | {:.0} |",
        median(ready),
        late.len(),
        late.percentile_ms(50.0),
        late.percentile_ms(99.0),
        late.percentile_ms(100.0)
    );
}

fn print_filled(tickets: u64, since: Instant) {
    println!(
        "{tickets} tickets made in {:.0} s\n",
        since.elapsed().as_secs_f64()
    );
}

/// Opens tickets whose check-in limit passes when `due` says, given the place in `numbers`.
fn fill(
    store: &mut SqliteStore,
    numbers: std::ops::RangeInclusive<u64>,
    due: impl Fn(u64) -> Millis,
) {
    let manager = Level {
        role: Role::Manager,
        people: vec!["bea".into()],
    };
    let chain = Chain::new("ana".into(), vec![manager]);
    let policy = Policy::default();
    let limit = policy.limits(Severity::Sev1).expect("SEV1 pages").check_in;
    let context = Context::new(&policy, &chain, &[]);
    let first = *numbers.start();
    let mut numbers = numbers.peekable();
    while numbers.peek().is_some() {
        store
            .transaction(&mut |transaction| {
                for number in numbers.by_ref().take(5_000) {
                    let now = due(number - first) - limit;
                    let alarm = Alarm {
                        team: "shop".into(),
                        service: "checkout".into(),
                        dedup_key: format!("{number:016x}"),
                        severity: Severity::Sev1,
                        title: "p99 latency of checkout is above 2 s".to_owned(),
                        source: "bench".to_owned(),
                        url: None,
                        details: [("instance".to_owned(), number.to_string())].into(),
                    };
                    let command = Command::AlarmFired {
                        new_id: TicketId(number),
                        alarm,
                    };
                    let events = decide(None, &command, &context, now).expect("an alarm is taken");
                    let ticket = events
                        .iter()
                        .fold(None, |ticket, event| Ticket::apply(ticket, event, now))
                        .expect("a ticket");
                    transaction.append(&ticket, &events, now)?;
                }
                Ok(())
            })
            .expect("the store takes them");
    }
}

/// How late each escalation of tickets above `after` came: its log entry's time minus the deadline
/// that the entry before it set.
fn lateness(path: &Path, after: u64) -> Times {
    let log = rusqlite::Connection::open(path.join("tocsin.db")).expect("the database");
    let mut statement = log
        .prepare("SELECT ticket, at, events FROM log WHERE ticket > ?1 ORDER BY ticket, seq")
        .expect("a query");
    let mut rows = statement.query([after]).expect("rows");
    let mut times = Times::default();
    let mut running: Option<(u64, Millis)> = None;
    while let Some(row) = rows.next().expect("a row") {
        let ticket: u64 = row.get(0).expect("a number");
        let at = Millis(row.get(1).expect("a time"));
        let events: String = row.get(2).expect("events");
        let events: Vec<Event> = serde_json::from_str(&events).expect("events as JSON");
        for event in &events {
            match event {
                Event::Escalated { .. } => {
                    let (_, due) = running
                        .filter(|(of, _)| *of == ticket)
                        .expect("a deadline ran");
                    times.add(at.since(due));
                }
                Event::DeadlineSet { deadline } => running = Some((ticket, deadline.due)),
                _ => {}
            }
        }
    }
    times
}
