//! What the desk's screen says beyond the engine's own texts, in the person's language.
//!
//! As there, Korean names are followed by 님, so that one form is always right.

use tocsin_pager::Language;
use tocsin_pager::engine::AlarmKind;
use tocsin_readiness::{DrillResult, Light};
use tocsin_ticket::{DeadlineKind, TicketState};

use crate::cli::Lang;

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
}
