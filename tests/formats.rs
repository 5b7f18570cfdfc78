//! A publisher that changes size and frame rate midway keeps its channel and program going.

mod support;

use regia::publish::Format;
use support::decode::{self, Shot, apart};
use support::evening::{Evening, colour, leave};
use support::viewer::Pool;

/// Formats that are sent one after another. The program is 320×180.
const FORMATS: [Format; 4] = [
    Format { width: 320, height: 180, fps: 15 },
    Format { width: 240, height: 180, fps: 10 },
    Format { width: 180, height: 320, fps: 30 }, // a phone held upright
    Format { width: 640, height: 360, fps: 15 },
];

/// Ticks of RTP from frame to frame of program.
const STEP: u32 = 3000;

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_size_and_frame_rate_keeps_program_going_with_the_aspect_kept() {
    let evening = Evening::with("[program]\nwidth = 320\nheight = 180\nfps = 30\n").await;
    let pool = Pool::start();
    let Format { width, height, fps } = FORMATS[0];
    let roma = evening.publish(evening.city("roma").format(width, height, fps)).await;
    evening.until_live("roma").await;
    evening.cut_to("roma").await;
    let [mut program, mut channel] = ["program", "roma"].map(|id| evening.record(id, &pool));
    for format in FORMATS {
        roma.set_format(format).unwrap();
        channel.until_seen("the new size on the channel", |shot| size(shot) == (format.width, format.height));
        program.until_seen(&format!("{format:?} in program"), |shot| fits(shot, format));
    }

    let (program, channel) = (program.end(), channel.end());
    decode::assert_even(&program, STEP);
    let shots = decode::pictures(&program);
    let first = shots.iter().position(|shot| is_roma(shot, 500, 250)).expect("roma was in program");
    let slates = shots[first..].iter().filter(|shot| !is_roma(shot, 500, 250)).count();
    assert_eq!(slates, 0, "of {} pictures; no change takes half a second", shots.len());

    let shots = decode::pictures(&channel);
    let from = decode::timestamps(&channel).iter().position(|timestamp| *timestamp == shots[0].timestamp);
    let sent = decode::timestamps(&channel).len() - from.expect("it was sent");
    assert!(shots.len() + 1 >= sent, "{} pictures of {sent} are decoded", shots.len());
    let mut sizes: Vec<_> = shots.iter().map(size).collect();
    sizes.dedup();
    assert_eq!(sizes, FORMATS.map(|format| (format.width, format.height)));
    leave(roma).await;
    evening.stop().await;
}

fn size(shot: &Shot) -> (u16, u16) {
    (shot.width as u16, shot.height as u16)
}

fn is_roma(shot: &Shot, x: usize, y: usize) -> bool {
    apart(shot.colour(x, y), colour("roma")) < 50
}

/// Whether a picture of this format fills the height of program, and black what it leaves at the sides.
fn fits(shot: &Shot, format: Format) -> bool {
    let filled = (usize::from(format.width) * 180 * 1000 / usize::from(format.height) / 320).min(1000);
    let side = (1000 - filled) / 2;
    // Some pixels inside and outside of the left edge; the middle of the height may bear letters.
    let inside = [side + 40, 960 - side].into_iter().all(|x| is_roma(shot, x, 250));
    let outside = side == 0 || [side.saturating_sub(40), 1040 - side].into_iter().all(|x| shot.light(x, 250) < 25);
    inside && outside
}
