//! What the code uses must be said in Info.plist, entitlements or privacy manifest. Nothing of that is seen by a
//! compiler: the app is ended when it opens the camera, or is never paged.

use std::collections::BTreeSet;
use std::path::Path;

use plist::{Dictionary, Value};

use crate::catalog::catalogs;
use crate::project::Project;
use crate::swift::{Source, sources};
use crate::{ios, none, read};

/// What must be said because of a name in the code.
#[derive(Debug, Clone, Copy)]
enum Need {
    /// A key of Info.plist, which is not empty.
    Info(&'static str),
    /// One of `UIBackgroundModes`.
    Mode(&'static str),
    /// A scheme of `CFBundleURLTypes`.
    Scheme(&'static str),
    /// A key of the entitlements.
    Entitlement(&'static str),
    /// A category of the privacy manifest, and one of its reasons.
    Privacy(&'static str, &'static str),
}
use Need::{Entitlement, Info, Mode, Privacy, Scheme};

/// A name in the code, and what it needs in the bundle of the target that has it
/// (<https://developer.apple.com/documentation/bundleresources>).
const NEEDS: [(&str, Need); 26] = [
    ("AVCaptureDevice", Info("NSCameraUsageDescription")),
    ("AVCaptureSession", Info("NSCameraUsageDescription")),
    ("AlarmManager", Info("NSAlarmKitUsageDescription")),
    ("LAContext", Info("NSFaceIDUsageDescription")),
    (
        "CLLocationManager",
        Info("NSLocationWhenInUseUsageDescription"),
    ),
    (
        "CBCentralManager",
        Info("NSBluetoothAlwaysUsageDescription"),
    ),
    (
        "requestRecordPermission",
        Info("NSMicrophoneUsageDescription"),
    ),
    ("PHPhotoLibrary", Info("NSPhotoLibraryUsageDescription")),
    ("ATTrackingManager", Info("NSUserTrackingUsageDescription")),
    ("UNNotificationServiceExtension", Info("NSExtension")),
    ("WidgetBundle", Info("NSExtension")),
    (
        "BGTaskScheduler",
        Info("BGTaskSchedulerPermittedIdentifiers"),
    ),
    // The system asks before a socket may reach a server in the office's own network.
    ("Pager", Info("NSLocalNetworkUsageDescription")),
    ("Activity", Info("NSSupportsLiveActivities")),
    ("AppGroup", Info("AppGroup")),
    (
        "AppGroup",
        Entitlement("com.apple.security.application-groups"),
    ),
    ("AVAudioSession", Mode("audio")),
    ("didReceiveRemoteNotification", Mode("remote-notification")),
    (
        "registerForRemoteNotifications",
        Entitlement("aps-environment"),
    ),
    (
        "timeSensitiveSetting",
        Entitlement("com.apple.developer.usernotifications.time-sensitive"),
    ),
    ("onOpenURL", Scheme("tocsin")),
    (
        "UserDefaults",
        Privacy("NSPrivacyAccessedAPICategoryUserDefaults", "1C8F.1"),
    ),
    (
        "systemUptime",
        Privacy("NSPrivacyAccessedAPICategorySystemBootTime", "35F9.1"),
    ),
    // The core itself calls `fstat`, `mach_absolute_time`, and by its SQLite `fstatfs`.
    (
        "TocsinCore",
        Privacy("NSPrivacyAccessedAPICategoryFileTimestamp", "C617.1"),
    ),
    (
        "TocsinCore",
        Privacy("NSPrivacyAccessedAPICategorySystemBootTime", "35F9.1"),
    ),
    (
        "TocsinCore",
        Privacy("NSPrivacyAccessedAPICategoryDiskSpace", "E174.1"),
    ),
];

/// What Apple has to grant before it can be signed: in one of the app's two entitlements and not in the other.
const CRITICAL: &str = "com.apple.developer.usernotifications.critical-alerts";

/// A target, as it is checked.
struct Bundle {
    name: String,
    code: Vec<Source>,
    info: Dictionary,
    entitlements: Dictionary,
    privacy: Dictionary,
}

impl Bundle {
    fn mentions(&self, name: &str) -> bool {
        self.code.iter().any(|source| source.mentions(name))
    }

    fn has(&self, need: Need) -> bool {
        let full = |dictionary: &Dictionary, key| dictionary.get(key).is_some_and(is_full);
        match need {
            Info(key) => full(&self.info, key),
            Entitlement(key) => full(&self.entitlements, key),
            Mode(mode) => texts(self.info.get("UIBackgroundModes")).any(|found| found == mode),
            Scheme(scheme) => dictionaries(self.info.get("CFBundleURLTypes"))
                .any(|kind| texts(kind.get("CFBundleURLSchemes")).any(|found| found == scheme)),
            Privacy(category, reason) => {
                dictionaries(self.privacy.get("NSPrivacyAccessedAPITypes")).any(|kind| {
                    text(kind, "NSPrivacyAccessedAPIType") == Some(category)
                        && texts(kind.get("NSPrivacyAccessedAPITypeReasons"))
                            .any(|found| found == reason)
                })
            }
        }
    }
}

fn is_full(value: &Value) -> bool {
    match value {
        Value::String(text) => !text.trim().is_empty(),
        Value::Array(values) => !values.is_empty(),
        Value::Boolean(value) => *value,
        _ => true,
    }
}

fn text<'a>(dictionary: &'a Dictionary, key: &str) -> Option<&'a str> {
    dictionary.get(key).and_then(Value::as_string)
}

fn texts(list: Option<&Value>) -> impl Iterator<Item = &str> {
    list.and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_string)
}

fn dictionaries(list: Option<&Value>) -> impl Iterator<Item = &Dictionary> {
    list.and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_dictionary)
}

fn dictionary(path: &Path) -> Dictionary {
    plist::from_file(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The targets as they are.
fn bundles() -> Vec<Bundle> {
    let project = Project::of_ios();
    let targets = project.targets();
    targets
        .map(|name| Bundle {
            name: name.to_owned(),
            code: project.swift(name),
            info: dictionary(&project.info(name)),
            entitlements: dictionary(&project.entitlements(name)),
            privacy: project
                .files(name)
                .iter()
                .find(|file| file.ends_with("PrivacyInfo.xcprivacy"))
                .map(|file| dictionary(file))
                .unwrap_or_default(),
        })
        .collect()
}

/// What a bundle does not say though its code needs it.
fn lacking(bundle: &Bundle) -> Vec<String> {
    let needed = NEEDS
        .iter()
        .filter(|(name, need)| bundle.mentions(name) && !bundle.has(*need));
    needed
        .map(|(name, need)| format!("{}: {name} needs {need:?}", bundle.name))
        .collect()
}

/// What a bundle asks people for, and its code does not use: Apple's review asks why.
fn needless(bundle: &Bundle) -> Vec<String> {
    let asked = usage(&bundle.info).filter(|key| {
        let by = |(name, need): &(&str, Need)| {
            matches!(need, Info(of) if of == key) && bundle.mentions(name)
        };
        !NEEDS.iter().any(by)
    });
    asked
        .map(|key| format!("{}: nothing uses {key}", bundle.name))
        .collect()
}

/// The keys under which the system tells people what something is for.
fn usage(info: &Dictionary) -> impl Iterator<Item = &str> {
    info.keys()
        .map(String::as_str)
        .filter(|key| key.ends_with("UsageDescription"))
}

/// Where a bundle's name for the App Group is not the one that `AppGroup.swift` reads.
fn strange_groups(bundle: &Bundle) -> Vec<String> {
    let Some(read) = text(&bundle.info, "AppGroup") else {
        return vec![format!("{}: no AppGroup in Info.plist", bundle.name)];
    };
    let groups: Vec<_> = texts(
        bundle
            .entitlements
            .get("com.apple.security.application-groups"),
    )
    .collect();
    if groups == [read] && read == "group.$(TOCSIN_BUNDLE_ID)" {
        Vec::new()
    } else {
        vec![format!("{}: reads {read}, is in {groups:?}", bundle.name)]
    }
}

/// A kind of extension, and the class that the system makes for it where it makes one by name.
type Extension = (String, Option<String>);

/// What makes an extension in the code, what the system calls it, and whether it makes it by its name
/// (<https://developer.apple.com/documentation/bundleresources/information-property-list/nsextension>).
const EXTENSIONS: [(&str, &str, bool); 2] = [
    (
        "UNNotificationServiceExtension",
        "com.apple.usernotifications.service",
        true,
    ),
    ("WidgetBundle", "com.apple.widgetkit-extension", false),
];

/// The extensions that a bundle's code has.
fn coded(bundle: &Bundle) -> Vec<Extension> {
    let mut found = Vec::new();
    for source in &bundle.code {
        for node in source.of_kind("inheritance_specifier") {
            let base = source.text(node);
            let kind = EXTENSIONS.iter().find(|(name, ..)| *name == base);
            let class = node.parent().and_then(|it| it.child_by_field_name("name"));
            if let (Some((_, point, by_name)), Some(class)) = (kind, class) {
                let class = format!("$(PRODUCT_MODULE_NAME).{}", source.text(class));
                found.push((point.to_string(), by_name.then_some(class)));
            }
        }
    }
    found
}

/// The extensions that a bundle's Info.plist tells the system of.
fn told(bundle: &Bundle) -> Vec<Extension> {
    let told = bundle
        .info
        .get("NSExtension")
        .and_then(Value::as_dictionary);
    let said = |key| told.and_then(|it| text(it, key)).map(str::to_owned);
    let point = said("NSExtensionPointIdentifier").into_iter();
    point
        .map(|point| (point, said("NSExtensionPrincipalClass")))
        .collect()
}

/// Where the system would start another extension than the code has, or none.
fn strange_extensions(bundle: &Bundle) -> Vec<String> {
    let (coded, told) = (coded(bundle), told(bundle));
    if coded == told {
        Vec::new()
    } else {
        vec![format!("{}: has {coded:?}, says {told:?}", bundle.name)]
    }
}

/// What a phone that is locked at night needs of what is kept and shown, and what a lost one must not give away:
/// secrets and files open after the first unlock, not only while it is unlocked; they stay on this phone; and a
/// button works without unlocking.
fn out_of_reach(source: &Source) -> Vec<String> {
    const SECRETS: &str = "kSecAttrAccessibleAfterFirstUnlockThisDeviceOnly";
    const FILES: &str = "FileProtectionType.completeUntilFirstUserAuthentication";
    let mut findings = Vec::new();
    for node in source.nodes() {
        let text = source.text(node);
        let what = match node.kind() {
            "simple_identifier" => {
                let other = text.starts_with("kSecAttrAccessible") && text != SECRETS;
                (other && text != "kSecAttrAccessible").then_some("when secrets open")
            }
            "navigation_expression" => (text.starts_with("FileProtectionType.") && text != FILES)
                .then_some("when files open"),
            "assignment" => text
                .ends_with("isExcludedFromBackup = false")
                .then_some("a backup"),
            _ => None,
        };
        findings.extend(what.map(|what| source.finding(node, &format!("{what}: {text}"))));
    }
    let backs_up = !source
        .of_kind("assignment")
        .into_iter()
        .any(|node| source.text(node).ends_with("isExcludedFromBackup = true"));
    for call in source.calls() {
        let said = |label| call.argument(Some(label)).map(|node| source.text(node));
        let what = match call.name {
            "SecItemAdd" if !source.mentions(SECRETS) => "nothing says when the secret opens",
            "createDirectory" if !said("attributes").is_some_and(|it| it.contains(FILES)) => {
                "nothing says when its files open"
            }
            "createDirectory" if backs_up => "it is in backups",
            "UNNotificationAction" if said("options").is_some_and(|it| it != "[]") => {
                "a button that asks for more than a tap"
            }
            _ => continue,
        };
        findings.push(source.finding(call.node, what));
    }
    findings
}

/// The keys of InfoPlist.xcstrings that the system reads by itself.
pub fn said_by_the_system() -> Vec<String> {
    let info = dictionary(&Project::of_ios().info("Tocsin"));
    usage(&info).map(str::to_owned).collect()
}

#[test]
fn what_the_code_uses_is_said_in_the_bundle() {
    none(bundles().iter().flat_map(lacking).collect());
}

#[test]
fn nobody_is_asked_for_what_the_code_does_not_use() {
    none(bundles().iter().flat_map(needless).collect());
}

#[test]
fn app_and_extensions_share_one_group() {
    none(bundles().iter().flat_map(strange_groups).collect());
}

#[test]
fn the_system_starts_the_extensions_that_the_code_has() {
    let bundles = bundles();
    assert_eq!(bundles.iter().flat_map(coded).count(), EXTENSIONS.len());
    none(bundles.iter().flat_map(strange_extensions).collect());
}

#[test]
fn a_locked_phone_opens_what_a_page_needs_and_a_backup_has_none_of_it() {
    let mut sources = sources();
    sources.retain(|source| !source.is_test());
    for needed in ["SecItemAdd", "createDirectory", "UNNotificationAction"] {
        let known = sources.iter().any(|source| source.mentions(needed));
        assert!(known, "nothing calls {needed}");
    }
    none(sources.iter().flat_map(out_of_reach).collect());
}

#[test]
fn every_question_of_the_system_has_its_reason_in_both_languages() {
    let catalogs = catalogs();
    let catalog = catalogs
        .iter()
        .find(|catalog| catalog.table == "InfoPlist")
        .expect("it");
    let said: BTreeSet<_> = catalog.keys().map(str::to_owned).collect();
    let silent = said_by_the_system()
        .into_iter()
        .filter(|key| !said.contains(key));
    none(
        silent
            .map(|key| format!("{key} is not in InfoPlist.xcstrings"))
            .collect(),
    );
}

#[test]
fn critical_alerts_are_all_that_the_two_entitlements_of_the_app_differ_in() {
    let without = dictionary(&ios().join("App/App.entitlements"));
    let mut with = dictionary(&ios().join("App/CriticalAlerts.entitlements"));
    assert_eq!(with.remove(CRITICAL), Some(Value::Boolean(true)));
    assert_eq!(with, without);
    let asks = sources()
        .iter()
        .any(|source| source.mentions("criticalAlert"));
    assert!(asks, "nobody asks for critical alerts");
}

#[test]
fn the_app_knows_whether_it_was_signed_for_critical_alerts() {
    let signed = "$(TOCSIN_ENTITLEMENTS)";
    let project = read(&ios().join("project.yml"));
    assert!(project.contains(&format!("CODE_SIGN_ENTITLEMENTS: {signed}")));
    let info = dictionary(&Project::of_ios().info("Tocsin"));
    assert_eq!(text(&info, "Entitlements"), Some(signed));
    let sources = sources();
    let reads = |literal: &str| {
        let mut nodes = sources.iter().flat_map(|source| {
            let literals = source.of_kind("line_string_literal").into_iter();
            literals.map(|node| source.text(node).trim_matches('"'))
        });
        nodes.any(|found| found == literal)
    };
    assert!(reads("Entitlements"), "nobody reads it");
    assert!(reads("CriticalAlerts.entitlements"), "nobody looks for it");
}

/// A target of this code, with these plists.
fn planted(code: &str, info: &str, entitlements: &str) -> Bundle {
    let read = |text: &str| -> Dictionary {
        let text = format!("<plist version=\"1.0\"><dict>{text}</dict></plist>");
        plist::from_bytes(text.as_bytes()).expect("a plist")
    };
    Bundle {
        name: "A".to_owned(),
        code: vec![Source::new("a.swift", code)],
        info: read(info),
        entitlements: read(entitlements),
        privacy: Dictionary::new(),
    }
}

#[test]
fn what_is_used_and_not_said_is_found() {
    let camera = "let a = AVCaptureDevice.default(for: .video)";
    let reason = "<key>NSCameraUsageDescription</key><string>To scan.</string>";
    assert_eq!(lacking(&planted(camera, "", "")).len(), 1);
    let empty = "<key>NSCameraUsageDescription</key><string> </string>";
    assert_eq!(lacking(&planted(camera, empty, "")).len(), 1);
    assert_eq!(lacking(&planted(camera, reason, "")), [""; 0]);
    assert_eq!(needless(&planted("let a = 1", reason, "")).len(), 1);
    assert_eq!(needless(&planted(camera, reason, "")), [""; 0]);

    let push = "func a() { UIApplication.shared.registerForRemoteNotifications() }";
    assert_eq!(lacking(&planted(push, "", "")).len(), 1);
    let entitled = "<key>aps-environment</key><string>development</string>";
    assert_eq!(lacking(&planted(push, "", entitled)), [""; 0]);

    let sound = "let a = AVAudioSession.sharedInstance()";
    let other = "<key>UIBackgroundModes</key><array><string>fetch</string></array>";
    let audio = "<key>UIBackgroundModes</key><array><string>audio</string></array>";
    assert_eq!(lacking(&planted(sound, other, "")).len(), 1);
    assert_eq!(lacking(&planted(sound, audio, "")), [""; 0]);

    let link = "view.onOpenURL { open($0) }";
    let scheme = "<key>CFBundleURLTypes</key><array><dict><key>CFBundleURLSchemes</key>\
                  <array><string>tocsin</string></array></dict></array>";
    assert_eq!(lacking(&planted(link, "", "")).len(), 1);
    assert_eq!(lacking(&planted(link, scheme, "")), [""; 0]);
    assert_eq!(
        lacking(&planted("let a = UserDefaults.standard", "", "")).len(),
        1
    );
}

#[test]
fn a_core_whose_calls_the_privacy_manifest_does_not_explain_is_found() {
    let mut bundle = planted("import TocsinCore", "", "");
    assert_eq!(lacking(&bundle).len(), 3);
    let manifest = |reason: &str| -> Dictionary {
        let text = format!(
            "<plist version=\"1.0\"><dict><key>NSPrivacyAccessedAPITypes</key><array><dict>\
             <key>NSPrivacyAccessedAPIType</key>\
             <string>NSPrivacyAccessedAPICategoryDiskSpace</string>\
             <key>NSPrivacyAccessedAPITypeReasons</key><array><string>{reason}</string></array>\
             </dict></array></dict></plist>"
        );
        plist::from_bytes(text.as_bytes()).expect("a plist")
    };
    bundle.privacy = manifest("85F4.1");
    assert_eq!(
        lacking(&bundle).len(),
        3,
        "it shows nobody how full the disk is"
    );
    bundle.privacy = manifest("E174.1");
    assert_eq!(lacking(&bundle).len(), 2);
}

#[test]
fn an_extension_that_the_system_would_not_start_is_found() {
    let code = "final class A: UNNotificationServiceExtension {}";
    let info = |point: &str, class: &str| {
        format!(
            "<key>NSExtension</key><dict><key>NSExtensionPointIdentifier</key>\
             <string>com.apple.{point}</string><key>NSExtensionPrincipalClass</key>\
             <string>$(PRODUCT_MODULE_NAME).{class}</string></dict>"
        )
    };
    let found = |info: &str| strange_extensions(&planted(code, info, "")).len();
    assert_eq!(found(&info("usernotifications.service", "A")), 0);
    assert_eq!(found(&info("usernotifications.service", "B")), 1);
    assert_eq!(found(&info("usernotifications.content", "A")), 1);
    assert_eq!(found(""), 1);
    let widgets = planted(
        "@main struct A: WidgetBundle {}",
        &info("widgetkit-extension", "A"),
        "",
    );
    assert_eq!(
        strange_extensions(&widgets).len(),
        1,
        "it has no such class"
    );
}

#[test]
fn what_a_locked_phone_would_not_open_or_a_backup_would_give_away_is_found() {
    let adds = |accessible: &str| format!("a[b] = {accessible}; c = SecItemAdd(a, nil)");
    let folder = |protection: &str, excluded: bool| {
        format!(
            "try a.createDirectory(at: b, attributes: [.protectionKey: FileProtectionType.{protection}]); \
             c.isExcludedFromBackup = {excluded}"
        )
    };
    let first_unlock = "completeUntilFirstUserAuthentication";
    for (swift, found) in [
        (adds("kSecAttrAccessibleAfterFirstUnlockThisDeviceOnly"), 0),
        (adds("kSecAttrAccessibleWhenUnlocked"), 2),
        (adds("b"), 1),
        (folder(first_unlock, true), 0),
        (folder(first_unlock, false), 2),
        (folder("complete", true), 2),
        ("try a.createDirectory(at: b)".to_owned(), 1),
        (
            "UNNotificationAction(identifier: a, title: b, options: [])".to_owned(),
            0,
        ),
        (
            "UNNotificationAction(identifier: a, title: b, options: [.foreground])".to_owned(),
            1,
        ),
    ] {
        let findings = out_of_reach(&Source::new("a.swift", &swift));
        assert_eq!(findings.len(), found, "{swift}: {findings:?}");
    }
}

#[test]
fn a_bundle_outside_the_group_is_found() {
    let read = "<key>AppGroup</key><string>group.$(TOCSIN_BUNDLE_ID)</string>";
    let group = "<key>com.apple.security.application-groups</key><array><string>";
    let own = format!("{group}group.$(TOCSIN_BUNDLE_ID)</string></array>");
    let other = format!("{group}group.org.example</string></array>");
    assert_eq!(strange_groups(&planted("", read, &own)), [""; 0]);
    assert_eq!(strange_groups(&planted("", read, &other)).len(), 1);
    assert_eq!(strange_groups(&planted("", "", &own)).len(), 1);
}
