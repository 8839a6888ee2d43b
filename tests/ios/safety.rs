//! What would crash, hang or be refused on a phone, and that a compiler lets pass.

use tree_sitter::Node;

use crate::none;
use crate::project::Project;
use crate::swift::{Source, named_child, sources};

/// What the grammar cannot read.
fn unreadable(source: &Source) -> Vec<String> {
    let nodes = source.nodes().into_iter();
    nodes
        .filter(|node| node.is_error() || node.is_missing())
        .map(|node| source.finding(node, &format!("not Swift: {:?}", source.text(node))))
        .collect()
}

/// Ways to end the process over what can be answered: at night that is a phone which does not ring.
fn crashes(source: &Source) -> Vec<String> {
    const CALLS: [&str; 3] = ["fatalError", "preconditionFailure", "assertionFailure"];
    let nodes = source.nodes().into_iter();
    nodes
        .filter_map(|node| {
            let unwraps = || {
                node.parent()
                    .is_some_and(|parent| parent.kind() == "postfix_expression")
            };
            let what = match (node.kind(), source.text(node)) {
                ("bang", _) if unwraps() => "a force unwrap",
                ("try_operator", "try!") => "try!",
                ("as_operator", "as!") => "as!",
                ("!", _) if is_type(node.parent()?) => "an implicitly unwrapped optional",
                ("simple_identifier", name) if CALLS.contains(&name) => "a deliberate crash",
                _ => return None,
            };
            Some(source.finding(node, what))
        })
        .collect()
}

fn is_type(node: Node<'_>) -> bool {
    matches!(
        node.kind(),
        "type_annotation" | "property_declaration" | "parameter" | "function_declaration"
    )
}

/// The types that live on the main actor.
fn on_the_main_actor(source: &Source) -> Vec<String> {
    let types = source.of_kind("class_declaration").into_iter();
    types
        .filter(|&node| {
            named_child(node, "modifiers").is_some_and(|modifiers| {
                let mut cursor = modifiers.walk();
                modifiers
                    .named_children(&mut cursor)
                    .any(|modifier| source.text(modifier) == "@MainActor")
            })
        })
        .filter_map(|node| node.child_by_field_name("name"))
        .map(|name| source.text(name).to_owned())
        .collect()
}

/// What an extension may not use: it has no screen of its own, little memory, and must never wait for a main
/// actor that nobody runs, nor for one of the `types` that live there.
fn out_of_place(source: &Source, imports: &[&str], types: &[String]) -> Vec<String> {
    const NAMES: [&str; 4] = ["MainActor", "UIApplication", "UIDevice", "UIScreen"];
    let imported = source
        .imports()
        .into_iter()
        .filter(|(_, module)| imports.contains(module));
    let imported =
        imported.map(|(node, module)| source.finding(node, &format!("{module} in this extension")));
    let named = source.nodes().into_iter().filter(|&node| {
        let text = source.text(node);
        match node.kind() {
            "simple_identifier" | "type_identifier" => {
                NAMES.contains(&text) || types.iter().any(|name| name == text)
            }
            "navigation_expression" => text == "DispatchQueue.main",
            _ => false,
        }
    });
    let named =
        named.map(|node| source.finding(node, &format!("{} in an extension", source.text(node))));
    imported.chain(named).collect()
}

/// No screen, no sound of its own.
const NOT_IN_NOTIFICATIONS: [&str; 6] = [
    "UIKit",
    "SwiftUI",
    "WidgetKit",
    "ActivityKit",
    "AVFoundation",
    "AVFAudio",
];

/// No core, whose memory a widget does not have.
const NOT_IN_WIDGETS: [&str; 3] = ["UIKit", "TocsinCore", "TocsinKit"];

#[test]
fn every_swift_file_is_read_by_a_swift_grammar() {
    let sources = sources();
    assert!(sources.len() > 30, "only {} files", sources.len());
    none(sources.iter().flat_map(unreadable).collect());
}

#[test]
fn nothing_ends_the_process_of_a_pager_on_purpose() {
    none(sources().iter().flat_map(crashes).collect());
}

#[test]
fn the_extensions_touch_no_main_actor_and_no_framework_that_is_not_for_them() {
    let project = Project::of_ios();
    let types: Vec<_> = sources().iter().flat_map(on_the_main_actor).collect();
    for known in ["AppModel", "PagerModel"] {
        assert!(types.iter().any(|name| name == known), "{types:?}");
    }
    for (target, forbidden) in [
        ("NotificationService", &NOT_IN_NOTIFICATIONS[..]),
        ("Widgets", &NOT_IN_WIDGETS[..]),
    ] {
        let compiled = project.swift(target);
        assert!(!compiled.is_empty(), "{target} compiles nothing");
        none(
            compiled
                .iter()
                .flat_map(|source| out_of_place(source, forbidden, &types))
                .collect(),
        );
    }
}

#[test]
fn a_file_that_is_not_swift_is_found() {
    assert_eq!(
        unreadable(&Source::new("a.swift", "struct A { let b = }")).len(),
        1
    );
}

#[test]
fn each_way_to_crash_is_found() {
    for (swift, what) in [
        ("let a = b!", "a force unwrap"),
        ("let a = b![0].c", "a force unwrap"),
        ("let a = b.c!.d", "a force unwrap"),
        ("let a = try! b()", "try!"),
        ("let a = b as! C", "as!"),
        ("class A { var b: C! }", "an implicitly unwrapped optional"),
        (
            "class A { @IBOutlet weak var b: C! }",
            "an implicitly unwrapped optional",
        ),
        ("func a(b: C!) {}", "an implicitly unwrapped optional"),
        ("func a() -> B! { nil }", "an implicitly unwrapped optional"),
        ("func a() { fatalError(\"b\") }", "a deliberate crash"),
    ] {
        assert_eq!(
            crashes(&Source::new("a.swift", swift)),
            [format!("a.swift:1: {what}")],
            "{swift}"
        );
    }
    let fine = "let a = !b && c != d; let e = try? f(); let g = h as? I; let j = k ?? l";
    assert_eq!(crashes(&Source::new("a.swift", fine)), [""; 0]);
}

#[test]
fn an_extension_that_waits_for_the_main_actor_or_shows_something_is_found() {
    for swift in [
        "import UIKit",
        "@MainActor final class A {}",
        "func a() async { await MainActor.run { b() } }",
        "func a() { DispatchQueue.main.async { b() } }",
        "let a = UIApplication.shared",
    ] {
        let found = out_of_place(&Source::new("a.swift", swift), &NOT_IN_NOTIFICATIONS, &[]);
        assert_eq!(found.len(), 1, "{swift}: {found:?}");
    }
    let app = Source::new(
        "a.swift",
        "@MainActor @Observable final class A {}; class B {}",
    );
    let types = on_the_main_actor(&app);
    assert_eq!(types, ["A"]);
    let extension = Source::new("b.swift", "func b(_ a: A) -> B { A.c(); return B() }");
    assert_eq!(out_of_place(&extension, &[], &types).len(), 2);
}
