//! The music player as the desk hears it: blocks that follow each other, what is in them, and how it ends.

use std::fs;
use std::process::Command;
use std::time::Instant;

use super::*;
use crate::audio::{RATE, position};
use crate::media::library::testing::make;
use crate::media::testing::{DEADLINE, wait_for};

const MS: Duration = Duration::from_millis(1);

/// Amplitude of the tones.
const LOUD: f32 = 0.5;

/// Samples of one wave of the tones, of 1 kHz.
const WAVE: usize = 48;

/// What a strip got.
#[derive(Default)]
struct Heard {
    /// When the first sample of each block is due, and when it came.
    blocks: Vec<(Duration, Duration, usize)>,
    /// Left.
    sound: Vec<f32>,
}

struct Rig {
    clock: EventClock,
    heard: Arc<Mutex<Heard>>,
    player: MusicPlayer,
    path: std::path::PathBuf,
    _folder: tempfile::TempDir,
}

fn rig(name: &str, begin: Begin, fill: impl FnOnce(&Path)) -> Rig {
    gstreamer::init().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fill(&path);
    let clock = EventClock::start();
    let heard = Arc::new(Mutex::new(Heard::default()));
    let strip = {
        let (heard, clock) = (Arc::clone(&heard), clock.clone());
        move |at: Duration, samples: &[f32]| {
            let mut heard = heard.lock().unwrap();
            heard.blocks.push((at, clock.now(), samples.len() / 2));
            heard.sound.extend(samples.iter().step_by(2));
        }
    };
    let player = MusicPlayer::start(&path, clock.clone(), begin, strip).unwrap();
    Rig { clock, heard, player, path, _folder: folder }
}

impl Rig {
    fn wait_for_frames(&self, frames: usize) {
        wait_for("so much sound", || {
            assert!(!matches!(self.player.state(), State::Broken(_)), "{:?}", self.player.state());
            self.heard.lock().unwrap().sound.len() >= frames
        });
    }

    fn wait_for_the_end(&self) {
        wait_for("its end", || self.player.state() == State::Ended);
    }

    fn sound(&self) -> Vec<f32> {
        self.heard.lock().unwrap().sound.clone()
    }
}

const LOOP: Begin = Begin { from: Duration::ZERO, fade: Duration::ZERO, loops: true };

/// Writes a tone of 1 kHz of so many tenths of a second at a rate: each tenth is a whole number of waves.
fn tone(path: &Path, rate: usize, channels: usize, tenths: usize, encode: &str) {
    make(&format!(
        "audiotestsrc wave=sine freq=1000 volume={LOUD} num-buffers={tenths} samplesperbuffer={} \
         ! audio/x-raw,format=S16LE,rate={rate},channels={channels} ! audioconvert ! {encode} ! filesink location={}",
        rate / 10,
        path.display()
    ));
}

/// The same by ffmpeg, whose MP3 and M4A say what the encoder added.
fn tone_by_ffmpeg(path: &Path, rate: usize, tenths: usize) {
    let raw = path.with_extension("raw.wav");
    tone(&raw, rate, 2, tenths, "wavenc");
    let mut command = Command::new("ffmpeg");
    let output = command.args(["-v", "error", "-i"]).arg(&raw).args(["-b:a", "192k"]).arg(path).output();
    let output = output.expect("ffmpeg is installed: make test-deps");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// What a pure tone of 1 kHz cannot do: the largest difference of a sample from what the two before it lead to.
fn kink(sound: &[f32]) -> f32 {
    let turn = 2.0 * (std::f32::consts::TAU / WAVE as f32).cos();
    let off = |three: &[f32]| (three[2] - (turn * three[1] - three[0])).abs();
    sound.windows(3).map(off).fold(0.0, f32::max)
}

/// The weakest wave, as a part of the tone's level.
fn weakest(sound: &[f32]) -> f32 {
    let level = |wave: &[f32]| (wave.iter().map(|sample| sample * sample).sum::<f32>() / WAVE as f32).sqrt();
    sound.windows(WAVE).step_by(7).map(level).fold(f32::MAX, f32::min) / (LOUD / std::f32::consts::SQRT_2)
}

/// The middle of what was heard: the begin of a resampled tone is not yet one.
fn middle(sound: &[f32]) -> &[f32] {
    &sound[1000..sound.len() - 1000]
}

#[test]
fn a_piece_is_heard_whole_at_once_without_a_gap_and_ends() {
    let begun = Instant::now();
    let rig = rig("a.wav", Begin::default(), |path| tone(path, 48_000, 2, 5, "wavenc"));
    rig.wait_for_frames(1);
    println!("made and heard after {:?}", begun.elapsed());
    assert_eq!(rig.player.state(), State::Playing);
    rig.wait_for_the_end();
    let over = rig.clock.now();
    let heard = rig.heard.lock().unwrap();
    assert_eq!(heard.sound.len(), 24_000, "every sample");
    let mut next = position(heard.blocks[0].0);
    for (at, came, frames) in &heard.blocks {
        assert_eq!(position(*at), next, "blocks follow each other");
        assert!(*at < *came + Duration::from_millis(150), "not much ahead: {at:?}, {came:?}");
        next += *frames as u64;
    }
    assert!(over >= crate::audio::instant(next), "it ends when it was heard");
    assert!(kink(&heard.sound) < 1e-3, "{}", kink(&heard.sound));
}

#[test]
fn sound_sets_in_within_a_tenth_of_a_second_of_the_press() {
    let mut waits: Vec<Duration> = Vec::new();
    for _ in 0..5 {
        let rig = rig("a.flac", LOOP, |path| tone(path, 44_100, 2, 20, "flacenc"));
        // From before the thread that opens it was started.
        let pressed = rig.clock.now();
        rig.wait_for_frames(1);
        waits.push(rig.heard.lock().unwrap().blocks[0].0.saturating_sub(pressed));
    }
    waits.sort_unstable();
    println!("press to sound: {waits:?}");
    assert!(waits[0] < MS * 100, "{waits:?}");
}

#[test]
fn a_short_loop_is_exact_to_the_sample() {
    for (name, rate, channels, encode) in [
        ("a.wav", 48_000, 2, "wavenc"),
        ("a.wav", 44_100, 1, "wavenc"),
        ("a.flac", 44_100, 2, "flacenc"),
        ("a.flac", 96_000, 2, "flacenc"),
    ] {
        let rig = rig(name, LOOP, |path| tone(path, rate, channels, 2, encode));
        rig.wait_for_frames(RATE as usize);
        let sound = rig.sound();
        let kink = kink(middle(&sound));
        println!("{name} of {rate} Hz: {kink:.5}");
        assert!(kink < 1e-3, "{name} of {rate} Hz has a kink of {kink} at a join");
    }
}

#[test]
fn a_long_loop_is_exact_to_the_sample_too() {
    for (name, rate, encode) in [("a.wav", 44_100, "wavenc"), ("a.flac", 48_000, "flacenc")] {
        // Longer than what is kept, and entered just before its end.
        let begin = Begin { from: MS * 10_600, ..LOOP };
        let rig = rig(name, begin, |path| tone(path, rate, 2, 110, encode));
        rig.wait_for_frames(RATE as usize);
        let sound = rig.sound();
        let kink = kink(middle(&sound));
        println!("{name} of {rate} Hz: {kink:.5}");
        assert!(kink < 1e-3, "{name} of {rate} Hz has a kink of {kink} at the join");
    }
}

#[test]
fn loops_of_lossy_formats_have_no_hole() {
    for (name, rate, encode) in [
        ("a.ogg", 44_100, Some("vorbisenc quality=0.6 ! oggmux")),
        ("a.opus", 48_000, Some("opusenc bitrate=128000 ! oggmux")),
        ("a.mp3", 44_100, None),
        ("a.mp3", 48_000, None),
        ("a.m4a", 44_100, None),
        ("a.m4a", 48_000, None),
    ] {
        let what = format!("{name} of {rate} Hz");
        let rig = rig(name, LOOP, |path| match encode {
            Some(encode) => tone(path, rate, 2, 5, encode),
            None => tone_by_ffmpeg(path, rate, 5),
        });
        rig.wait_for_frames(2 * RATE as usize);
        let sound = rig.sound();
        let weakest = weakest(middle(&sound));
        println!("{what}: the weakest wave has {weakest:.2} of the tone");
        assert!(weakest > 0.6, "{what}: a hole of {weakest}");
    }
}

#[test]
fn an_mp3_has_the_length_that_it_had_before_it_was_one_but_for_what_its_decoder_keeps_back() {
    let rig = rig("a.mp3", Begin::default(), |path| tone_by_ffmpeg(path, 44_100, 5));
    rig.wait_for_the_end();
    let frames = rig.sound().len();
    // Whole frames come out, 529 frames late: what ffmpeg pads with may be less than that. 1681 were added.
    assert!((24_000 - 576..=24_000).contains(&frames), "{frames}");
}

#[test]
fn a_loop_that_is_switched_off_ends_with_its_round() {
    let rig = rig("a.wav", LOOP, |path| tone(path, 48_000, 2, 10, "wavenc"));
    rig.wait_for_frames(60_000);
    rig.player.set_loop(false);
    rig.wait_for_the_end();
    assert_eq!(rig.sound().len(), 96_000);
}

#[test]
fn what_fades_in_comes_evenly() {
    let begin = Begin { fade: MS * 200, ..Begin::default() };
    let rig = rig("a.wav", begin, |path| tone(path, 48_000, 2, 4, "wavenc"));
    rig.wait_for_the_end();
    let sound = rig.sound();
    let peak = |from: usize| sound[from..from + WAVE].iter().fold(0.0f32, |peak, sample| peak.max(sample.abs()));
    assert!(peak(0) < 0.001 && (peak(4800) - LOUD / 4.0).abs() < 0.01 && (peak(9600) - LOUD).abs() < 0.01);
}

#[test]
fn a_piece_is_entered_where_it_should_be_by_now() {
    // A second of nothing, then the tone.
    let half = |path: &Path| {
        make(&format!(
            "concat name=all ! wavenc ! filesink location={} {}",
            path.display(),
            ["silence", "sine"]
                .map(|wave| format!(
                    "audiotestsrc wave={wave} freq=1000 volume={LOUD} num-buffers=10 samplesperbuffer=4800 \
                 ! audio/x-raw,format=S16LE,rate=48000,channels=2 ! all. "
                ))
                .concat()
        ));
    };
    let rig = rig("a.wav", Begin { from: MS * 700, ..Begin::default() }, half);
    rig.wait_for_the_end();
    let sound = rig.sound();
    assert!(sound.len().abs_diff(62_400) < 480, "{}", sound.len());
    let set_in = sound.iter().position(|sample| sample.abs() > 0.1).unwrap();
    assert!(set_in.abs_diff(14_400) < 480, "{set_in}");
    let beyond = super::tests::rig("a.wav", Begin { from: Duration::from_secs(60), ..Begin::default() }, half);
    beyond.wait_for_the_end();
    assert!(beyond.sound().len() < 4800, "what would be over is over");
}

#[test]
fn a_file_that_is_taken_away_plays_to_its_end() {
    let rig = rig("a.wav", Begin::default(), |path| tone(path, 48_000, 2, 10, "wavenc"));
    rig.wait_for_frames(1);
    fs::remove_file(&rig.path).unwrap();
    rig.wait_for_the_end();
    assert_eq!(rig.sound().len(), 48_000);
}

#[test]
fn a_loop_whose_file_is_taken_away_ends_with_its_round_and_says_why() {
    let begin = Begin { from: MS * 10_500, ..LOOP };
    let rig = rig("a.wav", begin, |path| tone(path, 48_000, 2, 120, "wavenc"));
    rig.wait_for_frames(1);
    // The next round is open already: it is heard as well.
    fs::remove_file(&rig.path).unwrap();
    rig.wait_for_frames(100_000);
    rig.player.set_loop(false);
    assert_ne!(rig.player.state(), State::Ended);
}

#[test]
fn a_file_that_becomes_shorter_while_it_plays_is_broken_after_what_it_had() {
    let rig = rig("a.wav", Begin::default(), |path| tone(path, 48_000, 2, 40, "wavenc"));
    rig.wait_for_frames(1);
    let file = fs::OpenOptions::new().write(true).open(&rig.path).unwrap();
    file.set_len(300_000).unwrap();
    let deadline = Instant::now() + DEADLINE;
    while !matches!(rig.player.state(), State::Broken(_)) {
        assert!(Instant::now() < deadline && rig.player.state() != State::Ended, "{:?}", rig.player.state());
        std::thread::park_timeout(MS * 5);
    }
    let frames = rig.sound().len();
    assert!((4800..192_000).contains(&frames), "{frames}");
}

#[test]
fn what_is_no_music_is_broken_and_says_what_mends_it() {
    let broken = |rig: &Rig| match rig.player.state() {
        State::Broken(why) => Some(why),
        _ => None,
    };
    for (name, bytes) in [("a.mp3", &b"no music"[..]), ("a.wav", b""), ("a.flac", b"fLaC")] {
        let rig = rig(name, LOOP, |path| fs::write(path, bytes).unwrap());
        wait_for("it is broken", || broken(&rig).is_some());
        assert!(broken(&rig).unwrap().contains("save it"), "{name}: {:?}", broken(&rig));
        assert!(rig.sound().is_empty());
    }
    let rig = rig("a.wav", LOOP, |path| tone(path, 48_000, 2, 0, "wavenc"));
    wait_for("a file of no length is broken", || broken(&rig).is_some());
}

#[test]
fn a_dropped_player_ends_its_thread_in_whatever_it_does() {
    let rig = rig("a.wav", LOOP, |path| tone(path, 48_000, 2, 10, "wavenc"));
    rig.wait_for_frames(1);
    let begin = Instant::now();
    drop(rig.player);
    assert!(begin.elapsed() < Duration::from_secs(2));
}
