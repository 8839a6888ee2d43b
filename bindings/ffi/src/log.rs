//! What a supporter needs to see, kept on the device in two files that take turns, so that the log
//! never grows and outlives the process. Secrets do not print, so they are not in it; the words of a
//! page are not either, because the engine writes none.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;

/// Each of the two files ends at this length, in bytes: some days of one pager.
const FILE_LIMIT: u64 = 256 << 10;

static LOG: OnceLock<Log> = OnceLock::new();

/// The log of this process: the first folder that is asked for stays.
pub fn start(folder: &Path) {
    let log = LOG.get_or_init(|| Log {
        folder: folder.to_owned(),
        open: Mutex::new(None),
    });
    let ours = Targets::new()
        .with_target("tocsin_ffi", LevelFilter::INFO)
        .with_target("tocsin_pager", LevelFilter::INFO);
    let layer = tracing_subscriber::fmt::layer()
        .with_writer(log)
        .with_ansi(false);
    let subscriber = tracing_subscriber::registry().with(ours).with(layer);
    // Somebody else's subscriber is as good, and the second pager of a process finds the first's.
    let _ = tracing::subscriber::set_global_default(subscriber);
}

/// Everything that is kept, oldest first.
pub fn read() -> String {
    LOG.get().map_or_else(String::new, Log::read)
}

struct Log {
    folder: PathBuf,
    open: Mutex<Option<(File, u64)>>,
}

impl Log {
    fn newer(&self) -> PathBuf {
        self.folder.join("pager.log")
    }

    fn older(&self) -> PathBuf {
        self.folder.join("pager.log.1")
    }

    fn read(&self) -> String {
        [self.older(), self.newer()]
            .iter()
            .filter_map(|file| std::fs::read(file).ok())
            .map(|text| String::from_utf8_lossy(&text).into_owned())
            .collect()
    }

    fn append(&self, line: &[u8]) -> io::Result<()> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut file, length) = match open.take() {
            Some((file, length)) if length < FILE_LIMIT => (file, length),
            full => {
                if full.is_some() {
                    drop(full);
                    std::fs::rename(self.newer(), self.older())?;
                }
                let file = OpenOptions::new()
                    .create(true)
                    .append(true)
                    .open(self.newer())?;
                let length = file.metadata()?.len();
                (file, length)
            }
        };
        file.write_all(line)?;
        *open = Some((file, length + line.len() as u64));
        Ok(())
    }
}

/// One line at a time; a full disk loses the line and nothing else.
struct Line(&'static Log);

impl Write for Line {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.append(line)?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for &'static Log {
    type Writer = Line;

    fn make_writer(&self) -> Line {
        Line(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_log_keeps_what_is_newest_and_never_grows() {
        let folder = tempfile::tempdir().unwrap();
        let log = Log {
            folder: folder.path().to_owned(),
            open: Mutex::new(None),
        };
        let line = [b'x'; 1023];
        for number in 0..1000_u32 {
            log.append(format!("{number} ").as_bytes()).unwrap();
            log.append(&line).unwrap();
        }
        let kept = log.read();
        assert!(kept.contains("999 ") && !kept.contains("\n1 "));
        assert!(
            kept.len() as u64 <= 2 * FILE_LIMIT + 2 * 1024,
            "{}",
            kept.len()
        );
        let files = std::fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(files, 2);
    }
}
