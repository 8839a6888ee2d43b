//! `tocsin serve`: the server as a process. Its settings, signals, the log, and what the first start
//! says.

use std::io::IsTerminal;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use serde::{Deserialize, Serialize};
use tocsin_server::heartbeat::Heart;
use tocsin_server::serve::{Options, ServeError, Server, TlsFiles};
use tracing_subscriber::EnvFilter;

use crate::cli::{LogArgs, LogFormat, ServeArgs, SocketArgs};
use crate::failure::{Context, Failure};
use crate::out::{self, FAINT, STRONG, paint};
use crate::settings::TransportsFile;

/// What `--json` prints once the server listens.
#[derive(Serialize, Deserialize)]
pub struct Listening {
    /// The server's address.
    pub url: String,
    /// On the first start: the code that makes its user the administrator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub admin_code: Option<String>,
    /// By what pages can go out beside the live stream.
    #[serde(default)]
    pub transports: Vec<String>,
}

/// Serves until a signal says stop.
///
/// # Errors
/// When it cannot start, or stops by itself.
pub async fn run(args: &ServeArgs) -> Result<(), Failure> {
    start_log(&args.log)?;
    // Installed before the first alarm is taken, so that no signal finds the default.
    let stop = stop_signal().context("signals")?;
    let file = match &args.transports {
        Some(file) => TransportsFile::read(file)?,
        None => TransportsFile::default(),
    };
    let heart = args.heartbeat.as_ref().map(|url| {
        Heart::new(url, args.heartbeat_every, &file.extra_roots_pem)
            .map_err(|error| Failure::usage(error.to_string()))
    });
    let heart = heart.transpose()?;
    let options = Options {
        data: args.data.clone(),
        listen: args.socket.listen,
        tls: args.socket.tls(),
        alarms_a_second: args.alarm_rate,
        transports: file.settings.clone(),
    };
    let mut server = Server::start(&options).await.map_err(|error| match error {
        ServeError::Transports(error) => file.mistake(&error),
        error => failure(error),
    })?;
    if let Some(heart) = heart {
        tracing::info!(
            ?heart,
            "the heartbeat goes out while commits reach the disk"
        );
        server.beat(heart);
    }
    args.socket.warn_if_plain(
        server.address,
        "tokens, codes and alarms can be read and changed on the way",
    );
    let ready = file.ready();
    if ready.is_empty() {
        tracing::warn!(
            "no transports: pages travel by live stream alone, and a phone whose app is asleep hears \
             nothing; give --transports FILE (`tocsin serve --help` shows the least one)"
        );
    } else {
        tracing::info!("pages go out by live stream, {}", ready.join(", "));
    }
    let admin_code = server
        .admin_code
        .as_ref()
        .map(|code| code.reveal().to_owned());
    let listening = Listening {
        url: args.socket.url(server.address),
        admin_code,
        transports: ready,
    };
    announce(&listening, args.json)?;
    server.run_until(stop).await.map_err(failure)?;
    tracing::info!("stopped; everything taken is on disk");
    Ok(())
}

impl SocketArgs {
    /// The certificate, if there is one.
    pub fn tls(&self) -> Option<TlsFiles> {
        let files = self.tls_cert.clone().zip(self.tls_key.clone());
        files.map(|(certificate, key)| TlsFiles { certificate, key })
    }

    /// The address under which this machine reaches it.
    pub fn url(&self, listens: SocketAddr) -> String {
        let scheme = if self.tls_cert.is_some() {
            "https"
        } else {
            "http"
        };
        format!("{scheme}://{}", reached_at(listens))
    }

    /// Says what happens to what is sent without TLS.
    pub fn warn_if_plain(&self, listens: SocketAddr, harm: &str) {
        if self.tls_cert.is_none() && !listens.ip().is_loopback() {
            tracing::warn!(
                address = %listens,
                "listening for other machines WITHOUT TLS: {harm}; give --tls-cert and --tls-key, or \
                 listen on 127.0.0.1 behind a proxy that ends TLS"
            );
        }
    }
}

/// Where this machine reaches a server that listens on all of its addresses.
fn reached_at(mut address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    address
}

/// Whose turn it is: the settings', or another try's.
pub fn failure(error: ServeError) -> Failure {
    match error {
        // The configuration must change before a start can succeed.
        ServeError::Config(_) => Failure::refused(error.to_string()),
        _ => Failure::failed(error.to_string()),
    }
}

fn announce(listening: &Listening, as_json: bool) -> Result<(), Failure> {
    if as_json {
        out::line(serde_json::to_string(listening).context("writing JSON")?);
        return Ok(());
    }
    let Listening {
        url, admin_code, ..
    } = listening;
    out::line(format_args!("Tocsin listens on {}", paint(STRONG, url)));
    if let Some(code) = admin_code {
        let login = format!("tocsin login {url} {code}");
        out::line("Nobody administers it yet. Within ten minutes, in another terminal:");
        out::line(format_args!("\n    {}\n", paint(STRONG, login)));
        out::line(paint(
            FAINT,
            "The code works once. When it has run out, start the server again.",
        ));
    }
    Ok(())
}

/// Begins the log on stderr.
///
/// # Errors
/// When the filter is not one.
pub fn start_log(args: &LogArgs) -> Result<(), Failure> {
    let filter = EnvFilter::try_new(&args.log_filter)
        .map_err(|error| Failure::usage(format!("--log-filter: {error}")))?;
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    match args.log {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().init(),
    }
    Ok(())
}

/// Ready when a service manager or a person wants the process to end in order.
///
/// # Errors
/// When the system takes no handlers.
#[cfg(unix)]
pub fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    // A closed terminal or a reload of a service manager must not stop the pager.
    let mut hang_up = signal(SignalKind::hangup())?;
    Ok(async move {
        loop {
            tokio::select! {
                _ = terminate.recv() => break tracing::info!("SIGTERM: stopping"),
                _ = interrupt.recv() => break tracing::info!("SIGINT: stopping"),
                _ = hang_up.recv() => {
                    tracing::info!("SIGHUP: nothing to do; certificates are read again by themselves");
                }
            }
        }
    })
}

/// Ready when a person wants the process to end in order.
///
/// # Errors
/// Never on this system.
#[cfg(not(unix))]
pub fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    Ok(async {
        // Without the signal the server runs until it is ended from outside.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending().await
        }
    })
}
