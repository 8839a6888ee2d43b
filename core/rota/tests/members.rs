//! People come and go, and nobody else's shift moves. Plans are written a letter a week.

mod common;

use common::*;
use jiff::ToSpan;
use jiff::civil::date;
use tocsin_rota::ShiftKind;

#[test]
fn members_take_turns_in_the_order_of_the_list() {
    assert_eq!(
        plan(vec![stays("A"), stays("B"), stays("C")], 9),
        "ABCABCABC"
    );
}

#[test]
fn somebody_alone_is_always_on_call() {
    assert_eq!(plan(vec![stays("A")], 5), "AAAAA");
}

#[test]
fn the_first_member_is_on_call_in_the_week_that_contains_the_start() {
    let mut spec = berlin(vec![stays("anna"), stays("ben")]);
    spec.start = date(2026, 1, 8);
    let shift = rota(&spec).on_call(at("2026-01-08T00:00+01:00"));
    assert_eq!(shift.person, "anna");
    assert_eq!(shift.kind, ShiftKind::Rotation { turn: 0 });
    assert_eq!(shift.from, at("2026-01-05T09:00+01:00"));
    assert_eq!(shift.until, at("2026-01-12T09:00+01:00"));
}

#[test]
fn before_the_start_the_first_members_took_turns_already() {
    let rota = rota(&berlin(vec![
        stays("anna"),
        stays("ben"),
        joins("chris", monday(1)),
    ]));
    let week_before = rota.on_call(at("2026-01-05T08:59:59+01:00"));
    assert_eq!(week_before.person, "ben");
    assert_eq!(week_before.kind, ShiftKind::Rotation { turn: -1 });
    assert_eq!(rota.on_call(at("2025-12-24T12:00Z")).person, "anna");
}

#[test]
fn a_newcomer_takes_one_week_from_everybody_in_turn_and_the_others_keep_theirs() {
    assert_eq!(
        plan(vec![stays("A"), stays("B"), stays("C")], 15),
        "ABCABCABCABCABC"
    );
    assert_eq!(
        plan(
            vec![stays("A"), stays("B"), stays("C"), joins("D", monday(3))],
            15
        ),
        //  .  .  .  A  .  .  .  B  .  .  .  C : whose weeks D takes
        "ABCABCDBCADCABD"
    );
}

#[test]
fn a_newcomers_turns_begin_with_the_first_handoff_on_or_after_their_date() {
    let first_week_of_b = |date| {
        let plan = plan(vec![stays("A"), joins("B", date)], 12);
        plan.find('B').expect("a turn")
    };
    // In a block of two weeks the second is the newcomer's.
    assert_eq!(first_week_of_b(monday(4)), 5);
    assert_eq!(first_week_of_b(monday(4) - 1.day()), 5);
    assert_eq!(first_week_of_b(monday(4) + 1.day()), 6);
}

#[test]
fn newcomers_build_a_team_around_the_first_who_was_alone() {
    assert_eq!(
        plan(
            vec![
                stays("A"),
                joins("B", monday(3)),
                joins("C", monday(6)),
                joins("D", monday(10)),
            ],
            26
        ),
        "AAAABABACABCDACABDBACDBCDA"
    );
}

#[test]
fn a_leavers_weeks_are_shared_out_and_the_others_keep_theirs() {
    assert_eq!(
        plan(
            vec![
                stays("A"),
                leaves("B", monday(5)),
                stays("C"),
                stays("D"),
                stays("E")
            ],
            20
        ),
        //     B         B         B    : the weeks B leaves behind
        "ABCDEADCDEAECDEADCDE"
    );
}

#[test]
fn nobody_stays_on_call_for_two_weeks_while_somebody_else_is_as_fresh() {
    let members = vec![
        stays("A"),
        leaves("B", monday(5)),
        stays("C"),
        stays("D"),
        stays("E"),
    ];
    let plan = plan(members, 520);
    let in_a_row = plan
        .as_bytes()
        .windows(2)
        .filter(|pair| pair[0] == pair[1])
        .count();
    // Even shares of B's 103 weeks give A and C, who are on call before and after them, a
    // quarter each: only those cannot be spared.
    assert!(in_a_row <= 53, "{in_a_row} times two weeks in a row");
}

#[test]
fn a_replacement_steps_into_the_leavers_place() {
    let team = |newcomer| {
        vec![
            stays("A"),
            leaves("B", monday(4)),
            stays("C"),
            stays("D"),
            newcomer,
        ]
    };
    assert_eq!(plan(team(joins("E", monday(4))), 16), "ABCDAECDAECDAECD");
    // Also when the place was empty for some weeks.
    assert_eq!(plan(team(joins("E", monday(8))), 16), "ABCDADCDAECDAECD");
}

#[test]
fn a_whole_team_can_be_replaced_at_one_handoff() {
    assert_eq!(
        plan(
            vec![
                leaves("A", monday(4)),
                leaves("B", monday(4)),
                joins("C", monday(4)),
                joins("D", monday(4)),
            ],
            10
        ),
        "ABABCDCDCD"
    );
}

#[test]
fn somebody_who_comes_back_finds_their_weeks_again() {
    assert_eq!(
        plan(
            vec![
                stays("A"),
                leaves("B", monday(3)),
                stays("C"),
                joins("B", monday(9)),
            ],
            18
        ),
        "ABCACCAACABCABCABC"
    );
}

#[test]
fn leaving_and_coming_back_at_the_same_handoff_changes_nothing() {
    assert_eq!(
        plan(
            vec![
                stays("A"),
                leaves("B", monday(3)),
                stays("C"),
                joins("B", monday(3)),
            ],
            12
        ),
        "ABCABCABCABC"
    );
}

#[test]
fn joining_on_the_start_date_or_before_means_being_there_from_the_start() {
    assert_eq!(
        plan(
            vec![
                joins("A", START),
                joins("B", START - 100.days()),
                stays("C")
            ],
            6
        ),
        "ABCABC"
    );
}

#[test]
fn somebody_who_leaves_on_a_handoff_day_serves_until_the_handoff() {
    let rota = rota(&berlin(vec![leaves("anna", monday(1)), stays("ben")]));
    let last = rota.on_call(at("2026-01-12T08:59:59.999999999+01:00"));
    assert_eq!(last.person, "anna");
    assert_eq!(last.until, at("2026-01-12T09:00+01:00"));
}

#[test]
fn somebody_who_leaves_within_their_week_hands_over_when_the_day_begins() {
    let rota = rota(&berlin(vec![
        leaves("anna", date(2026, 1, 8)),
        stays("ben"),
        stays("chris"),
    ]));
    let shifts = rota.shifts(at("2026-01-05T09:00+01:00"), at("2026-01-12T09:00+01:00"));
    let [first, rest] = &shifts[..] else {
        panic!("two shifts, not {shifts:?}");
    };
    assert_eq!(first.person, "anna");
    assert_eq!(first.until, at("2026-01-08T00:00+01:00"));
    // Not ben, whose own week comes next.
    assert_eq!(rest.person, "chris");
    assert_eq!(rest.from, at("2026-01-08T00:00+01:00"));
    assert_eq!(rest.until, at("2026-01-12T09:00+01:00"));
    assert_eq!(first.kind, ShiftKind::Rotation { turn: 0 });
    assert_eq!(rest.kind, ShiftKind::Rotation { turn: 0 });
}

#[test]
fn a_week_in_which_two_leave_one_after_the_other_has_three_on_call() {
    let who = |second| {
        let rota = rota(&berlin(vec![
            leaves("anna", date(2026, 1, 7)),
            stays("ben"),
            leaves("chris", second),
            stays("dora"),
        ]));
        rota.shifts(at("2026-01-05T09:00+01:00"), at("2026-01-12T09:00+01:00"))
            .into_iter()
            .map(|shift| shift.person)
            .collect::<Vec<_>>()
    };
    assert_eq!(who(date(2026, 1, 9)), ["anna", "chris", "dora"]);
    // Somebody who leaves at the same instant never takes over at all.
    assert_eq!(who(date(2026, 1, 7)), ["anna", "dora"]);
}

#[test]
fn a_leaver_who_is_not_on_call_that_week_changes_nothing_in_it() {
    let with = rota(&berlin(vec![
        stays("anna"),
        leaves("ben", date(2026, 1, 8)),
        stays("chris"),
    ]));
    let shift = with.on_call(at("2026-01-08T12:00+01:00"));
    assert_eq!(shift.person, "anna");
    assert_eq!(shift.until, at("2026-01-12T09:00+01:00"));
}
