//! Sound and picture of the program, in GStreamer.

pub mod sound;
