//! The iOS app's files, checked as data: there is no Xcode here, and a mistake that only Xcode or a phone at
//! night would find is found here instead.
//!
//! `swift` reads Swift by its grammar. On it stand `safety` (what crashes, and what an extension may not touch),
//! `words` (every text is looked up in a String Catalog, which `catalog` reads and checks, and `twin` compares
//! with Android's texts), `facts` (Info.plist, entitlements and privacy manifest have what the code relies on)
//! and `border` (names that Swift, the core and the server must say alike). `project` reads project.yml and what
//! it names. Each check is a function from files to findings, finds nothing in the files as they are, and has a
//! test that it finds a mistake planted in a string.

mod border;
mod catalog;
mod facts;
mod project;
mod safety;
mod swift;
mod twin;
mod words;

use std::path::{Path, PathBuf};

/// `ios/`.
fn ios() -> PathBuf {
    root().join("ios")
}

/// The repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The text of a file of the repository.
fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every file below a folder, in order; not what tools make there.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let entries =
        std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for entry in entries {
        let path = entry.expect("a folder that can be read").path();
        if !path.is_dir() {
            found.push(path);
        } else if !path.ends_with(".build") && !path.ends_with("TocsinCore/Sources") {
            found.extend(files(&path));
        }
    }
    found.sort();
    found
}

/// Fails with every finding, if there are any.
#[track_caller]
fn none(findings: Vec<String>) {
    assert!(findings.is_empty(), "\n{}\n", findings.join("\n"));
}
