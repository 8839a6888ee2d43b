//! Where the device's token is kept.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::net::Token;

/// Why a secret could not be kept or found.
#[derive(Debug, thiserror::Error)]
#[error("device token: {reason}")]
pub struct SecretError {
    /// What the safe said, and what to do.
    pub reason: String,
}

impl From<io::Error> for SecretError {
    fn from(error: io::Error) -> Self {
        Self {
            reason: format!("{error}; check the folder's permissions"),
        }
    }
}

/// The device's safe: the Keystore on Android, the Keychain on iOS, a private file on a desk.
pub trait Secrets: Send + Sync {
    /// Keeps the token, in place of one it may have.
    ///
    /// # Errors
    /// [`SecretError`] when the safe failed.
    fn keep(&self, token: &Token) -> Result<(), SecretError>;

    /// The token; `None` when there is none.
    ///
    /// # Errors
    /// [`SecretError`] when the safe failed.
    fn token(&self) -> Result<Option<Token>, SecretError>;
}

/// A file that only its owner can read, for the desk pager: desks without a session keyring are
/// common, and whoever can read the owner's files can read a keyring that is unlocked, too.
#[derive(Debug, Clone)]
pub struct TokenFile {
    path: PathBuf,
}

impl TokenFile {
    /// A token in this file, which need not be there yet.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }
}

impl Secrets for TokenFile {
    fn keep(&self, token: &Token) -> Result<(), SecretError> {
        let fresh = self.path.with_extension("new");
        // A leftover may belong to anybody.
        match fs::remove_file(&fresh) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
        let mut file = private().create_new(true).open(&fresh)?;
        file.write_all(token.reveal().as_bytes())?;
        file.sync_all()?;
        fs::rename(&fresh, &self.path)?;
        #[cfg(unix)] // Elsewhere a folder cannot be opened, and renames are on disk at once.
        if let Some(folder) = self
            .path
            .parent()
            .filter(|path| !path.as_os_str().is_empty())
        {
            fs::File::open(folder)?.sync_all()?;
        }
        Ok(())
    }

    fn token(&self) -> Result<Option<Token>, SecretError> {
        match fs::read_to_string(&self.path) {
            Ok(text) => Ok(Some(Token::new(text.trim()))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

/// Makes sure that the file exists; SQLite gives its companions the same permissions.
pub fn touch_private(path: &Path) -> io::Result<()> {
    private().create(true).append(true).open(path).map(|_| ())
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}
