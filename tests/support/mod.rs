//! What behaviour tests and measurements share. Each test program uses a part of it.
#![allow(dead_code, reason = "every test program compiles all of it and uses a part")]

pub mod as_run;
pub mod caller;
pub mod client;
pub mod decode;
pub mod evening;
pub mod far;
pub mod house;
pub mod media;
pub mod nal;
pub mod offers;
pub mod radio;
pub mod server;
pub mod viewer;
pub mod voice;
