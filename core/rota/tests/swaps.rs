//! Two people change shifts, if both want to.

mod common;

use common::*;
use jiff::Timestamp;
use tocsin_rota::{Rota, ShiftKind, Swap, SwapError, SwapState};

/// Anna, Ben, Chris, a week each.
fn three() -> Rota {
    rota(&berlin(vec![stays("anna"), stays("ben"), stays("chris")]))
}

fn now() -> Timestamp {
    at("2026-01-06T12:00Z")
}

/// Ben gives his week 1 for Chris's week 2.
fn proposed(rota: &Rota) -> Swap {
    Swap::propose(
        rota,
        "ben",
        at("2026-01-14T12:00Z"),
        at("2026-01-21T12:00Z"),
        now(),
    )
    .expect("a swap")
}

/// Who has each of the first six weeks.
fn who(rota: &Rota) -> Vec<String> {
    let shifts = rota.shifts(at("2026-01-05T09:00+01:00"), at("2026-02-16T09:00+01:00"));
    shifts.into_iter().map(|shift| shift.person).collect()
}

#[test]
fn an_accepted_swap_exchanges_the_two_shifts_and_nothing_else() {
    let rota = three();
    let swap = proposed(&rota)
        .accept(&rota, "chris", now())
        .expect("accepted");
    assert_eq!(swap.state(now()), SwapState::Accepted);
    let swapped = rota.with_swaps([&swap]);
    assert_eq!(
        who(&swapped),
        ["anna", "chris", "ben", "anna", "ben", "chris"]
    );
    let given = swapped.on_call(at("2026-01-14T12:00Z"));
    assert_eq!(given.kind, ShiftKind::Swap);
    assert_eq!(
        (given.from, given.until),
        (swap.gives().from, swap.gives().until)
    );
}

#[test]
fn nothing_changes_unless_the_other_side_accepts() {
    let rota = three();
    let swap = proposed(&rota);
    let refused = swap.refuse("chris", now()).expect("refused");
    let withdrawn = swap.withdraw("ben", now()).expect("withdrawn");
    assert_eq!(swap.state(now()), SwapState::Proposed);
    assert_eq!(refused.state(now()), SwapState::Refused);
    assert_eq!(withdrawn.state(now()), SwapState::Withdrawn);
    let same = rota.with_swaps([&swap, &refused, &withdrawn]);
    assert_eq!(who(&same), who(&rota));
}

#[test]
fn a_swap_expires_when_the_first_of_the_shifts_begins() {
    let rota = three();
    let swap = proposed(&rota);
    let begins = at("2026-01-12T09:00+01:00");
    assert_eq!(swap.expires_at(), begins);
    assert_eq!(swap.state(begins), SwapState::Expired);
    let state = SwapState::Expired;
    assert_eq!(
        swap.accept(&rota, "chris", begins),
        Err(SwapError::Over { state })
    );
    assert!(
        swap.accept(&rota, "chris", at("2026-01-12T08:59:59+01:00"))
            .is_ok()
    );
}

#[test]
fn only_who_was_asked_answers_and_only_who_proposed_withdraws() {
    let rota = three();
    let swap = proposed(&rota);
    for by in ["ben", "anna"] {
        let refused = swap.accept(&rota, by, now()).expect_err("not asked");
        assert_eq!(
            refused.to_string(),
            format!("only chris can do this, not {by}")
        );
        assert!(swap.refuse(by, now()).is_err());
    }
    assert!(swap.withdraw("chris", now()).is_err());
    let accepted = swap.accept(&rota, "chris", now()).expect("accepted");
    let text = accepted
        .refuse("chris", now())
        .expect_err("over")
        .to_string();
    assert_eq!(text, "the swap is accepted; propose another");
}

#[test]
fn shifts_that_are_not_theirs_or_have_begun_cannot_be_swapped() {
    let rota = three();
    let propose = |by, gives, takes| {
        Swap::propose(&rota, by, at(gives), at(takes), now())
            .expect_err("refused")
            .to_string()
    };
    assert_eq!(
        propose("anna", "2026-01-14T12:00Z", "2026-01-21T12:00Z"),
        "gives: expected a moment of a shift of anna, but ben is on call at 2026-01-14T12:00:00Z"
    );
    assert_eq!(
        propose("ben", "2026-01-14T12:00Z", "2026-02-04T12:00Z"),
        "takes: expected a moment of somebody else's shift, but ben is on call at \
         2026-02-04T12:00:00Z"
    );
    assert!(
        propose("anna", "2026-01-07T12:00Z", "2026-01-21T12:00Z")
            .starts_with("gives: expected a shift that has not begun")
    );
    assert!(
        propose("ben", "2026-01-14T12:00Z", "2026-01-07T12:00Z")
            .starts_with("takes: expected a shift that has not begun")
    );
}

#[test]
fn a_swap_of_shifts_that_moved_meanwhile_cannot_be_accepted() {
    let swap = proposed(&three());
    let mut spec = berlin(vec![stays("anna"), stays("ben"), stays("chris")]);
    spec.overrides = vec![stand_in("dora", "2026-01-15T18:00", "2026-01-15T20:00")];
    let moved = swap.accept(&rota(&spec), "chris", now());
    assert_eq!(
        moved,
        Err(SwapError::Moved {
            person: "ben".to_owned(),
            from: at("2026-01-12T09:00+01:00"),
            until: at("2026-01-19T09:00+01:00"),
        })
    );
}

#[test]
fn a_swapped_shift_can_be_swapped_again() {
    let rota = three();
    let first = proposed(&rota)
        .accept(&rota, "chris", now())
        .expect("accepted");
    let once = rota.with_swaps([&first]);
    let second = Swap::propose(
        &once,
        "chris",
        at("2026-01-14T12:00Z"),
        at("2026-01-28T12:00Z"),
        now(),
    )
    .expect("a swap")
    .accept(&once, "anna", now())
    .expect("accepted");
    assert_eq!(
        who(&rota.with_swaps([&first, &second])),
        ["anna", "anna", "ben", "chris", "ben", "chris"]
    );
}

#[test]
fn a_swap_survives_being_written_and_read() {
    let rota = three();
    let swap = proposed(&rota)
        .accept(&rota, "chris", now())
        .expect("accepted");
    let json = serde_json::to_string(&swap).expect("JSON");
    assert_eq!(serde_json::from_str::<Swap>(&json).expect("readable"), swap);
}
