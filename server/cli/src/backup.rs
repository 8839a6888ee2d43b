//! `tocsin backup` and `tocsin restore`.

use tocsin_server::backup::{self, BackupError, Checked};

use crate::cli::BackupArgs;
use crate::failure::Failure;
use crate::out;

/// Copies.
///
/// # Errors
/// When there is no copy now.
pub fn backup(args: &BackupArgs) -> Result<(), Failure> {
    let checked = backup::backup(&args.data, &args.file).map_err(failure)?;
    say(&checked, &format!("{} holds", args.file.display()));
    Ok(())
}

/// Puts a copy back.
///
/// # Errors
/// When nothing was replaced.
pub fn restore(args: &BackupArgs) -> Result<(), Failure> {
    let (checked, kept) = backup::restore(&args.file, &args.data).map_err(failure)?;
    say(&checked, "restored:");
    if let Some(kept) = kept {
        out::line(format_args!("what was there is now {}", kept.display()));
    }
    Ok(())
}

fn say(checked: &Checked, what: &str) {
    out::line(format_args!(
        "{what} {} log entries; the audit log's head is {}",
        checked.last_seq, checked.audit
    ));
}

/// What must change first, and what may work the next time.
fn failure(error: BackupError) -> Failure {
    match error {
        BackupError::Io { .. } => Failure::failed(error.to_string()),
        BackupError::Store { .. }
        | BackupError::Audit { .. }
        | BackupError::Exists(_)
        | BackupError::InUse(_) => Failure::refused(error.to_string()),
    }
}
