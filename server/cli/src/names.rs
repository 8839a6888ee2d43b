//! Names for the ids in the server's answers.

use std::collections::BTreeMap;

use tocsin_directory::Config;
use tocsin_ticket::{DeviceId, PersonId, ServiceId};
use tocsin_wire::{Cursor, Directory, Me, SyncPage};

use crate::client::Client;
use crate::failure::Failure;

/// People and services by id; an id without a name is its own.
#[derive(Debug, Default)]
pub struct Names {
    people: BTreeMap<PersonId, String>,
    services: BTreeMap<ServiceId, String>,
}

impl From<&Directory> for Names {
    fn from(directory: &Directory) -> Self {
        Self {
            people: directory.people.clone(),
            services: directory.services.clone(),
        }
    }
}

impl Names {
    /// What this caller may know: from the configuration for an administrator, from their own
    /// directory for anybody else. Names are a courtesy: without them, ids are shown.
    pub async fn fetch(client: &Client, at: Cursor) -> Self {
        if let Ok(text) = client.get_text("v1/config").await
            && let Ok(config) = Config::parse(&text)
        {
            let people = config.people().values();
            let services = config.services().values();
            return Self {
                people: people.map(|it| (it.id.clone(), it.name.clone())).collect(),
                services: services
                    .map(|it| (it.id.clone(), it.name.clone()))
                    .collect(),
            };
        }
        // From a cursor that is up to date, the page holds little else.
        let page = client.get::<SyncPage>(&format!("v1/sync?after={at}")).await;
        page.ok()
            .and_then(|page| page.directory)
            .map_or_else(Self::default, |it| Self::from(&it))
    }

    /// Everybody whom the one who asks may know, and who that is.
    ///
    /// # Errors
    /// When the server says no.
    pub async fn and_me(client: &Client) -> Result<(Self, Me), Failure> {
        let page: SyncPage = client.get("v1/sync").await?;
        Ok((Self::fetch(client, page.cursor).await, page.me))
    }

    /// Everybody who is known, by id.
    pub fn people(&self) -> impl Iterator<Item = &PersonId> {
        self.people.keys()
    }

    /// A person.
    pub fn person<'a>(&'a self, id: &'a PersonId) -> &'a str {
        self.people.get(id).map_or(id.as_str(), String::as_str)
    }

    /// A service.
    pub fn service<'a>(&'a self, id: &'a ServiceId) -> &'a str {
        self.services.get(id).map_or(id.as_str(), String::as_str)
    }
}

/// Enough of a device's id to tell it from a person's other devices.
pub fn device(id: &DeviceId) -> &str {
    id.as_str().get(..6).unwrap_or(id.as_str())
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
