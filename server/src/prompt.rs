//! Cutting off clients that connect and then say nothing, or too little to be understood.
//!
//! hyper limits the time for a request's headers, but only once it knows which version of HTTP is
//! spoken. Until then, for the bytes of the HTTP/2 connection preface, it would wait for ever, and
//! a script that opens connections and keeps quiet would take them all.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum_server::accept::Accept;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// Length of the HTTP/2 connection preface (RFC 9113, 3.4). Whoever has sent as much has been told
/// apart, and hyper's own limits hold from there on.
const PREFACE_BYTES: usize = 24;

/// An acceptor whose clients must begin to speak within a limit.
#[derive(Debug, Clone)]
pub(crate) struct Prompt<A> {
    acceptor: A,
    limit: Duration,
}

impl<A> Prompt<A> {
    /// Puts the limit on what `acceptor` accepts.
    pub(crate) const fn new(acceptor: A, limit: Duration) -> Self {
        Self { acceptor, limit }
    }
}

impl<A, I, S> Accept<I, S> for Prompt<A>
where
    A: Accept<I, S>,
    A::Future: Send + 'static,
{
    type Stream = PromptStream<A::Stream>;
    type Service = A::Service;
    type Future = Pin<Box<dyn Future<Output = io::Result<(Self::Stream, Self::Service)>> + Send>>;

    fn accept(&self, stream: I, service: S) -> Self::Future {
        let accepting = self.acceptor.accept(stream, service);
        let limit = self.limit;
        Box::pin(async move {
            let (stream, service) = accepting.await?;
            let waiting = Some(Waiting {
                limit: Box::pin(sleep(limit)),
                received: 0,
            });
            Ok((PromptStream { stream, waiting }, service))
        })
    }
}

/// A connection whose client must begin to speak within a limit.
#[derive(Debug)]
pub(crate) struct PromptStream<S> {
    stream: S,
    /// `None` once enough has been said.
    waiting: Option<Waiting>,
}

#[derive(Debug)]
struct Waiting {
    limit: Pin<Box<Sleep>>,
    received: usize,
}

impl<S: AsyncRead + Unpin> AsyncRead for PromptStream<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        let read = Pin::new(&mut this.stream).poll_read(context, buffer);
        if let Some(waiting) = &mut this.waiting {
            if read.is_pending() && waiting.limit.as_mut().poll(context).is_ready() {
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
            waiting.received += buffer.filled().len() - before;
            if waiting.received >= PREFACE_BYTES {
                this.waiting = None;
            }
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for PromptStream<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
