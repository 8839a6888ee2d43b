//! The two phones say the same: a text of Android's that has a key here says what it says there, in both
//! languages.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::catalog::{Catalog, LANGUAGES, catalogs};
use crate::{none, read, root};

/// Texts that are about the phone itself, so that each says its own. (The last one is the same sentence with
/// another of the two Korean words for a telephone.)
const OF_ONE_PHONE: [&str; 3] = ["language", "volume_floor_more", "glance_not_enrolled"];

#[derive(Deserialize)]
struct Resources {
    #[serde(rename = "string", default)]
    strings: Vec<Resource>,
}

#[derive(Deserialize)]
struct Resource {
    #[serde(rename = "@name")]
    name: String,
    #[serde(rename = "$text", default)]
    text: String,
}

/// Android's texts in a language, as this phone would write them.
fn android(language: &str) -> BTreeMap<String, String> {
    let folder = match language {
        "en" => "values".to_owned(),
        other => format!("values-{other}"),
    };
    let mut texts = BTreeMap::new();
    for module in ["ui", "app"] {
        let path = format!("android/{module}/src/main/res/{folder}/strings.xml");
        texts.extend(resources(&read(&root().join(path))));
    }
    texts
}

fn resources(xml: &str) -> impl Iterator<Item = (String, String)> {
    let resources: Resources = quick_xml::de::from_str(xml).expect("Android's resources");
    let strings = resources.strings.into_iter();
    strings.map(|resource| (resource.name, alike(&resource.text)))
}

/// A text without what differs between the two systems, though it says the same: how a place is written into
/// which something is put, escapes, and the form of an apostrophe.
fn alike(text: &str) -> String {
    let text = text
        .replace("\\'", "'")
        .replace("\\\"", "\"")
        .replace('’', "'");
    let mut parts = text.split('%');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for (number, part) in parts.enumerate() {
        let (place, rest) = part.split_once('$').unwrap_or(("", part));
        let place = place.parse().unwrap_or(number + 1);
        let rest = ["lld", "lf", "@", "d", "f", "s"].iter().find_map(|kind| {
            rest.trim_start_matches(|sign: char| sign == '.' || sign.is_ascii_digit())
                .strip_prefix(kind)
        });
        plain.push_str(&format!("%{place}{}", rest.unwrap_or(part)));
    }
    plain
}

/// Where a catalog says something else than the other phone, in one of the languages.
fn apart(catalog: &Catalog, language: &str, other: &BTreeMap<String, String>) -> Vec<String> {
    let mut findings = Vec::new();
    for key in catalog.keys() {
        let name = key.split(" %").next().unwrap_or(key);
        let (Some(theirs), [ours]) = (other.get(name), &catalog.wordings(key, language)[..]) else {
            continue;
        };
        if alike(ours) != *theirs && !OF_ONE_PHONE.contains(&name) {
            findings.push(format!(
                "{name}, {language}: {ours:?}, on Android {theirs:?}"
            ));
        }
    }
    findings
}

#[test]
fn the_two_phones_say_the_same_in_both_languages() {
    let catalogs = catalogs();
    for language in LANGUAGES {
        let android = android(language);
        let names: Vec<_> = catalogs.iter().flat_map(Catalog::keys).collect();
        let shared = names
            .iter()
            .filter(|key| android.contains_key(**key))
            .count();
        assert!(shared > 50, "only {shared} texts are on both phones");
        none(
            catalogs
                .iter()
                .flat_map(|catalog| apart(catalog, language, &android))
                .collect(),
        );
    }
}

#[test]
fn a_text_that_the_other_phone_says_otherwise_is_found() {
    let xml = r#"<resources><!-- a --><string name="until">until %1$s, don\'t</string>
        <string name="took">It took %1$.1f s.</string></resources>"#;
    let android: BTreeMap<_, _> = resources(xml).collect();
    let json = |text: &str| {
        let unit = serde_json::json!({"stringUnit": {"state": "translated", "value": text}});
        let strings = serde_json::json!({"until %@": {"localizations": {"en": unit}}});
        serde_json::json!({"sourceLanguage": "en", "strings": strings}).to_string()
    };
    let same = Catalog::new("A", &json("until %@, don’t"));
    assert_eq!(apart(&same, "en", &android), [""; 0]);
    let other = Catalog::new("A", &json("up to %@, don’t"));
    assert_eq!(apart(&other, "en", &android).len(), 1);
}
