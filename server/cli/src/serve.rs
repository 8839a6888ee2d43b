//! `tocsin serve`: the server as a process. Signals, the log, and what the first start says.

use std::io::IsTerminal;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use serde::{Deserialize, Serialize};
use tocsin_server::serve::{Options, ServeError, Server, TlsFiles};
use tracing_subscriber::EnvFilter;

use crate::cli::{LogFormat, ServeArgs};
use crate::failure::{Context, Failure};
use crate::out::{self, FAINT, STRONG, paint};

/// What `--json` prints once the server listens.
#[derive(Serialize, Deserialize)]
pub struct Listening {
    /// The server's address.
    pub url: String,
    /// On the first start: the code that makes its user the administrator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub admin_code: Option<String>,
}

/// Serves until a signal says stop.
///
/// # Errors
/// When it cannot start, or stops by itself.
pub async fn run(args: &ServeArgs) -> Result<(), Failure> {
    start_log(args)?;
    // Installed before the first alarm is taken, so that no signal finds the default.
    let stop = stop_signal().context("signals")?;
    let tls = args.tls_cert.clone().zip(args.tls_key.clone());
    let options = Options {
        data: args.data.clone(),
        listen: args.listen,
        tls: tls.map(|(certificate, key)| TlsFiles { certificate, key }),
        alarms_a_second: args.alarm_rate,
    };
    let server = Server::start(&options).await.map_err(failure)?;
    let scheme = if options.tls.is_some() {
        "https"
    } else {
        "http"
    };
    let url = format!("{scheme}://{}", reached_at(server.address));
    if options.tls.is_none() && !server.address.ip().is_loopback() {
        tracing::warn!(
            address = %server.address,
            "listening for other machines WITHOUT TLS: tokens, codes and alarms can be read and \
             changed on the way; give --tls-cert and --tls-key, or listen on 127.0.0.1 behind a \
             proxy that ends TLS"
        );
    }
    let admin_code = server
        .admin_code
        .as_ref()
        .map(|code| code.reveal().to_owned());
    announce(&Listening { url, admin_code }, args.json)?;
    server.run_until(stop).await.map_err(failure)?;
    tracing::info!("stopped; everything taken is on disk");
    Ok(())
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

fn failure(error: ServeError) -> Failure {
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
    let Listening { url, admin_code } = listening;
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

fn start_log(args: &ServeArgs) -> Result<(), Failure> {
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

#[cfg(unix)]
fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
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

#[cfg(not(unix))]
fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    Ok(async {
        // Without the signal the server runs until it is ended from outside.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending().await
        }
    })
}
