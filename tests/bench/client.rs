//! The smallest HTTP/1.1 client that will do, so that the load takes little of the machine it
//! measures on.

use std::net::SocketAddr;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use crate::node::{KEY, token};

/// One kept connection.
pub struct Client {
    stream: BufReader<TcpStream>,
}

impl Client {
    /// Connects.
    pub async fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address)
            .await
            .expect("the server listens");
        stream.set_nodelay(true).expect("a socket");
        Self {
            stream: BufReader::new(stream),
        }
    }

    /// Sends one request and returns the status.
    pub async fn send(&mut self, request: &str) -> u16 {
        self.ask(request).await.0
    }

    /// Sends one request and returns the status and the body.
    pub async fn ask(&mut self, request: &str) -> (u16, Vec<u8>) {
        self.stream
            .write_all(request.as_bytes())
            .await
            .expect("the server reads");
        let (status, length) = self.head().await;
        let mut body = vec![0; length];
        self.stream
            .read_exact(&mut body)
            .await
            .expect("a whole body");
        (status, body)
    }

    /// Reads a reply's head: status and content length.
    async fn head(&mut self) -> (u16, usize) {
        let (mut status, mut length) = (0, 0);
        loop {
            let mut line = String::new();
            self.stream
                .read_line(&mut line)
                .await
                .expect("the server answers");
            let line = line.trim_end();
            if line.is_empty() {
                return (status, length);
            }
            if let Some(rest) = line.strip_prefix("HTTP/1.1 ") {
                status = rest[..3].parse().expect("a status");
            } else if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse().expect("a length");
            }
        }
    }

    /// Opens a person's live stream and reads until it says hello.
    pub async fn stream(address: SocketAddr, person: &str, cursor: &str) -> Self {
        let mut client = Self::connect(address).await;
        let token = token(person);
        let request = format!(
            "GET /v1/stream HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {token}\r\n\
             last-event-id: {cursor}\r\n\r\n"
        );
        client
            .stream
            .write_all(request.as_bytes())
            .await
            .expect("the server reads");
        let (status, _) = client.head().await;
        assert_eq!(status, 200, "the stream opens");
        assert!(
            client.line_with("event: hello").await,
            "the stream says hello"
        );
        client
    }

    /// Reads a stream until a line contains `text`; false when it ends before.
    pub async fn line_with(&mut self, text: &str) -> bool {
        let mut line = Vec::new();
        loop {
            line.clear();
            match self.stream.read_until(b'\n', &mut line).await {
                Ok(0) | Err(_) => return false,
                Ok(_) if String::from_utf8_lossy(&line).contains(text) => return true,
                Ok(_) => {}
            }
        }
    }
}

/// One `GET` on a connection of its own.
pub async fn get(address: SocketAddr, path: &str) -> u16 {
    let request = format!("GET {path} HTTP/1.1\r\nhost: bench\r\n\r\n");
    Client::connect(address).await.send(&request).await
}

/// An Alertmanager notification of one alert of this fingerprint.
pub fn alarm(fingerprint: &str, severity: &str) -> String {
    let body = format!(
        r#"{{"version":"4","groupKey":"{{}}:{{alertname=\"HighLatency\"}}","truncatedAlerts":0,"status":"firing","receiver":"tocsin","groupLabels":{{"alertname":"HighLatency"}},"commonLabels":{{"alertname":"HighLatency","severity":"{severity}","service":"checkout"}},"commonAnnotations":{{"summary":"p99 latency of checkout is above 2 s"}},"externalURL":"http://alertmanager.example:9093","alerts":[{{"status":"firing","labels":{{"alertname":"HighLatency","severity":"{severity}","service":"checkout","instance":"{fingerprint}"}},"annotations":{{"summary":"p99 latency of checkout is above 2 s"}},"startsAt":"2026-03-02T02:13:00Z","endsAt":"0001-01-01T00:00:00Z","generatorURL":"http://prometheus.example:9090/graph","fingerprint":"{fingerprint}"}}]}}"#
    );
    format!(
        "POST /in/{KEY}/alertmanager HTTP/1.1\r\nhost: bench\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}
