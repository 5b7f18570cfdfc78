//! Regia: a live-stream director and multi-channel switcher.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod admin;
pub mod app;
pub mod ascii;
pub mod asrun;
pub mod audio;
pub mod cli;
pub mod config;
pub mod contribution;
pub mod demo;
pub mod director;
pub mod distribution;
pub mod doctor;
pub mod gst;
pub mod http;
pub mod log;
pub mod media;
pub mod publish;
pub mod radio;
pub mod rtp;
pub mod secret;
pub mod sheet;
pub mod show;
pub mod store;
pub mod tally;
pub mod telephone;
pub mod video;
pub mod when;
