//! The show: a pure machine that decides what is on air.
//!
//! It has no clock, file, network or randomness. It is driven by three calls, each with the time as an argument, and
//! each answered with a [`Drain`] of everything that follows: effects for the engines, events for the world, and the
//! next time at which [`Show::tick`] must be called.

mod city;
mod command;
mod id;
mod machine;
mod output;
mod picture;
mod time;

pub use city::{City, CityState};
pub use command::{Command, Rejection};
pub use id::{ChannelId, CityId, InvalidId};
pub use machine::{Drain, Show};
pub use output::{Effect, Event, Fact, Output};
pub use picture::{Picture, PictureBox, Rect, Source, Tally, Transition};
pub use time::ShowTime;
