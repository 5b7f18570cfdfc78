//! Program's frame clock: one thread that makes a frame at each tick, and starts the pipeline anew when that fails.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use gstreamer as gst;

use super::Stats;
use super::guard::{Fault, Helpers, LOOK, Voice};
use super::program::{Outlet, Program, force_keyframe};
use super::renderer::Renderer;
use super::switcher::Switcher;
use crate::media::codec::Ladder;
use crate::media::{Error, Format};
use crate::video::Size;

/// How far program may fall behind and still catch up frame by frame. Beyond it the clock is set anew: to encode more
/// than this at once would take longer than the outage.
const CATCH_UP: Duration = Duration::from_secs(2);

/// First pause before a failed pipeline is started again; it doubles up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// How long a failed pipeline is waited for until it is down. The next one does not need it to be.
const TEARDOWN: Duration = Duration::from_millis(500);
/// The same where the engine ends.
const LAST_TEARDOWN: Duration = Duration::from_secs(1);
/// How long a pipeline may take to start.
const STARTUP: Duration = Duration::from_secs(2);

/// How long a free buffer is waited for: an encoder that keeps all of them is at fault.
const STARVED: Duration = Duration::from_millis(500);

/// What the frame clock tells others.
#[derive(Debug, Default)]
pub(super) struct Gauges {
    pipeline: Mutex<Option<gst::Pipeline>>,
    late: AtomicU64,
    skipped: AtomicU64,
    restarts: AtomicU64,
    render_us: AtomicU64,
}

impl Gauges {
    /// The counters that are the frame clock's.
    pub(super) fn stats(&self) -> Stats {
        Stats {
            late: self.late.load(Ordering::Relaxed),
            skipped: self.skipped.load(Ordering::Relaxed),
            restarts: self.restarts.load(Ordering::Relaxed),
            render: Duration::from_micros(self.render_us.load(Ordering::Relaxed)),
            ..Stats::default()
        }
    }

    /// Asks the pipeline that runs for a keyframe.
    pub(super) fn force_keyframe(&self) {
        let pipeline = self.pipeline().clone();
        if let Some(pipeline) = pipeline {
            force_keyframe(&pipeline);
        }
    }

    /// The encoder that runs.
    #[cfg(test)]
    pub(super) fn encoder(&self) -> Option<gst::Element> {
        gstreamer::prelude::GstBinExt::by_name(self.pipeline().as_ref()?, "encoder")
    }

    fn pipeline(&self) -> MutexGuard<'_, Option<gst::Pipeline>> {
        self.pipeline.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The frame clock's own state.
pub(super) struct Ticker {
    format: Format,
    outlet: Arc<Outlet>,
    switcher: Arc<Switcher>,
    gauges: Arc<Gauges>,
    renderer: Renderer,
    encoders: Ladder,
    voice: Voice,
    helpers: Helpers,
    /// None while it is being started again.
    program: Option<Program>,
    pause: Duration,
    /// Pictures that had gone out when the pipeline that runs was started.
    frames_before: u64,
}

impl Ticker {
    /// With a pipeline that runs already.
    pub(super) fn start(
        format: Format,
        encoders: Ladder,
        outlet: Arc<Outlet>,
        switcher: Arc<Switcher>,
        gauges: Arc<Gauges>,
        mut voice: Voice,
    ) -> Result<Self, Error> {
        let program = Program::start(&format, encoders.chosen(), &outlet, outlet.signals.begin())?;
        if let Some(fault) = encoders.fault() {
            voice.fallen(fault.to_owned());
        }
        *gauges.pipeline() = Some(program.handle());
        Ok(Self {
            renderer: renderer(&format)?,
            format,
            outlet,
            switcher,
            gauges,
            encoders,
            voice,
            helpers: Helpers::default(),
            program: Some(program),
            pause: FIRST_PAUSE,
            frames_before: 0,
        })
    }

    /// Makes frames until the engine ends, whatever happens meanwhile.
    pub(super) fn run(mut self) {
        // What a panic leaves behind is thrown away (pipeline, renderer) or whole whatever happens (the switcher's state).
        while let Err(panic) = catch_unwind(AssertUnwindSafe(|| self.run_on())) {
            self.switcher.settle();
            self.fail(&Fault::Panicked(words(panic.as_ref())));
        }
        self.take_down(LAST_TEARDOWN);
    }

    fn run_on(&mut self) {
        loop {
            let ended = if self.program.is_some() { self.run_program() } else { self.restart() };
            match ended {
                Ended::Stopped => return,
                Ended::Failed(fault) => self.fail(&fault),
                Ended::Started => {}
            }
        }
    }

    /// Makes frames as long as the pipeline takes them, and leaves none behind.
    fn run_program(&mut self) -> Ended {
        loop {
            let at = self.switcher.next_time();
            match self.wait_until(at) {
                Ok(true) => {}
                Ok(false) => return Ended::Stopped,
                Err(fault) => return Ended::Failed(fault),
            }
            let lag = self.outlet.clock.now().saturating_sub(at);
            if lag > CATCH_UP {
                tracing::error!(lag_ms = lag.as_millis(), "program is too far behind to catch up: it jumps");
                self.jump();
                continue;
            }
            if lag > self.format.frame() {
                self.gauges.late.fetch_add(1, Ordering::Relaxed);
            }
            if let Err(fault) = self.tick(at) {
                return Ended::Failed(fault);
            }
        }
    }

    /// Makes the frame at `at`, which is the next one. Waits for nothing but the encoder.
    pub(super) fn tick(&mut self, at: Duration) -> Result<(), Fault> {
        let begun = Instant::now();
        self.switcher.catch_up();
        let moment = self.switcher.advance(at);
        let mut frame = self.renderer.render(&moment);
        let took = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.gauges.render_us.store(took, Ordering::Relaxed);
        while frame.is_none() {
            if begun.elapsed() > STARVED {
                return Err(Fault::Message("its encoder keeps all pictures that it was given".into()));
            }
            if !self.outlet.signals.pause(Duration::from_millis(2)) {
                return Ok(());
            }
            frame = self.renderer.render(&moment);
        }
        if let (Some(frame), Some(program)) = (frame, &mut self.program) {
            program.push(frame, at)?;
        }
        self.switcher.report(self.voice.facts());
        self.voice.speak();
        Ok(())
    }

    /// Waits for a time, with an eye on the pipeline. Answers whether to go on.
    fn wait_until(&mut self, at: Duration) -> Result<bool, Fault> {
        loop {
            if let Some(program) = &mut self.program {
                program.look()?;
                if program.is_seen() {
                    self.voice.mended();
                }
            }
            let wait = at.saturating_sub(self.outlet.clock.now());
            if !self.outlet.signals.pause(wait.min(LOOK)) {
                return Ok(false);
            }
            if wait <= LOOK {
                return Ok(true);
            }
        }
    }

    /// Gives the pipeline up, and says so.
    fn fail(&mut self, fault: &Fault) {
        tracing::error!(%fault, "the program pipeline failed: it is started anew, and viewers see the slate meanwhile");
        self.voice.broken(fault.to_string());
        if !matches!(fault, Fault::Panicked(_)) {
            self.step_down(&fault.to_string());
        }
        let frames = self.outlet.frames.load(Ordering::Relaxed);
        let worked = frames > std::mem::replace(&mut self.frames_before, frames);
        self.pause = if worked { FIRST_PAUSE } else { (self.pause * 2).min(LONGEST_PAUSE) };
        self.take_down(TEARDOWN);
    }

    /// What may be the encoder's fault is not tried again with that one, if there is another.
    fn step_down(&mut self, why: &str) {
        if !self.encoders.is_at_the_end() {
            self.encoders.failed(why);
            self.voice.fallen(self.encoders.fault().unwrap_or(why).to_owned());
        }
    }

    /// Ends the pipeline, on a thread of its own since that may hang.
    fn take_down(&mut self, deadline: Duration) {
        *self.gauges.pipeline() = None;
        self.outlet.signals.revoke();
        let Some(program) = self.program.take() else { return };
        if self.helpers.within(deadline, move || drop(program)).is_none() {
            tracing::error!(
                deadline_ms = deadline.as_millis(),
                "the program pipeline does not stop: it is left behind"
            );
        }
    }

    /// Starts the pipeline again, after a pause.
    fn restart(&mut self) -> Ended {
        self.voice.speak();
        if !self.outlet.signals.pause(self.pause) {
            return Ended::Stopped;
        }
        match self.start_program() {
            Ok((program, renderer)) => {
                *self.gauges.pipeline() = Some(program.handle());
                (self.program, self.renderer) = (Some(program), renderer);
                self.gauges.restarts.fetch_add(1, Ordering::Relaxed);
                self.jump();
                Ended::Started
            }
            Err(error) => {
                tracing::error!(error, "the program pipeline does not start again");
                self.step_down(&error);
                self.voice.broken(error);
                self.pause = (self.pause * 2).min(LONGEST_PAUSE);
                Ended::Started
            }
        }
    }

    /// Starts a pipeline, and a renderer with memory of its own: a pipeline that was left behind keeps what it has.
    fn start_program(&self) -> Result<(Program, Renderer), String> {
        if self.helpers.is_full() {
            return Err("too many pipelines hang that were given up; regia must be started anew".into());
        }
        let (format, outlet, run) = (self.format, Arc::clone(&self.outlet), self.outlet.signals.begin());
        let encoder = self.encoders.chosen().clone();
        let started = self.helpers.within(STARTUP, move || Program::start(&format, &encoder, &outlet, run));
        let program = started.ok_or_else(|| format!("it did not start within {} s", STARTUP.as_secs()))?;
        let program = program.map_err(|error| error.to_string())?;
        Ok((program, renderer(&self.format).map_err(|error| error.to_string())?))
    }

    /// Leaves out the frames that should have been made by now.
    fn jump(&self) {
        let skipped = self.switcher.restart(self.outlet.clock.now());
        self.gauges.skipped.fetch_add(skipped, Ordering::Relaxed);
    }
}

fn renderer(format: &Format) -> Result<Renderer, Error> {
    Renderer::new(Size { width: format.width, height: format.height })
}

/// What a panic says.
fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "without a word".into())
}

/// How a step of the frame clock ended.
enum Ended {
    Stopped,
    Failed(Fault),
    Started,
}
