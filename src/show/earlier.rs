//! How evenings of earlier versions were written: their snapshots and logs are read as what they mean today. Nothing is written
//! like this any more.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::{CityId, Graphic, Keyer, KeyerNumber, Picture, Progress, Running, ShowTime, StripId, Transition};

/// The one kind of graphic that there was.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LowerThird {
    title: String,
    #[serde(default)]
    subtitle: String,
}

impl From<LowerThird> for Graphic {
    fn from(LowerThird { title, subtitle }: LowerThird) -> Self {
        let template = "lower-third".parse().expect("letters and a hyphen are an identifier");
        Self { template, fields: [("title".to_owned(), title), ("subtitle".to_owned(), subtitle)].into() }
    }
}

/// A list where there was one thing, or nothing.
struct Several<Now, Then>(PhantomData<(Now, Then)>);

impl<'de, Now: Deserialize<'de>, Then: Deserialize<'de> + Into<Now>> Visitor<'de> for Several<Now, Then> {
    type Value = Vec<Now>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, one: A) -> Result<Self::Value, A::Error> {
        Ok(vec![Then::deserialize(MapAccessDeserializer::new(one))?.into()])
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }
}

/// The graphics of a picture, or its lower third.
pub(super) fn graphics<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Graphic>, D::Error> {
    deserializer.deserialize_any(Several::<Graphic, LowerThird>(PhantomData))
}

/// All keyers, or the one that there was.
pub(super) fn keyers<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<[Keyer; KeyerNumber::MOST as usize], D::Error> {
    let mut keyers = deserializer.deserialize_any(Several::<Keyer, Keyer>(PhantomData))?;
    let count = keyers.len();
    if count == 1 {
        keyers.resize_with(KeyerNumber::MOST.into(), Keyer::default);
    }
    keyers.try_into().map_err(|_| D::Error::invalid_length(count, &"four keyers"))
}

/// A keyer with a graphic, or with its lower third.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KeyerForm {
    on: bool,
    #[serde(default)]
    graphic: Option<Graphic>,
    #[serde(default)]
    lower_third: Option<LowerThird>,
}

impl From<KeyerForm> for Keyer {
    fn from(KeyerForm { on, graphic, lower_third }: KeyerForm) -> Self {
        Self { on, graphic: graphic.or(lower_third.map(Graphic::from)) }
    }
}

/// A running transition, or one that could only run from its begin to its end.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RunningForm {
    from: Picture,
    transition: Transition,
    #[serde(default)]
    reversed: bool,
    progress: Option<Progress>,
    started: Option<ShowTime>,
    ends: Option<ShowTime>,
}

impl TryFrom<RunningForm> for Running {
    type Error = &'static str;

    fn try_from(form: RunningForm) -> Result<Self, &'static str> {
        let RunningForm { from, transition, reversed, progress, started, ends } = form;
        let straight = || Some(Progress::Auto { started: started?, ends: ends?, done: 0 });
        let progress = progress.or_else(straight).ok_or("missing field `progress`")?;
        Ok(Self { from, transition, reversed, progress })
    }
}

/// A strip, or the city whose strip it is: there were no others.
pub(super) fn strip<'de, D: Deserializer<'de>>(deserializer: D) -> Result<StripId, D::Error> {
    let text = String::deserialize(deserializer)?;
    match text.parse::<CityId>() {
        Ok(city) if text != "bars" => Ok(StripId::City(city)),
        _ => text.parse().map_err(D::Error::custom),
    }
}
