//! Texts that people edit in their own editor, and that are never lost.

use std::io::Write;
use std::path::{Path, PathBuf};

use tempfile::TempPath;

use crate::failure::{Context, Failure};

/// Where an edited text comes from.
pub enum Edited {
    /// The person's editor; the file is there until it is dropped.
    Editor(TempPath),
    /// A file of theirs.
    File(PathBuf),
}

impl Edited {
    /// Opens `text` in the person's editor, or reads `file` instead when there is one.
    ///
    /// # Errors
    /// When there is no editor, or it says that it failed.
    pub async fn of(text: &str, suffix: &str, file: Option<&Path>) -> Result<Self, Failure> {
        if let Some(file) = file {
            return Ok(Self::File(file.to_owned()));
        }
        let mut draft = tempfile::Builder::new()
            .prefix("tocsin-")
            .suffix(suffix)
            .tempfile()
            .context("a file to edit")?;
        draft.write_all(text.as_bytes()).context("a file to edit")?;
        let draft = draft.into_temp_path();
        open(&draft).await?;
        Ok(Self::Editor(draft))
    }

    /// The text as it is now.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn text(&self) -> Result<String, Failure> {
        let path = self.path();
        std::fs::read_to_string(path).context(path.display())
    }

    fn path(&self) -> &Path {
        match self {
            Self::Editor(path) => path,
            Self::File(path) => path,
        }
    }

    /// What the save came to. When it failed, the edited text stays on disk, and the failure says
    /// where.
    ///
    /// # Errors
    /// The failure it is given.
    pub fn end<T>(self, saved: Result<T, Failure>) -> Result<T, Failure> {
        let (failure, path) = match (saved, self) {
            (Ok(saved), _) => return Ok(saved),
            (Err(failure), Self::File(_)) => return Err(failure),
            (Err(failure), Self::Editor(path)) => (failure, path.keep()),
        };
        let kept = match path {
            Ok(path) => format!("what you wrote is in {0}; add --file {0}", path.display()),
            Err(error) => format!("what you wrote could not be kept: {error}"),
        };
        Err(Failure {
            text: format!("{}\n{kept}", failure.text),
            ..failure
        })
    }
}

async fn open(path: &Path) -> Result<(), Failure> {
    let editor = ["VISUAL", "EDITOR"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|it| !it.trim().is_empty()))
        .unwrap_or_else(|| "vi".to_owned());
    let mut words = editor.split_whitespace();
    let program = words.next().unwrap_or("vi");
    let ended = tokio::process::Command::new(program)
        .args(words)
        .arg(path)
        .status()
        .await
        .context(format_args!(
            "{editor} (EDITOR names another; --file reads a file)"
        ))?;
    if ended.success() {
        Ok(())
    } else {
        Err(Failure::failed(format!("{editor} ended with {ended}")))
    }
}
