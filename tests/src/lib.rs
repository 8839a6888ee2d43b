//! What the tests across crates stand on: a real server, real phones, and the means to disturb them.
//!
//! Nothing here is a stand-in for a part of Tocsin. [`TestServer`] is the server on a socket and a
//! disk, [`TestPager`] the phone engine with its store and its HTTP client, [`Node`] either of them
//! as a process of its own that can be killed, [`Gate`] the network between them, and [`pulse`] a
//! loudspeaker that can be listened to. Only the siren's output is a recorder unless a test brings
//! its own. [`audit`] holds what is on a server's disk to the promises of the log.

mod api;
pub mod audit;
pub mod configuration;
mod gate;
mod node;
mod pager;
pub mod pulse;
mod server;

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

pub use api::{Api, Reply};
pub use gate::{Gate, Mode};
pub use node::Node;
pub use pager::{PAGER_STORE, RecordingSiren, TestPager, start_pager};
pub use server::{Ready, TestServer};

/// How long a test waits for what must happen at once, on a machine that is busy with others.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// An address on this machine that nobody listens on.
///
/// Below the range from which systems take the ports of outgoing connections (32768 and up on
/// Linux): a server that is down must not find that a client has connected to itself meanwhile.
///
/// # Panics
/// When all twenty thousand are taken.
#[must_use]
pub fn free_address() -> SocketAddr {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let process = (std::process::id() % 1000) as u16;
    (0..20_000)
        .map(|_| {
            let next = NEXT.fetch_add(1, Ordering::Relaxed);
            let port = 10_000 + process.wrapping_mul(20).wrapping_add(next) % 20_000;
            SocketAddr::from((Ipv4Addr::LOCALHOST, port))
        })
        .find(|address| TcpListener::bind(address).is_ok())
        .expect("a free port between 10000 and 30000")
}
