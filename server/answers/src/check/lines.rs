//! On which line a field stands.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::Finding;

/// Gives each finding its line, as far as its place leads into the text.
pub(super) fn locate(text: &str, findings: &mut [Finding]) {
    let (document, _) = DeTable::parse_recoverable(text);
    for finding in findings.iter_mut().filter(|it| !it.place.is_empty()) {
        finding.line = offset(document.get_ref(), &finding.place).map(|at| {
            let before = text.get(..at).unwrap_or_default();
            before.matches('\n').count() + 1
        });
    }
}

/// Where the deepest known part of the place begins.
fn offset(document: &DeTable<'_>, place: &str) -> Option<usize> {
    let mut steps = place.split(['.', '[']);
    let first = steps.next()?;
    let mut value: &Spanned<DeValue<'_>> = document.get(first)?;
    for step in steps {
        let inner = match value.get_ref() {
            DeValue::Table(fields) => fields.get(step),
            DeValue::Array(items) => match step.trim_end_matches(']').parse::<usize>() {
                Ok(index) => items.get(index),
                Err(_) => items.iter().find(|item| has_id(item.get_ref(), step)),
            },
            _ => None,
        };
        let Some(inner) = inner else { break };
        value = inner;
    }
    Some(value.span().start)
}

fn has_id(item: &DeValue<'_>, id: &str) -> bool {
    let own = item.as_table().and_then(|fields| fields.get("id"));
    own.and_then(|own| own.get_ref().as_str()) == Some(id)
}
