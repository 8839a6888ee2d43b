//! What counts, told as nights on call. Berlin is the team's zone where nothing else is said.

mod common;

use common::*;
use jiff::civil::{Weekday, date, time};
use tocsin_report::{
    Advice, ByPart, Hours, HoursError, Query, QueryError, Report, Spread, Swap, Tally,
};
use tocsin_ticket::{
    Actor, Command, Hold, HoldRule, Millis, PersonId, Rung, Severity, TicketId, Transport,
};

const BERLIN: &str = "Europe/Berlin";

/// The week of Monday 2026-06-01 in Berlin, when nothing happens to the clocks.
fn june() -> Query {
    query(
        at("2026-06-01T00:00+02:00"),
        at("2026-06-08T00:00+02:00"),
        BERLIN,
    )
}

fn parts(business: u64, evening: u64, sleep: u64) -> ByPart {
    ByPart {
        business,
        evening,
        sleep,
    }
}

fn sleep_minutes(report: &Report) -> u64 {
    assert_eq!(report.total.interrupted_sleep_ms % 60_000, 0);
    report.total.interrupted_sleep_ms / 60_000
}

/// Ana is rung at `rings` and resolves at `resolved`.
fn one_page(world: &mut World, rings: &str, resolved: &str) {
    let ticket = world.rings("checkout", "down", at(rings));
    world.resolve(ticket, "ana", at(resolved));
}

#[test]
fn a_page_counts_in_the_part_of_the_day_it_is_for_whom_it_rang() {
    let mut world = World::default();
    for instant in [
        "2026-06-01T06:59:00+02:00", // Monday: still night
        "2026-06-01T07:00:00+02:00", // up, not at work
        "2026-06-01T09:00:00+02:00",
        "2026-06-01T17:59:00+02:00",
        "2026-06-01T18:00:00+02:00",
        "2026-06-01T22:00:00+02:00",
        "2026-06-06T12:00:00+02:00", // Saturday
        "2026-06-06T03:00:00+02:00",
    ] {
        one_page(&mut world, instant, instant);
    }
    assert_eq!(world.report(june()).total.pages, parts(2, 3, 3));
    let mut query = june();
    let ana = query.people.get_mut(&person("ana")).unwrap();
    ana.zone = Some("Asia/Seoul".to_owned()); // seven hours later
    assert_eq!(world.report(query).total.pages, parts(3, 2, 3));
}

#[test]
fn a_team_has_hours_of_its_own() {
    let mut world = World::default();
    one_page(
        &mut world,
        "2026-06-07T10:00+02:00",
        "2026-06-07T10:00+02:00",
    ); // Sunday
    one_page(
        &mut world,
        "2026-06-07T14:00+02:00",
        "2026-06-07T14:00+02:00",
    );
    let mut query = june();
    let shop = query.teams.get_mut(&"shop".into()).unwrap();
    shop.hours = Hours::default()
        .with_business(vec![Weekday::Sunday], time(8, 0, 0, 0), time(18, 0, 0, 0))
        .and_then(|hours| hours.with_sleep(time(13, 0, 0, 0), time(15, 0, 0, 0)))
        .unwrap();
    assert_eq!(world.report(query).total.pages, parts(1, 0, 1));
}

#[test]
fn hours_without_length_are_refused() {
    let (nine, six) = (time(9, 0, 0, 0), time(18, 0, 0, 0));
    assert_eq!(
        Hours::default().with_business(vec![], six, nine),
        Err(HoursError::Business(six))
    );
    assert_eq!(
        Hours::default().with_sleep(six, six),
        Err(HoursError::Sleep(six))
    );
}

#[test]
fn a_page_that_is_renewed_while_it_rings_is_one_page() {
    let mut world = World::default();
    let ticket = world.rings("checkout", "down", at("2026-06-02T10:00+02:00"));
    let morning = at("2026-06-02T11:00+02:00");
    world.pass_until(morning);
    world.ring(ticket, morning);
    let issued = world.tickets[ticket].0.pages_issued;
    assert!(issued > 4, "Ana's was renewed at each level: {issued}");
    world.check_in(ticket, "ana", morning);
    let report = world.report(june());
    let ana = report.people.iter().find(|it| it.id == person("ana"));
    assert_eq!(ana.unwrap().load.pages, parts(1, 0, 0));
    let everybody = ["ana", "bea", "ben", "carl"].len() as u64;
    assert_eq!(report.total.pages.total(), everybody);
}

#[test]
fn a_page_that_rang_nowhere_is_counted_apart() {
    let mut world = World::default();
    let now = at("2026-06-02T03:00+02:00");
    let ticket = world.alarm("checkout", "down", Severity::Sev2, now);
    world.receipt(ticket, 1, Rung::Received, Transport::Fcm, now, now);
    world.receipt(ticket, 1, Rung::Accepted, Transport::Email, now, now);
    let report = world.report(june());
    assert_eq!((report.total.pages.total(), report.total.unheard), (0, 1));
    assert_eq!(sleep_minutes(&report), 0);
    world.receipt(ticket, 1, Rung::Accepted, Transport::Webhook, now, now);
    let report = world.report(june());
    assert_eq!((report.total.pages.total(), report.total.unheard), (1, 0));
}

#[test]
fn a_device_whose_clock_is_wrong_moves_no_page_out_of_its_life() {
    let mut world = World::default();
    let (made, heard) = (at("2026-06-02T21:50+02:00"), at("2026-06-02T22:10+02:00"));
    for (said, part) in [
        ("2026-06-02T21:58+02:00", parts(0, 1, 0)),
        ("2026-06-02T03:00+02:00", parts(0, 1, 0)),
        ("2026-06-03T12:00+02:00", parts(0, 0, 1)),
    ] {
        let ticket = world.alarm("checkout", "down", Severity::Sev2, made);
        world.receipt(ticket, 1, Rung::Sounding, Transport::Fcm, at(said), heard);
        assert_eq!(world.report(june()).total.pages, part, "{said}");
        world.tickets.clear();
    }
}

#[test]
fn who_is_called_again_before_they_slept_again_was_woken_once() {
    let mut world = World::default();
    one_page(
        &mut world,
        "2026-06-02T03:00+02:00",
        "2026-06-02T03:05+02:00",
    );
    one_page(
        &mut world,
        "2026-06-02T03:24+02:00",
        "2026-06-02T03:30+02:00",
    );
    let report = world.report(june());
    assert_eq!(report.total.pages.total(), 2);
    assert_eq!(report.total.interruptions, parts(0, 0, 1));
    assert_eq!(sleep_minutes(&report), 50, "from 03:00 until 03:30, and 20");

    // Twenty minutes after the end of the first, to the minute, is another night's waking.
    one_page(
        &mut world,
        "2026-06-02T03:50+02:00",
        "2026-06-02T03:51+02:00",
    );
    let report = world.report(june());
    assert_eq!(report.total.interruptions, parts(0, 0, 2));
    assert_eq!(sleep_minutes(&report), 50 + 21);
}

#[test]
fn pages_at_once_take_ones_sleep_once() {
    let mut world = World::default();
    for service in ["checkout", "orders"] {
        let ticket = world.rings(service, "down", at("2026-06-02T03:00+02:00"));
        world.resolve(ticket, "ana", at("2026-06-02T03:10+02:00"));
    }
    assert_eq!(sleep_minutes(&world.report(june())), 30);
}

#[test]
fn work_after_a_check_in_keeps_one_awake_until_it_is_over_or_in_other_hands() {
    let awake = |and_then: &dyn Fn(&mut World, usize)| {
        let mut world = World::default();
        let ticket = world.rings("checkout", "down", at("2026-06-02T02:00+02:00"));
        world.check_in(ticket, "ana", at("2026-06-02T02:05+02:00"));
        and_then(&mut world, ticket);
        let report = world.report(june());
        let ana = report.people.iter().find(|it| it.id == person("ana"));
        ana.unwrap().load.interrupted_sleep_ms / 60_000
    };
    let recovered = awake(&|world, ticket| world.recover(ticket, at("2026-06-02T02:45+02:00")));
    assert_eq!(recovered, 45 + 20, "monitoring saw that she mended it");
    let forgotten = awake(&|world, ticket| world.recover(ticket, at("2026-06-02T06:00+02:00")));
    assert_eq!(forgotten, 5 + 60 + 20, "an hour after the last sign of her");
    let noted = awake(&|world, ticket| {
        let (by, text) = (person("ana"), "found it".to_owned());
        let note = Command::AddNote { by, text };
        world.tell(ticket, &note, at("2026-06-02T02:55+02:00"));
        world.recover(ticket, at("2026-06-02T06:00+02:00"));
    });
    assert_eq!(noted, 55 + 60 + 20);
    let given_away =
        awake(&|world, ticket| world.start(ticket, "ben", at("2026-06-02T02:15+02:00")));
    assert_eq!(given_away, 15 + 20);
}

#[test]
fn only_the_night_of_an_interruption_is_lost_sleep() {
    let mut world = World::default();
    one_page(
        &mut world,
        "2026-06-02T21:45+02:00",
        "2026-06-02T22:10+02:00",
    );
    one_page(
        &mut world,
        "2026-06-03T06:50+02:00",
        "2026-06-03T07:30+02:00",
    );
    let report = world.report(june());
    assert_eq!(report.total.interruptions, parts(0, 1, 1));
    assert_eq!(sleep_minutes(&report), 30 + 10);
    assert_eq!(report.total.interrupted_ms, (45 + 60) * 60_000);
}

#[test]
fn an_old_ticket_taken_up_at_night_wakes_nobody() {
    let mut world = World::default();
    let ticket = world.rings("checkout", "slow", at("2026-06-02T14:00+02:00"));
    world.check_in(ticket, "ana", at("2026-06-02T14:01+02:00"));
    world.start(ticket, "ana", at("2026-06-02T23:00+02:00"));
    world.resolve(ticket, "ana", at("2026-06-02T23:30+02:00"));
    let report = world.report(june());
    assert_eq!(report.total.interruptions, parts(1, 0, 0));
    assert_eq!(sleep_minutes(&report), 0);
}

#[test]
fn an_unanswered_siren_keeps_one_awake_until_now() {
    let mut world = World::default();
    world.rings("checkout", "down", at("2026-06-02T02:00+02:00"));
    let mut query = june();
    (query.until, query.now) = (at("2026-06-02T02:30+02:00"), at("2026-06-02T02:30+02:00"));
    let report = world.report(query);
    assert_eq!(sleep_minutes(&report), 30 + 20);
}

#[test]
fn sleep_is_counted_in_real_minutes_when_the_clocks_change() {
    // (zone, page, end, minutes): the siren sounds through the change.
    for (zone, from, until, minutes) in [
        // North, spring: 02:00 becomes 03:00; 01:30 to 03:30 is one hour.
        (
            BERLIN,
            "2026-03-29T01:30+01:00",
            "2026-03-29T03:30+02:00",
            60,
        ),
        // North, autumn: 03:00 becomes 02:00; 01:30 to 03:30 is three hours.
        (
            BERLIN,
            "2026-10-25T01:30+02:00",
            "2026-10-25T03:30+01:00",
            180,
        ),
        (
            "America/New_York",
            "2026-03-08T01:30-05:00",
            "2026-03-08T03:30-04:00",
            60,
        ),
        (
            "America/New_York",
            "2026-11-01T00:30-04:00",
            "2026-11-01T02:30-05:00",
            180,
        ),
        // South, autumn: in Sydney 03:00 becomes 02:00, in April.
        (
            "Australia/Sydney",
            "2026-04-05T01:30+11:00",
            "2026-04-05T03:30+10:00",
            180,
        ),
        (
            "Australia/Sydney",
            "2026-10-04T01:30+10:00",
            "2026-10-04T03:30+11:00",
            60,
        ),
        // Half an hour, on Lord Howe.
        (
            "Australia/Lord_Howe",
            "2026-10-04T01:30+10:30",
            "2026-10-04T03:30+11:00",
            90,
        ),
        // At midnight, in Santiago: 24:00 becomes 23:00 on April 4, 00:00 becomes 01:00.
        (
            "America/Santiago",
            "2026-04-04T22:30-03:00",
            "2026-04-05T00:30-04:00",
            180,
        ),
        (
            "America/Santiago",
            "2026-09-05T23:30-04:00",
            "2026-09-06T01:30-03:00",
            60,
        ),
    ] {
        let mut world = World::default();
        one_page(&mut world, from, until);
        let mut query = query(at(from), at(until), zone);
        query.now = at(until);
        let report = world.report(query);
        assert_eq!(sleep_minutes(&report), minutes + 20, "{zone} {from}");
        assert_eq!(report.total.interruptions, parts(0, 0, 1), "{zone} {from}");
    }
}

#[test]
fn nights_are_as_long_as_the_clocks_make_them() {
    // The siren sounds from one noon to the next; a night of nine hours by the clock.
    for (zone, noon, next_noon, hours) in [
        (
            BERLIN,
            "2026-03-28T12:00+01:00",
            "2026-03-29T12:00+02:00",
            8,
        ),
        (
            BERLIN,
            "2026-10-24T12:00+02:00",
            "2026-10-25T12:00+01:00",
            10,
        ),
        (
            BERLIN,
            "2026-06-02T12:00+02:00",
            "2026-06-03T12:00+02:00",
            9,
        ),
        (
            "Australia/Sydney",
            "2026-04-04T12:00+11:00",
            "2026-04-05T12:00+10:00",
            10,
        ),
        (
            "Australia/Sydney",
            "2026-10-03T12:00+10:00",
            "2026-10-04T12:00+11:00",
            8,
        ),
        (
            "America/Santiago",
            "2026-09-05T12:00-04:00",
            "2026-09-06T12:00-03:00",
            8,
        ),
    ] {
        let mut world = World::default();
        one_page(&mut world, noon, next_noon);
        let report = world.report(query(at(noon), at(next_noon), zone));
        assert_eq!(sleep_minutes(&report), hours * 60, "{zone} {noon}");
    }
}

#[test]
fn times_run_from_the_alarm_and_are_lengths_that_were() {
    let mut world = World::default();
    for minute in [1, 2, 3, 40] {
        let opened = at("2026-06-02T10:00+02:00");
        let ticket = world.rings("checkout", "down", opened);
        world.check_in(ticket, "ana", opened + minutes(minute));
        world.start(ticket, "ana", opened + minutes(minute * 2));
        world.resolve(ticket, "ana", opened + minutes(minute * 3));
    }
    // Neither a ticket that nobody answered nor one that never paged has times.
    world.rings("checkout", "down", at("2026-06-02T11:00+02:00"));
    let quiet = world.alarm(
        "orders",
        "low",
        Severity::Sev4,
        at("2026-06-02T11:00+02:00"),
    );
    world.resolve(quiet, "ana", at("2026-06-05T11:00+02:00"));
    let times = world.report(june()).total.times;
    let spread = |median: u64, p90: u64| {
        Some(Spread {
            count: 4,
            median_ms: median * 60_000,
            p90_ms: p90 * 60_000,
        })
    };
    assert_eq!(times.check_in, spread(2, 40));
    assert_eq!(times.start, spread(4, 80));
    assert_eq!(times.resolve, spread(6, 120));
}

#[test]
fn a_reopened_ticket_is_resolved_when_it_is_for_good() {
    let mut world = World::default();
    let opened = at("2026-06-02T10:00+02:00");
    let ticket = world.rings("checkout", "down", opened);
    world.resolve(ticket, "ana", opened + minutes(5));
    world.tell(
        ticket,
        &Command::Reopen { by: person("ben") },
        opened + minutes(9),
    );
    assert_eq!(world.report(june()).total.times.resolve, None);
    world.resolve(ticket, "ben", opened + minutes(20));
    let resolve = world.report(june()).total.times.resolve.unwrap();
    assert_eq!(resolve.median_ms, 20 * 60_000);
}

#[test]
fn percentiles_are_by_nearest_rank() {
    assert_eq!(Spread::of(vec![]), None);
    let ten = Spread::of((1..=10).rev().collect()).unwrap();
    assert_eq!((ten.count, ten.median_ms, ten.p90_ms), (10, 5, 9));
    let eleven = Spread::of((1..=11).collect()).unwrap();
    assert_eq!((eleven.median_ms, eleven.p90_ms), (6, 10));
    let one = Spread::of(vec![7]).unwrap();
    assert_eq!((one.median_ms, one.p90_ms), (7, 7));
}

#[test]
fn noise_is_what_recovered_untouched_and_what_nobody_did_anything_about() {
    let mut world = World::default();
    let now = at("2026-06-02T10:00+02:00");
    let later = now + minutes(2);
    let recovered = world.rings("checkout", "blip", now);
    world.recover(recovered, later);
    let looked_at = world.rings("checkout", "blip", now);
    world.check_in(looked_at, "ana", later);
    world.recover(looked_at, later);
    let worked_on = world.rings("checkout", "down", now);
    world.start(worked_on, "ana", later);
    world.resolve(worked_on, "ana", later);
    let open = world.rings("checkout", "down", now);
    world.check_in(open, "ana", later);
    let silent = world.alarm("orders", "low", Severity::Sev4, now);
    world.recover(silent, later);
    let total = world.report(june()).total;
    assert_eq!((total.tickets, total.noise.paged), (5, 4));
    assert_eq!((total.noise.recovered, total.noise.no_action), (1, 1));
}

#[test]
fn a_note_that_monitoring_sends_is_nobodys_work() {
    let mut world = World::default();
    let now = at("2026-06-02T10:00+02:00");
    let later = now + minutes(2);
    let recovered = world.rings("checkout", "blip", now);
    let monitoring = Actor::Monitoring("opsgenie".to_owned());
    let note = Command::AddNote {
        by: PersonId::new(monitoring.to_string()),
        text: "seen on the dashboard too".to_owned(),
    };
    world.tell(recovered, &note, later);
    world.recover(recovered, later);
    let total = world.report(june()).total;
    assert_eq!((total.noise.recovered, total.noise.no_action), (1, 0));
}

#[test]
fn who_cannot_goes_back_to_sleep_and_what_was_held_back_disturbed_nobody() {
    let mut world = World::default();
    let ticket = world.rings("checkout", "down", at("2026-06-02T02:00+02:00"));
    let (by, reason) = (person("ana"), None);
    let decline = Command::Decline { by, reason };
    world.tell(ticket, &decline, at("2026-06-02T02:03+02:00"));
    world.recover(ticket, at("2026-06-02T04:00+02:00"));
    world.hold = Some(Hold {
        until: at("2026-06-02T05:00+02:00"),
        rule: HoldRule::HoldOff,
    });
    let held = world.alarm(
        "orders",
        "blip",
        Severity::Sev1,
        at("2026-06-02T04:30+02:00"),
    );
    world.recover(held, at("2026-06-02T04:31+02:00"));
    let report = world.report(june());
    let ana = report.people.iter().find(|it| it.id == person("ana"));
    assert_eq!(ana.unwrap().load.interrupted_sleep_ms, (3 + 20) * 60_000);
    let noise = report.total.noise;
    assert_eq!((noise.recovered, noise.no_action, noise.held), (0, 1, 1));
}

#[test]
fn the_pattern_to_fix_first_is_the_one_that_costs_most_and_the_advice_fits_it() {
    let mut world = World::default();
    let by_day = at("2026-06-02T10:00+02:00");
    for number in 0..6 {
        let title = format!("disk of db-{number} is 9{number}% full");
        let ticket = world.rings("orders", &title, by_day + minutes(60 * number));
        world.recover(ticket, by_day + minutes(60 * number + 1));
    }
    let at_night = world.rings("checkout", "checkout is down", at("2026-06-03T03:00+02:00"));
    world.start(at_night, "ana", at("2026-06-03T03:01+02:00"));
    world.resolve(at_night, "ana", at("2026-06-03T05:00+02:00"));
    let looked_at = world.rings("orders", "queue is long", at("2026-06-04T10:00+02:00"));
    world.resolve(looked_at, "ana", at("2026-06-04T10:01+02:00"));
    for number in 0..5 {
        let title = format!("oddity {}", ["a", "b", "c", "d", "e"][number]);
        let ticket = world.rings("orders", &title, at("2026-06-05T10:00+02:00"));
        world.recover(ticket, at("2026-06-05T10:00+02:00"));
    }
    let patterns = world.report(june()).patterns;
    let names: Vec<_> = patterns.iter().map(|it| it.title.as_str()).collect();
    assert_eq!(patterns.len(), 5);
    assert_eq!(
        names[..3],
        [
            "checkout is down",
            "disk of db-# is #% full",
            "queue is long"
        ]
    );
    // An hour after the last sign of her, and 20 minutes: all of it sleep, so twice.
    assert_eq!(patterns[0].cost_ms, 2 * (1 + 60 + 20) * 60_000);
    assert_eq!(patterns[1].example, TicketId(6));
    assert_eq!(patterns[1].load.interruptions, parts(6, 0, 0));
    let advice: Vec<_> = patterns[..3].iter().map(|it| it.advice).collect();
    assert_eq!(advice, [Advice::Fix, Advice::HoldOff, Advice::DoNotPage]);
}

#[test]
fn a_shift_has_the_load_of_its_own_hours() {
    let mut world = World::default();
    one_page(
        &mut world,
        "2026-06-02T08:59+02:00",
        "2026-06-02T08:59+02:00",
    );
    one_page(
        &mut world,
        "2026-06-02T09:00+02:00",
        "2026-06-02T09:00+02:00",
    );
    let mut query = june();
    let handoff = at("2026-06-02T09:00+02:00");
    query.shifts = vec![
        shift("ana", "shop", handoff, query.until),
        shift("ana", "shop", query.from, handoff),
        shift("ben", "shop", query.from, query.until),
        shift("ana", "bank", query.from, query.until),
    ];
    let shifts = world.report(query).shifts;
    let pages: Vec<_> = shifts
        .iter()
        .map(|it| (it.person.as_str(), it.team.as_str(), it.load.pages.total()))
        .collect();
    assert_eq!(
        pages,
        [
            ("ana", "shop", 1),
            ("ana", "bank", 0),
            ("ben", "shop", 0),
            ("ana", "shop", 1)
        ]
    );
}

#[test]
fn weeks_begin_on_monday_where_the_team_is_and_the_trend_looks_four_weeks_back() {
    let mut world = World::default();
    // Five weeks before, in each of the four before, and three times in the week itself.
    for day in [
        "2026-04-27",
        "2026-05-04",
        "2026-05-11",
        "2026-05-18",
        "2026-05-25",
    ] {
        let instant = format!("{day}T00:00:00+02:00");
        one_page(&mut world, &instant, &instant);
    }
    for day in ["2026-06-01", "2026-06-03", "2026-06-05"] {
        let instant = format!("{day}T03:00:00+02:00");
        one_page(&mut world, &instant, &instant);
    }
    let report = world.report(june());
    assert_eq!(report.weeks.len(), 1);
    assert_eq!(report.weeks[0].date, date(2026, 6, 1));
    let before = &report.trend.weeks_before;
    let pages: Vec<u64> = before.iter().map(|it| it.load.pages.sleep).collect();
    assert_eq!(pages, [1, 1, 1, 1]);
    assert_eq!(before[0].date, date(2026, 5, 4));
    assert_eq!(
        (report.trend.now.pages, report.trend.before.pages),
        (3.0, 1.0)
    );
    assert_eq!(report.trend.now.interrupted_sleep_minutes, 60.0);
    assert_eq!(report.trend.before.interrupted_sleep_minutes, 20.0);

    let mut cut = june();
    cut.from = at("2026-05-28T12:00+02:00");
    let weeks = world.report(cut).weeks;
    let dates: Vec<_> = weeks
        .iter()
        .map(|it| (it.date, it.load.pages.total()))
        .collect();
    assert_eq!(dates, [(date(2026, 5, 25), 0), (date(2026, 6, 1), 3)]);
}

/// A week in which Ana is on call and is woken twice in the night of Tuesday.
fn bad_tuesday() -> (World, Query) {
    let mut world = World::default();
    one_page(
        &mut world,
        "2026-06-02T23:30+02:00",
        "2026-06-02T23:31+02:00",
    );
    one_page(
        &mut world,
        "2026-06-03T04:00+02:00",
        "2026-06-03T04:01+02:00",
    );
    let mut query = june();
    query.shifts = vec![shift("ana", "shop", query.from, query.until)];
    let shop = query.teams.get_mut(&"shop".into()).unwrap();
    shop.relief = ["ana", "ben", "bea", "carl"].map(person).to_vec();
    (world, query)
}

#[test]
fn after_a_bad_night_the_next_day_and_night_are_offered_to_who_slept_best() {
    let (mut world, mut query) = bad_tuesday();
    // Bea was up once this week; Ben is on call elsewhere on Wednesday night.
    let other_day = world.alarm(
        "checkout",
        "down",
        Severity::Sev2,
        at("2026-06-04T01:00+02:00"),
    );
    world.pass_until(at("2026-06-04T01:20+02:00"));
    let of_bea = world.tickets[other_day]
        .0
        .pages
        .iter()
        .find(|it| it.person == person("bea"));
    let (number, now) = (of_bea.unwrap().id.number, at("2026-06-04T01:20+02:00"));
    world.receipt(other_day, number, Rung::Sounding, Transport::Fcm, now, now);
    world.resolve(other_day, "bea", now);
    let wednesday = at("2026-06-03T22:00+02:00");
    query
        .shifts
        .push(shift("ben", "bank", wednesday, query.until));
    let report = world.report(query);
    assert_eq!(report.bad_nights.len(), 1);
    let night = &report.bad_nights[0];
    assert_eq!(
        (night.person.as_str(), night.date),
        ("ana", date(2026, 6, 2))
    );
    assert_eq!(
        (night.wake_ups, night.interrupted_sleep_ms),
        (2, 42 * 60_000)
    );
    assert_eq!(
        night.swaps,
        [Swap {
            team: "shop".into(),
            from: at("2026-06-03T07:00+02:00"),
            until: at("2026-06-04T07:00+02:00"),
            to: ["carl", "bea"].map(person).to_vec(),
        }]
    );
}

#[test]
fn a_night_is_bad_for_one_long_waking_too_and_good_for_one_short() {
    let night = |until: &str| {
        let mut world = World::default();
        one_page(&mut world, "2026-06-03T03:00+02:00", until);
        world.report(june()).bad_nights.len()
    };
    assert_eq!(night("2026-06-03T03:39+02:00"), 0);
    assert_eq!(night("2026-06-03T03:40+02:00"), 1);
}

#[test]
fn whose_shift_ends_in_the_morning_is_offered_nothing_more() {
    let (world, mut query) = bad_tuesday();
    query.shifts[0].until = at("2026-06-03T07:00+02:00");
    assert!(world.report(query.clone()).bad_nights[0].swaps.is_empty());
    query.shifts[0].until = at("2026-06-03T09:00+02:00");
    let swaps = &world.report(query).bad_nights[0].swaps;
    assert_eq!(swaps[0].until, at("2026-06-03T09:00+02:00"));
}

#[test]
fn nobody_who_had_a_bad_night_too_is_asked() {
    let (mut world, query) = bad_tuesday();
    for instant in ["2026-06-03T00:30+02:00", "2026-06-03T05:00+02:00"] {
        let ticket = world.rings("ledger", "down", at(instant));
        world.resolve(ticket, "ben", at(instant));
    }
    let report = world.report(query);
    let ana = report
        .bad_nights
        .iter()
        .find(|it| it.person == person("ana"));
    assert_eq!(ana.unwrap().swaps[0].to, ["bea", "carl"].map(person));
}

#[test]
fn tickets_that_do_not_matter_change_nothing() {
    let (mut world, query) = bad_tuesday();
    let report = world.report(query.clone());
    one_page(
        &mut world,
        "2026-04-01T03:00+02:00",
        "2026-04-01T03:05+02:00",
    );
    one_page(
        &mut world,
        "2026-06-08T00:00+02:00",
        "2026-06-08T00:05+02:00",
    );
    assert_eq!(world.report(query.clone()), report);
    let headless = world.tickets.len() - 3;
    world.tickets[headless].1.entries.remove(0);
    let mut tally = Tally::new(query).unwrap();
    tally.add(&world.tickets[headless].1);
    assert_eq!(tally.report().total.pages.total(), 0);
}

#[test]
fn a_query_without_time_or_with_an_unknown_zone_is_refused() {
    let refused = |change: &dyn Fn(&mut Query)| {
        let mut query = june();
        change(&mut query);
        Tally::new(query).unwrap_err()
    };
    assert_eq!(refused(&|it| it.until = it.from), QueryError::NoTime);
    assert_eq!(
        refused(&|it| it.until = Millis(i64::MAX)),
        QueryError::OutsideCalendar { field: "until" }
    );
    let no_zone = refused(&|it| {
        let ana = it.people.get_mut(&person("ana")).unwrap();
        ana.zone = Some("Berlin".to_owned());
    });
    assert_eq!(
        no_zone.to_string(),
        "people.ana.zone: expected a time zone such as Europe/Berlin, got \"Berlin\""
    );
}

#[test]
fn a_report_as_json_comes_back_as_it_was() {
    let (world, query) = bad_tuesday();
    let report = world.report(query);
    let json = serde_json::to_string(&report).unwrap();
    assert_eq!(serde_json::from_str::<Report>(&json).unwrap(), report);
}
