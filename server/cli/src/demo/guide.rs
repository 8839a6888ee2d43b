//! What the person in front of the demo sees next and can press: a function of what happened.

use std::sync::Arc;

use crossterm::event::{KeyCode, KeyEvent};
use tocsin_pager::View;
use tocsin_pager::engine::PageStatus;
use tocsin_ticket::{TicketId, TicketState};

use super::live::Guide;
use crate::pager::screen::ticket;
use crate::pager::words::Words;

/// What has happened so far.
#[derive(Debug, Clone, Copy, Default)]
pub struct Progress {
    /// Seconds until the alarm, before it.
    pub alarm_in: u64,
    /// The alarm's ticket.
    pub ticket: Option<TicketId>,
    /// Whether the manager's pager has rung.
    pub manager_rang: bool,
    /// Whether the server is stopped.
    pub stopped: bool,
    /// Whether something was tapped while it was.
    pub tapped_offline: bool,
    /// Whether the timeline was looked at after the end.
    pub told: bool,
}

/// The first act.
#[derive(Debug, Default)]
pub struct Act {
    progress: Progress,
    scene: Option<Scene>,
}

impl Guide for Act {
    fn titles(&self, words: Words) -> Vec<&'static str> {
        titles(words).to_vec()
    }

    fn begins(&mut self, ticket: Option<TicketId>) {
        self.progress = Progress {
            ticket,
            stopped: self.progress.stopped,
            ..Progress::default()
        };
    }

    fn says(&mut self, views: &[Arc<View>], alarm_in: u64, words: Words) -> String {
        let progress = &mut self.progress;
        progress.manager_rang |= rings(&views[1]);
        progress.tapped_offline |= progress.stopped && !views[0].taps.is_empty();
        progress.alarm_in = alarm_in;
        let scene = scene(&views[0], *progress);
        self.scene = Some(scene);
        text(scene, *progress, words)
    }

    fn pressed(&mut self, key: KeyEvent) {
        self.progress.told |=
            self.scene == Some(Scene::Resolved) && matches!(key.code, KeyCode::Up | KeyCode::Down);
    }

    fn server_runs(&mut self, running: bool) {
        self.progress.stopped = !running;
    }

    fn is_over(&self) -> bool {
        matches!(self.scene, Some(Scene::Resolved | Scene::Told))
    }
}

/// Where the story is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scene {
    /// Before the alarm.
    Quiet,
    /// The on-call's pager rings.
    Ringing,
    /// Nobody checked in, and the manager's pager rings too.
    Escalated,
    /// Somebody is on it.
    Researching,
    /// The server is stopped.
    Stopped,
    /// The server is stopped, and a tap waits for it.
    Waiting,
    /// It is being mended.
    Working,
    /// It is over.
    Resolved,
    /// And has been read.
    Told,
}

/// Where the story is, by what the on-call's pager knows.
pub fn scene(ana: &View, progress: Progress) -> Scene {
    let Some(item) = progress.ticket.and_then(|id| ticket(ana, id)) else {
        return Scene::Quiet;
    };
    if progress.stopped {
        return if ana.taps.is_empty() {
            Scene::Stopped
        } else {
            Scene::Waiting
        };
    }
    let state = item.state.get().copied().unwrap_or(TicketState::Assigned);
    match state {
        TicketState::Assigned if progress.manager_rang => Scene::Escalated,
        TicketState::Assigned => Scene::Ringing,
        TicketState::Researching => Scene::Researching,
        TicketState::WorkInProgress => Scene::Working,
        TicketState::Resolved if progress.told => Scene::Told,
        TicketState::Resolved => Scene::Resolved,
    }
}

/// Whose pagers there are.
pub fn titles(words: Words) -> [&'static str; 2] {
    [
        words.pick(" Ana's pager: on call ", " Ana 님 호출기: 당직 "),
        words.pick(" Bea's pager: manager ", " Bea 님 호출기: 관리자 "),
    ]
}

/// Whether a pager rings.
pub fn rings(view: &View) -> bool {
    view.pages
        .iter()
        .any(|page| page.status == PageStatus::Ringing)
}

/// What to say.
pub fn text(scene: Scene, progress: Progress, words: Words) -> String {
    let seconds = progress.alarm_in;
    let (english, korean) = match scene {
        Scene::Quiet => (
            "Two pagers, one server. In a moment Prometheus Alertmanager reports that checkout fails.",
            "호출기 두 대와 서버 한 대. 곧 Prometheus Alertmanager가 결제 실패를 알립니다.",
        ),
        Scene::Ringing => (
            "Ana is on call, so her siren rings. Press nothing and watch what a missed check-in does.",
            "당직인 Ana 님의 사이렌이 울립니다. 아무것도 누르지 말고, 확인하지 않으면 어떻게 되는지 보세요.",
        ),
        Scene::Escalated => (
            "Nobody checked in, so Bea's siren rings too. Now press Enter: Ana checks in, both fall silent.",
            "아무도 확인하지 않아 Bea 님도 호출됩니다. 이제 Enter를 누르세요. 둘 다 조용해집니다.",
        ),
        Scene::Researching if !progress.tapped_offline => (
            "Silence, and the next limit runs. Press x to stop the server and see a note survive it, or \
             w to start work.",
            "조용해졌고 다음 제한 시각이 흐릅니다. x로 서버를 멈춰 보거나 w로 작업을 시작하세요.",
        ),
        Scene::Researching => (
            "The note arrived, once. Press w: Ana starts work.",
            "메모가 한 번 도착했습니다. w를 누르세요. Ana 님이 작업을 시작합니다.",
        ),
        Scene::Stopped => (
            "The server was killed. Press n, type a note, press Enter: it waits. Then x starts the server.",
            "서버가 중단되었습니다. n을 누르고 메모를 쓴 뒤 Enter. 메모는 기다립니다. 그 다음 x로 서버를 켜세요.",
        ),
        Scene::Waiting => (
            "The tap is on Ana's disk and waits. Press x: the server comes back and gets it, once.",
            "탭은 Ana 님의 디스크에서 기다립니다. x를 누르면 서버가 돌아와 한 번 받습니다.",
        ),
        Scene::Working => (
            "Work in Progress, with the longest limit. Press r: Ana resolves it.",
            "작업 중이며 제한 시각이 가장 깁니다. r을 누르세요. Ana 님이 해결합니다.",
        ),
        Scene::Resolved => (
            "Resolved. Its story, with every device's receipts, is Ana's screen: ↑ and ↓ read it.",
            "해결되었습니다. 모든 기기의 수신 기록이 Ana 님의 화면에 있습니다. ↑ ↓로 읽으세요.",
        ),
        Scene::Told => (
            "That was all of it. Press a for another alarm, q to quit.",
            "여기까지입니다. a는 새 알람, q는 종료.",
        ),
    };
    let text = words.pick(english, korean);
    match scene {
        Scene::Quiet if seconds > 0 => format!("{text} ({seconds})"),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pager::fixture;

    #[test]
    fn the_guide_waits_for_the_manager_before_it_asks_for_a_check_in() {
        let ana = fixture::ringing();
        let mut progress = Progress {
            ticket: Some(TicketId(41)),
            ..Progress::default()
        };
        assert_eq!(scene(&ana, progress), Scene::Ringing);
        progress.manager_rang = true;
        assert_eq!(scene(&ana, progress), Scene::Escalated);
    }

    #[test]
    fn a_tap_that_waits_for_the_server_is_the_next_thing_told() {
        let progress = Progress {
            ticket: Some(TicketId(41)),
            stopped: true,
            ..Progress::default()
        };
        assert_eq!(scene(&fixture::ringing(), progress), Scene::Stopped);
        assert_eq!(scene(&fixture::offline(), progress), Scene::Waiting);
    }
}
