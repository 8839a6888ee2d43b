//! Walking a TOML document while collecting everything that is wrong with it.
//!
//! Deserializing into structs stops at the first problem and forgets where a value stood. A [`Node`]
//! knows its place and its name, reports what is wrong with it, and yields nothing then, so that the
//! reader goes on and the person sees every problem at once.

use core::cell::RefCell;
use core::ops::{Range, RangeInclusive};
use core::time::Duration;

use toml::Spanned;
use toml::de::{DeTable, DeValue};
use toml::value::Datetime;

use crate::{ConfigError, ConfigErrors};

/// Where problems are put.
pub(crate) struct Report<'t> {
    text: &'t str,
    line_starts: Vec<usize>,
    errors: RefCell<Vec<ConfigError>>,
}

impl<'t> Report<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        Self {
            text,
            line_starts: core::iter::once(0)
                .chain(text.match_indices('\n').map(|(newline, _)| newline + 1))
                .collect(),
            errors: RefCell::default(),
        }
    }

    pub(crate) fn add(&self, span: Range<usize>, path: &str, message: impl Into<String>) {
        let (line, column) = self.position(span.start);
        self.errors.borrow_mut().push(ConfigError {
            line,
            column,
            path: path.to_owned(),
            message: message.into(),
        });
    }

    /// Line, and column in characters, both from 1.
    fn position(&self, offset: usize) -> (usize, usize) {
        let offset = self.text.floor_char_boundary(offset);
        let line = self.line_starts.partition_point(|start| *start <= offset);
        let before = &self.text[self.line_starts[line - 1]..offset];
        (line, before.chars().count() + 1)
    }

    /// Everything reported so far, if anything.
    pub(crate) fn finish(self) -> Option<ConfigErrors> {
        let errors = self.errors.into_inner();
        (!errors.is_empty()).then(|| ConfigErrors::new(errors))
    }
}

/// A value, its place and its name.
#[derive(Clone)]
pub(crate) struct Node<'a> {
    report: &'a Report<'a>,
    value: &'a Spanned<DeValue<'a>>,
    path: String,
}

impl<'a> Node<'a> {
    pub(crate) fn problem(&self, message: impl Into<String>) {
        self.report.add(self.value.span(), &self.path, message);
    }

    /// A problem with a field inside this value, such as `members[2].leaves`, reported where that
    /// field stands or, should it not be written, where it would belong.
    pub(crate) fn problem_in(&self, field: &str, message: impl Into<String>) {
        let mut value = self.value;
        for step in field.split(['.', '[']) {
            let inner = match value.get_ref() {
                DeValue::Table(fields) => fields.get(step),
                DeValue::Array(items) => step
                    .trim_end_matches(']')
                    .parse()
                    .ok()
                    .and_then(|place: usize| items.get(place)),
                _ => None,
            };
            let Some(inner) = inner else { break };
            value = inner;
        }
        let path = format!("{}.{field}", self.path);
        self.report.add(value.span(), &path, message);
    }

    /// Its name: which field of which item.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// The line it stands on, from 1.
    pub(crate) fn line(&self) -> usize {
        self.report.position(self.value.span().start).0
    }

    fn wrong_type<T>(&self, expected: &str) -> Option<T> {
        let got = match self.value.get_ref() {
            DeValue::String(text) => format!("the text {text:?}"),
            DeValue::Integer(number) => format!("the number {number}"),
            DeValue::Float(number) => format!("the number {number}"),
            DeValue::Boolean(truth) => truth.to_string(),
            DeValue::Datetime(time) => format!("the time {time}"),
            DeValue::Array(_) => "a list".to_owned(),
            DeValue::Table(_) => "a table".to_owned(),
        };
        self.problem(format!("expected {expected}, got {got}"));
        None
    }

    pub(crate) fn text(&self, expected: &str) -> Option<&'a str> {
        self.value
            .get_ref()
            .as_str()
            .or_else(|| self.wrong_type(expected))
    }

    /// The text of a field, if there is one, without complaint.
    pub(crate) fn peek(&self, field: &str) -> Option<&'a str> {
        let fields = self.value.get_ref().as_table()?;
        fields.get(field)?.get_ref().as_str()
    }

    /// Whether a field of a table in this table is written.
    pub(crate) fn has(&self, table: &str, field: &str) -> bool {
        let fields = self.value.get_ref().get(table);
        fields.is_some_and(|fields| fields.get_ref().get(field).is_some())
    }

    pub(crate) fn is_false(&self) -> bool {
        matches!(self.value.get_ref(), DeValue::Boolean(false))
    }

    pub(crate) fn is_table(&self) -> bool {
        self.value.get_ref().is_table()
    }

    /// A name for people to read: 1 to `longest` characters on one line.
    pub(crate) fn name(&self, longest: usize) -> Option<String> {
        let text = self.text("a name in quotes")?;
        let length = text.chars().count();
        if text.trim().is_empty() {
            self.problem("expected a name, got nothing; write what people call it");
        } else if length > longest {
            self.problem(format!(
                "expected at most {longest} characters, got {length}; shorten it, it must fit on a phone"
            ));
        } else if text != text.trim() || text.chars().any(char::is_control) {
            self.problem(format!(
                "expected one line without blanks around it, got {text:?}; remove them"
            ));
        } else {
            return Some(text.to_owned());
        }
        None
    }

    /// An id: what URLs, commands and other items call this one.
    pub(crate) fn slug(&self) -> Option<&'a str> {
        let text = self.text("an id in quotes, such as \"ana\"")?;
        if is_slug(text) {
            return Some(text);
        }
        self.problem(format!(
            "expected an id of 1 to {LONGEST_ID} lower-case letters a-z, digits and hyphens that \
             begins with a letter, got {text:?}; write the full name in `name`"
        ));
        None
    }

    /// A length of time, as people write it.
    pub(crate) fn duration(&self) -> Option<Duration> {
        const EXPECTED: &str = "a length of time such as \"90s\", \"5m\" or \"1h30m\"";
        let text = self.text(EXPECTED)?;
        let parsed = jiff::fmt::friendly::SpanParser::new().parse_unsigned_duration(text);
        if parsed.is_err() {
            self.problem(format!("expected {EXPECTED}, got {text:?}"));
        }
        parsed.ok()
    }

    /// A whole number from `range`.
    pub(crate) fn integer(&self, range: RangeInclusive<u8>) -> Option<u8> {
        let expected = format!("a whole number from {} to {}", range.start(), range.end());
        self.value
            .get_ref()
            .as_integer()
            .and_then(|number| u8::from_str_radix(number.as_str(), number.radix()).ok())
            .filter(|number| range.contains(number))
            .or_else(|| self.wrong_type(&expected))
    }

    /// A share of something: a number from 0 to 1.
    pub(crate) fn share(&self, expected: &str) -> Option<f32> {
        let number = match self.value.get_ref() {
            DeValue::Float(number) => number.as_str().parse().ok(),
            DeValue::Integer(number) => number.as_str().parse().ok(),
            _ => None,
        };
        number
            .filter(|share| (0.0..=1.0).contains(share))
            .or_else(|| self.wrong_type(expected))
    }

    pub(crate) fn truth(&self, expected: &str) -> Option<bool> {
        let truth = self.value.get_ref().as_bool();
        truth.or_else(|| self.wrong_type(expected))
    }

    /// A date, a time or both, in TOML's own form or quoted, that `convert` takes.
    pub(crate) fn time<T>(
        &self,
        expected: &str,
        convert: impl Fn(&Datetime) -> Option<T>,
    ) -> Option<T> {
        let convert_text = |text: &str| text.parse().ok().and_then(|time| convert(&time));
        match self.value.get_ref() {
            DeValue::Datetime(time) => convert(time),
            DeValue::String(text) => convert_text(text),
            _ => None,
        }
        .or_else(|| self.wrong_type(expected))
    }

    /// The items of a list, each named by its place.
    pub(crate) fn items(&self, expected: &str) -> Vec<Self> {
        let Some(array) = self.value.get_ref().as_array() else {
            self.wrong_type::<()>(expected);
            return Vec::new();
        };
        let item = |(place, value)| Self {
            report: self.report,
            value,
            path: format!("{}[{place}]", self.path),
        };
        array.iter().enumerate().map(item).collect()
    }

    /// The same, of a list that must not be empty.
    pub(crate) fn some_items(&self, expected: &str) -> Vec<Self> {
        let items = self.items(expected);
        if items.is_empty() && self.value.get_ref().is_array() {
            self.problem(format!("expected {expected}, got none; add one"));
        }
        items
    }

    /// This item of a list, named by its `id` if that is a good one.
    pub(crate) fn named_by_id(self) -> Self {
        match (self.peek("id"), self.path.rsplit_once('[')) {
            (Some(id), Some((list, _))) if is_slug(id) => Self {
                path: format!("{list}.{id}"),
                ..self
            },
            _ => self,
        }
    }

    /// The fields of a table whose fields are `known`; others are reported.
    pub(crate) fn table(&self, known: &[&str]) -> Option<Table<'a>> {
        let table = self.any_table()?;
        table.refuse_unknown(known);
        Some(table)
    }

    /// The fields of a table that may have any.
    pub(crate) fn any_table(&self) -> Option<Table<'a>> {
        match self.value.get_ref() {
            DeValue::Table(fields) => Some(Table {
                report: self.report,
                span: self.value.span(),
                path: self.path.clone(),
                fields,
            }),
            _ => self.wrong_type("a table"),
        }
    }
}

/// A table, its place and its name.
pub(crate) struct Table<'a> {
    report: &'a Report<'a>,
    span: Range<usize>,
    path: String,
    fields: &'a DeTable<'a>,
}

impl<'a> Table<'a> {
    /// The document itself.
    pub(crate) fn root(
        report: &'a Report<'a>,
        document: &'a Spanned<DeTable<'a>>,
        known: &[&str],
    ) -> Self {
        let table = Self {
            report,
            span: 0..0,
            path: String::new(),
            fields: document.get_ref(),
        };
        table.refuse_unknown(known);
        table
    }

    fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.path)
        }
    }

    fn refuse_unknown(&self, known: &[&str]) {
        for key in self.fields.keys() {
            let name = key.get_ref().as_ref();
            if known.contains(&name) {
                continue;
            }
            let message = match nearest(name, known.iter().copied()) {
                Some(near) => format!("unknown field; did you mean `{near}`?"),
                None => format!(
                    "unknown field; expected one of {}: remove it",
                    known.join(", ")
                ),
            };
            self.report.add(key.span(), &self.path_of(name), message);
        }
    }

    pub(crate) fn optional(&self, key: &str) -> Option<Node<'a>> {
        self.fields.get(key).map(|value| Node {
            report: self.report,
            value,
            path: self.path_of(key),
        })
    }

    /// The field, which must be there; `expected` says what to write.
    pub(crate) fn required(&self, key: &str, expected: &str) -> Option<Node<'a>> {
        let field = self.optional(key);
        if field.is_none() {
            self.report.add(
                self.span.clone(),
                &self.path_of(key),
                format!("expected {expected}, got nothing; add it"),
            );
        }
        field
    }

    /// All fields, in the order of their names.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&'a str, Node<'a>)> {
        self.fields.iter().map(|(key, value)| {
            let key = key.get_ref().as_ref();
            let node = Node {
                report: self.report,
                value,
                path: self.path_of(key),
            };
            (key, node)
        })
    }
}

/// Ids are typed by hand, stand in URLs and are shown on phones.
pub(crate) const LONGEST_ID: usize = 40;

fn is_slug(text: &str) -> bool {
    text.len() <= LONGEST_ID
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && text
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

/// The candidate that `text` was probably meant to be: at most one slip in three characters away.
/// Swapping neighbours counts as one slip.
pub(crate) fn nearest<'c>(
    text: &str,
    candidates: impl IntoIterator<Item = &'c str>,
) -> Option<&'c str> {
    if text.len() > 2 * LONGEST_ID {
        return None;
    }
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(text, candidate), candidate))
        .filter(|(slips, candidate)| {
            *slips
                <= text
                    .chars()
                    .count()
                    .max(candidate.chars().count())
                    .div_ceil(3)
        })
        .min()
        .map(|(_, candidate)| candidate)
}
