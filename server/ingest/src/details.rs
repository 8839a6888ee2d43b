//! The details of an alarm, bounded while they are gathered.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::limits::{DETAIL_NAME_MAX_CHARS, DETAIL_TEXT_MAX_CHARS, DETAILS_MAX, DETAILS_MAX_BYTES};
use crate::text;

/// The name under which a ticket says that there was more.
pub(crate) const LEFT_OUT: &str = "(left out)";

/// A label of an alarm, by its name: the detail of this name or, should an annotation have taken
/// that, what the details call the label then.
#[must_use]
pub fn label<'a>(details: &'a BTreeMap<String, String>, name: &str) -> Option<&'a str> {
    let own = details.get(&format!("{LABELS}.{name}"));
    own.or_else(|| details.get(name)).map(String::as_str)
}

/// Where labels come from, in front of their names where an annotation has the same.
pub(crate) const LABELS: &str = "labels";

/// Details in the order of their worth: what comes first is kept when not everything fits.
#[derive(Debug, Default)]
pub(crate) struct Details {
    kept: BTreeMap<String, String>,
    bytes: usize,
    left_out: usize,
}

impl Details {
    /// Adds one. Blank ones say nothing and are skipped; a name that is taken gets `origin` in
    /// front, as when a label and an annotation are both called `message`.
    pub(crate) fn add(&mut self, origin: &str, name: &str, text: &str) {
        let (text, _) = text::cut(text::block(text), DETAIL_TEXT_MAX_CHARS);
        if text.is_empty() {
            return;
        }
        let named = |name: &str| text::cut(text::line(name), DETAIL_NAME_MAX_CHARS).0;
        let mut name = named(name);
        if name.is_empty() || self.kept.contains_key(&name) {
            name = named(&format!("{origin}.{name}"));
        }
        let bytes = self.bytes + name.len() + text.len();
        if self.kept.contains_key(&name)
            || self.kept.len() >= DETAILS_MAX
            || bytes > DETAILS_MAX_BYTES
        {
            self.left_out += 1;
            return;
        }
        self.bytes = bytes;
        self.kept.insert(name, text);
    }

    /// Adds a value of any kind as text.
    pub(crate) fn add_value(&mut self, origin: &str, name: &str, value: &Value) {
        self.add(origin, name, &text::of(value));
    }

    /// Adds every field of an object; anything else that says something is one detail named
    /// `origin`.
    pub(crate) fn add_all(&mut self, origin: &str, value: &Value) {
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    self.add_value(origin, name, value);
                }
            }
            other => self.add_value(origin, origin, other),
        }
    }

    /// What a ticket keeps.
    pub(crate) fn finish(mut self) -> BTreeMap<String, String> {
        if self.left_out > 0 {
            let more = format!(
                "{} more; a ticket keeps {DETAILS_MAX} details of {DETAILS_MAX_BYTES} bytes in all",
                self.left_out
            );
            self.kept.insert(LEFT_OUT.to_owned(), more);
        }
        self.kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_matters_most_is_kept_and_the_rest_is_counted() {
        let mut details = Details::default();
        details.add("annotation", "runbook_url", "https://runbooks.example/1");
        for number in 0..200 {
            details.add("label", &format!("l{number}"), "x");
        }
        let kept = details.finish();
        assert_eq!(kept.len(), DETAILS_MAX + 1);
        assert_eq!(kept["runbook_url"], "https://runbooks.example/1");
        assert!(kept[LEFT_OUT].starts_with("137 more"), "{kept:?}");
    }

    #[test]
    fn a_novel_among_the_details_leaves_room_for_the_short_ones() {
        let mut details = Details::default();
        for number in 0..6 {
            details.add("label", &format!("novel{number}"), &"長".repeat(5000));
        }
        details.add("label", "short", "kept");
        let kept = details.finish();
        assert_eq!(kept["short"], "kept");
        assert_eq!(kept["novel0"].chars().count(), DETAIL_TEXT_MAX_CHARS);
        let bytes: usize = kept
            .iter()
            .map(|(name, text)| name.len() + text.len())
            .sum();
        assert!(bytes < DETAILS_MAX_BYTES + 200, "{bytes}");
    }

    #[test]
    fn a_label_is_found_though_an_annotation_has_its_name() {
        let mut details = Details::default();
        details.add("annotations", "cluster", "the one in Frankfurt");
        details.add(LABELS, "cluster", "eu");
        details.add(LABELS, "alertname", "DiskFull");
        let kept = details.finish();
        assert_eq!(label(&kept, "cluster"), Some("eu"));
        assert_eq!(label(&kept, "alertname"), Some("DiskFull"));
        assert_eq!(label(&kept, "region"), None);
    }

    #[test]
    fn two_details_of_one_name_are_both_kept() {
        let mut details = Details::default();
        details.add("annotation", "message", "one");
        details.add("label", "message", "two");
        let kept = details.finish();
        assert_eq!(kept["message"], "one");
        assert_eq!(kept["label.message"], "two");
    }
}
