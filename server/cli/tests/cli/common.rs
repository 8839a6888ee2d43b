//! The built program, as a user runs it, each test in a folder of its own.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A user's home with nothing in it.
pub struct Home {
    folder: TempDir,
}

/// What a command said.
#[derive(Debug)]
pub struct Said {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Said {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }

    pub fn done(self) -> Self {
        assert_eq!(self.code, 0, "{self:?}");
        self
    }
}

impl Home {
    pub fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) -> String {
        let path = self.path(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// A command in an environment that has nothing of the machine's own user.
    pub fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tocsin"));
        command
            .env_clear()
            .env("HOME", self.folder.path())
            .env("TMPDIR", self.folder.path())
            .current_dir(self.folder.path())
            .stdin(Stdio::null());
        command
    }

    /// Starts a command beside the test, with its stderr in a file of this name.
    pub fn beside(&self, mut command: Command, log: &str) -> Beside {
        let log = self.path(log);
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(&log).unwrap())
            .spawn()
            .unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        Beside { child, out, log }
    }

    pub fn run(&self, arguments: &[&str]) -> Said {
        let Output {
            status,
            stdout,
            stderr,
        } = self.command().args(arguments).output().unwrap();
        Said {
            code: status.code().unwrap_or(-1),
            out: String::from_utf8(stdout).unwrap(),
            err: String::from_utf8(stderr).unwrap(),
        }
    }
}

/// A command that runs beside the test; killed when dropped.
pub struct Beside {
    child: Child,
    out: BufReader<ChildStdout>,
    log: PathBuf,
}

impl Beside {
    /// What it says next on stdout, without the end of the line; empty when it has ended.
    pub fn line(&mut self) -> String {
        let mut line = String::new();
        self.out.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    /// Everything else that it says on stdout until it ends.
    pub fn rest(&mut self) -> String {
        let mut rest = String::new();
        self.out.read_to_string(&mut rest).unwrap();
        rest
    }

    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill")
            .args([name, &self.child.id().to_string()])
            .status()
            .unwrap();
        assert!(sent.success());
    }

    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    pub fn wait(&mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }

    /// What it said on stderr until now.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A running `tocsin serve`; killed when dropped.
pub struct Server {
    pub process: Beside,
    pub url: String,
    pub code: Option<String>,
}

impl Server {
    pub fn start(home: &Home) -> Self {
        Self::start_with(home, "127.0.0.1:0", &[])
    }

    /// Listens there, with more arguments.
    pub fn start_with(home: &Home, listen: &str, more: &[&str]) -> Self {
        let mut command = home.command();
        command
            .args(["serve", "--data", "data", "--listen", listen, "--json"])
            .args(["--log", "json", "--log-filter", "debug"])
            .args(more);
        let mut process = home.beside(command, "server.log");
        let line = process.line();
        let said: Value =
            serde_json::from_str(&line).unwrap_or_else(|_| panic!("{line} {}", process.log()));
        let text = |name: &str| said[name].as_str().map(str::to_owned);
        Self {
            process,
            url: text("url").unwrap(),
            code: text("admin_code"),
        }
    }

    /// Where it listens.
    pub fn address(&self) -> &str {
        self.url.strip_prefix("http://").unwrap()
    }

    /// A server whose administrator is logged in at `home`, with this team.
    pub fn with_team(home: &Home) -> Self {
        let server = Self::start(home);
        home.run(&["login", &server.url, server.code.as_deref().unwrap()])
            .done();
        home.run(&["apply", TEAM, "--yes"]).done();
        server
    }

    /// What monitoring would send; returns the HTTP status.
    pub fn post(&self, path: &str, json: &str) -> u16 {
        ask(self.address(), "POST", path, None, json).0
    }

    /// What a phone would ask.
    pub fn phone(&self, method: &str, path: &str, token: Option<&str>, json: &Value) -> Value {
        let (status, answer) = ask(self.address(), method, path, token, &json.to_string());
        assert!(
            (200..300).contains(&status),
            "{method} {path}: {status} {answer}"
        );
        serde_json::from_str(&answer).unwrap_or(Value::Null)
    }
}

/// One request over plain HTTP: status and body of its answer.
pub fn ask(
    address: &str,
    method: &str,
    path: &str,
    token: Option<&str>,
    json: &str,
) -> (u16, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    let length = json.len();
    let token = token.map_or_else(String::new, |token| {
        format!("Authorization: Bearer {token}\r\n")
    });
    write!(
        stream,
        "{method} {path} HTTP/1.0\r\nHost: {address}\r\n{token}\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{json}"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, body.to_owned())
}

/// The demo's team.
pub const TEAM: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../tests/data/demo/team.toml"
);

pub fn read(path: impl AsRef<Path>) -> String {
    std::fs::read_to_string(path).unwrap()
}
