//! What the radio is encoded as.

use serde::Deserialize;

/// A coding of the radio, each with an address and an encoder of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Opus in Ogg (RFC 7845).
    Opus,
    /// AAC-LC in ADTS.
    Aac,
    /// MPEG-1 Layer III, at a constant bitrate.
    Mp3,
}

impl Format {
    /// All of them, in the order in which they are counted.
    pub const ALL: [Self; 3] = [Self::Opus, Self::Aac, Self::Mp3];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Opus => "opus",
            Self::Aac => "aac",
            Self::Mp3 => "mp3",
        }
    }

    /// Where it is heard.
    pub fn path(self) -> &'static str {
        match self {
            Self::Opus => "/radio.opus",
            Self::Aac => "/radio.aac",
            Self::Mp3 => "/radio.mp3",
        }
    }

    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Opus => "audio/ogg",
            Self::Aac => "audio/aac",
            Self::Mp3 => "audio/mpeg",
        }
    }

    /// Whether titles travel among its bytes (ICY). Ogg has a place of its own for them.
    pub fn has_icy_titles(self) -> bool {
        self != Self::Opus
    }

    /// Its place among [`Format::ALL`].
    pub(super) fn index(self) -> usize {
        match self {
            Self::Opus => 0,
            Self::Aac => 1,
            Self::Mp3 => 2,
        }
    }

    /// Samples of one side in each packet of its encoder, at 48 kHz.
    pub(super) fn frame(self) -> u32 {
        match self {
            Self::Opus => 960,
            Self::Aac => 1024,
            Self::Mp3 => 1152,
        }
    }

    /// Packets in a page: about a tenth of a second.
    pub(super) fn packets_per_page(self) -> usize {
        match self {
            Self::Opus | Self::Aac => 5,
            Self::Mp3 => 4,
        }
    }
}
