//! The encoders that program may have: low latency, constrained baseline, keyframes when asked for.

use std::fmt::Display;
use std::time::Duration;

use serde::Deserialize;

use super::{Ladder, Rung, Trial, trial};
use crate::gst::{Pipeline, probe};
use crate::media::Format;

/// Which encoder is wished for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Wish {
    /// Hardware, if it is there and works; else software.
    #[default]
    Auto,
    /// Software.
    X264,
    /// Intel's and AMD's graphics, by VA-API.
    Va,
    /// NVIDIA's cards.
    Nvenc,
    /// What small computers have.
    V4l2,
}

impl Wish {
    /// The word that settings have for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::X264 => "x264",
            Self::Va => "va",
            Self::Nvenc => "nvenc",
            Self::V4l2 => "v4l2",
        }
    }
}

/// An encoder that may be there.
#[derive(Debug, Clone, Copy)]
struct Candidate {
    word: Wish,
    element: &'static str,
    text: &'static str,
}

/// Hardware, the best first.
const HARDWARE: [Candidate; 4] = [
    Candidate { word: Wish::Va, element: "vah264enc", text: include_str!("../../../pipelines/encode-va.gst") },
    Candidate {
        word: Wish::Va,
        element: "vah264lpenc",
        text: include_str!("../../../pipelines/encode-va-low-power.gst"),
    },
    Candidate { word: Wish::Nvenc, element: "nvh264enc", text: include_str!("../../../pipelines/encode-nvenc.gst") },
    Candidate { word: Wish::V4l2, element: "v4l2h264enc", text: include_str!("../../../pipelines/encode-v4l2.gst") },
];

/// What is always there.
const SOFTWARE: Candidate =
    Candidate { word: Wish::X264, element: "x264enc", text: include_str!("../../../pipelines/encode-x264.gst") };

/// x264's preset for program. FACTS: superfast looks clearly better than ultrafast for a third more.
const PROGRAM_SPEED: &str = "superfast";

impl Candidate {
    /// The text for a format, with a keyframe at least each `interval` frames.
    fn rung(&self, format: &Format, interval: u32, speed: &str) -> Rung {
        let values: [(&str, &dyn Display); 5] = [
            ("interval", &interval),
            ("bits", &format.bitrate),
            ("kilobits", &(format.bitrate / 1000)),
            ("threads", &format.encoder_threads()),
            ("speed", &speed),
        ];
        let text = Pipeline::describe("encode", self.text, &values);
        Rung::new(self.element, text.expect("a test fills the texts of all encoders"))
    }

    fn for_program(&self, format: &Format) -> Rung {
        self.rung(format, format.fps, PROGRAM_SPEED)
    }

    /// The first and the forced keyframe are to be the only ones of a trial.
    fn trial(&self, format: &Format) -> Trial {
        let rung = self.rung(format, trial::FRAMES * 100, PROGRAM_SPEED);
        self.tried(trial::encode(&rung, format))
    }

    fn tried(&self, outcome: Result<Duration, String>) -> Trial {
        let Self { word, element, .. } = *self;
        Trial { element, word: word.as_str(), is_software: word == Wish::X264, outcome }
    }
}

/// Program's encoder, and what takes over when it fails: an element named `encoder`, with what it needs around it, between
/// I420 and constrained baseline as byte stream. Hardware is tried before it is chosen, which takes some tenths of a second
/// where there is any. What is wished for by name and does not work is the ladder's fault.
pub fn choose(wish: Wish, format: &Format) -> Ladder {
    choose_of(&HARDWARE, wish, format)
}

fn choose_of(hardware: &[Candidate], wish: Wish, format: &Format) -> Ladder {
    let software = SOFTWARE.for_program(format);
    let mut why = Vec::new();
    for candidate in hardware.iter().filter(|candidate| wish == Wish::Auto || candidate.word == wish) {
        if !probe::has(candidate.element) {
            continue;
        }
        match candidate.trial(format).outcome {
            Ok(took) => {
                tracing::info!(
                    encoder = candidate.element,
                    took_ms = took.as_millis(),
                    "program is encoded by hardware"
                );
                return Ladder::new([candidate.for_program(format)], software);
            }
            Err(error) => {
                tracing::warn!(encoder = candidate.element, error, "an encoder is there and does not work");
                why.push(format!("{} does not work: {error}", candidate.element));
            }
        }
    }
    let ladder = Ladder::new([], software);
    match wish {
        Wish::Auto | Wish::X264 => ladder,
        named if why.is_empty() => ladder.instead_of(named.as_str(), "no such encoder is here"),
        named => ladder.instead_of(named.as_str(), &why.join(", ")),
    }
}

/// Software for a picture that only operators see: quick before all.
pub(in crate::media) fn for_monitor(format: &Format) -> Rung {
    SOFTWARE.rung(format, format.fps * 4, "ultrafast")
}

/// Tries every encoder that is here.
pub fn try_all(format: &Format) -> Vec<Trial> {
    let present = HARDWARE.iter().chain([&SOFTWARE]).filter(|candidate| probe::has(candidate.element));
    present.map(|candidate| candidate.trial(format)).collect()
}

/// A ladder for tests of what uses one: an encoder as if it were hardware, and software below.
#[cfg(test)]
pub(in crate::media) fn ladder_of(text: &'static str, format: &Format) -> Ladder {
    let hardware = Candidate { word: Wish::Va, element: "vah264enc", text };
    Ladder::new([hardware.for_program(format)], SOFTWARE.for_program(format))
}

#[cfg(test)]
pub(super) mod tests {
    use gstreamer::{self as gst, prelude::*};
    use gstreamer_app::{AppSink, AppSrc};

    use super::*;
    use crate::gst::EventClock;
    use crate::media::testing::{DEADLINE, SMALL};

    /// Another software encoder, as if it were hardware.
    const OTHER: Candidate = Candidate {
        word: Wish::Va,
        element: "openh264enc",
        text: "openh264enc name=encoder complexity=low rate-control=bitrate bitrate={bits} gop-size={interval}",
    };

    /// Works through its trial, and fails later.
    const FRAIL: Candidate = Candidate {
        word: Wish::Nvenc,
        element: "x264enc",
        text: "identity error-after=15 ! x264enc name=encoder tune=zerolatency key-int-max={interval} bitrate={kilobits}",
    };

    const ABSENT: Candidate =
        Candidate { word: Wish::V4l2, element: "nosuchh264enc", text: "nosuchh264enc name=encoder" };

    pub fn broken(text: &'static str) -> Rung {
        let broken = Candidate { word: Wish::Va, element: "x264enc", text };
        broken.rung(&SMALL, 1000, PROGRAM_SPEED)
    }

    #[test]
    fn the_texts_of_all_encoders_are_filled_and_name_their_element() {
        gst::init().unwrap();
        for candidate in HARDWARE.iter().chain([&SOFTWARE]) {
            let rung = candidate.for_program(&Format::default());
            assert!(rung.text().contains(&format!("{} name=encoder", candidate.element)), "{}", rung.text());
            assert!(!rung.text().contains('{') && !rung.text().contains('#'), "{}", rung.text());
            assert!(rung.text().contains("2500"), "{}", rung.text());
        }
    }

    #[test]
    fn without_hardware_it_is_x264_and_that_is_no_fault() {
        gst::init().unwrap();
        for wish in [Wish::Auto, Wish::X264] {
            let ladder = choose_of(&[ABSENT], wish, &SMALL);
            assert_eq!((ladder.chosen().element(), ladder.fault()), ("x264enc", None));
            assert!(ladder.is_at_the_end());
        }
    }

    #[test]
    fn what_is_named_and_not_there_is_a_fault_and_x264_is_used() {
        gst::init().unwrap();
        let ladder = choose_of(&[ABSENT, OTHER], Wish::V4l2, &SMALL);
        assert_eq!(ladder.chosen().element(), "x264enc");
        assert_eq!(ladder.fault(), Some("v4l2: no such encoder is here; x264enc is used"));
    }

    #[test]
    fn what_is_there_and_passes_its_trial_comes_before_x264() {
        gst::init().unwrap();
        let mut ladder = choose_of(&[ABSENT, OTHER, FRAIL], Wish::Auto, &SMALL);
        assert_eq!((ladder.chosen().element(), ladder.fault()), ("openh264enc", None));
        assert_eq!(ladder.failed("gone").element(), "x264enc");
    }

    #[test]
    fn what_is_there_and_fails_its_trial_is_left_out() {
        gst::init().unwrap();
        let deaf = Candidate { text: "identity drop-probability=1 ! x264enc name=encoder", ..FRAIL };
        let ladder = choose_of(&[deaf, OTHER], Wish::Auto, &SMALL);
        assert_eq!((ladder.chosen().element(), ladder.fault()), ("openh264enc", None));
        let named = choose_of(&[deaf, OTHER], Wish::Nvenc, &SMALL);
        assert_eq!(named.chosen().element(), "x264enc");
        assert!(named.fault().is_some_and(|fault| fault.contains("x264enc does not work")), "{:?}", named.fault());
    }

    /// Encodes `count` frames, from one rung to the next as they fail, as program's pipeline does: answers by which each
    /// picture was made.
    fn encode_through(ladder: &mut Ladder, count: u32) -> Vec<&'static str> {
        let (mut made, mut pushed) = (Vec::new(), 0);
        while pushed < count {
            let element = ladder.chosen().element();
            let pipeline = trial::build(ladder.chosen(), &SMALL, &EventClock::start()).unwrap();
            let (source, sink): (AppSrc, AppSink) =
                (pipeline.element("frames").unwrap(), pipeline.element("pictures").unwrap());
            pipeline.start().unwrap();
            while pushed < count {
                let pushes = source.push_buffer(trial::frame(&SMALL, pushed));
                let came = pushes.ok().and_then(|_| sink.try_pull_sample(gst::ClockTime::from_seconds(5)));
                if came.is_none() {
                    break;
                }
                made.push(element);
                pushed += 1;
            }
            if pushed < count {
                let error = pipeline
                    .inner()
                    .bus()
                    .unwrap()
                    .timed_pop_filtered(gst::ClockTime::try_from(DEADLINE).unwrap(), &[gst::MessageType::Error]);
                ladder.failed(&format!("{:?}", error.expect("a pipeline that fails says so")));
            }
        }
        made
    }

    #[test]
    fn an_encoder_that_fails_while_it_works_is_followed_by_the_next_one() {
        gst::init().unwrap();
        let frail = |text| Candidate { text, ..FRAIL }.for_program(&SMALL);
        let rungs = [
            frail("identity error-after=11 ! x264enc name=encoder tune=zerolatency byte-stream=true"),
            Candidate { text: "identity error-after=6 ! openh264enc name=encoder bitrate={bits}", ..OTHER }
                .for_program(&SMALL),
        ];
        let mut ladder = Ladder::new(rungs, SOFTWARE.for_program(&SMALL));
        let made = encode_through(&mut ladder, 30);
        let runs: Vec<_> = made.chunk_by(|a, b| a == b).map(|run| (run[0], run.len())).collect();
        assert_eq!(runs, [("x264enc", 10), ("openh264enc", 5), ("x264enc", 15)]);
        assert!(ladder.is_at_the_end() && ladder.fault().is_some_and(|fault| fault.starts_with("openh264enc: ")));
    }

    #[test]
    fn every_encoder_that_is_here_works() {
        gst::init().unwrap();
        let trials = try_all(&Format::default());
        assert_eq!(trials.last().map(|trial| (trial.element, trial.word)), Some(("x264enc", "x264")));
        for trial in trials {
            let took = trial.outcome.unwrap_or_else(|why| panic!("{}: {why}", trial.element));
            println!("{}: ten frames in {took:?}", trial.element);
            assert!(took < Duration::from_secs(5));
        }
    }
}
