//! The live stream of somebody whose phone does not keep up.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use serde_json::{Value, json};
use tocsin_tests::configuration::{SHOP, UNHURRIED};
use tocsin_tests::{Api, PATIENCE, TestPager, TestServer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

/// A stream that takes next to nothing from the network by itself.
async fn narrow_stream(address: SocketAddr, api: &Api, cursor: &str) -> TcpStream {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(4096).expect("a small buffer");
    let mut stream = socket.connect(address).await.expect("a connection");
    let token = api.token().expect("a token");
    let request = format!(
        "GET /v1/stream HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\n\
         last-event-id: {cursor}\r\nconnection: close\r\n\r\n"
    );
    stream
        .write_all(request.as_bytes())
        .await
        .expect("a sent request");
    stream
}

/// Everything the stream still has, to its end.
async fn drained(mut stream: TcpStream) -> String {
    let mut text = Vec::new();
    let drained = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut text)).await;
    drained
        .expect("a stream that the server has ended")
        .expect("its content");
    String::from_utf8_lossy(&text).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_does_not_keep_up_is_dropped_and_catches_up_by_its_cursor() {
    let server = TestServer::start(UNHURRIED).await;
    let ben = server.person("ben").await;
    let ana = TestPager::of(&server, "ana").await;
    let mut cursor = ben.sync(None).await.cursor;
    cursor.ticket = None;
    let stream = narrow_stream(server.address(), &ben, &cursor.to_string()).await;

    // Some 40 MB of updates: more than the server's and the kernel's buffers hold.
    let path = format!("/in/{}/json", server.key(SHOP));
    let bulk = "x".repeat(4000);
    for batch in 0..25 {
        let alarms: Vec<Value> = (0..50)
            .map(|number| {
                json!({
                    "title": "Bulk", "severity": "SEV3",
                    "dedup_key": format!("{batch}/{number}"),
                    "details": {"a": bulk, "b": bulk, "c": bulk, "d": bulk},
                })
            })
            .collect();
        server.admin.post_json(&path, &alarms).await.expect(200);
    }
    let last = server.alarm("SEV1", "database").await;
    ana.wait_until_ringing().await;

    let heard = drained(stream).await;
    let seqs = |text: &str| -> Vec<u64> {
        text.lines()
            .filter_map(|line| line.strip_prefix("id: "))
            .map(|id| id.parse::<tocsin_wire::Cursor>().expect("a cursor").seq)
            .collect()
    };
    let heard = seqs(&heard);
    let first = cursor.seq + 1;
    let end = first + heard.len() as u64;
    assert!(
        heard.iter().copied().eq(first..end),
        "in order and without a gap: {heard:?}"
    );
    assert!(
        !heard.is_empty() && heard.len() < 1250,
        "{} were heard",
        heard.len()
    );

    let mut seen: BTreeSet<u64> = heard.into_iter().collect();
    cursor.seq = end - 1;
    let mut tickets = BTreeSet::new();
    loop {
        let page = ben.sync(Some(&cursor.to_string())).await;
        assert!(!page.reset);
        seen.extend(page.updates.iter().map(|update| update.entry.seq));
        tickets.extend(page.updates.iter().map(|update| update.ticket.id.0));
        cursor = page.cursor;
        if !page.more {
            break;
        }
    }
    assert!(tickets.contains(&last));
    assert!(
        seen.into_iter().eq(first..=cursor.seq),
        "every entry came one way or the other"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_from_a_cursor_of_another_world_says_to_start_afresh() {
    let server = TestServer::start(UNHURRIED).await;
    let ana = server.person("ana").await;
    let here = ana.sync(None).await.cursor;
    for (cursor, event) in [
        ("00000000-0".to_owned(), "reset"),
        (format!("{:08x}-{}", here.epoch, u64::MAX), "reset"),
        (format!("{:08x}-0-{}", here.epoch, u64::MAX), "catch_up"),
    ] {
        let stream = narrow_stream(server.address(), &ana, &cursor).await;
        let answer = drained(stream).await;
        assert!(
            answer.contains(&format!("event: {event}\n")),
            "{cursor}: {answer}"
        );
        // And a sync from there works, whatever it is.
        let page = ana.sync(Some(&cursor)).await;
        assert_eq!(page.reset, event == "reset", "{cursor}");
    }
    let mut stream = narrow_stream(server.address(), &ana, "yesterday").await;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer");
    assert!(
        answer.starts_with("HTTP/1.1 400 ") && answer.contains("Last-Event-ID"),
        "{answer}"
    );
}
