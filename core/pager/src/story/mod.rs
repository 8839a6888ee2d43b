//! A ticket's timeline in words: who was asked, why, what their devices did, who did what.
//!
//! It answers "why was I paged?" and "why was I not?", so it leaves nothing out, and it is the same on
//! every screen: shells draw its lines and add no words. Pure: names come from the person's
//! directory, and the shell says how the person reads an instant, since only it knows their zone.

use std::collections::BTreeMap;

use tocsin_readiness::Language;
use tocsin_ticket::{
    Actor, DeadlineKind, DeliveryFailure, DeliveryProblem, DeviceId, DoNotDisturb, Event, Millis,
    Page, PageEnd, PageId, PageReason, PersonId, Receipt, Ringer, Rung, TimerKind, Transport,
};
use tocsin_wire::{Directory, Entry, Known};

use crate::engine::Texts;

#[cfg(test)]
mod tests;

/// How much a line of the story matters to whoever skims it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// Somebody did something, or the ticket moved.
    Deed,
    /// Somebody was asked, because somebody else was not heard of.
    Alarm,
    /// What machines did meanwhile.
    Detail,
}

/// One line of the story.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// When: by the server's clock, or by the device's for what a device reports.
    pub at: Millis,
    /// How much it matters.
    pub weight: Weight,
    /// What happened, in the person's language.
    pub text: String,
}

/// The story that the entries tell, oldest first. `clock` writes an instant within a line, such as
/// when a limit passes, as the person reads it.
#[must_use]
pub fn tell(
    entries: &[Entry],
    names: &Directory,
    clock: &dyn Fn(Millis) -> String,
    language: Language,
) -> Vec<Line> {
    let mut teller = Teller {
        names,
        clock,
        texts: Texts::new(language),
        paged: BTreeMap::new(),
    };
    let mut lines = Vec::new();
    for entry in entries {
        for event in &entry.events {
            let line = match event {
                Known::Yes(event) => teller.line(event, entry.at),
                Known::No(event) => Line {
                    at: entry.at,
                    weight: Weight::Detail,
                    text: teller.pick(
                        format!("something that only a newer version can tell: {event}"),
                        format!("새 버전만 설명할 수 있는 일: {event}"),
                    ),
                },
            };
            lines.push(line);
        }
    }
    lines
}

/// Enough of a device's id to tell it from a person's other devices.
#[must_use]
pub fn device(id: &DeviceId) -> &str {
    id.as_str().get(..6).unwrap_or(id.as_str())
}

struct Teller<'a> {
    names: &'a Directory,
    clock: &'a dyn Fn(Millis) -> String,
    texts: Texts,
    /// Whose page it was.
    paged: BTreeMap<PageId, PersonId>,
}

impl Teller<'_> {
    fn pick(&self, english: String, korean: String) -> String {
        self.texts.pick(english, korean)
    }

    fn person(&self, id: &PersonId) -> String {
        self.texts.person(id, self.names)
    }

    fn people(&self, ids: &[PersonId]) -> String {
        let names: Vec<_> = ids.iter().map(|id| self.person(id)).collect();
        match names.as_slice() {
            [] => self.pick("nobody".into(), "아무도 없음".into()),
            names => names.join(", "),
        }
    }

    fn actor(&self, actor: &Actor) -> String {
        match actor {
            Actor::Person(person) => self.person(person),
            Actor::Monitoring(name) => {
                self.pick(format!("monitoring ({name})"), format!("모니터링({name})"))
            }
        }
    }

    fn line(&mut self, event: &Event, at: Millis) -> Line {
        let deed = |text| Line {
            at,
            weight: Weight::Deed,
            text,
        };
        let alarm = |text| Line {
            at,
            weight: Weight::Alarm,
            text,
        };
        let detail = |text| Line {
            at,
            weight: Weight::Detail,
            text,
        };
        match event {
            Event::Opened { alarm, owner, .. } => {
                let (severity, owner) = (alarm.severity, self.person(owner));
                let service = self.names.service(&alarm.service);
                let (source, title) = (&alarm.source, &alarm.title);
                deed(self.pick(
                    format!(
                        "{source} reported a {severity} of {service}: {title}. It is {owner}'s."
                    ),
                    format!("{source}: {service} {severity} 알람: {title}. 담당 {owner}."),
                ))
            }
            Event::Repeated { source } => detail(self.pick(
                format!("{source} reported the same again"),
                format!("{source}: 같은 알람이 다시 왔습니다"),
            )),
            Event::SeverityChanged { from, to, by } => {
                let by = self.actor(by);
                deed(self.pick(
                    format!("{by} changed it from {from} to {to}"),
                    format!("{by}: {from}에서 {to}(으)로 변경"),
                ))
            }
            Event::CheckedIn { by } => {
                let by = self.actor(by);
                deed(self.pick(
                    format!("{by} checked in: Researching"),
                    format!("{by}: 확인, 조사 중"),
                ))
            }
            Event::Acknowledged { by } => {
                let by = self.person(by);
                deed(self.pick(
                    format!("{by} answered the page; the ticket was in hand already"),
                    format!("{by}: 호출에 응답, 티켓은 이미 처리 중"),
                ))
            }
            Event::WorkStarted { by } => {
                let by = self.person(by);
                deed(self.pick(
                    format!("{by} started work: Work in Progress"),
                    format!("{by}: 작업 시작, 작업 중"),
                ))
            }
            Event::Resolved { by } => {
                let by = self.actor(by);
                deed(self.pick(format!("{by} resolved it"), format!("{by}: 해결")))
            }
            Event::Reopened { by, owner } => {
                let (by, owner) = (self.person(by), self.person(owner));
                deed(self.pick(
                    format!("{by} reopened it; it is {owner}'s"),
                    format!("{by}: 다시 열기, 담당 {owner}"),
                ))
            }
            Event::Reassigned { by, from, to } => {
                let (by, from, to) = (self.person(by), self.person(from), self.person(to));
                deed(self.pick(
                    format!("{by} gave it from {from} to {to}"),
                    format!("{by}: 담당을 {from}에서 {to}에게 넘김"),
                ))
            }
            Event::NoteAdded { by, text } => {
                let by = self.person(by);
                deed(format!("{by}: “{text}”"))
            }
            Event::Escalated {
                role,
                people,
                reason,
                new_round,
                ..
            } => {
                let (people, missed) = (self.people(people), self.missed(*reason));
                let role = self.texts.role(&(*role).into());
                let again = if *new_round {
                    self.pick(
                        "; everybody had been asked, so from the start".into(),
                        "; 모두 호출되어 처음부터".into(),
                    )
                } else {
                    String::new()
                };
                alarm(self.pick(
                    format!("{missed}: on to {people} ({role}){again}"),
                    format!("{missed}: {people}({role})에게 넘어감{again}"),
                ))
            }
            Event::Paged { page } => {
                self.paged.insert(page.id, page.person.clone());
                alarm(self.paged(page))
            }
            Event::PageEnded { page, person, why } => {
                let person = self.person(person);
                let why = self.end(*why);
                detail(self.pick(
                    format!("page {page} to {person} ended: {why}"),
                    format!("{person} 호출 {page} 종료: {why}"),
                ))
            }
            Event::PageReceipt { page, receipt } => Line {
                at: receipt.at,
                weight: Weight::Detail,
                text: self.receipt(*page, receipt),
            },
            Event::DeliveryFailed { page, failure } => Line {
                at: failure.at,
                weight: Weight::Alarm,
                text: self.failed(*page, failure),
            },
            Event::DeadlineSet { deadline } => {
                let (due, next) = ((self.clock)(deadline.due), self.people(&deadline.next));
                let limit = match deadline.kind {
                    DeadlineKind::Escalate => self.pick(
                        format!("limit until {due}; then {next}"),
                        format!("제한 시각 {due}, 그 다음 {next}"),
                    ),
                    DeadlineKind::Nudge => self.pick(
                        format!("at {due} the siren of {next} asks once more"),
                        format!("{due}에 {next} 사이렌이 한 번 더 울림"),
                    ),
                };
                let unreached = deadline.reach.as_ref().map_or_else(String::new, |reach| {
                    let (by, people) = ((self.clock)(reach.by), self.people(&reach.people));
                    self.pick(
                        format!("; sooner if no device of {people} has the page by {by}"),
                        format!("; {by}까지 {people} 기기가 호출을 받지 못하면 더 일찍"),
                    )
                });
                detail(limit + &unreached)
            }
            Event::DeadlineCleared => detail(self.pick(
                "no limit runs any more".into(),
                "더 이상 제한 시각 없음".into(),
            )),
            Event::Held { hold } => {
                let (until, rule) = (
                    (self.clock)(hold.until),
                    self.texts.hold_rule(&hold.rule.clone().into(), self.names),
                );
                deed(self.pick(
                    format!("nobody is paged before {until}, by {rule}"),
                    format!("{until}까지 호출 보류 ({rule})"),
                ))
            }
            Event::HoldEnded { owner: None } => {
                deed(self.pick("the hold ended".into(), "호출 보류 종료".into()))
            }
            Event::HoldEnded { owner: Some(owner) } => {
                let owner = self.person(owner);
                deed(self.pick(
                    format!("the hold ended and the trouble is still there: it is {owner}'s"),
                    format!("호출 보류가 끝났고 문제는 그대로: 담당 {owner}"),
                ))
            }
            Event::Grouped { labels, .. } => {
                let named = |(name, value)| format!("{name} {value}");
                let labels: Vec<_> = labels.iter().map(named).collect();
                let labels = labels.join(", ");
                detail(self.pick(
                    format!("alarms of the service with {labels} join this ticket"),
                    format!("{labels} 알람은 이 티켓으로 모음"),
                ))
            }
            Event::AlarmJoined {
                title,
                severity,
                source,
                ..
            } => detail(self.pick(
                format!("{source} reported another {severity} of the group: {title}"),
                format!("{source}: 같은 묶음의 {severity} 알람: {title}"),
            )),
            Event::AlarmRecovered { dedup_key, source } => detail(self.pick(
                format!("{source} says that {dedup_key} of the group is over"),
                format!("{source}: 묶음 중 {dedup_key} 종료"),
            )),
            Event::FlappingDetected { tickets } => deed(self.pick(
                format!(
                    "the alarm comes and goes ({tickets} tickets lately): its end is believed only \
                     once it stays quiet"
                ),
                format!("알람이 반복됨(최근 티켓 {tickets}건): 잠잠해져야 종료로 인정"),
            )),
            Event::Declined { by, reason } => {
                let (by, reason) = (self.person(by), self.words(reason.as_deref()));
                alarm(self.pick(
                    format!("{by} cannot take it{reason}"),
                    format!("{by}: 응할 수 없음{reason}"),
                ))
            }
            Event::LimitExtended { by, until, reason } => {
                let (by, until) = (self.person(by), (self.clock)(*until));
                deed(self.pick(
                    format!("{by} extended the limit until {until}: “{reason}”"),
                    format!("{by}: 제한 시각을 {until}(으)로 연장: “{reason}”"),
                ))
            }
            Event::ConferenceConvened { .. }
            | Event::ConferenceMoved { .. }
            | Event::ConferenceJoined { .. }
            | Event::ConferenceClosed
            | Event::RoleNamed { .. }
            | Event::StatusUpdated { .. } => deed(self.conference(event)),
            Event::HelpAsked { .. }
            | Event::HelpAnswered { .. }
            | Event::HelpPassedOn { .. }
            | Event::HelpExhausted { .. } => deed(self.help(event)),
            Event::TimerSet { timer } => {
                let (due, what) = ((self.clock)(timer.due), self.timer(timer.kind));
                detail(self.pick(format!("at {due}: {what}"), format!("{due}: {what}")))
            }
            Event::TimerCleared { generation } => detail(self.pick(
                format!("timer {generation} is over"),
                format!("타이머 {generation} 종료"),
            )),
        }
    }

    /// What somebody added, if they did.
    fn words(&self, words: Option<&str>) -> String {
        words.map_or_else(String::new, |words| format!(": “{words}”"))
    }

    fn conference(&self, event: &Event) -> String {
        match event {
            Event::ConferenceConvened { bridge } => {
                let (url, dial_in) = (&bridge.url, self.words(bridge.dial_in.as_deref()));
                self.pick(
                    format!("conference convened at {url}{dial_in}"),
                    format!("화상 회의 소집 {url}{dial_in}"),
                )
            }
            Event::ConferenceMoved { bridge } => {
                let url = &bridge.url;
                self.pick(
                    format!("the conference moved to {url}"),
                    format!("화상 회의 이동 {url}"),
                )
            }
            Event::ConferenceJoined { by } => {
                let by = self.person(by);
                self.pick(
                    format!("{by} joined the conference"),
                    format!("{by}: 화상 회의 참여"),
                )
            }
            Event::RoleNamed { by, person, role } => {
                let (by, person) = (self.person(by), self.person(person));
                let role = self.texts.incident_role(&(*role).into());
                self.pick(
                    format!("{by} named {person} {role}"),
                    format!("{by}: {person}을(를) {role}(으)로 지명"),
                )
            }
            Event::StatusUpdated { by, text } => {
                let by = self.person(by);
                self.pick(
                    format!("status update by {by}: “{text}”"),
                    format!("{by}의 상황 보고: “{text}”"),
                )
            }
            _ => self.pick("the conference ended".into(), "화상 회의 종료".into()),
        }
    }

    fn help(&self, event: &Event) -> String {
        match event {
            Event::HelpAsked { help } => {
                let (by, asked, message) = (
                    self.person(&help.by),
                    self.people(&help.asked),
                    &help.message,
                );
                self.pick(
                    format!("{by} asks {asked} for help: “{message}”"),
                    format!("{by}: {asked}에게 도움 요청: “{message}”"),
                )
            }
            Event::HelpAnswered {
                by, comes, reason, ..
            } => {
                let (by, reason) = (self.person(by), self.words(reason.as_deref()));
                if *comes {
                    self.pick(format!("{by} comes to help"), format!("{by}: 도우러 옴"))
                } else {
                    self.pick(
                        format!("{by} cannot help{reason}"),
                        format!("{by}: 도울 수 없음{reason}"),
                    )
                }
            }
            Event::HelpPassedOn { level, .. } => {
                let people = self.people(&level.people);
                self.pick(
                    format!("the call for help goes on to {people}"),
                    format!("도움 요청이 {people}에게 넘어감"),
                )
            }
            _ => self.pick(
                "nobody is left to ask for help".into(),
                "도움을 청할 사람이 더 없음".into(),
            ),
        }
    }

    fn timer(&self, kind: TimerKind) -> String {
        let (english, korean) = match kind {
            TimerKind::Hold => ("the hold ends", "호출 보류 종료"),
            TimerKind::Mentor => ("the mentor is paged", "멘토 호출"),
            TimerKind::StatusUpdate => ("a status update is due", "상황 보고 시각"),
            TimerKind::StatusUpdateMissed => {
                ("the status update is missed", "상황 보고 누락으로 처리")
            }
            TimerKind::Help { .. } => ("the call for help goes on", "도움 요청이 다음으로 넘어감"),
            TimerKind::Settle => ("its end is believed", "종료로 인정"),
        };
        self.pick(english.into(), korean.into())
    }

    fn paged(&self, page: &Page) -> String {
        let (id, person) = (page.id, self.person(&page.person));
        let (english, korean) = match page.reason {
            PageReason::Assigned => ("the ticket is theirs", "새 티켓 배정"),
            PageReason::Reassigned => ("the ticket was handed to them", "티켓을 넘겨받음"),
            PageReason::Reopened => ("it was reopened", "다시 열림"),
            PageReason::SeverityRaised => ("it became worse", "더 심각해짐"),
            PageReason::CheckInMissed => ("nobody had checked in in time", "제시간에 확인 없음"),
            PageReason::Nudge => (
                "their time to research is nearly over",
                "조사 시간이 거의 끝남",
            ),
            PageReason::ResearchingMissed => {
                ("work had not started in time", "제시간에 작업 시작 없음")
            }
            PageReason::WorkMissed => ("it was not resolved in time", "제시간에 해결되지 않음"),
            PageReason::Unreachable => (
                "nobody's device could ring for the page before in time",
                "앞선 호출이 제시간에 어느 기기에서도 울리지 못함",
            ),
            PageReason::Declined => (
                "whoever was paged before cannot",
                "앞선 사람이 응할 수 없음",
            ),
            PageReason::NewcomerLate => (
                "the newcomer has used up half of the limit",
                "신입이 제한 시간의 절반을 씀",
            ),
            PageReason::Shadowing => ("they shadow the shift", "당직 참관"),
            PageReason::HelpAsked => ("they are asked for help", "도움 요청"),
            PageReason::StatusUpdateDue => ("a status update is due", "상황 보고 시각"),
            PageReason::StatusUpdateMissed => ("the status update did not come", "상황 보고 누락"),
        };
        self.pick(
            format!("page {id} to {person}: {english}"),
            format!("{person} 호출 {id}: {korean}"),
        )
    }

    fn missed(&self, reason: PageReason) -> String {
        let (english, korean) = match reason {
            PageReason::ResearchingMissed => ("no work in time", "제시간에 작업 시작 없음"),
            PageReason::WorkMissed => ("not resolved in time", "제시간에 해결되지 않음"),
            PageReason::Unreachable => (
                "nobody's device could ring in time",
                "제시간에 울린 기기 없음",
            ),
            PageReason::Declined => ("whoever was paged cannot", "호출된 사람이 응할 수 없음"),
            PageReason::NewcomerLate => ("half of the limit is over", "제한 시간의 절반이 지남"),
            _ => ("no check-in in time", "제시간에 확인 없음"),
        };
        self.pick(english.into(), korean.into())
    }

    fn end(&self, why: PageEnd) -> String {
        let (english, korean) = match why {
            PageEnd::CheckedIn => ("somebody checked in", "확인됨"),
            PageEnd::Moved => ("the ticket moved on", "티켓이 진행됨"),
            PageEnd::Resolved => ("resolved", "해결됨"),
            PageEnd::Superseded => ("a newer page took its place", "새 호출로 대체됨"),
            PageEnd::Declined => ("they cannot", "응할 수 없음"),
            PageEnd::Answered => ("what it asked for was done", "요청한 일이 끝남"),
        };
        self.pick(english.into(), korean.into())
    }

    /// A device, or what stands for the telephone or the mailbox of a person.
    fn device(&self, page: PageId, device: &DeviceId) -> String {
        let thing = match device.as_str() {
            "telephone" => self.pick("telephone".into(), "전화".into()),
            "mailbox" => self.pick("mailbox".into(), "메일함".into()),
            _ => {
                let device = self::device(device);
                self.pick(format!("device {device}"), format!("기기 {device}"))
            }
        };
        match self.paged.get(&page) {
            Some(person) => {
                let person = self.person(person);
                self.pick(format!("{person}'s {thing}"), format!("{person} {thing}"))
            }
            None => thing,
        }
    }

    fn transport(&self, transport: Transport) -> String {
        let korean = match transport {
            Transport::Stream => "실시간 연결",
            Transport::WebPush => "WebPush",
            Transport::Apns => "APNs",
            Transport::Fcm => "FCM",
            Transport::Webhook => "게이트웨이",
            Transport::Email => "이메일",
        };
        let english = match transport {
            Transport::Stream => "its live stream".to_owned(),
            Transport::Webhook => "a gateway".to_owned(),
            other => other.to_string(),
        };
        self.pick(english, korean.into())
    }

    fn receipt(&self, page: PageId, receipt: &Receipt) -> String {
        let whose = self.device(page, &receipt.device);
        let by = receipt.transport.map_or_else(String::new, |transport| {
            let transport = self.transport(transport);
            self.pick(format!(" by {transport}"), format!(" ({transport})"))
        });
        let what = match receipt.rung {
            Rung::Sent => {
                return self.pick(
                    format!("sent to {whose}{by} ({page})"),
                    format!("{whose}: 보냄{by} ({page})"),
                );
            }
            Rung::Accepted => {
                return self.pick(
                    format!("the service took it on for {whose}{by} ({page})"),
                    format!("{whose}: 푸시 서비스가 접수{by} ({page})"),
                );
            }
            Rung::Received => self.pick(
                format!("has received the page{by}"),
                format!("호출 수신{by}"),
            ),
            Rung::Sounding => self.sounding(receipt),
            Rung::Seen => self.pick("was looked at".into(), "화면을 봄".into()),
            Rung::CheckedIn => self.pick("was checked in on".into(), "이 기기에서 확인".into()),
        };
        self.pick(
            format!("{whose} {what} ({page})"),
            format!("{whose}: {what} ({page})"),
        )
    }

    /// How loud the siren is, and how the phone was set: the answer to "why did I not hear it?".
    fn sounding(&self, receipt: &Receipt) -> String {
        let siren = match receipt.effective_volume {
            Some(volume) if volume <= 0.0 => self.pick(
                "plays the siren where nobody can hear it".into(),
                "아무도 들을 수 없는 곳에서 사이렌 재생".into(),
            ),
            Some(volume) => {
                let percent = (volume * 100.0).round();
                self.pick(
                    format!("sounds the siren at {percent} % volume"),
                    format!("사이렌 울림, 음량 {percent} %"),
                )
            }
            None => self.pick("sounds the siren".into(), "사이렌 울림".into()),
        };
        let ringer = receipt.ringer.map(|ringer| match ringer {
            Ringer::Normal => ("ringer on", "벨소리 켜짐"),
            Ringer::Vibrate => ("ringer on vibrate", "벨소리 진동"),
            Ringer::Silent => ("ringer silent", "벨소리 무음"),
        });
        let disturb = receipt.do_not_disturb.map(|filter| match filter {
            DoNotDisturb::Off => ("do-not-disturb off", "방해 금지 꺼짐"),
            DoNotDisturb::Priority => ("do-not-disturb on: priority only", "방해 금지: 우선순위만"),
            DoNotDisturb::AlarmsOnly => ("do-not-disturb on: alarms only", "방해 금지: 알람만"),
            DoNotDisturb::TotalSilence => {
                ("do-not-disturb on: total silence", "방해 금지: 완전 무음")
            }
        });
        [ringer, disturb]
            .into_iter()
            .flatten()
            .fold(siren, |told, (english, korean)| {
                format!("{told}, {}", self.pick(english.into(), korean.into()))
            })
    }

    fn failed(&self, page: PageId, failure: &DeliveryFailure) -> String {
        let whose = self.device(page, &failure.device);
        let transport = self.transport(failure.transport);
        let (english, korean) = match failure.problem {
            DeliveryProblem::Busy => (
                "the service asked to wait; it is tried again",
                "서비스가 기다리라고 함, 다시 시도",
            ),
            DeliveryProblem::DeadToken => (
                "the address is dead and no longer used",
                "주소가 더 이상 유효하지 않아 사용 중지",
            ),
            DeliveryProblem::Refused => (
                "the service refused; somebody must look at the server's settings",
                "서비스가 거부함, 서버 설정 확인 필요",
            ),
            DeliveryProblem::NoAnswer => ("no answer; it is tried again", "응답 없음, 다시 시도"),
        };
        let words = match failure.why.as_str() {
            "" => String::new(),
            why => format!(" (“{why}”)"),
        };
        self.pick(
            format!("not delivered to {whose} by {transport}: {english}{words} ({page})"),
            format!("{whose}: {transport} 전달 실패: {korean}{words} ({page})"),
        )
    }
}
