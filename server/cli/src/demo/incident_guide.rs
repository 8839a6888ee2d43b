//! What the person in front of the second act sees next and can press: a function of what the pagers
//! show.

use std::sync::Arc;

use tocsin_pager::View;
use tocsin_pager::engine::PageStatus;
use tocsin_ticket::{PageReason, TicketId, TicketState};
use tocsin_wire::{Known, TicketView};

use super::guide;
use super::live::Guide;
use super::papers::Papers;
use super::stage::Stage;
use crate::failure::Failure;
use crate::pager::desk::Running;
use crate::pager::screen::ticket;
use crate::pager::words::Words;

/// Where the story is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Scene {
    /// Before the alarm.
    #[default]
    Quiet,
    /// Ana is paged; her page says where to meet.
    Ringing,
    /// She is awake, and not in the call.
    Alone,
    /// A status update is awaited.
    Waiting,
    /// It is due.
    Due,
    /// It was missed, and the manager is paged.
    Missed,
    /// Nobody of the service downstream knows yet.
    AskHelp,
    /// They are being paged.
    Asked,
    /// They come.
    Helped,
    /// It is being mended.
    Working,
    /// It is over.
    Resolved,
}

/// Where the story is, by what Ana's and Bea's pagers show.
pub fn scene(ana: &View, bea: &View, id: Option<TicketId>) -> Scene {
    let Some(item) = id.and_then(|id| ticket(ana, id)) else {
        return Scene::Quiet;
    };
    let about = &*item.ticket;
    match item.state.get().copied() {
        Some(TicketState::Resolved) => return Scene::Resolved,
        Some(TicketState::Assigned) | None => return Scene::Ringing,
        Some(_) => {}
    }
    if rings_for(bea, PageReason::StatusUpdateMissed) {
        return Scene::Missed;
    }
    if rings_for(ana, PageReason::StatusUpdateDue) {
        return Scene::Due;
    }
    let joined = about.conference.as_ref().and_then(Known::get);
    if !joined.is_some_and(|conference| conference.joined.contains_key(&ana.me.id)) {
        return Scene::Alone;
    }
    if about.status_update.is_none() {
        return Scene::Waiting;
    }
    match help(about) {
        None => Scene::AskHelp,
        Some(false) => Scene::Asked,
        Some(true) if item.state == Known::Yes(TicketState::Researching) => Scene::Helped,
        Some(true) => Scene::Working,
    }
}

/// Whether somebody comes, of those who were asked.
fn help(ticket: &TicketView) -> Option<bool> {
    let helps = ticket.helps.iter().filter_map(Known::get);
    helps
        .map(|help| help.answers.iter().any(|answer| answer.comes))
        .reduce(|one, other| one || other)
}

fn rings_for(view: &View, reason: PageReason) -> bool {
    view.pages
        .iter()
        .any(|page| page.status == PageStatus::Ringing && page.reason == Known::Yes(reason))
}

/// What to say.
pub fn text(scene: Scene, words: Words) -> &'static str {
    let (english, korean) = match scene {
        Scene::Quiet => (
            "Three pagers, two teams. In a moment Alertmanager reports that checkout, of tier 1, fails.",
            "호출기 세 대, 두 팀. 곧 Alertmanager가 1등급 서비스인 결제의 실패를 알립니다.",
        ),
        Scene::Ringing => (
            "A SEV1. Ana's first page says where everybody meets. Press Enter: she checks in.",
            "SEV1입니다. 첫 호출에 회의 주소가 있습니다. Enter를 누르세요. Ana 님이 확인합니다.",
        ),
        Scene::Alone => (
            "A conference is open (its address is made up). Press j: Ana joins it.",
            "회의가 열렸습니다(주소는 예시입니다). j를 누르세요. Ana 님이 참여합니다.",
        ),
        Scene::Waiting => (
            "Status updates are due every 15 s here, not every 15 min. Press nothing and see one missed.",
            "여기서는 상황 보고가 15분이 아니라 15초마다 필요합니다. 누르지 말고 놓치는 것을 보세요.",
        ),
        Scene::Due => (
            "A status update is due, so the commander's siren asks. Wait 5 s more, or press u and write one.",
            "상황 보고 시각입니다. 지휘자의 사이렌이 울립니다. 5초 더 기다리거나 u를 눌러 쓰세요.",
        ),
        Scene::Missed => (
            "Missed: the manager is paged for it. On Ana's pager press u, write how things stand, Enter.",
            "놓쳤습니다. 관리자가 호출됩니다. Ana 님 호출기에서 u를 누르고 상황을 쓴 뒤 Enter.",
        ),
        Scene::AskHelp => (
            "Checkout needs Card payments, of another team. On Ana's pager press h, choose it, say why.",
            "결제는 다른 팀의 Card payments에 의존합니다. Ana 님 호출기에서 h를 누르고 선택해 물어보세요.",
        ),
        Scene::Asked => (
            "Minjun's pager says who asks and why. Tab to it and press Enter: he comes; p passes it on.",
            "조민준 님 호출기에 누가 왜 부르는지 나옵니다. Tab으로 옮겨 Enter: 갑니다, p: 넘깁니다.",
        ),
        Scene::Helped => (
            "He comes, as Ana can see. On Ana's pager press w: she starts work.",
            "온다고 Ana 님에게 보입니다. Ana 님 호출기에서 w를 누르세요. 작업을 시작합니다.",
        ),
        Scene::Working => (
            "Work in Progress. Press r on Ana's pager: it is over, and so is the conference.",
            "작업 중. Ana 님 호출기에서 r을 누르세요. 해결되고 회의도 끝납니다.",
        ),
        Scene::Resolved => (
            "Resolved. Its correction of error and the load report are being written …",
            "해결되었습니다. 사후 분석과 부담 보고서를 쓰는 중 …",
        ),
    };
    words.pick(english, korean)
}

/// The second act.
pub struct Act {
    further: [Running; 1],
    ticket: Option<TicketId>,
    scene: Scene,
    /// What is left, and whether it was opened.
    papers: Option<(Papers, bool)>,
    told: bool,
}

impl Act {
    /// With this third pager.
    pub const fn new(minjun: Running) -> Self {
        Self {
            further: [minjun],
            ticket: None,
            scene: Scene::Quiet,
            papers: None,
            told: false,
        }
    }
}

impl Guide for Act {
    fn titles(&self, words: Words) -> Vec<&'static str> {
        let mut titles = guide::titles(words).to_vec();
        titles.push(words.pick(" Minjun's pager: Payments ", " 조민준 님 호출기: Payments "));
        titles
    }

    fn further(&self) -> &[Running] {
        &self.further
    }

    fn begins(&mut self, ticket: Option<TicketId>) {
        self.ticket = ticket;
        self.papers = None;
        self.told = false;
    }

    fn says(&mut self, views: &[Arc<View>], alarm_in: u64, words: Words) -> String {
        self.scene = scene(&views[0], &views[1], self.ticket);
        let text = text(self.scene, words);
        match (&self.papers, self.scene) {
            (Some((papers, opened)), Scene::Resolved) => {
                let opened = if *opened {
                    words.pick(" (opened)", " (열었습니다)")
                } else {
                    ""
                };
                let report = papers.report.display();
                let coe = papers.coe.display();
                let said = words.pick("Resolved. What it cost", "해결되었습니다. 부담 보고서");
                let learned = words.pick("what to learn, drafted", "사후 분석 초안");
                format!("{said}: {report}{opened}; {learned}: {coe}")
            }
            (_, Scene::Quiet) if alarm_in > 0 => format!("{text} ({alarm_in})"),
            _ => text.to_owned(),
        }
    }

    fn is_over(&self) -> bool {
        self.scene == Scene::Resolved
    }

    async fn act(&mut self, stage: &Stage) -> Result<(), Failure> {
        let Some(ticket) = self.ticket.filter(|_| self.is_over() && !self.told) else {
            return Ok(());
        };
        self.told = true;
        let papers = Papers::write(stage, ticket).await?;
        let opened = papers.open();
        self.papers = Some((papers, opened));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use tocsin_pager::Language;

    use super::*;
    use crate::pager::fixture;

    #[test]
    fn the_guide_knows_an_incident_by_its_pagers() {
        let ana = fixture::incident(Language::English);
        let quiet = fixture::offline();
        assert_eq!(scene(&ana, &quiet, None), Scene::Quiet);
        let there = scene(&ana, &quiet, Some(fixture::INCIDENT));
        assert!(
            !matches!(there, Scene::Quiet | Scene::Resolved),
            "{there:?}"
        );
    }

    #[test]
    fn a_missed_status_update_comes_before_everything_else() {
        let ana = fixture::incident(Language::English);
        let mut bea = fixture::ringing();
        bea.pages[0].reason = Known::Yes(PageReason::StatusUpdateMissed);
        assert_eq!(scene(&ana, &bea, Some(fixture::INCIDENT)), Scene::Missed);
    }
}
