//! What a person reads, in their language; a ticket's timeline has its sentences in
//! [`crate::story`], and its terms from here.
//!
//! A Korean particle depends on the sound before it; names are followed by 님, numbers by their
//! counter and ticket numbers by 번, so that one form is always right.

use core::time::Duration;
use tocsin_readiness::Language;

use tocsin_ticket::{
    Actor, HoldRule, IncidentRole, Millis, PageReason, PersonId, Refusal, Role, Rung, TicketState,
};
use tocsin_wire::{Action, CommandRequest, Directory, Known};

use super::taps::who_and_when;
use super::{Obstacle, Problem};

#[derive(Debug, Clone, Copy)]
pub struct Texts {
    language: Language,
}

impl Texts {
    pub fn new(language: Language) -> Self {
        Self { language }
    }

    pub fn pick(self, english: impl Into<String>, korean: impl Into<String>) -> String {
        match self.language {
            Language::English => english.into(),
            Language::Korean => korean.into(),
        }
    }

    pub fn revoked(self) -> String {
        self.pick(
            "The server no longer knows this device. It cannot be paged. Ask for a new code and \
             enrol it again.",
            "서버가 이 기기를 더 이상 알지 못합니다. 호출을 받을 수 없습니다. 새 코드를 받아 다시 \
             등록하세요.",
        )
    }

    pub fn unconfirmed(self) -> String {
        self.pick(
            "the sound output has not confirmed that it sounds",
            "소리 출력이 울린다고 확인하지 않았습니다",
        )
    }

    pub fn unreadable(self, reason: &str) -> String {
        self.pick(
            format!(
                "Something arrived that this version cannot read ({reason}). If it happens again, \
                 update this app."
            ),
            format!(
                "이 버전이 읽을 수 없는 내용이 도착했습니다 ({reason}). 다시 일어나면 앱을 \
                 업데이트하세요."
            ),
        )
    }

    pub fn newer_push(self) -> String {
        self.pick("a newer kind of push", "새로운 종류의 푸시")
    }

    pub fn out_of_touch(self) -> String {
        self.pick(
            "You are on call and this pager has lost its server: no page can reach you. Check the \
             network, or tell your team.",
            "당직 중인데 서버와 연결이 끊겼습니다. 호출이 올 수 없습니다. 네트워크를 확인하거나 \
             팀에 알리세요.",
        )
    }

    pub fn drill_missing(self) -> String {
        self.pick(
            "A test page was due and did not come: real pages may not either. Open the app, check \
             what it says about this device, and ring your phone with a drill.",
            "예정된 시험 호출이 오지 않았습니다. 실제 호출도 오지 않을 수 있습니다. 앱을 열어 이 \
             기기의 상태를 확인하고 시험 호출을 울려 보세요.",
        )
    }

    pub fn also_refused(self, count: usize) -> String {
        self.pick(
            format!("{count} of the tickets could not be checked in; look at each of them."),
            format!("티켓 {count}건은 확인 처리되지 않았습니다. 하나씩 살펴보세요."),
        )
    }

    /// The language for the texts of readiness.
    pub fn language(self) -> Language {
        self.language
    }

    pub fn receipts_rejected(self, status: u16, detail: &str) -> String {
        self.pick(
            format!("The server did not take this device's receipts (HTTP {status}: {detail})."),
            format!("서버가 이 기기의 수신 확인을 받지 않았습니다 (HTTP {status}: {detail})."),
        )
    }

    pub fn rejected(
        self,
        action: &Action,
        status: u16,
        detail: &str,
        directory: &Directory,
    ) -> String {
        let action = self.action(action, directory);
        self.pick(
            format!("“{action}” was not done: the server said {detail} (HTTP {status})."),
            format!("“{action}” 처리되지 않음: 서버 응답 {detail} (HTTP {status})."),
        )
    }

    /// Why a tap was refused: who was faster, and by how much.
    pub fn refused(
        self,
        action: &Action,
        tapped_at: Millis,
        refusal: &Known<Refusal>,
        message: &str,
        directory: &Directory,
    ) -> String {
        let when = who_and_when(refusal)
            .1
            .map(|at| self.when(at, tapped_at))
            .unwrap_or_default();
        let label = self.action(action, directory);
        match refusal.get() {
            Some(Refusal::AlreadyCheckedIn { by, .. }) => {
                let who = self.actor(by, directory);
                self.pick(
                    format!("{who} checked in {when}; the ticket is in hand."),
                    format!("{when} {who}이 먼저 확인했습니다. 티켓은 처리 중입니다."),
                )
            }
            Some(Refusal::AlreadyStarted { by, .. }) => {
                let who = self.actor(by, directory);
                self.pick(
                    format!("{who} started work {when}."),
                    format!("{when} {who}이 먼저 작업을 시작했습니다."),
                )
            }
            Some(Refusal::AlreadyResolved { by, .. }) => {
                let who = self.actor(by, directory);
                self.pick(
                    format!("{who} resolved it {when}; reopen it if the trouble is back."),
                    format!("{when} {who}이 해결했습니다. 문제가 다시 생기면 다시 여세요."),
                )
            }
            Some(Refusal::NotResolved { state }) => {
                let state = self.state(&Known::Yes(*state));
                self.pick(
                    format!("It was not reopened: it is not resolved but {state}."),
                    format!("다시 열지 않았습니다. 해결됨이 아니라 {state} 상태입니다."),
                )
            }
            Some(Refusal::OpenElsewhere { ticket }) => self.pick(
                format!("The same trouble is open as ticket {ticket}; work there."),
                format!("같은 문제가 {ticket}번 티켓으로 열려 있습니다. 그 티켓에서 작업하세요."),
            ),
            Some(Refusal::UnknownPerson { person }) => {
                let who = self.person(person, directory);
                self.pick(
                    format!(
                        "{who} cannot be paged for this team; choose one of its members or managers."
                    ),
                    format!(
                        "{who}은 이 팀의 호출을 받을 수 없습니다. 팀원이나 관리자 중에서 고르세요."
                    ),
                )
            }
            Some(Refusal::NoSuchTicket) => self.pick(
                format!("“{label}” was not done: the ticket no longer exists."),
                format!("“{label}” 처리되지 않음: 티켓이 더 이상 없습니다."),
            ),
            Some(Refusal::EmptyNote) => self.pick(
                "The note was not added: it has no text.",
                "메모가 추가되지 않았습니다. 내용이 없습니다.",
            ),
            Some(Refusal::Blank { .. }) => self.pick(
                format!("“{label}” was not done: write a few words first."),
                format!("“{label}” 처리되지 않음: 내용을 먼저 적으세요."),
            ),
            Some(Refusal::SameSeverity { severity }) => self.pick(
                format!("It is {severity} already; there is nothing to change."),
                format!("이미 {severity}입니다. 바꿀 것이 없습니다."),
            ),
            Some(Refusal::NotAManager) => self.pick(
                "Only a manager of the team can extend a limit; ask for help instead.",
                "제한 시각은 팀 관리자만 연장할 수 있습니다. 대신 도움을 요청하세요.",
            ),
            Some(Refusal::NothingToExtend { .. }) => self.pick(
                "No limit was extended: somebody must check in first.",
                "연장되지 않았습니다. 먼저 누군가 확인해야 합니다.",
            ),
            Some(Refusal::AlreadyExtended { by, .. }) => {
                let who = self.person(by, directory);
                self.pick(
                    format!(
                        "{who} extended this limit already; start work, resolve, or ask for help."
                    ),
                    format!(
                        "{who}이 이미 연장했습니다. 작업을 시작하거나 해결하거나 도움을 요청하세요."
                    ),
                )
            }
            Some(Refusal::ExtensionLength { longest_ms }) => {
                let longest = self.length(Duration::from_millis(*longest_ms));
                self.pick(
                    format!("The limit was not extended: choose at most {longest}."),
                    format!("연장되지 않았습니다. 최대 {longest}까지 고르세요."),
                )
            }
            Some(Refusal::NoConference) => self.pick(
                "There is no conference on this ticket; convene one first.",
                "이 티켓에는 화상 회의가 없습니다. 먼저 소집하세요.",
            ),
            Some(Refusal::NoBridge) => self.pick(
                "This team has no conference bridge; ask whoever runs Tocsin to add one.",
                "이 팀에는 화상 회의 주소가 없습니다. 관리 담당자에게 추가를 요청하세요.",
            ),
            Some(Refusal::AlreadyConvened { url }) => self.pick(
                format!("The conference is open already; join it at {url}"),
                format!("화상 회의가 이미 열려 있습니다. 참여하세요: {url}"),
            ),
            Some(Refusal::NotPaged { person }) => {
                let who = self.person(person, directory);
                self.pick(
                    format!(
                        "{who} is not being paged for this ticket any more; there is nothing to \
                         pass on."
                    ),
                    format!(
                        "{who}은 이 티켓으로 더는 호출되고 있지 않습니다. 넘길 호출이 없습니다."
                    ),
                )
            }
            Some(Refusal::NobodyToAsk) => self.pick(
                "There is nobody to ask there; name another person, service or team.",
                "그곳에는 요청할 사람이 없습니다. 다른 사람, 서비스나 팀을 고르세요.",
            ),
            Some(
                Refusal::NoSuchPage { .. } | Refusal::StaleDeadline | Refusal::NotYetDue { .. },
            )
            | None => self.pick(
                format!("“{label}” was not done: {message}"),
                format!("“{label}” 처리되지 않음: {message}"),
            ),
        }
    }

    /// An instant, told from the instant of the tap; true for ever, in every time zone.
    fn when(self, at: Millis, tapped_at: Millis) -> String {
        if at <= tapped_at {
            let length = self.length(tapped_at.since(at));
            self.pick(
                format!("{length} before your tap"),
                format!("탭하기 {length} 전에"),
            )
        } else {
            let length = self.length(at.since(tapped_at));
            self.pick(
                format!("{length} after your tap, before it reached the server"),
                format!("탭한 지 {length} 뒤, 탭이 서버에 닿기 전에"),
            )
        }
    }

    fn length(self, length: Duration) -> String {
        let seconds = length.as_secs();
        let (count, english, korean) = match seconds {
            0..120 => (seconds, "s", "초"),
            120..7200 => (seconds / 60, "min", "분"),
            _ => (seconds / 3600, "h", "시간"),
        };
        self.pick(format!("{count} {english}"), format!("{count}{korean}"))
    }

    fn actor(self, actor: &Actor, directory: &Directory) -> String {
        match actor {
            Actor::Person(person) => self.person(person, directory),
            Actor::Monitoring(integration) => self.pick(
                format!("Monitoring ({integration})"),
                format!("모니터링({integration}) 쪽"),
            ),
        }
    }

    pub fn person(self, person: &PersonId, directory: &Directory) -> String {
        let name = directory.person(person);
        self.pick(name, format!("{name} 님"))
    }

    /// A tap, and how many tickets it is for.
    pub fn tap(self, request: &CommandRequest, directory: &Directory) -> String {
        let action = self.action(&request.action, directory);
        match request.also.len() {
            0 => action,
            others => self.pick(
                format!("{action} (and {others} more)"),
                format!("{action} (외 {others}건)"),
            ),
        }
    }

    pub fn action(self, action: &Action, directory: &Directory) -> String {
        match action {
            Action::CheckIn => self.pick("Check in", "확인"),
            Action::StartWork => self.pick("Start work", "작업 시작"),
            Action::Resolve => self.pick("Resolve", "해결"),
            Action::Reopen => self.pick("Reopen", "다시 열기"),
            Action::Reassign { to } => {
                let to = self.person(to, directory);
                self.pick(format!("Hand to {to}"), format!("{to}에게 넘기기"))
            }
            Action::Note { .. } => self.pick("Note", "메모"),
            Action::Decline { .. } => self.pick("Cannot", "응할 수 없음"),
            Action::SetSeverity { to } => {
                self.pick(format!("Change to {to}"), format!("{to}(으)로 변경"))
            }
            Action::ExtendLimit { .. } => self.pick("Extend the limit", "제한 시각 연장"),
            Action::Convene => self.pick("Convene a conference", "화상 회의 소집"),
            Action::JoinConference => self.pick("Join the conference", "화상 회의 참여"),
            Action::NameRole { person, .. } => {
                let who = self.person(person, directory);
                self.pick(format!("Name {who}"), format!("{who} 지명"))
            }
            Action::UpdateStatus { .. } => self.pick("Status update", "상황 보고"),
            Action::AskHelp { .. } => self.pick("Ask for help", "도움 요청"),
        }
    }

    pub fn state(self, state: &Known<TicketState>) -> String {
        let Some(known) = state.get() else {
            return state.to_string();
        };
        let korean = match known {
            TicketState::Assigned => "배정됨",
            TicketState::Researching => "조사 중",
            TicketState::WorkInProgress => "작업 중",
            TicketState::Resolved => "해결됨",
        };
        self.pick(known.to_string(), korean)
    }

    /// Who asks for this person's help, and what they say.
    pub fn asks_you(self, by: &str, message: &str) -> String {
        self.pick(
            format!("{by} asks for your help: “{message}”"),
            format!("{by} 님이 도움을 요청했습니다: “{message}”"),
        )
    }

    /// What somebody who was asked for help said.
    pub fn help_answer(self, who: &str, comes: bool, reason: Option<&str>) -> String {
        let said = reason.map_or_else(String::new, |reason| format!(": “{reason}”"));
        if comes {
            self.pick(
                format!("{who} comes to help{said}"),
                format!("{who} 님이 도우러 옵니다{said}"),
            )
        } else {
            self.pick(
                format!("{who} cannot help{said}"),
                format!("{who} 님은 도울 수 없습니다{said}"),
            )
        }
    }

    pub fn on_call_of(self, service: &str) -> String {
        self.pick(
            format!("the on-call of {service}"),
            format!("{service} 당직"),
        )
    }

    pub fn all_of(self, team: &str) -> String {
        self.pick(format!("all of {team}"), format!("{team} 팀 전체"))
    }

    /// The manager of the ticket's team, as somebody to ask.
    pub fn the_manager(self) -> String {
        self.pick("the manager", "관리자")
    }

    /// How far a page got.
    pub fn rung(self, rung: Option<Rung>) -> String {
        let Some(rung) = rung else {
            return self.pick("not sent yet", "아직 전송 안 됨");
        };
        let korean = match rung {
            Rung::Sent => "전송됨",
            Rung::Accepted => "푸시 서비스 접수",
            Rung::Received => "기기 수신",
            Rung::Sounding => "사이렌 울림",
            Rung::Seen => "화면 봄",
            Rung::CheckedIn => "확인함",
        };
        self.pick(rung.to_string(), korean)
    }

    /// What somebody is to a ticket.
    pub fn role(self, role: &Known<Role>) -> String {
        let Some(known) = role.get() else {
            return role.to_string();
        };
        let korean = match known {
            Role::Owner => "담당자",
            Role::OnCall => "당직",
            Role::Secondary => "부당직",
            Role::Manager => "관리자",
            Role::ManagersManager => "상위 관리자",
            Role::Team => "팀 전체",
            Role::Mentor => "멘토",
            Role::Shadow => "참관자",
            Role::Helper => "조력자",
            Role::Commander => "사고 지휘자",
        };
        self.pick(known.to_string(), korean)
    }

    /// What somebody does in an incident.
    pub fn incident_role(self, role: &Known<IncidentRole>) -> String {
        let Some(known) = role.get() else {
            return role.to_string();
        };
        let korean = match known {
            IncidentRole::Commander => "사고 지휘자",
            IncidentRole::Communications => "소통 담당",
            IncidentRole::Responder => "대응자",
        };
        self.pick(known.to_string(), korean)
    }

    /// Why nobody is paged for now.
    pub fn hold_rule(self, rule: &Known<HoldRule>, directory: &Directory) -> String {
        match rule.get() {
            Some(HoldRule::HoldOff) => {
                self.pick(HoldRule::HoldOff.to_string(), "서비스의 보류 시간")
            }
            Some(known @ HoldRule::Maintenance { window }) => {
                self.pick(known.to_string(), format!("점검 시간 “{window}”"))
            }
            Some(HoldRule::Quiet { person }) => {
                let who = self.person(person, directory);
                self.pick(
                    format!("the quiet time of {who}"),
                    format!("{who}의 조용한 시간"),
                )
            }
            None => rule.to_string(),
        }
    }

    pub fn reason(self, reason: &Known<PageReason>) -> String {
        let known = match reason {
            Known::Yes(known) => known,
            Known::No(serde_json::Value::String(word)) => return word.clone(),
            Known::No(other) => return other.to_string(),
        };
        let (english, korean) = match known {
            PageReason::Assigned => ("A new ticket is yours.", "새 티켓이 배정되었습니다."),
            PageReason::Reassigned => {
                ("Somebody handed you a ticket.", "누군가 티켓을 넘겼습니다.")
            }
            PageReason::Reopened => ("A ticket was reopened.", "티켓이 다시 열렸습니다."),
            PageReason::SeverityRaised => ("It became worse.", "더 심각해졌습니다."),
            PageReason::CheckInMissed => (
                "Nobody checked in in time.",
                "제시간에 아무도 확인하지 않았습니다.",
            ),
            PageReason::Nudge => (
                "Your time to research is nearly over. Are you awake?",
                "조사 시간이 거의 끝났습니다. 깨어 있나요?",
            ),
            PageReason::ResearchingMissed => (
                "Work did not start in time.",
                "제시간에 작업이 시작되지 않았습니다.",
            ),
            PageReason::Unreachable => (
                "Nobody's device could ring for the page before you in time.",
                "앞서 호출된 사람의 기기가 제시간에 울리지 못했습니다.",
            ),
            PageReason::WorkMissed => (
                "It was not resolved in time.",
                "제시간에 해결되지 않았습니다.",
            ),
            PageReason::Declined => (
                "Whoever was paged before you cannot come.",
                "앞서 호출된 사람이 응할 수 없습니다.",
            ),
            PageReason::NewcomerLate => (
                "The newcomer you mentor has used up half of the time.",
                "멘토링 중인 신입이 시간의 절반을 썼습니다.",
            ),
            PageReason::Shadowing => (
                "You shadow this shift: look on and learn.",
                "이 당직을 참관 중입니다. 지켜보며 배우세요.",
            ),
            PageReason::HelpAsked => (
                "Somebody asks for your help.",
                "누군가 도움을 요청했습니다.",
            ),
            PageReason::StatusUpdateDue => (
                "A status update is due. Say how things stand.",
                "상황 보고 시각입니다. 현재 상황을 알려 주세요.",
            ),
            PageReason::StatusUpdateMissed => (
                "The incident commander gave no status update.",
                "사고 지휘자의 상황 보고가 없습니다.",
            ),
        };
        self.pick(english, korean)
    }

    /// All that is known of a page that could not be read.
    pub fn paged(self) -> String {
        self.pick("You are paged", "호출되었습니다")
    }

    pub fn open_to_see(self) -> String {
        self.pick(
            "Open Tocsin to see what it is about.",
            "Tocsin을 열어 내용을 확인하세요.",
        )
    }

    /// A page of which nothing may be said.
    pub fn a_page(self) -> String {
        self.pick("A page", "호출")
    }

    pub fn over(self) -> String {
        self.pick("You are no longer paged.", "더 이상 호출하지 않습니다.")
    }

    /// Which limit was missed; instants as their reader reads them.
    pub fn missed(self, state: &str, since: &str, limit: &str) -> String {
        self.pick(
            format!("{state} since {since}, limit {limit} missed."),
            format!("{since}부터 {state}, 제한 시각 {limit} 넘김."),
        )
    }

    /// Who is paged when the running limit passes.
    pub fn then_paged(self, due: &str, next: &str) -> String {
        self.pick(
            format!("At {due} {next} is paged."),
            format!("{due}에 {next} 님을 호출합니다."),
        )
    }

    pub fn more_ring(self, others: u32) -> String {
        match others {
            1 => self.pick("1 more page rings.", "1건 더 울리는 중."),
            _ => self.pick(
                format!("{others} more pages ring."),
                format!("{others}건 더 울리는 중."),
            ),
        }
    }

    /// The person has tapped, and the server has not heard of it.
    pub fn being_told(self) -> String {
        self.pick(
            "You have answered this page; the server is being told.",
            "이 호출에 응답했습니다. 서버에 전하는 중입니다.",
        )
    }

    pub fn too_old_to_ring(self) -> String {
        self.pick(
            "This page is too old to ring. The ticket is still open.",
            "울리기에는 오래된 호출입니다. 티켓은 아직 열려 있습니다.",
        )
    }

    /// Where a ticket stands that pages this person no longer.
    pub fn no_longer_paged(self, state: &str, owner: &str) -> String {
        self.pick(
            format!("{state}, in the hands of {owner}."),
            format!("{state}, 담당 {owner} 님."),
        )
    }

    pub fn drill(self) -> String {
        self.pick("Drill", "시험 호출")
    }

    pub fn drill_sounds(self) -> String {
        self.pick(
            "Your siren is being tried. Nothing is wrong, and it stops by itself.",
            "사이렌을 시험하고 있습니다. 문제가 생긴 것이 아니며 저절로 멈춥니다.",
        )
    }

    pub fn drill_is_silent(self) -> String {
        self.pick(
            "The way of a page to this phone was tried. Nothing is wrong.",
            "이 휴대폰으로 호출이 오는 길을 시험했습니다. 문제가 생긴 것이 아닙니다.",
        )
    }

    pub fn drill_is_late(self) -> String {
        self.pick(
            "A drill came too late to count: a page might come late as well. Check the network, and \
             ring your phone with a drill.",
            "시험 호출이 너무 늦게 왔습니다. 실제 호출도 늦을 수 있습니다. 네트워크를 확인하고 시험 \
             호출을 울려 보세요.",
        )
    }

    /// Answers a call for help.
    pub fn i_come(self) -> String {
        self.pick("I come to help", "도우러 갑니다")
    }

    /// Declines a call for help.
    pub fn i_cannot(self) -> String {
        self.pick("I cannot", "응할 수 없음")
    }

    /// Declines a page.
    pub fn cannot_page_next(self) -> String {
        self.pick("Can’t – page the next", "응할 수 없음 – 다음 사람 호출")
    }

    /// A problem and what to do about it. `detail`: what the output, disk or network said.
    pub fn problem(self, problem: &Problem, detail: &str) -> String {
        match problem {
            Problem::Revoked => self.revoked(),
            Problem::SirenFailed => self.pick(
                format!("The siren failed: {detail}."),
                format!("사이렌이 울리지 않았습니다: {detail}."),
            ),
            Problem::StoreFailed => self.pick(
                format!("This device cannot save: {detail}. Free some space."),
                format!("이 기기에 저장할 수 없습니다: {detail}. 저장 공간을 확보하세요."),
            ),
            Problem::Offline => self.pick(
                format!("The server has not been reached for a while ({detail})."),
                format!("한동안 서버에 연결되지 않았습니다 ({detail})."),
            ),
            Problem::ClockWrong => self.pick(
                format!("This device's clock is off by {detail}. Let it set itself."),
                format!("이 기기의 시계가 {detail} 어긋나 있습니다. 자동 설정을 켜세요."),
            ),
            Problem::DrillMissing => self.drill_missing(),
            Problem::PushNotRegistered => self.pick(
                format!("Pushes do not reach this device yet ({detail}). It is tried again."),
                format!("아직 이 기기로 푸시가 오지 않습니다 ({detail}). 다시 시도합니다."),
            ),
            Problem::StatusNotTaken => self.pick(
                format!(
                    "The server does not know how this device is ({detail}). It is tried again."
                ),
                format!("서버가 이 기기의 상태를 모릅니다 ({detail}). 다시 시도합니다."),
            ),
            Problem::ServerNewer => self.pick(
                "The server is newer than this app. Update the app.",
                "서버가 이 앱보다 새롭습니다. 앱을 업데이트하세요.",
            ),
            Problem::Device(obstacle) => self.obstacle(obstacle),
        }
    }

    pub fn clock_off_by(self, offset_ms: i64) -> String {
        self.length(Duration::from_millis(offset_ms.unsigned_abs()))
    }

    pub fn not_yet_connected(self) -> String {
        self.pick("still trying", "연결 중")
    }

    fn obstacle(self, obstacle: &Obstacle) -> String {
        match obstacle {
            Obstacle::NoSoundOutput => self.pick(
                "There is no sound output: you will not be woken.",
                "소리 출력이 없습니다. 호출이 와도 깨울 수 없습니다.",
            ),
            Obstacle::VolumeLow => self.pick(
                "The siren's volume is low. Turn it up.",
                "사이렌 음량이 낮습니다. 음량을 높이세요.",
            ),
            Obstacle::NotificationsBlocked => self.pick(
                "Notifications are blocked. Allow them in the system's settings.",
                "알림이 차단되어 있습니다. 시스템 설정에서 허용하세요.",
            ),
            Obstacle::SilencedBySystem => self.pick(
                "The system silences the siren. Let this app override do-not-disturb.",
                "시스템이 사이렌을 막고 있습니다. 이 앱이 방해 금지를 넘을 수 있게 하세요.",
            ),
            Obstacle::BackgroundRestricted => self.pick(
                "The system may put this app to sleep. Exempt it from battery saving.",
                "시스템이 이 앱을 재울 수 있습니다. 배터리 절약에서 제외하세요.",
            ),
            Obstacle::Other(text) => text.clone(),
        }
    }
}
