//! Names for the ids in the server's answers.

use tocsin_directory::Config;
pub use tocsin_pager::story::device;
use tocsin_wire::{Cursor, Directory, Me, SyncPage};

use crate::client::Client;
use crate::failure::Failure;

/// What this caller may know: from the configuration for an administrator, from their own directory
/// for anybody else. Names are a courtesy: without them, ids are shown.
pub async fn fetch(client: &Client, at: Cursor) -> Directory {
    if let Ok(text) = client.get_text("v1/config").await
        && let Ok(config) = Config::parse(&text)
    {
        let people = config.people().values();
        let services = config.services().values();
        return Directory {
            people: people.map(|it| (it.id.clone(), it.name.clone())).collect(),
            services: services
                .map(|it| (it.id.clone(), it.name.clone()))
                .collect(),
            ..Directory::default()
        };
    }
    // From a cursor that is up to date, the page holds little else.
    let page = client.get::<SyncPage>(&format!("v1/sync?after={at}")).await;
    page.ok()
        .and_then(|page| page.directory)
        .unwrap_or_default()
}

/// Everybody whom the one who asks may know, and who that is.
///
/// # Errors
/// When the server says no.
pub async fn and_me(client: &Client) -> Result<(Directory, Me), Failure> {
    let page: SyncPage = client.get("v1/sync").await?;
    Ok((fetch(client, page.cursor).await, page.me))
}

/// The one id that begins like this.
///
/// # Errors
/// When none does, or several do.
pub fn whole_id<'a>(
    beginning: &str,
    ids: impl Iterator<Item = &'a str>,
    hint: &str,
) -> Result<&'a str, Failure> {
    let mut found: Vec<&str> = ids.filter(|id| id.starts_with(beginning)).collect();
    match (found.pop(), found.is_empty()) {
        (Some(id), true) if !beginning.is_empty() => Ok(id),
        (None, _) => Err(Failure::refused(format!(
            "expected an id, got {beginning:?}, with which none begins; {hint}"
        ))),
        _ => Err(Failure::refused(format!(
            "expected more of an id, got {beginning:?}, with which several begin; {hint}"
        ))),
    }
}
