//! Monitors: pictures for operators, on channels of their own. Drawn and encoded only while somebody watches.
//!
//! A thread sleeps until its channel has an audience, makes pictures at its own low rate, and lets go of everything some
//! seconds after the last one has left. Nothing here holds program up: what a monitor shows it reads beside the frame clock.

mod multiview;
mod output;
mod scene;

#[cfg(test)]
mod tests;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use gstreamer as gst;

pub use multiview::Panel;
pub(super) use scene::{multiview, preview};

use self::output::Output;
use super::grid::Grid;
use crate::gst::EventClock;
use crate::media::{Error, Format};
use crate::rtp::Channel;

/// How long a monitor goes on after the last one has left: a page that is loaded anew comes back to a running picture.
const LINGER: Duration = Duration::from_secs(3);

/// Pause after a fault.
const PAUSE: Duration = Duration::from_secs(1);

/// The longest sleep without a look: every wait ends.
const SLEEP: Duration = Duration::from_secs(60);

/// Draws what is due at an instant, in the monitor's format. `None`: nothing to show now.
pub(super) type Draw = Box<dyn FnMut(Duration) -> Option<gst::Buffer>>;

/// A monitor. Dropping it stops it, which may block for some milliseconds.
#[derive(Debug)]
pub struct Monitor {
    channel: Arc<Channel>,
    stopping: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
    keyframes: tokio::task::JoinHandle<()>,
}

impl Monitor {
    /// Starts one on a channel; `open` is called for the first of an audience, and gives what draws. Must be called within a
    /// tokio runtime.
    pub(super) fn start(
        format: &Format,
        channel: Arc<Channel>,
        clock: EventClock,
        open: impl Fn() -> Result<Draw, Error> + Send + 'static,
    ) -> Result<Self, Error> {
        format.check()?;
        let runtime = tokio::runtime::Handle::try_current()?;
        let (stopping, keyframe) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
        let worker = Worker {
            format: *format,
            channel: Arc::clone(&channel),
            clock,
            open,
            stopping: Arc::clone(&stopping),
            keyframe: Arc::clone(&keyframe),
        };
        let thread = std::thread::Builder::new().name(channel.id().to_string()).spawn(move || worker.run())?;
        let keyframes = runtime.spawn({
            let channel = Arc::clone(&channel);
            async move {
                loop {
                    channel.keyframe_wanted().await;
                    keyframe.store(true, Ordering::Relaxed);
                }
            }
        });
        Ok(Self { channel, stopping, thread: Some(thread), keyframes })
    }
}

impl Drop for Monitor {
    fn drop(&mut self) {
        self.keyframes.abort();
        self.stopping.store(true, Ordering::Release);
        self.channel.watching().nudge();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!(channel = %self.channel.id(), "a monitor's thread had panicked");
        }
    }
}

/// The thread's own state.
struct Worker<F> {
    format: Format,
    channel: Arc<Channel>,
    clock: EventClock,
    open: F,
    stopping: Arc<AtomicBool>,
    /// Somebody needs a keyframe.
    keyframe: Arc<AtomicBool>,
}

impl<F: Fn() -> Result<Draw, Error>> Worker<F> {
    fn run(self) {
        loop {
            self.channel.watching().wait(SLEEP, |audience| audience > 0 || self.is_stopping());
            if self.is_stopping() {
                return;
            }
            if self.channel.audience() == 0 {
                continue;
            }
            // What a panic leaves behind is thrown away: all that `show` has is its own.
            let shown = catch_unwind(AssertUnwindSafe(|| self.show()));
            let error = match shown {
                Ok(Ok(())) => continue,
                Ok(Err(error)) => error,
                Err(_) => "it panicked".into(),
            };
            tracing::error!(channel = %self.channel.id(), error, "a monitor failed: it is started anew");
            self.pause(PAUSE);
        }
    }

    /// Makes pictures as long as somebody watches.
    fn show(&self) -> Result<(), String> {
        let words = |error: Error| error.to_string();
        let begun = Instant::now();
        let mut draw = (self.open)().map_err(words)?;
        let mut output = Output::start(&self.format, &self.channel, &self.clock).map_err(words)?;
        tracing::info!(channel = %self.channel.id(), took_ms = begun.elapsed().as_millis(), "somebody watches: it is encoded");
        // The first picture is a keyframe anyway, and comes at once.
        self.keyframe.store(false, Ordering::Relaxed);
        let mut at = self.clock.now();
        let mut grid = Grid::after(at, self.format.fps.into());
        let mut alone = None;
        while !self.is_stopping() {
            match self.channel.audience() {
                0 if alone.get_or_insert_with(Instant::now).elapsed() >= LINGER => {
                    tracing::info!(channel = %self.channel.id(), "nobody watches any more: it rests");
                    return Ok(());
                }
                0 => {}
                _ => alone = None,
            }
            if self.keyframe.swap(false, Ordering::Relaxed) {
                output.force_keyframe();
            }
            if output.is_ready()?
                && let Some(frame) = draw(at)
            {
                output.push(frame, at)?;
            }
            // A machine that is too slow leaves frames out.
            grid.restart(self.clock.now());
            at = grid.next_time();
            grid.advance();
            self.pause(at.saturating_sub(self.clock.now()));
        }
        Ok(())
    }

    /// Waits, but not while the monitor is to end.
    fn pause(&self, length: Duration) {
        self.channel.watching().wait(length, |_| self.is_stopping());
    }

    fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }
}
