//! The UDP sockets of one shard: opening, sending without losing bursts, and the addresses that viewers are told.
//!
//! A socket that listens on all addresses answers from the one that the system's routes choose. A host with several
//! uplinks lists its addresses instead: each gets a socket of its own.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use mio::net::UdpSocket;
use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::net::{AddressFamily, SocketFlags, SocketType, sockopt};

use super::Error;
use super::counters::Counters;

/// Asked of the system for a socket's buffers; it grants what net.core.{r,w}mem_max allows.
const SOCKET_BUFFER: usize = 4 * 1024 * 1024;

/// How long one turn of a shard may wait in all for full send buffers. A keyframe for hundreds of viewers is more than
/// a socket buffer holds: waiting paces it to the line, dropping it would cost every viewer a freeze.
const PATIENCE: Duration = Duration::from_millis(40);

/// A shard's sockets.
pub(super) struct Wire {
    faces: Vec<UdpSocket>,
    counters: Arc<Counters>,
    waited: Duration,
}

impl Wire {
    /// Opens a socket on each address. Returns them with the addresses that they got.
    pub(super) fn open(
        listen: &[IpAddr],
        port: u16,
        counters: Arc<Counters>,
    ) -> Result<(Self, Vec<SocketAddr>), Error> {
        let (mut faces, mut bound) = (Vec::new(), Vec::new());
        for address in listen.iter().map(|ip| SocketAddr::new(*ip, port)) {
            let (socket, local) = bind(address).map_err(|source| Error::Socket { address, source })?;
            faces.push(UdpSocket::from_std(socket));
            bound.push(local);
        }
        Ok((Self { faces, counters, waited: Duration::ZERO }, bound))
    }

    pub(super) fn faces_mut(&mut self) -> &mut [UdpSocket] {
        &mut self.faces
    }

    /// One datagram, or `None` when there is none to read now.
    pub(super) fn receive(&self, face: usize, buffer: &mut [u8]) -> Option<io::Result<(usize, SocketAddr)>> {
        match self.faces[face].recv_from(buffer) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => None,
            other => Some(other),
        }
    }

    /// A new turn of the shard's loop: it may wait again.
    pub(super) fn begin_turn(&mut self) {
        self.waited = Duration::ZERO;
    }

    /// Sends a datagram. What the system does not take is counted and dropped: viewers ask again for what they miss.
    pub(super) fn send(&mut self, face: usize, to: SocketAddr, datagram: &[u8]) {
        while let Err(error) = self.faces[face].send_to(datagram, to) {
            let full = error.kind() == io::ErrorKind::WouldBlock;
            if !(full && self.wait_for_room(face)) && error.kind() != io::ErrorKind::Interrupted {
                self.counters.unsent.fetch_add(1, Ordering::Relaxed);
                return;
            }
        }
    }

    fn wait_for_room(&mut self, face: usize) -> bool {
        let left = PATIENCE.saturating_sub(self.waited);
        if left.is_zero() {
            return false;
        }
        let began = Instant::now();
        let timeout = Timespec { tv_sec: 0, tv_nsec: left.subsec_nanos().into() };
        let ready = rustix::event::poll(&mut [PollFd::new(&self.faces[face], PollFlags::OUT)], Some(&timeout));
        self.waited += began.elapsed();
        matches!(ready, Ok(1..))
    }
}

fn bind(address: SocketAddr) -> io::Result<(std::net::UdpSocket, SocketAddr)> {
    let family = if address.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = rustix::net::socket_with(family, SocketType::DGRAM, flags, None)?;
    if address.is_ipv6() {
        // Otherwise "::" would take the port of "0.0.0.0" as well, and show IPv4 viewers under another address.
        sockopt::set_ipv6_v6only(&socket, true)?;
    }
    // A smaller buffer still works: the send side waits, the receive side is short messages.
    let _ = sockopt::set_socket_send_buffer_size(&socket, SOCKET_BUFFER);
    let _ = sockopt::set_socket_recv_buffer_size(&socket, SOCKET_BUFFER);
    rustix::net::bind(&socket, &address)?;
    let socket = std::net::UdpSocket::from(socket);
    let local = socket.local_addr()?;
    Ok((socket, local))
}

/// An address that a viewer is told, and the socket behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Local {
    /// Place of the socket in its shard.
    pub(super) face: usize,
    /// Where viewers send to.
    pub(super) address: SocketAddr,
}

/// The host candidates of a shard whose sockets are bound to `bound`. `machine` gives the addresses of the machine, for
/// sockets bound to all of them.
pub(super) fn locals(bound: &[SocketAddr], public: Option<IpAddr>, machine: impl Fn() -> Vec<IpAddr>) -> Vec<Local> {
    if let Some(ip) = public {
        let same = bound.iter().position(|socket| socket.is_ipv4() == ip.is_ipv4()).unwrap_or(0);
        let port = bound.get(same).map(SocketAddr::port);
        return port.map(|port| Local { face: same, address: SocketAddr::new(ip, port) }).into_iter().collect();
    }
    let mut locals: Vec<Local> = Vec::new();
    for (face, socket) in bound.iter().enumerate() {
        let ips = if socket.ip().is_unspecified() { reachable(machine(), socket.is_ipv4()) } else { vec![socket.ip()] };
        for address in ips.into_iter().map(|ip| SocketAddr::new(ip, socket.port())) {
            if locals.iter().all(|known| known.address != address) {
                locals.push(Local { face, address });
            }
        }
    }
    locals
}

/// The machine's addresses of one family that others can send to; loopback only when there is nothing else.
fn reachable(machine: Vec<IpAddr>, v4: bool) -> Vec<IpAddr> {
    let family = machine.into_iter().filter(|ip| ip.is_ipv4() == v4 && !ip.is_unspecified() && !is_link_local(*ip));
    let (loopback, others): (Vec<_>, Vec<_>) = family.partition(IpAddr::is_loopback);
    match (others.is_empty(), loopback.is_empty()) {
        (false, _) => others,
        (true, false) => loopback,
        (true, true) if v4 => vec![Ipv4Addr::LOCALHOST.into()],
        (true, true) => vec![Ipv6Addr::LOCALHOST.into()],
    }
}

fn is_link_local(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_unicast_link_local(),
    }
}

/// The addresses of the machine's interfaces now; they may change over an evening.
pub(super) fn machine_addresses() -> Vec<IpAddr> {
    match if_addrs::get_if_addrs() {
        Ok(interfaces) => interfaces.iter().map(if_addrs::Interface::ip).collect(),
        Err(error) => {
            tracing::warn!(%error, "the machine's addresses cannot be read: viewers are told loopback only");
            Vec::new()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(bound: &[&str], public: Option<&str>, machine: &[&str]) -> Vec<String> {
        let bound: Vec<SocketAddr> = bound.iter().map(|a| a.parse().unwrap()).collect();
        let machine = || machine.iter().map(|a| a.parse().unwrap()).collect();
        let locals = locals(&bound, public.map(|a| a.parse().unwrap()), machine);
        locals.iter().map(|local| format!("{}@{}", local.address, local.face)).collect()
    }

    #[test]
    fn a_bound_wildcard_is_expanded_to_what_others_can_reach() {
        let machine = ["127.0.0.1", "192.168.1.5", "::1", "fe80::1", "2001:db8::5", "169.254.3.3"];
        assert_eq!(addresses(&["0.0.0.0:7000"], None, &machine), ["192.168.1.5:7000@0"]);
        assert_eq!(
            addresses(&["0.0.0.0:7000", "[::]:7000"], None, &machine),
            ["192.168.1.5:7000@0", "[2001:db8::5]:7000@1"]
        );
    }

    #[test]
    fn loopback_is_told_only_when_listed_or_alone() {
        assert_eq!(addresses(&["0.0.0.0:7000"], None, &["127.0.0.1"]), ["127.0.0.1:7000@0"]);
        assert_eq!(addresses(&["[::]:7000"], None, &[]), ["[::1]:7000@0"]);
        let listed = ["127.0.0.1:7000", "0.0.0.0:7001"];
        assert_eq!(addresses(&listed, None, &["10.0.0.2"]), ["127.0.0.1:7000@0", "10.0.0.2:7001@1"]);
    }

    #[test]
    fn a_public_address_replaces_them_all() {
        let bound = ["[::]:7000", "0.0.0.0:7000"];
        assert_eq!(addresses(&bound, Some("203.0.113.9"), &["10.0.0.2"]), ["203.0.113.9:7000@1"]);
    }
}
