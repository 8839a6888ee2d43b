//! What the desk's screen says beyond the engine's own texts, in the person's language.
//!
//! As there, Korean names are followed by 님, so that one form is always right.

use tocsin_pager::Language;
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
            (Language::English, _) => format!("ringing for {pages} pages"),
            (Language::Korean, _) => format!("호출 {pages}건 울리는 중"),
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
