//! A server of another version: it says over HTTP what lies in a folder of `golden/`, to every
//! phone that asks, and keeps what it was sent.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tocsin_pager::runtime::{Clock, SystemClock};
use tocsin_tests::free_address;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::golden;

/// Stands for the server's clock in the files: a phone minds what time its server says it is.
const NOW: &str = "1111111111111";

#[derive(Debug)]
pub struct Canned {
    pub address: SocketAddr,
    heard: Arc<Mutex<Vec<(String, Value)>>>,
    serving: JoinHandle<()>,
}

impl Canned {
    /// Serves `golden/{version}`.
    pub async fn version(version: &str) -> Self {
        let address = free_address();
        let listener = TcpListener::bind(address).await.expect("a free address");
        let folder = golden::path(version);
        let heard = Arc::new(Mutex::new(Vec::new()));
        let hearing = Arc::clone(&heard);
        let serving = tokio::spawn(async move {
            while let Ok((phone, _)) = listener.accept().await {
                tokio::spawn(answer(phone, folder.clone(), Arc::clone(&hearing)));
            }
        });
        Self {
            address,
            heard,
            serving,
        }
    }

    /// What phones sent to a path so far.
    pub fn heard(&self, path: &str) -> Vec<Value> {
        let heard = self.heard.lock().expect("what was heard");
        heard
            .iter()
            .filter(|(to, _)| to == path)
            .map(|(_, body)| body.clone())
            .collect()
    }
}

impl Drop for Canned {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// One request, one answer: HTTP/1.1 with `connection: close`.
async fn answer(phone: TcpStream, folder: PathBuf, heard: Arc<Mutex<Vec<(String, Value)>>>) {
    let mut phone = BufReader::new(phone);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if phone.read_line(&mut head).await.unwrap_or_default() == 0 {
            return;
        }
    }
    let target = head.split(' ').nth(1).unwrap_or_default().to_owned();
    let path = target.split('?').next().unwrap_or_default().to_owned();
    let length = head
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map_or(0, |(_, length)| length.trim().parse().expect("a length"));
    let mut body = vec![0; length];
    if phone.read_exact(&mut body).await.is_err() {
        return;
    }
    let sent = serde_json::from_slice(&body).unwrap_or_default();
    heard
        .lock()
        .expect("what was heard")
        .push((path.clone(), sent));

    let (status, kind, file) = match path.as_str() {
        "/v1/enroll" => ("200 OK", "application/json", "enroll-reply.json"),
        "/v1/sync" => ("200 OK", "application/json", "sync.json"),
        "/v1/stream" => ("200 OK", "text/event-stream", "stream.txt"),
        "/v1/commands" => ("200 OK", "application/json", "command-reply.json"),
        "/v1/receipts" => ("204 No Content", "text/plain", ""),
        _ => ("404 Not Found", "text/plain", ""),
    };
    let text = match file {
        "" => String::new(),
        file => std::fs::read_to_string(folder.join(file)).expect("a golden file"),
    };
    let text = text.replace(NOW, &SystemClock.now().0.to_string());
    // A stream has no length, and stays open.
    let stream = path == "/v1/stream";
    let length = if stream || status.starts_with("204") {
        String::new()
    } else {
        format!("content-length: {}\r\n", text.len())
    };
    let answer = format!(
        "HTTP/1.1 {status}\r\ncontent-type: {kind}\r\n{length}connection: close\r\n\r\n{text}"
    );
    if phone.write_all(answer.as_bytes()).await.is_ok() && stream {
        let _ = phone.read_to_end(&mut Vec::new()).await;
    }
}
