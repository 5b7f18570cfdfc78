//! Tally to the world outside the pages: lamps and multiviewers that listen for TSL UMD over UDP.
//!
//! Which lamp is lit follows from the show as everybody sees it (`lamp`), packets are bytes by the book (`tsl`), and one task
//! sends them on every change and every second (`sender`), since UDP loses what it likes. The show never waits for it.

mod lamp;
mod sender;
pub mod tsl;

use std::net::SocketAddr;

pub use lamp::Lamp;
pub use sender::start;

/// Somebody who listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Receiver {
    /// Where, by UDP; a broadcast or multicast address reaches many.
    pub address: SocketAddr,
    /// In which words.
    pub protocol: Protocol,
    /// The display of the evening's first city; the second has the next, and so on.
    pub first_index: u16,
}

/// The words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// TSL UMD V3.1.
    Tsl31,
    /// TSL UMD V5.0.
    Tsl50 {
        /// The screen on which the displays are; 65535 is all.
        screen: u16,
        /// How names are written.
        text: Text,
    },
}

/// How names are written in V5.0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Text {
    /// One byte for each character, without accents: what every receiver reads.
    #[default]
    Ascii,
    /// As they are.
    #[serde(rename = "utf-16")]
    Utf16,
}

impl Protocol {
    /// The highest display that can be addressed.
    pub const fn last_index(self) -> u16 {
        match self {
            Self::Tsl31 => tsl::LAST_ADDRESS_31,
            Self::Tsl50 { .. } => tsl::LAST_INDEX_50,
        }
    }
}

impl Receiver {
    /// The datagrams that put every lamp into its state. Lamps beyond the last display are left out.
    pub fn datagrams(&self, lamps: &[Lamp]) -> Vec<Vec<u8>> {
        let indexed = (self.first_index..=self.protocol.last_index()).zip(lamps);
        match self.protocol {
            // An index of V3.1 is at most 126.
            Protocol::Tsl31 => indexed.map(|(index, lamp)| tsl::v31(index as u8, lamp).to_vec()).collect(),
            Protocol::Tsl50 { screen, text } => tsl::v50(screen, text, indexed),
        }
    }
}
