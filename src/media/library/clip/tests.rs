//! The clip player as the engines see it: pictures and sound with their instants.

use std::path::PathBuf;
use std::time::Instant;

use super::*;
use crate::media::library::testing::make;
use crate::media::testing::*;

const MS: Duration = Duration::from_millis(1);

struct Rig {
    clock: EventClock,
    frames: FrameInput,
    /// When each block of sound begins, and how loud it is.
    sound: Arc<Mutex<Vec<(Duration, f32)>>>,
    player: ClipPlayer,
    _folder: tempfile::TempDir,
}

/// Half a second red and silent, then half a second blue with a tone.
fn film(path: &Path) {
    let colour = |name: &str| {
        format!(
            "videotestsrc pattern={name} num-buffers=13 ! video/x-raw,width=64,height=36,framerate=25/1 ! pictures."
        )
    };
    let sound = |wave: &str| {
        format!(
            "audiotestsrc wave={wave} num-buffers=26 samplesperbuffer=960 ! audio/x-raw,rate=48000,channels=2 ! sounds."
        )
    };
    make(&format!(
        "concat name=pictures ! vp8enc deadline=1 keyframe-max-dist=5 ! webmmux name=mux ! filesink location={} \
         concat name=sounds ! opusenc ! mux. {} {} {} {}",
        path.display(),
        colour("red"),
        colour("blue"),
        sound("silence"),
        sound("sine"),
    ));
}

fn rig(name: &str, fill: impl FnOnce(&Path)) -> Rig {
    gstreamer::init().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path: PathBuf = folder.path().join(name);
    fill(&path);
    let clock = EventClock::start();
    let frames = FrameInput::new(Duration::ZERO);
    let sound = Arc::new(Mutex::new(Vec::new()));
    let strip = {
        let sound = Arc::clone(&sound);
        move |at: Duration, samples: &[f32]| {
            let peak = samples.iter().fold(0.0f32, |peak, sample| peak.max(sample.abs()));
            sound.lock().unwrap().push((at, peak));
        }
    };
    let player = ClipPlayer::prepare(&path, clock.clone(), frames.clone(), strip).unwrap();
    Rig { clock, frames, sound, player, _folder: folder }
}

impl Rig {
    fn shows(&self, colour: Yuv) -> bool {
        self.frames.middle(self.clock.now()).is_some_and(|shown| alike(shown, colour))
    }

    fn wait_for_state(&self, state: State) {
        wait_for("its state", || self.player.state() == state);
    }

    /// Looks at what is shown again and again for a while.
    fn watch(&self, length: Duration, mut look: impl FnMut(&Self)) {
        let begin = Instant::now();
        while begin.elapsed() < length {
            look(self);
            std::thread::park_timeout(MS * 5);
        }
    }
}

#[test]
fn a_clip_waits_on_its_first_picture_without_a_sound() {
    let rig = rig("film.webm", film);
    rig.wait_for_state(State::Ready);
    wait_for("the first picture", || rig.shows(RED));
    rig.watch(MS * 900, |rig| assert!(rig.shows(RED), "longer than the synchroniser's patience"));
    assert!(rig.sound.lock().unwrap().is_empty());
    assert_eq!(rig.player.position(), Duration::ZERO);
    let duration = rig.player.duration().unwrap();
    assert!(duration.abs_diff(MS * 1040) < MS * 60, "{duration:?}");
}

#[test]
fn picture_and_sound_of_a_clip_play_from_the_instant_that_was_said() {
    let rig = rig("film.webm", film);
    rig.wait_for_state(State::Ready);
    let begin = rig.clock.now() + MS * 200;
    rig.player.play(begin);
    let mut turned = None;
    wait_for("it is blue", || {
        let now = rig.clock.now();
        if rig.shows(BLUE) {
            turned.get_or_insert(now);
        }
        turned.is_some()
    });
    let turned = turned.unwrap() - begin;
    assert!(turned.abs_diff(MS * 520) < MS * 40, "13 frames of 40 ms: {turned:?}");
    rig.wait_for_state(State::Ended);
    let sound = rig.sound.lock().unwrap();
    assert!(sound[0].0.abs_diff(begin) < MS * 10, "{:?}, {begin:?}", sound[0]);
    let (set_in, _) = sound.iter().find(|(_, peak)| *peak > 0.3).unwrap();
    assert!((*set_in - begin).abs_diff(MS * 520) <= MS * 40, "26 blocks of 20 ms: {:?}", *set_in - begin);
}

#[test]
fn a_clip_stands_on_its_last_picture_and_can_be_rewound_and_played_again() {
    let rig = rig("film.webm", film);
    rig.player.play(rig.clock.now());
    rig.wait_for_state(State::Ended);
    wait_for("the last picture", || rig.shows(BLUE));
    rig.watch(MS * 700, |rig| assert!(rig.shows(BLUE)));
    assert_eq!(Some(rig.player.position()), rig.player.duration());
    rig.player.rewind();
    wait_for("the first picture", || rig.shows(RED));
    rig.wait_for_state(State::Ready);
    assert_eq!(rig.player.position(), Duration::ZERO);
    rig.player.play(rig.clock.now());
    rig.wait_for_state(State::Ended);
    // Without a word it begins anew.
    rig.player.play(rig.clock.now());
    wait_for("the first picture", || rig.shows(RED));
    wait_for("the last one", || rig.shows(BLUE));
}

#[test]
fn a_clip_that_is_played_before_it_is_open_begins_when_it_is() {
    let rig = rig("film.webm", film);
    rig.player.play(Duration::ZERO);
    wait_for("its begin", || rig.shows(RED));
    rig.wait_for_state(State::Ended);
    let sound = rig.sound.lock().unwrap();
    assert!(sound.iter().map(|(at, _)| *at).is_sorted());
    assert!(sound.len() > 45, "all of it: {}", sound.len());
}

#[test]
fn a_file_that_breaks_in_the_middle_stands_on_what_came_last() {
    let rig = rig("film.webm", |path| {
        film(path);
        let whole = std::fs::read(path).unwrap();
        std::fs::write(path, &whole[..whole.len() * 3 / 5]).unwrap();
    });
    rig.player.play(rig.clock.now());
    wait_for("its end", || matches!(rig.player.state(), State::Ended | State::Broken));
    wait_for("a picture", || rig.shows(RED) || rig.shows(BLUE));
    rig.watch(MS * 700, |rig| assert!(rig.shows(RED) || rig.shows(BLUE)));
}

#[test]
fn a_file_that_is_no_clip_is_broken_and_stays_the_slate() {
    let rig = rig("film.mp4", |path| std::fs::write(path, "no film").unwrap());
    rig.wait_for_state(State::Broken);
    rig.player.play(rig.clock.now());
    rig.wait_for_state(State::Broken);
    assert_eq!(rig.frames.middle(rig.clock.now()), None);
    assert_eq!(rig.player.duration(), None);
}

#[test]
fn sound_alone_is_heard_over_black() {
    let rig = rig("song.ogg", |path| {
        make(&format!(
            "audiotestsrc num-buffers=25 samplesperbuffer=960 ! audio/x-raw,rate=48000 ! opusenc ! oggmux ! filesink location={}",
            path.display()
        ));
    });
    rig.wait_for_state(State::Ready);
    wait_for("black", || rig.shows(BLACK));
    rig.player.play(rig.clock.now());
    rig.wait_for_state(State::Ended);
    assert!(rig.sound.lock().unwrap().iter().any(|(_, peak)| *peak > 0.3));
    assert!(rig.shows(BLACK));
}

#[test]
fn a_dropped_player_ends_its_thread_and_its_pipeline_in_whatever_it_does() {
    let rig = rig("film.webm", film);
    rig.wait_for_state(State::Ready);
    rig.player.play(rig.clock.now());
    let begin = Instant::now();
    drop(rig.player);
    assert!(begin.elapsed() < Duration::from_secs(2));
}
