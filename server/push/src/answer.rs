//! Answers that have to be read to their end before they mean anything.

use reqwest::Response;

use crate::{Outcome, http};

/// No answer of a push service is longer, in bytes: Google's access tokens have at most 2,048, and
/// SMS gateways repeat the message.
const LONGEST: usize = 64 * 1024;

/// The whole body.
///
/// # Errors
/// What the attempt came to when the body breaks off or has no end.
pub(crate) async fn whole(mut response: Response) -> Result<Vec<u8>, Outcome> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(http::unanswered)? {
        if body.len() + chunk.len() > LONGEST {
            return Err(Outcome::Unknown {
                why: format!("an answer of more than {LONGEST} bytes"),
            });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
