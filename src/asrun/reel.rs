//! The names of reels in an edit decision list: 1 to 8 characters of A-Z and 0-9, one for each source.

use std::collections::BTreeMap;

use super::CutList;
use super::cuts::city;
use crate::show::{CityId, Source};

/// Longest name, in characters.
const LONGEST: usize = 8;

/// Names that mean something else: black, auxiliary, colour bars, the house's slate.
const TAKEN: [&str; 5] = ["BL", "BLACK", "AX", "BARS", "SLATE"];

/// The reel of each city.
pub(super) struct Reels(BTreeMap<CityId, String>);

impl Reels {
    /// Gives every city of the list its reel, in the order in which they came: `reggio-calabria` is `REGGIOCA`, and another
    /// one that begins like it `REGGIOC2`.
    pub(super) fn of(list: &CutList) -> Self {
        let known = list.cities.iter().map(|city| &city.id);
        // A damaged log may lack the event that added a city.
        let shown = list.cuts.iter().flat_map(|cut| cut.picture.cities());
        let mut reels = Self(BTreeMap::new());
        for id in known.chain(shown) {
            if !reels.0.contains_key(id) {
                let reel = reels.free(id);
                reels.0.insert(id.clone(), reel);
            }
        }
        reels
    }

    /// The reel of a source.
    pub(super) fn name(&self, source: &Source) -> &str {
        match (source, city(source).and_then(|id| self.0.get(id))) {
            (_, Some(reel)) => reel,
            (Source::Slate, None) => "SLATE",
            // Every city that is shown has a reel.
            (Source::Bars, None) => "BARS",
            (Source::Clip(_) | Source::Still(_) | Source::Colour(_) | Source::Cohost(_), None) => "AX",
            (Source::Black | Source::City(_), None) => "BL",
        }
    }

    fn free(&self, id: &CityId) -> String {
        let word: String = id.as_str().chars().filter(char::is_ascii_alphanumeric).collect();
        let word = if word.is_empty() { "CITY".to_owned() } else { word.to_ascii_uppercase() };
        let numbered = (2..).map(|number: u32| {
            let number = number.to_string();
            let room = LONGEST.saturating_sub(number.len());
            format!("{}{number}", &word[..word.len().min(room)])
        });
        let plain = word[..word.len().min(LONGEST)].to_owned();
        let is_free = |reel: &String| !TAKEN.contains(&reel.as_str()) && self.0.values().all(|taken| taken != reel);
        std::iter::once(plain).chain(numbered).find(is_free).expect("there are more numbers than cities")
    }
}
