//! The compositor's inputs and whose they are: a fixed bank, on which cities come and go.
//!
//! Inputs are never asked of the compositor, nor given back to it, while it runs: an aggregator that gains or loses an
//! input waits, or drops what it has begun, and program's frame clock must do neither. A free input gets the same small
//! black frame over and over, transparent, so that it is neither scaled nor blended: between 2 and 25 inputs of a program
//! in 720p30 no difference could be measured (10 % of a core, give or take half a percent).

use std::time::Duration;

use gstreamer as gst;
use gstreamer_video::{VideoColorimetry, VideoFormat, VideoFrameRef, VideoInfo};
use tokio::sync::mpsc;

use super::input::{Frame, FrameInput};
use super::program::COLORIMETRY;
use super::synchroniser::Shown;
use crate::media::{Error, MOST_CITIES};
use crate::show::{CityId, Fact};

/// All inputs: the slate's, the cities', and some for cities that were removed and are still seen.
pub(super) const INPUTS: usize = 1 + MOST_CITIES + 4;

/// Width and height of the frame that free inputs get, in pixels.
const SMALL: u32 = 16;

/// What each input shows.
#[derive(Debug)]
pub(super) struct Bank {
    seats: Vec<Seat>,
    black: Frame,
}

#[derive(Debug)]
enum Seat {
    Free,
    Slate(Frame),
    City {
        id: CityId,
        slate: Frame,
        input: FrameInput,
        flows: bool,
        reported: bool,
    },
    /// A city that was removed while it was seen.
    Leaving {
        slate: Frame,
        input: FrameInput,
    },
}

impl Bank {
    /// The input that shows the slate.
    pub(super) const SLATE: usize = 0;

    /// A bank with the slate and no city.
    pub(super) fn new(slate: Frame) -> Result<Self, Error> {
        let mut seats: Vec<Seat> = std::iter::repeat_with(|| Seat::Free).take(INPUTS).collect();
        seats[Self::SLATE] = Seat::Slate(slate);
        Ok(Self { seats, black: black()? })
    }

    /// Gives a city a free input; answers which.
    pub(super) fn add(&mut self, city: &CityId, slate: Frame, input: FrameInput) -> Result<usize, Error> {
        if self.place(city).is_some() {
            return Err(Error::Taken(city.clone()));
        }
        if self.seats.iter().filter(|seat| matches!(seat, Seat::City { .. })).count() >= MOST_CITIES {
            return Err(Error::NoRoom);
        }
        let place = self.seats.iter().position(|seat| matches!(seat, Seat::Free)).ok_or(Error::NoRoom)?;
        self.seats[place] = Seat::City { id: city.clone(), slate, input, flows: false, reported: false };
        Ok(place)
    }

    /// Takes a city away; answers which input it leaves. It shows the city until [`Bank::free`].
    pub(super) fn leave(&mut self, city: &CityId) -> Option<usize> {
        let place = self.place(city)?;
        if let Seat::City { slate, input, .. } = std::mem::replace(&mut self.seats[place], Seat::Free) {
            self.seats[place] = Seat::Leaving { slate, input };
        }
        Some(place)
    }

    /// Frees the inputs of removed cities that are not seen any more.
    pub(super) fn free(&mut self, is_off: impl Fn(usize) -> bool) {
        for (place, seat) in self.seats.iter_mut().enumerate() {
            if matches!(seat, Seat::Leaving { .. }) && is_off(place) {
                *seat = Seat::Free;
            }
        }
    }

    /// Changes the evening's own slate.
    pub(super) fn set_own_slate(&mut self, new: Frame) {
        self.seats[Self::SLATE] = Seat::Slate(new);
    }

    /// Changes a city's slate.
    pub(super) fn set_slate(&mut self, city: &CityId, new: Frame) -> Result<(), Error> {
        let place = self.place(city).ok_or_else(|| Error::UnknownCity(city.clone()))?;
        if let Seat::City { slate, .. } = &mut self.seats[place] {
            *slate = new;
        }
        Ok(())
    }

    /// Where the frames of a city go.
    pub(super) fn input(&self, city: &CityId) -> Option<FrameInput> {
        match self.seats.get(self.place(city)?) {
            Some(Seat::City { input, .. }) => Some(input.clone()),
            _ => None,
        }
    }

    /// The one frame of each input for a tick.
    pub(super) fn frames(&mut self, tick: Duration) -> Vec<Frame> {
        self.seats.iter_mut().map(|seat| seat.at(tick).unwrap_or_else(|| self.black.clone())).collect()
    }

    /// Reports which cities' frames flow, where that is not known yet; if there is no room, at the next tick.
    pub(super) fn report(&mut self, facts: &mpsc::Sender<Fact>) {
        for seat in &mut self.seats {
            let Seat::City { id, flows, reported, .. } = seat else { continue };
            if flows == reported {
                continue;
            }
            let city = id.clone();
            let fact = if *flows { Fact::FramesFlow { city } } else { Fact::FramesStopped { city } };
            if facts.try_send(fact).is_ok() {
                tracing::debug!(city = %id, flows, "a city's frames");
                *reported = *flows;
            }
        }
    }

    fn place(&self, city: &CityId) -> Option<usize> {
        self.seats.iter().position(|seat| matches!(seat, Seat::City { id, .. } if id == city))
    }
}

impl Seat {
    /// The frame for a tick, unless the input is free.
    fn at(&mut self, tick: Duration) -> Option<Frame> {
        match self {
            Self::Free => None,
            Self::Slate(frame) => Some(frame.clone()),
            Self::City { slate, input, flows, .. } => {
                let shown = input.at(tick);
                *flows = matches!(shown, Shown::Frame(_));
                Some(shown.or(slate))
            }
            Self::Leaving { slate, input } => Some(input.at(tick).or(slate)),
        }
    }
}

impl Shown<Frame> {
    fn or(self, slate: &Frame) -> Frame {
        match self {
            Self::Frame(frame) => frame,
            Self::Slate => slate.clone(),
        }
    }
}

/// A small black frame.
fn black() -> Result<Frame, Error> {
    let colorimetry: VideoColorimetry = COLORIMETRY.parse()?;
    let info = VideoInfo::builder(VideoFormat::I420, SMALL, SMALL).colorimetry(&colorimetry).build()?;
    let mut buffer = gst::Buffer::with_size(info.size())?;
    let writable = buffer.get_mut().expect("a new buffer has one owner");
    let mut frame = VideoFrameRef::from_buffer_ref_writable(writable, &info)?;
    for (plane, value) in (0..).zip([16, 128, 128]) {
        frame.plane_data_mut(plane)?.fill(value);
    }
    drop(frame);
    let caps = info.to_caps()?;
    Frame::still(buffer, &caps).ok_or(Error::Refused("a black frame"))
}
