//! project.yml, of which XcodeGen makes the Xcode project, and what it names.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;
use serde_json::Value;

use crate::swift::{Source, is_swift, sources};
use crate::{files, ios, none, read, root};

/// What the checks read of project.yml, and the build settings beside it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Project {
    options: Options,
    config_files: BTreeMap<String, String>,
    settings: BTreeMap<String, Value>,
    packages: BTreeMap<String, Package>,
    targets: BTreeMap<String, Target>,
    schemes: BTreeMap<String, Scheme>,
    /// Of Tocsin.xcconfig.
    #[serde(skip)]
    configured: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Options {
    #[serde(rename = "minimumXcodeGenVersion")]
    xcode_gen: String,
    deployment_target: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Package {
    path: String,
}

#[derive(Deserialize)]
struct Target {
    sources: Vec<Sources>,
    settings: BTreeMap<String, Value>,
    dependencies: Vec<BTreeMap<String, String>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Sources {
    All(String),
    Some { path: String, excludes: Vec<String> },
}

impl Sources {
    fn path(&self) -> &str {
        match self {
            Self::All(path) | Self::Some { path, .. } => path,
        }
    }

    /// The files that it stands for.
    fn files(&self) -> Vec<PathBuf> {
        let path = ios().join(self.path());
        let excluded: Vec<_> = match self {
            Self::All(_) => Vec::new(),
            Self::Some { excludes, .. } => excludes.iter().map(|name| path.join(name)).collect(),
        };
        let mut found = if path.is_dir() {
            files(&path)
        } else {
            vec![path]
        };
        found.retain(|file| !excluded.iter().any(|folder| file.starts_with(folder)));
        found
    }
}

#[derive(Deserialize)]
struct Scheme {
    test: Tested,
}

#[derive(Deserialize)]
struct Tested {
    targets: Vec<BTreeMap<String, String>>,
}

impl Project {
    /// The project of the app.
    pub fn of_ios() -> Self {
        Self::new(
            &read(&ios().join("project.yml")),
            &read(&ios().join("Tocsin.xcconfig")),
        )
    }

    fn new(yaml: &str, xcconfig: &str) -> Self {
        let mut project: Self =
            serde_saphyr::from_str(yaml).expect("project.yml, as XcodeGen reads it");
        let lines = xcconfig.lines().filter(|line| !line.starts_with("//"));
        let settings = lines.filter_map(|line| line.split_once('='));
        project.configured = settings
            .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
            .collect();
        project
    }

    /// The names of its targets.
    pub fn targets(&self) -> impl Iterator<Item = &str> {
        self.targets.keys().map(String::as_str)
    }

    /// The files of a target.
    pub fn files(&self, target: &str) -> Vec<PathBuf> {
        self.targets[target]
            .sources
            .iter()
            .flat_map(Sources::files)
            .collect()
    }

    /// The Swift that a target compiles.
    pub fn swift(&self, target: &str) -> Vec<Source> {
        let files = self.files(target);
        let mut compiled = sources();
        compiled.retain(|source| files.contains(&ios().join(&source.path)));
        compiled
    }

    /// A target's build setting, without the variables in it.
    pub fn setting(&self, target: &str, name: &str) -> String {
        let value = &self.targets[target].settings[name];
        let mut value = value
            .as_str()
            .unwrap_or_else(|| panic!("{target}: {name}"))
            .to_owned();
        for (variable, said) in &self.configured {
            value = value.replace(&format!("$({variable})"), said);
        }
        value
    }

    /// A target's Info.plist.
    pub fn info(&self, target: &str) -> PathBuf {
        ios().join(self.setting(target, "INFOPLIST_FILE"))
    }

    /// A target's entitlements.
    pub fn entitlements(&self, target: &str) -> PathBuf {
        ios().join(self.setting(target, "CODE_SIGN_ENTITLEMENTS"))
    }
}

/// What the project names that is not there.
fn missing(project: &Project) -> Vec<String> {
    let mut named: Vec<PathBuf> = project
        .config_files
        .values()
        .map(|path| ios().join(path))
        .collect();
    for package in project.packages.values() {
        named.push(ios().join(&package.path).join("Package.swift"));
    }
    for (name, target) in &project.targets {
        named.extend(
            target
                .sources
                .iter()
                .map(|sources| ios().join(sources.path())),
        );
        named.extend([project.info(name), project.entitlements(name)]);
    }
    let paths = named.iter().filter(|path| !path.exists());
    let mut findings: Vec<_> = paths
        .map(|path| format!("{} is not there", path.display()))
        .collect();
    let wanted = project
        .targets
        .values()
        .flat_map(|target| &target.dependencies);
    for dependency in wanted {
        let known = dependency.iter().all(|(kind, name)| match kind.as_str() {
            "package" => project.packages.contains_key(name),
            "target" => project.targets.contains_key(name),
            _ => true,
        });
        if !known {
            findings.push(format!("{dependency:?} is not there"));
        }
        if let (Some(package), Some(product)) =
            (dependency.get("package"), dependency.get("product"))
        {
            let manifest = ios()
                .join(&project.packages[package].path)
                .join("Package.swift");
            if !read(&manifest).contains(&format!(".library(name: \"{product}\"")) {
                findings.push(format!("{package} has no product {product}"));
            }
        }
    }
    let tested = project
        .schemes
        .values()
        .flat_map(|scheme| &scheme.test.targets);
    for target in tested.filter_map(|target| target.get("package")) {
        let (package, target) = target.split_once('/').expect("PACKAGE/TARGET");
        let manifest = ios()
            .join(&project.packages[package].path)
            .join("Package.swift");
        if !read(&manifest).contains(&format!("name: \"{target}\"")) {
            findings.push(format!("{package} has no target {target}"));
        }
    }
    findings
}

/// Where the bundle ids do not fit each other: the system takes an extension only below its app's.
fn strange_ids(project: &Project) -> Vec<String> {
    let app = project.setting("Tocsin", "PRODUCT_BUNDLE_IDENTIFIER");
    let below = format!("{app}.");
    let extensions = project.targets().filter(|&target| target != "Tocsin");
    extensions
        .map(|target| project.setting(target, "PRODUCT_BUNDLE_IDENTIFIER"))
        .filter(|id| !id.starts_with(&below))
        .map(|id| format!("{id} is not below {app}"))
        .collect()
}

/// The value of `key = "..."` or `key "..."` in a file of Gradle's or cargo's.
fn quoted<'a>(text: &'a str, key: &str) -> &'a str {
    let line = text
        .lines()
        .map(str::trim)
        .find(|line| line.starts_with(key));
    line.and_then(|line| line.split('"').nth(1))
        .unwrap_or_else(|| panic!("no {key}"))
}

#[test]
fn everything_that_the_project_names_is_there() {
    none(missing(&Project::of_ios()));
}

#[test]
fn every_swift_file_of_the_app_is_compiled_into_something() {
    let project = Project::of_ios();
    let compiled: Vec<_> = project
        .targets()
        .flat_map(|target| project.files(target))
        .collect();
    let folders = ["App", "NotificationService", "Shared", "Widgets"];
    let written = folders.iter().flat_map(|folder| files(&ios().join(folder)));
    let forgotten = written.filter(|file| is_swift(file) && !compiled.contains(file));
    none(
        forgotten
            .map(|file| format!("{} is in no target", file.display()))
            .collect(),
    );
}

#[test]
fn every_picture_and_colour_that_the_app_names_is_in_its_catalog() {
    let project = Project::of_ios();
    let sources = sources();
    let of_code = sources.iter().flat_map(pictures);
    let icon = project.setting("Tocsin", "ASSETCATALOG_COMPILER_APPICON_NAME");
    let accent = project.setting("Tocsin", "ASSETCATALOG_COMPILER_GLOBAL_ACCENT_COLOR_NAME");
    let launch = launch_colour(&read(&project.info("Tocsin")));
    let named = [
        format!("{icon}.appiconset"),
        format!("{accent}.colorset"),
        launch,
    ];
    let missing = of_code.chain(named).filter(|name| {
        let folder = ios().join("App/Assets.xcassets").join(name);
        !folder.join("Contents.json").exists()
    });
    none(
        missing
            .map(|name| format!("{name} is not in Assets.xcassets"))
            .collect(),
    );

    let code = "Image(\"bell\"); Color(\"Night\"); Image(systemName: \"bell\")";
    let found = pictures(&Source::new("a.swift", code));
    assert_eq!(found, ["bell.imageset", "Night.colorset"]);
}

/// The pictures and colours that a file names, as the catalog's folders.
fn pictures(source: &Source) -> Vec<String> {
    let calls = source.calls().into_iter();
    calls
        .filter_map(|call| {
            let kind = match call.name {
                "Color" => "colorset",
                "Image" => "imageset",
                _ => return None,
            };
            let name = call.argument(None)?;
            let is_literal = name.kind() == "line_string_literal";
            is_literal.then(|| format!("{}.{kind}", source.text(name).trim_matches('"')))
        })
        .collect()
}

/// The colour that the launch screen has.
fn launch_colour(info: &str) -> String {
    let info: plist::Dictionary = plist::from_bytes(info.as_bytes()).expect("a plist");
    let screen = info["UILaunchScreen"]
        .as_dictionary()
        .expect("a dictionary");
    format!(
        "{}.colorset",
        screen["UIColorName"].as_string().expect("a name")
    )
}

#[test]
fn the_two_phones_have_one_name_and_extensions_are_below_it() {
    let project = Project::of_ios();
    none(strange_ids(&project));
    let android = read(&root().join("android/app/build.gradle.kts"));
    assert_eq!(
        project.setting("Tocsin", "PRODUCT_BUNDLE_IDENTIFIER"),
        quoted(&android, "applicationId")
    );
}

#[test]
fn the_app_and_its_packages_are_for_the_same_phones_and_of_the_same_language() {
    let project = Project::of_ios();
    let phones = &project.options.deployment_target["iOS"];
    let platform = format!(".iOS(.v{})", phones.trim_end_matches(".0"));
    let language = project.settings["SWIFT_VERSION"].as_str().expect("quoted");
    for package in project.packages.values() {
        let manifest = read(&ios().join(&package.path).join("Package.swift"));
        assert!(
            manifest.contains(&platform),
            "{}: not {platform}",
            package.path
        );
        let tools = manifest.lines().next().expect("a line");
        assert_eq!(
            tools,
            format!("// swift-tools-version: {language}"),
            "{}",
            package.path
        );
    }
}

#[test]
fn the_apps_version_is_the_cores() {
    let version = &Project::of_ios().settings["MARKETING_VERSION"];
    let workspace = read(&root().join("Cargo.toml"));
    assert_eq!(version, quoted(&workspace, "version"));
}

#[test]
fn the_guide_names_the_xcodegen_that_the_project_asks_for() {
    let guide = read(&root().join("docs/ios.md"));
    let version = Project::of_ios().options.xcode_gen;
    assert!(
        guide.contains(&format!("XcodeGen {version}")),
        "docs/ios.md does not say {version}"
    );
}

const PLANTED: &str = r#"
options: { minimumXcodeGenVersion: 2.45.4, deploymentTarget: { iOS: "17.0" } }
configFiles: { Debug: Nowhere.xcconfig }
settings: {}
packages: { TocsinKit: { path: TocsinKit } }
targets:
  Tocsin:
    sources: [Nowhere]
    settings:
      PRODUCT_BUNDLE_IDENTIFIER: $(ID)
      INFOPLIST_FILE: Widgets/Info.plist
      CODE_SIGN_ENTITLEMENTS: Widgets/Nowhere.entitlements
    dependencies: [{ package: Nowhere }, { target: Nowhere }]
  Widgets:
    sources: [{ path: Shared, excludes: [Siri] }]
    settings:
      PRODUCT_BUNDLE_IDENTIFIER: org.example.widgets
      INFOPLIST_FILE: Widgets/Info.plist
      CODE_SIGN_ENTITLEMENTS: Widgets/Widgets.entitlements
    dependencies: [{ package: TocsinKit, product: Nowhere }]
schemes: { Tocsin: { test: { targets: [{ package: TocsinKit/Nowhere }] } } }
"#;

#[test]
fn what_a_project_names_in_vain_is_found() {
    let project = Project::new(PLANTED, "ID = dev.example\n#include? \"Team.xcconfig\"");
    let found = missing(&project);
    assert_eq!(found.len(), 7, "{found:#?}");
    assert_eq!(
        strange_ids(&project),
        ["org.example.widgets is not below dev.example"]
    );
}

#[test]
fn what_is_excluded_from_a_target_is_not_compiled_into_it() {
    let project = Project::new(PLANTED, "ID = dev.example");
    let compiled = project.files("Widgets");
    assert!(compiled.contains(&ios().join("Shared/AppGroup.swift")));
    assert!(!compiled.contains(&ios().join("Shared/Siri/CheckInIntent.swift")));
}
