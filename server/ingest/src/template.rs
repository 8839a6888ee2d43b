//! Any JSON, by templates that the team writes.
//!
//! What has no parser of its own sends JSON of its own shape. The team says in its configuration how
//! each field of an alarm is made of it, in the language of Jinja
//! (<https://jinja.palletsprojects.com/templates/>, by <https://docs.rs/minijinja>), and what comes
//! out is read as [`json`](crate::json) is. The names in a template are the fields of the payload;
//! where `each` names a list in it, `item` is the one at hand.
//!
//! A template is checked when the configuration is, and must not lose an alarm at night: one that
//! cannot be filled in counts as empty and is told as an oddity. Without a title the alarm says
//! where it came from and shows its payload. `resolved` never says "over" by failing.
//!
//! A template cannot hang or drown the server: each has [`FUEL`] instructions, no loops over other
//! templates, and [`LONGEST_OUTPUT`] bytes to fill.

use core::fmt;
use std::collections::BTreeMap;
use std::io;

use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior, context};
use serde_json::{Map, Value};
use tocsin_wire::Problem;

use crate::json::Reader;
use crate::limits::ALARMS_MAX;
use crate::{Batch, Integration, body, text};

/// Instructions that one template may take; a field of an alarm takes some ten.
pub const FUEL: u64 = 5_000;

/// What one template may put out, in bytes.
pub const LONGEST_OUTPUT: usize = 8 * 1024;

/// The fields that have a template of their own.
pub const FIELDS: [&str; 5] = ["title", "dedup_key", "severity", "service", "url"];

/// What the team wrote.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Spec {
    /// The path to a list in the payload, such as `alerts` or `data.events`, of which each is an
    /// alarm. Without it the payload is one, or a list of them.
    pub each: Option<String>,
    /// A template for some of [`FIELDS`].
    pub fields: BTreeMap<&'static str, String>,
    /// A template for each detail.
    pub details: BTreeMap<String, String>,
    /// An expression that is true when the trouble is over.
    pub resolved: Option<String>,
    /// An expression that is true when somebody over there is on it.
    pub acknowledged: Option<String>,
}

/// A template, or the expression at this field, is not of the language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateError {
    /// Where: `title`, or `details.region`.
    pub field: String,
    /// Why.
    pub why: String,
}

/// Templates ready to be filled in.
pub struct Templates {
    spec: Spec,
    environment: Environment<'static>,
}

impl fmt::Debug for Templates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.spec.fmt(f)
    }
}

impl Templates {
    /// Gets the templates ready.
    ///
    /// # Errors
    /// Everything that is wrong with them, at once.
    pub fn new(spec: Spec) -> Result<Self, Vec<TemplateError>> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Chainable);
        environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
        environment.set_fuel(Some(FUEL));
        environment.set_recursion_limit(32);
        let mut errors = Vec::new();
        let mut wrong = |field: &str, error: &minijinja::Error| {
            errors.push(TemplateError {
                field: field.to_owned(),
                why: text::line(&reason(error)),
            });
        };
        let fields = spec
            .fields
            .iter()
            .map(|(name, source)| ((*name).to_owned(), source));
        let details = spec
            .details
            .iter()
            .map(|(name, source)| (detail(name), source));
        for (name, source) in fields.chain(details) {
            if let Err(error) = environment.add_template_owned(name.clone(), source.clone()) {
                wrong(&name, &error);
            }
        }
        for (name, source) in [
            ("resolved", &spec.resolved),
            ("acknowledged", &spec.acknowledged),
        ] {
            if let Some(source) = source
                && let Err(error) = environment.compile_expression(source)
            {
                wrong(name, &error);
            }
        }
        if errors.is_empty() {
            Ok(Self { spec, environment })
        } else {
            Err(errors)
        }
    }

    /// Reads one body.
    ///
    /// # Errors
    /// `invalid_utf8`, `not_json`, `missing_field` where `each` names no list or there is nothing to
    /// read (all 400), and `too_many_alarms` (413). Nothing of the body is taken then.
    pub fn parse(&self, body: &[u8], integration: &Integration) -> Result<Batch, Problem> {
        let payload = body::json(body)?;
        let (items, at) = self.items(&payload)?;
        if items.len() > ALARMS_MAX {
            let detail = format!(
                "expected at most {ALARMS_MAX} alarms, got {}; send them in several requests",
                items.len()
            );
            return Err(Problem {
                status: 413,
                ..body::refuse("too_many_alarms", None, detail)
            });
        }
        let mut reader = Reader::new(integration);
        let mut signals = Vec::new();
        for (index, item) in items.into_iter().enumerate() {
            let at = at.map_or_else(String::new, |list| format!("{list}[{index}]."));
            let alarm = self.alarm(&at, &payload, item, integration, &mut reader);
            signals.push(reader.signal(&at, &alarm)?);
        }
        Ok(Batch {
            signals,
            oddities: reader.finish(),
        })
    }

    /// The alarms of a payload, and the name of their list if they are in one.
    fn items<'a>(
        &'a self,
        payload: &'a Value,
    ) -> Result<(Vec<&'a Value>, Option<&'a str>), Problem> {
        let Some(path) = &self.spec.each else {
            return match payload {
                Value::Array(items) if items.is_empty() => {
                    let detail = "expected at least one alarm, got an empty array".to_owned();
                    Err(body::refuse("missing_field", None, detail))
                }
                Value::Array(items) => Ok((items.iter().collect(), Some(""))),
                payload => Ok((vec![payload], None)),
            };
        };
        let found = path.split('.').try_fold(payload, |at, name| at.get(name));
        match found {
            Some(Value::Array(items)) => Ok((items.iter().collect(), Some(path))),
            other => {
                let got = other.map_or("nothing", text::kind);
                let detail = format!("{path}: expected a list of alarms, got {got}");
                Err(body::refuse("missing_field", Some(path.clone()), detail))
            }
        }
    }

    /// One alarm in our own format.
    fn alarm(
        &self,
        at: &str,
        payload: &Value,
        item: &Value,
        integration: &Integration,
        reader: &mut Reader<'_>,
    ) -> Map<String, Value> {
        let context = minijinja::Value::from(Serde(payload));
        let context = context! { item => minijinja::Value::from(Serde(item)), ..context };
        let mut fill = |name: &str| {
            let filled = self.fill(name, &context);
            let text = filled.unwrap_or_else(|why| {
                reader.odd(format!("{at}{name}"), format!("{why}; taken as empty"));
                String::new()
            });
            text.trim().to_owned()
        };
        let mut alarm = Map::new();
        for name in self.spec.fields.keys() {
            let text = fill(name);
            if !text.is_empty() {
                alarm.insert((*name).to_owned(), text.into());
            }
        }
        let mut details = Map::new();
        for name in self.spec.details.keys() {
            details.insert(name.clone(), fill(&detail(name)).into());
        }
        let mut holds = |name: &str, expression: &Option<String>| {
            let Some(expression) = expression else {
                return false;
            };
            let said = self
                .environment
                .compile_expression(expression)
                .and_then(|expression| expression.eval(context.clone()));
            said.map(|said| said.is_true()).unwrap_or_else(|error| {
                let why = format!("{}; taken as false", text::line(&reason(&error)));
                reader.odd(format!("{at}{name}"), why);
                false
            })
        };
        if holds("resolved", &self.spec.resolved) {
            alarm.insert("status".to_owned(), "resolved".into());
        } else if holds("acknowledged", &self.spec.acknowledged) {
            alarm.insert("status".to_owned(), "acknowledged".into());
        }
        let title = alarm.get("title").and_then(Value::as_str);
        if title.is_none_or(|title| text::line(title).is_empty()) {
            // The same for the same payload shape, so that its end finds it where there is no key.
            alarm.insert(
                "title".to_owned(),
                format!("An alarm of {} without a title", integration.id).into(),
            );
            details.insert("payload".to_owned(), item.to_string().into());
            reader.odd(
                format!("{at}title"),
                "expected a text, got nothing; the payload is in the details".to_owned(),
            );
        }
        alarm.insert("details".to_owned(), details.into());
        alarm
    }

    fn fill(&self, name: &str, context: &minijinja::Value) -> Result<String, String> {
        let mut output = Bounded(Vec::new());
        self.environment
            .get_template(name)
            .and_then(|template| template.render_captured_to(context.clone(), &mut output))
            .map_err(|error| text::line(&reason(&error)))?;
        Ok(String::from_utf8_lossy(&output.0).into_owned())
    }
}

/// The name of a detail's template, which is no field's.
fn detail(name: &str) -> String {
    format!("details.{name}")
}

/// Why, without the template's name.
fn reason(error: &minijinja::Error) -> String {
    match error.detail() {
        Some(detail) => format!("{}: {detail}", error.kind()),
        None => error.kind().to_string(),
    }
}

/// Output that ends at [`LONGEST_OUTPUT`].
struct Bounded(Vec<u8>);

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > LONGEST_OUTPUT {
            let why = format!("more than {LONGEST_OUTPUT} bytes");
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, why));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
