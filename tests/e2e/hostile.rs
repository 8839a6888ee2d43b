//! Clients that hold connections, as a script or a broken network would, below the level of a body.

use std::time::{Duration, Instant};

use serde_json::json;
use tocsin_tests::configuration::{SHOP, UNHURRIED};
use tocsin_tests::{PATIENCE, TestServer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The server's limit for the headers of a request, and as much again as a busy machine may need.
const HEADERS_END_WITHIN: Duration = Duration::from_secs(15);

async fn connect(server: &TestServer) -> TcpStream {
    TcpStream::connect(server.address())
        .await
        .expect("a connection")
}

/// Everything until the server closes the connection.
async fn answer(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    // A reset is an end as well.
    let end = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer)).await;
    assert!(
        end.is_ok(),
        "the connection stays open after {:?}",
        String::from_utf8_lossy(&answer)
    );
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_that_never_finish_their_headers_are_cut_off_and_hold_up_nobody() {
    let server = TestServer::start(UNHURRIED).await;
    let slow = async |first: &[u8], then: &[u8]| {
        let mut stream = connect(&server).await;
        let since = Instant::now();
        stream.write_all(first).await.expect("a sent beginning");
        let (mut from, mut to) = stream.split();
        let dribble = async {
            loop {
                tokio::time::sleep(Duration::from_millis(500)).await;
                if to.write_all(then).await.is_err() {
                    std::future::pending::<()>().await;
                }
            }
        };
        let closed = async {
            let mut rest = Vec::new();
            let _ = from.read_to_end(&mut rest).await;
        };
        tokio::select! {
            () = dribble => {}
            () = closed => {}
            () = tokio::time::sleep(HEADERS_END_WITHIN) => {}
        }
        since.elapsed()
    };
    let honest = async {
        for number in 0..50 {
            let since = Instant::now();
            server.alarm("SEV3", &format!("meanwhile-{number}")).await;
            assert!(
                since.elapsed() < Duration::from_secs(5),
                "an alarm was held up"
            );
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    let (dribbled, silent, half_http_2, mute, ()) = tokio::join!(
        slow(
            b"POST /v2/enqueue HTTP/1.1\r\nhost: localhost\r\n",
            b"x-more: x\r\n"
        ),
        slow(b"POST /v2/enqueue HTTP/1.1\r\n", b""),
        slow(b"PRI * HTTP/2", b""),
        slow(b"", b""),
        honest,
    );
    assert!(dribbled < HEADERS_END_WITHIN, "headers without end");
    assert!(silent < HEADERS_END_WITHIN, "headers that stop");
    assert!(half_http_2 < HEADERS_END_WITHIN, "half an HTTP/2 preface");
    assert!(mute < HEADERS_END_WITHIN, "a connection without a word");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_asks_first_may_send_its_alarm() {
    let server = TestServer::start(UNHURRIED).await;
    let body = json!({"title": "T"}).to_string();
    let mut stream = connect(&server).await;
    let head = format!(
        "POST /in/{}/json HTTP/1.1\r\nhost: localhost\r\ncontent-length: {}\r\n\
         expect: 100-continue\r\nconnection: close\r\n\r\n",
        server.key(SHOP),
        body.len()
    );
    stream
        .write_all(head.as_bytes())
        .await
        .expect("sent headers");
    let mut first = [0; 25];
    let go_on = tokio::time::timeout(PATIENCE, stream.read_exact(&mut first)).await;
    go_on.expect("an answer in time").expect("an answer");
    assert_eq!(&first, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream
        .write_all(body.as_bytes())
        .await
        .expect("a sent body");
    assert!(answer(&mut stream).await.starts_with("HTTP/1.1 200 "));
    assert_eq!(server.admin.tickets().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn half_a_request_is_no_alarm() {
    let server = TestServer::start(UNHURRIED).await;
    let key = server.key(SHOP);
    let requests = [
        // No body, and none announced.
        (
            format!("POST /in/{key}/json HTTP/1.1\r\nhost: l\r\nconnection: close\r\n\r\n"),
            "400",
        ),
        // Less than announced.
        (
            format!(
                "POST /in/{key}/json HTTP/1.1\r\nhost: l\r\ncontent-length: 100\r\n\r\n{{\"title\": \"T\"}}"
            ),
            "400",
        ),
        (
            format!(
                "POST /in/{key}/json HTTP/1.1\r\nhost: l\r\ntransfer-encoding: chunked\r\n\r\nd\r\n{{\"title\": \"T\""
            ),
            "400",
        ),
        // Not HTTP, or two truths about its length (RFC 9112, 6.3).
        ("\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\u{1}".to_owned(), "400"),
        ("ALARM NOW\r\n\r\n".to_owned(), "400"),
        (
            format!(
                "POST /in/{key}/json HTTP/1.1\r\nhost: l\r\ncontent-length: 13\r\ncontent-length: 14\r\n\r\n{{\"title\":\"T\"}}"
            ),
            "400",
        ),
        (
            format!("POST /in/{key}/json HTTP/1.1\r\nhost: l\r\ncontent-length: -1\r\n\r\n"),
            "400",
        ),
    ];
    for (request, status) in requests {
        let mut stream = connect(&server).await;
        stream
            .write_all(request.as_bytes())
            .await
            .expect("a sent request");
        stream.shutdown().await.expect("half a close");
        let answer = answer(&mut stream).await;
        // Whoever hung up in the middle need not be answered at all.
        let refused = answer.is_empty() || answer.starts_with(&format!("HTTP/1.1 {status} "));
        assert!(refused, "{request:?}: {answer}");
    }
    assert_eq!(server.admin.tickets().await.len(), 0);
    server.alarm("SEV1", "a good one").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_that_hang_up_at_once_leave_their_alarm_or_nothing() {
    let server = TestServer::start(UNHURRIED).await;
    let body = json!({"title": "T", "dedup_key": "hung-up", "severity": "SEV3"}).to_string();
    for _ in 0..100 {
        let mut stream = connect(&server).await;
        let request = format!(
            "POST /in/{}/json HTTP/1.1\r\nhost: l\r\ncontent-length: {}\r\n\r\n{body}",
            server.key(SHOP),
            body.len()
        );
        stream
            .write_all(request.as_bytes())
            .await
            .expect("a sent request");
    }
    let ticket = server.alarm("SEV3", "hung-up").await;
    assert_eq!(ticket, 1);
    assert_eq!(server.admin.tickets().await.len(), 1);
}
