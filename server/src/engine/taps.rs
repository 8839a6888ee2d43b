//! What a tap asks of a ticket, as the rules know it.

use core::time::Duration;

use tocsin_directory::Directory;
use tocsin_ticket::{Chain, Command, HelpTarget, Level, PersonId, Role, Ticket};
use tocsin_wire::Action;

/// The command behind a tap on this ticket. `chain` is the one of the ticket's team.
pub fn command(
    action: &Action,
    by: &PersonId,
    ticket: &Ticket,
    chain: Option<&Chain>,
    directory: &Directory,
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
            levels: chain.map_or_else(Vec::new, |chain| levels(target, ticket, chain, directory)),
            target: target.clone(),
            message: message.clone(),
        },
    }
}

/// Who is asked, and who after them. Nobody outside the ticket's team: they could not see it.
fn levels(
    target: &HelpTarget,
    ticket: &Ticket,
    chain: &Chain,
    directory: &Directory,
) -> Vec<Level> {
    let level = |role, people| Level { role, people };
    let managers = || {
        [Role::Manager, Role::ManagersManager].map(|role| level(role, chain.people(role).to_vec()))
    };
    match target {
        HelpTarget::Person { person } if directory.pageable(&ticket.team).contains(person) => {
            [level(Role::Helper, vec![person.clone()])]
                .into_iter()
                .chain(managers())
                .collect()
        }
        HelpTarget::Service { service }
            if directory
                .service(service)
                .is_some_and(|service| service.team == ticket.team) =>
        {
            [level(Role::OnCall, vec![chain.on_call().clone()])]
                .into_iter()
                .chain(chain.rest().iter().cloned())
                .collect()
        }
        HelpTarget::Manager => managers().to_vec(),
        HelpTarget::Team { team } if *team == ticket.team => {
            vec![level(Role::Team, chain.people(Role::Team).to_vec())]
        }
        HelpTarget::Person { .. } | HelpTarget::Service { .. } | HelpTarget::Team { .. } => {
            Vec::new()
        }
    }
}
