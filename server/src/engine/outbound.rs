//! What the engine keeps for whoever is told outside.

use tocsin_directory::Directory;
use tocsin_ticket::{Bridge, Command, Millis, TicketId};

use super::{Answer, Desk};
use crate::audit::{Act, Doer};
use crate::outbound::endpoints;
use crate::secret::Secret;
use crate::store::StoreError;
use crate::store::outbound::{DeadLetter, Standing, StoredEndpoint};

/// What became of telling somebody outside, or is to. Answered with [`Answer::Done`] unless it says
/// otherwise. What is for somebody whom the configuration no longer has is for nobody.
#[derive(Debug, Clone)]
pub enum OutboundJob {
    /// How far somebody is, and what they will not be told.
    Told {
        /// Who.
        endpoint: String,
        /// How far.
        standing: Standing,
        /// What was given up on.
        dead: Vec<DeadLetter>,
    },
    /// What became of a dead letter that was sent again.
    SentAgain {
        /// Which, with what is to be known of it from now on.
        letter: DeadLetter,
        /// Whether it arrived.
        arrived: bool,
    },
    /// Sends dead letters again, and tries somebody again who does not answer or wanted to hear no
    /// more. Answered with [`Answer::SentAgain`] or [`Answer::NoSuchEndpoint`].
    SendAgain {
        /// Whose.
        endpoint: String,
        /// Which; all when `None`.
        letter: Option<u64>,
    },
    /// Gives somebody a new secret; the one before works until then. Answered with [`Answer::Done`]
    /// or [`Answer::NoSuchEndpoint`].
    Rotate {
        /// Who.
        endpoint: String,
        /// The new one.
        secret: Secret,
        /// Until when the one before works.
        previous_until: Millis,
        /// Who does it.
        by: Doer,
    },
    /// Who makes bridges has made one.
    Bridge {
        /// For which ticket.
        ticket: TicketId,
        /// Where people meet from now on.
        bridge: Bridge,
    },
}

impl Desk<'_> {
    pub(super) fn outbound(&mut self, job: &OutboundJob) -> Result<Answer, StoreError> {
        match job {
            OutboundJob::Told {
                endpoint,
                standing,
                dead,
            } => {
                let rows = self.transaction.outbound();
                let Some(mut known) = rows.one(endpoint)? else {
                    return Ok(Answer::Done);
                };
                known.standing = standing.clone();
                rows.put(&known)?;
                for letter in dead {
                    rows.bury(letter)?;
                }
            }
            OutboundJob::SentAgain { letter, arrived } => {
                let rows = self.transaction.outbound();
                if *arrived {
                    rows.unbury(&letter.endpoint, letter.place)?;
                } else if rows.one(&letter.endpoint)?.is_some() {
                    rows.bury(letter)?;
                }
            }
            OutboundJob::SendAgain { endpoint, letter } => {
                let rows = self.transaction.outbound();
                let Some(mut known) = rows.one(endpoint)? else {
                    return Ok(Answer::NoSuchEndpoint);
                };
                known.standing = Standing::new(known.standing.at);
                rows.put(&known)?;
                return Ok(Answer::SentAgain(rows.want(endpoint, *letter)?));
            }
            OutboundJob::Rotate {
                endpoint,
                secret,
                previous_until,
                by,
            } => {
                let rows = self.transaction.outbound();
                let Some(mut known) = rows.one(endpoint)?.filter(|it| it.secret.is_some()) else {
                    return Ok(Answer::NoSuchEndpoint);
                };
                let previous = known.secret.replace(secret.clone());
                known.previous = previous.map(|previous| (previous, *previous_until));
                rows.put(&known)?;
                self.webhook_secret_set(endpoint, Some(*previous_until), by)?;
            }
            OutboundJob::Bridge { ticket, bridge } => {
                if let Some(ticket) = self.transaction.ticket(*ticket)? {
                    let team = ticket.team.clone();
                    let bridge = bridge.clone();
                    // Too late for a conference that is over.
                    let _ =
                        self.decide(Some(ticket), &team, &Command::MoveConference { bridge })?;
                }
            }
        }
        Ok(Answer::Done)
    }

    fn webhook_secret_set(
        &mut self,
        webhook: &str,
        previous_until: Option<Millis>,
        by: &Doer,
    ) -> Result<(), StoreError> {
        let act = Act::WebhookSecretSet {
            webhook: webhook.to_owned(),
            previous_until,
        };
        self.audit(by, &act)
    }

    /// After a new configuration: whoever is new outside hears what comes from now on, who is gone is
    /// forgotten, and whose address is another is tried at once.
    pub(super) fn tell_from_now_on(
        &mut self,
        before: &Directory,
        secrets: &[(String, Secret)],
        by: &Doer,
    ) -> Result<(), StoreError> {
        let before = endpoints(before.config());
        let now = endpoints(self.directory.config());
        for known in self.transaction.outbound().all()? {
            if !now.contains_key(&known.id) {
                self.transaction.outbound().forget(&known.id)?;
            }
        }
        for (id, endpoint) in now {
            let rows = self.transaction.outbound();
            if let Some(mut known) = rows.one(&id)? {
                if before.get(&id).is_none_or(|was| was.way != endpoint.way) {
                    known.standing = Standing::new(known.standing.at);
                    rows.put(&known)?;
                }
                continue;
            }
            let secret = secrets.iter().find(|(of, _)| *of == id);
            let secret = secret.map(|(_, secret)| secret.clone());
            if secret.is_some() != endpoint.is_signed() {
                return Err(StoreError::new(format!("{id}: no secret was made for it")));
            }
            let at = rows.end_of_log()?;
            rows.put(&StoredEndpoint {
                id: id.clone(),
                secret,
                previous: None,
                standing: Standing::new(at),
            })?;
            if endpoint.is_signed() {
                self.webhook_secret_set(&id, None, by)?;
            }
        }
        Ok(())
    }
}
