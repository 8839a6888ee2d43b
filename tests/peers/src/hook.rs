//! A receiver of webhooks by Standard Webhooks, which verifies with the specification's own library
//! and takes each message once.
//!
//! <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>

use std::collections::HashSet;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

use serde_json::Value;
use standardwebhooks::Webhook;

use crate::https::{Peer, Request, Response, Service};

/// A receiver that runs; it ends when dropped.
#[derive(Debug)]
pub struct Hook {
    /// The server; its log holds every attempt, and its faults what goes wrong.
    pub peer: Peer,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    secret: String,
    answer: Option<Value>,
    seen: HashSet<String>,
    taken: Vec<Value>,
}

struct Receiver(Arc<Mutex<State>>);

impl Hook {
    /// Starts it. Until it knows a secret it refuses everything with 401.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn start() -> io::Result<Self> {
        let state = Arc::<Mutex<State>>::default();
        let peer = Peer::start(Receiver(Arc::clone(&state))).await?;
        Ok(Self { peer, state })
    }

    /// The secret that it verifies with from now on, and no other.
    pub fn trust(&self, secret: &str) {
        secret.clone_into(&mut self.state().secret);
    }

    /// What it answers to a message that it takes, beside 200.
    pub fn answer(&self, answer: Value) {
        self.state().answer = Some(answer);
    }

    /// The bodies of the messages that it has taken, each once, in order.
    #[must_use]
    pub fn taken(&self) -> Vec<Value> {
        self.state().taken.clone()
    }

    /// The types of the messages that it has taken.
    #[must_use]
    pub fn types(&self) -> Vec<String> {
        let taken = self.taken();
        let types = taken.iter().map(|body| body["type"].as_str());
        types
            .map(|name| name.unwrap_or_default().to_owned())
            .collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no holder panics")
    }
}

impl Service for Receiver {
    fn answer(&self, request: &Request) -> Response {
        let mut state = self.0.lock().expect("no holder panics");
        let verified = Webhook::new(&state.secret)
            .is_ok_and(|webhook| webhook.verify(&request.body, &request.headers).is_ok());
        if !verified {
            return Response::new(401).body("the signature does not verify");
        }
        let Ok(body) = serde_json::from_slice::<Value>(&request.body) else {
            return Response::new(400).body("the body is no JSON");
        };
        let id = request.header("webhook-id").unwrap_or_default().to_owned();
        if state.seen.insert(id) {
            state.taken.push(body);
        }
        match &state.answer {
            Some(answer) => Response::new(200).json(answer),
            None => Response::new(204),
        }
    }
}
