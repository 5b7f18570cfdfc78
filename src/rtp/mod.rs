//! The packet that contribution, media and distribution hand on, and the channel where they meet.
//!
//! Nothing here knows GStreamer, ICE or a viewer. A source writes packets into its [`Channel`]; decoders and shards
//! read them from the channel's [`Ring`], each at its own pace, none able to hold up another.

mod audience;
mod channel;
pub mod h264;
pub mod opus;
mod packet;
mod ring;
mod slate;

pub use audience::{Attendance, Audience};
pub use channel::{Channel, Standby};
pub use packet::{Kind, Origin, Packet, SessionNumber};
pub use ring::{Reader, Ring};
pub use slate::Slate;
