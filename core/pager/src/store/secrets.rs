//! Where the device's token and keys are kept.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tocsin_seal::DeviceKeys;

use crate::net::Token;

/// Why a secret could not be kept or found.
#[derive(Debug, thiserror::Error)]
#[error("device secrets: {reason}")]
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

    /// Keeps the keys that pushes are sealed to, in place of those it may have.
    ///
    /// # Errors
    /// [`SecretError`] when the safe failed.
    fn keep_keys(&self, keys: &DeviceKeys) -> Result<(), SecretError>;

    /// The keys; `None` when there are none.
    ///
    /// # Errors
    /// [`SecretError`] when the safe failed, or holds something else.
    fn keys(&self) -> Result<Option<DeviceKeys>, SecretError>;
}

/// Files that only their owner can read, for the desk pager: desks without a session keyring are
/// common, and whoever can read the owner's files can read a keyring that is unlocked, too.
#[derive(Debug, Clone)]
pub struct TokenFile {
    path: PathBuf,
    keys: PathBuf,
}

impl TokenFile {
    /// A token in this file, and the keys in one beside it that ends in `.keys`. They need not be
    /// there yet.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        let keys = path.with_extension("keys");
        Self { path, keys }
    }
}

impl Secrets for TokenFile {
    fn keep(&self, token: &Token) -> Result<(), SecretError> {
        Ok(replace(&self.path, token.reveal())?)
    }

    fn token(&self) -> Result<Option<Token>, SecretError> {
        Ok(text_of(&self.path)?.map(|text| Token::new(text.trim())))
    }

    fn keep_keys(&self, keys: &DeviceKeys) -> Result<(), SecretError> {
        Ok(replace(&self.keys, &hex::encode(keys.secret()))?)
    }

    fn keys(&self) -> Result<Option<DeviceKeys>, SecretError> {
        let Some(text) = text_of(&self.keys)? else {
            return Ok(None);
        };
        let mut secret = [0; 32];
        hex::decode_to_slice(text.trim(), &mut secret).map_err(|error| SecretError {
            reason: format!(
                "{}: expected 64 hexadecimal digits ({error}); move the file away, new keys are \
                 made then",
                self.keys.display()
            ),
        })?;
        Ok(Some(DeviceKeys::new(secret)))
    }
}

/// Writes a private text so that after a crash the old or the new one is there, whole.
pub fn replace(path: &Path, secret: &str) -> io::Result<()> {
    let fresh = path.with_extension("new");
    // A leftover may belong to anybody.
    match fs::remove_file(&fresh) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = private().create_new(true).open(&fresh)?;
    file.write_all(secret.as_bytes())?;
    file.sync_all()?;
    fs::rename(&fresh, path)?;
    #[cfg(unix)] // Elsewhere a folder cannot be opened, and renames are on disk at once.
    if let Some(folder) = path.parent().filter(|path| !path.as_os_str().is_empty()) {
        fs::File::open(folder)?.sync_all()?;
    }
    Ok(())
}

fn text_of(path: &Path) -> io::Result<Option<String>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
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
