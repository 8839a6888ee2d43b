//! Every text that Swift shows is in a String Catalog, and every text of a catalog is shown somewhere. A key is
//! what Swift makes of a literal: `"until \(time)"` is `until %@`.

use std::collections::{BTreeMap, BTreeSet};

use tree_sitter::Node;

use crate::catalog::{Catalog, catalogs, placeholders, planted};
use crate::swift::{Source, sources};
use crate::{border, facts, ios, none, read};

/// A literal as a key: its words, with what is put in between.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Literal {
    words: Vec<String>,
    /// Whether what is put in is a number for certain; otherwise only Swift's types tell.
    numbers: Vec<bool>,
}

impl Literal {
    fn read(source: &Source, literal: Node<'_>) -> Self {
        let (mut words, mut numbers) = (vec![String::new()], Vec::new());
        let mut cursor = literal.walk();
        for part in literal.named_children(&mut cursor) {
            if part.kind() == "interpolated_expression" {
                let put_in = source.text(part);
                let is_number = ["Int(", "Int64("]
                    .iter()
                    .any(|call| put_in.starts_with(call));
                numbers.push(is_number || put_in.ends_with(".count"));
                words.push(String::new());
            } else if let Some(last) = words.last_mut() {
                last.push_str(&source.text(part).replace("\\\"", "\"").replace("\\n", "\n"));
            }
        }
        Self { words, numbers }
    }

    /// Whether Swift would look it up by this key.
    fn is(&self, key: &str) -> bool {
        let placeholders = placeholders(key);
        let mut rest = key;
        let mut words = Vec::new();
        for kind in placeholders.values() {
            let Some((before, after)) = rest.split_once(&format!("%{kind}")) else {
                return false;
            };
            words.push(before);
            rest = after;
        }
        words.push(rest);
        let certain = self.numbers.iter().zip(placeholders.values());
        words == self.words
            && certain
                .into_iter()
                .all(|(number, kind)| !number || kind == "lld")
    }

    /// Whether it says something to a person: two words of letters beside each other, or Hangul.
    fn is_prose(&self) -> bool {
        self.words.iter().any(|words| {
            let is_word = |word: &str| {
                let word = word.trim_matches(|sign: char| ".,:;!?'()".contains(sign));
                word.len() > 1 && word.chars().all(char::is_alphabetic)
            };
            let apart: Vec<_> = words.split_whitespace().map(is_word).collect();
            apart.windows(2).any(|pair| pair[0] && pair[1])
                || words.chars().any(|letter| ('가'..='힣').contains(&letter))
        })
    }
}

/// A text that is looked up.
struct Shown<'a> {
    node: Node<'a>,
    table: String,
    literal: Literal,
}

/// What shows its first argument, when that has no label, by looking it up.
const SHOWING: [&str; 38] = [
    "Button",
    "ContentUnavailableView",
    "DatePicker",
    "DisclosureGroup",
    "Gauge",
    "GroupBox",
    "Label",
    "LabeledContent",
    "Link",
    "LocalizedStringKey",
    "LocalizedStringResource",
    "LocalizationValue",
    "Menu",
    "NSLocalizedString",
    "NavigationLink",
    "Picker",
    "ProgressView",
    "Section",
    "SecureField",
    "ShareLink",
    "Stepper",
    "Tab",
    "Text",
    "TextField",
    "Toggle",
    "Window",
    "WindowGroup",
    "accessibilityHint",
    "accessibilityLabel",
    "accessibilityValue",
    "alert",
    "configurationDisplayName",
    "confirmationDialog",
    "description",
    "help",
    "localizedUserNotificationString",
    "navigationSubtitle",
    "navigationTitle",
];

/// Which labelled argument of what shows it by looking it up.
const SHOWING_LABELLED: [(&str, &str); 7] = [
    ("AttributedString", "localized"),
    ("String", "localized"),
    ("localizedUserNotificationString", "forKey"),
    ("accessibilityAction", "named"),
    ("searchable", "prompt"),
    ("TextField", "prompt"),
    ("Parameter", "title"),
];

/// Every literal that is looked up.
fn shown(source: &Source) -> Vec<Shown<'_>> {
    let mut found = Vec::new();
    for call in source.calls() {
        let labelled = SHOWING_LABELLED
            .iter()
            .filter(|(name, _)| *name == call.name);
        let labelled = labelled.filter_map(|(_, label)| call.argument(Some(label)));
        let first = SHOWING
            .contains(&call.name)
            .then(|| call.argument(None))
            .flatten();
        let table = call
            .argument(Some("table"))
            .or_else(|| call.argument(Some("tableName")));
        let table = table.map_or("Localizable", |table| source.text(table).trim_matches('"'));
        for node in labelled.chain(first).flat_map(literals) {
            found.push(Shown {
                node,
                table: table.to_owned(),
                literal: Literal::read(source, node),
            });
        }
    }
    found
}

/// The literals that a value can be; not those of calls within it.
fn literals(value: Node<'_>) -> Vec<Node<'_>> {
    let mut values = choices(value);
    values.retain(|value| is_literal(*value));
    values
}

fn is_literal(node: Node<'_>) -> bool {
    matches!(
        node.kind(),
        "line_string_literal" | "multi_line_string_literal"
    )
}

/// What a value can be, whichever way its conditions go.
fn choices(value: Node<'_>) -> Vec<Node<'_>> {
    if value.kind() != "ternary_expression" {
        return vec![value];
    }
    let ways = ["if_true", "if_false"].iter();
    ways.filter_map(|way| value.child_by_field_name(way))
        .flat_map(choices)
        .collect()
}

/// Looked up, and in no catalog.
fn unknown(source: &Source, catalogs: &[Catalog]) -> Vec<String> {
    shown(source)
        .into_iter()
        .filter(|shown| {
            let mut tables = catalogs
                .iter()
                .filter(|catalog| catalog.table == shown.table);
            !tables.any(|catalog| catalog.keys().any(|key| shown.literal.is(key)))
        })
        .filter(|shown| {
            shown
                .literal
                .words
                .iter()
                .any(|words| words.chars().any(char::is_alphabetic))
        })
        .map(|shown| {
            let what = format!(
                "{} is not in {}.xcstrings",
                source.text(shown.node),
                shown.table
            );
            source.finding(shown.node, &what)
        })
        .collect()
}

/// Words for a person that are not looked up, so that everybody reads them in English: literals that are prose,
/// but for what is said elsewhere.
fn unsaid(source: &Source) -> Vec<String> {
    let shown: BTreeSet<_> = shown(source).iter().map(|shown| shown.node.id()).collect();
    let nodes = source.nodes().into_iter();
    let literals = nodes.filter(|node| is_literal(*node));
    literals
        .filter(|&node| !shown.contains(&node.id()) && Literal::read(source, node).is_prose())
        .filter(|&node| !said_elsewhere(source, node))
        .map(|node| source.finding(node, &format!("{} is in no catalog", source.text(node))))
        .collect()
}

/// Whether a literal is for a log, for a programmer's eyes, or has a catalog of its own: phrases for Siri
/// (checked with their catalog), what a port says went wrong (in English, as every shell's ports say it),
/// `#Preview`, attributes.
fn said_elsewhere(source: &Source, node: Node<'_>) -> bool {
    const CALLED: [&str; 9] = [
        "PortError.Failed",
        "SirenRefused",
        "AppShortcut",
        "Logger",
        "logger.",
        "log.",
        "#Preview",
        "@Test",
        "@available",
    ];
    let mut above = node.parent();
    while let Some(parent) = above {
        let begins = source.text(parent);
        let is_call = matches!(
            parent.kind(),
            "call_expression" | "macro_invocation" | "attribute"
        );
        if is_call && CALLED.iter().any(|called| begins.starts_with(called)) {
            return true;
        }
        above = parent.parent();
    }
    false
}

/// TocsinKit's `Word`: each case, and its raw value, which is a key of the app's catalog.
fn words_of_the_kit() -> BTreeMap<String, String> {
    let path = "TocsinKit/Sources/TocsinKit/Words.swift";
    cases(&Source::new(path, &read(&ios().join(path))))
}

/// The cases with raw values of the enums in a file.
fn cases(source: &Source) -> BTreeMap<String, String> {
    let entries = source.of_kind("enum_entry").into_iter();
    entries
        .filter_map(|entry| {
            let name = source.text(entry.child_by_field_name("name")?);
            let raw = source
                .text(entry.child_by_field_name("raw_value")?)
                .trim_matches('"');
            Some((name.to_owned(), raw.to_owned()))
        })
        .collect()
}

/// Phrases of the kit with other arguments than their word has places for.
fn miscounted(source: &Source, words: &BTreeMap<String, String>) -> Vec<String> {
    let mut findings = Vec::new();
    for call in source.calls().iter().filter(|call| call.name == "Phrase") {
        let Some((first, put_in)) = call.arguments.split_first() else {
            continue;
        };
        let given: Vec<_> = put_in
            .iter()
            .map(|(_, value)| match source.text(*value).split('(').next() {
                Some(".number") => "lld",
                _ => "@",
            })
            .collect();
        for word in choices(first.1) {
            let case = source.text(word).trim_start_matches('.');
            let Some(key) = words.get(case) else { continue };
            let asked = placeholders(key);
            if asked.values().ne(given.iter().copied()) {
                let what = format!("{key:?} has places for {asked:?}, not {given:?}");
                findings.push(source.finding(word, &what));
            }
        }
    }
    findings
}

/// Whether a file shows texts of this app: not the kit's tests, not samples for previews, and not the siren's
/// driver, which says what is wrong with an output in English, as outputs do on every platform.
fn is_shown(source: &Source) -> bool {
    !source.is_test()
        && !source.path.starts_with("App/Samples/")
        && source.path != "TocsinKit/Sources/TocsinKit/Siren.swift"
}

/// Phrases for Siri: what Swift says, and what the catalog has of it.
fn phrases(source: &Source, catalog: &Catalog) -> Vec<String> {
    let mut findings = Vec::new();
    for call in source
        .calls()
        .iter()
        .filter(|call| call.name == "AppShortcut")
    {
        let Some(list) = call.argument(Some("phrases")) else {
            findings.push(source.finding(call.node, "no phrases"));
            continue;
        };
        let mut cursor = list.walk();
        let said: Vec<_> = list
            .named_children(&mut cursor)
            .map(|phrase| {
                source
                    .text(phrase)
                    .trim_matches('"')
                    .replace("\\(.applicationName)", NAME)
            })
            .collect();
        let first = said.first().map_or("", String::as_str);
        if catalog.wordings(first, "en") != said {
            findings.push(source.finding(call.node, "the catalog's English is not Swift's"));
        }
        let korean = catalog.wordings(first, "ko");
        if korean.is_empty()
            || korean
                .iter()
                .any(|phrase| phrase.matches(NAME).count() != 1)
        {
            findings.push(source.finding(call.node, "a Korean phrase does not name the app once"));
        }
    }
    findings
}

/// The app's name in a phrase.
const NAME: &str = "${applicationName}";

#[test]
fn every_text_that_swift_shows_is_in_a_catalog() {
    let catalogs = catalogs();
    let sources = sources();
    let shown = sources.iter().filter(|source| is_shown(source));
    none(
        shown
            .flat_map(|source| [unknown(source, &catalogs), unsaid(source)].concat())
            .collect(),
    );
}

#[test]
fn every_text_of_a_catalog_is_shown_somewhere() {
    let sources = sources();
    let used: Vec<_> = sources
        .iter()
        .filter(|source| is_shown(source))
        .flat_map(shown)
        .collect();
    let named: BTreeSet<_> = words_of_the_kit()
        .into_values()
        .chain(border::loc_keys())
        .chain(facts::said_by_the_system())
        .collect();
    let idle = catalogs()
        .into_iter()
        .filter(|catalog| catalog.table != "AppShortcuts")
        .flat_map(|catalog| {
            let is_used = |key: &str| {
                let mut used = used.iter().filter(|shown| shown.table == catalog.table);
                named.contains(key) || used.any(|shown| shown.literal.is(key))
            };
            let idle: Vec<_> = catalog.keys().filter(|&key| !is_used(key)).collect();
            idle.iter()
                .map(|key| format!("{}: {key:?} is shown nowhere", catalog.table))
                .collect::<Vec<_>>()
        });
    none(idle.collect());
}

#[test]
fn every_word_of_the_kit_and_every_text_that_a_push_names_is_in_the_apps_catalog() {
    let catalogs = catalogs();
    let of_the_app = catalogs
        .iter()
        .find(|catalog| catalog.table == "Localizable")
        .expect("it");
    let keys: BTreeSet<_> = of_the_app.keys().collect();
    let words = words_of_the_kit();
    assert!(words.len() > 20, "only {} words", words.len());
    let missing = words.into_values().chain(border::loc_keys());
    let missing = missing.filter(|key| !keys.contains(key.as_str()));
    none(
        missing
            .map(|key| format!("{key:?} is not in Localizable.xcstrings"))
            .collect(),
    );
}

#[test]
fn every_phrase_of_the_kit_has_what_its_word_has_places_for() {
    let words = words_of_the_kit();
    none(
        sources()
            .iter()
            .flat_map(|source| miscounted(source, &words))
            .collect(),
    );

    let words = cases(&Source::new(
        "a.swift",
        "enum Word: String { case a = \"a %@\"\n case b = \"b\" }",
    ));
    let fine = "Phrase(.a, .text(c)); Phrase(.b); Phrase(d)";
    assert_eq!(miscounted(&Source::new("a.swift", fine), &words), [""; 0]);
    for wrong in [
        "Phrase(.a)",
        "Phrase(.a, .number(1))",
        "Phrase(.b, .text(c))",
        "Phrase(c ? .a : .b, .text(d))",
    ] {
        assert_eq!(
            miscounted(&Source::new("a.swift", wrong), &words).len(),
            1,
            "{wrong}"
        );
    }
}

#[test]
fn siri_understands_the_same_phrases_as_swift_says_and_korean_ones() {
    let path = "Shared/Siri/TocsinShortcuts.swift";
    let source = Source::new(path, &read(&ios().join(path)));
    assert_eq!(
        source
            .calls()
            .iter()
            .filter(|call| call.name == "AppShortcut")
            .count(),
        2
    );
    let catalogs = catalogs();
    let catalog = catalogs
        .iter()
        .find(|catalog| catalog.table == "AppShortcuts")
        .expect("it");
    none(phrases(&source, catalog));
}

#[test]
fn a_text_that_is_shown_and_in_no_catalog_is_found() {
    let catalogs = [
        planted(
            "Localizable",
            &[
                ("until %@", "until %@", "%@까지"),
                ("layer %lld", "%lld", "%lld층"),
                ("a", "A", "가"),
            ],
        ),
        planted("Shared", &[("b", "B", "나")]),
    ];
    for fine in [
        "Text(\"until \\(time)\")",
        "Text(\"layer \\(Int(layer))\")",
        "Text(late ? \"a\" : \"a\")",
        "Text(\"b\", tableName: \"Shared\")",
        "String(localized: \"b\", table: \"Shared\")",
        "Text(verbatim: name)",
        "Text(\"\\(name)\")",
        "view.navigationTitle(\"a\")",
    ] {
        assert_eq!(
            unknown(&Source::new("a.swift", fine), &catalogs),
            [""; 0],
            "{fine}"
        );
    }
    for wrong in [
        "Text(\"until\")",
        "Text(\"until \\(Int(time))\")",
        "Text(\"b\")",
        "Text(late ? \"a\" : \"c\")",
        "Text(\"a\", tableName: \"Shared\")",
        "Button(\"OK\") { go() }",
        "view.navigationTitle(\"Hello\")",
        "view.accessibilityLabel(\"Hello\")",
        "String(localized: \"c\")",
        "LocalizedStringResource(\"c\")",
        "struct A { @Parameter(title: \"c\") var c: Int }",
    ] {
        assert_eq!(
            unknown(&Source::new("a.swift", wrong), &catalogs).len(),
            1,
            "{wrong}"
        );
    }
}

#[test]
fn words_for_a_person_that_are_not_looked_up_are_found() {
    for wrong in [
        "Text(verbatim: \"Hello there\")",
        "content.title = \"You are paged\"",
        "let a = \"호출\"",
        "let a = \"\"\"\n  Hello there\n  \"\"\"",
    ] {
        assert_eq!(unsaid(&Source::new("a.swift", wrong)).len(), 1, "{wrong}");
    }
    for fine in [
        "let a = \"dev.tocsin.pager\"",
        "let a = \"\\(b) · \\(c)\"",
        "throw PortError.Failed(text: \"it did not work\")",
        "logger.error(\"it did not work\")",
        "#Preview(\"On call\") { A() }",
    ] {
        assert_eq!(unsaid(&Source::new("a.swift", fine)), [""; 0], "{fine}");
    }
}

#[test]
fn a_phrase_for_siri_that_the_catalog_does_not_have_is_found() {
    let swift = "AppShortcut(intent: A(), phrases: [\"Ring \\(.applicationName)\"], shortTitle: b)";
    let source = Source::new("a.swift", swift);
    let phrase = "Ring ${applicationName}";
    assert_eq!(
        phrases(
            &source,
            &planted("A", &[(phrase, phrase, "${applicationName} 울려")])
        ),
        [""; 0]
    );
    assert_eq!(
        phrases(&source, &planted("A", &[(phrase, phrase, "울려")])).len(),
        1
    );
    assert_eq!(
        phrases(
            &source,
            &planted("A", &[("Ring", "Ring", "${applicationName}")])
        )
        .len(),
        1 + 1
    );
}
