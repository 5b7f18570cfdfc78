//! Lips in sync: what was seen and heard at one instant in a city is played at one instant by a viewer.

mod support;

use std::process::Command;
use std::time::{Duration, Instant};

use regia::publish::{Pattern, Picture};
use serde_json::json;
use support::decode::{self, Playout, Shot, Sound};
use support::evening::{Evening, PATIENCE, leave};
use support::viewer::{Keep, Kind, Pool, Received, Viewer};

/// How far flash and beep may be apart.
const MOST_MS: f64 = 40.0;

/// How much of the stream is compared.
const SPAN: Duration = Duration::from_secs(7);

/// Flashes that are compared.
const FLASHES: usize = 4;

#[tokio::test(flavor = "multi_thread")]
async fn flash_and_beep_of_a_city_come_together_on_its_channel_and_on_program() {
    let evening = Evening::with("[program]\nwidth = 320\nheight = 180\nfps = 30\n").await;
    let pool = Pool::start();
    let flashing = evening.city("roma").with(|config| {
        config.picture = Picture::Pattern(Pattern::Flash);
    });
    let roma = evening.publish(flashing.format(320, 180, 30)).await;
    evening.until_live("roma").await;
    evening.cut_to("roma").await;
    let viewers = ["roma", "program"].map(|channel| evening.watch(channel, &pool, Keep::Packets(65_536)));
    let offsets = tokio::task::spawn_blocking(move || viewers.map(|viewer| measure(&viewer))).await.unwrap();
    for (channel, offsets) in ["roma", "program"].iter().zip(offsets) {
        let median = offsets[offsets.len() / 2];
        println!("sound after picture on {channel}: median {median:.1} ms of {offsets:.1?}");
        assert!(
            median.abs() <= MOST_MS,
            "on {channel} the sound comes {median:.1} ms after the picture: {offsets:.1?}"
        );
    }
    leave(roma).await;
    evening.stop().await;
}

/// Half a minute in which each second begins with a flash and a beep of a tenth of it.
fn flashing_clip(path: &std::path::Path) {
    let mut command = Command::new("ffmpeg");
    command.args(["-v", "error", "-f", "lavfi", "-i"]);
    command.arg("color=white:s=320x180:r=30,drawbox=c=black:t=fill:enable='gt(mod(t,1),0.1)'");
    command.args(["-f", "lavfi", "-i", "aevalsrc='0.2*sin(2*PI*1000*t)*lt(mod(t,1),0.1)':s=48000"]);
    command.args(["-t", "40", "-c:v", "libx264", "-preset", "ultrafast", "-g", "15", "-c:a", "pcm_s16le"]).arg(path);
    let output = command.output().expect("ffmpeg is installed: make test-deps");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clip_that_is_delayed_is_delayed_with_its_picture() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("clips")).unwrap();
    flashing_clip(&folder.path().join("clips/lampi.mkv"));
    let path = folder.path().display();
    let parts = format!("[program]\nwidth = 320\nheight = 180\nfps = 30\n[media]\npath = \"{path}\"\n");
    let evening = Evening::with(&parts).await;
    let pool = Pool::start();
    evening.until("the clip is there", |view| view.media.as_ref().is_some_and(|media| media.clips.len() == 1)).await;
    evening.post(&json!({"type": "set_preview", "source": "clip:lampi"}));
    // Not half a second nor a whole one: what is not delayed alike is far off.
    let strip = json!({"fader_db": 0, "muted": false, "mode": "afv", "processing": {"delay_ms": 700}});
    evening.post(&json!({"type": "set_strip", "of": "clip:lampi", "strip": strip}));
    evening.post(&json!({"type": "cut_to", "source": "clip:lampi"}));
    let viewer = evening.watch("program", &pool, Keep::Packets(65_536));
    let offsets = tokio::task::spawn_blocking(move || measure(&viewer)).await.unwrap();
    let median = offsets[offsets.len() / 2];
    println!("sound after picture of a clip that is delayed: median {median:.1} ms of {offsets:.1?}");
    assert!(median.abs() <= MOST_MS, "the sound comes {median:.1} ms after the picture: {offsets:.1?}");
    evening.stop().await;
}

/// How much later than its flash each beep is played, in milliseconds, in ascending order; the latest of them.
///
/// A session begins with a guess at how its streams belong together, from when their first packets came. On a busy machine
/// that is wrong by what the first packets were late, until the publisher's sender reports (each 2 to 6 s) tell better. So
/// the latest flashes count, once they come together, and they must within [`PATIENCE`].
fn measure(viewer: &Viewer) -> Vec<f64> {
    let begin = Instant::now();
    let mut packets: Vec<Received> = Vec::new();
    loop {
        let look = Instant::now() + Duration::from_secs(1);
        while let Some(packet) = viewer.next(look.saturating_duration_since(Instant::now())) {
            packets.push(packet);
        }
        // Older ones were dated otherwise, perhaps; the span has room for a keyframe to begin with.
        let newest = packets.last().map(|packet| packet.arrival);
        packets.retain(|packet| newest.is_none_or(|newest| newest - packet.arrival < SPAN));
        let playouts = (Playout::of(&packets, Kind::Video), Playout::of(&packets, Kind::Audio));
        let is_late = begin.elapsed() > PATIENCE;
        if let (Some(picture), Some(sound)) = playouts
            && span(&packets, picture) >= (FLASHES + 2) as f64 * 1000.0
        {
            let flashes = flashes(&decode::pictures(&packets), picture);
            let beeps = beeps(&decode::sound(&packets), sound);
            let mut offsets = pairs(&flashes, &beeps);
            offsets.sort_by(f64::total_cmp);
            if offsets.len() >= FLASHES && (is_late || offsets[offsets.len() / 2].abs() <= MOST_MS) {
                println!("together after {:.0?}", begin.elapsed());
                return offsets;
            }
            println!("not yet together: {offsets:.1?}");
        }
        assert!(!is_late, "no {FLASHES} flashes with beeps among {} packets", packets.len());
    }
}

/// How much of the picture there is, in milliseconds.
fn span(packets: &[Received], playout: Playout) -> f64 {
    let video = decode::ordered(packets, Kind::Video);
    let ends = video.first().zip(video.last());
    ends.map_or(0.0, |(first, last)| playout.wall_ms(last.timestamp) - playout.wall_ms(first.timestamp))
}

/// When pictures turn from dark to light.
fn flashes(pictures: &[Shot], playout: Playout) -> Vec<f64> {
    let is_light = |shot: &Shot| shot.light(500, 300) > 128;
    let turns = pictures.windows(2).filter(|pair| !is_light(&pair[0]) && is_light(&pair[1]));
    turns.map(|pair| playout.wall_ms(pair[1].timestamp)).collect()
}

/// When silence turns to sound.
fn beeps(sound: &Sound, playout: Playout) -> Vec<f64> {
    /// Samples: two waves of 1 kHz.
    const WINDOW: usize = 96;
    /// A quarter of the tone's amplitude: half of it at the edge's middle, with room for the codec.
    const LOUD: f32 = 0.05;
    /// Windows of silence before a beep: 200 ms.
    const SILENCE: usize = 100;
    let mut quiet = 0;
    let mut found = Vec::new();
    for (n, window) in sound.samples.chunks(WINDOW).enumerate() {
        let peak = window.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
        if peak < LOUD {
            quiet += 1;
            continue;
        }
        if quiet >= SILENCE {
            let edge = window.iter().position(|sample| sample.abs() >= LOUD).unwrap_or(0);
            found.push(playout.wall_ms(sound.timestamp(n * WINDOW + edge)));
        }
        quiet = 0;
    }
    found
}

/// Each beep with the flash that is nearest to it; flashes come each second.
fn pairs(flashes: &[f64], beeps: &[f64]) -> Vec<f64> {
    let nearest = |beep: &f64| flashes.iter().map(|flash| beep - flash).min_by(|a, b| a.abs().total_cmp(&b.abs()));
    beeps.iter().filter_map(nearest).filter(|offset| offset.abs() < 500.0).collect()
}
