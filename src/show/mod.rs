//! The show: a pure machine that decides what is on air, and all else that an evening needs to be decided.
//!
//! It has no clock, file, network or randomness. It is driven by a few calls, each with the time as an argument, and
//! each answered with a [`Drain`] of everything that follows: effects for the engines, events for the world, and the
//! next time at which [`Show::tick`] must be called.
//!
//! A command is judged (`admit`), decides what happens (`turn`), and each event that happens changes the state (`apply`)
//! and nothing else does. So the events of an evening, in order, lead to its state again.

mod actor;
mod admit;
mod alarm;
mod apply;
mod call;
mod call_view;
mod city;
mod cohost;
mod colour;
mod command;
mod condition;
mod desk;
mod drain;
mod earlier;
mod event;
mod graphic;
mod group;
mod history;
mod id;
mod layout;
mod lease;
mod machine;
mod media;
mod message;
mod mixing;
mod music;
mod output;
mod phone;
mod picture;
mod processing;
mod queue;
mod rejection;
mod rundown;
mod scene;
mod schema;
mod seat;
mod snapshot;
mod sound;
mod strip;
mod talk;
mod text;
mod time;
mod title;
mod transition;
mod turn;
mod view;

pub use actor::{Actor, Caller, InvalidActor, InvalidName, InvalidRole, Name, Role};
pub use alarm::{Alarm, TrunkTrouble};
pub use call::{Call, CallEnd, CallKind, CallOrigin, CallState};
pub use call_view::CallView;
pub use city::{City, CityState};
pub use cohost::{Cohost, CohostSeat};
pub use colour::{Colour, InvalidColour};
pub use command::Command;
pub use condition::{Flaw, ReadinessRule};
pub use desk::{DeskPlan, DuckRole, Ducking, InvalidMix, InvalidStrip, Mix, MixPlan, Send, StripId, StripPlan};
pub use drain::Drain;
pub use event::{Cause, Event, Recorded};
pub use graphic::{Graphic, InvalidKeyer, Keyer, KeyerNumber};
pub use group::{Group, GroupNumber, InvalidGroup, Masters};
pub use history::{Deed, History};
pub use id::{ChannelId, CityId, CohostId, ContributionId, CueId, InvalidId, Listeners, MediaId, MessageId, SceneId};
pub use layout::{Composition, Corner, Inset, Layout, WhenLost};
pub use lease::{GuardRule, Lease, LeaseEnd, LeaseRule, Link, Settings};
pub use machine::Show;
pub use media::{Field, FieldKind, Media, MediaFlaw, MediaItem, Template};
pub use message::{Audience, InvalidAudience, Message};
pub use music::Playing;
pub use output::{Effect, Fact, Output};
pub use phone::{InvalidNumber, PhoneNumber};
pub use picture::{Border, Crop, Fit, InvalidSource, Picture, PictureBox, Rect, Source, Tally};
pub use processing::{Compressor, Gate, Processing};
pub use queue::{CallRule, Calls, NextCaller};
pub use rejection::{Kind, Rejection};
pub use rundown::{Cue, CuePlan, CueTiming, OnAir, Rundown};
pub use scene::{Bus, Scene};
pub use seat::Seat;
pub use snapshot::{InvalidShow, Numbers, Running, Setup, Snapshot};
pub use sound::{Ambience, DuckingRule, LoudnessRule, SoundRule};
pub use strip::{Fader, InvalidFader, Ramps, Strip, StripDucking, StripMode};
pub use talk::{InvalidTalkTo, Solo, SoloKind, TalkTo};
pub use time::{ShowTime, WallTime};
pub use transition::{Direction, Progress, Transition, Way, WipePattern};
pub use view::{
    Changes, CityView, CohostView, CueView, DeedView, LeaseView, PlayingView, RundownView, SceneView, SoloView,
    StripView, TalkView, View,
};
