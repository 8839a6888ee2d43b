//! What is wrong with a configuration, in words that lead to the mending.

use core::fmt;

/// One problem of a configuration file.
///
/// Written `12:9: teams.shop.manager: expected …, got …; …`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
#[error("{line}:{column}: {}{message}", separated(path))]
pub struct ConfigError {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// Which field, such as `teams.shop.rota.members[2]`; empty for the file as a whole. An item is
    /// named by its id where that is known and by its place in the list, from 0, otherwise.
    pub path: String,
    /// What was expected, what was there instead, and what to do.
    pub message: String,
}

fn separated(path: &str) -> String {
    if path.is_empty() {
        String::new()
    } else {
        format!("{path}: ")
    }
}

/// Every problem of a configuration file, in the order of the file; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigErrors(Vec<ConfigError>);

impl ConfigErrors {
    pub(crate) fn new(mut errors: Vec<ConfigError>) -> Self {
        errors.sort();
        errors.dedup();
        Self(errors)
    }

    /// The problems, in the order of the file.
    pub fn iter(&self) -> core::slice::Iter<'_, ConfigError> {
        self.0.iter()
    }

    /// One line for each problem, each beginning with the file's name, as compilers write them:
    /// `team.toml:12:9: teams.shop.manager: …`.
    #[must_use]
    pub fn in_file(&self, name: &str) -> String {
        let lines: Vec<String> = self.iter().map(|error| format!("{name}:{error}")).collect();
        lines.join("\n")
    }
}

impl fmt::Display for ConfigErrors {
    /// One line for each problem.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, error) in self.iter().enumerate() {
            if number > 0 {
                f.write_str("\n")?;
            }
            error.fmt(f)?;
        }
        Ok(())
    }
}

impl core::error::Error for ConfigErrors {}

impl<'a> IntoIterator for &'a ConfigErrors {
    type Item = &'a ConfigError;
    type IntoIter = core::slice::Iter<'a, ConfigError>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
