//! Action items that should have been done by now.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use tocsin_ticket::{Millis, PersonId, TeamId, TicketId};

use crate::{Coe, Names};

/// A COE that somebody wrote, and on which ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenDown {
    /// The ticket.
    pub ticket: TicketId,
    /// Whose.
    pub team: TeamId,
    /// The COE.
    pub coe: Coe,
}

/// An action item that is not done and should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Overdue {
    /// Of which ticket's COE.
    pub ticket: TicketId,
    /// Whose.
    pub team: TeamId,
    /// What.
    pub text: String,
    /// Who.
    pub owner: PersonId,
    /// By the end of which day.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = Date))]
    pub due: Date,
    /// Whole days since then, at least 1.
    pub days: u32,
}

/// What is overdue at an instant, by the calendar of a zone, the longest overdue first: an item
/// that is due on a day is overdue from the next midnight on, whatever the state of its COE.
#[must_use]
pub fn overdue<'a>(
    coes: impl IntoIterator<Item = &'a WrittenDown>,
    at: Millis,
    zone: &TimeZone,
) -> Vec<Overdue> {
    let Ok(now) = Timestamp::from_millisecond(at.0) else {
        return Vec::new();
    };
    let today = now.to_zoned(zone.clone()).date();
    let mut late: Vec<Overdue> = coes
        .into_iter()
        .flat_map(|it| it.coe.actions.iter().map(move |action| (it, action)))
        .filter(|(_, action)| action.done_on.is_none())
        .filter_map(|(it, action)| {
            let days = (today - action.due).get_days();
            Some(Overdue {
                ticket: it.ticket,
                team: it.team.clone(),
                text: action.text.clone(),
                owner: action.owner.clone(),
                due: action.due,
                days: u32::try_from(days).ok().filter(|days| *days > 0)?,
            })
        })
        .collect();
    late.sort_by(|a, b| (a.due, a.ticket, &a.text).cmp(&(b.due, b.ticket, &b.text)));
    late
}

/// The part of a manager's weekly summary that is about action items; `None` when nothing is
/// overdue.
#[must_use]
pub fn weekly_text(late: &[Overdue], names: &dyn Names) -> Option<String> {
    if late.is_empty() {
        return None;
    }
    let mut by_owner: BTreeMap<&PersonId, Vec<&Overdue>> = BTreeMap::new();
    for item in late {
        by_owner.entry(&item.owner).or_default().push(item);
    }
    let mut text = match late.len() {
        1 => "One action item is overdue.\n".to_owned(),
        many => format!("{many} action items are overdue.\n"),
    };
    for (owner, items) in by_owner {
        text.push_str(&format!("\n{}:\n", names.person(owner)));
        for item in items {
            let days = match item.days {
                1 => "1 day".to_owned(),
                days => format!("{days} days"),
            };
            text.push_str(&format!(
                "- {} (COE of {}, due {}, {days} late)\n",
                item.text, item.ticket, item.due
            ));
        }
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::ActionItem;
    use crate::names::tests::Capitals;

    fn item(text: &str, owner: &str, due: Date, done_on: Option<Date>) -> ActionItem {
        ActionItem {
            text: text.to_owned(),
            owner: owner.into(),
            due,
            done_on,
        }
    }

    fn coes() -> Vec<WrittenDown> {
        let coe = |ticket, actions| WrittenDown {
            ticket: TicketId(ticket),
            team: "shop".into(),
            coe: Coe {
                actions,
                ..Coe::default()
            },
        };
        vec![
            coe(
                7,
                vec![
                    item("Set lock_timeout", "ana", date(2026, 11, 20), None),
                    item("Drop the index", "ben", date(2026, 11, 22), None),
                    item(
                        "Buy a disk",
                        "ana",
                        date(2026, 11, 1),
                        Some(date(2026, 11, 2)),
                    ),
                    item("Test the restore", "ana", date(2026, 11, 23), None),
                ],
            ),
            coe(
                3,
                vec![item("Alert on lag", "ana", date(2026, 10, 24), None)],
            ),
        ]
    }

    fn at(text: &str) -> Millis {
        Millis(text.parse::<Timestamp>().unwrap().as_millisecond())
    }

    #[test]
    fn what_is_late_is_listed_longest_first_and_what_is_done_or_due_today_is_not() {
        let late = overdue(&coes(), at("2026-11-23T12:00:00Z"), &TimeZone::UTC);
        let rows: Vec<_> = late
            .iter()
            .map(|it| (it.text.as_str(), it.ticket.0, it.days))
            .collect();
        assert_eq!(
            rows,
            [
                ("Alert on lag", 3, 30),
                ("Set lock_timeout", 7, 3),
                ("Drop the index", 7, 1)
            ]
        );
    }

    #[test]
    fn a_day_ends_at_midnight_of_the_reader() {
        let zone = TimeZone::fixed(jiff::tz::offset(9));
        let count = |instant: &str| overdue(&coes(), at(instant), &zone).len();
        assert_eq!(count("2026-11-23T14:59:59Z"), 3);
        assert_eq!(count("2026-11-23T15:00:00Z"), 4);
    }

    #[test]
    fn a_manager_reads_who_owes_what() {
        let late = overdue(&coes(), at("2026-11-23T12:00:00Z"), &TimeZone::UTC);
        insta::assert_snapshot!(weekly_text(&late, &Capitals).unwrap(), @r"
        3 action items are overdue.

        Ana:
        - Alert on lag (COE of #3, due 2026-10-24, 30 days late)
        - Set lock_timeout (COE of #7, due 2026-11-20, 3 days late)

        Ben:
        - Drop the index (COE of #7, due 2026-11-22, 1 day late)
        ");
        assert_eq!(weekly_text(&[], &Capitals), None);
    }
}
