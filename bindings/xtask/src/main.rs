//! `cargo xtask`: what the phones' builds need of the Rust side.
//!
//! `bindings kotlin|swift` builds `tocsin-ffi` and writes the other language's side of it;
//! `bindings interface` writes `bindings/ffi/interface.txt`, the border as a reader sees it, so that a
//! change of it is seen in review; `--check` fails instead when the file is not up to date.
//!
//! `sound` writes the sounds that an iOS bundle holds.

mod interface;
mod sound;

use std::error::Error;
use std::process::{Command, ExitCode};

use camino::{Utf8Path, Utf8PathBuf};
use clap::{Parser, Subcommand};
use uniffi_bindgen::bindings::{
    GenerateOptions, SwiftBindingsOptions, TargetLanguage, generate, generate_swift_bindings,
};

/// The snapshot, from the workspace's root.
const SNAPSHOT: &str = "bindings/ffi/interface.txt";

/// The C module that the generated Swift imports: `ffi_module_name` of `bindings/ffi/uniffi.toml`.
const SWIFT_FFI_MODULE: &str = "TocsinCoreFFI";

/// What the phones' builds need of the Rust side.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask")]
enum Task {
    /// The other languages' side of tocsin-ffi.
    Bindings {
        /// The library as it was built; without it, it is built first.
        #[arg(long, global = true)]
        library: Option<Utf8PathBuf>,
        #[command(subcommand)]
        what: Bindings,
    },
    /// The siren as the files that iOS plays by itself.
    Sound {
        /// Where to write them.
        #[arg(long)]
        out: Utf8PathBuf,
    },
}

#[derive(Debug, Subcommand)]
enum Bindings {
    /// The Kotlin file, in the folders of its package.
    Kotlin {
        /// Where to write it.
        #[arg(long)]
        out: Utf8PathBuf,
    },
    /// The Swift file, the C header and the module map.
    Swift {
        /// Where to write them.
        #[arg(long)]
        out: Utf8PathBuf,
    },
    /// The snapshot of the border.
    Interface {
        /// Fail when the snapshot is not up to date, and write nothing.
        #[arg(long)]
        check: bool,
    },
}

fn main() -> ExitCode {
    match run(&Task::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln_error(error.as_ref());
            ExitCode::FAILURE
        }
    }
}

fn run(task: &Task) -> Result<(), Box<dyn Error>> {
    match task {
        Task::Bindings { library, what } => bindings(library.as_deref(), what),
        Task::Sound { out } => Ok(sound::write(out)?),
    }
}

fn bindings(library: Option<&Utf8Path>, what: &Bindings) -> Result<(), Box<dyn Error>> {
    let root = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let library = match library {
        Some(library) => library.to_owned(),
        None => build(&root)?,
    };
    match what {
        Bindings::Kotlin { out } => generate(GenerateOptions {
            languages: vec![TargetLanguage::Kotlin],
            source: library,
            out_dir: out.clone(),
            ..GenerateOptions::default()
        })?,
        Bindings::Swift { out } => generate_swift_bindings(SwiftBindingsOptions {
            generate_swift_sources: true,
            generate_headers: true,
            generate_modulemap: true,
            source: library,
            out_dir: out.clone(),
            xcframework: false,
            module_name: Some(SWIFT_FFI_MODULE.to_owned()),
            modulemap_filename: Some("module.modulemap".to_owned()),
            metadata_no_deps: false,
            link_frameworks: Vec::new(),
            config: None,
        })?,
        Bindings::Interface { check } => {
            let (file, text) = (root.join(SNAPSHOT), interface::describe(&library)?);
            if *check && std::fs::read_to_string(&file)? != text {
                return Err(format!(
                    "{SNAPSHOT} is not what tocsin-ffi exports; run `cargo xtask bindings \
                     interface` and review the difference"
                )
                .into());
            }
            if !check {
                std::fs::write(&file, text)?;
            }
        }
    }
    Ok(())
}

/// Builds the library that describes itself, and returns where it is.
fn build(root: &Utf8Path) -> Result<Utf8PathBuf, Box<dyn Error>> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let built = Command::new(cargo)
        .args(["build", "--quiet", "--locked", "--package", "tocsin-ffi"])
        .current_dir(root)
        .status()?;
    if !built.success() {
        return Err("tocsin-ffi does not build; see above".into());
    }
    let target = std::env::var("CARGO_TARGET_DIR").map_or_else(
        |_| root.join("target"),
        |folder| root.join(Utf8PathBuf::from(folder)),
    );
    let (prefix, suffix) = (std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    Ok(target.join(format!("debug/{prefix}tocsin_ffi{suffix}")))
}

#[allow(clippy::print_stderr)] // A program for the terminal of whoever builds.
fn eprintln_error(error: &dyn Error) {
    eprintln!("{error}");
}
