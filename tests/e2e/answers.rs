//! Answers about real tickets: why, why not, who would be, and what the configuration lacks.

use serde_json::json;
use tocsin_answers::{Because, CheckRule, Ending, Grade, Rule};
use tocsin_server::api::{CheckReply, RehearsalReply, WhyNotReply, WhyReply};
use tocsin_tests::configuration::{QUICK, UNHURRIED, with_policy};
use tocsin_tests::{Api, TestPager, TestServer};
use tocsin_ticket::{Actor, PersonId, Role};
use tocsin_wire::Action;

async fn why(api: &Api, ticket: u64) -> WhyReply {
    let path = format!("/v1/tickets/{ticket}/why");
    api.get(&path).await.expect(200).read()
}

async fn why_not(api: &Api, ticket: u64, person: &str) -> WhyNotReply {
    let path = format!("/v1/tickets/{ticket}/why-not?person={person}");
    api.get(&path).await.expect(200).read()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_that_escalated_answers_everybody_who_asks() {
    let server = TestServer::start(QUICK).await;
    let ana = TestPager::of(&server, "ana").await;
    let bea = TestPager::of(&server, "bea").await;
    let ben = server.person("ben").await;
    let ticket = server.alarm("SEV1", "database").await;
    ana.wait_until_ringing().await;
    bea.wait_until_ringing().await;
    bea.tap(ticket, Action::CheckIn).await;
    bea.wait_until_silent().await;
    ana.wait_until_silent().await;

    let told = why(&ben, ticket).await;
    assert_eq!(told.zone, "Europe/Berlin");
    let [first, second] = [Role::Owner, Role::Manager].map(|role| {
        let mut of = told.decisions.iter().filter(|it| it.role == Some(role));
        of.find(|it| !matches!(it.rule, Rule::RingsOn { .. }))
            .unwrap()
    });
    assert_eq!(first.people, [PersonId::from("ana")]);
    assert!(matches!(first.rule, Rule::OnCall { limit } if limit.0 == first.at.0 + 1000));
    assert_eq!(second.people, [PersonId::from("bea")]);
    let Rule::LimitMissed { limit, .. } = &second.rule else {
        panic!("{second:?}");
    };
    assert!(second.at >= *limit, "{second:?}");
    let last = told.decisions.last().unwrap();
    let Rule::InHand { by, spared, .. } = &last.rule else {
        panic!("{last:?}");
    };
    assert_eq!(*by, Actor::Person("bea".into()));
    assert_eq!(spared, &[PersonId::from("carl")]);
    assert!(
        last.text.starts_with("Bea Lindqvist checked in"),
        "{}",
        last.text
    );

    // The manager's manager slept because the manager was faster than her limit.
    let carl = why_not(&ben, ticket, "carl").await.answer;
    assert!(!carl.paged);
    assert!(matches!(
        carl.reasons[0].because,
        Because::LaterLevel {
            role: Role::ManagersManager,
            place: 3,
            ..
        }
    ));
    assert!(
        matches!(&carl.reasons[1].because, Because::InHand { by, .. } if *by == Actor::Person("bea".into()))
    );
    // Ben is in the team, whose turn never comes and who is asked with everybody.
    let own = why_not(&ben, ticket, "ben").await.answer;
    assert!(matches!(
        own.reasons[0].because,
        Because::LaterLevel {
            role: Role::Team,
            ..
        }
    ));
    // Dora is in the bank; whether there is a Dora at all is nobody's business.
    for stranger in ["dora", "nobody"] {
        let answer = why_not(&ben, ticket, stranger).await.answer;
        assert_eq!(
            answer.reasons[0].because,
            Because::NotInTeam {
                team: "shop".into()
            }
        );
        assert!(!answer.reasons[0].text.contains("Novak"));
    }
    // Ana was paged, and her phone said so.
    let paged = why_not(&ben, ticket, "ana").await.answer;
    assert!(paged.paged && paged.rang, "{paged:?}");
    assert!(matches!(
        paged.reasons[0].because,
        Because::Paged { rung: Some(_), .. }
    ));

    // What is asked later is answered by what held then.
    let mut server = server;
    let later = with_policy(QUICK).replace("members = [\"ana\", \"ben\"]", "members = [\"ana\"]");
    server.apply(&later).await;
    let asked_again = why_not(&server.admin, ticket, "ben").await.answer;
    assert_eq!(asked_again.reasons[0].because, own.reasons[0].because);
    let new = server.alarm("SEV4", "cosmetics").await;
    let gone = why_not(&server.admin, new, "ben").await.answer;
    assert!(
        matches!(gone.reasons[0].because, Because::Left { .. }),
        "{gone:?}"
    );
    let quiet = why_not(&server.admin, new, "ana").await.answer;
    assert!(matches!(
        quiet.reasons[0].because,
        Because::DoesNotPage { .. }
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_not_in_the_team_gets_no_answer_about_its_ticket() {
    let server = TestServer::start(UNHURRIED).await;
    let ticket = server.alarm("SEV1", "database").await;
    let dora = server.person("dora").await;
    for path in ["why", "why-not?person=ana"] {
        let path = format!("/v1/tickets/{ticket}/{path}");
        let hidden = dora.get(&path).await.expect(404);
        assert_eq!(hidden.problem().code, "no_such_ticket");
    }
    let path = format!("/v1/tickets/{ticket}/why?zone=Europe/Berln");
    let refused = server.admin.get(&path).await.expect(400);
    assert_eq!(refused.problem().field.as_deref(), Some("zone"));
    assert!(refused.problem().detail.contains("Europe/Berlin"));
    let path = format!("/v1/tickets/{ticket}/why-not");
    let refused = server.admin.get(&path).await.expect(400);
    assert_eq!(refused.problem().field.as_deref(), Some("query"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rehearsal_tells_who_would_ring_and_pages_nobody() {
    let server = TestServer::start(UNHURRIED).await;
    let ana = server.person("ana").await;
    let path = "/v1/rehearsal?service=checkout&at=2027-03-28T02:30&zone=Europe/Berlin";
    let told: RehearsalReply = ana.get(path).await.expect(200).read();
    assert!(told.note.is_some(), "there is no such time");
    assert_eq!(told.rehearsal.local, "2027-03-28T03:30:00+02:00");
    assert_eq!(told.rehearsal.ending, Ending::BeginsAgain);
    let people: Vec<Vec<&str>> = told
        .rehearsal
        .steps
        .iter()
        .map(|step| step.decision.people.iter().map(PersonId::as_str).collect())
        .collect();
    assert_eq!(people, [["ana"], ["bea"], ["carl"], ["ben"], ["ana"]]);
    assert_eq!(told.people[&"bea".into()], "Bea Lindqvist");
    let open = ana.get("/v1/tickets").await.expect(200).json();
    assert_eq!(open["tickets"], json!([]));
    for (query, field) in [
        ("service=ledger", "service"),
        ("service=nothing", "service"),
        ("service=checkout&at=soon", "at"),
        ("service=checkout&zone=Nowhere", "zone"),
        ("service=checkout&checked_in_after=x", "checked_in_after"),
    ] {
        let path = format!("/v1/rehearsal?{query}");
        let refused = ana.get(&path).await.expect(400);
        assert_eq!(refused.problem().field.as_deref(), Some(field), "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_of_what_is_in_use_knows_who_could_not_be_woken() {
    let server = TestServer::start(UNHURRIED).await;
    let ana = TestPager::of(&server, "ana").await;
    ana.wait_until_live().await;
    let ben = server.person("ben").await;
    let found: CheckReply = ben.get("/v1/check").await.expect(200).read();
    let without = found.findings.iter().find(|it| it.place == "people.bea");
    let without = without.expect("a manager without a device");
    assert_eq!(
        (without.rule, without.grade),
        (CheckRule::NoPager, Grade::Warning)
    );
    let alone = found
        .findings
        .iter()
        .find(|it| it.rule == CheckRule::OnePerson);
    assert_eq!(alone.map(|it| it.place.as_str()), Some("teams.shop.rota"));
    let anas =
        |it: &&tocsin_answers::Finding| it.rule == CheckRule::NoPager && it.place == "people.ana";
    assert_eq!(found.findings.iter().find(anas), None, "her pager is live");
    let banks = found.findings.iter().filter(|it| it.place.contains("bank"));
    assert_eq!(banks.count(), 0, "Ben is not in the bank");
}
