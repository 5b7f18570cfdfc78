//! The measure of ours: the same cities decoded, composited and encoded by `gst-launch-1.0` alone, which paces itself at
//! real time. It has no network, no packets, no graphics and no takes.

use std::process::{Child, Command, Stdio};
use std::time::Instant;

use regia::gst::Pipeline;
use regia::media::Format;

use super::cities::Film;
use super::{SPAN, STARTUP};
use crate::process;

const TEXT: &str = include_str!("bare.gst");

/// Where four boxes stand, in halves of the picture.
const CORNERS: [(u32, u32); 4] = [(0, 0), (1, 0), (0, 1), (1, 1)];

/// What is seen of the cities.
#[derive(Debug, Clone, Copy)]
pub enum Seen {
    /// The first, in the whole picture.
    One,
    /// The first four, in boxes.
    Four,
}

/// A process that is killed when this is dropped.
struct Launched(Child);

impl Drop for Launched {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The part of a core that the bare graph uses, in percent.
pub fn load(film: &Film, seen: Seen, cities: usize, format: &Format) -> f64 {
    let text = describe(seen, cities, format);
    let mut command = Command::new("gst-launch-1.0");
    command.arg("--quiet").args(text.split_whitespace()).current_dir(film.folder()).stdout(Stdio::null());
    let mut graph = Launched(command.spawn().expect("gst-launch-1.0 is there: package gstreamer1.0-tools"));
    std::thread::sleep(STARTUP);
    let (begin, used) = (Instant::now(), process::time_of(graph.0.id()));
    std::thread::sleep(SPAN);
    let used = process::time_of(graph.0.id()) - used;
    let ended = graph.0.try_wait().expect("it is our child");
    assert!(ended.is_none(), "the bare graph ended before it was measured: {text}");
    used.as_secs_f64() / begin.elapsed().as_secs_f64() * 100.0
}

/// What is hidden is not blended: the compositor leaves out what has no alpha, and the background where it is covered.
fn describe(seen: Seen, cities: usize, format: &Format) -> String {
    let (mut boxes, mut decoders) = (String::new(), String::new());
    let Format { width, height, fps, bitrate } = *format;
    for number in 0..cities {
        let place = match seen {
            Seen::One => (number == 0).then_some((0, 0, width, height)),
            Seen::Four => CORNERS.get(number).map(|(x, y)| (x * width / 2, y * height / 2, width / 2, height / 2)),
        };
        // One that is seen lies above those that are not.
        let alpha = u8::from(place.is_some());
        let (x, y, width, height) = place.unwrap_or((0, 0, width, height));
        let values = [("alpha", alpha.into()), ("zorder", alpha.into()), ("xpos", x), ("ypos", y)];
        let values = values.into_iter().chain([("width", width), ("height", height)]);
        boxes.extend(values.map(|(property, value)| format!(" sink_{number}::{property}={value}")));
        decoders += &format!(
            " filesrc location={} ! matroskademux ! h264parse ! avdec_h264 max-threads=1 ! mixer.sink_{number}",
            Film::FILE
        );
    }
    let (threads, kilobits) = (format.encoder_threads(), bitrate / 1000);
    let values: [(&str, &dyn std::fmt::Display); 7] = [
        ("boxes", &boxes),
        ("decoders", &decoders),
        ("width", &width),
        ("height", &height),
        ("fps", &fps),
        ("threads", &threads),
        ("kilobits", &kilobits),
    ];
    Pipeline::describe("bench-bare", TEXT, &values).expect("the text has these places and no other")
}
