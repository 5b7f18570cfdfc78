//! The stinger player as the picture engine sees it: the picture that is due, at once, with its transparency.

use std::path::Path;
use std::time::Instant;

use super::*;
use crate::media::library::testing::{make, webm_with_alpha};
use crate::media::library::{Checked, Config};
use crate::media::testing::wait_for;
use crate::video::{Colour, Image};

const CANVAS: Size = Size { width: 64, height: 36 };
const MS: Duration = Duration::from_millis(1);

struct Rig {
    player: StingerPlayer,
    _folder: tempfile::TempDir,
}

fn rig(fill: impl FnOnce(&Path)) -> Rig {
    gstreamer::init().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let stingers = folder.path().join("stingers");
    std::fs::create_dir(&stingers).unwrap();
    fill(&stingers);
    let clock = EventClock::start();
    let config = Config::new(folder.path(), CANVAS);
    let (facts_tx, _) = tokio::sync::mpsc::channel(1);
    let library = Arc::new(Library::start(config, clock.clone(), |_| Checked::default(), facts_tx).unwrap());
    Rig { player: StingerPlayer::start(library, clock, CANVAS).unwrap(), _folder: folder }
}

/// Thirty pictures, a tenth of a second each, of which number n has a luma that grows with n.
fn sequence(stingers: &Path) {
    let folder = stingers.join("wipe-10fps");
    std::fs::create_dir(&folder).unwrap();
    for number in 0..30u8 {
        let value = number * 8;
        image::RgbaImage::from_pixel(64, 36, image::Rgba([value, value, value, 255]))
            .save(folder.join(format!("{number}.png")))
            .unwrap();
    }
}

fn id(name: &str) -> MediaId {
    name.parse().unwrap()
}

/// Luma in the middle of a white picture over which a still was laid.
fn over_white(still: &Still) -> u8 {
    let mut image = Image::filled(CANVAS, Colour::WHITE);
    still.lay_over(image.view_mut().planes(), 1.0);
    let view = image.view();
    view.planes()[0].data[18 * view.planes()[0].stride + 32]
}

fn gray(value: u8) -> u8 {
    Colour { red: value, green: value, blue: value }.yuv()[0]
}

impl Rig {
    fn arm(&self, name: &str) {
        self.player.arm(Some(&id(name)));
        wait_for("its first picture", || self.player.is_ready());
    }

    /// Waits until the picture that is due is this one.
    fn wait_for_gray(&self, since: Duration, value: u8) {
        wait_for("the picture that is due", || {
            self.player.picture(since).is_some_and(|still| over_white(&still).abs_diff(gray(value)) <= 2)
        });
    }
}

#[test]
fn the_picture_that_is_due_is_there_and_what_is_past_is_dropped() {
    let rig = rig(sequence);
    rig.arm("wipe-10fps");
    rig.wait_for_gray(Duration::ZERO, 0);
    rig.wait_for_gray(MS * 99, 0);
    rig.wait_for_gray(MS * 100, 8);
    rig.wait_for_gray(MS * 550, 40);
    rig.wait_for_gray(MS * 2950, 29 * 8);
}

#[test]
fn nobody_waits_and_no_more_than_eight_pictures_are_held() {
    let rig = rig(sequence);
    let begin = Instant::now();
    assert!(rig.player.picture(Duration::ZERO).is_none());
    rig.player.arm(Some(&id("wipe-10fps")));
    rig.player.picture(Duration::ZERO);
    rig.player.picture(MS * 1500);
    assert!(begin.elapsed() < MS * 100);
    rig.player.arm(None);
    assert!(rig.player.picture(Duration::ZERO).is_none());
    rig.arm("wipe-10fps");
    wait_for("it is full", || rig.player.stage.lock().queue.len() == AHEAD);
    assert!(rig.player.stage.lock().end.is_none());
}

#[test]
fn it_rewinds_by_itself_after_its_end_and_is_ready_for_the_next_transition() {
    let rig = rig(sequence);
    rig.arm("wipe-10fps");
    for run in 0..3 {
        rig.wait_for_gray(MS * 10, 0);
        (1..30).for_each(|n| rig.wait_for_gray(MS * 100 * n, n as u8 * 8));
        wait_for("its end", || rig.player.picture(MS * 3000).is_none());
        wait_for("its first pictures again", || rig.player.stage.lock().queue.len() == AHEAD);
        assert!(rig.player.picture(MS * 3500).is_none(), "run {run}: the transition may be longer");
        assert!(rig.player.picture(MS * 20).is_some(), "run {run}: the next one finds it ready");
    }
}

#[test]
fn a_run_that_was_left_in_the_middle_begins_anew() {
    let rig = rig(sequence);
    rig.arm("wipe-10fps");
    rig.wait_for_gray(MS * 500, 40);
    rig.wait_for_gray(Duration::ZERO, 0);
    rig.wait_for_gray(MS * 500, 40);
    rig.arm("wipe-10fps");
    rig.wait_for_gray(Duration::ZERO, 0);
}

#[test]
fn a_sequence_is_scaled_to_program_and_keeps_its_transparency() {
    let rig = rig(|stingers| {
        let folder = stingers.join("half");
        std::fs::create_dir(&folder).unwrap();
        image::RgbaImage::from_pixel(32, 18, image::Rgba([0, 0, 0, 128])).save(folder.join("1.png")).unwrap();
    });
    rig.arm("half");
    let still = rig.player.picture(Duration::ZERO).unwrap();
    assert!(over_white(&still).abs_diff(u8::midpoint(16, 235)) <= 2, "{}", over_white(&still));
    assert!(rig.player.picture(MS * 39).is_some(), "25 a second");
    wait_for("its end", || rig.player.picture(MS * 40).is_none());
}

#[test]
fn a_mov_keeps_its_transparency() {
    let rig = rig(|stingers| {
        make(&format!(
            "videotestsrc pattern=solid-color foreground-color=0x80000000 num-buffers=25 \
             ! video/x-raw,format=RGBA,width=64,height=36,framerate=25/1 ! pngenc ! qtmux ! filesink location={}",
            stingers.join("curtain.mov").display()
        ));
    });
    rig.arm("curtain");
    let still = rig.player.picture(Duration::ZERO).unwrap();
    assert!(over_white(&still).abs_diff(u8::midpoint(16, 235)) <= 2, "{}", over_white(&still));
    wait_for("its end", || rig.player.picture(MS * 1000).is_none());
}

#[test]
fn a_webm_keeps_its_transparency() {
    for codec in ["vp8", "vp9"] {
        let rig = rig(|stingers| webm_with_alpha(&stingers.join("curtain.webm"), codec, 25));
        rig.arm("curtain");
        let still = rig.player.picture(Duration::ZERO).unwrap();
        // Black with an alpha of one half.
        assert!(over_white(&still).abs_diff(u8::midpoint(16, 235)) <= 6, "{codec}: {}", over_white(&still));
        wait_for("its end", || rig.player.picture(MS * 1000).is_none());
    }
}

#[test]
fn what_cannot_be_run_is_nothing_and_holds_up_nobody() {
    let rig = rig(|stingers| {
        sequence(stingers);
        // It passes the check, and is taken away before it is run.
        std::fs::create_dir(stingers.join("gone")).unwrap();
        image::RgbaImage::new(64, 36).save(stingers.join("gone/1.png")).unwrap();
    });
    rig.arm("gone");
    std::fs::remove_dir_all(rig._folder.path().join("stingers/gone")).unwrap();
    rig.player.arm(None);
    rig.player.arm(Some(&id("gone")));
    wait_for("it is given up", || rig.player.stage.lock().end.is_some() || rig.player.picture(MS).is_none());
    assert!(rig.player.picture(MS * 10).is_none());
    rig.arm("wipe-10fps");
    rig.wait_for_gray(MS * 100, 8);
}

#[test]
fn a_dropped_player_ends_its_thread() {
    let rig = rig(sequence);
    rig.arm("wipe-10fps");
    let begin = Instant::now();
    drop(rig.player);
    assert!(begin.elapsed() < Duration::from_secs(2));
}
