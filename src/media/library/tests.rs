//! The library as its neighbours see it: files come, change and go; facts tell it, and stills are there when asked for.

use std::fs;
use std::path::Path;
use std::time::Instant;

use gstreamer as gst;

use super::*;
use crate::media::testing::{DEADLINE, wait_for};
use crate::show::Media;

const CANVAS: Size = Size { width: 320, height: 180 };

struct Rig {
    folder: tempfile::TempDir,
    facts_rx: facts::Receiver<Fact>,
    library: Library,
}

/// A library of a folder that `fill` has filled.
fn rig(fill: impl FnOnce(&Path)) -> Rig {
    with_templates(fill, |_| Checked::default())
}

fn with_templates(fill: impl FnOnce(&Path), templates: impl FnMut(&[TemplateFile]) -> Checked + Send + 'static) -> Rig {
    gst::init().unwrap();
    let folder = tempfile::tempdir().unwrap();
    for kind in ["stills", "clips", "music", "stingers", "templates"] {
        fs::create_dir(folder.path().join(kind)).unwrap();
    }
    fill(folder.path());
    let (facts_tx, facts_rx) = facts::channel(4);
    let config = Config { look: Duration::from_millis(20), ..Config::new(folder.path(), CANVAS) };
    let library = Library::start(config, EventClock::start(), templates, facts_tx).unwrap();
    Rig { folder, facts_rx, library }
}

impl Rig {
    /// The next thing that is stated.
    fn media(&mut self) -> Media {
        let deadline = Instant::now() + DEADLINE;
        loop {
            match self.facts_rx.try_recv() {
                Ok(Fact::MediaRead { media }) => return media,
                Ok(other) => panic!("{other:?}"),
                Err(_) => assert!(Instant::now() < deadline, "nothing is stated"),
            }
            std::thread::park_timeout(Duration::from_millis(5));
        }
    }

    fn still(&self, id: &str) -> Arc<Image> {
        let id = id.parse().unwrap();
        wait_for("it is decoded", || self.library.still(&id).is_some());
        self.library.still(&id).unwrap()
    }
}

fn picture(path: &Path, colour: [u8; 4]) {
    image::RgbaImage::from_pixel(64, 36, image::Rgba(colour)).save(path).unwrap();
}

fn luma(image: &Image) -> u8 {
    image.view().planes()[0].data[0]
}

fn ids(items: &[crate::show::MediaItem]) -> Vec<&str> {
    items.iter().map(|item| item.id.as_str()).collect()
}

/// A clip of two seconds with sound, or one of sound alone.
fn clip(path: &Path) {
    let text = if path.extension().is_some_and(|ending| ending == "mp3") {
        format!("audiotestsrc num-buffers=100 ! audioconvert ! lamemp3enc ! filesink location={}", path.display())
    } else {
        format!(
            "webmmux name=mux ! filesink location={} videotestsrc num-buffers=50 ! video/x-raw,width=64,height=36,framerate=25/1 \
             ! vp8enc deadline=1 ! mux. audiotestsrc num-buffers=100 samplesperbuffer=960 ! audio/x-raw,rate=48000 ! opusenc ! mux.",
            path.display()
        )
    };
    super::testing::make(&text);
}

/// A film without sound.
fn silent_film(path: &Path) {
    super::testing::make(&format!(
        "videotestsrc num-buffers=10 ! video/x-raw,width=64,height=36,framerate=25/1 ! x264enc ! h264parse ! mp4mux \
         ! filesink location={}",
        path.display()
    ));
}

#[test]
fn what_is_in_the_folder_is_stated_once_it_is_read() {
    let mut rig = rig(|folder| {
        picture(&folder.join("stills/Logo grande.png"), [255; 4]);
        clip(&folder.join("clips/pillola.webm"));
        clip(&folder.join("clips/sigla.mp3"));
        clip(&folder.join("music/Jingle.mp3"));
        fs::create_dir(folder.join("stingers/sipario-50fps")).unwrap();
        (0..25).for_each(|n| picture(&folder.join(format!("stingers/sipario-50fps/{n}.png")), [0; 4]));
    });
    let media = rig.media();
    assert_eq!(media.flaws, []);
    assert_eq!(
        (ids(&media.stills), ids(&media.clips), ids(&media.stingers)),
        (vec!["logo-grande"], vec!["pillola", "sigla"], vec!["sipario-50fps"])
    );
    assert_eq!((media.stills[0].name.as_str(), media.stills[0].duration_ms), ("Logo grande", 0));
    assert!(media.clips[0].duration_ms.abs_diff(2000) < 50, "{:?}", media.clips);
    assert!(media.clips[1].duration_ms > 1500, "{:?}", media.clips);
    assert_eq!((ids(&media.music), media.music[0].name.as_str()), (vec!["jingle"], "Jingle"));
    assert!(media.music[0].duration_ms > 1500, "{:?}", media.music);
    assert_eq!(media.stingers[0].duration_ms, 500);
    assert!(rig.library.clip(&"pillola".parse().unwrap()).unwrap().ends_with("clips/pillola.webm"));
    let MusicFile::At(path) = rig.library.music(&"jingle".parse().unwrap()) else { panic!("it is there") };
    assert!(path.ends_with("music/Jingle.mp3"));
    assert!(rig.library.stinger(&"sipario-50fps".parse().unwrap()).unwrap().is_dir());
}

#[test]
fn one_bad_file_stops_nothing_and_tells_what_mends_it() {
    let mut rig = rig(|folder| {
        picture(&folder.join("stills/good.png"), [255; 4]);
        fs::write(folder.join("stills/bad.png"), "no picture").unwrap();
        fs::write(folder.join("clips/bad.mp4"), "no clip").unwrap();
        fs::write(folder.join("music/bad.mp3"), "no music").unwrap();
        silent_film(&folder.join("music/film.m4a"));
        clip(&folder.join("clips/good.webm"));
        fs::copy(folder.join("stills/good.png"), folder.join("stingers/still.webm")).unwrap();
        clip(&folder.join("clips/sound.mp3"));
        fs::copy(folder.join("clips/sound.mp3"), folder.join("stingers/sound.webm")).unwrap();
    });
    let media = rig.media();
    assert_eq!((ids(&media.stills), ids(&media.clips)), (vec!["good"], vec!["good", "sound"]));
    let why = |file: &str| {
        let flaw = media.flaws.iter().find(|flaw| flaw.file == file);
        flaw.unwrap_or_else(|| panic!("{file}: {:?}", media.flaws)).why.clone()
    };
    assert!(why("stills/bad.png").contains("save it as PNG"));
    assert!(why("clips/bad.mp4").contains("mp4"));
    assert!(why("music/bad.mp3").contains("save it as mp3, m4a"));
    assert!(why("music/film.m4a").contains("no sound"));
    assert!(why("stingers/sound.webm").contains("no picture"));
    assert_eq!(rig.still("good").size(), Size { width: 64, height: 36 });
}

#[test]
fn music_that_broke_off_is_told_until_another_file_is_in_its_place() {
    let song = |folder: &Path, buffers: u32| {
        super::testing::make(&format!(
            "audiotestsrc num-buffers={buffers} ! audioconvert ! wavenc ! filesink location={}",
            folder.join("music/sigla.wav").display()
        ));
    };
    let mut rig = rig(|folder| song(folder, 40));
    assert_eq!(rig.media().flaws, []);
    let id = "sigla".parse().unwrap();
    rig.library.note_broken(&id, "the disk says no");
    let media = rig.media();
    assert_eq!((ids(&media.music), media.flaws.len()), (vec!["sigla"], 1), "it can be tried again: {media:?}");
    assert!(media.flaws[0].why.contains("the disk says no") && rig.library.is_broken(&id));
    song(rig.folder.path(), 80);
    std::iter::repeat_with(|| rig.media()).take_while(|media| !media.flaws.is_empty()).for_each(drop);
    assert!(!rig.library.is_broken(&id));
}

#[test]
fn a_playlist_is_no_clip_and_is_not_followed() {
    // Whoever follows it comes here.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    let mut rig = rig(|folder| {
        let list = format!(
            "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\nhttp://127.0.0.1:{port}/a.ts\n#EXT-X-ENDLIST\n"
        );
        fs::write(folder.join("music/list.m4a"), &list).unwrap();
        fs::write(folder.join("clips/list.mp4"), list).unwrap();
        let urls = format!("http://127.0.0.1:{port}/a.mp4\nhttp://127.0.0.1:{port}/b.mp4\n");
        fs::write(folder.join("clips/urls.mp4"), urls).unwrap();
    });
    let media = rig.media();
    assert_eq!((media.clips, media.music), (vec![], vec![]));
    assert_eq!(media.flaws.len(), 3, "{:?}", media.flaws);
    assert!(listener.accept().is_err(), "nobody came");
}

#[test]
fn files_that_come_change_and_go_are_stated() {
    let mut rig = rig(|folder| picture(&folder.join("stills/a.png"), [255; 4]));
    assert_eq!(ids(&rig.media().stills), ["a"]);
    assert_eq!(luma(&rig.still("a")), 235);
    picture(&rig.folder.path().join("stills/b.png"), [0, 0, 0, 255]);
    assert_eq!(ids(&rig.media().stills), ["a", "b"]);
    // The same name and length, another time of change.
    picture(&rig.folder.path().join("stills/b.png"), [255; 4]);
    wait_for("the new picture", || rig.library.still(&"b".parse().unwrap()).is_some_and(|image| luma(&image) == 235));
    fs::remove_file(rig.folder.path().join("stills/a.png")).unwrap();
    assert_eq!(ids(&rig.media().stills), ["b"]);
    assert!(rig.library.still(&"a".parse().unwrap()).is_none());
    assert!(rig.facts_rx.try_recv().is_err(), "a change of pixels is no change of what there is");
}

#[test]
fn a_still_is_never_waited_for() {
    let mut rig = rig(|folder| picture(&folder.join("stills/a.png"), [255, 255, 255, 128]));
    rig.media();
    let id: MediaId = "a".parse().unwrap();
    let begin = Instant::now();
    let first = rig.library.still(&id);
    assert!(first.is_none() && begin.elapsed() < Duration::from_millis(50));
    let image = rig.still("a");
    assert!(Arc::ptr_eq(&image, &rig.still("a")), "it is decoded once");
    wait_for("with its transparency", || rig.library.rgba(&id).is_some());
    assert_eq!(rig.library.rgba(&id).unwrap().pixels[..4], [255, 255, 255, 128]);
    assert!(rig.library.still(&"nothing".parse().unwrap()).is_none());
}

#[test]
fn while_the_director_takes_no_facts_the_newest_is_kept() {
    let mut rig = rig(|folder| picture(&folder.join("stills/a.png"), [255; 4]));
    let path = rig.folder.path().join("stills");
    wait_for("the queue is full", || {
        let number = fs::read_dir(&path).unwrap().count();
        picture(&path.join(format!("b{number}.png")), [255; 4]);
        rig.facts_rx.len() == 4
    });
    picture(&path.join("zz.png"), [255; 4]);
    std::iter::repeat_with(|| rig.media()).take_while(|media| !ids(&media.stills).contains(&"zz")).for_each(drop);
}

#[test]
fn templates_are_checked_when_they_change_and_only_then() {
    let calls = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&calls);
    let mut rig = with_templates(
        |folder| fs::write(folder.join("templates/terzo.svg"), "<svg/>").unwrap(),
        move |files| {
            log.lock().unwrap().push(files.iter().map(|file| file.file.clone()).collect::<Vec<_>>());
            let flaw = |file: &TemplateFile| MediaFlaw {
                file: file.file.clone(),
                why: fs::read_to_string(&file.path).unwrap(),
            };
            (Vec::new(), files.iter().map(flaw).collect())
        },
    );
    assert_eq!(rig.media().flaws[0].why, "<svg/>");
    picture(&rig.folder.path().join("stills/a.png"), [255; 4]);
    assert_eq!(rig.media().flaws.len(), 1);
    assert_eq!(*calls.lock().unwrap(), [["templates/terzo.svg"]]);
    fs::write(rig.folder.path().join("templates/terzo.svg"), "<svg>longer</svg>").unwrap();
    assert_eq!(rig.media().flaws[0].why, "<svg>longer</svg>");
}

#[test]
fn a_folder_that_is_not_there_is_no_error_and_may_come_later() {
    gst::init().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (facts_tx, facts_rx) = facts::channel(4);
    let path = folder.path().join("media");
    let config = Config { look: Duration::from_millis(20), ..Config::new(&path, CANVAS) };
    let library = Library::start(config, EventClock::start(), |_| Checked::default(), facts_tx).unwrap();
    let mut rig = Rig { folder, facts_rx, library };
    assert_eq!(rig.media(), Media::default());
    fs::create_dir_all(path.join("stills")).unwrap();
    picture(&path.join("stills/a.png"), [255; 4]);
    assert_eq!(ids(&rig.media().stills), ["a"]);
}

#[test]
fn a_dropped_library_ends_its_threads() {
    let rig = rig(|folder| picture(&folder.join("stills/a.png"), [255; 4]));
    let begin = Instant::now();
    drop(rig.library);
    assert!(begin.elapsed() < Duration::from_secs(5));
}
