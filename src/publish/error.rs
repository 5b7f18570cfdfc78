//! What can go wrong with a publisher, in words that say what mends it.

use std::path::PathBuf;
use std::time::Duration;

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The URL cannot be used.
    #[error("'{url}' is not a WHIP address: {why}; one looks like http://host:8080/whip/lecce")]
    Url {
        /// What was given.
        url: String,
        /// What is wrong with it.
        why: String,
    },
    /// A setting is out of its range.
    #[error("{0}")]
    Setting(String),
    /// The file cannot be played.
    #[error("the file {} cannot be played: {why}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why not.
        why: String,
    },
    /// No HTTP answer came.
    #[error("no answer from {url}: {why}; is the server running, and is the address right?")]
    Unreachable {
        /// Where.
        url: String,
        /// The system's words.
        why: String,
    },
    /// The server answered, but did not take the offer.
    #[error("{url} answered {status}: {why}")]
    Refused {
        /// Where.
        url: String,
        /// HTTP status.
        status: u16,
        /// The server's words and what mends it.
        why: String,
        /// How long the server wants to be left alone.
        retry_after: Option<Duration>,
    },
    /// The server took the offer, but its answer is not WHIP.
    #[error("{url} does not answer as RFC 9725 says: {why}")]
    NotWhip {
        /// Where.
        url: String,
        /// What is wrong with the answer.
        why: String,
    },
    /// A step of the negotiation failed or took too long.
    #[error("{step} failed: {why}")]
    Negotiation {
        /// Which step.
        step: &'static str,
        /// Why.
        why: String,
    },
    /// The media connection failed.
    #[error("the media connection is lost: {0}")]
    Lost(String),
    /// GStreamer failed.
    #[error(transparent)]
    Pipeline(#[from] crate::gst::Error),
    /// The system gives no thread.
    #[error("the publisher's thread does not start: {0}")]
    Thread(#[from] std::io::Error),
}

impl Error {
    /// Whether the same try could succeed later without anybody mending anything at this end.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Lost(_) | Self::Negotiation { .. } => true,
            // Request Timeout, Conflict, Too Early, Too Many Requests, and all that is the server's own trouble.
            Self::Refused { status, .. } => matches!(status, 408 | 409 | 425 | 429 | 500..),
            Self::Url { .. }
            | Self::Setting(_)
            | Self::File { .. }
            | Self::NotWhip { .. }
            | Self::Pipeline(_)
            | Self::Thread(_) => false,
        }
    }

    /// How long the server wants to be left alone.
    pub(super) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}
