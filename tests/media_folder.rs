//! The media folder in the whole house: what lies there can be put on air, what is wrong with it is told.

mod support;

use std::fs;
use std::path::Path;

use regia::show::View;
use serde_json::json;
use support::decode::apart;
use support::evening::Evening;
use support::media;
use support::viewer::Pool;

const YELLOW: [u8; 3] = [220, 200, 20];
const RED: [u8; 3] = [200, 30, 40];
const GREEN: [u8; 3] = [30, 180, 60];

/// A template that covers the picture's left half with a colour.
const HALF: &str = r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1280 720" data-name="Metà" data-place="full" data-in="cut" data-out="cut">
  <metadata><field id="colour" label="Colore" kind="colour" default="#1eb43c"/></metadata>
  <rect width="640" height="720" fill="{colour}"/>
</svg>"##;

fn still(path: &Path, [red, green, blue]: [u8; 3], alpha: u8) {
    image::RgbaImage::from_pixel(320, 180, image::Rgba([red, green, blue, alpha])).save(path).unwrap();
}

/// Two seconds of one colour with a tone of 880 Hz.
fn clip(path: &Path, [red, green, blue]: [u8; 3]) {
    let colour = u32::from_be_bytes([255, red, green, blue]);
    let text = format!(
        "videotestsrc pattern=solid-color foreground-color={colour} num-buffers=30 ! video/x-raw,width=320,height=180,framerate=15/1 \
         ! x264enc speed-preset=ultrafast ! h264parse ! matroskamux name=mux ! filesink location=\"{}\" \
         audiotestsrc freq=880 volume=0.3 num-buffers=100 samplesperbuffer=960 ! audio/x-raw,rate=48000,channels=2 ! opusenc ! mux.",
        path.display()
    );
    media::make(&text);
}

fn has(view: &View, what: &str) -> bool {
    let Some(media) = &view.media else { return false };
    let items = [&media.stills, &media.clips, &media.stingers].into_iter().flatten().map(|item| item.id.as_str());
    items.chain(media.templates.iter().map(|template| template.id.as_str())).any(|id| id == what)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_lies_in_the_media_folder_goes_on_air() {
    let folder = tempfile::tempdir().unwrap();
    for part in ["stills", "clips", "templates", "stingers/wipe-15fps"] {
        fs::create_dir_all(folder.path().join(part)).unwrap();
    }
    still(&folder.path().join("stills/giallo.png"), YELLOW, 255);
    fs::write(folder.path().join("stills/rotto.png"), b"no picture").unwrap();
    clip(&folder.path().join("clips/pillola.mkv"), RED);
    fs::write(folder.path().join("templates/meta.svg"), HALF).unwrap();
    fs::write(folder.path().join("templates/storto.svg"), "<svg>\n<rect></svg>").unwrap();
    for number in 0..15 {
        still(&folder.path().join(format!("stingers/wipe-15fps/{number:03}.png")), GREEN, 255);
    }
    let path = folder.path().display();
    let evening =
        Evening::with(&format!("[program]\nwidth = 640\nheight = 360\nfps = 15\n[media]\npath = \"{path}\"\n")).await;
    let pool = Pool::start();
    let all = ["giallo", "pillola", "meta", "wipe-15fps", "lower-third"];
    evening.until("all of it is there", |view| all.iter().all(|what| has(view, what))).await;
    let flaws = evening.app.director().view().media.clone().unwrap().flaws;
    let files: Vec<_> = flaws.iter().map(|flaw| flaw.file.as_str()).collect();
    assert_eq!(files, ["stills/rotto.png", "templates/storto.svg"], "{flaws:?}");
    assert!(flaws[1].why.starts_with("line 2, "), "{flaws:?}");

    let mut program = evening.record("program", &pool);
    let near = |colour: [u8; 3], wanted: [u8; 3]| apart(colour, wanted) < 40;
    evening.post(&json!({"type": "cut_to", "source": "still:giallo"}));
    program.until_seen("the still", |shot| near(shot.colour(800, 500), YELLOW));
    evening.post(&json!({"type": "set_graphic", "graphic": {"template": "meta"}}));
    evening.post(&json!({"type": "set_keyer", "on": true}));
    program.until_seen("a template of the folder over it", |shot| {
        near(shot.colour(200, 500), GREEN) && near(shot.colour(800, 500), YELLOW)
    });
    evening.post(&json!({"type": "set_keyer", "on": false}));

    evening.post(&json!({"type": "set_preview", "source": "clip:pillola"}));
    let stinger = json!({"kind": "stinger", "stinger": "wipe-15fps", "duration_ms": 1000, "cut_ms": 500});
    evening.post(&json!({"type": "set_transition", "transition": stinger}));
    evening.post(&json!({"type": "take"}));
    program.until_seen("the stinger over everything", |shot| {
        near(shot.colour(200, 500), GREEN) && near(shot.colour(800, 500), GREEN)
    });
    program.until_seen("the clip behind it", |shot| near(shot.colour(800, 500), RED));

    let (sound, from) = (support::decode::sound(&program.end()), 4800);
    let loudest = (0..sound.samples.len() / from).map(|part| sound.tone(880.0, part * from, from)).fold(0.0, f32::max);
    assert!(loudest > 0.1, "the clip is heard: {loudest}");

    let refused = evening.app.director().view();
    assert!(refused.media.as_ref().is_some_and(|media| media.clips[0].duration_ms.abs_diff(2000) < 200));
    evening.stop().await;
}
