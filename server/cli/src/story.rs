//! A ticket's timeline in words: who was asked, why, what their devices did, who did what.
//!
//! It answers "why was I paged?" and "why was I not?", so it leaves nothing out.

use std::collections::BTreeMap;

use tocsin_pager::Language;
use tocsin_ticket::{
    Actor, DeadlineKind, Event, Millis, Page, PageEnd, PageId, PageReason, PersonId, Receipt, Role,
    Rung,
};
use tocsin_wire::{Entry, Known};

use crate::names::{self, Names};
use crate::times;

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
    /// What happened.
    pub text: String,
}

/// The story that the entries tell, oldest first.
pub fn tell(entries: &[Entry], names: &Names, language: Language) -> Vec<Line> {
    let mut teller = Teller {
        names,
        language,
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

struct Teller<'a> {
    names: &'a Names,
    language: Language,
    /// Whose page it was.
    paged: BTreeMap<PageId, PersonId>,
}

impl Teller<'_> {
    fn pick(&self, english: String, korean: String) -> String {
        match self.language {
            Language::English => english,
            Language::Korean => korean,
        }
    }

    fn person(&self, id: &PersonId) -> String {
        let name = self.names.person(id).to_owned();
        self.pick(name.clone(), format!("{name} 님"))
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
                let role = self.role(*role);
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
            Event::DeadlineSet { deadline } => {
                let (due, next) = (times::clock(deadline.due), self.people(&deadline.next));
                detail(match deadline.kind {
                    DeadlineKind::Escalate => self.pick(
                        format!("limit until {due}; then {next}"),
                        format!("제한 시각 {due}, 그 다음 {next}"),
                    ),
                    DeadlineKind::Nudge => self.pick(
                        format!("at {due} the siren of {next} asks once more"),
                        format!("{due}에 {next} 사이렌이 한 번 더 울림"),
                    ),
                })
            }
            Event::DeadlineCleared => detail(self.pick(
                "no limit runs any more".into(),
                "더 이상 제한 시각 없음".into(),
            )),
        }
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
            _ => ("no check-in in time", "제시간에 확인 없음"),
        };
        self.pick(english.into(), korean.into())
    }

    fn role(&self, role: Role) -> String {
        let korean = match role {
            Role::Owner => "담당자",
            Role::OnCall => "당직",
            Role::Secondary => "부당직",
            Role::Manager => "관리자",
            Role::ManagersManager => "상위 관리자",
            Role::Team => "팀 전체",
        };
        self.pick(role.to_string(), korean.into())
    }

    fn end(&self, why: PageEnd) -> String {
        let (english, korean) = match why {
            PageEnd::CheckedIn => ("somebody checked in", "확인됨"),
            PageEnd::Moved => ("the ticket moved on", "티켓이 진행됨"),
            PageEnd::Resolved => ("resolved", "해결됨"),
            PageEnd::Superseded => ("a newer page took its place", "새 호출로 대체됨"),
        };
        self.pick(english.into(), korean.into())
    }

    fn receipt(&self, page: PageId, receipt: &Receipt) -> String {
        let device = names::device(&receipt.device);
        let whose = match self.paged.get(&page) {
            Some(person) => {
                let person = self.person(person);
                self.pick(
                    format!("{person}'s device {device}"),
                    format!("{person} 기기 {device}"),
                )
            }
            None => self.pick(format!("device {device}"), format!("기기 {device}")),
        };
        let what = match receipt.rung {
            Rung::Received => self.pick("has the page".into(), "호출 수신".into()),
            Rung::Sounding => match receipt.effective_volume {
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
            },
            Rung::Seen => self.pick("was looked at".into(), "화면을 봄".into()),
            Rung::CheckedIn => self.pick("was checked in on".into(), "이 기기에서 확인".into()),
        };
        self.pick(
            format!("{whose} {what} ({page})"),
            format!("{whose}: {what} ({page})"),
        )
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(language: Language) -> Vec<String> {
        let entries: Vec<Entry> = serde_json::from_value(json!([
            {"seq": 1, "at": 1000, "events": [
                {"type": "paged", "page": {"id": "7.1", "person": "ana", "role": "owner",
                    "reason": "assigned", "at": 1000, "expires_at": 200_000}},
                {"type": "sung", "song": "an event of a later version"}]},
            {"seq": 2, "at": 1010, "events": [
                {"type": "page_receipt", "page": "7.1", "receipt":
                    {"device": "0123456789", "rung": "sounding", "at": 1005, "effective_volume": 0.0}}]},
            {"seq": 3, "at": 2000, "events": [
                {"type": "checked_in", "by": {"person": "ana"}}]},
        ]))
        .unwrap();
        let directory = tocsin_wire::Directory {
            people: [("ana".into(), "Ana Silva".to_owned())].into(),
            ..Default::default()
        };
        let lines = tell(&entries, &Names::from(&directory), language);
        assert_eq!(
            lines[2].at,
            Millis(1005),
            "a receipt happened when the device says"
        );
        lines.into_iter().map(|line| line.text).collect()
    }

    #[test]
    fn the_story_says_who_was_paged_what_their_device_did_and_who_checked_in() {
        insta::assert_snapshot!(told(Language::English).join("\n"), @r#"
        page 7.1 to Ana Silva: the ticket is theirs
        something that only a newer version can tell: {"song":"an event of a later version","type":"sung"}
        Ana Silva's device 012345 plays the siren where nobody can hear it (7.1)
        Ana Silva checked in: Researching
        "#);
    }

    #[test]
    fn the_story_is_told_in_korean_too() {
        insta::assert_snapshot!(told(Language::Korean).join("\n"), @r#"
        Ana Silva 님 호출 7.1: 새 티켓 배정
        새 버전만 설명할 수 있는 일: {"song":"an event of a later version","type":"sung"}
        Ana Silva 님 기기 012345: 아무도 들을 수 없는 곳에서 사이렌 재생 (7.1)
        Ana Silva 님: 확인, 조사 중
        "#);
    }
}
