//! What the desk's screen says beyond the engine's own texts, in the person's language.
//!
//! As there, Korean names are followed by 님, so that one form is always right.

use tocsin_pager::Language;
use tocsin_pager::engine::{AlarmKind, AskedItem, HelpItem, HelpOutcome, HoldItem, MissedItem};
use tocsin_readiness::{DrillResult, Light};
use tocsin_ticket::{DeadlineKind, HelpTarget, IncidentRole, TicketState};
use tocsin_wire::{Action, Directory};

use super::prompt::{Ask, Choice, Line, Step};
use crate::cli::Lang;
use crate::times;

/// The words of one language.
#[derive(Debug, Clone, Copy)]
pub struct Words(pub Language);

impl Words {
    /// The language asked for, or that of the environment (POSIX: `LC_ALL`, `LC_MESSAGES`, `LANG`).
    pub fn choose(asked: Option<Lang>) -> Self {
        let environment = || {
            ["LC_ALL", "LC_MESSAGES", "LANG"]
                .iter()
                .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
                .is_some_and(|value| value.to_ascii_lowercase().starts_with("ko"))
        };
        Self(match asked {
            Some(Lang::Ko) => Language::Korean,
            Some(Lang::En) => Language::English,
            None if environment() => Language::Korean,
            None => Language::English,
        })
    }

    /// One of two texts.
    pub fn pick<'a>(self, english: &'a str, korean: &'a str) -> &'a str {
        match self.0 {
            Language::English => english,
            Language::Korean => korean,
        }
    }

    /// People one after another, as they are addressed.
    pub fn people(self, names: &[String]) -> String {
        let address = |name: &String| match self.0 {
            Language::English => name.clone(),
            Language::Korean => format!("{name} 님"),
        };
        names.iter().map(address).collect::<Vec<_>>().join(", ")
    }

    /// What the running limit is for.
    pub fn limit(self, state: Option<TicketState>, kind: Option<DeadlineKind>) -> &'static str {
        let (english, korean) = match (kind, state) {
            (Some(DeadlineKind::Nudge), _) => (
                "to start work, before your siren asks again",
                "안에 작업 시작, 지나면 사이렌이 다시 묻습니다",
            ),
            (_, Some(TicketState::Assigned)) => ("to check in", "안에 확인"),
            (_, Some(TicketState::Researching)) => ("to start work", "안에 작업 시작"),
            (_, Some(TicketState::WorkInProgress)) => ("to resolve it", "안에 해결"),
            (_, Some(TicketState::Resolved) | None) => ("left", "남음"),
        };
        match self.0 {
            Language::English => english,
            Language::Korean => korean,
        }
    }

    /// Who is asked when the limit passes.
    pub fn then_paged(self, names: &[String]) -> String {
        let people = self.people(names);
        match self.0 {
            Language::English => format!(
                "then {people} {} paged",
                if names.len() > 1 { "are" } else { "is" }
            ),
            Language::Korean => format!("그 다음 {people}에게 호출"),
        }
    }

    /// What the server will do that has not heard of the person's tap.
    pub fn unless_heard(self, left: &str, names: &[String]) -> String {
        let people = self.people(names);
        match (self.0, names) {
            (Language::English, []) => format!("{left} left, unless this reaches the server"),
            (Language::English, _) => {
                format!("in {left} {people} will be paged, unless this reaches the server")
            }
            (Language::Korean, []) => format!("서버에 닿지 않으면 남은 시간 {left}"),
            (Language::Korean, _) => format!("서버에 닿지 않으면 {left} 뒤 {people}에게 호출"),
        }
    }

    /// How many pages ring.
    pub fn ringing_for(self, pages: usize) -> String {
        match (self.0, pages) {
            (Language::English, 1) => "ringing for one page".to_owned(),
            (Language::English, _) => format!("one siren, {pages} pages"),
            (Language::Korean, 1) => "호출 1건 울리는 중".to_owned(),
            (Language::Korean, _) => format!("사이렌 하나, 호출 {pages}건"),
        }
    }

    /// Which key answers all of them.
    pub fn check_in_all(self, pages: usize) -> String {
        match self.0 {
            Language::English => format!("a  check in to all {pages}"),
            Language::Korean => format!("a  {pages}건 모두 확인"),
        }
    }

    /// Whether this pager would wake its owner.
    pub fn readiness(self, light: Light) -> &'static str {
        let (english, korean) = match light {
            Light::Green => ("● This pager would wake you", "● 호출이 오면 깨울 수 있음"),
            Light::Amber => (
                "◐ This pager would probably wake you",
                "◐ 호출이 와도 못 깨울 수 있음",
            ),
            Light::Red => (
                "✕ THIS PAGER WOULD NOT WAKE YOU",
                "✕ 호출이 와도 깨울 수 없음",
            ),
        };
        match self.0 {
            Language::English => english,
            Language::Korean => korean,
        }
    }

    /// An alarm of the pager's own, as a page has a severity.
    pub fn alarm(self, kind: AlarmKind) -> &'static str {
        match kind {
            AlarmKind::OutOfTouch => {
                self.pick("NO CONTACT WITH THE SERVER", "서버와 연결이 끊겼습니다")
            }
            AlarmKind::DrillMissing => {
                self.pick("A TEST PAGE DID NOT COME", "시험 호출이 오지 않았습니다")
            }
        }
    }

    /// Since when it lasts, or when what is missing was due.
    pub fn alarmed(self, kind: AlarmKind, clock: &str, length: &str) -> String {
        match (self.0, kind) {
            (Language::English, AlarmKind::OutOfTouch) => format!("since {clock}, for {length}"),
            (Language::English, AlarmKind::DrillMissing) => format!("due at {clock}, {length} ago"),
            (Language::Korean, AlarmKind::OutOfTouch) => format!("{clock}부터, {length}째"),
            (Language::Korean, AlarmKind::DrillMissing) => {
                format!("예정 시각 {clock}, {length} 지남")
            }
        }
    }

    /// Which key answers it, and what that does.
    pub fn known(self, length: &str) -> String {
        match self.0 {
            Language::English => {
                format!("k  I know: quiet for {length}, or until the server is back")
            }
            Language::Korean => {
                format!("k  알고 있음: {length} 동안, 또는 서버가 돌아올 때까지 조용히")
            }
        }
    }

    /// The person is offline on purpose.
    pub fn offline_until(self, clock: &str) -> String {
        match self.0 {
            Language::English => {
                format!("offline on purpose until {clock}: a lost server rings nobody")
            }
            Language::Korean => format!("{clock}까지 오프라인 예정: 서버가 끊겨도 울리지 않음"),
        }
    }

    /// The newest drill: when it was ordered, and what became of it.
    pub fn last_drill(self, drill: Option<(String, DrillResult)>) -> String {
        let Some((when, drill)) = drill else {
            return self
                .pick("Last test page: none yet", "마지막 시험 호출: 없음")
                .to_owned();
        };
        let outcome = match (drill.passed, drill.latency_ms) {
            (None, _) => self.pick("still under way", "진행 중").to_owned(),
            (Some(false), _) => self
                .pick("the siren's output failed", "사이렌 출력 실패")
                .to_owned(),
            (Some(true), None) => self.pick("passed", "통과").to_owned(),
            (Some(true), Some(latency)) => match self.0 {
                Language::English => format!("ready to sound after {latency} ms"),
                Language::Korean => format!("{latency} ms 만에 울릴 준비 완료"),
            },
        };
        match self.0 {
            Language::English => format!("Last test page: {when}, {outcome}"),
            Language::Korean => format!("마지막 시험 호출: {when}, {outcome}"),
        }
    }

    /// Which page of several is shown.
    pub fn which(self, place: usize, of: usize) -> String {
        match self.0 {
            Language::English => format!("page {place} of {of}, ↑↓ for the others"),
            Language::Korean => format!("호출 {place}/{of}, ↑↓ 다른 호출"),
        }
    }

    /// Since when there has been no live stream.
    pub fn offline(self, length: &str, since: &str) -> String {
        match self.0 {
            Language::English => format!("OFFLINE for {length}, since {since}"),
            Language::Korean => format!("오프라인 {length}, {since}부터"),
        }
    }

    /// When the server is tried again.
    pub fn tried_again(self, length: &str) -> String {
        match self.0 {
            Language::English => format!("trying again in {length}"),
            Language::Korean => format!("{length} 뒤 다시 시도"),
        }
    }

    /// Taps that the server does not know of.
    pub fn waiting(self, taps: usize) -> String {
        match (self.0, taps) {
            (Language::English, 1) => "one tap waits to be sent".to_owned(),
            (Language::English, _) => format!("{taps} taps wait to be sent"),
            (Language::Korean, _) => format!("전송 대기 {taps}건"),
        }
    }

    /// A limit that was missed.
    pub fn missed(self, missed: &MissedItem) -> String {
        let state = &missed.state_text;
        let (since, limit) = (
            times::hour_and_minute(missed.since),
            times::hour_and_minute(missed.limit),
        );
        match self.0 {
            Language::English => format!("{state} since {since}, limit {limit} missed"),
            Language::Korean => format!("{since}부터 {state}, 제한 시각 {limit} 지남"),
        }
    }

    /// Whose it is, and how often the alarm fired.
    pub fn owned(self, state: &str, owner: &str, repeats: u32) -> String {
        let owner = self.people(&[owner.to_owned()]);
        let more = match (self.0, repeats) {
            (_, 0) => String::new(),
            (Language::English, _) => format!(" · fired {repeats}× more"),
            (Language::Korean, _) => format!(" · 알람 {repeats}회 더"),
        };
        format!("{state} · {owner}{more}")
    }

    /// Where to meet.
    pub fn meet(self, url: Option<&str>, dial_in: Option<&str>) -> String {
        let dial = dial_in.map_or_else(String::new, |number| match self.0 {
            Language::English => format!(" · dial {number}"),
            Language::Korean => format!(" · 전화 {number}"),
        });
        match url {
            Some(url) => format!("☎ {url}{dial}"),
            None => self
                .pick(
                    "☎ the conference is convened once this reaches the server ⧗",
                    "☎ 서버에 닿으면 화상 회의가 소집됩니다 ⧗",
                )
                .to_owned(),
        }
    }

    /// Where it is written what to do.
    pub fn runbook(self, url: &str) -> String {
        match self.0 {
            Language::English => format!("runbook {url} (b opens it)"),
            Language::Korean => format!("런북 {url} (b로 열기)"),
        }
    }

    /// What the service needs to work.
    pub fn needs(self, services: &[String]) -> String {
        let services = services.join(", ");
        match self.0 {
            Language::English => format!("it needs {services}: look there too"),
            Language::Korean => format!("의존하는 서비스: {services} (그쪽도 확인)"),
        }
    }

    /// The conference is over.
    pub fn closed(self, clock: &str) -> String {
        match self.0 {
            Language::English => format!("☎ the conference ended at {clock}"),
            Language::Korean => format!("☎ {clock}에 화상 회의 종료"),
        }
    }

    /// Somebody, with what they do, if anything.
    fn as_what(self, name: &str, role: Option<&str>) -> String {
        let name = self.people(&[name.to_owned()]);
        role.map_or_else(|| name.clone(), |role| format!("{name} ({role})"))
    }

    /// Who has joined a conference, or has not yet.
    pub fn attendees<'a>(
        self,
        joined: bool,
        people: impl Iterator<Item = (&'a str, Option<&'a str>)>,
    ) -> Option<String> {
        let people = people.map(|(name, role)| self.as_what(name, role));
        let people = people.collect::<Vec<_>>().join(", ");
        let label = if joined {
            self.pick("in the call", "참여 중")
        } else {
            self.pick("not yet in the call", "아직 참여 안 함")
        };
        (!people.is_empty()).then(|| format!("{label}: {people}"))
    }

    /// What was said last about how things stand.
    pub fn status_said(self, by: &str, clock: &str, text: &str) -> String {
        let by = self.people(&[by.to_owned()]);
        match self.0 {
            Language::English => format!("status {clock}, {by}: “{text}”"),
            Language::Korean => format!("{clock} 상황 보고, {by}: “{text}”"),
        }
    }

    /// When the next status update is due.
    pub fn status_due(self, left: &str) -> String {
        match self.0 {
            Language::English => format!("{left} to the next status update"),
            Language::Korean => format!("다음 상황 보고까지 {left}"),
        }
    }

    /// It is overdue, and the manager hears of it soon.
    pub fn status_overdue(self, left: &str) -> String {
        match self.0 {
            Language::English => {
                format!("STATUS UPDATE OVERDUE; the manager is paged in {left} (u: write it)")
            }
            Language::Korean => {
                format!("상황 보고 지연; {left} 뒤 관리자 호출 (u: 작성)")
            }
        }
    }

    /// A call for help, from whom to whom.
    pub fn asked(self, help: &HelpItem) -> String {
        let by = self.people(std::slice::from_ref(&help.by));
        let (target, message) = (&help.target, &help.message);
        let waits = if help.pending { " ⧗" } else { "" };
        match self.0 {
            Language::English => format!("{by} asked {target} for help: “{message}”{waits}"),
            Language::Korean => format!("{by} → {target} 도움 요청: “{message}”{waits}"),
        }
    }

    /// How far a call for help got, if somebody may still come, or that nobody is left.
    pub fn how_far(self, help: &HelpItem) -> Option<String> {
        match help.outcome {
            HelpOutcome::Comes => None,
            HelpOutcome::NobodyLeft => Some(
                self.pick(
                    "nobody is left to ask there (h: ask elsewhere)",
                    "더 요청할 사람이 없음 (h: 다른 곳에 요청)",
                )
                .to_owned(),
            ),
            HelpOutcome::Waiting => {
                let asked = help.asked.iter();
                let asked = asked.map(|it| {
                    let name = self.people(std::slice::from_ref(&it.name));
                    format!("{name}: {}", it.rung_text)
                });
                let mut text = asked.collect::<Vec<_>>().join(", ");
                if !help.then.is_empty() {
                    text = format!("{text}; {}", self.then_paged(&help.then));
                }
                (!text.is_empty()).then_some(text)
            }
        }
    }

    /// Who is being paged, and how far each page got.
    pub fn being_paged(self, paged: &[AskedItem]) -> String {
        let people = paged.iter().map(|it| {
            let what = format!("{}, {}", it.role_text, it.rung_text);
            self.as_what(&it.name, Some(&what))
        });
        let people = people.collect::<Vec<_>>().join(", ");
        match self.0 {
            Language::English => format!("being paged: {people}"),
            Language::Korean => format!("호출 중: {people}"),
        }
    }

    /// Nobody is paged for now, by a rule.
    pub fn held(self, hold: &HoldItem) -> String {
        let (until, rule) = (times::clock(hold.until), &hold.rule_text);
        match self.0 {
            Language::English => format!("nobody is paged before {until}, by {rule}"),
            Language::Korean => format!("{until}까지 호출 보류 ({rule})"),
        }
    }

    /// Who moved the limit.
    pub fn extended(self, by: &str, clock: &str) -> String {
        let by = self.people(&[by.to_owned()]);
        match self.0 {
            Language::English => format!("{by} extended the limit at {clock}"),
            Language::Korean => format!("{by}이 {clock}에 제한 시각 연장"),
        }
    }

    /// What a line of text is for.
    pub fn line(self, line: &Line) -> &'static str {
        let (english, korean) = match line {
            Line::Note => ("note on", "메모"),
            Line::Decline => ("why you cannot,", "응할 수 없는 이유,"),
            Line::Status => ("how things stand,", "상황 보고,"),
            Line::Help(_) => ("what you need,", "필요한 도움,"),
            Line::Extend(_) => ("why it takes longer,", "더 걸리는 이유,"),
        };
        match self.0 {
            Language::English => english,
            Language::Korean => korean,
        }
    }

    /// What is to be chosen.
    pub fn choice(self, choice: &Choice) -> &'static str {
        let (english, korean) = match choice {
            Choice::Deed => ("What do you want to do?", "무엇을 할까요?"),
            Choice::Help => ("Whom do you ask for help?", "누구에게 도움을 요청할까요?"),
            Choice::Severity => ("How bad is it?", "얼마나 심각한가요?"),
            Choice::Extension => (
                "By how much do you extend the limit? (managers, once)",
                "제한 시각을 얼마나 연장할까요? (관리자, 한 번)",
            ),
            Choice::Convene => ("Shall people meet?", "모여서 이야기할까요?"),
            Choice::Person => ("Who gets a role?", "누구에게 역할을 줄까요?"),
            Choice::Role(_) => ("Which role?", "어떤 역할인가요?"),
            Choice::Owner => ("Whose is it to be?", "누구에게 넘길까요?"),
        };
        match self.0 {
            Language::English => english,
            Language::Korean => korean,
        }
    }

    /// Something to choose, by name.
    pub fn step(self, step: &Step, directory: &Directory) -> String {
        let person = |id| self.people(&[directory.person(id).to_owned()]);
        match step {
            Step::Join(_) => self
                .pick("join the conference", "화상 회의 참여")
                .to_owned(),
            Step::Read(_) => self.pick("read the runbook", "런북 읽기").to_owned(),
            Step::Tap(Action::SetSeverity { to }) => to.to_string(),
            Step::Tap(Action::Reassign { to }) => person(to),
            Step::Tap(Action::NameRole { role, .. }) => self.incident_role(*role).to_owned(),
            Step::Tap(_) => self
                .pick("convene a conference", "화상 회의 소집")
                .to_owned(),
            Step::Ask(Ask::Line(Line::Help(target), _)) => match target {
                HelpTarget::Manager => self.pick("the team's manager", "팀 관리자").to_owned(),
                HelpTarget::Person { person: id } => person(id),
                HelpTarget::Service { service } => {
                    let name = directory.services.get(service);
                    let name = name.map_or_else(|| service.to_string(), String::clone);
                    match self.0 {
                        Language::English => format!("the on-call of {name}"),
                        Language::Korean => format!("{name} 당직"),
                    }
                }
                HelpTarget::Team { team } => {
                    let name = directory.teams.get(team);
                    let name = name.map_or_else(|| team.to_string(), String::clone);
                    match self.0 {
                        Language::English => format!("all of {name}"),
                        Language::Korean => format!("{name} 팀 전체"),
                    }
                }
            },
            Step::Ask(Ask::Line(Line::Extend(seconds), _)) => {
                times::about(core::time::Duration::from_secs(u64::from(*seconds)))
            }
            Step::Ask(Ask::Line(line, _)) => match line {
                Line::Decline => self.pick(
                    "I cannot: pass the page on, and say why",
                    "응할 수 없음: 이유를 적고 다음 사람에게",
                ),
                Line::Status => self.pick("give a status update", "상황 보고"),
                _ => self.pick("write a note", "메모"),
            }
            .to_owned(),
            Step::Ask(Ask::Choice(choice, _)) => match choice {
                Choice::Role(id) => person(id),
                Choice::Help => self.pick("ask somebody for help", "도움 요청").to_owned(),
                Choice::Severity => self.pick("change the severity", "심각도 변경").to_owned(),
                Choice::Extension => self
                    .pick("extend the limit, as a manager", "제한 시각 연장 (관리자)")
                    .to_owned(),
                Choice::Person => self.pick("name roles", "역할 지명").to_owned(),
                Choice::Owner => self
                    .pick("give it to somebody else", "다른 사람에게 넘기기")
                    .to_owned(),
                Choice::Convene | Choice::Deed => self
                    .pick("convene a conference", "화상 회의 소집")
                    .to_owned(),
            },
        }
    }

    fn incident_role(self, role: IncidentRole) -> &'static str {
        let (english, korean) = match role {
            IncidentRole::Commander => (
                "incident commander: decides, owes the status updates",
                "사고 지휘자: 결정하고 상황을 보고",
            ),
            IncidentRole::Communications => (
                "communications: tells customers and the company",
                "소통 담당: 고객과 회사에 알림",
            ),
            IncidentRole::Responder => ("responder: mends it", "대응자: 해결"),
        };
        match self.0 {
            Language::English => english,
            Language::Korean => korean,
        }
    }
}
