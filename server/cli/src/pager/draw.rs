//! The pager's face: a view, what the person looks at and an instant, drawn into a rectangle.
//!
//! It is a function of these alone, so that a test sees what a person would see.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Paragraph, Widget, Wrap};
use tocsin_pager::View;
use tocsin_pager::engine::{
    AlarmKind, Connection, FindingItem, HelpOutcome, LocalAlarm, OFFLINE_WINDOW, Obstacle,
    PageItem, PageStatus, Problem, SirenReason, TicketItem,
};
use tocsin_pager::story::{self, Weight};
use tocsin_readiness::{Code, Light};
use tocsin_ticket::{DeadlineKind, Millis, Role, Severity, TicketId, TicketState};
use tocsin_wire::Known;
use unicode_width::UnicodeWidthStr;

use super::glyphs;
use super::prompt::{Ask, Choice, Prompt, Step, deeds, offers};
use super::screen::{Screen, Tab, ticket};
use super::words::Words;
use crate::times;

const FAINT: Style = Style::new().fg(Color::DarkGray);
const STRONG: Style = Style::new().add_modifier(Modifier::BOLD);
const GOOD: Style = Style::new().fg(Color::Green);
const CARE: Style = Style::new().fg(Color::Yellow);
const BAD: Style = Style::new()
    .fg(Color::White)
    .bg(Color::Red)
    .add_modifier(Modifier::BOLD);

/// A limit with less than this left is shown in the colour of danger.
const LITTLE_LEFT_MS: i64 = 60_000;

/// Rows of a ticket's story that stay in sight whatever surrounds it.
const END_OF_STORY: u16 = 6;

/// What is drawn.
#[derive(Clone, Copy)]
pub struct Face<'a> {
    /// What the engine says.
    pub view: &'a View,
    /// What the person looks at.
    pub screen: &'a Screen,
    /// The language.
    pub words: Words,
    /// The device's clock.
    pub now: Millis,
}

impl<'a> Face<'a> {
    /// Draws into `area`.
    pub fn draw(self, area: Rect, buffer: &mut Buffer) {
        Clear.render(area, buffer);
        let readiness = self.readiness();
        let problems = self.problems();
        let taps = self.taps();
        let count = |lines: &[Line<'_>]| lines.iter().map(|line| rows(line, area.width)).sum();
        let [title, ready, warned, tabs, body, waiting, keys] = Layout::vertical([
            Constraint::Length(1),
            Constraint::Length(count(&readiness)),
            Constraint::Length(count(&problems)),
            Constraint::Length(1),
            Constraint::Min(3),
            Constraint::Length(count(&taps)),
            Constraint::Length(1),
        ])
        .areas(area);
        self.title(title, buffer);
        wrapped(readiness).render(ready, buffer);
        wrapped(problems).render(warned, buffer);
        self.tabs().render(tabs, buffer);
        self.body(body, buffer);
        wrapped(taps).render(waiting, buffer);
        self.keys(keys, buffer);
    }

    /// The server's clock, as well as the engine knows it.
    fn server_now(self) -> Millis {
        Millis(self.now.0.saturating_add(self.view.clock_offset_ms))
    }

    fn title(self, area: Rect, buffer: &mut Buffer) {
        let words = self.words;
        let me = Span::styled(
            format!(
                " {} ",
                words.people(std::slice::from_ref(&self.view.me.name))
            ),
            STRONG,
        );
        let reached = match &self.view.connection {
            Connection::Live { since } => Span::styled(
                format!(
                    "● {} {} ",
                    words.pick("live since", "연결됨"),
                    times::clock(*since)
                ),
                GOOD,
            ),
            Connection::Connecting { since } => {
                let length = times::running(self.now.since(*since));
                Span::styled(
                    format!("○ {} {length} ", words.pick("connecting for", "연결 중")),
                    CARE,
                )
            }
            Connection::Offline {
                since, retry_at, ..
            } => {
                let length = times::running(self.now.since(*since));
                let again = words.tried_again(&times::running(retry_at.since(self.now)));
                let offline = words.offline(&length, &times::clock(*since));
                Span::styled(
                    format!("○ {offline}; {again} "),
                    CARE.add_modifier(Modifier::BOLD),
                )
            }
        };
        let bar = Style::new().add_modifier(Modifier::REVERSED);
        buffer.set_style(area, bar);
        let right = u16::try_from(reached.width())
            .unwrap_or(area.width)
            .min(area.width);
        let [left, right] =
            Layout::horizontal([Constraint::Min(0), Constraint::Length(right)]).areas(area);
        Line::from(me).render(left, buffer);
        Line::from(reached).render(right, buffer);
    }

    /// Whether this pager would wake its owner now. A siren that has just failed wakes nobody,
    /// whatever the device says.
    fn light(self) -> Light {
        if self.has_problem(&Problem::SirenFailed) {
            Light::Red
        } else {
            self.view.readiness.light
        }
    }

    fn has_problem(self, problem: &Problem) -> bool {
        let mut problems = self.view.problems.iter();
        problems.any(|item| item.problem == *problem)
    }

    /// The finding that makes the light what it is, unless it is a problem that is told by itself.
    fn worst(self) -> Option<&'a FindingItem> {
        let light = self.light();
        let mut findings = self.view.readiness.findings.iter();
        findings.find(|finding| finding.light == light)
    }

    /// In words and colour: would it wake its owner, and if not, why.
    fn readiness(self) -> Vec<Line<'static>> {
        let (words, light) = (self.words, self.light());
        let mut text = format!(" {}", words.readiness(light));
        if self.view.on_call {
            text = format!("{text} · {}", words.pick("on call", "당직 중"));
        }
        if let Some(worst) = self.worst() {
            text = format!("{text} · {}", worst.what);
        }
        if light != Light::Green && self.screen.info.is_none() {
            text = format!("{text} ({})", words.pick("i: why", "i: 이유"));
        }
        let away = self.view.offline_until.map(|until| {
            let away = words.offline_until(&times::clock(until));
            Line::styled(format!(" ◌ {away}"), CARE)
        });
        let line = Line::styled(text, light_style(light));
        [line].into_iter().chain(away).collect()
    }

    fn problems(self) -> Vec<Line<'static>> {
        let in_front = self.screen.alarm(self.view).is_some();
        let alarms = self.view.alarms.iter().filter(|_| !in_front);
        let known = self.words.pick("k: I know", "k: 알고 있음");
        let alarms = alarms.map(|alarm| format!("{} ({known})", alarm.text));
        let problems = self.view.problems.iter();
        let problems = problems.filter(|item| !self.is_said(&item.problem));
        alarms
            .chain(problems.map(|item| item.text.clone()))
            .map(|text| Line::styled(format!(" ! {text}"), BAD))
            .collect()
    }

    /// What an alarm or the line about readiness says is not said twice.
    fn is_said(self, problem: &Problem) -> bool {
        let worst = self.worst().map(|finding| finding.code);
        match problem {
            Problem::DrillMissing => {
                let mut alarms = self.view.alarms.iter();
                alarms.any(|alarm| alarm.kind == AlarmKind::DrillMissing)
            }
            Problem::Device(Obstacle::NoSoundOutput) => worst == Some(Code::NoSoundOutput),
            Problem::ClockWrong => matches!(worst, Some(Code::ClockWrong | Code::ClockOff)),
            _ => false,
        }
    }

    fn taps(self) -> Vec<Line<'static>> {
        let taps = &self.view.taps;
        if taps.is_empty() {
            return Vec::new();
        }
        let listed: Vec<_> = taps
            .iter()
            .map(|tap| format!("{} {}", tap.ticket, tap.text))
            .collect();
        vec![Line::styled(
            format!(
                " ⧗ {}: {}",
                self.words.waiting(taps.len()),
                listed.join(", ")
            ),
            CARE,
        )]
    }

    fn tabs(self) -> Line<'static> {
        let words = self.words;
        let open = self
            .view
            .tickets
            .iter()
            .filter(|item| item.ticket.is_open())
            .count();
        let labels = [
            (words.pick("Pages", "호출"), self.view.pages.len()),
            (words.pick("Tickets", "티켓"), open),
            (words.pick("Notices", "알림"), self.view.notices.len()),
        ];
        let mut spans = vec![Span::raw(" ")];
        for (tab, (label, count)) in Tab::ALL.into_iter().zip(labels) {
            let text = if count > 0 {
                format!(" {label} {count} ")
            } else {
                format!(" {label} ")
            };
            let style = if tab == self.screen.tab {
                STRONG.add_modifier(Modifier::UNDERLINED)
            } else if tab == Tab::Notices && count > 0 {
                CARE
            } else {
                FAINT
            };
            spans.extend([Span::styled(text, style), Span::raw(" ")]);
        }
        Line::from(spans)
    }

    fn body(self, area: Rect, buffer: &mut Buffer) {
        if let Some(prompt) = &self.screen.prompt
            && let Ask::Choice(choice, place) = &prompt.ask
        {
            return self.choice(prompt.ticket, choice, *place, area, buffer);
        }
        if let Some(past) = self.screen.info {
            return self.info(past, area, buffer);
        }
        if let Some(item) = self.screen.open.and_then(|open| ticket(self.view, open)) {
            return self.ticket(item, area, buffer);
        }
        match self.screen.tab {
            Tab::Pages => {
                if let Some(alarm) = self.screen.alarm(self.view) {
                    self.alarm(alarm, area, buffer);
                } else if let Some(page) = self.screen.page(self.view) {
                    self.page(page, area, buffer);
                } else {
                    self.quiet(area, buffer);
                }
            }
            Tab::Tickets => self.tickets(area, buffer),
            Tab::Notices => self.notices(area, buffer),
        }
    }

    /// Something to choose from, each with its key where it has one.
    fn choice(
        self,
        about: TicketId,
        choice: &Choice,
        place: usize,
        area: Rect,
        buffer: &mut Buffer,
    ) {
        let Some(item) = ticket(self.view, about) else {
            return;
        };
        let directory = &self.view.directory;
        let keys: Vec<char> = match choice {
            Choice::Deed => deeds(self.view, item)
                .into_iter()
                .map(|(key, _)| key)
                .collect(),
            _ => Vec::new(),
        };
        let offers = offers(choice, self.view, item);
        let rows = offers.iter().enumerate().map(|(row, step)| {
            let mark = if row == place { "▸ " } else { "  " };
            let key = keys.get(row).map(|key| format!("{key}  "));
            let name = self.words.step(step, directory);
            let style = if row == place { STRONG } else { Style::new() };
            Line::styled(format!("{mark}{}{name}", key.unwrap_or_default()), style)
        });
        let what = self.words.choice(choice);
        let head = [
            Line::styled(format!("{about} {}", item.ticket.title), FAINT),
            Line::styled(what, STRONG),
        ];
        let [top, list] =
            Layout::vertical([Constraint::Length(3), Constraint::Min(0)]).areas(inset(area));
        Paragraph::new(head.to_vec()).render(top, buffer);
        // The marked row stays in sight.
        let skipped = (place + 1).saturating_sub(usize::from(list.height));
        Paragraph::new(rows.skip(skipped).collect::<Vec<_>>()).render(list, buffer);
    }

    fn quiet(self, area: Rect, buffer: &mut Buffer) {
        let words = self.words;
        let nobody = words.pick("Nobody needs you.", "호출이 없습니다.");
        let mut lines = vec![Line::default(), Line::styled(nobody, STRONG)];
        let mine: Vec<_> = self
            .view
            .tickets
            .iter()
            .filter(|item| item.ticket.is_open() && item.ticket.owner == self.view.me.id)
            .collect();
        if self.view.siren.ringing {
            lines.push(self.siren());
        } else if mine.is_empty() && self.light() != Light::Red {
            let rings = words.pick(
                "This pager rings when you are paged, until you check in.",
                "호출되면 확인할 때까지 울립니다.",
            );
            lines.push(Line::styled(rings, FAINT));
        }
        for item in mine {
            let ticket = &item.ticket;
            lines.push(Line::default());
            lines.push(Line::from(format!(
                "{} {} {}",
                item.severity, ticket.id, ticket.title
            )));
            lines.push(Line::styled(item.state_text.clone(), FAINT));
            lines.extend(self.limit_of(item));
            lines.extend(self.status(item));
        }
        let center = Layout::horizontal([Constraint::Length(2), Constraint::Min(0)]);
        wrapped(lines).render(center.areas::<2>(area)[1], buffer);
    }

    /// Every finding and what to do about it, and the last drill.
    fn info(self, past: usize, area: Rect, buffer: &mut Buffer) {
        let (words, readiness) = (self.words, &self.view.readiness);
        let mut lines = Vec::new();
        for finding in &readiness.findings {
            let style = light_style(finding.light);
            lines.push(Line::styled(format!("• {}", finding.what), style));
            lines.push(Line::from(format!("  → {}", finding.next)));
        }
        // A problem that is no finding stands above by itself.
        if self.light() == Light::Green {
            let none = words.pick("Nothing stands in the way.", "문제가 없습니다.");
            lines.push(Line::styled(none, GOOD));
        }
        lines.push(Line::default());
        let drill = readiness.last_drill.map(|drill| {
            let at = drill.at.map(times::day_and_clock).unwrap_or_default();
            (at, drill)
        });
        lines.push(Line::from(words.last_drill(drill)));
        let test = words.pick(
            "tocsin drill --audible rings a test page here; press h if you hear it.",
            "tocsin drill --audible 명령으로 시험 호출을 울리고, 들리면 h를 누르세요.",
        );
        lines.push(Line::styled(test, FAINT));
        let area = inset(area);
        let all: usize = lines
            .iter()
            .map(|line| usize::from(rows(line, area.width)))
            .sum();
        let skipped = past.min(all.saturating_sub(usize::from(area.height)));
        wrapped(lines)
            .scroll((u16::try_from(skipped).unwrap_or(u16::MAX), 0))
            .render(area, buffer);
    }

    /// An alarm of the pager's own, as plain as a page.
    fn alarm(self, alarm: &LocalAlarm, area: Rect, buffer: &mut Buffer) {
        let words = self.words;
        let [banner, text] =
            Layout::vertical([Constraint::Length(5), Constraint::Min(0)]).areas(area);
        let colours = if alarm.siren {
            (Color::Red, Color::White)
        } else {
            (Color::Yellow, Color::Black)
        };
        let lit = !alarm.siren || self.is_lit();
        let name = Line::styled(words.alarm(alarm.kind), STRONG);
        banner_of(colours, lit, vec![Line::default(), name], banner, buffer);

        let length = times::running(self.now.since(alarm.since));
        let since = words.alarmed(alarm.kind, &times::clock(alarm.since), &length);
        let mut lines = vec![
            Line::styled(alarm.text.clone(), STRONG),
            Line::styled(since, FAINT),
            Line::default(),
        ];
        if self.view.siren.ringing {
            lines.push(self.siren());
        }
        let known = words.known(&times::about(OFFLINE_WINDOW));
        lines.push(Line::styled(known, STRONG));
        if alarm.kind == AlarmKind::DrillMissing {
            let test = words.pick(
                "tocsin drill  sends this pager a test page now",
                "tocsin drill  지금 이 호출기로 시험 호출 보내기",
            );
            lines.push(Line::from(test));
        }
        for other in self.view.alarms.iter().skip(1) {
            lines.push(Line::default());
            lines.push(Line::styled(other.text.clone(), CARE));
        }
        wrapped(lines).render(inset(text), buffer);
    }

    /// Twice a second while it rings: what moves is seen from across a room.
    const fn is_lit(self) -> bool {
        self.now.0.rem_euclid(1000) < 500
    }

    /// The page screen.
    fn page(self, page: &PageItem, area: Rect, buffer: &mut Buffer) {
        let words = self.words;
        let rings = page.status == PageStatus::Ringing;
        let [banner, text] =
            Layout::vertical([Constraint::Length(glyphs::HEIGHT + 2), Constraint::Min(0)])
                .areas(area);
        severity_banner(&page.severity, !rings || self.is_lit(), banner, buffer);

        let mut lines = vec![
            Line::styled(page.title.clone(), STRONG),
            Line::from(format!(
                "{} · {} · {}",
                page.service, page.team, page.ticket
            )),
        ];
        let item = ticket(self.view, page.ticket);
        lines.extend(item.map(|item| {
            let owned = words.owned(&item.state_text, &item.owner, item.ticket.repeats);
            Line::styled(owned, FAINT)
        }));
        lines.push(Line::default());
        lines.push(Line::styled(page.reason_text.clone(), CARE));
        let missed = page.missed.as_ref();
        lines.extend(missed.map(|missed| Line::styled(words.missed(missed), CARE)));
        let state = page.state.get().copied();
        let kind = page.due_kind.as_ref().and_then(Known::get).copied();
        lines.extend(match page.due {
            Some(due) if page.status == PageStatus::Answered => {
                Some(self.limit_unless(due, &page.next))
            }
            due => self.limit(due, kind, state, &page.next),
        });
        let since = times::running(self.server_now().since(page.at));
        lines.push(Line::styled(
            match page.status {
                PageStatus::Ringing => format!("{} {since}", words.pick("paged for", "호출된 지")),
                PageStatus::Answered => words
                    .pick("answered; not sent yet", "응답함, 아직 전송 안 됨")
                    .to_owned(),
                PageStatus::Expired => words
                    .pick("too old to ring", "울리기에는 오래된 호출")
                    .to_owned(),
            },
            FAINT,
        ));
        if rings {
            lines.push(self.siren());
            if self.view.siren.pages > 1 {
                let all = self.words.check_in_all(self.view.siren.pages);
                lines.push(Line::styled(all, STRONG));
            }
        }
        let pages = self.view.pages.len();
        if pages > 1 {
            lines.push(Line::styled(
                words.which(self.screen.place() + 1, pages),
                STRONG,
            ));
        }
        lines.push(Line::default());
        // The call that the page is for is said above.
        lines.extend(item.map_or_else(Vec::new, |item| self.surroundings(item, page.help)));
        wrapped(lines).render(inset(text), buffer);
    }

    /// Where people meet and who is there, what everybody was told, who was asked for help, where
    /// to look, and who is being paged. `said`: the call for help that is said elsewhere.
    fn surroundings(self, item: &TicketItem, said: Option<u32>) -> Vec<Line<'static>> {
        let words = self.words;
        let mut lines = self.conference(item);
        lines.extend(self.status(item));
        for help in item.helps.iter().filter(|help| Some(help.number) != said) {
            let style = match help.outcome {
                HelpOutcome::Waiting => CARE,
                HelpOutcome::Comes => GOOD,
                HelpOutcome::NobodyLeft => BAD,
            };
            lines.push(Line::from(words.asked(help)));
            let answers = help.answers.iter();
            lines.extend(answers.map(|(_, text)| Line::styled(format!("  {text}"), style)));
            lines.extend(
                words
                    .how_far(help)
                    .map(|text| Line::styled(format!("  {text}"), style)),
            );
        }
        let runbook = item.runbook.iter();
        lines.extend(runbook.map(|url| Line::from(words.runbook(url))));
        if !item.downstream.is_empty() {
            lines.push(Line::styled(words.needs(&item.downstream), FAINT));
        }
        lines.extend(
            item.hold
                .iter()
                .map(|hold| Line::styled(words.held(hold), CARE)),
        );
        lines.extend(item.extended.iter().map(|extended| {
            let text = words.extended(&extended.by, &times::clock(extended.at));
            let waits = if extended.pending { " ⧗" } else { "" };
            Line::from(format!("{text}{waits}"))
        }));
        // Whoever reads this knows that they themselves are paged.
        let mut others = item.paged.clone();
        others.retain(|paged| paged.name != self.view.me.name);
        if !others.is_empty() {
            lines.push(Line::styled(words.being_paged(&others), FAINT));
        }
        lines
    }

    fn conference(self, item: &TicketItem) -> Vec<Line<'static>> {
        let words = self.words;
        let Some(conference) = &item.conference else {
            return Vec::new();
        };
        if let Some(closed) = conference.closed_at {
            return vec![Line::styled(words.closed(&times::clock(closed)), FAINT)];
        }
        let meet = words.meet(conference.url.as_deref(), conference.dial_in.as_deref());
        let of = |joined: bool| {
            let people = conference.people.iter();
            let people = people.filter(|it| it.joined.is_some() == joined);
            words.attendees(
                joined,
                people.map(|it| (it.name.as_str(), it.role_text.as_deref())),
            )
        };
        let there = of(true).map(Line::from);
        let missing = of(false).map(|text| Line::styled(text, FAINT));
        [Line::styled(meet, STRONG)]
            .into_iter()
            .chain(there)
            .chain(missing)
            .collect()
    }

    fn status(self, item: &TicketItem) -> Vec<Line<'static>> {
        let words = self.words;
        let Some(status) = &item.status else {
            return Vec::new();
        };
        let waits = if status.pending { " ⧗" } else { "" };
        let said = status.last.as_ref().map(|(by, at, text)| {
            let said = words.status_said(by, &times::clock(*at), text);
            Line::from(format!("{said}{waits}"))
        });
        let next = match (status.missed_at, status.due) {
            _ if status.pending => None,
            (Some(missed_at), _) => {
                let (left, style) = self.left(missed_at);
                Some(Line::styled(
                    words.status_overdue(&left),
                    style.fg(Color::Red),
                ))
            }
            (None, Some(due)) => {
                let (left, style) = self.left(due);
                Some(Line::styled(words.status_due(&left), style))
            }
            (None, None) => None,
        };
        said.into_iter().chain(next).collect()
    }

    fn siren(self) -> Line<'static> {
        let (words, siren) = (self.words, &self.view.siren);
        let text = match siren.reason {
            Some(SirenReason::Pages) | None => words.ringing_for(siren.pages),
            Some(SirenReason::OutOfTouch) => words
                .pick(
                    "ringing because no page can come",
                    "호출이 올 수 없어 울리는 중",
                )
                .to_owned(),
            Some(SirenReason::Drill) => words
                .pick(
                    "a test, as loud as a page",
                    "시험 호출, 실제 호출과 같은 크기",
                )
                .to_owned(),
        };
        match (&siren.failure, siren.confirmed, siren.effective_volume) {
            (Some(_), ..) => Line::styled(
                format!(
                    "{text}; {}",
                    words.pick("THE SIREN DOES NOT SOUND", "사이렌이 울리지 않음")
                ),
                BAD,
            ),
            (None, true, Some(volume)) if volume <= 0.0 => Line::styled(
                format!(
                    "{text}; {}",
                    words.pick("NOBODY CAN HEAR IT", "아무도 들을 수 없음")
                ),
                BAD,
            ),
            (None, true, _) => Line::styled(
                format!(
                    "♪ {text}; {}",
                    words.pick("the siren sounds", "사이렌 울림")
                ),
                GOOD,
            ),
            (None, false, _) => Line::styled(
                format!(
                    "{text}; {}",
                    words.pick("the siren is starting", "사이렌 시작 중")
                ),
                CARE,
            ),
        }
    }

    fn limit_of(self, item: &TicketItem) -> Option<Line<'static>> {
        let deadline = item.ticket.deadline.as_ref()?;
        // A note that waits moves no limit.
        if item.moves_limit {
            return Some(self.limit_unless(deadline.due, &item.next));
        }
        let (kind, state) = (deadline.kind.get().copied(), item.state.get().copied());
        self.limit(Some(deadline.due), kind, state, &item.next)
    }

    /// The running time to the next limit, and who is asked then.
    fn limit(
        self,
        due: Option<Millis>,
        kind: Option<DeadlineKind>,
        state: Option<TicketState>,
        next: &[String],
    ) -> Option<Line<'static>> {
        let due = due?;
        let (left, style) = self.left(due);
        let mut text = format!("{left} {}", self.words.limit(state, kind));
        if !next.is_empty() && kind != Some(DeadlineKind::Nudge) {
            text = format!("{text}, {}", self.words.then_paged(next));
        }
        Some(Line::styled(text, style))
    }

    /// The limit that goes on running at a server that has not heard of the person's tap.
    fn limit_unless(self, due: Millis, next: &[String]) -> Line<'static> {
        let (left, style) = self.left(due);
        Line::styled(self.words.unless_heard(&left, next), style)
    }

    fn left(self, due: Millis) -> (String, Style) {
        let now = self.server_now();
        let style = if due.0.saturating_sub(now.0) < LITTLE_LEFT_MS {
            Style::new().fg(Color::Red).add_modifier(Modifier::BOLD)
        } else {
            STRONG
        };
        // Rounded up: it says zero when the limit has passed, not a second before.
        (
            times::running(Millis(due.0.saturating_add(999)).since(now)),
            style,
        )
    }

    fn tickets(self, area: Rect, buffer: &mut Buffer) {
        let place = self.screen.place();
        if self.view.tickets.is_empty() {
            let none = self.words.pick("No tickets.", "티켓이 없습니다.");
            return Line::styled(none, FAINT).render(inset(area), buffer);
        }
        let rows = self.view.tickets.iter().enumerate().map(|(row, item)| {
            let mark = if row == place { "▸ " } else { "  " };
            let severity = Span::styled(item.severity.to_string(), severity_style(&item.severity));
            let pending = if item.pending { " ⧗" } else { "" };
            let rest = format!(
                " {:<5} {}{pending} · {} · {} · {}",
                item.ticket.id.to_string(),
                item.state_text,
                item.owner,
                item.service,
                item.ticket.title
            );
            let style = match (row == place, item.ticket.is_open()) {
                (true, _) => STRONG,
                (false, true) => Style::new(),
                (false, false) => FAINT,
            };
            Line::from(vec![Span::raw(mark), severity, Span::styled(rest, style)])
        });
        // The chosen row stays in sight.
        let skipped = (place + 1).saturating_sub(usize::from(area.height));
        Paragraph::new(rows.skip(skipped).collect::<Vec<_>>()).render(area, buffer);
    }

    fn notices(self, area: Rect, buffer: &mut Buffer) {
        let mut lines = Vec::new();
        for (row, notice) in self.view.notices.iter().enumerate() {
            let mark = if row == self.screen.place() {
                "▸"
            } else {
                " "
            };
            let about = notice
                .ticket
                .map(|ticket| format!(" {ticket}"))
                .unwrap_or_default();
            let style = if row == self.screen.place() {
                STRONG
            } else {
                Style::new()
            };
            lines.push(Line::styled(
                format!("{mark} {}{about}  {}", times::clock(notice.at), notice.text),
                style,
            ));
        }
        if lines.is_empty() {
            let none = self.words.pick("Nothing to read.", "읽을 알림이 없습니다.");
            lines.push(Line::styled(format!("  {none}"), FAINT));
        }
        wrapped(lines).render(area, buffer);
    }

    /// One ticket: where it stands, its limit, its story.
    fn ticket(self, item: &TicketItem, area: Rect, buffer: &mut Buffer) {
        let ticket = &item.ticket;
        let severity = Span::styled(
            format!(" {} ", item.severity),
            severity_style(&item.severity),
        );
        let mut head = vec![
            Line::from(vec![
                severity,
                Span::styled(format!(" {} {}", ticket.id, ticket.title), STRONG),
            ]),
            Line::from(format!(
                "{}{} · {} · {}",
                self.words
                    .owned(&item.state_text, &item.owner, ticket.repeats),
                if item.pending { " ⧗" } else { "" },
                item.service,
                item.team
            )),
        ];
        head.extend(self.limit_of(item));
        head.extend(self.surroundings(item, None));
        if self.view.siren.pages > 0 {
            head.push(self.siren());
        }
        head.extend(
            ticket
                .url
                .iter()
                .map(|url| Line::styled(url.clone(), FAINT)),
        );
        let area = inset(area);
        let tall = |head: &[Line<'_>]| head.iter().map(|line| rows(line, area.width)).sum::<u16>();
        let essential = tall(&head);
        for (name, value) in ticket
            .details
            .iter()
            .filter(|(_, value)| ticket.url.as_ref() != Some(value))
        {
            // One row each: they are for a glance, and monitoring has them whole.
            let row = head_of(&format!("{name}: {value}"), usize::from(area.width)).to_owned();
            head.push(Line::styled(row, FAINT));
        }
        head.push(Line::default());
        // Details give way to the story, and the story to how things stand, but for its end.
        let details = tall(&head).min((area.height / 2).max(4));
        let height = details.max(essential.min(area.height.saturating_sub(END_OF_STORY)));
        let [top, rest] =
            Layout::vertical([Constraint::Length(height), Constraint::Min(0)]).areas(area);
        wrapped(head).render(top, buffer);
        self.story(item, rest, buffer);
    }

    fn story(self, item: &TicketItem, area: Rect, buffer: &mut Buffer) {
        let told = self
            .screen
            .told
            .as_ref()
            .filter(|told| told.ticket == item.ticket.id);
        let Some(told) = told else {
            let wait = self
                .words
                .pick("fetching its timeline …", "타임라인 가져오는 중 …");
            return Line::styled(wait, FAINT).render(area, buffer);
        };
        let names = &self.view.directory;
        let lines: Vec<Line<'_>> = story::tell(&told.entries, names, &times::clock, self.words.0)
            .into_iter()
            .map(|line| {
                let style = match line.weight {
                    Weight::Deed => Style::new(),
                    Weight::Alarm => CARE,
                    Weight::Detail => FAINT,
                };
                Line::from(vec![
                    Span::styled(format!("{} ", times::clock(line.at)), FAINT),
                    Span::styled(line.text, style),
                ])
            })
            .collect();
        let all: usize = lines
            .iter()
            .map(|line| usize::from(rows(line, area.width)))
            .sum();
        let hidden = all.saturating_sub(usize::from(area.height));
        let skipped = hidden.saturating_sub(self.screen.back);
        wrapped(lines)
            .scroll((u16::try_from(skipped).unwrap_or(u16::MAX), 0))
            .render(area, buffer);
    }

    fn keys(self, area: Rect, buffer: &mut Buffer) {
        let words = self.words;
        let (text, style) = if let Some(Prompt { ticket, ask }) = &self.screen.prompt {
            (self.prompt(*ticket, ask, area.width), STRONG)
        } else if self.screen.quitting {
            let question = words.pick(
                "This pager will not ring once you quit. Quit? y / n",
                "종료하면 이 호출기는 울리지 않습니다. 종료할까요? y / n",
            );
            (format!(" {question}"), BAD)
        } else {
            let width = usize::from(area.width).saturating_sub(1);
            (format!(" {}", self.hint(width)), FAINT)
        };
        Line::styled(text, style).render(area, buffer);
    }

    fn prompt(self, ticket: TicketId, ask: &Ask, width: u16) -> String {
        let words = self.words;
        match ask {
            Ask::Line(line, written) => {
                let label = words.line(line);
                let hint = words.pick("Enter sends, Esc drops it", "Enter 전송, Esc 취소");
                let shown = tail(
                    written,
                    usize::from(width).saturating_sub(label.width() + hint.width() + 14),
                );
                format!(" {label} {ticket}: {shown}▏  ({hint})")
            }
            Ask::Choice(..) => {
                let hint = words.pick(
                    "↑↓ · Enter chooses · Esc back",
                    "↑↓ · Enter 선택 · Esc 뒤로",
                );
                format!(" {hint}")
            }
        }
    }

    /// Whether the person is paged as a manager, who may extend the limit.
    fn is_manager(self, item: &TicketItem) -> bool {
        let mut pages = self.view.pages.iter();
        let managers = [Role::Manager, Role::ManagersManager].map(Known::Yes);
        pages.any(|page| page.ticket == item.ticket.id && managers.contains(&page.role))
    }

    /// The keys that do something here. On a narrow screen the least needed go first.
    fn hint(self, width: usize) -> String {
        let words = self.words;
        // What rings is ended by the first, whatever the width.
        let mut keys: Vec<(u8, &str)> = Vec::new();
        let mut key = |need: u8, english, korean| keys.push((need, words.pick(english, korean)));
        let item = self.screen.current(self.view);
        if !self.view.alarms.is_empty() {
            key(0, "k I know", "k 알고 있음");
        }
        if self.screen.info.is_some() {
            if self.screen.sounded {
                key(0, "h I heard the siren", "h 사이렌 들림");
            }
            key(1, "↑↓", "↑↓");
            key(0, "Esc back", "Esc 뒤로");
        } else if let Some(item) = item {
            let listed = self.screen.open.is_none() && self.screen.tab == Tab::Tickets;
            let mut pages = self.view.pages.iter();
            let paged = pages
                .any(|page| page.ticket == item.ticket.id && page.status == PageStatus::Ringing);
            let state = item.state.get().copied();
            if paged || state == Some(TicketState::Assigned) {
                if listed {
                    key(0, "c check in", "c 확인");
                } else {
                    key(0, "Enter check in", "Enter 확인");
                }
            }
            if self.view.siren.pages > 1 {
                key(0, "a all", "a 모두");
            }
            if matches!(
                state,
                Some(TicketState::Assigned | TicketState::Researching)
            ) {
                key(1, "w work", "w 작업");
            }
            if item.ticket.is_open() && state != Some(TicketState::Resolved) {
                key(2, "r resolve", "r 해결");
            } else {
                key(2, "o reopen", "o 다시 열기");
            }
            for (letter, step) in deeds(self.view, item) {
                match (letter, step) {
                    ('j', Step::Join(_)) if !is_joined(item) => key(1, "j join", "j 참여"),
                    ('h', _) => key(2, "h help", "h 도움"),
                    ('p', _) => key(3, "p can't", "p 못 함"),
                    ('e', _) if self.is_manager(item) => key(2, "e extend", "e 연장"),
                    ('u', _) if item.status.is_some() => key(3, "u status", "u 보고"),
                    ('n', _) => key(5, "n note", "n 메모"),
                    _ => {}
                }
            }
            key(1, "? more", "? 더");
            if self.screen.open.is_some() {
                key(1, "Esc back", "Esc 뒤로");
            } else {
                key(6, "t timeline", "t 타임라인");
            }
        } else if self.screen.tab == Tab::Notices && !self.view.notices.is_empty() {
            key(0, "Enter read it", "Enter 읽음");
        }
        if self.screen.info.is_none() {
            key(7, "i ready?", "i 준비 상태");
        }
        if item.is_some() {
            key(4, "←→", "←→");
        } else {
            key(3, "←→ tabs", "←→ 탭");
        }
        key(0, "q quit", "q 종료");
        loop {
            let line = keys
                .iter()
                .map(|(_, text)| *text)
                .collect::<Vec<_>>()
                .join(" · ");
            let least = keys.iter().map(|(need, _)| *need).max().unwrap_or(0);
            if line.width() <= width || least == 0 {
                return line;
            }
            keys.retain(|(need, _)| *need != least);
        }
    }
}

fn is_joined(item: &TicketItem) -> bool {
    let conference = item.conference.as_ref();
    conference.is_some_and(|conference| conference.joined)
}

fn severity_banner(severity: &Known<Severity>, lit: bool, area: Rect, buffer: &mut Buffer) {
    let colours = match severity.get() {
        Some(Severity::Sev1) | None => (Color::Red, Color::White),
        Some(Severity::Sev2) => (Color::Yellow, Color::Black),
        Some(_) => (Color::Blue, Color::White),
    };
    let word = severity.to_string();
    let width = usize::from(inset(area).width);
    let big =
        glyphs::big(&word).filter(|rows| rows.first().is_some_and(|row| row.width() <= width));
    let lines = match big {
        Some(rows) => rows.into_iter().map(Line::from).collect(),
        None => vec![Line::default(), Line::default(), Line::styled(word, STRONG)],
    };
    banner_of(colours, lit, lines, area, buffer);
}

fn banner_of(
    (light, dark): (Color, Color),
    lit: bool,
    lines: Vec<Line<'_>>,
    area: Rect,
    buffer: &mut Buffer,
) {
    let style = if lit {
        Style::new().bg(light).fg(dark)
    } else {
        Style::new().bg(Color::Black).fg(light)
    };
    Clear.render(area, buffer);
    buffer.set_style(area, style);
    let [_, middle] =
        Layout::vertical([Constraint::Length(1), Constraint::Min(0)]).areas(inset(area));
    Paragraph::new(lines).style(style).render(middle, buffer);
}

const fn light_style(light: Light) -> Style {
    match light {
        Light::Green => GOOD,
        Light::Amber => CARE,
        Light::Red => BAD,
    }
}

fn severity_style(severity: &Known<Severity>) -> Style {
    match severity.get() {
        Some(Severity::Sev1) | None => BAD,
        Some(Severity::Sev2) => Style::new().fg(Color::Black).bg(Color::Yellow),
        Some(_) => Style::new().fg(Color::Blue),
    }
}

fn wrapped(lines: Vec<Line<'_>>) -> Paragraph<'_> {
    Paragraph::new(lines).wrap(Wrap { trim: false })
}

/// Rows that a line takes, or one more: a word that does not fit moves down whole.
fn rows(line: &Line<'_>, width: u16) -> u16 {
    let rows = wrapped(vec![line.clone()]).line_count(width);
    u16::try_from(rows).unwrap_or(u16::MAX)
}

fn inset(area: Rect) -> Rect {
    let [_, middle, _] = Layout::horizontal([
        Constraint::Length(2),
        Constraint::Min(0),
        Constraint::Length(1),
    ])
    .areas(area);
    middle
}

/// The beginning of a text's first line, as much as fits.
fn head_of(text: &str, width: usize) -> &str {
    let line = text.lines().next().unwrap_or_default();
    let mut end = line.len();
    while line[..end].width() > width {
        end -= line[..end].chars().next_back().map_or(1, char::len_utf8);
    }
    &line[..end]
}

/// The end of a text, as much as fits: what is being typed stays in sight.
fn tail(text: &str, width: usize) -> &str {
    let mut start = 0;
    while text[start..].width() > width {
        start += text[start..].chars().next().map_or(1, char::len_utf8);
    }
    &text[start..]
}

#[cfg(test)]
mod tests {
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;

    use super::*;
    use crate::pager::fixture::{self, NIGHT};

    const ENGLISH: Words = Words(tocsin_pager::Language::English);
    const KOREAN: Words = Words(tocsin_pager::Language::Korean);

    /// What a person would see who has touched nothing yet.
    fn seen(view: &View) -> String {
        seen_at(view, NIGHT, ENGLISH)
    }

    fn seen_at(view: &View, now: Millis, words: Words) -> String {
        let mut screen = Screen::default();
        screen.follow(view);
        drawn(view, &screen, now, words)
    }

    /// What a person would see who has pressed `i`.
    fn asked(view: &View, now: Millis, words: Words) -> String {
        let mut screen = Screen::default();
        screen.follow(view);
        screen.info = Some(0);
        drawn(view, &screen, now, words)
    }

    fn drawn(view: &View, screen: &Screen, now: Millis, words: Words) -> String {
        drawn_at((74, 24), view, screen, now, words)
    }

    fn drawn_at(
        (width, height): (u16, u16),
        view: &View,
        screen: &Screen,
        now: Millis,
        words: Words,
    ) -> String {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        let face = Face {
            view,
            screen,
            words,
            now,
        };
        terminal
            .draw(|frame| face.draw(frame.area(), frame.buffer_mut()))
            .unwrap();
        // The clock is the machine's, in its zone; the snapshot is everybody's.
        let drill = view.readiness.last_drill.and_then(|drill| drill.at);
        let alarms = view.alarms.iter().map(|alarm| alarm.since);
        let moments: Vec<Millis> = alarms
            .chain(view.offline_until)
            .chain(drill)
            .chain(fixture::MOMENTS)
            .chain([NIGHT])
            .collect();
        let mut text = terminal.backend().to_string();
        for at in &moments {
            text = text
                .replace(&times::day_and_clock(*at), "Day yyyy-mm-dd hh:mm")
                .replace(&times::clock(*at), "hh:mm:ss");
        }
        // Last, because clocks have such texts in them.
        for at in &moments {
            text = text.replace(&times::hour_and_minute(*at), "hh:mm");
        }
        text
    }

    #[test]
    fn a_pager_that_may_not_be_heard_says_so_and_what_to_do() {
        let view = fixture::never_heard(tocsin_pager::Language::English);
        insta::assert_snapshot!(asked(&view, NIGHT, ENGLISH));
    }

    #[test]
    fn the_same_in_korean() {
        let view = fixture::never_heard(tocsin_pager::Language::Korean);
        insta::assert_snapshot!(asked(&view, NIGHT, KOREAN));
    }

    #[test]
    fn a_lost_server_is_as_plain_as_a_page() {
        let (view, now) = fixture::out_of_touch(tocsin_pager::Language::English);
        insta::assert_snapshot!(seen_at(&view, now, ENGLISH));
    }

    #[test]
    fn a_lost_server_in_korean() {
        let (view, now) = fixture::out_of_touch(tocsin_pager::Language::Korean);
        insta::assert_snapshot!(seen_at(&view, now, KOREAN));
    }

    #[test]
    fn a_person_who_knows_reads_until_when_it_is_quiet() {
        let (view, now) = fixture::known_offline();
        insta::assert_snapshot!(seen_at(&view, now, ENGLISH));
    }

    #[test]
    fn a_missing_test_page_is_as_plain_as_a_page() {
        let (view, now) = fixture::drill_missing();
        insta::assert_snapshot!(seen_at(&view, now, ENGLISH));
    }

    #[test]
    fn a_test_that_sounds_is_told_from_a_page() {
        insta::assert_snapshot!(seen(&fixture::tested_aloud()));
    }

    #[test]
    fn a_storm_is_one_siren_and_one_key() {
        insta::assert_snapshot!(seen(&fixture::storm()));
    }

    #[test]
    fn the_light_has_a_colour() {
        let colour = |view: &View, now| {
            let area = Rect::new(0, 0, 80, 24);
            let mut buffer = Buffer::empty(area);
            let screen = Screen::default();
            let (words, screen) = (ENGLISH, &screen);
            let face = Face {
                view,
                screen,
                words,
                now,
            };
            face.draw(area, &mut buffer);
            let cell = &buffer[(1, 1)];
            (cell.fg, cell.bg)
        };
        assert_eq!(colour(&fixture::quiet(), NIGHT).0, Color::Green);
        let unheard = fixture::never_heard(tocsin_pager::Language::English);
        assert_eq!(colour(&unheard, NIGHT).0, Color::Yellow);
        assert_eq!(colour(&fixture::mute(), NIGHT).1, Color::Red);
    }

    /// What a person would see who has opened this ticket, at a desk this wide.
    fn opened(view: &View, words: Words, width: u16, height: u16) -> String {
        let mut screen = Screen::default();
        screen.follow(view);
        screen.look_at(fixture::INCIDENT);
        screen.told = Some(fixture::told());
        drawn_at((width, height), view, &screen, NIGHT, words)
    }

    #[test]
    fn a_sev1_in_full_flow() {
        let view = fixture::incident(tocsin_pager::Language::English);
        insta::assert_snapshot!(opened(&view, ENGLISH, 90, 30));
    }

    #[test]
    fn a_sev1_in_full_flow_in_korean() {
        let view = fixture::incident(tocsin_pager::Language::Korean);
        insta::assert_snapshot!(opened(&view, KOREAN, 90, 30));
    }

    #[test]
    fn a_sev1_in_full_flow_on_a_narrow_terminal() {
        let view = fixture::incident(tocsin_pager::Language::English);
        insta::assert_snapshot!(opened(&view, ENGLISH, 44, 30));
    }

    #[test]
    fn a_page_for_help_says_who_asks_and_where_people_meet() {
        insta::assert_snapshot!(seen(&fixture::asked_for_help()));
    }

    #[test]
    fn a_managers_page_says_which_limit_was_missed() {
        insta::assert_snapshot!(seen(&fixture::manager()));
    }

    #[test]
    fn the_first_page_of_a_sev1_says_where_people_meet() {
        insta::assert_snapshot!(seen(&fixture::convened()));
    }

    #[test]
    fn taps_made_offline_show_at_once_and_that_they_wait() {
        insta::assert_snapshot!(opened(&fixture::incident_offline(), ENGLISH, 90, 30));
    }

    #[test]
    fn what_can_be_done_is_listed_with_its_keys() {
        let view = fixture::incident(tocsin_pager::Language::English);
        let mut screen = Screen::default();
        screen.follow(&view);
        let ask = Ask::Choice(Choice::Deed, 2);
        screen.prompt = Some(Prompt {
            ticket: fixture::INCIDENT,
            ask,
        });
        insta::assert_snapshot!(drawn(&view, &screen, NIGHT, ENGLISH));
    }

    #[test]
    fn whom_to_ask_for_help_is_chosen_by_name() {
        let view = fixture::incident(tocsin_pager::Language::Korean);
        let mut screen = Screen::default();
        screen.follow(&view);
        let ask = Ask::Choice(Choice::Help, 1);
        screen.prompt = Some(Prompt {
            ticket: fixture::INCIDENT,
            ask,
        });
        insta::assert_snapshot!(drawn(&view, &screen, NIGHT, KOREAN));
    }

    #[test]
    fn a_narrow_help_line_keeps_what_ends_the_siren() {
        let view = fixture::several();
        let mut screen = Screen::default();
        screen.follow(&view);
        let face = Face {
            view: &view,
            screen: &screen,
            words: ENGLISH,
            now: NIGHT,
        };
        assert_eq!(face.hint(36), "Enter check in · a all · q quit");
        assert!(face.hint(120).contains("t timeline · i ready?"));
    }

    #[test]
    fn a_quiet_night() {
        insta::assert_snapshot!(seen(&fixture::quiet()));
    }

    #[test]
    fn a_pager_without_sound_says_that_it_wakes_nobody() {
        insta::assert_snapshot!(seen(&fixture::mute()));
    }

    #[test]
    fn a_sev1_rings() {
        insta::assert_snapshot!(seen(&fixture::ringing()));
    }

    #[test]
    fn several_pages_ring_and_the_worst_is_in_front() {
        insta::assert_snapshot!(seen(&fixture::several()));
    }

    #[test]
    fn a_check_in_made_offline_waits_to_be_sent() {
        let view = fixture::offline();
        let mut screen = Screen::default();
        screen.follow(&view);
        insta::assert_snapshot!(drawn(&view, &screen, Millis(NIGHT.0 + 65_000), ENGLISH));
    }

    #[test]
    fn somebody_faster_is_named_and_when() {
        let mut screen = Screen::default();
        let view = fixture::refused();
        screen.follow(&view);
        screen.turn(2);
        insta::assert_snapshot!(drawn(&view, &screen, NIGHT, ENGLISH));
    }

    #[test]
    fn a_page_in_korean() {
        insta::assert_snapshot!(seen_at(&fixture::korean(), NIGHT, KOREAN));
    }

    #[test]
    fn the_banner_blinks_while_it_rings() {
        let view = fixture::ringing();
        let mut screen = Screen::default();
        screen.follow(&view);
        let mut styles = Vec::new();
        for now in [NIGHT, Millis(NIGHT.0 + 500)] {
            let area = Rect::new(0, 0, 74, 24);
            let mut buffer = Buffer::empty(area);
            let words = Words(tocsin_pager::Language::English);
            Face {
                view: &view,
                screen: &screen,
                words,
                now,
            }
            .draw(area, &mut buffer);
            styles.push(buffer[(1, 3)].bg);
        }
        assert_eq!(styles, [Color::Red, Color::Black]);
    }

    #[test]
    fn a_screen_too_small_for_anything_is_no_reason_to_stop() {
        for (width, height) in [(1, 1), (5, 3), (20, 4), (200, 2)] {
            let area = Rect::new(0, 0, width, height);
            let view = fixture::several();
            let mut screen = Screen::default();
            screen.follow(&view);
            let words = Words(tocsin_pager::Language::Korean);
            for open in [None, Some(view.tickets[0].ticket.id)] {
                screen.open = open;
                Face {
                    view: &view,
                    screen: &screen,
                    words,
                    now: NIGHT,
                }
                .draw(area, &mut Buffer::empty(area));
            }
        }
    }
}
