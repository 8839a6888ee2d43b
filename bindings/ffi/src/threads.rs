//! Threads of our own: a foreign language's executor only waits for what is done here.

use tokio::runtime::{Builder, EnterGuard, Handle, Runtime};
use tokio::task::JoinHandle;

use crate::PagerError;

/// Some threads. What goes on there ends with this value.
pub struct Threads {
    /// Taken when the value is dropped.
    runtime: Option<Runtime>,
    handle: Handle,
}

impl Threads {
    pub fn new(threads: usize) -> Result<Self, PagerError> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(threads)
            .thread_name("tocsin")
            .enable_all()
            .build()
            .map_err(|error| PagerError::device(&error))?;
        Ok(Self {
            handle: runtime.handle().clone(),
            runtime: Some(runtime),
        })
    }

    pub fn enter(&self) -> EnterGuard<'_> {
        self.handle.enter()
    }

    pub fn spawn<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> JoinHandle<T> {
        self.handle.spawn(work)
    }

    /// Runs to its end even if the caller stops waiting.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, PagerError>> + Send + 'static,
    ) -> Result<T, PagerError> {
        let done = self.spawn(work).await;
        done.unwrap_or_else(|error| Err(PagerError::device(&error)))
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        // The last reference may go away on one of these threads, where waiting for them would be a
        // panic.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
