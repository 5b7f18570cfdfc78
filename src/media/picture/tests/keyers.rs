//! Lower thirds as viewers see them.

use super::*;

/// The plate of a lower third, and what it hides of the picture beneath.
const PLATE: Yuv = [27, 130, 127];
const HIDES: f64 = 0.92;

const MIX: Transition = Transition::Mix { duration_ms: 800 };

fn lower_third(title: &str) -> Graphic {
    graphic(title, "Twitter e la musica")
}

fn graphic(title: &str, subtitle: &str) -> Graphic {
    let fields = [("title", title), ("subtitle", subtitle)].map(|(id, text)| (id.to_owned(), text.to_owned()));
    Graphic { template: "lower-third".parse().unwrap(), fields: fields.into() }
}

/// What is seen where `weight` of a plate lies over this colour.
fn under_plate(colour: Yuv, weight: f64) -> Yuv {
    blend(colour, PLATE, HIDES * weight)
}

fn blend(from: Yuv, to: Yuv, part: f64) -> Yuv {
    std::array::from_fn(|n| (f64::from(from[n]) * (1.0 - part) + f64::from(to[n]) * part).round() as u8)
}

/// The plate's lower edge, where no text stands.
fn plate(seen: &Seen) -> Yuv {
    seen.colour(250, 885)
}

fn has_text(seen: &Seen) -> bool {
    seen.bright_in_rows(740..880) > 100
}

/// Fails unless nothing of a graphic is seen outside its place.
fn assert_clear_elsewhere(seen: &Seen, colour: Yuv) {
    assert_eq!(seen.bright_in_rows(0..720) + seen.bright_in_rows(910..1000), 0);
    for (x, y) in [(500, 500), (20, 820), (250, 700), (250, 940), (980, 820)] {
        assert!(alike(seen.colour(x, y), colour), "{:?} at {x}, {y}", seen.colour(x, y));
    }
}

impl Rig {
    /// Two cities on the air and a viewer who sees Roma.
    pub fn with_viewer() -> (Self, (Camera, Camera), Viewer) {
        let mut rig = Self::start();
        let cameras = (rig.camera("roma", ROMA), rig.camera("lecce", LECCE));
        rig.both_flow();
        let mut viewer = Viewer::of(&rig.channel);
        viewer.until_time(rig.cut("roma") + FRAME * 2);
        (rig, cameras, viewer)
    }

    fn drawn(&self, title: &str) -> Graphic {
        let lower_third = lower_third(title);
        self.engine.prepare(&lower_third);
        self.wait_until_drawn(&lower_third);
        lower_third
    }

    fn wait_until_drawn(&self, graphic: &Graphic) {
        wait_for("it is drawn", || self.engine.switcher.is_drawn(graphic));
    }

    fn take(&self, city: &str, lower_third: Option<&Graphic>, transition: Transition) -> Duration {
        let picture = Picture { graphics: lower_third.cloned().into_iter().collect(), ..full(city) };
        self.show(&picture, transition)
    }

    fn key(&self, lower_third: Option<&Graphic>) -> Duration {
        self.engine.key(KeyerNumber::default(), lower_third)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_lower_third_comes_and_goes_with_the_cut_in_its_frame() {
    let (rig, _cameras, mut viewer) = Rig::with_viewer();
    let genova = rig.drawn("Genova");
    let on = rig.take("lecce", Some(&genova), CUT);
    viewer.until_time(on + FRAME * 3);
    let off = rig.take("roma", None, CUT);
    viewer.until_time(off + FRAME * 3);
    for seen in viewer.see() {
        let is_on = seen.at >= on && seen.at < off;
        let colour = if is_on { BLUE } else { RED };
        let wanted = if is_on { under_plate(BLUE, 1.0) } else { colour };
        assert_eq!(has_text(&seen), is_on, "at {:?} of {on:?} to {off:?}", seen.at);
        assert!(alike(plate(&seen), wanted), "{:?} at {:?} of {on:?} to {off:?}", plate(&seen), seen.at);
        assert_clear_elsewhere(&seen, colour);
    }
    assert_even(&viewer);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_lower_third_fades_with_the_mix() {
    let (rig, _cameras, mut viewer) = Rig::with_viewer();
    let genova = rig.drawn("Genova");
    let on = rig.take("lecce", Some(&genova), MIX);
    viewer.until_time(on + FRAME * 14);
    let off = rig.take("roma", None, MIX);
    viewer.until_time(off + FRAME * 14);
    let seen = viewer.see();
    // Two finished pictures are mixed: each brings its graphics as they are.
    let plated = under_plate(BLUE, 1.0);
    for (from, a, b) in [(on, RED, plated), (off, plated, RED)] {
        for (n, seen) in (1u32..14).zip(seen.iter().filter(|seen| seen.at >= from)) {
            let wanted = blend(a, b, f64::from(n.min(12)) / 12.0);
            assert!(alike(plate(seen), wanted), "frame {n}: {:?} of {wanted:?}", plate(seen));
        }
    }
    assert_even(&viewer);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_lower_third_that_both_pictures_have_stays_put() {
    let (rig, _cameras, mut viewer) = Rig::with_viewer();
    let genova = rig.drawn("Genova");
    let on = rig.take("roma", Some(&genova), CUT);
    viewer.until_time(on + FRAME * 2);
    let from = rig.take("lecce", Some(&genova), MIX);
    viewer.until_time(from + FRAME * 14);
    for (n, seen) in (1u32..14).zip(viewer.see().iter().filter(|seen| seen.at >= from)) {
        let wanted = under_plate(blend(RED, BLUE, f64::from(n.min(12)) / 12.0), 1.0);
        assert!(alike(plate(seen), wanted) && has_text(seen), "frame {n}: {:?} of {wanted:?}", plate(seen));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn the_downstream_keyer_fades_on_and_off_over_whatever_is_taken() {
    let (rig, _cameras, mut viewer) = Rig::with_viewer();
    let genova = rig.drawn("Genova");
    let on = rig.key(Some(&genova));
    viewer.until_time(on + FRAME * 5);
    let cut = rig.take("lecce", None, CUT);
    viewer.until_time(cut + FRAME * 3);
    let off = rig.key(None);
    viewer.until_time(off + FRAME * 5);
    let seen = viewer.see();
    // 250 ms are a little less than four frames.
    let part = |n: u32| (f64::from(n) * FRAME.as_secs_f64() / KEY_LENGTH.as_secs_f64()).min(1.0);
    let frames = |from: Duration, to: Duration| (1u32..).zip(seen.iter().filter(move |s| s.at >= from && s.at < to));
    for (n, seen) in frames(on, cut) {
        let wanted = under_plate(RED, part(n));
        assert!(alike(plate(seen), wanted), "frame {n} on: {:?} of {wanted:?}", plate(seen));
    }
    for (n, seen) in frames(cut, off) {
        assert!(alike(plate(seen), under_plate(BLUE, 1.0)) && alike(seen.middle(), BLUE), "frame {n} after the cut");
    }
    for (n, seen) in frames(off, Duration::MAX) {
        let wanted = under_plate(BLUE, 1.0 - part(n));
        assert!(alike(plate(seen), wanted), "frame {n} off: {:?} of {wanted:?}", plate(seen));
    }
    assert_even(&viewer);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_fresh_engine_shows_what_it_is_told_to_and_so_does_a_fresh_pipeline() {
    let (rig, _cameras, mut viewer) = Rig::with_viewer();
    let (genova, lecce) = (lower_third("Genova"), graphic("Lecce", ""));
    // Neither is drawn yet.
    rig.key(Some(&lecce));
    rig.take("roma", Some(&genova), CUT);
    rig.wait_until_drawn(&genova);
    rig.wait_until_drawn(&lecce);
    viewer.until_time(rig.clock.now() + FRAME * 6);
    rig.break_pipeline();
    let before = viewer.see().last().unwrap().clone();
    wait_for("a restart", || rig.engine.stats().restarts == 1);
    viewer.until_time(rig.clock.now() + FRAME * 5);
    for seen in [&before, viewer.see().last().unwrap()] {
        assert!(has_text(seen) && alike(seen.middle(), RED));
        // The lower plate of the downstream keyer lies over the higher one of the picture.
        assert!(alike(seen.colour(130, 750), under_plate(RED, 1.0)), "{:?}", seen.colour(130, 750));
        let twice = blend(under_plate(RED, 1.0), PLATE, HIDES);
        let [.., v] = seen.colour(130, 885);
        assert!(v.abs_diff(twice[2]) < 5, "{v} of {twice:?} lies under two plates");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn graphics_that_come_and_go_all_the_time_cost_program_no_frame() {
    let (rig, _cameras, mut viewer) = Rig::with_viewer();
    for n in 0..60 {
        let lower_third = graphic(&format!("Città {n}"), &"W".repeat(120));
        let city = if n % 2 == 0 { "lecce" } else { "roma" };
        rig.take(city, Some(&lower_third).filter(|_| n % 5 > 0), Transition::Mix { duration_ms: 300 });
        rig.key(Some(&lower_third).filter(|_| n % 3 > 0));
        viewer.until_time(rig.clock.now());
    }
    viewer.until_time(rig.clock.now() + FRAME * 8);
    assert_even(&viewer);
    assert_eq!(rig.engine.stats().skipped, 0);
}
