//! Who this user is to which server: one private file of named profiles.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::{Deserialize, Serialize};
use tocsin_readiness::Language;
use tocsin_server::secret::Secret;

use crate::cli::Lang;
use crate::client::Client;
use crate::failure::{Context, Failure};

/// How a command finds its server.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Server")]
pub struct ServerArgs {
    /// The server's address; with the token in TOCSIN_TOKEN no login is needed
    #[arg(long, env = "TOCSIN_URL", value_name = "URL")]
    pub url: Option<String>,
    #[command(flatten)]
    pub place: ProfileArgs,
    #[command(flatten)]
    pub trust: TrustArgs,
}

/// Where logins are kept.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Server")]
pub struct ProfileArgs {
    /// File of logins [default: tocsin/login.toml in the XDG configuration folder]
    #[arg(long, env = "TOCSIN_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Which login of the file
    #[arg(
        long,
        env = "TOCSIN_PROFILE",
        value_name = "NAME",
        default_value = "default"
    )]
    pub profile: String,
}

/// How far a server is trusted.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Server")]
pub struct TrustArgs {
    /// Trust the certificates in this PEM file instead of the system's
    #[arg(long, env = "TOCSIN_CA", value_name = "FILE")]
    pub ca: Option<PathBuf>,
    /// Speak http:// to another machine, although anybody on the way can read and change it
    #[arg(long)]
    pub allow_plain_http: bool,
}

/// The file.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Profiles {
    #[serde(default)]
    profiles: BTreeMap<String, Profile>,
}

/// One login.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Profile {
    /// The server's address.
    pub url: String,
    token: String,
    /// Whose login it is.
    pub person: String,
    /// The language in which devices say what is wrong with them.
    #[serde(default)]
    pub lang: Lang,
    /// Certificates to trust instead of the system's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca: Option<PathBuf>,
    /// Whether http:// to another machine was asked for.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub allow_plain_http: bool,
}

impl Profile {
    /// A login with its token.
    pub fn new(url: String, token: &Secret, person: String, lang: Lang, trust: &TrustArgs) -> Self {
        Self {
            url,
            token: token.reveal().to_owned(),
            person,
            lang,
            ca: trust.ca.clone(),
            allow_plain_http: trust.allow_plain_http,
        }
    }
}

impl ServerArgs {
    /// A client for the server that the command line, the environment or the login names.
    ///
    /// # Errors
    /// When there is no login, or its file or address cannot be used.
    pub fn client(&self) -> Result<Client, Failure> {
        let token = std::env::var("TOCSIN_TOKEN").ok().map(Secret::received);
        if let (Some(url), Some(token)) = (&self.url, &token) {
            return Client::new(url, &self.trust, Some(token.clone()));
        }
        let file = self.place.file()?;
        let profile = Profiles::read(&file)?.profiles.remove(&self.place.profile);
        let Some(profile) = profile else {
            let name = &self.place.profile;
            return Err(Failure::failed(format!(
                "not logged in: {} has no login {name:?}; run `tocsin login URL CODE` with the code \
                 that `tocsin serve` printed or your administrator gave you",
                file.display()
            )));
        };
        let trust = TrustArgs {
            ca: self.trust.ca.clone().or(profile.ca),
            allow_plain_http: self.trust.allow_plain_http || profile.allow_plain_http,
        };
        let token = token.unwrap_or_else(|| Secret::received(profile.token));
        Client::new(
            self.url.as_deref().unwrap_or(&profile.url),
            &trust,
            Some(token),
        )
    }
}

impl ServerArgs {
    /// The language of the login; English without one, as for a script.
    pub fn language(&self) -> Language {
        let profile = self
            .place
            .file()
            .and_then(|file| Profiles::read(&file))
            .ok()
            .and_then(|mut profiles| profiles.profiles.remove(&self.place.profile));
        match profile.map(|profile| profile.lang).unwrap_or_default() {
            Lang::En => Language::English,
            Lang::Ko => Language::Korean,
        }
    }
}

impl ProfileArgs {
    /// The file.
    ///
    /// # Errors
    /// When there is no home to look in.
    pub fn file(&self) -> Result<PathBuf, Failure> {
        match &self.config {
            Some(file) => Ok(file.clone()),
            None => Ok(base_folder("XDG_CONFIG_HOME", ".config")?.join("tocsin/login.toml")),
        }
    }

    /// Keeps a login under its name, in place of one that was there.
    ///
    /// # Errors
    /// When the file cannot be read or written.
    pub fn keep(&self, profile: Profile) -> Result<PathBuf, Failure> {
        let file = self.file()?;
        let mut profiles = Profiles::read(&file)?;
        profiles.profiles.insert(self.profile.clone(), profile);
        let text = toml::to_string(&profiles).context("writing the login")?;
        write_private(&file, &text).context(file.display())?;
        Ok(file)
    }
}

impl Profiles {
    fn read(file: &Path) -> Result<Self, Failure> {
        match std::fs::read_to_string(file) {
            Ok(text) => toml::from_str(&text).map_err(|error| {
                // The file holds tokens: the message must not quote it.
                Failure::failed(format!(
                    "{}: expected a file that `tocsin login` wrote: {}; mend it or log in again \
                     with another --config",
                    file.display(),
                    error.message()
                ))
            }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error).context(file.display()),
        }
    }
}

/// A folder of the XDG Base Directory Specification: what its variable says, or its place at home.
///
/// # Errors
/// When there is neither.
pub fn base_folder(variable: &str, at_home: &str) -> Result<PathBuf, Failure> {
    let absolute = |name: &str| {
        std::env::var_os(name)
            .map(PathBuf::from)
            .filter(|it| it.is_absolute())
    };
    absolute(variable)
        .or_else(|| std::env::home_dir().map(|home| home.join(at_home)))
        .ok_or_else(|| {
            Failure::failed(format!(
                "no home folder: set HOME or {variable}, or name the file"
            ))
        })
}

/// Writes a file that only its owner can read: whole, or not at all.
fn write_private(file: &Path, text: &str) -> std::io::Result<()> {
    let folder = file
        .parent()
        .filter(|it| !it.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    // Temporary files are made with mode 0600, and keep it.
    let mut fresh = tempfile::NamedTempFile::new_in(folder)?;
    fresh.write_all(text.as_bytes())?;
    fresh.as_file().sync_all()?;
    fresh.persist(file)?;
    Ok(())
}
