//! `tocsin handoff`: the page for the next person on call, notes for it, and "I have it".

use serde_json::json;
use tocsin_server::api::NoteRequest;
use tocsin_server::handoff::HandoffView;

use crate::cli::HandoffArgs;
use crate::failure::Failure;
use crate::out;

/// Asks, writes or completes, and shows.
///
/// # Errors
/// When the server says no.
pub async fn run(args: &HandoffArgs) -> Result<(), Failure> {
    let client = args.read.server.client()?;
    let path = format!("v1/teams/{}/handoff", args.team);
    let handoff: HandoffView = match &args.note {
        Some(text) => {
            let note = NoteRequest { text: text.clone() };
            client.post(&format!("{path}/notes"), &note).await?
        }
        None if args.have_it => client.post(&format!("{path}/complete"), &json!({})).await?,
        None => client.get(&path).await?,
    };
    if args.read.json {
        return out::json(&handoff);
    }
    out::line(handoff.text.trim_end());
    Ok(())
}
