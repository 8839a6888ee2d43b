//! What a tap asks of a ticket, as the rules know it.

use core::slice;
use core::time::Duration;

use tocsin_directory::Directory;
use tocsin_ticket::{Command, HelpTarget, Level, Millis, PersonId, Role, TeamId, Ticket};
use tocsin_wire::Action;

/// The command behind a tap on this ticket.
pub fn command(
    action: &Action,
    by: &PersonId,
    ticket: &Ticket,
    directory: &Directory,
    now: Millis,
) -> Command {
    let by = by.clone();
    match action {
        Action::CheckIn => Command::CheckIn { by },
        Action::StartWork => Command::StartWork { by },
        Action::Resolve => Command::Resolve { by },
        Action::Reopen => Command::Reopen { by },
        Action::Reassign { to } => Command::Reassign { by, to: to.clone() },
        Action::Note { text } => Command::AddNote {
            by,
            text: text.clone(),
        },
        Action::Decline { reason } => Command::Decline {
            by,
            reason: reason.clone(),
        },
        Action::SetSeverity { to } => Command::SetSeverity { by, to: *to },
        Action::ExtendLimit { seconds, reason } => Command::ExtendLimit {
            by,
            length: Duration::from_secs(u64::from(*seconds)),
            reason: reason.clone(),
        },
        Action::Convene => Command::Convene { by },
        Action::JoinConference => Command::JoinConference { by },
        Action::NameRole { person, role } => Command::NameRole {
            by,
            person: person.clone(),
            role: *role,
        },
        Action::UpdateStatus { text } => Command::UpdateStatus {
            by,
            text: text.clone(),
        },
        Action::AskHelp { target, message } => Command::AskHelp {
            by,
            levels: levels(target, ticket, directory, now),
            target: target.clone(),
            message: message.clone(),
        },
    }
}

/// Who is asked, and who after them, be it in another team: whoever is paged becomes a guest of the
/// ticket. Nobody is behind what the configuration does not know.
fn levels(target: &HelpTarget, ticket: &Ticket, directory: &Directory, now: Millis) -> Vec<Level> {
    match target {
        HelpTarget::Service { service } => directory
            .service(service)
            .map_or_else(Vec::new, |service| on_call(&service.team, directory, now)),
        HelpTarget::Person { person } => {
            let own = directory.pageable(&ticket.team).contains(person);
            let mut teams = directory.teams_of(person).iter();
            let elsewhere = teams.find(|team| directory.pageable(team).contains(person));
            let team = if own { Some(&ticket.team) } else { elsewhere };
            team.map_or_else(Vec::new, |team| {
                let asked = level(Role::Helper, slice::from_ref(person));
                let managers = managers(team, directory, now);
                [asked].into_iter().chain(managers).collect()
            })
        }
        HelpTarget::Manager => managers(&ticket.team, directory, now),
        HelpTarget::Team { team } => {
            let chain = directory.chain(team, now);
            let everybody = chain.map(|chain| level(Role::Team, chain.people(Role::Team)));
            let managers = managers(team, directory, now);
            everybody.into_iter().chain(managers).collect()
        }
    }
}

fn level(role: Role, people: &[PersonId]) -> Level {
    Level {
        role,
        people: people.to_vec(),
    }
}

/// Whoever is on call for a team, and the rest of its chain.
fn on_call(team: &TeamId, directory: &Directory, now: Millis) -> Vec<Level> {
    let chain = directory.chain(team, now);
    chain.map_or_else(Vec::new, |chain| {
        let first = level(Role::OnCall, slice::from_ref(chain.on_call()));
        [first].into_iter().chain(chain.rest().to_vec()).collect()
    })
}

fn managers(team: &TeamId, directory: &Directory, now: Millis) -> Vec<Level> {
    let chain = directory.chain(team, now);
    chain.map_or_else(Vec::new, |chain| {
        [Role::Manager, Role::ManagersManager]
            .map(|role| level(role, chain.people(role)))
            .to_vec()
    })
}
