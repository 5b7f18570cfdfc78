//! What of GStreamer is there: its version, the elements that the pipelines need, and whether the codecs really work.
//! It only looks; `doctor` judges.

use gstreamer::{self as gst, glib};
use gstreamer_app::AppSink;

use super::{Error, EventClock, Pipeline};

/// Debian packages and the elements of theirs that some pipeline needs, by name or inside of webrtcbin.
pub const ELEMENTS: &[(&str, &[&str])] = &[
    (
        "libgstreamer1.0-0",
        &[
            "capsfilter",
            "clocksync",
            "fakesink",
            "filesink",
            "filesrc",
            "funnel",
            "identity",
            "queue",
            "tee",
            "typefind",
            "valve",
        ],
    ),
    (
        "gstreamer1.0-plugins-base",
        &[
            "appsink",
            "appsrc",
            "audioconvert",
            "audioresample",
            "audiotestsrc",
            "decodebin",
            "opusdec",
            "opusenc",
            "videoconvert",
            "videorate",
            "videoscale",
            "videotestsrc",
        ],
    ),
    (
        "gstreamer1.0-plugins-good",
        &[
            "aacparse",
            "alawdec",
            "alawenc",
            "capssetter",
            "lamemp3enc",
            "mpegaudioparse",
            "mulawdec",
            "mulawenc",
            "rtpbin",
            "rtpfunnel",
            "rtph264depay",
            "rtph264pay",
            "rtpjitterbuffer",
            "rtpopusdepay",
            "rtpopuspay",
            "rtppcmadepay",
            "rtppcmapay",
            "rtppcmudepay",
            "rtppcmupay",
            "rtpptdemux",
            "rtprtxreceive",
            "rtpreddec",
            "rtpredenc",
            "rtprtxsend",
            "rtpsession",
            "rtpssrcdemux",
            "rtpstorage",
            "rtpulpfecdec",
            "rtpulpfecenc",
            "videoflip",
        ],
    ),
    (
        "gstreamer1.0-plugins-bad",
        &[
            "dtlsdec",
            "dtlsenc",
            "dtlssrtpdec",
            "dtlssrtpdemux",
            "dtlssrtpenc",
            "h264parse",
            "srtpdec",
            "srtpenc",
            "webrtcbin",
        ],
    ),
    ("gstreamer1.0-plugins-ugly", &["x264enc"]),
    ("gstreamer1.0-libav", &["avdec_h264", "avenc_aac"]),
    ("gstreamer1.0-nice", &["nicesink", "nicesrc"]),
    ("gstreamer1.0-x", &["clockoverlay", "textoverlay", "timeoverlay"]),
];

/// Elements that are used where they are, by package: hardware that encodes or decodes. Most are there only if the hardware is.
pub const OPTIONAL: &[(&str, &[&str])] = &[
    ("gstreamer1.0-plugins-good", &["v4l2h264enc"]),
    ("gstreamer1.0-plugins-bad", &["nvh264dec", "nvh264enc", "v4l2slh264dec", "vah264dec", "vah264enc", "vah264lpenc"]),
];

/// How long a trial may take: ten small frames, on a machine that is busy.
const TRIAL: gst::ClockTime = gst::ClockTime::from_seconds(10);

/// Initialises GStreamer. Doing so again is free.
pub fn init() -> Result<(), glib::Error> {
    gst::init()
}

/// GStreamer's version: major, minor, micro.
pub fn version() -> (u32, u32, u32) {
    let (major, minor, micro, _nano) = gst::version();
    (major, minor, micro)
}

/// Whether there is such an element here.
pub fn has(element: &str) -> bool {
    gst::ElementFactory::find(element).is_some()
}

/// Packages with the elements of theirs that are missing.
pub fn missing() -> Vec<(&'static str, Vec<&'static str>)> {
    let is_missing = |name: &&&str| !has(name);
    ELEMENTS
        .iter()
        .map(|(package, names)| (*package, names.iter().filter(is_missing).copied().collect::<Vec<_>>()))
        .filter(|(_, missing)| !missing.is_empty())
        .collect()
}

/// Encodes and decodes a few H.264 pictures.
pub fn try_h264() -> Result<(), String> {
    try_out("doctor-h264", include_str!("../../pipelines/doctor-h264.gst"))
}

/// Encodes and decodes a second of Opus.
pub fn try_opus() -> Result<(), String> {
    try_out("doctor-opus", include_str!("../../pipelines/doctor-opus.gst"))
}

/// Runs a description until something comes out of its appsink `end`.
fn try_out(name: &'static str, text: &str) -> Result<(), String> {
    let run = || -> Result<Option<gst::Sample>, Error> {
        let pipeline = Pipeline::build(name, text, &[], &EventClock::start())?;
        let end: AppSink = pipeline.element("end")?;
        pipeline.start()?;
        Ok(end.try_pull_sample(TRIAL))
    };
    match run() {
        Ok(Some(_)) => Ok(()),
        Ok(None) => Err(format!("nothing came out of a trial within {} s", TRIAL.seconds())),
        Err(error) => Err(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    fn known() -> BTreeSet<&'static str> {
        ELEMENTS.iter().chain(OPTIONAL).flat_map(|(_, names)| names.iter().copied()).collect()
    }

    /// Names of the elements in a description.
    fn named(text: &str) -> Vec<String> {
        let text: String =
            text.lines().filter(|line| !line.trim_start().starts_with('#')).collect::<Vec<_>>().join(" ");
        let words = text.replace('!', " ! ");
        let is_name = |word: &&str| {
            word.starts_with(|c: char| c.is_ascii_lowercase())
                && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c))
        };
        words.split_whitespace().filter(is_name).map(str::to_owned).collect()
    }

    fn files(folder: &Path, found: &mut Vec<std::path::PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { files(&path, found) } else { found.push(path) }
        }
    }

    #[test]
    fn names_are_read_out_of_a_description() {
        let text = "# fakesrc ! x\na name=b ! video/x-raw,width=2 ! avdec_h264\n  ! c. input-selector text=\"x\" d. ! {picture} ! b.";
        assert_eq!(named(text), ["a", "avdec_h264", "input-selector"]);
    }

    #[test]
    fn every_element_of_every_pipeline_is_probed() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut paths = Vec::new();
        files(&root.join("pipelines"), &mut paths);
        assert!(paths.len() > 5);
        for path in paths {
            for name in named(&std::fs::read_to_string(&path).unwrap()) {
                assert!(known().contains(name.as_str()), "{}: {name} is in no package of ELEMENTS", path.display());
            }
        }
    }

    #[test]
    fn every_element_that_code_makes_is_probed() {
        let mut paths = Vec::new();
        files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut paths);
        for path in paths {
            let text = std::fs::read_to_string(&path).unwrap();
            for made in text.split("ElementFactory::make(\"").skip(1) {
                let name = made.split('"').next().unwrap();
                assert!(known().contains(name), "{}: {name} is in no package of ELEMENTS", path.display());
            }
        }
    }

    #[test]
    fn here_nothing_is_missing_and_both_codecs_work() {
        init().unwrap();
        assert_eq!(missing(), []);
        assert_eq!(try_h264(), Ok(()));
        assert_eq!(try_opus(), Ok(()));
        assert!(version() >= (1, 22, 0));
    }

    #[test]
    fn a_trial_that_cannot_run_says_why() {
        init().unwrap();
        let why = try_out("doctor-h264", "nosuchelement ! appsink name=end").unwrap_err();
        assert!(why.contains("nosuchelement"), "{why}");
    }
}
