//! Swift files as syntax trees.

use std::path::Path;

use tree_sitter::{Node, Parser, Tree};

use crate::{files, ios, read};

/// A Swift file.
pub struct Source {
    /// From `ios/`.
    pub path: String,
    text: String,
    tree: Tree,
}

impl Source {
    /// Reads `text` by the grammar.
    pub fn new(path: &str, text: &str) -> Self {
        let mut parser = Parser::new();
        parser
            .set_language(&tree_sitter_swift::LANGUAGE.into())
            .expect("a grammar of this library's version");
        let tree = parser
            .parse(text, None)
            .expect("a parse without a limit of time");
        Self {
            path: path.to_owned(),
            text: text.to_owned(),
            tree,
        }
    }

    /// Every node, a parent before its children, in the order of the text.
    pub fn nodes(&self) -> Vec<Node<'_>> {
        let mut nodes = Vec::new();
        collect(self.tree.root_node(), &mut nodes);
        nodes
    }

    /// Every node of this kind.
    pub fn of_kind(&self, kind: &str) -> Vec<Node<'_>> {
        let mut nodes = self.nodes();
        nodes.retain(|node| node.kind() == kind);
        nodes
    }

    /// What a node says.
    pub fn text(&self, node: Node<'_>) -> &str {
        &self.text[node.byte_range()]
    }

    /// A finding at a node.
    pub fn finding(&self, node: Node<'_>, what: &str) -> String {
        format!("{}:{}: {what}", self.path, node.start_position().row + 1)
    }

    /// Whether a name is used or declared anywhere in it.
    pub fn mentions(&self, name: &str) -> bool {
        self.nodes().iter().any(|&node| {
            matches!(node.kind(), "simple_identifier" | "type_identifier")
                && self.text(node) == name
        })
    }

    /// Whether it is a test.
    pub fn is_test(&self) -> bool {
        self.path.contains("/Tests/")
    }

    /// The modules that it imports.
    pub fn imports(&self) -> Vec<(Node<'_>, &str)> {
        let name = |node: Node<'_>| Some(self.text(named_child(node, "identifier")?));
        let imports = self.of_kind("import_declaration").into_iter();
        imports
            .filter_map(|node| Some((node, name(node)?)))
            .collect()
    }
}

fn collect<'a>(node: Node<'a>, into: &mut Vec<Node<'a>>) {
    into.push(node);
    let mut cursor = node.walk();
    for child in node.children(&mut cursor) {
        collect(child, into);
    }
}

/// The first child of this kind.
pub fn named_child<'a>(node: Node<'a>, kind: &str) -> Option<Node<'a>> {
    let mut cursor = node.walk();
    node.named_children(&mut cursor)
        .find(|child| child.kind() == kind)
}

/// A call: `Text("a", tableName: "B")`, `.navigationTitle("a")`, `@Parameter(title: "a")`, `#Preview("a")`.
pub struct Call<'a> {
    /// The whole.
    pub node: Node<'a>,
    /// What is called, without what it is called on: `Text`, `navigationTitle`.
    pub name: &'a str,
    /// Labels, where there are any, and values.
    pub arguments: Vec<(Option<&'a str>, Node<'a>)>,
}

impl<'a> Call<'a> {
    /// The argument of this label; the first one for none, if it has none.
    pub fn argument(&self, label: Option<&str>) -> Option<Node<'a>> {
        let mut arguments = self.arguments.iter();
        let found = match label {
            Some(_) => arguments.find(|(found, _)| *found == label),
            None => arguments.next().filter(|(found, _)| found.is_none()),
        };
        found.map(|(_, value)| *value)
    }
}

impl Source {
    /// Every call with arguments in parentheses, and every attribute.
    pub fn calls(&self) -> Vec<Call<'_>> {
        self.of_kind("value_arguments")
            .into_iter()
            .filter_map(|arguments| {
                let parent = arguments.parent()?;
                let node = match parent.kind() {
                    "call_suffix" => parent.parent()?,
                    _ => parent,
                };
                let called = self.text(node.named_child(0)?);
                let name = called.rsplit(['.', ' ', '\n']).next()?;
                Some(Call {
                    node,
                    name,
                    arguments: self.arguments(arguments),
                })
            })
            .chain(self.attributes())
            .collect()
    }

    fn attributes(&self) -> Vec<Call<'_>> {
        self.of_kind("attribute")
            .into_iter()
            .filter_map(|node| {
                let mut cursor = node.walk();
                let mut parts = node.named_children(&mut cursor);
                let name = self.text(parts.next()?);
                let (mut label, mut arguments) = (None, Vec::new());
                for part in parts {
                    if part.next_sibling().is_some_and(|next| next.kind() == ":") {
                        label = Some(self.text(part));
                    } else {
                        arguments.push((label.take(), part));
                    }
                }
                Some(Call {
                    node,
                    name,
                    arguments,
                })
            })
            .collect()
    }

    fn arguments<'a>(&'a self, list: Node<'a>) -> Vec<(Option<&'a str>, Node<'a>)> {
        let mut cursor = list.walk();
        list.named_children(&mut cursor)
            .filter(|child| child.kind() == "value_argument")
            .filter_map(|argument| {
                let label = argument
                    .child_by_field_name("name")
                    .map(|name| self.text(name));
                Some((label, argument.child_by_field_name("value")?))
            })
            .collect()
    }
}

/// The Swift that people wrote: all but the core's generated side.
pub fn sources() -> Vec<Source> {
    let ios = ios();
    let swift = files(&ios).into_iter().filter(|path| is_swift(path));
    swift
        .map(|path| {
            let name = path
                .strip_prefix(&ios)
                .expect("a file of ios/")
                .to_string_lossy();
            Source::new(&name, &read(&path))
        })
        .collect()
}

/// Whether a file holds Swift.
pub fn is_swift(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension == "swift")
}
