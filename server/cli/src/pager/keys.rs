//! What a key does: a change of the screen, or something for the engine.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use tocsin_pager::View;
use tocsin_pager::engine::{PageItem, PageStatus};
use tocsin_ticket::{TicketId, TicketState};
use tocsin_wire::Action;

use super::prompt::{Ask, Choice, Prompt, Step, deeds};
use super::screen::{Screen, Tab, ticket};

/// Something that the engine or the program must do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Intent {
    /// The person tapped.
    Tap(TicketId, Action),
    /// The person goes into this ticket's conference, at this address.
    Join(TicketId, String),
    /// The person reads the runbook at this address.
    Read(String),
    /// One tap for every page that rings.
    CheckInAll,
    /// "I know": the pager's own alarms are quiet for a while.
    Known,
    /// The person heard the siren.
    Heard,
    /// The page screen of this ticket was in front of somebody who is awake enough to press a key.
    Seen(TicketId),
    /// The person has read this notice.
    Dismiss(u64),
    /// End the program.
    Quit,
}

/// Takes a key.
pub fn press(key: KeyEvent, view: &View, screen: &mut Screen) -> Vec<Intent> {
    if key.kind == KeyEventKind::Release {
        return Vec::new();
    }
    let seen = screen.page(view).map(|page| Intent::Seen(page.ticket));
    let done = if let Some(prompt) = screen.prompt.take() {
        answer_prompt(prompt, key, view, screen)
    } else if screen.quitting {
        answer_quit(key, screen)
    } else {
        act(key, view, screen)
    };
    seen.into_iter().chain(done).collect()
}

fn is_interrupt(key: KeyEvent) -> bool {
    key.modifiers.contains(KeyModifiers::CONTROL) && key.code == KeyCode::Char('c')
}

fn answer_quit(key: KeyEvent, screen: &mut Screen) -> Option<Intent> {
    screen.quitting = false;
    let yes = matches!(key.code, KeyCode::Char('y' | 'Y')) || is_interrupt(key);
    yes.then_some(Intent::Quit)
}

fn answer_prompt(
    prompt: Prompt,
    key: KeyEvent,
    view: &View,
    screen: &mut Screen,
) -> Option<Intent> {
    if is_interrupt(key) {
        return None;
    }
    let about = prompt.ticket;
    let (left, step) = prompt.press(key, view, ticket(view, about));
    screen.prompt = left;
    take(about, step?, screen)
}

/// Goes on with what was decided.
fn take(ticket: TicketId, step: Step, screen: &mut Screen) -> Option<Intent> {
    match step {
        Step::Ask(ask) => {
            screen.prompt = Some(Prompt { ticket, ask });
            None
        }
        Step::Tap(action) => Some(Intent::Tap(ticket, action)),
        Step::Join(url) => Some(Intent::Join(ticket, url)),
        Step::Read(url) => Some(Intent::Read(url)),
    }
}

fn act(key: KeyEvent, view: &View, screen: &mut Screen) -> Option<Intent> {
    if is_interrupt(key) {
        screen.quitting = true;
        return None;
    }
    let current = screen.current(view).map(|item| item.ticket.id);
    let tap = |action| Some(Intent::Tap(current?, action));
    match key.code {
        KeyCode::Char('q') => screen.quitting = true,
        KeyCode::Tab | KeyCode::Right => screen.turn(1),
        KeyCode::BackTab | KeyCode::Left => screen.turn(Tab::ALL.len() - 1),
        KeyCode::Char('i') => screen.info = screen.info.map_or(Some(0), |_| None),
        KeyCode::Esc if screen.info.is_some() => screen.info = None,
        KeyCode::Esc => screen.open = None,
        KeyCode::Char('h') if screen.info.is_some() && screen.sounded => {
            return Some(Intent::Heard);
        }
        KeyCode::Down | KeyCode::Up if screen.info.is_some() => {
            screen.info = screen.info.map(|past| {
                if key.code == KeyCode::Down {
                    past + 1
                } else {
                    past.saturating_sub(1)
                }
            });
        }
        KeyCode::Down | KeyCode::Up => {
            let down = key.code == KeyCode::Down;
            if screen.open.is_some() {
                screen.back = if down {
                    screen.back.saturating_sub(1)
                } else {
                    screen.back + 1
                };
            } else {
                let lengths = [view.pages.len(), view.tickets.len(), view.notices.len()];
                screen.choose(down, lengths[screen.tab as usize]);
            }
        }
        // Over a list, these keys would act on what is not seen.
        KeyCode::Enter | KeyCode::Char('d') if screen.info.is_some() => {}
        KeyCode::Enter if screen.open.is_none() && screen.tab == Tab::Tickets => {
            current
                .into_iter()
                .for_each(|ticket| screen.look_at(ticket));
        }
        KeyCode::Enter | KeyCode::Char('d')
            if screen.open.is_none() && screen.tab == Tab::Notices =>
        {
            return view
                .notices
                .get(screen.place())
                .map(|notice| Intent::Dismiss(notice.number));
        }
        KeyCode::Enter | KeyCode::Char('c') => {
            return answer(Action::CheckIn, view, screen);
        }
        KeyCode::Char('a') if view.siren.pages > 1 => return Some(Intent::CheckInAll),
        KeyCode::Char('k') if !view.alarms.is_empty() => return Some(Intent::Known),
        KeyCode::Char('w') => return answer(Action::StartWork, view, screen),
        KeyCode::Char('r') => return answer(Action::Resolve, view, screen),
        KeyCode::Char('o') => return tap(Action::Reopen),
        KeyCode::Char('?') => {
            let ask = Ask::Choice(Choice::Deed, 0);
            screen.prompt = current.map(|ticket| Prompt { ticket, ask });
        }
        KeyCode::Char('t') => current
            .into_iter()
            .for_each(|ticket| screen.look_at(ticket)),
        KeyCode::Char(pressed) => {
            let item = screen.current(view)?;
            let mut deeds = deeds(view, item).into_iter();
            let (_, step) = deeds.find(|(key, _)| *key == pressed)?;
            return take(item.ticket.id, step, screen);
        }
        _ => {}
    }
    None
}

/// A tap that answers a page. What else rings comes to the front; with nothing else, the ticket
/// stays there, because what comes next is about it.
fn answer(action: Action, view: &View, screen: &mut Screen) -> Option<Intent> {
    let item = screen.current(view)?;
    let ticket = item.ticket.id;
    let asked = view.pages.iter().any(|page| page.ticket == ticket);
    let waits = item
        .state
        .get()
        .is_none_or(|state| *state == TicketState::Assigned);
    if action == Action::CheckIn && !asked && !waits {
        return None;
    }
    let rings = |page: &PageItem| page.status == PageStatus::Ringing && page.ticket != ticket;
    match view.pages.iter().position(rings) {
        Some(place) => screen.front(place),
        None => screen.look_at(ticket),
    }
    Some(Intent::Tap(ticket, action))
}

#[cfg(test)]
mod tests {
    use tocsin_pager::Language;
    use tocsin_ticket::{HelpTarget, IncidentRole, Severity};

    use super::*;
    use crate::pager::fixture;
    use crate::pager::prompt::Line;

    fn key(code: KeyCode) -> KeyEvent {
        KeyEvent::new(code, KeyModifiers::NONE)
    }

    fn pressed(codes: &[KeyCode], view: &View, screen: &mut Screen) -> Vec<Intent> {
        screen.follow(view);
        codes
            .iter()
            .flat_map(|code| press(key(*code), view, screen))
            .collect()
    }

    #[test]
    fn enter_checks_in_on_the_page_in_front_and_tells_that_it_was_seen() {
        let (view, mut screen) = (fixture::ringing(), Screen::default());
        let page = TicketId(41);
        assert_eq!(
            pressed(&[KeyCode::Enter], &view, &mut screen),
            [Intent::Seen(page), Intent::Tap(page, Action::CheckIn)]
        );
        assert_eq!(
            screen.open,
            Some(page),
            "what comes next is about this ticket"
        );
    }

    #[test]
    fn after_a_check_in_the_next_page_that_rings_is_in_front() {
        let (view, mut screen) = (fixture::several(), Screen::default());
        let first = pressed(&[KeyCode::Char('c')], &view, &mut screen);
        assert_eq!(
            first.last(),
            Some(&Intent::Tap(TicketId(41), Action::CheckIn))
        );
        let second = pressed(&[KeyCode::Char('c')], &view, &mut screen);
        assert_eq!(
            second.last(),
            Some(&Intent::Tap(TicketId(42), Action::CheckIn))
        );
    }

    #[test]
    fn one_key_checks_in_to_everything_that_rings_and_only_then() {
        let mut screen = Screen::default();
        let all = pressed(&[KeyCode::Char('a')], &fixture::several(), &mut screen);
        assert_eq!(all.last(), Some(&Intent::CheckInAll));
        let one = pressed(&[KeyCode::Char('a')], &fixture::ringing(), &mut screen);
        assert!(!one.contains(&Intent::CheckInAll));
    }

    #[test]
    fn an_alarm_of_the_pagers_own_comes_to_the_front_and_one_key_answers_it() {
        let mut screen = Screen::default();
        screen.turn(1);
        let (view, _) = fixture::out_of_touch(Language::English);
        assert_eq!(
            pressed(&[KeyCode::Enter], &view, &mut screen),
            [],
            "there is nothing to check in to"
        );
        assert_eq!(screen.tab, Tab::Pages);
        assert_eq!(
            pressed(&[KeyCode::Char('k')], &view, &mut screen),
            [Intent::Known]
        );
        let none = pressed(&[KeyCode::Char('k')], &fixture::quiet(), &mut screen);
        assert_eq!(none, [], "nothing to know of");
    }

    #[test]
    fn the_siren_is_confirmed_as_heard_only_after_it_sounded() {
        let keys = [KeyCode::Char('i'), KeyCode::Char('h')];
        let mut screen = Screen::default();
        assert_eq!(pressed(&keys, &fixture::quiet(), &mut screen), []);
        let mut screen = Screen::default();
        let heard = pressed(&keys, &fixture::ringing(), &mut screen);
        assert_eq!(heard.last(), Some(&Intent::Heard));
    }

    #[test]
    fn no_tap_goes_to_a_ticket_that_the_readiness_screen_covers() {
        let mut screen = Screen::default();
        let view = fixture::ringing();
        screen.follow(&view);
        screen.info = Some(0);
        let keys = "cwrontdjupsegm?".chars().map(KeyCode::Char);
        let keys: Vec<KeyCode> = keys.collect();
        assert_eq!(pressed(&keys, &view, &mut screen), []);
        assert_eq!(pressed(&[KeyCode::Enter], &view, &mut screen), []);
        pressed(&[KeyCode::Esc], &view, &mut screen);
        assert_eq!(screen.info, None);
    }

    #[test]
    fn letters_of_a_note_are_text_and_not_taps() {
        let (view, mut screen) = (fixture::ringing(), Screen::default());
        let keys = ['n', 'r', 'w', 'q'].map(KeyCode::Char);
        assert!(
            !pressed(&keys, &view, &mut screen)
                .iter()
                .any(|it| !matches!(it, Intent::Seen(_)))
        );
        let sent = pressed(&[KeyCode::Enter], &view, &mut screen);
        let text = "rwq".to_owned();
        assert_eq!(
            sent.last(),
            Some(&Intent::Tap(TicketId(41), Action::Note { text }))
        );
    }

    fn typed(text: &str, view: &View, screen: &mut Screen) -> Vec<Intent> {
        let letters: Vec<KeyCode> = text.chars().map(KeyCode::Char).collect();
        pressed(&letters, view, screen)
    }

    /// A SEV1 in full flow, open on the screen.
    fn at_an_incident() -> (View, Screen) {
        let (view, mut screen) = (fixture::incident(Language::English), Screen::default());
        screen.follow(&view);
        screen.look_at(fixture::INCIDENT);
        (view, screen)
    }

    fn decided(keys: &[KeyCode], words: &str) -> Vec<Intent> {
        let (view, mut screen) = at_an_incident();
        let mut done = pressed(keys, &view, &mut screen);
        done.extend(typed(words, &view, &mut screen));
        assert_eq!(done, [], "nothing goes out before Enter");
        pressed(&[KeyCode::Enter], &view, &mut screen)
    }

    fn tapped(action: Action) -> [Intent; 1] {
        [Intent::Tap(fixture::INCIDENT, action)]
    }

    #[test]
    fn a_status_update_is_one_line() {
        let text = "rolled back".to_owned();
        assert_eq!(
            decided(&[KeyCode::Char('u')], "rolled back"),
            tapped(Action::UpdateStatus { text })
        );
    }

    #[test]
    fn help_is_asked_of_somebody_with_a_message() {
        let (h, down, enter) = (KeyCode::Char('h'), KeyCode::Down, KeyCode::Enter);
        for (downs, target) in [
            (0, HelpTarget::Manager),
            (
                2,
                HelpTarget::Service {
                    service: "payments".into(),
                },
            ),
            (
                3,
                HelpTarget::Person {
                    person: "bea".into(),
                },
            ),
            (
                5,
                HelpTarget::Team {
                    team: "shop".into(),
                },
            ),
        ] {
            let mut keys = vec![h];
            keys.extend(std::iter::repeat_n(down, downs));
            keys.push(enter);
            let message = "come".to_owned();
            assert_eq!(
                decided(&keys, "come"),
                tapped(Action::AskHelp { target, message })
            );
        }
    }

    #[test]
    fn severity_roles_and_owner_are_chosen() {
        let (down, enter) = (KeyCode::Down, KeyCode::Enter);
        let to = Severity::Sev2;
        assert_eq!(
            decided(&[KeyCode::Char('s')], ""),
            tapped(Action::SetSeverity { to })
        );
        let keys = [KeyCode::Char('m'), down, enter, down];
        let named = Action::NameRole {
            person: "bea".into(),
            role: IncidentRole::Communications,
        };
        assert_eq!(decided(&keys, ""), tapped(named));
        let to = "jun".into();
        assert_eq!(
            decided(&[KeyCode::Char('g'), down], ""),
            tapped(Action::Reassign { to })
        );
    }

    #[test]
    fn a_limit_is_extended_by_a_length_and_for_a_reason() {
        let keys = [KeyCode::Char('e'), KeyCode::Down, KeyCode::Enter];
        let extended = Action::ExtendLimit {
            seconds: 600,
            reason: "the vendor works on it".to_owned(),
        };
        assert_eq!(decided(&keys, "the vendor works on it"), tapped(extended));
    }

    #[test]
    fn the_runbook_of_the_service_in_front_is_one_key_away() {
        let url = "https://wiki.example.org/runbooks/checkout".to_owned();
        let mut screen = Screen::default();
        let done = pressed(&[KeyCode::Char('b')], &fixture::ringing(), &mut screen);
        assert_eq!(done.last(), Some(&Intent::Read(url)));
    }

    #[test]
    fn joining_opens_the_conference_and_without_one_it_is_convened_after_a_question() {
        let (view, mut screen) = at_an_incident();
        let url = "https://meet.example.org/shop-sev1".to_owned();
        assert_eq!(
            typed("j", &view, &mut screen),
            [Intent::Join(fixture::INCIDENT, url)]
        );
        let (view, mut screen) = (fixture::ringing(), Screen::default());
        let seen = Intent::Seen(TicketId(41));
        let asked = typed("j", &view, &mut screen);
        assert_eq!(asked, std::slice::from_ref(&seen));
        let sent = pressed(&[KeyCode::Enter], &view, &mut screen);
        assert_eq!(sent, [seen, Intent::Tap(TicketId(41), Action::Convene)]);
    }

    #[test]
    fn passing_a_page_on_needs_a_reason_so_that_no_slip_of_a_finger_does_it() {
        let (view, mut screen) = (fixture::ringing(), Screen::default());
        let taps = |done: Vec<Intent>| {
            let mut taps = done;
            taps.retain(|it| !matches!(it, Intent::Seen(_)));
            taps
        };
        let keys = [KeyCode::Char('p'), KeyCode::Enter];
        assert_eq!(taps(pressed(&keys, &view, &mut screen)), []);
        assert_eq!(taps(typed("pill", &view, &mut screen)), []);
        let sent = taps(pressed(&[KeyCode::Enter], &view, &mut screen));
        let reason = Some("ill".to_owned());
        assert_eq!(
            sent,
            [Intent::Tap(TicketId(41), Action::Decline { reason })]
        );
        let (view, mut screen) = at_an_incident();
        typed("p", &view, &mut screen);
        assert_eq!(screen.prompt, None, "nobody pages Ana for this one");
    }

    #[test]
    fn the_list_of_what_can_be_done_does_it() {
        let keys = [KeyCode::Char('?'), KeyCode::End];
        let (view, mut screen) = at_an_incident();
        pressed(&keys, &view, &mut screen);
        pressed(&[KeyCode::Enter], &view, &mut screen);
        let ask = screen.prompt.map(|prompt| prompt.ask);
        assert_eq!(ask, Some(Ask::Line(Line::Note, String::new())));
    }

    #[test]
    fn a_page_that_begins_to_ring_ends_a_choice_and_keeps_a_line() {
        let (quiet, ringing) = (fixture::incident(Language::English), fixture::several());
        for (keys, kept) in [("s", false), ("uhalf", true)] {
            let mut screen = Screen::default();
            screen.follow(&quiet);
            screen.look_at(fixture::INCIDENT);
            typed(keys, &quiet, &mut screen);
            screen.follow(&ringing);
            assert_eq!(screen.prompt.is_some(), kept, "{keys}");
        }
    }

    #[test]
    fn quitting_asks_first_because_nothing_rings_afterwards() {
        let (view, mut screen) = (fixture::quiet(), Screen::default());
        assert_eq!(
            pressed(
                &[KeyCode::Char('q'), KeyCode::Char('n')],
                &view,
                &mut screen
            ),
            []
        );
        let quit = pressed(
            &[KeyCode::Char('q'), KeyCode::Char('y')],
            &view,
            &mut screen,
        );
        assert_eq!(quit, [Intent::Quit]);
    }

    #[test]
    fn a_page_that_begins_to_ring_comes_to_the_front_whatever_was_open() {
        let mut screen = Screen::default();
        screen.turn(2);
        screen.look_at(TicketId(7));
        assert_eq!(screen.tab, Tab::Notices);
        screen.follow(&fixture::ringing());
        assert_eq!((screen.tab, screen.open), (Tab::Pages, None));
    }
}
