//! The task that follows the show and tells every receiver.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::sync::broadcast::error::RecvError;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tracing::{info, warn};

use super::{Lamp, Receiver};
use crate::director::Director;

/// How often everything is told again: a lost datagram is made good within this time.
const AGAIN: Duration = Duration::from_secs(1);

/// Longest wait until the system takes a datagram. What it does not take is told again a second later.
const PATIENCE: Duration = Duration::from_millis(50);

/// Starts telling `receivers`. The task ends by itself when the show has ended, after it has put out all lamps.
///
/// # Panics
/// Outside a tokio runtime.
pub fn start(receivers: Vec<Receiver>, director: Director) -> JoinHandle<()> {
    tokio::spawn(async move {
        if !receivers.is_empty() {
            Sender::new(receivers).await.follow(&director).await;
        }
    })
}

struct Sender {
    lines: Vec<Line>,
    /// Most cities that there were: the display of one that was removed goes dark.
    most: usize,
}

/// One receiver.
struct Line {
    receiver: Receiver,
    socket: Option<UdpSocket>,
    /// Whether the last datagram was not taken: it is logged once.
    fails: bool,
}

impl Sender {
    async fn new(receivers: Vec<Receiver>) -> Self {
        let mut lines = Vec::with_capacity(receivers.len());
        for receiver in receivers {
            lines.push(Line { receiver, socket: None, fails: false });
        }
        info!(receivers = lines.len(), "tally is told by TSL UMD");
        Self { lines, most: 0 }
    }

    async fn follow(&mut self, director: &Director) {
        let mut again = interval(AGAIN);
        again.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // Who lags behind subscribes anew: only the newest state matters.
        while let Ok(mut subscription) = director.subscribe().await {
            let mut lamps = Lamp::of(&subscription.view);
            self.tell(&lamps).await;
            loop {
                tokio::select! {
                    happened = subscription.happenings.recv() => match happened {
                        Ok(happened) => {
                            let now = Lamp::of(&happened.view);
                            if now != lamps {
                                lamps = now;
                                self.tell(&lamps).await;
                            }
                        }
                        Err(RecvError::Lagged(_)) => break,
                        Err(RecvError::Closed) => return self.tell(&[]).await,
                    },
                    _ = again.tick() => self.tell(&lamps).await,
                }
            }
        }
        self.tell(&[]).await;
    }

    /// Tells everybody; displays beyond these lamps that were ever lit are dark.
    async fn tell(&mut self, lamps: &[Lamp]) {
        self.most = self.most.max(lamps.len());
        let mut all = lamps.to_vec();
        all.resize(self.most, Lamp::dark());
        for line in &mut self.lines {
            line.send(&all).await;
        }
    }
}

impl Line {
    async fn send(&mut self, lamps: &[Lamp]) {
        let address = self.receiver.address;
        match self.try_send(lamps).await {
            Ok(()) if self.fails => info!(%address, "tally reaches its receiver again"),
            Err(error) if !self.fails => warn!(%address, %error, "tally does not reach a receiver; it is tried on"),
            _ => return,
        }
        self.fails = !self.fails;
    }

    async fn try_send(&mut self, lamps: &[Lamp]) -> std::io::Result<()> {
        let address = self.receiver.address;
        let socket = match &self.socket {
            Some(socket) => socket,
            None => self.socket.insert(open(address).await?),
        };
        for datagram in self.receiver.datagrams(lamps) {
            let sent = timeout(PATIENCE, socket.send_to(&datagram, address)).await;
            sent.map_err(|_| std::io::Error::from(std::io::ErrorKind::WouldBlock))??;
        }
        Ok(())
    }
}

/// A socket of the receiver's kind of address.
async fn open(address: SocketAddr) -> std::io::Result<UdpSocket> {
    let own: SocketAddr = match address {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    let socket = UdpSocket::bind(own).await?;
    socket.set_broadcast(true)?;
    Ok(socket)
}
