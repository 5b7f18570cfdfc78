//! A network between a peer and the server: a socket that hands datagrams on later than they came, both ways.

use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How often it looks; also by how much a datagram may be later than it should.
const LOOK: Duration = Duration::from_millis(1);

/// The way to the server. It ends when it is dropped.
pub struct Far {
    address: SocketAddr,
    stopping: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Far {
    /// A way to this server that takes so long in each direction. One peer may use it.
    pub fn start(server: SocketAddr, each_way: Duration) -> Self {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free UDP port");
        socket.set_read_timeout(Some(LOOK)).expect("a socket can have a timeout");
        let address = socket.local_addr().expect("a bound socket has an address");
        let stopping = Arc::<AtomicBool>::default();
        let thread = {
            let stopping = Arc::clone(&stopping);
            std::thread::Builder::new().name("far".into()).spawn(move || {
                let (mut peer, mut waiting, mut buffer) = (None, VecDeque::new(), [0; 2048]);
                while !stopping.load(Ordering::Relaxed) {
                    if let Ok((length, from)) = socket.recv_from(&mut buffer) {
                        if from != server {
                            peer = Some(from);
                        }
                        let to = if from == server { peer } else { Some(server) };
                        waiting.extend(to.map(|to| (Instant::now() + each_way, to, buffer[..length].to_vec())));
                    }
                    while waiting.front().is_some_and(|(due, _, _)| *due <= Instant::now()) {
                        let Some((_, to, bytes)) = waiting.pop_front() else { break };
                        // What the system does not take is lost, as on any network.
                        let _ = socket.send_to(&bytes, to);
                    }
                }
            })
        };
        Self { address, stopping, thread: Some(thread.expect("the system has room for a thread")) }
    }

    /// An answer of the server with this way in the place of its own address.
    pub fn lead(&self, answer: &str) -> String {
        let (ip, port) = (self.address.ip().to_string(), self.address.port().to_string());
        let lines = answer.lines().map(|line| match line.strip_prefix("a=candidate:") {
            Some(candidate) => {
                let mut words: Vec<&str> = candidate.split(' ').collect();
                (words[4], words[5]) = (&ip, &port);
                format!("a=candidate:{}\r\n", words.join(" "))
            }
            None => format!("{line}\r\n"),
        });
        lines.collect()
    }
}

/// Where an answer says that the server is: its first candidate.
pub fn server_in(answer: &str) -> SocketAddr {
    let candidate =
        answer.lines().find_map(|line| line.strip_prefix("a=candidate:")).expect("an answer with a candidate");
    let words: Vec<&str> = candidate.split(' ').collect();
    format!("{}:{}", words[4], words[5]).parse().expect("an address and a port")
}

impl Drop for Far {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
