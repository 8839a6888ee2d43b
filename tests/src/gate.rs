//! The network between a phone and its server, which a test can cut.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::free_address;

/// What the network does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Carries everything.
    Open,
    /// Connections break, and no new ones come about.
    Closed,
    /// Requests arrive and their answers do not.
    RepliesLost,
}

/// A way to a server. It ends when dropped.
#[derive(Debug)]
pub struct Gate {
    /// Where phones connect to.
    pub address: SocketAddr,
    mode: Arc<watch::Sender<Mode>>,
    accepting: JoinHandle<()>,
}

impl Gate {
    /// An open way to `server`.
    ///
    /// # Panics
    /// When there is no socket to be had.
    pub async fn to(server: SocketAddr) -> Self {
        let address = free_address();
        let listener = TcpListener::bind(address).await.expect("a free address");
        let mode = Arc::new(watch::Sender::new(Mode::Open));
        let modes = Arc::clone(&mode);
        let accepting = tokio::spawn(async move {
            while let Ok((phone, _)) = listener.accept().await {
                if *modes.borrow() != Mode::Closed {
                    tokio::spawn(carry(phone, server, modes.subscribe()));
                }
            }
        });
        Self {
            address,
            mode,
            accepting,
        }
    }

    /// Changes what the network does, for connections that exist as well.
    pub fn set(&self, mode: Mode) {
        self.mode.send_replace(mode);
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.accepting.abort();
        self.mode.send_replace(Mode::Closed);
    }
}

async fn carry(phone: TcpStream, server: SocketAddr, modes: watch::Receiver<Mode>) {
    let Ok(server) = TcpStream::connect(server).await else {
        return;
    };
    let mut closed = modes.clone();
    let (mut from_phone, mut to_phone) = phone.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let requests = tokio::io::copy(&mut from_phone, &mut to_server);
    let answers = async {
        let mut chunk = vec![0; 16 * 1024];
        while let Ok(length @ 1..) = from_server.read(&mut chunk).await {
            let lost = *modes.borrow() == Mode::RepliesLost;
            if !lost && to_phone.write_all(&chunk[..length]).await.is_err() {
                break;
            }
        }
    };
    tokio::select! {
        _ = requests => {}
        () = answers => {}
        _ = closed.wait_for(|mode| *mode == Mode::Closed) => {}
    }
}
