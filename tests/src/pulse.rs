//! A private PulseAudio server with a loudspeaker that nobody hears and a
//! recorder on it, so that a test can listen to what a program really plays on
//! a machine without a sound card.
//!
//! The server lives in a directory of the caller's and knows no other client:
//! whoever shall play into it gets the [environment](Pulse::environment).
//! Needs Debian's packages pulseaudio, pulseaudio-utils and libasound2-plugins.

use std::ffi::OsString;
use std::fs;
use std::io::{self, Read};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Rate of the loudspeaker and of every recording, in frames per second.
pub const RATE_HZ: u32 = 48_000;

const SINK: &str = "tocsin";
const START_PATIENCE: Duration = Duration::from_secs(10);

/// A running server; killed when dropped.
pub struct Pulse {
    dir: PathBuf,
    server: Child,
}

impl Pulse {
    /// Starts a server with its socket in `dir`, an existing directory that
    /// should be empty or that of an earlier server that is gone.
    ///
    /// # Errors
    /// Says which packages to install if the server is missing, else why it
    /// did not come up.
    pub fn start(dir: &Path) -> io::Result<Self> {
        fs::write(
            asound_conf(dir),
            "pcm.!default { type pulse }\nctl.!default { type pulse }\n",
        )?;
        let socket = socket(dir);
        let _ = fs::remove_file(&socket);
        let server = Command::new("pulseaudio")
            .args(["-n", "--daemonize=no", "--exit-idle-time=-1", "--disable-shm=1"])
            .args(["--use-pid-file=0", "--log-target=stderr", "--log-level=error", "-L"])
            .arg(format!(
                "module-native-protocol-unix socket={} auth-anonymous=1",
                socket.display()
            ))
            .arg("-L")
            // Without norewinds the monitor hears played samples again.
            .arg(format!(
                "module-null-sink sink_name={SINK} rate={RATE_HZ} channels=2 format=float32le norewinds=1"
            ))
            .envs(Self::environment(dir))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(fs::File::create(dir.join("pulseaudio.log"))?)
            .spawn()
            .map_err(missing)?;
        let mut pulse = Self {
            dir: dir.to_owned(),
            server,
        };
        pulse.wait_until_ready()?;
        Ok(pulse)
    }

    fn wait_until_ready(&mut self) -> io::Result<()> {
        let since = Instant::now();
        while UnixStream::connect(socket(&self.dir)).is_err() {
            let ended = self.server.try_wait()?;
            if ended.is_some() || since.elapsed() > START_PATIENCE {
                let log = fs::read_to_string(self.dir.join("pulseaudio.log")).unwrap_or_default();
                return Err(io::Error::other(format!(
                    "pulseaudio did not come up ({ended:?}): {log}"
                )));
            }
            thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }

    /// What a process needs in its environment to play into the server in
    /// `dir`, whether that runs already or not.
    pub fn environment(dir: &Path) -> [(&'static str, OsString); 4] {
        [
            (
                "PULSE_SERVER",
                format!("unix:{}", socket(dir).display()).into(),
            ),
            ("ALSA_CONFIG_PATH", asound_conf(dir).into()),
            // Keeps a desktop's own server, cookie and settings out of it.
            ("XDG_RUNTIME_DIR", dir.into()),
            ("XDG_CONFIG_HOME", dir.into()),
        ]
    }

    /// Stops the server as a hung sound system stops: it stays there, and takes
    /// no samples. [`thaw`](Self::thaw) lets it go on.
    ///
    /// # Errors
    /// If the signal cannot be sent.
    pub fn freeze(&self) -> io::Result<()> {
        self.signal("-STOP")
    }

    /// Ends what [`freeze`](Self::freeze) began.
    ///
    /// # Errors
    /// If the signal cannot be sent.
    pub fn thaw(&self) -> io::Result<()> {
        self.signal("-CONT")
    }

    fn signal(&self, signal: &str) -> io::Result<()> {
        let id = self.server.id().to_string();
        let status = Command::new("kill").args([signal, &id]).status()?;
        if status.success() {
            Ok(())
        } else {
            Err(io::Error::other(format!("kill {signal} {id}: {status}")))
        }
    }

    /// Starts recording what the loudspeaker plays, and returns when the first
    /// samples have arrived.
    ///
    /// # Errors
    /// Says which packages to install if the recorder is missing.
    pub fn record(&self) -> io::Result<Recorder> {
        let mut recorder = Command::new("parec")
            .args([
                "--raw",
                "--format=float32le",
                "--channels=1",
                "--latency-msec=5",
            ])
            .arg(format!("--rate={RATE_HZ}"))
            .arg(format!("--device={SINK}.monitor"))
            .envs(Self::environment(&self.dir))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(missing)?;
        let mut pipe = recorder.stdout.take().expect("the pipe asked for");
        let samples = Arc::new(Mutex::new(Samples::default()));
        let sink = Arc::clone(&samples);
        let reader = thread::spawn(move || {
            let mut buffer = [0; 4096];
            let mut held = 0;
            // A killed recorder ends the pipe; so does a server that is gone.
            while let Ok(read @ 1..) = pipe.read(&mut buffer[held..]) {
                let whole = (held + read) / 4 * 4;
                let mut samples = sink.lock().unwrap_or_else(PoisonError::into_inner);
                samples.take(&buffer[..whole]);
                drop(samples);
                buffer.copy_within(whole..held + read, 0);
                held = held + read - whole;
            }
        });
        let recorder = Recorder {
            recorder,
            samples,
            reader: Some(reader),
        };
        let since = Instant::now();
        while recorder.position_s() == 0.0 {
            if since.elapsed() > START_PATIENCE {
                return Err(io::Error::other(
                    "parec recorded nothing: is the server still there?",
                ));
            }
            thread::sleep(Duration::from_millis(5));
        }
        Ok(recorder)
    }
}

impl Drop for Pulse {
    fn drop(&mut self) {
        kill(&mut self.server);
    }
}

#[derive(Default)]
struct Samples {
    heard: Vec<f32>,
    first_sound_at: Option<Instant>,
}

impl Samples {
    fn take(&mut self, bytes: &[u8]) {
        let from = self.heard.len();
        self.heard.extend(
            bytes
                .chunks_exact(4)
                .map(|sample| f32::from_le_bytes([sample[0], sample[1], sample[2], sample[3]])),
        );
        if self.first_sound_at.is_none() && self.heard[from..].iter().any(|x| x.abs() > 1e-4) {
            self.first_sound_at = Some(Instant::now());
        }
    }
}

/// A running recording of the loudspeaker; ended when dropped.
pub struct Recorder {
    recorder: Child,
    samples: Arc<Mutex<Samples>>,
    reader: Option<JoinHandle<()>>,
}

impl Recorder {
    /// How much is recorded so far, in seconds: where in the recording what is
    /// played now will be found, up to the latency of player and recorder.
    pub fn position_s(&self) -> f64 {
        self.samples().heard.len() as f64 / f64::from(RATE_HZ)
    }

    /// When the first sample above -80 dBFS reached the recorder's reader.
    pub fn first_sound_at(&self) -> Option<Instant> {
        self.samples().first_sound_at
    }

    /// Ends the recording and returns it: mono, full scale 1.0.
    pub fn finish(mut self) -> Vec<f32> {
        self.end();
        std::mem::take(&mut self.samples().heard)
    }

    fn samples(&self) -> std::sync::MutexGuard<'_, Samples> {
        self.samples.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn end(&mut self) {
        kill(&mut self.recorder);
        if let Some(reader) = self.reader.take() {
            let _ = reader.join();
        }
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.end();
    }
}

fn socket(dir: &Path) -> PathBuf {
    dir.join("native")
}

fn asound_conf(dir: &Path) -> PathBuf {
    dir.join("asound.conf")
}

/// Kills and reaps; a process that is gone already is what was wanted.
fn kill(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}

fn missing(error: io::Error) -> io::Error {
    io::Error::new(
        error.kind(),
        format!(
            "{error}: listening to real sound needs PulseAudio; install the packages \
             pulseaudio pulseaudio-utils libasound2-plugins"
        ),
    )
}
