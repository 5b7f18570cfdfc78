//! The listener: connections in bounded number and time, and a shutdown that ends.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::{Extension, Router};
use hyper::server::conn::http1::Builder;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::access::Peer;

/// Most connections that speak HTTP at once; WebSockets are counted on their own. More wait in the kernel's queue.
const MOST: usize = 4096;

/// Longest time for a request's headers to arrive, from the first moment of a connection or the end of the request before:
/// who says nothing holds no place for longer.
const HEADER_PATIENCE: Duration = Duration::from_secs(15);

/// How long requests and WebSockets may take to end after the shutdown was asked for.
const GRACE: Duration = Duration::from_secs(5);

/// Pause after `accept` failed: most often there are no file descriptors, and trying at once would burn a core.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Tells that the server closes. Who holds one is waited for.
#[derive(Debug, Clone)]
pub(super) struct Closing(Option<watch::Receiver<bool>>);

impl Closing {
    /// One that never tells.
    pub(super) fn never() -> Self {
        Self(None)
    }

    /// Returns when the server closes.
    pub(super) async fn wait(&mut self) {
        match &mut self.0 {
            // A sender that is gone tells the same.
            Some(closing) => drop(closing.wait_for(|closes| *closes).await),
            None => std::future::pending().await,
        }
    }
}

/// Closes a connection. Who falls behind takes nothing more and asks for nothing more, so nobody else notices.
#[derive(Debug, Clone, Default)]
pub(super) struct HangUp(pub(super) Arc<Notify>);

/// Serves until `shutdown` completes, then ends every connection, at the latest after five seconds. Pages on a live
/// WebSocket are told.
///
/// # Errors
/// When the listener has no address, which means that it is not one.
pub async fn serve(listener: TcpListener, router: Router, shutdown: impl Future<Output = ()>) -> io::Result<()> {
    serve_with_patience(listener, router, HEADER_PATIENCE, shutdown).await
}

async fn serve_with_patience(
    listener: TcpListener,
    router: Router,
    patience: Duration,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let address = listener.local_addr()?;
    let (closing_tx, closing) = watch::channel(false);
    let closing = Closing(Some(closing));
    let router = router.layer(Extension(closing.clone()));
    let places = Arc::new(Semaphore::new(MOST));
    let mut connections = JoinSet::new();
    tracing::info!(%address, "HTTP is open");

    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let (stream, peer, place) = tokio::select! {
            next = accept(&listener, &places) => next,
            () = &mut shutdown => break,
        };
        connections.spawn(converse(stream, peer, router.clone(), patience, closing.clone(), place));
        while connections.try_join_next().is_some() {}
    }

    drop((listener, router, closing));
    closing_tx.send_replace(true);
    if timeout(GRACE, closing_tx.closed()).await.is_err() {
        tracing::warn!(left = connections.len(), "connections did not end in time and are cut");
    }
    connections.shutdown().await;
    tracing::info!(%address, "HTTP is closed");
    Ok(())
}

async fn accept(listener: &TcpListener, places: &Arc<Semaphore>) -> (TcpStream, Peer, OwnedSemaphorePermit) {
    let place = places.clone().acquire_owned().await.expect("the semaphore is never closed");
    loop {
        match listener.accept().await {
            Ok((stream, address)) => return (stream, Peer(address), place),
            Err(error) if is_the_peers(&error) => tracing::debug!(%error, "a connection broke before it was taken"),
            Err(error) => {
                tracing::warn!(%error, "no connection can be taken: is the limit of open files (ulimit -n) too low?");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

fn is_the_peers(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

async fn converse(
    stream: TcpStream,
    peer: Peer,
    router: Router,
    patience: Duration,
    mut closing: Closing,
    _place: OwnedSemaphorePermit,
) {
    // Events are small and must not wait for more. A socket that refuses is about to fail anyway.
    let _ = stream.set_nodelay(true);
    let hang_up = HangUp::default();
    let router = TowerToHyperService::new(router.layer(Extension(hang_up.clone())));
    let service = service_fn(move |mut request| {
        request.extensions_mut().insert(peer);
        router.call(request)
    });
    let connection = Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(patience)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = &mut connection => ended,
        () = closing.wait() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
        () = hang_up.0.notified() => {
            tracing::debug!(peer = %peer.0, "a connection is closed: it takes too little of what is sent");
            return;
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection broke");
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::sync::oneshot;

    use super::*;

    /// No test waits longer for anything.
    const DEADLINE: Duration = Duration::from_secs(10);

    #[tokio::test]
    async fn who_says_nothing_or_half_a_head_is_cut_after_the_patience() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (end, ended) = oneshot::channel::<()>();
        let patience = Duration::from_millis(50);
        let served = tokio::spawn(serve_with_patience(listener, Router::new(), patience, async {
            let _ = ended.await;
        }));
        for said in ["", "G", "GET / HTTP/1.1\r\nHost: a\r\n", "GET / HTTP/1.1\r\nHost: a\r\n\r\n"] {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(said.as_bytes()).await.unwrap();
            let mut heard = Vec::new();
            timeout(DEADLINE, stream.read_to_end(&mut heard)).await.expect("the connection is cut").unwrap();
        }
        end.send(()).unwrap();
        timeout(DEADLINE, served).await.expect("it ends").unwrap().unwrap();
    }
}
