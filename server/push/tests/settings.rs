//! The transports file: read whole, or refused with the line and the field.

use tocsin_push::Address;
use tocsin_push::jwt::SigningKey;
use tocsin_push::settings::{Settings, StartError, Transports};
use tocsin_ticket::Transport as Kind;

const EXAMPLE: &str = include_str!("../transports.example.toml");

fn start(text: &str) -> Result<Transports, StartError> {
    let key = SigningKey::generate_es256().expect("a key");
    Transports::start(&Settings::parse(text).expect(text), &key)
}

fn problem(text: &str) -> String {
    Settings::parse(text).expect_err(text).to_string()
}

#[test]
fn the_example_is_valid_and_shows_every_transport_and_kind_of_gateway() {
    let settings = Settings::parse(EXAMPLE).expect("the example");
    assert!(settings.webpush.is_some() && settings.apns.is_some());
    assert!(settings.fcm.is_some() && settings.email.is_some());
    let kinds: Vec<String> = settings
        .gateway
        .values()
        .map(|gateway| {
            let text = format!("{gateway:?}");
            text.split('(').next().unwrap_or_default().to_owned()
        })
        .collect();
    for kind in [
        "TwilioSms",
        "TwilioCall",
        "VonageSms",
        "SevenSms",
        "Generic",
    ] {
        assert!(kinds.iter().any(|have| have == kind), "{kind} in {kinds:?}");
    }
}

#[test]
fn an_empty_file_is_a_server_with_the_live_stream_alone() {
    let transports = start("").expect("nothing to start");
    assert_eq!(transports.kinds(), []);
    let mailbox = Address::Mailbox {
        email: "ana@example.org".to_owned(),
    };
    assert!(transports.reaching(&mailbox).is_none());
}

#[test]
fn a_mistake_is_found_at_its_line_and_field() {
    for (text, expected) in [
        (
            "[email]\nhost = 'a'\nfrom = 'ana'",
            "3:8: email.from: expected a sender such as",
        ),
        (
            "[email]\nhost = 'a'\nport = 99999\nfrom = 'a@b.c'",
            "3:8: email.port: ",
        ),
        (
            "[email]\nfrom = 'a@b.c'",
            "1:1: email: missing field `host`",
        ),
        (
            "[email]\nhots = 'a'",
            "2:1: email.hots: unknown field `hots`, expected one of",
        ),
        ("[fcn]\n", "1:2: fcn: unknown field `fcn`, expected one of"),
        (
            "[gateway.sms.twillio]\n",
            "1:14: gateway.sms: unknown variant `twillio`, expected one of",
        ),
        (
            "[gateway.sms.generic]\nurl = 'https://a.example/{nr}'",
            "2:7: gateway.sms.generic.url: expected one of {number}",
        ),
        (
            "[gateway.sms.generic]\nurl = 'https://a.example/'\nmethod = 'DELETE'",
            "3:10: gateway.sms.generic.method: expected \"POST\"",
        ),
        (
            "[gateway.sms.generic]\nurl = 'https://a.example/'\nbody.json = { a = '{nr}' }",
            "gateway.sms.generic.body.json: expected one of {number}",
        ),
        ("[email\n", "1:7: "),
    ] {
        let said = problem(text);
        assert!(said.contains(expected), "{text}\n{said}");
    }
}

#[test]
fn a_secret_written_into_the_file_is_refused_without_being_repeated() {
    let said = problem("[gateway.s.seven_sms]\nfrom = 'T'\napi_key = 'hunter2hunter2'");
    assert!(
        said.starts_with("3:11: gateway.s.seven_sms.api_key: "),
        "{said}"
    );
    assert!(!said.contains("hunter2"), "{said}");
    assert!(said.contains("file"), "{said}");
}

#[test]
fn what_cannot_be_used_is_told_when_the_server_starts() {
    for (text, expected) in [
        (
            "[fcm]\nservice_account_file = '/nowhere/key.json'",
            "fcm.service_account_file: ",
        ),
        ("ca_file = '/nowhere/ca.pem'", "ca_file: "),
        ("allow_hosts = ['a b']", "allow_hosts: "),
        ("[webpush]\ncontact = 'ana'", "webpush.contact: "),
        (
            "[apns.gateway]\nurl = 'https://a.example/x'\ncontact = 'mailto:a@b.c'",
            "apns.gateway.",
        ),
        (
            "[apns.gateway]\nurl = 'https://a.example'\ncontact = 'ana'",
            "apns.gateway.contact: ",
        ),
        (
            "[gateway.s.seven_sms]\nfrom = 'T'\napi_key.env = 'TOCSIN_NOT_SET'",
            "gateway.s.api_key: expected the credential in the environment variable TOCSIN_NOT_SET",
        ),
        (
            "[gateway.s.twilio_sms]\nfrom = '+1'\naccount_sid = 'AC1'\nauth_token.env = 'CARGO_PKG_NAME'",
            "gateway.s.account_sid: ",
        ),
        (
            "[email]\nhost = 'a.example'\nfrom = 'a@b.c'\nlogin = { user = 'a', password = { env = 'TOCSIN_NOT_SET' } }",
            "email.login.password: ",
        ),
    ] {
        let error = start(text).expect_err(text).to_string();
        assert!(error.starts_with(expected), "{text}\n{error}");
    }
}

#[test]
fn every_address_finds_its_transport() {
    let text = "[webpush]\ncontact = 'mailto:a@example.org'\n\
                [apns.gateway]\nurl = 'https://push.example.com'\ncontact = 'mailto:a@b.c'\n\
                [email]\nhost = 'mail.example.org'\nfrom = 'a@example.org'\n\
                [gateway.s.seven_sms]\nfrom = 'T'\napi_key.env = 'CARGO_PKG_NAME'";
    let transports = start(text).expect("transports");
    let all = [Kind::WebPush, Kind::Apns, Kind::Webhook, Kind::Email];
    assert_eq!(transports.kinds(), all);
    let telephone = Address::Telephone {
        gateway: "s".to_owned(),
        number: "+493012345678".to_owned(),
    };
    let reached = transports.reaching(&telephone).expect("a gateway");
    assert_eq!(format!("{reached:?}"), "Webhook([\"s\"])");
    assert!(transports.get(Kind::Stream).is_none());
    assert!(transports.webpush().is_some());
}
