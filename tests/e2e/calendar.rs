//! Shifts in the calendars that people live by. The feeds are read by another library than the one
//! that writes them: `tocsin_calendar` reads with calcard and writes with icalendar.

use jiff::{SignedDuration, Timestamp};
use reqwest::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use reqwest::{Client, Response};
use serde_json::Value;
use tocsin_calendar::CalendarShift;
use tocsin_tests::configuration::{UNHURRIED, with_policy};
use tocsin_tests::{Api, TestServer};

/// The server and one calendar program, which sends no token.
struct Subscribed {
    program: Client,
    base: String,
}

impl Subscribed {
    fn to(server: &TestServer) -> Self {
        Self {
            program: Client::new(),
            base: server.admin.base().to_owned(),
        }
    }

    async fn ask(&self, path: &str, known: Option<&str>) -> Response {
        let mut request = self.program.get(format!("{}{path}", self.base));
        if let Some(tag) = known {
            request = request.header(IF_NONE_MATCH, tag);
        }
        request.send().await.expect("an answer")
    }

    async fn shifts(&self, path: &str) -> Vec<CalendarShift> {
        let answer = self.ask(path, None).await;
        assert_eq!(answer.status(), 200, "{path}");
        let text = answer.text().await.expect("a calendar");
        let far = Timestamp::now() + SignedDuration::from_hours(24 * 400);
        tocsin_calendar::shifts(&text, "UTC", far).expect("a calendar")
    }
}

async fn addresses(person: &Api) -> Value {
    person.post("/v1/calendar", "").await.expect(200).json()
}

fn own(addresses: &Value) -> String {
    addresses["own"].as_str().expect("an address").to_owned()
}

fn of_team(addresses: &Value, team: &str) -> String {
    let teams = addresses["teams"].as_array().expect("teams");
    let found = teams.iter().find(|it| it["team"] == team);
    let path = found.and_then(|it| it["path"].as_str());
    path.expect("the team's address").to_owned()
}

/// Somebody's calendars, and those of their teams.
#[tokio::test(flavor = "multi_thread")]
async fn shifts_are_in_the_calendar_from_sixty_days_back_to_a_hundred_and_eighty_ahead() {
    let server = TestServer::start(UNHURRIED).await;
    let calendar = Subscribed::to(&server);
    let ana = addresses(&server.person("ana").await).await;

    let mine = calendar.shifts(&own(&ana)).await;
    let (first, last) = (
        mine.first().expect("a shift"),
        mine.last().expect("a shift"),
    );
    let now = Timestamp::now();
    assert!(first.from <= now - SignedDuration::from_hours(24 * 60));
    assert!(last.until >= now + SignedDuration::from_hours(24 * 179));
    assert!(last.from <= now + SignedDuration::from_hours(24 * 180));
    for (one, next) in mine.iter().zip(&mine[1..]) {
        assert_eq!(one.until, next.from, "every week is Ana's");
        assert_eq!(one.summary, "On call for Shop");
    }

    let shop = calendar.shifts(&of_team(&ana, "shop")).await;
    assert_eq!(shop[0].summary, "Ana Silva: on call for Shop");
    let ben = addresses(&server.person("ben").await).await;
    assert_eq!(calendar.shifts(&own(&ben)).await, [], "Ben has no shift");
    assert_eq!(calendar.shifts(&of_team(&ben, "shop")).await, shop);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_has_the_calendar_is_told_so_until_a_shift_changes_hands() {
    let mut server = TestServer::start(UNHURRIED).await;
    let calendar = Subscribed::to(&server);
    let path = own(&addresses(&server.person("ana").await).await);

    let answer = calendar.ask(&path, None).await;
    let header = |name| answer.headers()[&name].to_str().expect("text").to_owned();
    let tag = header(ETAG);
    assert_eq!(header(CACHE_CONTROL), "private, no-cache");
    assert_eq!(header(CONTENT_TYPE), "text/calendar; charset=utf-8");
    assert_eq!(calendar.ask(&path, Some(&tag)).await.status(), 304);
    assert_eq!(
        calendar.ask(&path, Some("W/\"another\"")).await.status(),
        200
    );

    let tomorrow = Timestamp::now() + SignedDuration::from_hours(24);
    let day_after = tomorrow + SignedDuration::from_hours(24);
    let stands_in = with_policy(UNHURRIED).replacen(
        "members = [\"ana\"]\n",
        &format!(
            "members = [\"ana\"]\noverrides = [{{ person = \"ben\", from = {tomorrow}, until = {day_after} }}]\n"
        ),
        1,
    );
    server.apply(&stands_in).await;
    let changed = calendar.ask(&path, Some(&tag)).await;
    assert_eq!(changed.status(), 200);
    assert_ne!(changed.headers()[ETAG].to_str().expect("text"), tag);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_opens_its_owners_calendars_alone_and_a_new_one_ends_it() {
    let mut server = TestServer::start(UNHURRIED).await;
    let calendar = Subscribed::to(&server);
    let dora = server.person("dora").await;
    let first = addresses(&dora).await;
    assert_eq!(first["teams"].as_array().expect("teams").len(), 1);
    let path = own(&first);
    assert_eq!(calendar.ask(&path, None).await.status(), 200);

    let bank = of_team(&first, "bank");
    for hidden in [
        bank.replace("/bank.ics", "/shop.ics"),
        bank.replace("/bank.ics", "/nowhere.ics"),
        bank.replace(".ics", ""),
        format!("/cal/{}/me.ics", "0".repeat(32)),
        format!("/cal/{}/team/bank.ics", "0".repeat(32)),
    ] {
        let answer = calendar.ask(&hidden, None).await;
        assert_eq!(answer.status(), 404, "{hidden}");
        let problem: Value = answer.json().await.expect("a problem");
        assert_eq!(problem["code"], "no_such_calendar", "all the same");
    }

    server.stop().await;
    server.start_again().await;
    let calendar = Subscribed::to(&server);
    assert_eq!(
        calendar.ask(&path, None).await.status(),
        200,
        "after a restart"
    );
    let dora = server.admin.with_token(dora.token().expect("a token"));
    let second = own(&addresses(&dora).await);
    assert_eq!(calendar.ask(&path, None).await.status(), 404);
    assert_eq!(calendar.ask(&second, None).await.status(), 200);
}
