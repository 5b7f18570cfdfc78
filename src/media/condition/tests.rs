//! What a source must do to be called flawed, and that nothing else is.

use super::*;

const WIDTH: usize = 320;
const HEIGHT: usize = 180;

const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// A source with 25 pictures a second, sound, and packets. Everything is as it should be, unless a test says otherwise.
struct Source {
    judge: Judge,
    now: Duration,
    random: u32,
}

/// What a source does for a while.
#[derive(Clone, Copy)]
struct Doing {
    fps: u64,
    peak: f32,
    full_scale: u32,
    lost: u64,
}

const USUAL: Doing = Doing { fps: 25, peak: 0.2, full_scale: 0, lost: 0 };

impl Source {
    fn new() -> Self {
        let now = ms(50_000);
        Self { judge: Judge::new(now), now, random: 1 }
    }

    fn noise(&mut self, most: u32) -> u8 {
        self.random = self.random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        ((self.random >> 16) % (most + 1)) as u8
    }

    /// Runs for a while with pictures that are painted by their number; answers every change of what is said.
    fn run(
        &mut self,
        length: Duration,
        doing: Doing,
        mut paint: impl FnMut(&mut Self, u64, &mut [u8]),
    ) -> Vec<(u64, Vec<Flaw>)> {
        let begin = self.now;
        let mut said: Vec<(u64, Vec<Flaw>)> = Vec::new();
        let mut frames = 0;
        while self.now < begin + length {
            let into = (self.now - begin).as_millis() as u64;
            self.judge.sound(self.now, Loudness { peak: doing.peak, full_scale: doing.full_scale });
            self.judge.packets(self.now, doing.lost, 10);
            self.judge.picture_packet(self.now);
            if into * doing.fps >= frames * 1000 {
                if self.judge.frame(self.now) {
                    let mut luma = vec![0; WIDTH * HEIGHT];
                    paint(self, frames, &mut luma);
                    self.judge.glance(self.now, &Grid::of(&luma, WIDTH, WIDTH, HEIGHT).unwrap());
                }
                frames += 1;
            }
            let flaws = self.judge.look(self.now);
            if said.last().map_or(!flaws.is_empty(), |(_, last)| *last != flaws) {
                said.push((into, flaws));
            }
            self.now += ms(20);
        }
        said
    }
}

/// Somebody who moves before a wall.
fn person(_: &mut Source, number: u64, luma: &mut [u8]) {
    luma.fill(90);
    let left = 100 + (number % 50) as usize;
    for row in luma.chunks_mut(WIDTH).skip(60) {
        row[left..left + 40].fill(180);
    }
}

/// A wall, as a camera sees it.
fn wall(source: &mut Source, _: u64, luma: &mut [u8]) {
    luma.fill_with(|| 88 + source.noise(4));
}

fn flat(luma: u8) -> impl FnMut(&mut Source, u64, &mut [u8]) {
    move |_, _, picture| picture.fill(luma)
}

/// When a flaw was said first, if it was.
fn first(said: &[(u64, Vec<Flaw>)], flaw: Flaw) -> Option<u64> {
    said.iter().find(|(_, flaws)| flaws.contains(&flaw)).map(|(at, _)| *at)
}

#[test]
fn a_source_with_picture_and_sound_has_no_flaw() {
    assert_eq!(Source::new().run(ms(30_000), USUAL, person), []);
}

#[test]
fn a_black_picture_is_black_after_two_seconds_and_one_that_is_bright_again_is_not() {
    let mut source = Source::new();
    source.run(ms(5000), USUAL, person);
    let said = source.run(ms(4000), USUAL, |source, _, luma| luma.fill_with(|| 16 + source.noise(3)));
    assert!((2000..2500).contains(&first(&said, Flaw::Black).unwrap()), "{said:?}");
    let said = source.run(ms(4000), USUAL, person);
    assert_eq!(said.len(), 2, "{said:?}");
    assert!((200..1000).contains(&said[1].0) && said[1].1.is_empty(), "{said:?}");
}

#[test]
fn a_title_on_black_is_not_black_and_neither_is_a_dark_room() {
    let title = |_: &mut Source, number: u64, luma: &mut [u8]| {
        luma.fill(16);
        let left = (number % 20) as usize;
        luma.chunks_mut(WIDTH).skip(80).take(14).for_each(|row| row[40 + left..120 + left].fill(200));
    };
    assert_eq!(first(&Source::new().run(ms(6000), USUAL, title), Flaw::Black), None);
    let room = |source: &mut Source, _: u64, luma: &mut [u8]| luma.fill_with(|| 30 + source.noise(6));
    assert_eq!(first(&Source::new().run(ms(6000), USUAL, room), Flaw::Black), None);
}

#[test]
fn a_picture_at_the_edge_of_black_does_not_flicker() {
    let edge =
        |_: &mut Source, number: u64, luma: &mut [u8]| luma.fill(if number.is_multiple_of(10) { 23 } else { 25 });
    let said = Source::new().run(ms(20_000), USUAL, edge);
    let changes = said.windows(2).filter(|pair| pair[0].1.contains(&Flaw::Black) != pair[1].1.contains(&Flaw::Black));
    assert!(changes.count() <= 1, "{said:?}");
}

#[test]
fn a_picture_that_does_not_change_is_frozen_after_three_seconds() {
    let mut source = Source::new();
    source.run(ms(5000), USUAL, person);
    let said = source.run(ms(6000), USUAL, flat(120));
    assert!((3000..3600).contains(&first(&said, Flaw::Frozen).unwrap()), "{said:?}");
    let said = source.run(ms(3000), USUAL, person);
    assert!(said.iter().any(|(at, flaws)| *at < 600 && flaws.is_empty()), "{said:?}");
}

#[test]
fn a_camera_before_a_wall_is_not_frozen_since_it_has_noise() {
    assert_eq!(Source::new().run(ms(20_000), USUAL, wall), []);
}

#[test]
fn keyframes_of_a_frozen_picture_do_not_thaw_it() {
    // Once a second the encoder draws the same anew, and settles within some frames.
    let frozen = |source: &mut Source, number: u64, luma: &mut [u8]| {
        let settling = number % 25 < 4;
        luma.fill_with(|| if settling { 99 + source.noise(4) } else { 101 });
    };
    let said = Source::new().run(ms(12_000), USUAL, frozen);
    let at = first(&said, Flaw::Frozen).unwrap();
    assert!((3000..5000).contains(&at), "{said:?}");
    assert_eq!(said.len(), 1, "it stays so: {said:?}");
}

#[test]
fn a_slow_pan_is_no_frozen_picture() {
    let pan = |_: &mut Source, number: u64, luma: &mut [u8]| {
        for row in luma.chunks_mut(WIDTH) {
            row.iter_mut().enumerate().for_each(|(x, luma)| *luma = (((x as u64 * 8 + number) / 10) % 200) as u8 + 20);
        }
    };
    assert_eq!(first(&Source::new().run(ms(20_000), USUAL, pan), Flaw::Frozen), None);
}

#[test]
fn few_frames_are_a_low_frame_rate_and_not_at_once() {
    let said = Source::new().run(ms(6000), Doing { fps: 8, ..USUAL }, person);
    assert!((2000..2600).contains(&first(&said, Flaw::LowFrameRate).unwrap()), "{said:?}");
    assert_eq!(Source::new().run(ms(6000), Doing { fps: 15, ..USUAL }, person), []);
    let mut source = Source::new();
    source.run(ms(6000), Doing { fps: 8, ..USUAL }, person);
    let said = source.run(ms(4000), USUAL, person);
    assert_eq!(said.last().unwrap().1, [], "{said:?}");
}

#[test]
fn packets_without_a_picture_mean_that_a_keyframe_is_missing() {
    let mut source = Source::new();
    let said = source.run(ms(3000), Doing { fps: 0, ..USUAL }, person);
    // The first frame comes at once.
    assert!((1900..2300).contains(&first(&said, Flaw::NoKeyframe).unwrap()), "{said:?}");
    assert_eq!(source.run(ms(3000), USUAL, person), [], "it is over with the first picture");
}

#[test]
fn a_source_that_sends_nothing_has_no_flaw_of_its_picture() {
    let mut source = Source::new();
    source.run(ms(5000), USUAL, person);
    let now = source.now + ms(6000);
    assert_eq!(source.judge.look(now), [], "that it is lost is known otherwise");
}

#[test]
fn lost_packets_are_told_from_two_percent_on_and_until_they_are_under_one() {
    let rate = |lost| Doing { lost, ..USUAL };
    let said = Source::new().run(ms(3000), rate(1), person);
    assert!(first(&said, Flaw::Loss).unwrap() < 1000, "one of eleven: {said:?}");
    let mut source = Source::new();
    source.run(ms(10_000), rate(0), person);
    // 60 of 2560 within five seconds.
    source.judge.packets(source.now, 60, 0);
    assert_eq!(source.judge.look(source.now), [Flaw::Loss]);
    let said = source.run(ms(8000), rate(0), person);
    assert_eq!(said.len(), 2, "{said:?}");
    assert!((4000..5500).contains(&said[1].0), "{said:?}");
}

#[test]
fn one_lost_packet_of_a_few_is_nothing() {
    let mut judge = Judge::new(ms(0));
    judge.packets(ms(100), 2, 20);
    assert_eq!(judge.look(ms(200)), []);
}

#[test]
fn nothing_heard_for_ten_seconds_is_silence_and_a_whisper_is_not() {
    let mut source = Source::new();
    source.run(ms(3000), USUAL, person);
    let said = source.run(ms(12_000), Doing { peak: 0.0009, ..USUAL }, person);
    assert!((9900..10_200).contains(&first(&said, Flaw::Silent).unwrap()), "{said:?}");
    assert_eq!(source.run(ms(2000), Doing { peak: 0.003, ..USUAL }, person), [], "it is over with the first sound");
    assert_eq!(Source::new().run(ms(20_000), Doing { peak: 0.0015, ..USUAL }, person), []);
}

#[test]
fn a_source_without_any_sound_is_silent_too() {
    let mut judge = Judge::new(ms(0));
    assert_eq!(judge.look(ms(9900)), []);
    assert_eq!(judge.look(ms(10_000)), [Flaw::Silent]);
}

#[test]
fn sound_at_full_scale_again_and_again_is_overdriven_and_a_single_peak_is_not() {
    let mut source = Source::new();
    source.run(ms(3000), USUAL, person);
    source.judge.sound(source.now, Loudness { peak: 1.0, full_scale: 40 });
    assert_eq!(source.run(ms(3000), USUAL, person), []);
    let said = source.run(ms(1000), Doing { peak: 1.0, full_scale: 3, ..USUAL }, person);
    assert!(first(&said, Flaw::Clipped).unwrap() <= 200, "{said:?}");
    let said = source.run(ms(5000), USUAL, person);
    assert_eq!(said.len(), 2, "{said:?}");
    assert!((2800..3200).contains(&said[1].0), "{said:?}");
}

#[test]
fn loudness_is_the_peak_and_what_lies_at_full_scale() {
    let loudness = Loudness::of(&[0.1, -0.5, 32_767.0 / 32_768.0, -1.0, 0.99]);
    assert_eq!(loudness, Loudness { peak: 1.0, full_scale: 2 });
    assert_eq!(Loudness::of(&[]), Loudness::default());
}

#[test]
fn a_grid_needs_all_of_its_plane() {
    assert!(Grid::of(&[0; 100], 10, 10, 10).is_some());
    assert!(Grid::of(&[0; 99], 10, 10, 10).is_none());
    assert!(Grid::of(&[], 0, 0, 0).is_none());
}
