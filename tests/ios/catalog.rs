//! String Catalogs: every text of the app, in English and Korean.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;

use crate::{files, ios, none, read};

/// The languages of the app.
pub const LANGUAGES: [&str; 2] = ["en", "ko"];

/// A String Catalog (`.xcstrings`), the table of its name.
pub struct Catalog {
    /// `Localizable` of `Localizable.xcstrings`.
    pub table: String,
    strings: BTreeMap<String, Entry>,
}

#[derive(Deserialize)]
struct File {
    #[serde(rename = "sourceLanguage")]
    source_language: String,
    strings: BTreeMap<String, Entry>,
}

#[derive(Deserialize)]
struct Entry {
    #[serde(default)]
    localizations: BTreeMap<String, Text>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
enum Text {
    StringUnit { state: String, value: String },
    StringSet { state: String, values: Vec<String> },
    Variations { plural: BTreeMap<String, Text> },
}

impl Text {
    /// Every wording, with its state.
    fn wordings(&self) -> Vec<(&str, &str)> {
        match self {
            Self::StringUnit { state, value } => vec![(state, value)],
            Self::StringSet { state, values } => values
                .iter()
                .map(|value| (state.as_str(), value.as_str()))
                .collect(),
            Self::Variations { plural } => plural.values().flat_map(Self::wordings).collect(),
        }
    }
}

impl Catalog {
    /// Reads a catalog.
    pub fn new(table: &str, json: &str) -> Self {
        let file: File =
            serde_json::from_str(json).unwrap_or_else(|error| panic!("{table}: {error}"));
        assert_eq!(file.source_language, "en", "{table}");
        Self {
            table: table.to_owned(),
            strings: file.strings,
        }
    }

    /// The keys.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.strings.keys().map(String::as_str)
    }

    /// The wordings of a key in a language.
    pub fn wordings(&self, key: &str, language: &str) -> Vec<&str> {
        let text = self
            .strings
            .get(key)
            .and_then(|entry| entry.localizations.get(language));
        text.map_or(Vec::new(), |text| {
            text.wordings()
                .into_iter()
                .map(|(_, wording)| wording)
                .collect()
        })
    }
}

/// Every catalog of the app.
pub fn catalogs() -> Vec<Catalog> {
    let catalogs = files(&ios()).into_iter();
    let catalogs = catalogs.filter(|path| path.extension().is_some_and(|it| it == "xcstrings"));
    catalogs
        .map(|path| Catalog::new(&name(&path), &read(&path)))
        .collect()
}

fn name(path: &Path) -> String {
    path.file_stem()
        .expect("a name")
        .to_string_lossy()
        .into_owned()
}

/// The placeholders of a text, by their place: `%2$@` and `%lld`.
pub fn placeholders(text: &str) -> BTreeMap<usize, String> {
    let mut found = BTreeMap::new();
    let mut parts = text.split('%').skip(1).peekable();
    while let Some(part) = parts.next() {
        if part.is_empty() {
            // A percent sign, written twice.
            parts.next();
            continue;
        }
        let (place, rest) = match part.split_once('$') {
            Some((place, rest)) if place.bytes().all(|byte| byte.is_ascii_digit()) => {
                (place.parse().expect("a place"), rest)
            }
            _ => (found.len() + 1, part),
        };
        let kinds = ["lld", "llu", "lf", "@", "d", "u", "f"];
        let kind = kinds.iter().find(|&&kind| rest.starts_with(kind));
        found.insert(
            place,
            kind.map_or_else(|| format!("?{rest}"), |&kind| kind.to_owned()),
        );
    }
    found
}

/// What a catalog lacks.
fn incomplete(catalog: &Catalog) -> Vec<String> {
    let mut findings = Vec::new();
    for (key, entry) in &catalog.strings {
        let mut find = |what: String| findings.push(format!("{}: {key:?}: {what}", catalog.table));
        let asked = placeholders(key);
        for language in LANGUAGES {
            let Some(text) = entry.localizations.get(language) else {
                find(format!("nothing in {language}"));
                continue;
            };
            if let Text::Variations { plural } = text {
                let wanted: &[_] = if language == "en" {
                    &["one", "other"]
                } else {
                    &["other"]
                };
                if wanted.iter().any(|&number| !plural.contains_key(number)) {
                    find(format!("in {language} not for every number"));
                }
            }
            let wordings = text.wordings();
            if wordings.is_empty() {
                find(format!("nothing in {language}"));
            }
            for (state, wording) in wordings {
                if state != "translated" || wording.trim().is_empty() {
                    find(format!("in {language} it is {state}: {wording:?}"));
                }
                let given = placeholders(wording);
                // A plural may leave the number out where it says it in words.
                let left_out = matches!(text, Text::Variations { .. }) && given.len() < asked.len();
                if given != asked && !left_out {
                    find(format!("in {language} not {asked:?} but {given:?}"));
                }
            }
        }
        if !entry
            .localizations
            .get("ko")
            .is_some_and(|text| speaks_korean(text, key))
        {
            find("the Korean is not Korean".to_owned());
        }
    }
    findings
}

/// Whether a text has a letter of Hangul, or no words that could have one.
fn speaks_korean(text: &Text, key: &str) -> bool {
    const ALIKE: [&str; 3] = ["percent", "CFBundleDisplayName", "CFBundleName"];
    let hangul = |wording: &str| {
        wording
            .chars()
            .any(|letter| ('가'..='힣').contains(&letter))
    };
    ALIKE.iter().any(|alike| key.starts_with(alike))
        || text.wordings().iter().all(|(_, wording)| hangul(wording))
}

#[test]
fn every_text_is_there_in_english_and_korean_with_the_same_things_put_in() {
    let catalogs = catalogs();
    assert!(
        catalogs
            .iter()
            .any(|catalog| catalog.table == "Localizable")
    );
    none(catalogs.iter().flat_map(incomplete).collect());
}

#[test]
fn one_key_says_one_thing_in_every_catalog() {
    let mut said: BTreeMap<(String, &str), BTreeSet<Vec<String>>> = BTreeMap::new();
    for catalog in catalogs() {
        for key in catalog.keys() {
            for language in LANGUAGES {
                let wordings = catalog
                    .wordings(key, language)
                    .iter()
                    .map(|&it| it.to_owned())
                    .collect();
                said.entry((key.to_owned(), language))
                    .or_default()
                    .insert(wordings);
            }
        }
    }
    let apart = said.into_iter().filter(|(_, wordings)| wordings.len() > 1);
    none(
        apart
            .map(|(key, wordings)| format!("{key:?}: {wordings:?}"))
            .collect(),
    );
}

/// A catalog of these texts, each with its English and its Korean.
pub fn planted(table: &str, texts: &[(&str, &str, &str)]) -> Catalog {
    let unit =
        |value: &str| serde_json::json!({"stringUnit": {"state": "translated", "value": value}});
    let strings: serde_json::Map<_, _> = texts
        .iter()
        .map(|&(key, en, ko)| {
            let entry = serde_json::json!({"localizations": {"en": unit(en), "ko": unit(ko)}});
            (key.to_owned(), entry)
        })
        .collect();
    let json = serde_json::json!({"sourceLanguage": "en", "strings": strings, "version": "1.0"});
    Catalog::new(table, &json.to_string())
}

#[test]
fn a_text_without_its_korean_or_with_other_things_put_in_is_found() {
    let fine = planted(
        "A",
        &[
            ("until %@", "until %@", "%@까지"),
            ("a %@ %lld", "%1$@ %2$lld", "%2$lld번 %1$@"),
        ],
    );
    assert_eq!(incomplete(&fine), [""; 0]);
    for (key, en, ko) in [
        ("until %@", "until %@", "까지"),
        ("until %@", "until", "%@까지"),
        ("a %@ %lld", "%@ %lld", "%lld %@ 번"),
        ("a", "A", ""),
        ("a", "A", "A"),
        ("a %@", "%s", "%@ 가"),
    ] {
        assert!(
            !incomplete(&planted("A", &[(key, en, ko)])).is_empty(),
            "{key} {en} {ko}"
        );
    }
    let json = r#"{"sourceLanguage": "en", "version": "1.0", "strings": {
        "a %lld": {"localizations": {
            "en": {"variations": {"plural": {"other": {"stringUnit": {"state": "translated", "value": "%lld"}}}}},
            "ko": {"stringUnit": {"state": "needs_review", "value": "%lld 가"}}}},
        "b": {}}}"#;
    let found = incomplete(&Catalog::new("A", json));
    assert_eq!(found.len(), 5, "{found:#?}");
}
