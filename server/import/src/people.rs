//! Whoever the file mentions, each with an id of their own.

use std::collections::BTreeMap;

use crate::ImportError;

/// The longest id that a configuration takes.
const LONGEST_ID: usize = 40;
/// The longest name that a configuration takes.
const LONGEST_NAME: usize = 80;
/// The longest mail address that a configuration takes.
const LONGEST_EMAIL: usize = 254;

/// A person of the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Person {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) email: Option<String>,
}

/// People in the order in which they were met, by what the vendor calls them.
#[derive(Debug, Default)]
pub(crate) struct People {
    by_key: BTreeMap<String, usize>,
    list: Vec<Person>,
}

impl People {
    /// The id of the person whom the vendor knows as `key`, new or met before.
    pub(crate) fn id(&mut self, key: &str, name: Option<&str>, email: Option<&str>) -> String {
        let email = email.filter(|email| is_email(email));
        if let Some(known) = self.by_key.get(key) {
            let person = &mut self.list[*known];
            if person.email.is_none() {
                person.email = email.map(str::to_owned);
            }
            return person.id.clone();
        }
        let mailbox = email.and_then(|email| email.split('@').next());
        let name = name.or(mailbox).map(one_line).filter(|it| !it.is_empty());
        let name = name.unwrap_or_else(|| one_line(key));
        let taken = |id: &str| self.list.iter().any(|person| person.id == id);
        let id = unique_id(&name, "person", taken);
        self.by_key.insert(key.to_owned(), self.list.len());
        self.list.push(Person {
            id: id.clone(),
            name,
            email: email.map(str::to_owned),
        });
        id
    }

    pub(crate) fn list(&self) -> &[Person] {
        &self.list
    }
}

/// An id made of a name: ASCII letters, digits and hyphens, beginning with a letter. A number tells
/// those apart that would be the same.
pub(crate) fn unique_id(name: &str, otherwise: &str, taken: impl Fn(&str) -> bool) -> String {
    let ascii = deunicode::deunicode(name).to_ascii_lowercase();
    let words: Vec<&str> = ascii
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    let joined = words.join("-");
    let from_letter = joined.trim_start_matches(|c: char| !c.is_ascii_lowercase());
    let base = if from_letter.is_empty() {
        otherwise
    } else {
        from_letter
    };
    let with = |suffix: &str| {
        let cut = &base[..base.len().min(LONGEST_ID - suffix.len())];
        format!("{}{suffix}", cut.trim_end_matches('-'))
    };
    let numbered = (2..).map(|number| with(&format!("-{number}")));
    let mut ids = core::iter::once(with("")).chain(numbered);
    ids.find(|id| !taken(id)).unwrap_or_default()
}

/// The id that was asked for, if a configuration takes it.
pub(crate) fn given_id(id: &str) -> Result<&str, ImportError> {
    let valid = id.len() <= LONGEST_ID
        && id.starts_with(|first: char| first.is_ascii_lowercase())
        && id
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    valid.then_some(id).ok_or_else(|| {
        ImportError::new(
            "id",
            format!(
                "expected lower-case letters, digits and hyphens, beginning with a letter, at most \
                 {LONGEST_ID}, got {id:?}"
            ),
        )
    })
}

/// A name as a configuration takes it: one line, no blanks around it, at most 80 characters.
pub(crate) fn one_line(name: &str) -> String {
    let words: Vec<&str> = name
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect();
    let line: String = words.join(" ").chars().take(LONGEST_NAME).collect();
    line.trim_end().to_owned()
}

/// As the configuration's own check has it.
fn is_email(text: &str) -> bool {
    text.len() <= LONGEST_EMAIL
        && !text.contains(|c: char| c.is_whitespace() || c.is_control() || "<>,;".contains(c))
        && text
            .rsplit_once('@')
            .is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_can_be_typed_whatever_script_the_name_is_in() {
        let free = |_: &str| false;
        assert_eq!(unique_id("Ana Silva", "person", free), "ana-silva");
        assert_eq!(unique_id("Jörg Müller", "person", free), "jorg-muller");
        assert_eq!(unique_id("조민준", "person", free), "jominjun");
        assert_eq!(unique_id("24/7", "team", free), "team");
        assert_eq!(unique_id(&"a-".repeat(40), "person", free).len(), 39);
    }

    #[test]
    fn two_people_of_one_name_get_two_ids() {
        let mut people = People::default();
        assert_eq!(people.id("P1", Some("Ana"), None), "ana");
        assert_eq!(people.id("P2", Some("Ana"), None), "ana-2");
        assert_eq!(
            people.id("P1", Some("Ana S."), Some("ana@example.org")),
            "ana"
        );
        assert_eq!(people.list()[0].email.as_deref(), Some("ana@example.org"));
    }
}
