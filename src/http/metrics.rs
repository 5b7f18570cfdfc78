//! GET /metrics: counters for Prometheus (OpenMetrics text), collected anew for every scrape.

use std::time::Duration;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{EncodeGaugeValue, EncodeMetric, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

use super::error::Error;
use super::process::Process;
use super::{Server, Shared};
use crate::contribution::SeatStats;
use crate::distribution;
use crate::media::picture::{self, TakeStats};
use crate::radio;
use crate::show::{CityState, ContributionId, View};

/// The media type that `encode` writes.
pub(super) const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Labels of one sample.
type Labels = [(&'static str, String); 1];
type StateLabels = [(&'static str, String); 2];

/// A histogram counted elsewhere, in seconds.
#[derive(Debug)]
struct TakeSeconds(TakeStats);

impl EncodeMetric for TakeSeconds {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> std::fmt::Result {
        let bounds = TakeStats::BOUNDS.iter().map(Duration::as_secs_f64).chain([f64::INFINITY]);
        let buckets: Vec<_> = bounds.zip(self.0.buckets).collect();
        encoder.encode_histogram::<NoLabelSet>(self.0.sum.as_secs_f64(), self.0.count, &buckets, None)
    }

    fn metric_type(&self) -> MetricType {
        MetricType::Histogram
    }
}

/// Answers a scrape.
pub(super) async fn scrape(State(server): State<Shared>) -> Result<Response, Error> {
    let subscription = server.subscribe().await?;
    let mut registry = Registry::with_prefix("regia");
    registry.register("build", "What is running", Info::new([("version", env!("CARGO_PKG_VERSION"))]));
    add_show(&mut registry, subscription.view.revision, &subscription.view);
    add_distribution(&mut registry, &server.context.distribution.stats());
    add_seats(&mut registry, &server.context.contribution.stats());
    add_engine(&mut registry, (server.context.engine)());
    add_radio(&mut registry, server.context.radio.stats());
    add_http(&mut registry, &server);
    let mut process = Registry::with_prefix("process");
    add_process(&mut process, Process::now());

    let mut text = String::new();
    prometheus_client::encoding::text::encode_registry(&mut text, &process).expect("a String takes everything");
    encode(&mut text, &registry).expect("a String takes everything");
    Ok(([(CONTENT_TYPE, OPENMETRICS)], text).into_response())
}

fn counter(registry: &mut Registry, name: &str, help: &str, value: u64) {
    registry.register(name, help, ConstCounter::new(value));
}

fn gauge<N: EncodeGaugeValue>(registry: &mut Registry, name: &str, help: &str, value: N)
where
    ConstGauge<N>: EncodeMetric + std::fmt::Debug + Send + Sync + 'static,
{
    registry.register(name, help, ConstGauge::new(value));
}

fn add_show(registry: &mut Registry, events: u64, view: &View) {
    counter(registry, "events", "Events of the show", events);
    counter(registry, "revisions", "Changes of the show's state", view.revision);
    let states = Family::<StateLabels, Gauge>::default();
    for city in &view.cities {
        for (name, is) in [
            ("offline", matches!(city.state, CityState::Offline {})),
            ("connecting", matches!(city.state, CityState::Connecting { .. })),
            ("live", matches!(city.state, CityState::Live { .. })),
            ("lost", matches!(city.state, CityState::Lost { .. })),
        ] {
            states.get_or_create(&[("city", city.id.to_string()), ("state", name.into())]).set(is.into());
        }
    }
    registry.register("city_state", "1 for the state that the city is in", states);
}

fn add_distribution(registry: &mut Registry, stats: &distribution::Stats) {
    let viewers = Family::<Labels, Gauge>::default();
    for (channel, count) in &stats.viewers {
        viewers.get_or_create(&[("channel", channel.to_string())]).set(i64::try_from(*count).unwrap_or(i64::MAX));
    }
    registry.register("viewers", "Viewers now", viewers);
    counter(registry, "sent_packets", "Media packets sent to viewers, without retransmissions", stats.packets_sent);
    counter(registry, "sent_bytes", "Payload bytes sent to viewers", stats.bytes_sent);
    counter(registry, "resent_packets", "Packets sent again because viewers reported them lost", stats.resent);
    counter(registry, "lagged_packets", "Packets that a shard was too slow for", stats.lagged);
    counter(registry, "unsent_datagrams", "Datagrams that the system did not take", stats.unsent);
    counter(registry, "stray_datagrams", "Datagrams from nobody who watches", stats.strays);
}

fn add_seats(registry: &mut Registry, seats: &[SeatStats]) {
    let taken = Family::<Labels, Gauge>::default();
    let packets = Family::<Labels, Counter>::default();
    let bytes = Family::<Labels, Counter>::default();
    let sessions = Family::<Labels, Counter>::default();
    for seat in seats {
        let kind = if matches!(seat.id, ContributionId::City(_)) { "city" } else { "contribution" };
        let labels = [(kind, seat.id.to_string())];
        taken.get_or_create(&labels).set(seat.taken.into());
        packets.get_or_create(&labels).inc_by(seat.packets);
        bytes.get_or_create(&labels).inc_by(seat.bytes);
        sessions.get_or_create(&labels).inc_by(seat.sessions);
    }
    registry.register("seat_taken", "1 while a publisher has a session", taken);
    registry.register(
        "received_packets",
        "Media packets received from a city, a co-host or a talkback microphone",
        packets,
    );
    registry.register(
        "received_bytes",
        "Payload bytes received from a city, a co-host or a talkback microphone",
        bytes,
    );
    registry.register("seat_sessions", "Sessions opened on a seat", sessions);
}

fn add_engine(registry: &mut Registry, engine: picture::Stats) {
    counter(registry, "program_frames", "Frames that left the program encoder", engine.frames);
    counter(registry, "late_ticks", "Picture ticks that began a frame late or more", engine.late);
    registry.register_with_unit(
        "program_render",
        "What planning and drawing the newest picture took",
        Unit::Seconds,
        ConstGauge::new(engine.render.as_secs_f64()),
    );
    counter(registry, "skipped_frames", "Frames that are missing in program", engine.skipped);
    counter(
        registry,
        "program_restarts",
        "How often the program pipeline failed and was started anew",
        engine.restarts,
    );
    registry.register_with_unit(
        "take",
        "From a take's command to the first packet of the first frame that changed",
        Unit::Seconds,
        TakeSeconds(engine.takes),
    );
}

fn add_radio(registry: &mut Registry, stats: radio::Stats) {
    let listeners = Family::<Labels, Gauge>::default();
    let encoding = Family::<Labels, Gauge>::default();
    let dropped = Family::<Labels, Counter>::default();
    let restarts = Family::<Labels, Counter>::default();
    for of in stats.formats {
        let labels = [("format", of.format.as_str().to_owned())];
        listeners.get_or_create(&labels).set(i64::try_from(of.listeners).unwrap_or(i64::MAX));
        encoding.get_or_create(&labels).set(of.encoding.into());
        dropped.get_or_create(&labels).inc_by(of.dropped);
        restarts.get_or_create(&labels).inc_by(of.restarts);
    }
    registry.register("radio_listeners", "Who listens to the radio now, Icecast servers among them", listeners);
    registry.register("radio_encoding", "1 while the format is encoded, for somebody", encoding);
    registry.register("radio_dropped", "Listeners of the radio who fell behind and were dropped", dropped);
    registry.register("radio_restarts", "How often an encoder of the radio failed and was started anew", restarts);
    let states = Family::<StateLabels, Gauge>::default();
    for (server, state) in stats.icecast {
        for word in radio::icecast::State::WORDS {
            let labels = [("server", server.clone()), ("state", word.to_owned())];
            states.get_or_create(&labels).set((state.as_str() == word).into());
        }
    }
    registry.register("radio_icecast", "1 for the state that the Icecast server is in", states);
}

fn add_http(registry: &mut Registry, server: &Server) {
    gauge(
        registry,
        "live_pages",
        "Pages on the live WebSocket",
        i64::try_from(server.live.taken()).unwrap_or(i64::MAX),
    );
}

fn add_process(registry: &mut Registry, process: Process) {
    registry.register("cpu_seconds", "User and system time", ConstCounter::new(process.cpu_seconds));
    gauge(registry, "threads", "Threads", i64::try_from(process.threads).unwrap_or(i64::MAX));
    gauge(registry, "open_fds", "Open file descriptors", i64::try_from(process.open_files).unwrap_or(i64::MAX));
    gauge(registry, "resident_memory_bytes", "Memory", i64::try_from(process.memory_bytes).unwrap_or(i64::MAX));
}
