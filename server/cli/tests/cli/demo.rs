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

#[test]
fn the_second_act_plays_itself_too() {
    let home = Home::new();
    let said = home.run(&["demo", "--sev1", "--auto", "--no-sound"]);
    assert_eq!(said.code, 0, "{said:?}");
    for step in [
        "a SEV1 on Checkout, which is of tier 1",
        "https://meet.shop.example/incident-1 (+49 30 555 0100, code 4711)",
        "Ana joined the conference",
        "every 15 s here (15 min by default)",
        "her siren asks for it",
        "it is missed: Bea, the manager, is paged",
        "Both sirens stopped",
        "Minjun, of another team, is paged: “Ana Silva asks for your help",
        "Ana's pager shows that he comes",
        "the conference is closed",
        "the timeline tells all of it",
        "its correction of error is required and drafted",
        "all 17 steps happened",
    ] {
        assert!(said.out.contains(step), "{step} in {}", said.out);
    }
    for page in ["coe.html", "report.html"] {
        let path = said
            .out
            .split_whitespace()
            .find(|word| word.ends_with(page));
        let path = path.unwrap_or_else(|| panic!("where {page} is in {}", said.out));
        let text = std::fs::read_to_string(path).unwrap();
        assert!(text.contains("Checkout"), "{page}: {text}");
    }
}
