//! `tocsin gateway`: the publisher's gateway to Apple as a process, served as the server is.

use axum::routing::get;
use tocsin_push::gateway::{GatewaySettings, router};
use tocsin_server::serve::{Listener, recorder};

use crate::cli::GatewayArgs;
use crate::failure::{Context, Failure};
use crate::out::{self, STRONG, paint};
use crate::serve::{failure, start_log, stop_signal};

/// Forwards until a signal says stop.
///
/// # Errors
/// When it cannot start, or stops by itself.
pub async fn run(args: &GatewayArgs) -> Result<(), Failure> {
    start_log(&args.log)?;
    let stop = stop_signal().context("signals")?;
    let name = args.settings.display();
    let text = std::fs::read_to_string(&args.settings).context(&name)?;
    let settings = GatewaySettings::parse(&text)
        .map_err(|error| Failure::refused(format!("{name}:{error}")))?;
    let metrics = recorder();
    let service = router(&settings, "")
        .map_err(|error| Failure::refused(format!("{name}: {error}")))?
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/metrics", get(move || async move { metrics.render() }));
    let socket = &args.socket;
    let listener = Listener::start(socket.listen, socket.tls().as_ref(), service)
        .await
        .map_err(failure)?;
    socket.warn_if_plain(
        listener.address,
        "who pushes to which device can be seen on the way",
    );
    out::line(format_args!(
        "The gateway listens on {} for servers that call it {}",
        paint(STRONG, socket.url(listener.address)),
        paint(STRONG, &settings.origin),
    ));
    stop.await;
    listener.stop().await.map_err(failure)
}
