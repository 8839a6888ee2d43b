//! The border in a form that people read: every type, function and error, without documentation.

use std::error::Error;
use std::fmt::Write;

use camino::Utf8Path;
use uniffi_bindgen::interface::{
    Argument, AsType, Callable, ComponentInterface, Enum, Field, Object, Type, Variant,
};
use uniffi_bindgen::{BindgenLoader, BindgenPaths, GlobalConfig};

/// Describes what the library exports, sorted, so that only a change of the border changes it.
pub fn describe(library: &Utf8Path) -> Result<String, Box<dyn Error>> {
    let mut paths = BindgenPaths::default();
    paths.add_cargo_metadata_layer(false)?;
    let loader = BindgenLoader::new(paths, GlobalConfig::default());
    let mut text = String::from(
        "# What tocsin-ffi exports to Kotlin and Swift. Written by `cargo xtask bindings interface`.\n",
    );
    for component in loader.load_cis(loader.load_metadata(library)?)? {
        for part in parts(&component) {
            text.push('\n');
            text.push_str(&part);
        }
    }
    Ok(text)
}

fn parts(component: &ComponentInterface) -> Vec<String> {
    let mut objects: Vec<_> = component.object_definitions().iter().map(object).collect();
    let mut functions: Vec<_> = component
        .function_definitions()
        .iter()
        .map(|function| callable("fn", function.name(), function))
        .collect();
    let mut records: Vec<_> = component
        .record_definitions()
        .iter()
        .map(|record| block(&format!("record {}", record.name()), record.fields(), field))
        .collect();
    let mut enums: Vec<_> = component.enum_definitions().iter().map(choice).collect();
    for group in [&mut objects, &mut functions, &mut records, &mut enums] {
        group.sort();
    }
    [objects, functions, records, enums].concat()
}

fn object(object: &Object) -> String {
    let kind = if object.has_callback_interface() {
        "port"
    } else {
        "object"
    };
    let mut text = format!("{kind} {}\n", object.name());
    for constructor in object.constructors() {
        text += &format!("    {}", callable("new", constructor.name(), constructor));
    }
    for method in object.methods() {
        text += &format!("    {}", callable("fn", method.name(), method));
    }
    text
}

fn callable(kind: &str, called: &str, callable: &impl Callable) -> String {
    let arguments = callable.arguments();
    let arguments: Vec<_> = arguments.into_iter().map(argument).collect();
    let kind = if callable.is_async() {
        format!("async {kind}")
    } else {
        kind.to_owned()
    };
    let mut text = format!("{kind} {called}({})", arguments.join(", "));
    if let Some(returned) = callable.return_type() {
        let _ = write!(text, " -> {}", name(returned));
    }
    if let Some(thrown) = callable.throws_type() {
        let _ = write!(text, " throws {}", name(thrown));
    }
    text + "\n"
}

fn argument(argument: &Argument) -> String {
    format!("{}: {}", argument.name(), name(&argument.as_type()))
}

fn choice(choice: &Enum) -> String {
    block(
        &format!("enum {}", choice.name()),
        choice.variants(),
        variant,
    )
}

fn variant(variant: &Variant) -> String {
    let fields: Vec<_> = variant.fields().iter().map(field).collect();
    if fields.is_empty() {
        variant.name().to_owned()
    } else {
        format!("{} {{ {} }}", variant.name(), fields.join(", "))
    }
}

fn field(field: &Field) -> String {
    format!("{}: {}", field.name(), name(&field.as_type()))
}

fn block<T>(title: &str, items: &[T], write: impl Fn(&T) -> String) -> String {
    let mut text = format!("{title}\n");
    for item in items {
        text += &format!("    {}\n", write(item));
    }
    text
}

fn name(of: &Type) -> String {
    match of {
        Type::Optional { inner_type } => format!("{}?", name(inner_type)),
        Type::Sequence { inner_type } => format!("[{}]", name(inner_type)),
        Type::Custom {
            name: custom,
            builtin,
            ..
        } => format!("{custom} ({})", name(builtin)),
        other => match other.name() {
            Some(named) => named.to_owned(),
            None => format!("{other:?}").to_lowercase(),
        },
    }
}
