//! Answers a viewer's offer: an ICE-lite, unpaced, RTP-level peer connection with what the offer and the hub share.

use std::time::{Duration, Instant};

use str0m::change::SdpOffer;
use str0m::config::DtlsCert;
use str0m::crypto::from_feature_flags;
use str0m::format::{Codec, FormatParams};
use str0m::media::{Frequency, Mid, Pt};
use str0m::rtp::Extension;
use str0m::{Candidate, IceCreds, Rtc, RtcConfig};

use super::Error;
use super::offer::Offer;
use super::wire::Local;

/// Sent pictures kept for retransmission: about 1.4 s at 1.5 Mbit/s, many round trips. Each costs some 0.5 KiB beside
/// its shared payload.
const CACHE_PACKETS: usize = 256;
const CACHE_AGE: Duration = Duration::from_millis(1500);

/// Most of what a viewer gets may be retransmissions, as a share: a viewer who asks for more than is sent is ignored.
const CACHE_SHARE: f32 = 0.5;

/// Between sender reports: the first one after a join lets a browser put lips and sound together.
const REPORT_INTERVAL: Duration = Duration::from_secs(1);

/// One media section that is sent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Track {
    /// The section.
    pub(super) mid: Mid,
    /// Payload type of its packets.
    pub(super) payload_type: Pt,
    /// Payload type of its retransmissions.
    pub(super) retransmission: Option<Pt>,
}

/// What the hub brings to a negotiation.
pub(super) struct Terms<'a> {
    /// Where viewers reach it.
    pub(super) locals: &'a [Local],
    pub(super) certificate: DtlsCert,
    /// How often the stack tells what its peer reports, if it should.
    pub(super) statistics: Option<Duration>,
}

/// A negotiated peer connection.
pub(super) struct Negotiated {
    pub(super) rtc: Rtc,
    pub(super) audio: Option<Track>,
    pub(super) video: Option<Track>,
    /// Local ICE username fragment: it names the ICE session.
    pub(super) ufrag: String,
    /// The viewer's ICE username fragment.
    pub(super) remote_ufrag: String,
    pub(super) answer: String,
}

/// The certificate of all sessions of one run; making one per session would cost more than the rest of a join.
pub(super) fn certificate() -> DtlsCert {
    from_feature_flags().dtls_provider.generate_certificate().expect("OpenSSL makes certificates")
}

/// Answers `offer`.
pub(super) fn negotiate(offer: &str, terms: Terms<'_>, now: Instant) -> Result<Negotiated, Error> {
    let Terms { locals, certificate, statistics } = terms;
    let offer = Offer::read(offer)?;
    let not_sdp = |error: &dyn std::fmt::Display| Error::NotSdp(error.to_string());

    let mut config = RtcConfig::new()
        .set_ice_lite(true)
        .set_rtp_mode(true)
        .set_dtls_cert(certificate)
        .set_local_ice_credentials(IceCreds::new())
        .set_rtcp_report_interval_audio(REPORT_INTERVAL)
        .set_rtcp_report_interval_video(REPORT_INTERVAL)
        .set_stats_interval(statistics)
        .clear_codecs()
        .clear_extension_map()
        .set_extension(4, Extension::RtpMid);
    let ufrag = config.local_ice_credentials().as_ref().map(|creds| creds.ufrag.clone()).unwrap_or_default();
    let codecs = config.codec_config();
    if let Some(video) = &offer.video {
        let retransmission = video.retransmission.map(Pt::from);
        codecs.add_h264(video.payload_type.into(), retransmission, true, video.profile_level_id);
    }
    if let Some(audio) = &offer.audio {
        // The desk and most cities send stereo; a viewer decodes it only if both sides say so (RFC 7587 §7.1).
        let stereo = audio.stereo.then_some(true);
        let format = FormatParams {
            min_p_time: Some(10),
            use_inband_fec: Some(true),
            stereo,
            sprop_stereo: stereo,
            ..FormatParams::default()
        };
        codecs.add_config(audio.payload_type.into(), None, Codec::Opus, Frequency::FORTY_EIGHT_KHZ, Some(2), format);
    }

    let mut rtc = config.build(now);
    for local in locals {
        match Candidate::host(local.address, "udp") {
            Ok(candidate) => drop(rtc.add_local_candidate(candidate)),
            Err(error) => tracing::warn!(address = %local.address, %error, "viewers cannot be told this address"),
        }
    }
    let served = SdpOffer::from_sdp_string(&offer.served).map_err(|error| not_sdp(&error))?;
    let answer = rtc.sdp_api().accept_offer(served).map_err(|error| not_sdp(&error))?;
    let answer = offer.complete(&answer.to_sdp_string());

    let video = offer.video.as_ref().map(|video| Track {
        mid: video.mid.as_str().into(),
        payload_type: video.payload_type.into(),
        retransmission: video.retransmission.map(Pt::from),
    });
    let audio = offer.audio.as_ref().map(|audio| Track {
        mid: audio.mid.as_str().into(),
        payload_type: audio.payload_type.into(),
        retransmission: None,
    });
    for track in [&video, &audio].into_iter().flatten() {
        let mut api = rtc.direct_api();
        let stream =
            api.stream_tx_by_mid(track.mid, None).ok_or_else(|| not_sdp(&"a media section cannot be served"))?;
        stream.set_unpaced(true);
        stream.set_rtx_cache(CACHE_PACKETS, CACHE_AGE, Some(CACHE_SHARE));
    }
    Ok(Negotiated { rtc, audio, video, ufrag, remote_ufrag: offer.ufrag, answer })
}
