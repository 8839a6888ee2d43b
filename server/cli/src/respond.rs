//! `tocsin ticket 42 check-in` and its like: one tap from the command line, for a responder without a
//! pager at hand and for scripts.

use core::time::Duration;

use clap::{ArgMatches, Args, FromArgMatches, Subcommand, ValueEnum};
use tocsin_pager::runtime::system_random;
use tocsin_ticket::{HelpTarget, IncidentRole, PersonId, Severity, TicketId};
use tocsin_wire::{Action, CommandId, CommandReply, CommandRequest, Directory, Outcome};

use crate::cli::{ReadArgs, length, ticket_number};
use crate::failure::{Context, Failure};
use crate::{out, tickets, times};

/// A ticket, and what to do about it.
#[derive(Debug, Args)]
#[command(
    subcommand_help_heading = "What to do about it",
    subcommand_value_name = "DEED"
)]
pub struct TicketDeedArgs {
    /// Its number
    #[arg(value_parser = ticket_number)]
    pub ticket: u64,
    /// Nothing: tell its story.
    #[command(subcommand)]
    pub deed: Option<Deed>,
    #[command(flatten)]
    pub read: Everywhere<ReadArgs>,
}

/// Options that may stand before a subcommand and after it.
#[derive(Debug)]
pub struct Everywhere<T>(pub T);

impl<T: Args> Args for Everywhere<T> {
    fn augment_args(command: clap::Command) -> clap::Command {
        T::augment_args(command).mut_args(|arg| {
            let is_option = !arg.is_positional();
            arg.global(is_option)
        })
    }

    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        Self::augment_args(command)
    }
}

impl<T: FromArgMatches> FromArgMatches for Everywhere<T> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        T::from_arg_matches(matches).map(Self)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        self.0.update_from_arg_matches(matches)
    }
}

/// What somebody does about a ticket.
#[derive(Debug, Subcommand)]
pub enum Deed {
    /// You are awake and on it; also the answer to a call for help
    CheckIn,
    /// You know enough to mend it: Work in Progress
    Work,
    /// It is over
    Resolve,
    /// It is not over after all
    Reopen,
    /// It is somebody else's
    Reassign {
        /// Whose: a person's id
        person: String,
    },
    /// Something worth remembering
    Note {
        /// What
        text: String,
    },
    /// You cannot: the next one is paged
    Decline {
        /// Why
        reason: Option<String>,
    },
    /// It is worse, or not as bad
    Severity {
        /// SEV1 (worst) to SEV5
        severity: Severity,
    },
    /// It takes longer: move the running limit, once in each state; for managers
    Extend {
        /// By how much from now, such as 10m; at most the limit itself
        #[arg(value_parser = length)]
        length: Duration,
        /// Why
        reason: String,
    },
    /// People shall meet: convene the conference
    Convene,
    /// You are in the conference; prints its address
    Join,
    /// Name somebody for a role in the incident
    Role {
        /// Whom: a person's id
        person: String,
        /// For what
        role: RoleArg,
    },
    /// Tell everybody who waits how things stand
    Status {
        /// How
        text: String,
    },
    /// Ask somebody to help: they are paged, and read what you say
    #[command(after_help = "\
Examples:
  tocsin ticket 42 ask --service payments \"Do you see timeouts too?\"
  tocsin ticket 42 ask --person bea \"Please look at the queue\"
  tocsin ticket 42 ask --manager \"We need the vendor\"")]
    Ask(AskArgs),
}

/// A role in an incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RoleArg {
    /// Decides, and owes the status updates
    Commander,
    /// Tells customers and the company
    Communications,
    /// Mends it
    Responder,
}

/// Whom to ask, and for what.
#[derive(Debug, Args)]
pub struct AskArgs {
    #[command(flatten)]
    whom: WhomArgs,
    /// What you need
    message: String,
}

/// Whom to ask for help.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct WhomArgs {
    /// Whoever is on call for this service
    #[arg(long, value_name = "SERVICE")]
    service: Option<String>,
    /// This person
    #[arg(long, value_name = "PERSON")]
    person: Option<String>,
    /// The manager of the ticket's team
    #[arg(long)]
    manager: bool,
    /// Everybody in this team
    #[arg(long, value_name = "TEAM")]
    team: Option<String>,
}

impl WhomArgs {
    fn target(&self) -> HelpTarget {
        match (&self.service, &self.person, &self.team) {
            (Some(service), ..) => HelpTarget::Service {
                service: service.as_str().into(),
            },
            (_, Some(person), _) => HelpTarget::Person {
                person: person.as_str().into(),
            },
            (.., Some(team)) => HelpTarget::Team {
                team: team.as_str().into(),
            },
            (None, None, None) => HelpTarget::Manager,
        }
    }
}

impl Deed {
    fn action(&self) -> Action {
        match self {
            Self::CheckIn => Action::CheckIn,
            Self::Work => Action::StartWork,
            Self::Resolve => Action::Resolve,
            Self::Reopen => Action::Reopen,
            Self::Reassign { person } => Action::Reassign {
                to: PersonId::from(person.as_str()),
            },
            Self::Note { text } => Action::Note { text: text.clone() },
            Self::Decline { reason } => Action::Decline {
                reason: reason.clone(),
            },
            Self::Severity { severity } => Action::SetSeverity { to: *severity },
            Self::Extend { length, reason } => Action::ExtendLimit {
                seconds: u32::try_from(length.as_secs()).unwrap_or(u32::MAX),
                reason: reason.clone(),
            },
            Self::Convene => Action::Convene,
            Self::Join => Action::JoinConference,
            Self::Role { person, role } => Action::NameRole {
                person: PersonId::from(person.as_str()),
                role: match role {
                    RoleArg::Commander => IncidentRole::Commander,
                    RoleArg::Communications => IncidentRole::Communications,
                    RoleArg::Responder => IncidentRole::Responder,
                },
            },
            Self::Status { text } => Action::UpdateStatus { text: text.clone() },
            Self::Ask(ask) => Action::AskHelp {
                target: ask.whom.target(),
                message: ask.message.clone(),
            },
        }
    }
}

/// Does it, and shows how the ticket stands.
///
/// # Errors
/// When the server or the rules say no.
pub async fn run(ticket: u64, deed: &Deed, read: &ReadArgs) -> Result<(), Failure> {
    let random = system_random().context("random numbers")?;
    let request = CommandRequest {
        id: CommandId::new(format!("{:032x}", u128::from_be_bytes(random()))),
        ticket: TicketId(ticket),
        at: times::now(),
        action: deed.action(),
        also: Vec::new(),
    };
    let client = read.server.client()?;
    let reply: CommandReply = client.command(&request).await?;
    if let Outcome::Refused { message, .. } = &reply.outcome {
        return Err(Failure::refused(message.clone()));
    }
    if read.json {
        return out::json(&reply);
    }
    if let Some(ticket) = &reply.ticket {
        tickets::show(ticket, &Directory::default());
    }
    Ok(())
}
