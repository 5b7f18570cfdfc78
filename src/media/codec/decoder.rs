//! The decoders that cities may have.

use serde::Deserialize;

use super::{Ladder, Rung, Trial, trial};
use crate::gst::probe;
use crate::media::Format;

/// Which decoder is wished for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Wish {
    /// Hardware, if it is there and works; else software.
    #[default]
    Auto,
    /// Software.
    Software,
    /// Intel's and AMD's graphics, by VA-API.
    Va,
    /// NVIDIA's cards.
    Nvdec,
    /// What small computers have.
    V4l2,
}

impl Wish {
    /// The word that settings have for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Software => "software",
            Self::Va => "va",
            Self::Nvdec => "nvdec",
            Self::V4l2 => "v4l2",
        }
    }
}

/// A decoder that may be there.
#[derive(Debug, Clone, Copy)]
struct Candidate {
    word: Wish,
    element: &'static str,
    text: &'static str,
}

/// Hardware, the best first.
const HARDWARE: [Candidate; 3] = [
    Candidate { word: Wish::Va, element: "vah264dec", text: "vah264dec name=decoder" },
    Candidate { word: Wish::Nvdec, element: "nvh264dec", text: "nvh264dec name=decoder" },
    Candidate { word: Wish::V4l2, element: "v4l2slh264dec", text: "v4l2slh264dec name=decoder" },
];

/// What is always there. One thread and no frame threading: each frame comes out as soon as it is whole.
const SOFTWARE: Candidate = Candidate {
    word: Wish::Software,
    element: "avdec_h264",
    text: "avdec_h264 name=decoder max-threads=1 output-corrupt=false",
};

impl Candidate {
    fn rung(&self) -> Rung {
        Rung::new(self.element, self.text.to_owned())
    }

    fn trial(&self, format: &Format) -> Trial {
        let outcome = trial::decode(&self.rung(), format);
        let Self { word, element, .. } = *self;
        Trial { element, word: word.as_str(), is_software: word == Wish::Software, outcome }
    }
}

/// The decoder of a city, and what takes over when it fails: an element named `decoder`, between parsed H.264 and raw
/// pictures in the machine's own memory. As [`encoder::choose`](super::encoder::choose) otherwise.
pub fn choose(wish: Wish, format: &Format) -> Ladder {
    choose_of(&HARDWARE, wish, format)
}

/// Software alone.
pub fn software() -> Ladder {
    Ladder::new([], SOFTWARE.rung())
}

fn choose_of(hardware: &[Candidate], wish: Wish, format: &Format) -> Ladder {
    let mut why = Vec::new();
    for candidate in hardware.iter().filter(|candidate| wish == Wish::Auto || candidate.word == wish) {
        if !probe::has(candidate.element) {
            continue;
        }
        match candidate.trial(format).outcome {
            Ok(took) => {
                tracing::info!(
                    decoder = candidate.element,
                    took_ms = took.as_millis(),
                    "cities are decoded by hardware"
                );
                return Ladder::new([candidate.rung()], SOFTWARE.rung());
            }
            Err(error) => {
                tracing::warn!(decoder = candidate.element, error, "a decoder is there and does not work");
                why.push(format!("{} does not work: {error}", candidate.element));
            }
        }
    }
    match wish {
        Wish::Auto | Wish::Software => software(),
        named if why.is_empty() => software().instead_of(named.as_str(), "no such decoder is here"),
        named => software().instead_of(named.as_str(), &why.join(", ")),
    }
}

/// Tries every decoder that is here.
pub fn try_all(format: &Format) -> Vec<Trial> {
    let present = HARDWARE.iter().chain([&SOFTWARE]).filter(|candidate| probe::has(candidate.element));
    present.map(|candidate| candidate.trial(format)).collect()
}

/// Ladders for tests of what uses one: the same decoder as if it were hardware, with something around it.
#[cfg(test)]
pub(in crate::media) fn ladder_of(text: &'static str) -> Ladder {
    Ladder::new([Rung::new("openh264dec", text.to_owned())], SOFTWARE.rung())
}

#[cfg(test)]
mod tests {
    use gstreamer as gst;

    use super::*;
    use crate::media::testing::SMALL;

    /// Another software decoder, as if it were hardware.
    const OTHER: Candidate = Candidate { word: Wish::Va, element: "openh264dec", text: "openh264dec name=decoder" };

    const ABSENT: Candidate =
        Candidate { word: Wish::V4l2, element: "nosuchh264dec", text: "nosuchh264dec name=decoder" };

    #[test]
    fn what_is_there_and_passes_its_trial_comes_before_software() {
        gst::init().unwrap();
        let ladder = choose_of(&[ABSENT, OTHER], Wish::Auto, &SMALL);
        assert_eq!((ladder.chosen().element(), ladder.fault()), ("openh264dec", None));
        let ladder = choose_of(&[ABSENT, OTHER], Wish::Software, &SMALL);
        assert_eq!((ladder.chosen().element(), ladder.fault()), ("avdec_h264", None));
    }

    #[test]
    fn what_is_named_and_not_there_is_a_fault_and_software_is_used() {
        gst::init().unwrap();
        let ladder = choose_of(&[ABSENT, OTHER], Wish::V4l2, &SMALL);
        assert_eq!(ladder.chosen().element(), "avdec_h264");
        assert_eq!(ladder.fault(), Some("v4l2: no such decoder is here; avdec_h264 is used"));
    }

    #[test]
    fn what_changes_the_pictures_fails_its_trial() {
        gst::init().unwrap();
        let dim = Candidate { text: "avdec_h264 name=decoder ! videobalance brightness=-0.3", ..OTHER };
        let why = dim.trial(&SMALL).outcome.unwrap_err();
        assert!(why.contains("brightness"), "{why}");
        let shy = Candidate { text: "identity error-after=4 ! avdec_h264 name=decoder max-threads=1", ..OTHER };
        assert!(shy.trial(&SMALL).outcome.is_err());
        let ladder = choose_of(&[dim, shy], Wish::Auto, &SMALL);
        assert_eq!((ladder.chosen().element(), ladder.fault()), ("avdec_h264", None));
    }

    #[test]
    fn every_decoder_that_is_here_works() {
        gst::init().unwrap();
        for trial in try_all(&Format::default()) {
            let took = trial.outcome.unwrap_or_else(|why| panic!("{}: {why}", trial.element));
            println!("{}: ten frames in {took:?}", trial.element);
        }
    }
}
