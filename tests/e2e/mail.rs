//! Alarms by mail, as a mail server hands them over.

use tocsin_tests::configuration::{SHOP, UNHURRIED};
use tocsin_tests::{TestPager, TestServer};

fn sample(file: &str) -> String {
    let path = format!("{}/data/email/{file}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).expect("a fixture")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_rings_a_reply_joins_and_its_end_is_heard() {
    let server = TestServer::start(UNHURRIED).await;
    let ana = TestPager::of(&server, "ana").await;
    let path = format!("/in/{}/email", server.key(SHOP));
    server
        .admin
        .post(&path, sample("html.eml"))
        .await
        .expect(200);
    let view = ana.wait_until_ringing().await;
    assert_eq!(view.pages[0].title, "[FIRING:2] CheckoutDown eu-1");
    let reply = sample("html.eml").replace("Subject: ", "Subject: Re: ");
    server.admin.post(&path, reply).await.expect(200);
    assert_eq!(server.admin.ticket(1).await.repeats, 1);
    server
        .admin
        .post(&path, sample("resolved.eml"))
        .await
        .expect(200);
    ana.wait_until_silent().await;
    let holiday = server
        .admin
        .post(&path, sample("holiday.eml"))
        .await
        .expect(200);
    assert_eq!(holiday.json()["alarms"], serde_json::json!([]));
    assert_eq!(server.admin.tickets().await.len(), 1);
    let refused = server
        .admin
        .post(&path, "hello")
        .await
        .expect(400)
        .problem();
    assert_eq!(refused.code, "not_a_message");
}
