//! Copies of the database: made while the server runs, and put back while it does not.
//!
//! A backup is one read of one moment beside the writer, which never waits for it; it has every
//! ticket that was answered before it began. It is made on the server's machine, where the file is:
//! whoever can make one could as well read the database, so no right of the API is about it.
//! Restoring checks first and replaces last, and keeps what was there.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use crate::audit::{Broken, Head};
use crate::serve::DATABASE;
use crate::store::{Reader, SqliteReader, SqliteStore, StoreError};

/// Held as long as somebody works with the data folder.
const LOCK: &str = "tocsin.lock";

/// What SQLite keeps a write-ahead log in, beside a database.
const LOG_ENDS: [&str; 2] = ["-wal", "-shm"];

/// Audit entries that are read at a time.
const ENTRIES: usize = 1000;

/// Why a copy was not made or not put back.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// A file.
    #[error("{what}: {error}")]
    Io {
        /// Which.
        what: String,
        /// What the operating system said.
        error: io::Error,
    },
    /// A database.
    #[error("{}: {error}", .file.display())]
    Store {
        /// Which.
        file: PathBuf,
        /// What is wrong with it.
        error: StoreError,
    },
    /// Its audit log.
    #[error("{}: {error}", .file.display())]
    Audit {
        /// Which.
        file: PathBuf,
        /// What is wrong with it.
        error: Broken,
    },
    /// There is something already.
    #[error("{} is there already; name a new file", .0.display())]
    Exists(PathBuf),
    /// Somebody works with the data folder.
    #[error("a server is using {}; stop it first", .0.display())]
    InUse(PathBuf),
}

/// What is in a database that was checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checked {
    /// Its last log entry.
    pub last_seq: u64,
    /// The end of its audit log.
    pub audit: Head,
}

/// Whoever holds it is the only one to work with a data folder. It ends with the process, however
/// that ends.
#[derive(Debug)]
pub struct DataLock(#[expect(dead_code, reason = "held, not used")] File);

impl DataLock {
    /// Takes it.
    ///
    /// # Errors
    /// [`BackupError::InUse`] when somebody has it.
    pub fn take(data: &Path) -> Result<Self, BackupError> {
        let path = data.join(LOCK);
        let file = File::options()
            .create(true)
            .write(true)
            .truncate(false)
            .open(&path)
            .map_err(io(&path))?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => Err(BackupError::InUse(data.to_owned())),
            Err(TryLockError::Error(error)) => Err(io(&path)(error)),
        }
    }
}

/// Copies the database of a data folder, whose server may be running, to a new file, and checks the
/// copy. When this returns, the copy is on disk.
///
/// # Errors
/// [`BackupError`]; then there is no file.
pub fn backup(data: &Path, to: &Path) -> Result<Checked, BackupError> {
    if to.exists() {
        return Err(BackupError::Exists(to.to_owned()));
    }
    let database = data.join(DATABASE);
    let part = beside(to, ".part");
    discard(&part)?;
    let copied = copy(&database, &part).and_then(|()| check(&part));
    let checked = copied.inspect_err(|_| {
        // What is wrong is said; half a copy is of no use.
        let _ = discard(&part);
    })?;
    rename(&part, to)?;
    Ok(checked)
}

/// Copies one moment of a database to a file that is not there.
fn copy(database: &Path, to: &Path) -> Result<(), BackupError> {
    let reader = SqliteReader::of_file(database).map_err(store(database))?;
    create_private(to)?;
    reader.copy_to(to).map_err(store(database))?;
    sync(to)
}

/// Whether a database is whole, of a version that this one can use, and its audit log unbroken.
///
/// # Errors
/// [`BackupError`] with what is wrong.
pub fn check(database: &Path) -> Result<Checked, BackupError> {
    let reader = SqliteReader::of_file(database).map_err(store(database))?;
    reader.check_integrity().map_err(store(database))?;
    Ok(Checked {
        last_seq: reader.last_seq().map_err(store(database))?,
        audit: verify_audit(database, &reader)?,
    })
}

/// Follows the whole audit log of a database, which a server may be using.
///
/// # Errors
/// [`BackupError::Audit`] with the first broken entry.
pub fn audit_head(database: &Path) -> Result<Head, BackupError> {
    let reader = SqliteReader::of_file(database).map_err(store(database))?;
    verify_audit(database, &reader)
}

fn verify_audit(database: &Path, reader: &SqliteReader) -> Result<Head, BackupError> {
    let mut head = Head::START;
    loop {
        let entries = reader.audit_after(head.number, ENTRIES);
        let entries = entries.map_err(store(database))?;
        if entries.is_empty() {
            return Ok(head);
        }
        for entry in &entries {
            head = head.follow(entry).map_err(|error| BackupError::Audit {
                file: database.to_owned(),
                error,
            })?;
        }
    }
}

/// Puts a backup in the place of a data folder's database. The one that was there, if any, stays
/// beside it; where it is is returned.
///
/// # Errors
/// [`BackupError`]; then the folder is as it was.
pub fn restore(from: &Path, data: &Path) -> Result<(Checked, Option<PathBuf>), BackupError> {
    std::fs::create_dir_all(data).map_err(io(data))?;
    let lock = DataLock::take(data)?;
    // The check is of the very copy that is put in place.
    let database = data.join(DATABASE);
    let part = beside(&database, ".part");
    discard(&part)?;
    let copied = std::fs::copy(from, &part)
        .map_err(io(from))
        .and_then(|_| SqliteStore::upgrade(&part).map_err(store(from)))
        .and_then(|()| sync(&part))
        .and_then(|()| check(&part));
    let checked = copied.inspect_err(|_| {
        let _ = discard(&part);
    })?;
    let kept = put_aside(&database)?;
    // Reading it has left an empty log behind.
    LOG_ENDS
        .iter()
        .try_for_each(|end| remove(&beside(&part, end)))?;
    rename(&part, &database)?;
    drop(lock);
    Ok((checked, kept))
}

/// Gives the database a second name, under which it stays. Its write-ahead log, if its last server
/// left one, goes there too: it must not be taken for the new one's.
fn put_aside(database: &Path) -> Result<Option<PathBuf>, BackupError> {
    if !database.exists() {
        return Ok(None);
    }
    // Opening and closing it ends its log, unless it is broken, which may be why it is replaced.
    let _ = SqliteStore::open(database);
    let kept = (1..)
        .map(|number| beside(database, &format!(".replaced-{number}")))
        .find(|place| !place.exists())
        .unwrap_or_else(|| unreachable!("there are more numbers than files"));
    for end in LOG_ENDS {
        let log = beside(database, end);
        if log.exists() {
            rename(&log, &beside(&kept, end))?;
        }
    }
    std::fs::hard_link(database, &kept).map_err(io(&kept))?;
    Ok(Some(kept))
}

/// An empty file that only its owner may read: the copy has the server's secrets in it.
fn create_private(path: &Path) -> Result<(), BackupError> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop).map_err(io(path))
}

fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

/// Removes a database, if there is one.
fn discard(database: &Path) -> Result<(), BackupError> {
    remove(database)?;
    LOG_ENDS
        .iter()
        .try_for_each(|end| remove(&beside(database, end)))
}

fn remove(path: &Path) -> Result<(), BackupError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(io(path)(error)),
        _ => Ok(()),
    }
}

fn sync(path: &Path) -> Result<(), BackupError> {
    File::open(path)
        .and_then(|file| file.sync_all())
        .map_err(io(path))
}

/// Renames a file for good: the folder is on disk, too.
fn rename(from: &Path, to: &Path) -> Result<(), BackupError> {
    std::fs::rename(from, to).map_err(io(to))?;
    let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty());
    sync(folder.unwrap_or_else(|| Path::new(".")))
}

fn io(path: &Path) -> impl FnOnce(io::Error) -> BackupError {
    let what = path.display().to_string();
    move |error| BackupError::Io { what, error }
}

fn store(file: &Path) -> impl FnOnce(StoreError) -> BackupError {
    let file = file.to_owned();
    move |error| BackupError::Store { file, error }
}
