//! Files of settings, and their mistakes as `FILE:LINE: FIELD: WHAT`, which editors can jump to.

use std::path::Path;

use tocsin_push::settings::{Settings, StartError};
use toml::de::DeTable;

use crate::failure::{Context, Failure};

/// A transports file, or none.
#[derive(Debug, Default)]
pub struct TransportsFile {
    /// What it says.
    pub settings: Settings,
    /// Certificates to trust beside the system's, as PEM; may be empty.
    pub extra_roots_pem: String,
    text: String,
    name: String,
}

impl TransportsFile {
    /// Reads a file.
    ///
    /// # Errors
    /// The first mistake in it, with its place.
    pub fn read(file: &Path) -> Result<Self, Failure> {
        let name = file.display().to_string();
        let text = std::fs::read_to_string(file).context(&name)?;
        let settings =
            Settings::parse(&text).map_err(|error| Failure::refused(format!("{name}:{error}")))?;
        let extra_roots_pem = match &settings.ca_file {
            Some(ca) => std::fs::read_to_string(ca)
                .context(format_args!("{name}: ca_file: {}", ca.display()))?,
            None => String::new(),
        };
        Ok(Self {
            settings,
            extra_roots_pem,
            text,
            name,
        })
    }

    /// The file's name as it was given.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A setting that cannot be used, with its place.
    pub fn mistake(&self, error: &StartError) -> Failure {
        let line = line_of(&self.text, &error.field);
        Failure::refused(format!("{}:{line}: {error}", self.name))
    }

    /// By what pages can go out beside the live stream.
    pub fn ready(&self) -> Vec<String> {
        let settings = &self.settings;
        let known = [
            ("WebPush", settings.webpush.is_some()),
            ("APNs", settings.apns.is_some()),
            ("FCM", settings.fcm.is_some()),
            ("e-mail", settings.email.is_some()),
        ];
        let gateways = settings
            .gateway
            .keys()
            .map(|name| format!("gateway {name}"));
        known
            .into_iter()
            .filter(|(_, there)| *there)
            .map(|(name, _)| name.to_owned())
            .chain(gateways)
            .collect()
    }
}

/// In which line, from 1, a field such as `gateway.sms.auth_token` is, or the table where it is
/// missing.
fn line_of(text: &str, field: &str) -> usize {
    let at = DeTable::parse(text)
        .ok()
        .and_then(|document| place(document.get_ref(), field.split('.')))
        .unwrap_or_default();
    text[..text.floor_char_boundary(at)].matches('\n').count() + 1
}

/// Where the deepest known part of a field begins.
fn place<'a>(table: &DeTable<'_>, parts: impl Iterator<Item = &'a str> + Clone) -> Option<usize> {
    let mut rest = parts.clone();
    let part = rest.next()?;
    if let Some((key, value)) = table.iter().find(|(key, _)| key.get_ref() == part) {
        let deeper = value.get_ref().as_table();
        return deeper
            .and_then(|inner| place(inner, rest))
            .or_else(|| Some(key.span().start));
    }
    // A field leaves out a gateway's kind, its table's only entry.
    let mut entries = table.values();
    let only = entries.next().filter(|_| entries.next().is_none())?;
    place(only.get_ref().as_table()?, parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_that_cannot_be_used_is_found_in_its_line() {
        let text = "# ours\n[email]\nhost = \"mail\"\n\n[gateway.sms.twilio_sms]\n\
                    account_sid = \"AC\"\nauth_token = { env = \"TOKEN\" }\n";
        assert_eq!(line_of(text, "email.host"), 3);
        assert_eq!(line_of(text, "gateway.sms.auth_token"), 7);
        assert_eq!(line_of(text, "email.login"), 2, "missing: its table");
        assert_eq!(line_of(text, "ca_file"), 1);
    }
}
