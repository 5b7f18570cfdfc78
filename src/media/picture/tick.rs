//! Program's frame clock: one thread that makes a frame at each tick, and what other threads share with it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

use gstreamer::{self as gst, prelude::*};
use tokio::sync::mpsc;

use super::Stats;
use super::input::{Frame, FrameInput};
use super::keying::Look;
use super::plan::{Keyer, Shape, Stage, Values};
use super::program::{Outlet, Program, force_keyframe};
use super::synchroniser::Shown;
use crate::media::graphics::Slot;
use crate::media::{Error, Format};
use crate::show::{self, CityId, Fact, Picture, Transition};

/// How far program may fall behind and still catch up frame by frame. Beyond it the clock is set anew: to encode more
/// than this at once would take longer than the outage.
const CATCH_UP: Duration = Duration::from_secs(2);

/// First pause before a failed pipeline is started again; it doubles up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// The times of program's frames: frame `n` after `base` is at n/fps, rounded down as the compositor does it.
#[derive(Debug, Clone, Copy)]
struct Grid {
    fps: u64,
    base: Duration,
    next: u64,
}

impl Grid {
    /// A grid whose first frame is the first whole frame number after `now`, so that RTP timestamps step evenly.
    fn after(now: Duration, fps: u64) -> Self {
        let number = now.as_nanos() * u128::from(fps) / 1_000_000_000 + 1;
        let base = number * 1_000_000_000 / u128::from(fps);
        Self { fps, base: Duration::from_nanos(u64::try_from(base).unwrap_or(u64::MAX)), next: 0 }
    }

    fn time(&self, frame: u64) -> Duration {
        self.base + Duration::from_nanos(frame * 1_000_000_000 / self.fps)
    }

    fn next_time(&self) -> Duration {
        self.time(self.next)
    }

    /// The length of a frame, rounded down.
    fn length(&self) -> Duration {
        Duration::from_nanos(1_000_000_000 / self.fps)
    }
}

/// What all threads share: the stage with its plan, the frame that is next, and whether to go on.
#[derive(Debug)]
pub(super) struct Switcher {
    scene: Mutex<Scene>,
    pipeline: Mutex<Option<gst::Pipeline>>,
    stopping: Mutex<bool>,
    stop: Condvar,
    late: AtomicU64,
    skipped: AtomicU64,
    restarts: AtomicU64,
}

#[derive(Debug)]
struct Scene {
    stage: Stage,
    grid: Grid,
    /// What the inputs showed last.
    shapes: Vec<Shape>,
    /// The keyer that belongs to the picture, beneath the one that is set by itself.
    upstream: Keyer<Arc<Slot>>,
    downstream: Keyer<Arc<Slot>>,
}

impl Scene {
    /// Goes on from `now`. Answers how many frames are left out.
    fn restart(&mut self, now: Duration) -> u64 {
        let gap = Grid::after(now, self.grid.fps).base.saturating_sub(self.grid.next_time());
        self.grid = Grid::after(now, self.grid.fps);
        u64::try_from((gap.as_nanos() * u128::from(self.grid.fps) + 500_000_000) / 1_000_000_000).unwrap_or(u64::MAX)
    }
}

impl Switcher {
    /// A switcher of a running pipeline; frames begin after `now`.
    pub(super) fn new(stage: Stage, format: &Format, now: Duration, pipeline: gst::Pipeline) -> Self {
        let scene = Scene {
            stage,
            grid: Grid::after(now, format.fps.into()),
            shapes: Vec::new(),
            upstream: Keyer::default(),
            downstream: Keyer::default(),
        };
        Self {
            scene: Mutex::new(scene),
            pipeline: Mutex::new(Some(pipeline)),
            stopping: Mutex::default(),
            stop: Condvar::new(),
            late: AtomicU64::default(),
            skipped: AtomicU64::default(),
            restarts: AtomicU64::default(),
        }
    }

    /// Plans picture and graphic from the next frame on, and answers its time.
    pub(super) fn show(&self, picture: &Picture, graphic: Option<Arc<Slot>>, transition: Transition) -> Duration {
        let mut scene = self.scene();
        let at = scene.grid.next_time();
        let frame = scene.grid.length();
        let Scene { stage, shapes, upstream, .. } = &mut *scene;
        let actions = stage.show(picture, transition, at, shapes);
        upstream.set(graphic, at, transition.duration(), frame);
        tracing::debug!(at_ms = at.as_millis(), actions = actions.len(), "a picture is planned");
        at
    }

    /// Plans the downstream keyer's graphic from the next frame on, and answers its time.
    pub(super) fn key(&self, graphic: Option<Arc<Slot>>, fade: Duration) -> Duration {
        let mut scene = self.scene();
        let at = scene.grid.next_time();
        let frame = scene.grid.length();
        scene.downstream.set(graphic, at, fade, frame);
        at
    }

    pub(super) fn force_keyframe(&self) {
        if let Some(pipeline) = &*self.pipeline() {
            force_keyframe(pipeline);
        }
    }

    #[cfg(test)]
    pub(super) fn encoder(&self) -> Option<gst::Element> {
        self.pipeline().as_ref()?.by_name("encoder")
    }

    pub(super) fn stats(&self) -> Stats {
        Stats {
            late: self.late.load(Ordering::Relaxed),
            skipped: self.skipped.load(Ordering::Relaxed),
            restarts: self.restarts.load(Ordering::Relaxed),
            ..Stats::default()
        }
    }

    /// Ends the frame clock, also where it waits for the compositor.
    pub(super) fn stop(&self) {
        *self.stopping.lock().expect("no code panics while it holds the flag") = true;
        self.stop.notify_all();
        if let Some(pipeline) = self.pipeline().take()
            && let Err(error) = pipeline.set_state(gst::State::Null)
        {
            tracing::warn!(%error, "the program pipeline does not stop");
        }
    }

    /// Waits; answers whether to go on.
    fn pause(&self, length: Duration) -> bool {
        let stopping = self.stopping.lock().expect("no code panics while it holds the flag");
        let (stopping, _) = self
            .stop
            .wait_timeout_while(stopping, length, |stopping| !*stopping)
            .expect("no code panics while it holds the flag");
        !*stopping
    }

    /// Closes the plan for the frame at `at`: what each input must look like in it, and what lies over it.
    fn advance(&self, at: Duration, shapes: Vec<Shape>) -> (Vec<Values>, Look) {
        let mut scene = self.scene();
        scene.grid.next += 1;
        scene.shapes = shapes;
        let values = (0..scene.shapes.len()).map(|input| scene.stage.values(input, at)).collect();
        (values, Look([scene.upstream.look(at), scene.downstream.look(at)]))
    }

    fn scene(&self) -> MutexGuard<'_, Scene> {
        self.scene.lock().expect("the planner does not panic")
    }

    fn pipeline(&self) -> MutexGuard<'_, Option<gst::Pipeline>> {
        self.pipeline.lock().expect("no code panics while it holds the pipeline")
    }
}

/// Something the compositor has an input for.
#[derive(Debug)]
pub(super) enum Source {
    City { id: CityId, slate: Frame, input: FrameInput, flows: bool, reported: bool },
    Slate(Frame),
}

impl Source {
    pub(super) fn city(id: CityId, slate: Frame, alignment: Duration) -> Self {
        Self::City { id, slate, input: FrameInput::new(alignment), flows: false, reported: false }
    }

    pub(super) fn slate(frame: Frame) -> Self {
        Self::Slate(frame)
    }

    pub(super) fn name(&self) -> show::Source {
        match self {
            Self::City { id, .. } => show::Source::City(id.clone()),
            Self::Slate(_) => show::Source::Slate,
        }
    }

    pub(super) fn input(&self) -> Option<(CityId, FrameInput)> {
        match self {
            Self::City { id, input, .. } => Some((id.clone(), input.clone())),
            Self::Slate(_) => None,
        }
    }

    /// The one frame for this tick.
    fn at(&mut self, tick: Duration) -> Frame {
        match self {
            Self::Slate(frame) => frame.clone(),
            Self::City { slate, input, flows, .. } => match input.at(tick) {
                Shown::Frame(frame) => {
                    *flows = true;
                    frame
                }
                Shown::Slate => {
                    *flows = false;
                    slate.clone()
                }
            },
        }
    }

    /// Reports whether frames flow, if that is not known yet; if there is no room, at the next tick.
    fn report(&mut self, facts: &mpsc::Sender<Fact>) {
        let Self::City { id, flows, reported, .. } = self else { return };
        if flows == reported {
            return;
        }
        let city = id.clone();
        let fact = if *flows { Fact::FramesFlow { city } } else { Fact::FramesStopped { city } };
        if facts.try_send(fact).is_ok() {
            tracing::debug!(city = %id, flows, "a city's frames");
            *reported = *flows;
        }
    }
}

/// The frame clock's own state.
pub(super) struct Ticker {
    pub(super) format: Format,
    pub(super) sources: Vec<Source>,
    pub(super) outlet: Arc<Outlet>,
    pub(super) switcher: Arc<Switcher>,
    pub(super) facts: mpsc::Sender<Fact>,
    /// None while it is being started again.
    pub(super) program: Option<Program>,
}

impl Ticker {
    /// Makes frames until the switcher stops it.
    pub(super) fn run(mut self) {
        let mut pause = FIRST_PAUSE;
        loop {
            let before = self.frames_made();
            match self.run_program() {
                Ended::Stopped => return,
                Ended::Behind(lag) => {
                    tracing::error!(lag_ms = lag.as_millis(), "program is too far behind to catch up: it jumps");
                }
                Ended::Failed(why) => tracing::error!(%why, "the program pipeline failed"),
            }
            pause = if self.frames_made() > before { FIRST_PAUSE } else { (pause * 2).min(LONGEST_PAUSE) };
            while self.program.is_none() {
                if !self.switcher.pause(pause) {
                    return;
                }
                if let Err(error) = self.restart_program() {
                    tracing::error!(%error, "the program pipeline does not start again");
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
            }
        }
    }

    fn frames_made(&self) -> u64 {
        self.outlet.frames.load(Ordering::Relaxed)
    }

    /// Makes frames as long as the pipeline takes them, and leaves none behind.
    fn run_program(&mut self) -> Ended {
        let Some(mut program) = self.program.take() else { return Ended::Failed("it was not started".into()) };
        let ended = loop {
            let at = self.switcher.scene().grid.next_time();
            let wait = at.saturating_sub(self.outlet.clock.now());
            if !self.switcher.pause(wait) {
                break Ended::Stopped;
            }
            let lag = self.outlet.clock.now().saturating_sub(at);
            if lag > CATCH_UP {
                break Ended::Behind(lag);
            }
            if lag > self.format.frame() {
                self.switcher.late.fetch_add(1, Ordering::Relaxed);
            }
            if let Err(error) = self.tick(&mut program, at) {
                // Stopping the pipeline is how the switcher ends a push that waits.
                break if self.switcher.pause(Duration::ZERO) {
                    Ended::Failed(program.fault().unwrap_or_else(|| format!("its compositor answers {error}")))
                } else {
                    Ended::Stopped
                };
            }
            if let Some(why) = program.fault() {
                break Ended::Failed(why);
            }
        };
        *self.switcher.pipeline() = None;
        ended
    }

    /// Makes the frame at `at`: one picture of each source, in the look that is planned for it.
    fn tick(&mut self, program: &mut Program, at: Duration) -> Result<(), gst::FlowError> {
        let frames: Vec<Frame> = self.sources.iter_mut().map(|source| source.at(at)).collect();
        let (values, look) = self.switcher.advance(at, frames.iter().map(|frame| frame.shape).collect());
        for (input, values) in values.iter().enumerate() {
            program.drive(input, at, values);
        }
        program.key(at, look);
        for (input, frame) in frames.iter().enumerate() {
            program.push(input, frame, at, self.format.frame())?;
        }
        for source in &mut self.sources {
            source.report(&self.facts);
        }
        Ok(())
    }

    fn restart_program(&mut self) -> Result<(), Error> {
        let program = Program::start(&self.format, self.sources.len(), &self.outlet)?;
        *self.switcher.pipeline() = Some(program.handle());
        self.program = Some(program);
        let skipped = self.switcher.scene().restart(self.outlet.clock.now());
        self.switcher.skipped.fetch_add(skipped, Ordering::Relaxed);
        self.switcher.restarts.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

/// Why a run of the pipeline is over.
enum Ended {
    Stopped,
    Behind(Duration),
    Failed(String),
}
