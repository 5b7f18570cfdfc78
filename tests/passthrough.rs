//! A city's channel is passthrough: the very bytes that the city encoded reach its viewers.

mod support;

use std::time::Duration;

use regia::publish::SentNal;
use support::evening::{Evening, PATIENCE, leave};
use support::nal::{is_slice, units};
use support::viewer::{Keep, Kind, Pool, Received};
use tokio::sync::mpsc;

/// How many NAL units are compared: some seconds of the evening.
const ENOUGH: usize = 120;

#[tokio::test(flavor = "multi_thread")]
async fn nal_units_sent_are_nal_units_received_whatever_the_director_does() {
    let evening = Evening::start().await;
    let pool = Pool::start();
    let viewer = evening.watch("roma", &pool, Keep::Packets(65_536));
    let (publishing, tap) = evening.city("roma").tapped();
    let roma = evening.publish(publishing).await;
    evening.until_live("roma").await;
    let before = evening.app.picture_stats().frames;
    for city in ["roma", "lecce", "roma", "milano", "roma"] {
        evening.cut_to(city).await;
    }

    let (sent, received) = tokio::task::spawn_blocking(move || compare(tap, &viewer)).await.unwrap();
    assert_eq!(sent, received);
    assert!(evening.app.picture_stats().frames > before, "program went on beside it");
    leave(roma).await;
    evening.stop().await;
}

/// Collects both sides until enough units of one session stand on both, and cuts them to what both have.
fn compare(mut tap: mpsc::Receiver<SentNal>, viewer: &support::viewer::Viewer) -> (Vec<Vec<u8>>, Vec<Vec<u8>>) {
    let mut sent: Vec<Vec<u8>> = Vec::new();
    let mut packets: Vec<Received> = Vec::new();
    let deadline = std::time::Instant::now() + PATIENCE;
    loop {
        assert!(std::time::Instant::now() < deadline, "{} units sent, {} packets received", sent.len(), packets.len());
        while let Ok(nal) = tap.try_recv() {
            sent.push(nal.bytes.to_vec());
        }
        while let Some(packet) = viewer.next(Duration::from_millis(20)) {
            if packet.kind == Kind::Video {
                packets.push(packet);
            }
        }
        // Lost packets come again, and later: the order is that of the numbers.
        packets.sort_by_key(|packet| packet.sequence);
        packets.dedup_by_key(|packet| packet.sequence);
        let received: Vec<Vec<u8>> = units(&packets).into_iter().map(|unit| unit.bytes).collect();
        // The slate came first; the session's first unit on the channel is where the comparison begins.
        let start = received.iter().position(|unit| is_slice(unit) && sent.contains(unit));
        let Some(start) = start else { continue };
        let first = sent.iter().position(|unit| *unit == received[start]).expect("it was found in there");
        let count = (received.len() - start).min(sent.len() - first);
        if count >= ENOUGH {
            return (sent[first..first + ENOUGH].to_vec(), received[start..start + ENOUGH].to_vec());
        }
    }
}
