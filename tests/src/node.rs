//! A server or a phone as a process of its own, to be killed.

use std::ffi::OsStr;
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// A process of the `node` program. Killed when dropped.
#[derive(Debug)]
pub struct Node {
    child: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

impl Node {
    /// Starts `program`, which is `env!("CARGO_BIN_EXE_node")` in every test.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn start(
        program: &str,
        arguments: &[&OsStr],
        environment: &[(&str, &str)],
        errors: impl Into<Stdio>,
    ) -> Self {
        let mut child = Command::new(program)
            .args(arguments)
            .envs(environment.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(errors)
            .kill_on_drop(true)
            .spawn()
            .expect("the node program");
        let input = child.stdin.take().expect("the pipe asked for");
        let output = child.stdout.take().expect("the pipe asked for");
        Self {
            child,
            input,
            output: BufReader::new(output).lines(),
        }
    }

    /// The next line it says; `None` when it has ended.
    pub async fn line(&mut self) -> Option<String> {
        self.output.next_line().await.ok().flatten()
    }

    /// Says a line to it. One that has ended hears nothing.
    pub async fn say(&mut self, line: &str) {
        let _ = self.input.write_all(format!("{line}\n").as_bytes()).await;
    }

    /// SIGSTOP: what comes to it waits, and it does nothing, until it is killed.
    ///
    /// # Panics
    /// When there is no such process.
    pub async fn freeze(&self) {
        let id = self.child.id().expect("a process that runs").to_string();
        let stopped = Command::new("kill").args(["-STOP", &id]).status().await;
        assert!(stopped.expect("the kill program").success());
    }

    /// SIGKILL: nothing in the process gets to know.
    ///
    /// # Panics
    /// When there is no such process to kill.
    pub async fn kill(mut self) {
        self.child.kill().await.expect("a process to kill");
    }

    /// Ends it in peace.
    ///
    /// # Panics
    /// When it does not end well.
    pub async fn finish(self) {
        let Self {
            mut child,
            input,
            output: _output,
        } = self;
        drop(input);
        let status = child.wait().await.expect("its status");
        assert!(status.success(), "{status}");
    }
}
