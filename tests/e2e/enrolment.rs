//! The first start, codes and devices.

use serde_json::json;
use tocsin_tests::configuration::{UNHURRIED, with_policy};
use tocsin_tests::{Api, TestServer};

#[tokio::test(flavor = "multi_thread")]
async fn the_first_start_gives_a_code_that_makes_one_administrator() {
    let (mut server, ready) = TestServer::fresh(|_| {}, Api::new).await;
    let code = ready.admin_code.expect("the code of a first start");
    let anybody = server.admin.clone();
    anybody.get("/v1/config").await.expect(401);

    // As it is typed at night.
    server.log_in(&code.to_lowercase().replace('-', " ")).await;
    server.apply(&with_policy(UNHURRIED)).await;
    let second = json!({"code": code, "device_name": "a second desk"});
    let refused = anybody
        .post_json("/v1/enroll", &second)
        .await
        .expect(403)
        .problem();
    assert_eq!(refused.code, "no_such_code");

    server.stop().await;
    let ready = server.start_again().await;
    assert_eq!(ready.admin_code, None, "there is an administrator already");
    server.admin.get("/v1/config").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_start_that_nobody_used_gives_a_new_code_the_next_time() {
    let (mut server, first) = TestServer::fresh(|_| {}, Api::new).await;
    server.stop().await;
    let second = server.start_again().await;
    let first = first.admin_code.expect("a code");
    let second = second.admin_code.expect("a code");
    assert_ne!(first, second);
    let old = json!({"code": first, "device_name": "a desk"});
    server.admin.post_json("/v1/enroll", &old).await.expect(403);
    server.log_in(&second).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_persons_code_works_once_and_a_newer_one_replaces_it() {
    let server = TestServer::start(UNHURRIED).await;
    let first = server.admin.code("ana").await;
    let second = server.admin.code("ana").await;
    assert_ne!(first, second);
    let with = |code: &str| json!({"code": code, "device_name": "a phone"});
    server
        .admin
        .post_json("/v1/enroll", &with(&first))
        .await
        .expect(403);
    let enrolled = server.admin.enroll(&second, "a phone").await;
    assert_eq!((enrolled.person, enrolled.admin), ("ana".into(), false));
    server
        .admin
        .post_json("/v1/enroll", &with(&second))
        .await
        .expect(403);

    let ana = server.admin.with_token(&enrolled.token);
    assert_eq!(ana.on_call().await[0].primary.name, "Ana Silva");
    for (method, path) in [
        ("PUT", "/v1/config"),
        ("GET", "/v1/config"),
        ("POST", "/v1/codes"),
        ("POST", "/v1/keys"),
    ] {
        let method = method.parse().expect("a method");
        let reply = ana
            .send(method, path, "")
            .await
            .expect("an answer")
            .expect(403);
        assert_eq!(reply.problem().code, "not_an_administrator");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_cannot_be_guessed_at_speed() {
    let server = TestServer::start(UNHURRIED).await;
    let code = server.admin.code("ana").await;
    let guess = json!({"code": "AAAAA-AAAAA", "device_name": "a phone"});
    let mut refused = 0;
    let slowed_down = loop {
        let reply = server.admin.post_json("/v1/enroll", &guess).await;
        if reply.status == 429 {
            break reply;
        }
        reply.expect(403);
        refused += 1;
        assert!(refused <= 10);
    };
    assert_eq!(slowed_down.problem().code, "too_many_attempts");
    assert!(slowed_down.headers.contains_key("retry-after"));
    // Not even the right one, until the minute is over.
    let right = json!({"code": code, "device_name": "a phone"});
    server
        .admin
        .post_json("/v1/enroll", &right)
        .await
        .expect(429);
}
