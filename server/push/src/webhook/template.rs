//! Texts with places that are filled in for each message, escaped for where they stand.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// Twilio takes at most this `ValidityPeriod`
/// (<https://www.twilio.com/docs/messaging/api/message-resource>), in seconds; four hours, after
/// which no text message about a page is worth anything.
const LONGEST_TTL_S: u64 = 14_400;

/// What is filled in.
#[derive(Debug, Clone, Copy)]
pub struct Filling<'a> {
    /// E.164, with its plus sign.
    pub number: &'a str,
    /// [`crate::Words::subject`].
    pub subject: &'a str,
    /// [`crate::Words::body`].
    pub body: &'a str,
    /// [`crate::Push::id`].
    pub id: &'a str,
    /// [`crate::Push::ttl_s`].
    pub ttl_s: u64,
}

/// How what is filled in is escaped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Escape {
    /// Not here; whoever writes the whole text out escapes it (forms, JSON).
    None,
    /// For a path or query: everything but unreserved characters (RFC 3986, section 2.3).
    Url,
    /// For text inside an XML element, without what XML 1.0 cannot say (section 2.2).
    Xml,
}

impl Escape {
    fn apply(self, text: &str) -> Cow<'_, str> {
        match self {
            Self::None => text.into(),
            Self::Url => text
                .bytes()
                .map(|byte| match byte {
                    b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                        char::from(byte).to_string()
                    }
                    _ => format!("%{byte:02X}"),
                })
                .collect(),
            Self::Xml => text
                .chars()
                .filter(|letter| !letter.is_control() || "\n\t".contains(*letter))
                .filter(|letter| !matches!(letter, '\u{FFFE}' | '\u{FFFF}'))
                .map(|letter| match letter {
                    '&' => "&amp;".to_owned(),
                    '<' => "&lt;".to_owned(),
                    '>' => "&gt;".to_owned(),
                    '"' => "&quot;".to_owned(),
                    letter => letter.to_string(),
                })
                .collect(),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Number,
    Digits,
    Subject,
    Body,
    Id,
    TtlS,
    TtlMin,
}

impl Field {
    const ALL: [(&'static str, Self); 7] = [
        ("number", Self::Number),
        ("digits", Self::Digits),
        ("subject", Self::Subject),
        ("body", Self::Body),
        ("id", Self::Id),
        ("ttl_s", Self::TtlS),
        ("ttl_min", Self::TtlMin),
    ];

    fn value<'a>(self, filling: &Filling<'a>) -> Cow<'a, str> {
        let ttl_s = filling.ttl_s.clamp(1, LONGEST_TTL_S);
        match self {
            Self::Number => filling.number.into(),
            Self::Digits => filling.number.trim_start_matches('+').into(),
            Self::Subject => filling.subject.into(),
            Self::Body => filling.body.into(),
            Self::Id => filling.id.into(),
            Self::TtlS => ttl_s.to_string().into(),
            Self::TtlMin => ttl_s.div_ceil(60).to_string().into(),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Field(Field),
}

/// A text with places for `{number}` (E.164), `{digits}` (the same without its plus sign),
/// `{subject}`, `{body}`, `{id}`, and how long it is worth delivering: `{ttl_s}` in seconds and
/// `{ttl_min}` in minutes, at least 1 and at most four hours. A brace is written twice: `{{`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Template(Vec<Part>);

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// A place that has no such name, or a brace without its other half.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            plain.push_str(&rest[..at]);
            let brace = &rest[at..=at];
            rest = &rest[at + 1..];
            if let Some(after) = rest.strip_prefix(brace) {
                plain.push_str(brace);
                rest = after;
                continue;
            }
            let names = Field::ALL.map(|(name, _)| format!("{{{name}}}")).join(" ");
            let (name, after) = rest
                .split_once('}')
                .filter(|_| brace == "{")
                .ok_or_else(|| {
                    format!(
                        "expected one of {names}, got a single {brace} before {rest:?}; write a \
                         brace that stands for itself twice: {brace}{brace}"
                    )
                })?;
            let field = Field::ALL.into_iter().find(|(known, _)| *known == name);
            let (_, field) = field.ok_or_else(|| {
                format!(
                    "expected one of {names}, got {{{name}}}; correct it, or write a brace that \
                     stands for itself twice: {{{{"
                )
            })?;
            parts.push(Part::Text(core::mem::take(&mut plain)));
            parts.push(Part::Field(field));
            rest = after;
        }
        plain.push_str(rest);
        parts.push(Part::Text(plain));
        parts.retain(|part| *part != Part::Text(String::new()));
        Ok(Self(parts))
    }

    /// Fills it in.
    #[must_use]
    pub fn fill(&self, filling: &Filling<'_>, escape: Escape) -> String {
        self.0
            .iter()
            .map(|part| match part {
                Part::Text(text) => Cow::from(text.as_str()),
                Part::Field(field) => escape.apply(&field.value(filling)).into_owned().into(),
            })
            .collect()
    }

    /// The text up to the first place.
    #[must_use]
    pub fn beginning(&self) -> &str {
        match self.0.first() {
            Some(Part::Text(text)) => text,
            _ => "",
        }
    }

    /// Whether it has places for words, which may have several lines.
    #[must_use]
    pub fn has_words(&self) -> bool {
        self.0
            .iter()
            .any(|part| matches!(part, Part::Field(Field::Subject | Field::Body)))
    }
}

impl TryFrom<String> for Template {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text)
    }
}

/// A JSON value whose texts are templates. Names of fields are not.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "toml::Value")]
pub enum JsonTemplate {
    /// A text.
    Text(Template),
    /// A number or a truth value.
    Plain(Value),
    /// A list.
    List(Vec<Self>),
    /// An object.
    Object(BTreeMap<String, Self>),
}

impl JsonTemplate {
    /// Fills it in; what is filled in stays inside its text, whatever it holds.
    #[must_use]
    pub fn fill(&self, filling: &Filling<'_>) -> Value {
        match self {
            Self::Text(template) => template.fill(filling, Escape::None).into(),
            Self::Plain(value) => value.clone(),
            Self::List(items) => items.iter().map(|item| item.fill(filling)).collect(),
            Self::Object(fields) => fields
                .iter()
                .map(|(name, value)| (name.clone(), value.fill(filling)))
                .collect(),
        }
    }
}

impl TryFrom<toml::Value> for JsonTemplate {
    type Error = String;

    fn try_from(value: toml::Value) -> Result<Self, String> {
        Ok(match value {
            toml::Value::String(text) => Self::Text(Template::parse(&text)?),
            toml::Value::Integer(number) => Self::Plain(number.into()),
            toml::Value::Float(number) => Self::Plain(number.into()),
            toml::Value::Boolean(truth) => Self::Plain(truth.into()),
            toml::Value::Datetime(time) => Self::Plain(time.to_string().into()),
            toml::Value::Array(items) => {
                let items = items.into_iter().map(Self::try_from);
                Self::List(items.collect::<Result<_, _>>()?)
            }
            toml::Value::Table(fields) => {
                let fields = fields
                    .into_iter()
                    .map(|(name, value)| Ok((name, Self::try_from(value)?)));
                Self::Object(fields.collect::<Result<_, String>>()?)
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTILE: Filling<'_> = Filling {
        number: "+493012345678",
        subject: "SEV1 \"shop\" <down> & out",
        body: "a=b&c={number}\u{7}\r\n\\\"}, \"to\": \"+1900",
        id: "Zm9vYmFyYmF6cXV4",
        ttl_s: 61,
    };

    fn filled(text: &str, escape: Escape) -> String {
        Template::parse(text).expect(text).fill(&HOSTILE, escape)
    }

    #[test]
    fn places_are_filled_in_and_braces_stand_for_themselves() {
        assert_eq!(
            filled(
                "{{{id}}} to {digits}, {ttl_s} s, {ttl_min} min",
                Escape::None
            ),
            "{Zm9vYmFyYmF6cXV4} to 493012345678, 61 s, 2 min"
        );
    }

    #[test]
    fn a_misspelt_place_is_refused_and_not_sent_to_a_phone() {
        for wrong in ["{nummer}", "{", "}", "{number", "{}"] {
            let said = Template::parse(wrong).expect_err(wrong);
            assert!(said.contains("{number} {digits} {subject}"), "{said}");
        }
    }

    #[test]
    fn what_is_filled_in_cannot_leave_a_url_or_an_element() {
        assert_eq!(
            filled("https://sms.example/{number}?t={subject}", Escape::Url),
            "https://sms.example/%2B493012345678?t=SEV1%20%22shop%22%20%3Cdown%3E%20%26%20out"
        );
        assert_eq!(
            filled("<Say>{subject}</Say>", Escape::Xml),
            "<Say>SEV1 &quot;shop&quot; &lt;down&gt; &amp; out</Say>"
        );
        assert!(!filled("{body}", Escape::Xml).contains(['\u{7}', '\r']));
    }

    #[test]
    fn what_is_filled_in_cannot_leave_its_json_text_nor_is_it_a_template_itself() {
        let template: JsonTemplate =
            toml::from_str("to = '{number}'\nn = 1\nl = ['{body}', true]").expect("a template");
        let body: Value =
            serde_json::from_str(&template.fill(&HOSTILE).to_string()).expect("JSON again");
        assert_eq!(body["to"], "+493012345678");
        assert_eq!(body["n"], 1);
        assert_eq!(body["l"][0], HOSTILE.body);
        assert_eq!(body.as_object().map(serde_json::Map::len), Some(3));
    }

    #[test]
    fn a_message_is_never_kept_for_longer_than_a_gateway_allows() {
        let long = Filling {
            ttl_s: u64::MAX,
            ..HOSTILE
        };
        let template = Template::parse("{ttl_s}").expect("a template");
        assert_eq!(template.fill(&long, Escape::None), "14400");
        let over = Filling {
            ttl_s: 0,
            ..HOSTILE
        };
        assert_eq!(template.fill(&over, Escape::None), "1");
    }
}
