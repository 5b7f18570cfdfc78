//! The sources that program can show, and the one picture that each of them has in a tick: feeds that come and go, and
//! pictures that stand.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use super::frame::Frame;
use super::input::FrameInput;
use super::synchroniser::Shown;
use crate::media::{Error, MOST_CITIES};
use crate::show::{Fact, MediaId, Source};
use crate::video::{Colour, Image, Size};

/// Feeds that are no city's: co-hosts, and clips that play or are about to.
const MOST_OTHERS: usize = 32;

/// What each source shows.
#[derive(Debug)]
pub(super) struct Bank {
    slate: Frame,
    black: Frame,
    feeds: BTreeMap<Source, Feed>,
    standing: BTreeMap<Source, Standing>,
}

/// A source whose frames come.
#[derive(Debug)]
struct Feed {
    input: FrameInput,
    /// The input of a feed of this name that was removed while it was seen: it is, until this one has a frame.
    before: Option<FrameInput>,
    slate: Frame,
    /// What the tick at hand shows.
    shown: Frame,
    flows: bool,
    reported: bool,
    /// It was removed while it was seen.
    is_leaving: bool,
}

/// A source that is one picture.
#[derive(Debug, Clone)]
pub(super) struct Standing {
    frame: Frame,
    /// Of which still it was made.
    image: Option<Arc<Image>>,
}

impl Standing {
    /// What a source looks like that stands: a colour, the bars, a still that there is.
    pub(super) fn of(source: &Source, canvas: Size, still: impl Fn(&MediaId) -> Option<Arc<Image>>) -> Option<Self> {
        let (frame, image) = match source {
            Source::Colour(colour) => {
                let (red, green, blue) = (colour.red, colour.green, colour.blue);
                (Frame::of(&Image::filled(canvas, Colour { red, green, blue })), None)
            }
            Source::Bars => (Frame::of(&Image::bars(canvas)), None),
            Source::Still(id) => {
                let image = still(id)?;
                (Frame::of(&image), Some(image))
            }
            Source::City(_) | Source::Cohost(_) | Source::Clip(_) | Source::Slate | Source::Black => return None,
        };
        let frame = frame.inspect_err(|error| tracing::error!(%error, %source, "a source has no picture")).ok()?;
        Some(Self { frame, image })
    }
}

impl Bank {
    /// A bank with the slate and no feed.
    pub(super) fn new(slate: Frame, canvas: Size) -> Result<Self, Error> {
        let black = Frame::of(&Image::black(canvas))?;
        Ok(Self { slate, black, feeds: BTreeMap::new(), standing: BTreeMap::new() })
    }

    /// Adds a feed.
    pub(super) fn add(&mut self, source: Source, slate: Frame, input: FrameInput) -> Result<(), Error> {
        let here = |feed: &&Feed| !feed.is_leaving;
        if self.feeds.get(&source).filter(here).is_some() {
            return Err(Error::Taken(source));
        }
        let is_city = |source: &Source| matches!(source, Source::City(_));
        let alike = |(other, feed): &(&Source, &Feed)| is_city(other) == is_city(&source) && here(feed);
        let most = if is_city(&source) { MOST_CITIES } else { MOST_OTHERS };
        if self.feeds.iter().filter(alike).count() >= most {
            return Err(Error::NoRoom);
        }
        let leaving = self.feeds.remove(&source);
        let shown = leaving.as_ref().map_or_else(|| slate.clone(), |leaving| leaving.shown.clone());
        let before = leaving.map(|leaving| leaving.input);
        let feed = Feed { input, before, slate, shown, flows: false, reported: false, is_leaving: false };
        self.feeds.insert(source, feed);
        Ok(())
    }

    /// Takes a feed away. It is shown until nobody needs it any more.
    pub(super) fn leave(&mut self, source: &Source) {
        if let Some(feed) = self.feeds.get_mut(source) {
            feed.is_leaving = true;
        }
    }

    /// Changes the evening's own slate.
    pub(super) fn set_own_slate(&mut self, slate: Frame) {
        self.slate = slate;
    }

    /// Changes a feed's slate.
    pub(super) fn set_slate(&mut self, source: &Source, slate: Frame) -> Result<(), Error> {
        let feed = self.feeds.get_mut(source).filter(|feed| !feed.is_leaving);
        feed.ok_or_else(|| Error::Unknown(source.clone()))?.slate = slate;
        Ok(())
    }

    /// Where the frames of a feed go.
    pub(super) fn input(&self, source: &Source) -> Option<FrameInput> {
        self.feeds.get(source).filter(|feed| !feed.is_leaving).map(|feed| feed.input.clone())
    }

    /// Whether a source that stands is there, made of the still that there is now.
    pub(super) fn has(&self, source: &Source, still: impl Fn(&MediaId) -> Option<Arc<Image>>) -> bool {
        let Some(standing) = self.standing.get(source) else { return false };
        match (source, &standing.image) {
            (Source::Still(id), Some(image)) => still(id).is_none_or(|now| Arc::ptr_eq(&now, image)),
            _ => true,
        }
    }

    /// Puts sources in that stand.
    pub(super) fn stand(&mut self, standing: impl IntoIterator<Item = (Source, Standing)>) {
        self.standing.extend(standing);
    }

    /// Takes the one frame of each feed for a tick, and lets go of what is neither there any more nor needed.
    pub(super) fn tick(&mut self, tick: Duration, needs: impl Fn(&Source) -> bool) {
        self.feeds.retain(|source, feed| !feed.is_leaving || needs(source));
        self.standing.retain(|source, _| needs(source));
        for (source, feed) in &mut self.feeds {
            if feed.before.is_some() && !needs(source) {
                feed.before = None;
            }
            feed.tick(tick);
        }
    }

    /// What a source shows in the tick at hand.
    pub(super) fn frame(&self, source: &Source) -> Option<Frame> {
        match source {
            Source::Slate => Some(self.slate.clone()),
            Source::Black => Some(self.black.clone()),
            Source::Colour(_) | Source::Bars | Source::Still(_) => {
                self.standing.get(source).map(|standing| standing.frame.clone())
            }
            Source::City(_) | Source::Cohost(_) | Source::Clip(_) => {
                self.feeds.get(source).map(|feed| feed.shown.clone())
            }
        }
    }

    /// Reports which cities' and co-hosts' frames flow, where that is not known yet; if there is no room, at the next tick.
    pub(super) fn report(&mut self, facts: &mpsc::Sender<Fact>) {
        for (source, feed) in &mut self.feeds {
            if feed.is_leaving || feed.flows == feed.reported {
                continue;
            }
            let flows = feed.flows;
            let fact = match (source.clone(), flows) {
                (Source::City(city), true) => Fact::FramesFlow { city },
                (Source::City(city), false) => Fact::FramesStopped { city },
                (Source::Cohost(cohost), true) => Fact::CohostFramesFlow { cohost },
                (Source::Cohost(cohost), false) => Fact::CohostFramesStopped { cohost },
                _ => continue,
            };
            if facts.try_send(fact).is_ok() {
                tracing::debug!(%source, flows, "a source's frames");
                feed.reported = flows;
            }
        }
    }
}

impl Feed {
    fn tick(&mut self, tick: Duration) {
        let shown = self.input.at(tick);
        self.flows = matches!(shown, Shown::Frame(_));
        if self.flows {
            self.before = None;
        }
        let shown = match (shown, &self.before) {
            (Shown::Slate, Some(before)) => before.at(tick),
            (shown, _) => shown,
        };
        self.shown = match shown {
            Shown::Frame(frame) => frame,
            Shown::Slate => self.slate.clone(),
        };
    }
}
