//! SDP offers as Chromium makes them, shortened, with a certificate and candidates that nobody has.

/// Which codecs an offer has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Codecs {
    /// Both that the house takes.
    H264AndOpus,
    /// None that the house takes.
    Vp8AndG722,
}

/// An offer that sends both kinds (WHIP).
pub fn publisher(codecs: Codecs) -> String {
    offer("sendonly", codecs)
}

/// An offer that receives both kinds (WHEP).
pub fn viewer(codecs: Codecs) -> String {
    offer("recvonly", codecs)
}

fn offer(direction: &str, codecs: Codecs) -> String {
    let (audio, video) = match codecs {
        Codecs::H264AndOpus => (
            "m=audio 9 UDP/TLS/RTP/SAVPF 111\n\
             @\n\
             a=mid:0\n\
             a=rtpmap:111 opus/48000/2\n\
             a=rtcp-fb:111 transport-cc\n\
             a=fmtp:111 minptime=10;useinbandfec=1\n",
            "m=video 9 UDP/TLS/RTP/SAVPF 102 103\n\
             @\n\
             a=mid:1\n\
             a=rtpmap:102 H264/90000\n\
             a=rtcp-fb:102 transport-cc\n\
             a=rtcp-fb:102 ccm fir\n\
             a=rtcp-fb:102 nack\n\
             a=rtcp-fb:102 nack pli\n\
             a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f\n\
             a=rtpmap:103 rtx/90000\n\
             a=fmtp:103 apt=102\n",
        ),
        Codecs::Vp8AndG722 => (
            "m=audio 9 UDP/TLS/RTP/SAVPF 9\n@\na=mid:0\na=rtpmap:9 G722/8000\n",
            "m=video 9 UDP/TLS/RTP/SAVPF 96\n@\na=mid:1\na=rtpmap:96 VP8/90000\n",
        ),
    };
    let transport = format!(
        "c=IN IP4 0.0.0.0\n\
         a=rtcp:9 IN IP4 0.0.0.0\n\
         a=candidate:1 1 udp 2113937151 127.0.0.1 50000 typ host generation 0 network-cost 999\n\
         a=ice-ufrag:EsAw\n\
         a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\n\
         a=ice-options:trickle\n\
         a=fingerprint:sha-256 D2:FA:0E:C3:22:59:5E:14:95:69:92:3D:13:B4:84:24:2C:C2:A2:C0:3E:FD:34:8E:5E:EA:6F:AF:52:CE:E6:0F\n\
         a=setup:actpass\n\
         a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\n\
         a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\n\
         a={direction}\n\
         a=rtcp-mux\n\
         a=rtcp-rsize"
    );
    let sdp = format!(
        "v=0\n\
         o=- 4611731400430051336 2 IN IP4 127.0.0.1\n\
         s=-\n\
         t=0 0\n\
         a=group:BUNDLE 0 1\n\
         a=extmap-allow-mixed\n\
         a=msid-semantic: WMS\n\
         {audio}{video}"
    );
    sdp.replace('@', &transport).replace('\n', "\r\n")
}

/// A trickle ICE fragment (RFC 8840) of such an offer.
pub fn fragment() -> String {
    "a=ice-ufrag:EsAw\n\
     a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\n\
     m=audio 9 UDP/TLS/RTP/SAVPF 0\n\
     a=mid:0\n\
     a=candidate:2 1 udp 2113937151 127.0.0.1 50001 typ host generation 0\n\
     a=end-of-candidates\n"
        .replace('\n', "\r\n")
}
