//! Program's frame clock: one thread that makes a frame at each tick, and what other threads share with it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

use gstreamer::{self as gst, prelude::*};
use tokio::sync::mpsc;

use super::Stats;
use super::bank::{Bank, INPUTS};
use super::input::{Frame, FrameInput};
use super::keying::Look;
use super::plan::{Canvas, Keyer, Shape, Stage, Values};
use super::program::{Outlet, Program, force_keyframe};
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
    bank: Bank,
    /// What the inputs showed last.
    shapes: Vec<Shape>,
    /// What was asked for last. A city in it that comes only now is shown at once.
    wanted: Picture,
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

    /// Plans the wanted picture from the next frame on, and answers its time.
    fn plan(&mut self, transition: Transition) -> Duration {
        let at = self.grid.next_time();
        let actions = self.stage.show(&self.wanted, transition, at, &self.shapes);
        tracing::debug!(at_ms = at.as_millis(), actions = actions.len(), "a picture is planned");
        at
    }
}

impl Switcher {
    /// A switcher of a running pipeline; frames begin after `now`, with the slate.
    pub(super) fn new(canvas: Canvas, bank: Bank, format: &Format, now: Duration, pipeline: gst::Pipeline) -> Self {
        let mut stage = Stage::new(canvas, INPUTS);
        stage.cast(Bank::SLATE, Some(show::Source::Slate));
        let mut scene = Scene {
            stage,
            grid: Grid::after(now, format.fps.into()),
            bank,
            shapes: Vec::new(),
            wanted: Picture::full(show::Source::Slate),
            upstream: Keyer::default(),
            downstream: Keyer::default(),
        };
        scene.plan(Transition::Cut {});
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
        scene.wanted = picture.clone();
        let length = transition.duration();
        let at = scene.plan(transition);
        let frame = scene.grid.length();
        scene.upstream.set(graphic, at, length, frame);
        at
    }

    /// Puts a city on an input that is free.
    pub(super) fn add(&self, city: &CityId, slate: Frame, input: FrameInput) -> Result<(), Error> {
        let mut scene = self.scene();
        let shape = slate.shape;
        let pad = scene.bank.add(city, slate, input)?;
        if let Some(shown) = scene.shapes.get_mut(pad) {
            *shown = shape;
        }
        let source = show::Source::City(city.clone());
        let is_wanted = scene.wanted.boxes.iter().any(|wanted| wanted.source == source);
        scene.stage.cast(pad, Some(source));
        if is_wanted {
            scene.plan(Transition::Cut {});
        }
        Ok(())
    }

    /// Takes a city away. While it is seen it keeps its input, so that the way to the next picture looks as planned.
    pub(super) fn remove(&self, city: &CityId) {
        let mut scene = self.scene();
        if let Some(pad) = scene.bank.leave(city) {
            scene.stage.cast(pad, None);
        }
    }

    /// Changes the evening's own slate from the next frame on.
    pub(super) fn set_own_slate(&self, slate: Frame) {
        self.scene().bank.set_own_slate(slate);
    }

    /// Changes a city's slate, from the next frame on.
    pub(super) fn set_slate(&self, city: &CityId, slate: Frame) -> Result<(), Error> {
        self.scene().bank.set_slate(city, slate)
    }

    /// Where the frames of a city go.
    pub(super) fn input(&self, city: &CityId) -> Option<FrameInput> {
        self.scene().bank.input(city)
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

    /// Closes the plan for the frame at `at`: the one frame of each input for it, what it must look like, and what lies
    /// over all of them.
    fn advance(&self, at: Duration) -> (Vec<(Frame, Values)>, Look) {
        let mut scene = self.scene();
        let scene = &mut *scene;
        scene.grid.next += 1;
        scene.bank.free(|pad| scene.stage.is_off(pad, at));
        let frames = scene.bank.frames(at);
        scene.shapes.clear();
        scene.shapes.extend(frames.iter().map(|frame| frame.shape));
        let inputs = frames.into_iter().enumerate().map(|(pad, frame)| (frame, scene.stage.values(pad, at))).collect();
        (inputs, Look([scene.upstream.look(at), scene.downstream.look(at)]))
    }

    /// Reports which cities' frames flow.
    fn report(&self, facts: &mpsc::Sender<Fact>) {
        self.scene().bank.report(facts);
    }

    fn scene(&self) -> MutexGuard<'_, Scene> {
        self.scene.lock().expect("the planner does not panic")
    }

    fn pipeline(&self) -> MutexGuard<'_, Option<gst::Pipeline>> {
        self.pipeline.lock().expect("no code panics while it holds the pipeline")
    }
}

/// The frame clock's own state.
pub(super) struct Ticker {
    pub(super) format: Format,
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
        let (inputs, look) = self.switcher.advance(at);
        for (input, (_, values)) in inputs.iter().enumerate() {
            program.drive(input, at, values);
        }
        program.key(at, look);
        for (input, (frame, _)) in inputs.iter().enumerate() {
            program.push(input, frame, at, self.format.frame())?;
        }
        self.switcher.report(&self.facts);
        Ok(())
    }

    fn restart_program(&mut self) -> Result<(), Error> {
        let program = Program::start(&self.format, INPUTS, &self.outlet)?;
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
