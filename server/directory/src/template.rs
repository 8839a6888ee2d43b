//! Reading the templates of an integration.

use std::collections::BTreeMap;

use tocsin_ingest::template::{FIELDS, Spec, Templates};

use crate::read::{Node, Table};

/// The longest template: more than a sensible one needs, less than a page.
const LONGEST: usize = 2_000;

/// The table at `node`.
pub(crate) fn template(node: &Node<'_>) -> Option<Spec> {
    let others = ["each", "details", "resolved", "acknowledged"];
    let fields = node.table(&[&FIELDS[..], &others[..]].concat())?;
    let written = |name: &str| fields.optional(name).and_then(|node| source(&node));
    let spec = Spec {
        each: written("each"),
        fields: FIELDS
            .into_iter()
            .filter_map(|name| Some((name, written(name)?)))
            .collect(),
        details: fields
            .optional("details")
            .and_then(|node| node.any_table())
            .map(|table| details(&table))
            .unwrap_or_default(),
        resolved: written("resolved"),
        acknowledged: written("acknowledged"),
    };
    if let Err(errors) = Templates::new(spec.clone()) {
        for error in errors {
            let message = format!("not a template: {}; correct it", error.why);
            node.problem_in(&error.field, message);
        }
        return None;
    }
    Some(spec)
}

fn details(table: &Table<'_>) -> BTreeMap<String, String> {
    table
        .entries()
        .filter_map(|(name, node)| Some((name.to_owned(), source(&node)?)))
        .collect()
}

fn source(node: &Node<'_>) -> Option<String> {
    let text = node.text("a template in quotes, such as \"{{ title }}\"")?;
    let length = text.chars().count();
    if length > LONGEST {
        node.problem(format!(
            "expected at most {LONGEST} characters, got {length}; shorten it"
        ));
        return None;
    }
    Some(text.to_owned())
}
