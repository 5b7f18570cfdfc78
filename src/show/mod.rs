//! The show: a pure machine that decides what is on air.
//!
//! It has no clock, file, network or randomness. It is driven by three calls, each with the time as an argument, and
//! each answered with a [`Drain`] of everything that follows: effects for the engines, events for the world, and the
//! next time at which [`Show::tick`] must be called.

mod city;
mod command;
mod drain;
mod id;
mod machine;
mod output;
mod picture;
mod seat;
mod snapshot;
mod time;
mod turn;
mod view;

pub use city::{City, CityState};
pub use command::{Command, Rejection};
pub use drain::Drain;
pub use id::{ChannelId, CityId, InvalidId};
pub use machine::Show;
pub use output::{Effect, Event, Fact, Output};
pub use picture::{InvalidSource, Picture, PictureBox, Rect, Source, Tally, Transition};
pub use seat::Seat;
pub use snapshot::{InvalidShow, Running, Setup, Snapshot};
pub use time::ShowTime;
pub use view::{CityView, View};
