//! Versions of the app, to tell an old one.

use core::fmt;
use core::str::FromStr;

/// A version of the app: numbers between dots, compared from the left, missing ones being 0. What
/// follows a `-` or `+` (a pre-release, a build) does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AppVersion([u32; 3]);

/// The text is not a version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("app version: expected one to three numbers between dots such as \"1.4.2\", got {0:?}")]
pub struct ParseAppVersionError(String);

impl FromStr for AppVersion {
    type Err = ParseAppVersionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refused = || ParseAppVersionError(text.to_owned());
        let numbers = text.split(['-', '+']).next().unwrap_or_default();
        let mut version = [0; 3];
        for (place, number) in numbers.split('.').enumerate() {
            *version.get_mut(place).ok_or_else(refused)? = number.parse().map_err(|_| refused())?;
        }
        Ok(Self(version))
    }
}

impl fmt::Display for AppVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch] = self.0;
        write!(f, "{major}.{minor}.{patch}")
    }
}
