//! What the dispatcher does with a page, as sentences.

use core::time::Duration;
use std::sync::Arc;

use tocsin_push::{Address, Outcome, Purpose};
use tocsin_ticket::{
    Alarm, Chain, Command, Context, DeliveryProblem, DeviceId, DoNotDisturb, HelpTarget, Level,
    Millis, PersonId, Policy, Receipt, Role, Rung, ServiceId, Severity, TeamId, Ticket, TicketId,
    Transport, decide,
};
use tocsin_wire::{
    ApnsEnvironment, MAX_PUSH_BYTES, PushAddress, PushChannel, PushMessage, PushPayload, PushWhen,
};

use super::{Attempt, Dispatcher, Effect, Input, Means, Roster};
use crate::engine::{DeliveryOf, Owed};
use crate::fixture::directory;
use crate::secret::Secret;
use crate::store::{Device, StoredChannel, StoredNotice};

const START: Millis = Millis(1_800_000_000_000);

fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn web(name: &str) -> PushAddress {
    PushAddress::WebPush {
        endpoint: format!("https://push.example/{name}"),
        p256dh: String::new(),
        auth: String::new(),
    }
}

fn apns(name: &str) -> PushAddress {
    PushAddress::Apns {
        token: name.to_owned(),
        environment: ApnsEnvironment::Production,
        topic: "org.example".to_owned(),
        key: String::new(),
    }
}

fn channel(device: &str, address: PushAddress, when: PushWhen) -> StoredChannel {
    StoredChannel {
        device: device.into(),
        channel: PushChannel { address, when },
        dead: None,
    }
}

/// ana is on call with the given channels, a text message gateway and a mailbox; bea leads. A device
/// whose name begins with dora is hers, and she is of another team.
fn roster(channels: &[StoredChannel]) -> Arc<Roster> {
    let devices: Vec<Device> = channels
        .iter()
        .map(|stored| Device {
            id: stored.device.clone(),
            person: if stored.device.as_str().starts_with("dora") {
                "dora".into()
            } else {
                "ana".into()
            },
            name: "phone".to_owned(),
            admin: false,
            token: Secret::device_token().hash(),
        })
        .collect();
    let means = Means {
        transports: vec![Transport::WebPush, Transport::Apns, Transport::Fcm],
        gateways: vec!["sms".to_owned()],
        email: true,
    };
    let directory = Arc::new(directory(&["ana"]));
    Arc::new(Roster::new(directory, &devices, channels, &means))
}

/// A dispatcher, the tickets it hears of, and what it is doing.
struct Night {
    dispatcher: Dispatcher,
    now: Millis,
    under_way: Vec<Attempt>,
    reports: Vec<(Transport, Rung)>,
    failures: Vec<DeliveryProblem>,
    retired: Vec<DeviceId>,
    told: Vec<u64>,
}

impl Night {
    fn new(channels: &[StoredChannel]) -> Self {
        let mut night = Self {
            dispatcher: Dispatcher::new([7; 16], 1),
            now: START,
            under_way: Vec::new(),
            reports: Vec::new(),
            failures: Vec::new(),
            retired: Vec::new(),
            told: Vec::new(),
        };
        night.step(Input::Roster(roster(channels)));
        night
    }

    fn step(&mut self, input: Input) {
        for effect in self.dispatcher.step(input, self.now) {
            match effect {
                Effect::Send(attempt) => self.under_way.push(attempt),
                Effect::Report(delivery) => {
                    assert!(matches!(delivery.of, DeliveryOf::Page(_)));
                    let rung = |receipt: &Receipt| (receipt.transport.unwrap(), receipt.rung);
                    self.reports.extend(delivery.receipts.iter().map(rung));
                    let problem = delivery.failures.iter().map(|failure| failure.problem);
                    self.failures.extend(problem);
                }
                Effect::Retire { channel, .. } => self.retired.push(channel.device.clone()),
                Effect::Told(notice) => self.told.push(notice),
            }
        }
    }

    fn hear(&mut self, ticket: &Ticket) {
        self.step(Input::Owed(Owed::Ticket(Arc::new(ticket.clone()))));
    }

    fn answer(&mut self, attempt: usize, outcome: Outcome) {
        let number = self.under_way.remove(attempt).number;
        self.step(Input::Finished { number, outcome });
    }

    /// Every attempt under way is accepted.
    fn accept_all(&mut self) -> usize {
        let count = self.under_way.len();
        for _ in 0..count {
            self.answer(0, Outcome::Accepted);
        }
        count
    }

    /// Sleeps until `at`, waking whenever the dispatcher wants to.
    fn sleep_until(&mut self, at: Millis) {
        while let Some(wake) = self.dispatcher.next_wake().filter(|wake| *wake <= at) {
            self.now = self.now.max(wake);
            self.step(Input::Wake);
        }
        self.now = at;
    }

    fn transports(&self) -> Vec<Transport> {
        self.under_way
            .iter()
            .map(|attempt| attempt.channel.transport())
            .collect()
    }
}

/// A ticket in the hands of the rules.
struct Trouble(Ticket);

impl Trouble {
    fn new(id: u64, severity: Severity, now: Millis) -> Self {
        let alarm = Alarm {
            team: "shop".into(),
            service: "checkout".into(),
            dedup_key: format!("trouble-{id}"),
            severity,
            title: "checkout is slow".to_owned(),
            source: "prometheus".to_owned(),
            url: None,
            details: [("runbook".to_owned(), "x".repeat(3000))].into(),
        };
        let fired = Command::AlarmFired {
            new_id: TicketId(id),
            alarm,
        };
        let mut trouble = None;
        apply(&mut trouble, &fired, now);
        Self(trouble.expect("a ticket"))
    }

    fn after(self, command: &Command, now: Millis) -> Self {
        let mut ticket = Some(self.0);
        apply(&mut ticket, command, now);
        Self(ticket.expect("a ticket"))
    }

    fn received(self, device: &str, now: Millis) -> Self {
        self.received_under(None, device, now)
    }

    fn received_under(self, filter: Option<DoNotDisturb>, device: &str, now: Millis) -> Self {
        let page = self.0.pages[0].id;
        let receipt = Receipt {
            device: device.into(),
            transport: None,
            rung: Rung::Received,
            at: now,
            effective_volume: None,
            ringer: None,
            do_not_disturb: filter,
        };
        let delivery = Command::Delivery {
            page,
            receipts: vec![receipt],
            failures: Vec::new(),
        };
        self.after(&delivery, now)
    }

    fn checked_in(self, now: Millis) -> Self {
        let by = PersonId::from("ana");
        self.after(&Command::CheckIn { by }, now)
    }
}

fn apply(ticket: &mut Option<Ticket>, command: &Command, now: Millis) {
    let lead = Level {
        role: Role::Manager,
        people: vec!["bea".into()],
    };
    let (policy, chain) = (Policy::default(), Chain::new("ana".into(), vec![lead]));
    let pageable = ["ana".into(), "bea".into()];
    let context = Context::new(&policy, &chain, &pageable);
    for event in decide(ticket.as_ref(), command, &context, now).expect("not refused") {
        *ticket = Ticket::apply(ticket.take(), &event, now);
    }
}

fn payload(attempt: &Attempt) -> PushPayload {
    serde_json::from_slice(&attempt.push.payload).expect("a payload")
}

#[test]
fn a_page_goes_to_every_device_at_once_and_each_rung_is_written_down() {
    let mut night = Night::new(&[
        channel("phone", web("phone"), PushWhen::AtOnce),
        channel("tablet", apns("tablet"), PushWhen::AtOnce),
    ]);
    night.hear(&Trouble::new(1, Severity::Sev1, START).0);
    assert_eq!(night.transports(), [Transport::WebPush, Transport::Apns]);
    assert!(
        night
            .under_way
            .iter()
            .all(|it| it.push.purpose == Purpose::Page)
    );
    night.accept_all();
    assert_eq!(
        night.reports,
        [
            (Transport::WebPush, Rung::Sent),
            (Transport::WebPush, Rung::Accepted),
            (Transport::Apns, Rung::Sent),
            (Transport::Apns, Rung::Accepted),
        ]
    );
}

#[test]
fn somebody_of_another_team_who_is_asked_to_help_is_pushed_to_and_told_of_the_end() {
    let mut night = Night::new(&[channel("dora-phone", web("dora"), PushWhen::AtOnce)]);
    let trouble = Trouble::new(1, Severity::Sev1, START).checked_in(START);
    night.hear(&trouble.0);
    assert!(night.under_way.is_empty(), "nothing for her");
    let dora = Level {
        role: Role::OnCall,
        people: vec!["dora".into()],
    };
    let ask = Command::AskHelp {
        by: "ana".into(),
        target: HelpTarget::Service {
            service: "ledger".into(),
        },
        levels: vec![dora],
        message: "checkout waits for the ledger".to_owned(),
    };
    let trouble = trouble.after(&ask, START);
    night.hear(&trouble.0);
    let PushMessage::Ticket { ticket, .. } =
        payload(&night.under_way[0]).message.get().unwrap().clone()
    else {
        panic!("a ticket")
    };
    let help = ticket.helps[0].get().expect("the call for help");
    assert_eq!(help.by, PersonId::from("ana"), "who asks");
    assert_eq!(help.message, "checkout waits for the ledger", "and why");
    night.accept_all();
    let by = PersonId::from("ana");
    night.hear(&trouble.after(&Command::Resolve { by }, START + s(9)).0);
    assert_eq!(night.under_way[0].push.purpose, Purpose::Silence);
}

#[test]
fn a_push_is_small_and_enough_to_ring_and_to_check_in() {
    let mut night = Night::new(&[channel("phone", web("phone"), PushWhen::AtOnce)]);
    let trouble = Trouble::new(1, Severity::Sev1, START);
    night.hear(&trouble.0);
    let attempt = &night.under_way[0];
    assert!(attempt.push.payload.len() <= MAX_PUSH_BYTES);
    let PushMessage::Ticket { ticket, others } = payload(attempt).message.get().unwrap().clone()
    else {
        panic!("a ticket")
    };
    assert_eq!(others, 0);
    assert!(ticket.partial);
    assert_eq!(ticket.pages[0].id, trouble.0.pages[0].id);
    assert_eq!(ticket.title, "checkout is slow");
    assert!(ticket.details.is_empty());
}

#[test]
fn what_no_device_received_in_time_goes_by_the_next_channel_until_one_does() {
    let mut night = Night::new(&[
        channel("phone", web("phone"), PushWhen::AtOnce),
        channel("old phone", apns("old"), PushWhen::IfNotReceived),
    ]);
    let trouble = Trouble::new(1, Severity::Sev1, START);
    night.hear(&trouble.0);
    night.accept_all();
    night.sleep_until(START + Duration::from_millis(9_999));
    assert!(night.under_way.is_empty());
    night.sleep_until(START + s(10));
    assert_eq!(night.transports(), [Transport::Apns], "SEV1: after 10 s");
    night.accept_all();
    night.sleep_until(START + s(20));
    assert_eq!(night.transports(), [Transport::Webhook]);
    night.accept_all();
    let trouble = trouble.received("old phone", night.now);
    night.hear(&trouble.0);
    night.sleep_until(START + s(120));
    let mail = night.transports().contains(&Transport::Email);
    assert!(!mail, "somebody has it: the mailbox is left alone");
}

#[test]
fn a_phone_in_total_silence_is_no_reason_to_spare_the_next_channel() {
    let mut night = Night::new(&[
        channel("phone", web("phone"), PushWhen::AtOnce),
        channel("old phone", apns("old"), PushWhen::IfNotReceived),
    ]);
    let trouble = Trouble::new(1, Severity::Sev1, START);
    night.hear(&trouble.0);
    night.accept_all();
    let silence = Some(DoNotDisturb::TotalSilence);
    night.hear(&trouble.received_under(silence, "phone", night.now).0);
    night.sleep_until(START + s(10));
    assert_eq!(night.transports(), [Transport::Apns]);
}

#[test]
fn a_stalled_service_holds_up_neither_the_next_channel_nor_sev1() {
    let mut night = Night::new(&[
        channel("phone", web("phone"), PushWhen::AtOnce),
        channel("phone", apns("phone"), PushWhen::IfNotReceived),
    ]);
    for id in 1..=9 {
        night.hear(&Trouble::new(id, Severity::Sev2, START).0);
    }
    assert_eq!(night.under_way.len(), 9);
    night.hear(&Trouble::new(10, Severity::Sev1, START).0);
    assert_eq!(night.under_way.len(), 10, "sent although nine hang");
    night.sleep_until(START + s(10));
    assert_eq!(night.transports().last(), Some(&Transport::Apns));
}

#[test]
fn a_dead_address_is_retired_and_the_next_channel_does_not_wait() {
    let mut night = Night::new(&[
        channel("phone", web("phone"), PushWhen::AtOnce),
        channel("phone", apns("phone"), PushWhen::IfNotReceived),
    ]);
    night.hear(&Trouble::new(1, Severity::Sev1, START).0);
    let why = "410 Gone".to_owned();
    night.answer(0, Outcome::DeadToken { why });
    assert_eq!(night.retired, ["phone".into()]);
    assert_eq!(night.failures, [DeliveryProblem::DeadToken]);
    assert_eq!(night.transports(), [Transport::Apns], "at once");
}

#[test]
fn an_address_that_just_died_is_used_for_nothing_more_whatever_the_roster_still_says() {
    let mut night = Night::new(&[
        channel("phone", web("phone"), PushWhen::AtOnce),
        channel("phone", apns("phone"), PushWhen::IfNotReceived),
    ]);
    night.hear(&Trouble::new(1, Severity::Sev1, START).0);
    let why = "410 Gone".to_owned();
    night.answer(0, Outcome::DeadToken { why });
    night.accept_all();
    night.hear(&Trouble::new(2, Severity::Sev1, START).0);
    assert_eq!(night.transports(), [Transport::Apns], "at once");
    night.accept_all();
    night.step(Input::Owed(Owed::Notice(StoredNotice {
        id: 3,
        person: "ana".into(),
        subject: "One device can no longer be paged".to_owned(),
        body: String::new(),
        at: START,
    })));
    let mut transports = night.transports();
    transports.sort();
    assert_eq!(transports, [Transport::Apns, Transport::Email]);
}

#[test]
fn a_service_that_refuses_us_is_left_for_the_next_and_asked_again_later() {
    let mut night = Night::new(&[
        channel("phone", web("phone"), PushWhen::AtOnce),
        channel("phone", apns("phone"), PushWhen::IfNotReceived),
    ]);
    night.hear(&Trouble::new(1, Severity::Sev1, START).0);
    let why = "403".to_owned();
    night.answer(0, Outcome::Refused { why });
    assert_eq!(night.transports(), [Transport::Apns]);
    assert!(night.retired.is_empty());
    night.accept_all();
    night.sleep_until(START + s(61));
    assert!(night.transports().contains(&Transport::WebPush));
}

#[test]
fn an_attempt_that_came_to_nothing_is_made_again_until_it_succeeds() {
    let mut night = Night::new(&[channel("phone", web("phone"), PushWhen::AtOnce)]);
    night.hear(&Trouble::new(1, Severity::Sev2, START).0);
    for _ in 0..5 {
        let web = night
            .under_way
            .iter()
            .position(|it| it.channel.transport() == Transport::WebPush);
        let why = "connection reset".to_owned();
        night.answer(web.expect("tried again"), Outcome::Unknown { why });
        night.sleep_until(night.now + s(31));
    }
    assert_eq!(
        night.failures,
        [DeliveryProblem::NoAnswer],
        "written down once"
    );
    night.accept_all();
    assert!(
        night
            .reports
            .contains(&(Transport::WebPush, Rung::Accepted))
    );
}

#[test]
fn retry_after_is_respected_but_not_for_ever() {
    let mut night = Night::new(&[channel("phone", web("phone"), PushWhen::AtOnce)]);
    night.hear(&Trouble::new(1, Severity::Sev2, START).0);
    let wait = |seconds| Outcome::RetryAfter {
        after: Some(s(seconds)),
        why: "429".to_owned(),
    };
    night.answer(0, wait(17));
    night.sleep_until(START + Duration::from_millis(16_999));
    assert!(night.under_way.is_empty());
    night.sleep_until(START + s(18));
    assert_eq!(night.transports(), [Transport::WebPush]);
}

#[test]
fn an_iphone_is_pushed_again_until_somebody_checks_in() {
    let mut night = Night::new(&[channel("phone", apns("phone"), PushWhen::AtOnce)]);
    let trouble = Trouble::new(1, Severity::Sev1, START).received("phone", START);
    night.hear(&trouble.0);
    let first = night.under_way[0].push.id.clone();
    let mut pushes = night.accept_all();
    while night.now < START + s(100) {
        night.sleep_until(night.now + s(1));
        assert!(
            night
                .under_way
                .iter()
                .all(|attempt| attempt.push.id == first)
        );
        pushes += night.accept_all();
    }
    assert_eq!(pushes, 4, "at 0, 27, 54 and 81 s");
    night.hear(&trouble.checked_in(night.now).0);
    assert_eq!(night.under_way[0].push.purpose, Purpose::Silence);
    night.accept_all();
    night.sleep_until(night.now + s(100));
    assert!(night.under_way.is_empty());
}

#[test]
fn a_check_in_silences_every_device_that_was_pushed_to_and_no_other() {
    let mut night = Night::new(&[
        channel("phone", web("phone"), PushWhen::AtOnce),
        channel("old phone", web("old"), PushWhen::IfNotReceived),
    ]);
    let trouble = Trouble::new(1, Severity::Sev1, START);
    night.hear(&trouble.0);
    let page = night.under_way[0].push.id.clone();
    night.accept_all();
    let trouble = trouble.received("phone", START).checked_in(START + s(3));
    night.hear(&trouble.0);
    assert_eq!(night.under_way.len(), 1);
    let silence = &night.under_way[0];
    assert_eq!(silence.push.purpose, Purpose::Silence);
    assert_eq!(
        silence.push.id, page,
        "it takes the page's place on the screen"
    );
    let PushMessage::Ticket { ticket, .. } = payload(silence).message.get().unwrap().clone() else {
        panic!("a ticket")
    };
    assert!(ticket.pages.is_empty());
    night.accept_all();
    assert_eq!(night.dispatcher.owed(), 0, "nothing is owed any more");
}

#[test]
fn a_check_in_while_a_push_is_under_way_is_told_after_it() {
    let mut night = Night::new(&[channel("phone", web("phone"), PushWhen::AtOnce)]);
    let trouble = Trouble::new(1, Severity::Sev1, START);
    night.hear(&trouble.0);
    night.hear(&trouble.checked_in(START).0);
    let purposes: Vec<_> = night.under_way.iter().map(|it| it.push.purpose).collect();
    assert_eq!(purposes, [Purpose::Page, Purpose::Silence]);
    night.accept_all();
    assert_eq!(night.dispatcher.owed(), 0);
}

#[test]
fn what_becomes_of_an_attempt_is_told_also_when_the_page_is_over() {
    let mut night = Night::new(&[channel("phone", web("phone"), PushWhen::AtOnce)]);
    let trouble = Trouble::new(1, Severity::Sev1, START);
    night.hear(&trouble.0);
    night.hear(&trouble.checked_in(START).0);
    let why = "410".to_owned();
    night.answer(0, Outcome::DeadToken { why });
    assert_eq!(night.failures, [DeliveryProblem::DeadToken]);
    assert_eq!(night.retired, [DeviceId::from("phone")]);
}

#[test]
fn a_storm_is_a_few_pushes_and_a_counter_and_the_worst_is_in_front() {
    let mut night = Night::new(&[channel("phone", web("phone"), PushWhen::AtOnce)]);
    let mut sent = 0;
    let mut spoken_for = 0;
    for id in 1..=5_000 {
        night.now = START + Duration::from_millis(id * 12);
        let severity = if id == 4_000 {
            Severity::Sev1
        } else {
            Severity::Sev2
        };
        night.sleep_until(night.now);
        night.hear(&Trouble::new(id, severity, night.now).0);
        for attempt in &night.under_way {
            if attempt.channel.transport() == Transport::WebPush {
                sent += 1;
                spoken_for += 1 + attempt.others;
            }
        }
        night.accept_all();
    }
    while spoken_for < 5_000 {
        night.sleep_until(night.now + s(1));
        for attempt in &night.under_way {
            if attempt.channel.transport() == Transport::WebPush {
                sent += 1;
                spoken_for += 1 + attempt.others;
            }
        }
        night.accept_all();
    }
    assert!((15..=30).contains(&sent), "{sent} pushes in a minute");
    assert!(night.now < START + s(70));
}

#[test]
fn in_a_storm_the_most_severe_goes_in_front() {
    let mut night = Night::new(&[channel("phone", web("phone"), PushWhen::AtOnce)]);
    for id in 1..=200 {
        night.hear(&Trouble::new(id, Severity::Sev2, START).0);
    }
    night.hear(&Trouble::new(201, Severity::Sev1, START).0);
    night.accept_all();
    night.sleep_until(START + s(6));
    let next = &night.under_way[0];
    assert_eq!(next.page.unwrap().ticket, TicketId(201));
    assert!(next.others > 100);
}

#[test]
fn after_a_restart_what_was_accepted_is_not_repeated_and_what_was_not_is_sent() {
    let channels = [
        channel("phone", web("phone"), PushWhen::AtOnce),
        channel("tablet", web("tablet"), PushWhen::AtOnce),
    ];
    let trouble = Trouble::new(1, Severity::Sev1, START);
    let page = trouble.0.pages[0].id;
    let accepted = Receipt {
        device: "phone".into(),
        transport: Some(Transport::WebPush),
        rung: Rung::Accepted,
        at: START,
        effective_volume: None,
        ringer: None,
        do_not_disturb: None,
    };
    let written = Command::Delivery {
        page,
        receipts: vec![accepted],
        failures: Vec::new(),
    };
    let trouble = trouble.after(&written, START);
    let mut night = Night::new(&channels);
    night.now = START + s(2);
    night.hear(&trouble.0);
    let devices: Vec<_> = night
        .under_way
        .iter()
        .map(|it| it.channel.device.clone())
        .collect();
    assert_eq!(devices, ["tablet".into()]);
}

#[test]
fn a_restart_in_the_middle_of_the_ladder_goes_on_where_the_time_says() {
    let mut night = Night::new(&[channel("phone", web("phone"), PushWhen::AtOnce)]);
    night.now = START + s(25);
    night.hear(&Trouble::new(1, Severity::Sev1, START).0);
    let mut transports = night.transports();
    transports.sort();
    assert_eq!(
        transports,
        [Transport::WebPush, Transport::Webhook, Transport::Email],
        "the text message is due since 10 s, the mail since 20 s"
    );
}

#[test]
fn devices_are_told_of_a_page_that_ended_just_before_a_restart() {
    let mut night = Night::new(&[channel("phone", web("phone"), PushWhen::AtOnce)]);
    let trouble = Trouble::new(1, Severity::Sev1, START).checked_in(START);
    night.step(Input::Ended(Arc::new(trouble.0), "ana".into()));
    assert_eq!(night.under_way[0].push.purpose, Purpose::Silence);
    assert!(matches!(
        night.under_way[0].channel.address,
        Address::Device(_)
    ));
}

#[test]
fn a_phone_that_registers_while_it_is_paged_is_pushed_to() {
    let mut night = Night::new(&[channel("phone", web("phone"), PushWhen::AtOnce)]);
    night.hear(&Trouble::new(1, Severity::Sev1, START).0);
    night.accept_all();
    night.step(Input::Roster(roster(&[
        channel("phone", web("phone"), PushWhen::AtOnce),
        channel("tablet", web("tablet"), PushWhen::AtOnce),
    ])));
    assert_eq!(night.under_way[0].channel.device, "tablet".into());
}

#[test]
fn a_service_that_is_down_is_tried_gently_and_used_fully_once_it_is_back() {
    let channels: Vec<_> = (0..300)
        .map(|phone| {
            let name = format!("phone {phone}");
            channel(&name, web(&name), PushWhen::AtOnce)
        })
        .collect();
    let mut night = Night::new(&channels);
    night.hear(&Trouble::new(1, Severity::Sev2, START).0);
    assert_eq!(night.under_way.len(), 256, "room for so many at a time");
    let mut attempts = 0;
    while night.now < START + s(10) {
        let hanging = night
            .under_way
            .iter()
            .filter(|it| it.channel.transport() == Transport::WebPush)
            .count();
        for _ in 0..hanging {
            attempts += 1;
            let why = "503".to_owned();
            night.answer(0, Outcome::RetryAfter { after: None, why });
        }
        night.sleep_until(night.now + Duration::from_millis(50));
    }
    assert!(
        attempts < 256 + 44 + 200,
        "{attempts} attempts on a dead service"
    );
    let mut accepted = 0;
    while accepted < 300 && night.now < START + s(60) {
        accepted += night.accept_all();
        night.sleep_until(night.now + Duration::from_millis(50));
    }
    assert!(
        accepted >= 300,
        "{accepted} of 300 within {:?}",
        night.now.since(START)
    );
}

#[test]
fn once_a_service_is_back_nothing_waits_out_its_own_failures() {
    const PHONES: usize = 20;
    let names: Vec<String> = (0..PHONES).map(|phone| format!("phone{phone}")).collect();
    let channels: Vec<StoredChannel> = names
        .iter()
        .map(|name| channel(name, web(name), PushWhen::AtOnce))
        .collect();
    let mut night = Night::new(&channels);
    night.hear(&Trouble::new(1, Severity::Sev1, START).0);
    while night.now < START + s(60) {
        while !night.under_way.is_empty() {
            let why = "connection refused".to_owned();
            night.answer(0, Outcome::Unknown { why });
        }
        night.sleep_until(night.now + Duration::from_millis(100));
    }
    let web = |attempt: &Attempt| attempt.channel.transport() == Transport::WebPush;
    while !night.under_way.iter().any(web) {
        night.sleep_until(night.now + Duration::from_millis(100));
    }
    let probe = night.under_way.iter().position(web).expect("a try");
    night.answer(probe, Outcome::Accepted);
    let rest = night
        .under_way
        .iter()
        .filter(|attempt| web(attempt))
        .count();
    assert_eq!(rest, PHONES - 1, "every other phone is pushed to at once");
}

#[test]
fn attempts_that_a_gateway_did_not_take_cost_nothing_of_its_fair_rate() {
    let mut night = Night::new(&[]);
    night.hear(&Trouble::new(1, Severity::Sev1, START).0);
    let text = |attempt: &Attempt| attempt.channel.transport() == Transport::Webhook;
    let mut attempts = 0;
    while night.now < START + s(40) {
        while let Some(attempt) = night.under_way.iter().position(text) {
            attempts += 1;
            let why = "503".to_owned();
            night.answer(attempt, Outcome::RetryAfter { after: None, why });
        }
        night.sleep_until(night.now + Duration::from_millis(100));
    }
    assert!(attempts > 3, "{attempts} attempts in 30 s");
}

#[test]
fn a_notice_goes_by_mail_and_to_devices_but_never_as_a_text_message() {
    let mut night = Night::new(&[channel("phone", web("phone"), PushWhen::AtOnce)]);
    let notice = StoredNotice {
        id: 3,
        person: "ana".into(),
        subject: "One device can no longer be paged".to_owned(),
        body: "x".repeat(5000),
        at: START,
    };
    night.step(Input::Owed(Owed::Notice(notice)));
    let mut transports = night.transports();
    transports.sort();
    assert_eq!(transports, [Transport::WebPush, Transport::Email]);
    assert!(
        night
            .under_way
            .iter()
            .all(|it| it.push.purpose == Purpose::Notice && it.push.payload.len() <= MAX_PUSH_BYTES)
    );
    night.answer(0, Outcome::Accepted);
    assert_eq!(night.told, [3]);
    night.accept_all();
    assert_eq!(night.told, [3], "once is enough");
    assert_eq!(night.dispatcher.owed(), 0);
}

#[test]
fn a_teams_own_timings_are_used() {
    let team = TeamId::from("shop");
    let gone = ServiceId::from("gone");
    let roster = roster(&[]);
    assert_eq!(roster.next_channel(&team, &gone, Severity::Sev1), s(10));
    assert_eq!(roster.next_channel(&team, &gone, Severity::Sev2), s(20));
}
