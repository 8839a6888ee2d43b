//! The promise of `make demo AUTO=1`, held in `cargo test` too.

use crate::common::Home;

#[test]
fn demo_plays_itself() {
    let said = Home::new().run(&["demo", "--auto", "--no-sound"]);
    assert_eq!(said.code, 0, "{said:?}");
    for step in [
        "ticket #1 is on disk",
        "Ana is paged: SEV1",
        "Ana's siren sounds",
        "nobody checked in: Bea is paged",
        "Ana checked in: her siren stopped",
        "the note arrived, once",
        "Ana resolved it",
        "the timeline tells every rung",
        "all 15 steps happened",
    ] {
        assert!(said.out.contains(step), "{step} in {}", said.out);
    }
}
