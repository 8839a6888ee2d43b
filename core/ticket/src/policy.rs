//! How long each step may take, per severity.

use core::time::Duration;

use crate::chain::Role;
use crate::{Severity, TicketState};

/// Share of the Researching limit after which the owner's own siren rings, before anybody else is
/// paged. A check-in proves a tap, not a person who is awake; this asks again.
pub const NUDGE_PERCENT: u32 = 80;

/// The time limits of one severity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// From the page to the check-in.
    pub check_in: Duration,
    /// From the check-in to Work in Progress.
    pub researching: Duration,
    /// From Work in Progress to Resolved.
    pub work_in_progress: Duration,
    /// How long the secondary has to answer an escalation before the next level is paged.
    pub secondary: Duration,
    /// The same for the manager.
    pub manager: Duration,
    /// The same for the manager's manager.
    pub managers_manager: Duration,
    /// The same for the whole team; afterwards the chain goes round again.
    pub team: Duration,
    /// How long a page may travel before it is sent by the next channel and to the next device too.
    pub next_channel: Duration,
    /// How long it may travel before the next level is paged as well.
    pub next_person: Duration,
    /// How often a status update is due while there is a conference.
    pub status_updates: Duration,
}

impl Limits {
    /// Limits where every level has as long as the first had to check in.
    #[must_use]
    pub const fn new(
        check_in: Duration,
        researching: Duration,
        work_in_progress: Duration,
    ) -> Self {
        Self {
            check_in,
            researching,
            work_in_progress,
            secondary: check_in,
            manager: check_in,
            managers_manager: check_in,
            team: check_in,
            next_channel: Duration::from_secs(20),
            next_person: Duration::from_secs(60),
            status_updates: Duration::from_secs(60 * 60),
        }
    }

    /// The limit of the first level in `state`; a resolved ticket has none.
    #[must_use]
    pub const fn of_state(&self, state: TicketState) -> Option<Duration> {
        match state {
            TicketState::Assigned => Some(self.check_in),
            TicketState::Researching => Some(self.researching),
            TicketState::WorkInProgress => Some(self.work_in_progress),
            TicketState::Resolved => None,
        }
    }

    /// How long a level of the chain has to answer an escalation.
    #[must_use]
    pub const fn of_role(&self, role: Role) -> Duration {
        match role {
            Role::Owner
            | Role::OnCall
            | Role::Mentor
            | Role::Shadow
            | Role::Helper
            | Role::Commander => self.check_in,
            Role::Secondary => self.secondary,
            Role::Manager => self.manager,
            Role::ManagersManager => self.managers_manager,
            Role::Team => self.team,
        }
    }

    /// The limits that a worse severity must have shorter.
    const fn steps(&self) -> [(&'static str, Duration); 7] {
        [
            ("check_in", self.check_in),
            ("researching", self.researching),
            ("work_in_progress", self.work_in_progress),
            ("secondary", self.secondary),
            ("manager", self.manager),
            ("managers_manager", self.managers_manager),
            ("team", self.team),
        ]
    }

    /// The steps that a worse severity may share with a milder one.
    const fn paces(&self) -> [(&'static str, Duration); 3] {
        [
            ("next_channel", self.next_channel),
            ("next_person", self.next_person),
            ("status_updates", self.status_updates),
        ]
    }

    /// How long after a status update was due the manager hears of it: a third of the interval,
    /// which is five minutes for SEV1's usual fifteen.
    #[must_use]
    pub fn status_update_grace(&self) -> Duration {
        self.status_updates / 3
    }
}

/// Why a policy was refused. The text names the field as the configuration file spells it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// A limit is zero or too short for a person to react to.
    #[error(
        "policy.{severity}.{step}: expected at least {} s, got {} ms; give the person time to react",
        Policy::SHORTEST_LIMIT.as_secs(),
        length.as_millis()
    )]
    TooShort {
        /// Which severity, in lower case.
        severity: String,
        /// Which limit.
        step: &'static str,
        /// What it was.
        length: Duration,
    },
    /// A worse severity is not stricter.
    #[error(
        "policy.{worse}.{step}: expected less than policy.{milder}.{step} ({} ms), got {} ms; \
         a worse severity must be stricter at every step",
        milder_length.as_millis(),
        length.as_millis()
    )]
    NotStricter {
        /// The worse severity, in lower case.
        worse: String,
        /// The milder severity, in lower case.
        milder: String,
        /// Which limit.
        step: &'static str,
        /// The worse severity's limit.
        length: Duration,
        /// The milder severity's limit.
        milder_length: Duration,
    },
    /// The next person would be asked before the next channel.
    #[error(
        "policy.{severity}.next_person: expected more than next_channel ({} ms), got {} ms; \
         try every device before waking somebody else",
        next_channel.as_millis(),
        next_person.as_millis()
    )]
    ReachOrder {
        /// Which severity, in lower case.
        severity: String,
        /// How long until the next channel.
        next_channel: Duration,
        /// How long until the next person.
        next_person: Duration,
    },
    /// Mending is not given more time than finding out.
    #[error(
        "policy.{severity}.work_in_progress: expected more than check_in and researching, got {} ms",
        length.as_millis()
    )]
    WorkNotLongest {
        /// Which severity, in lower case.
        severity: String,
        /// What it was.
        length: Duration,
    },
    /// A milder severity pages although a worse one does not.
    #[error("policy.{worse}: it must page, because {milder} does")]
    Gap {
        /// The severity that does not page, in lower case.
        worse: String,
        /// The milder one that does, in lower case.
        milder: String,
    },
}

/// A team's limits: which severities page, and how long each step may take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    limits: [Option<Limits>; 5],
}

impl Policy {
    /// No limit may be shorter than this: one second keeps a demonstration possible and a typing
    /// mistake (milliseconds for minutes) out.
    pub const SHORTEST_LIMIT: Duration = Duration::from_secs(1);

    /// Checks the limits of each severity, worst first; `None` means that it does not page.
    ///
    /// # Errors
    /// [`PolicyError`] when a limit is too short, a worse severity is not stricter at every step,
    /// Work in Progress is not the longest, or a milder severity pages while a worse one does not.
    pub fn new(limits: [Option<Limits>; 5]) -> Result<Self, PolicyError> {
        let name = |severity: Severity| severity.to_string().to_ascii_lowercase();
        for (severity, own) in Severity::ALL.into_iter().zip(&limits) {
            let Some(own) = own else { continue };
            for (step, length) in own.steps().into_iter().chain(own.paces()) {
                if length < Self::SHORTEST_LIMIT {
                    let severity = name(severity);
                    return Err(PolicyError::TooShort {
                        severity,
                        step,
                        length,
                    });
                }
            }
            if own.next_person <= own.next_channel {
                return Err(PolicyError::ReachOrder {
                    severity: name(severity),
                    next_channel: own.next_channel,
                    next_person: own.next_person,
                });
            }
            if own.work_in_progress <= own.researching.max(own.check_in) {
                return Err(PolicyError::WorkNotLongest {
                    severity: name(severity),
                    length: own.work_in_progress,
                });
            }
        }
        for pair in Severity::ALL.windows(2) {
            let [worse, milder] = [pair[0], pair[1]];
            match (limits[worse as usize], limits[milder as usize]) {
                (None, Some(_)) => {
                    return Err(PolicyError::Gap {
                        worse: name(worse),
                        milder: name(milder),
                    });
                }
                (Some(strict), Some(loose)) => {
                    let steps = strict.steps().into_iter().zip(loose.steps());
                    let paces = strict.paces().into_iter().zip(loose.paces());
                    let not_stricter = steps
                        .filter(|((_, strict), (_, loose))| strict >= loose)
                        .chain(paces.filter(|((_, strict), (_, loose))| strict > loose))
                        .next();
                    if let Some(((step, length), (_, milder_length))) = not_stricter {
                        return Err(PolicyError::NotStricter {
                            worse: name(worse),
                            milder: name(milder),
                            step,
                            length,
                            milder_length,
                        });
                    }
                }
                (_, None) => {}
            }
        }
        Ok(Self { limits })
    }

    /// The limits of a severity, or `None` when it does not page.
    #[must_use]
    pub const fn limits(&self, severity: Severity) -> Option<&Limits> {
        self.limits[severity as usize].as_ref()
    }

    /// The limits for a ticket that pages already: those of its severity or, should the policy have
    /// changed so that it would not page today, of the mildest severity that does. A page that was
    /// promised is kept.
    #[must_use]
    pub fn limits_once_paging(&self, severity: Severity) -> Limits {
        const FALLBACK: Limits = Limits::new(
            Duration::from_secs(15 * 60),
            Duration::from_secs(30 * 60),
            Duration::from_secs(4 * 3600),
        );
        self.limits(severity)
            .or_else(|| self.limits.iter().rev().find_map(Option::as_ref))
            .copied()
            .unwrap_or(FALLBACK)
    }
}

impl Default for Policy {
    /// SEV1: 5 min, 10 min, 60 min. SEV2: 15 min, 30 min, 4 h. Nothing else pages.
    fn default() -> Self {
        const fn minutes(minutes: u64) -> Duration {
            Duration::from_secs(minutes * 60)
        }
        let mut sev1 = Limits::new(minutes(5), minutes(10), minutes(60));
        sev1.next_channel = Duration::from_secs(10);
        sev1.status_updates = minutes(15);
        Self {
            limits: [
                Some(sev1),
                Some(Limits::new(minutes(15), minutes(30), minutes(240))),
                None,
                None,
                None,
            ],
        }
    }
}
