//! A bounded ring of packets with one writing side and any number of readers, each with its own place in it.
//!
//! A reader that is too slow loses the oldest packets and is told how many: it can never hold up the writer.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::task::Waker;
use std::time::Duration;

use super::{Kind, Packet};

/// The packets of one channel, newest last.
#[derive(Debug)]
pub struct Ring {
    capacity: usize,
    inner: Mutex<Inner>,
    arrived: Condvar,
}

#[derive(Debug, Default)]
struct Inner {
    packets: VecDeque<Arc<Packet>>,
    /// Place of the front of `packets`, counted since the ring was made.
    front: u64,
    wakers: Vec<(u64, Waker)>,
    last_waker: u64,
}

impl Ring {
    /// A ring that keeps the newest `capacity` packets.
    pub fn new(capacity: usize) -> Arc<Self> {
        let inner = Inner { packets: VecDeque::with_capacity(capacity), ..Inner::default() };
        Arc::new(Self { capacity, inner: Mutex::new(inner), arrived: Condvar::new() })
    }

    /// Appends a packet and wakes the readers; drops the oldest one when the ring is full. Those who block in
    /// [`Reader::wait`] are woken where a picture ends, and by every packet of sound: before that they can do nothing.
    pub fn push(&self, packet: Packet) {
        let mut inner = self.lock();
        if inner.packets.len() == self.capacity {
            inner.packets.pop_front();
            inner.front += 1;
        }
        let is_end = packet.marker || packet.kind == Kind::Audio;
        inner.packets.push_back(Arc::new(packet));
        for (_, waker) in &inner.wakers {
            waker.wake_by_ref();
        }
        drop(inner);
        if is_end {
            self.arrived.notify_all();
        }
    }

    /// A reader of everything pushed from now on, for a thread that blocks in [`Reader::wait`].
    pub fn reader(self: &Arc<Self>) -> Reader {
        let inner = self.lock();
        let next = inner.front + inner.packets.len() as u64;
        Reader { ring: Arc::clone(self), next, waker: None }
    }

    /// A reader of everything pushed from now on; each push calls `waker` while the reader lives.
    pub fn reader_with_waker(self: &Arc<Self>, waker: Waker) -> Reader {
        let mut inner = self.lock();
        let next = inner.front + inner.packets.len() as u64;
        inner.last_waker += 1;
        let id = inner.last_waker;
        inner.wakers.push((id, waker));
        Reader { ring: Arc::clone(self), next, waker: Some(id) }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().expect("no code panics while it holds a ring")
    }
}

/// One reader's place in a [`Ring`].
#[derive(Debug)]
pub struct Reader {
    ring: Arc<Ring>,
    next: u64,
    waker: Option<u64>,
}

impl Reader {
    /// Moves all packets not yet read into `into`. Returns how many were lost because the reader was too slow.
    pub fn drain(&mut self, into: &mut Vec<Arc<Packet>>) -> u64 {
        let inner = self.ring.lock();
        Self::take(&mut self.next, &inner, into)
    }

    /// As [`Reader::drain`], but where nothing waits to be read, it waits up to `timeout` until a picture has ended or sound
    /// has come. A part of a picture that nobody ends is answered with the timeout.
    pub fn wait(&mut self, timeout: Duration, into: &mut Vec<Arc<Packet>>) -> u64 {
        let next = self.next;
        let inner = self.ring.lock();
        let (inner, _) = self
            .ring
            .arrived
            .wait_timeout_while(inner, timeout, |inner| inner.front + inner.packets.len() as u64 <= next)
            .expect("no code panics while it holds a ring");
        Self::take(&mut self.next, &inner, into)
    }

    fn take(next: &mut u64, inner: &Inner, into: &mut Vec<Arc<Packet>>) -> u64 {
        let lost = inner.front.saturating_sub(*next);
        *next += lost;
        let skip = usize::try_from(*next - inner.front).expect("a ring fits in memory");
        into.extend(inner.packets.iter().skip(skip).cloned());
        *next = inner.front + inner.packets.len() as u64;
        lost
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        if let Some(id) = self.waker {
            self.ring.lock().wakers.retain(|(waker, _)| *waker != id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Kind, Origin};
    use super::*;

    fn packet(sequence: u64) -> Packet {
        Packet {
            origin: Origin::Standby,
            kind: Kind::Video,
            sequence,
            timestamp: 0,
            running_time: Duration::ZERO,
            marker: true,
            keyframe: true,
            payload: Arc::from([0u8].as_slice()),
        }
    }

    fn read(reader: &mut Reader) -> (u64, Vec<u64>) {
        let mut packets = Vec::new();
        let lost = reader.drain(&mut packets);
        (lost, packets.iter().map(|p| p.sequence).collect())
    }

    #[test]
    fn each_reader_reads_everything_pushed_after_it_came() {
        let ring = Ring::new(8);
        ring.push(packet(1));
        let mut early = ring.reader();
        ring.push(packet(2));
        let mut late = ring.reader();
        ring.push(packet(3));
        assert_eq!(read(&mut early), (0, vec![2, 3]));
        assert_eq!(read(&mut late), (0, vec![3]));
        assert_eq!(read(&mut late), (0, vec![]));
    }

    #[test]
    fn a_slow_reader_loses_the_oldest_and_is_told_how_many() {
        let ring = Ring::new(3);
        let mut slow = ring.reader();
        for sequence in 0..10 {
            ring.push(packet(sequence));
        }
        assert_eq!(read(&mut slow), (7, vec![7, 8, 9]));
    }

    #[test]
    fn a_waiting_reader_wakes_on_a_push() {
        let ring = Ring::new(3);
        let mut reader = ring.reader();
        let writer = {
            let ring = Arc::clone(&ring);
            std::thread::spawn(move || ring.push(packet(5)))
        };
        let mut packets = Vec::new();
        reader.wait(Duration::from_secs(10), &mut packets);
        assert_eq!(packets[0].sequence, 5);
        writer.join().unwrap();
    }

    #[test]
    fn a_reader_that_is_gone_is_not_woken() {
        let ring = Ring::new(3);
        let reader = ring.reader_with_waker(Waker::noop().clone());
        assert_eq!(ring.lock().wakers.len(), 1);
        drop(reader);
        assert!(ring.lock().wakers.is_empty());
    }
}
