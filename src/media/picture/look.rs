//! What is drawn of the show's graphics: finds their templates, fills in what people cannot type (the time of day, what is left
//! of a countdown), has the still store draw it, and answers the planner. What changes with the time is drawn anew when it
//! changes; until that is done what was drawn before stands.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use super::stage::{Animation, Drawn, Look, Ticker};
use crate::media::graphics::{self, Direction, Library, Pictures, Slot, StillStore, Template};
use crate::show::{City, CityId, Graphic, MediaId, WallTime};
use crate::video::Still;
use crate::when;

/// The template of a city's bug.
const BUG: &str = "bug";

/// The field of a countdown's template that says when it is over.
const UNTIL: &str = "until";

/// Microseconds of a second.
const SECOND_US: i64 = 1_000_000;

type Find = dyn Fn(&MediaId, Duration) -> Option<Arc<Still>> + Send + Sync;

/// Where a running stinger's picture is found, so long after its begin. It is asked in every frame and must not wait.
#[derive(Clone)]
pub struct Stingers(Arc<Find>);

impl Stingers {
    /// Found by this.
    pub fn new(find: impl Fn(&MediaId, Duration) -> Option<Arc<Still>> + Send + Sync + 'static) -> Self {
        Self(Arc::new(find))
    }
}

impl Default for Stingers {
    /// There are none.
    fn default() -> Self {
        Self::new(|_, _| None)
    }
}

impl fmt::Debug for Stingers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Stingers")
    }
}

/// A graphic that was asked for. Two are alike if the same was asked for of the same template.
#[derive(Debug)]
pub(super) struct Asked {
    graphic: Graphic,
    template: Arc<Template>,
    /// When it was asked for: a countdown of minutes counts from here.
    since: WallTime,
    live: Mutex<Live>,
}

/// What is seen of it, and what shall be as soon as it is drawn.
#[derive(Debug)]
struct Live {
    second: i64,
    shown: Arc<Slot>,
    next: Option<Arc<Slot>>,
}

impl PartialEq for Asked {
    fn eq(&self, other: &Self) -> bool {
        self.graphic == other.graphic && self.template == other.template
    }
}

/// Graphics by the handles of the still store.
pub(super) struct Graphics {
    store: StillStore,
    /// Where the pictures of fields are found.
    pictures: Arc<Mutex<Pictures>>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    library: Library,
    /// The evening's zone, by which countdowns count.
    zone: jiff::tz::TimeZone,
    bugs: HashMap<CityId, Bug>,
    stingers: Stingers,
}

/// A city's bug.
#[derive(Debug)]
struct Bug {
    name: String,
    zone: jiff::tz::TimeZone,
    live: Option<Arc<Asked>>,
}

impl fmt::Debug for Graphics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Graphics").field("state", &self.state).finish_non_exhaustive()
    }
}

impl Graphics {
    /// Draws for a program of this size, with the templates that Regia brings along, and without pictures in fields.
    pub(super) fn start(width: u32, height: u32) -> std::io::Result<Self> {
        let pictures: Arc<Mutex<Pictures>> = Arc::new(Mutex::new(Arc::new(|_| None)));
        let find = Arc::clone(&pictures);
        let find: Pictures = Arc::new(move |name: &str| {
            let find = Arc::clone(&find.lock().unwrap_or_else(PoisonError::into_inner));
            find(name)
        });
        let state = State {
            library: Library::built_in(),
            zone: jiff::tz::TimeZone::UTC,
            bugs: HashMap::new(),
            stingers: Stingers::default(),
        };
        Ok(Self { store: StillStore::with_pictures(width, height, find)?, pictures, state: Mutex::new(state) })
    }

    /// These templates are there from now on; what is on air stays as it is.
    pub(super) fn set_library(&self, library: Library) {
        let mut state = self.lock();
        state.bugs.values_mut().for_each(|bug| bug.live = None);
        state.library = library;
        self.store.forget_all();
    }

    /// The pictures of fields are found here from now on.
    pub(super) fn set_pictures(&self, pictures: Pictures) {
        *self.pictures.lock().unwrap_or_else(PoisonError::into_inner) = pictures;
        self.store.forget_all();
    }

    /// Stingers' pictures are found here from now on.
    pub(super) fn set_stingers(&self, stingers: Stingers) {
        self.lock().stingers = stingers;
    }

    /// Countdowns count by the time of day of this zone.
    pub(super) fn set_zone(&self, zone: jiff::tz::TimeZone) {
        self.lock().zone = zone;
    }

    /// A city bears this name and this time of day. A zone that is not known is UTC: the show has checked it.
    pub(super) fn set_city(&self, city: &City) {
        let zone = jiff::tz::TimeZone::get(&city.time_zone).unwrap_or(jiff::tz::TimeZone::UTC);
        self.lock().bugs.insert(city.id.clone(), Bug { name: city.name.clone(), zone, live: None });
    }

    /// There is no such city any more.
    pub(super) fn forget_city(&self, city: &CityId) {
        self.lock().bugs.remove(city);
    }

    /// The handle of a graphic, which is drawn now if it is not. Never waits. The show has checked what stands in it; what
    /// cannot be drawn all the same is left out.
    pub(super) fn ask(&self, graphic: &Graphic) -> Option<Arc<Asked>> {
        let state = self.lock();
        let Some(template) = state.library.get(graphic.template.as_str()).cloned() else {
            tracing::warn!(template = %graphic.template, "there is no such template: the graphic is left out");
            return None;
        };
        Some(self.asked(graphic.clone(), template, &state.zone))
    }

    /// The handles of a picture's graphics.
    pub(super) fn ask_all(&self, graphics: &[Graphic]) -> Vec<Arc<Asked>> {
        graphics.iter().filter_map(|graphic| self.ask(graphic)).collect()
    }

    fn asked(&self, graphic: Graphic, template: Arc<Template>, zone: &jiff::tz::TimeZone) -> Arc<Asked> {
        let since = now();
        let values = values(&graphic, &template, since, since, zone);
        let shown = self.store.get(graphics::Graphic { template: Arc::clone(&template), fields: values });
        let second = since.unix_micros().div_euclid(SECOND_US);
        Arc::new(Asked { graphic, template, since, live: Mutex::new(Live { second, shown, next: None }) })
    }

    /// What is drawn of it now. Once in a second it is seen whether something else is to be drawn.
    fn slot(&self, asked: &Asked, zone: &jiff::tz::TimeZone) -> Arc<Slot> {
        let mut live = asked.live.lock().unwrap_or_else(PoisonError::into_inner);
        if !asked.template.specials().is_empty() {
            let now = now();
            let second = now.unix_micros().div_euclid(SECOND_US);
            if second != live.second {
                live.second = second;
                let fields = values(&asked.graphic, &asked.template, asked.since, now, zone);
                if fields != live.shown.graphic().fields {
                    live.next =
                        Some(self.store.get(graphics::Graphic { template: Arc::clone(&asked.template), fields }));
                }
            }
            if live.next.as_ref().is_some_and(|next| next.drawn().is_some())
                && let Some(next) = live.next.take()
            {
                live.shown = next;
            }
        }
        Arc::clone(&live.shown)
    }

    #[cfg(test)]
    pub(super) fn is_drawn(&self, graphic: &Graphic) -> bool {
        self.ask(graphic).is_some_and(|asked| self.drawn(&asked).is_some())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What stands in a graphic's fields at an instant, and in what the engine fills in.
fn values(
    graphic: &Graphic,
    template: &Template,
    since: WallTime,
    at: WallTime,
    zone: &jiff::tz::TimeZone,
) -> BTreeMap<String, String> {
    let mut values = graphic.fields.clone();
    for special in template.specials() {
        let value = match *special {
            "time" => clock(when::micros_of_day(at, zone)),
            "remaining" => remaining(graphic.field(UNTIL), since, at, zone),
            _ => continue,
        };
        values.insert((*special).to_owned(), value);
    }
    values
}

/// `HH:MM`.
fn clock(micros_of_day: i64) -> String {
    let minutes = micros_of_day / SECOND_US / 60;
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

/// What is left until a time of day (`HH:MM:SS`), or of minutes (`MM:SS`) since it was asked for. It stays at zero.
fn remaining(until: &str, since: WallTime, at: WallTime, zone: &jiff::tz::TimeZone) -> String {
    let parts: Option<Vec<i64>> = until.split(':').map(|part| part.parse().ok()).collect();
    let left_us = match parts.as_deref() {
        Some([minutes, seconds]) => {
            (minutes * 60 + seconds) * SECOND_US - at.unix_micros().saturating_sub(since.unix_micros())
        }
        Some([hours, minutes, seconds]) => {
            let target = (hours * 3600 + minutes * 60 + seconds) * SECOND_US;
            // Counted from when it was asked for, so that what is over stays over and does not wait for tomorrow.
            let ahead = (target - when::micros_of_day(since, zone)).rem_euclid(when::DAY_US);
            ahead - at.unix_micros().saturating_sub(since.unix_micros())
        }
        _ => 0,
    };
    // The last second is over when nothing of it is left.
    let left = u64::try_from(left_us).unwrap_or(0).div_ceil(SECOND_US.unsigned_abs());
    match left / 3600 {
        0 => format!("{:02}:{:02}", left / 60, left % 60),
        hours => format!("{hours}:{:02}:{:02}", left / 60 % 60, left % 60),
    }
}

fn now() -> WallTime {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    WallTime::from_unix_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

impl Look<Arc<Asked>> for Graphics {
    fn drawn(&self, graphic: &Arc<Asked>) -> Option<Drawn> {
        let slot = match graphic.template.specials().is_empty() {
            true => self.slot(graphic, &jiff::tz::TimeZone::UTC),
            false => {
                let zone = self.lock().zone.clone();
                self.slot(graphic, &zone)
            }
        };
        slot.drawn().map(planned)
    }

    fn bug(&self, city: &CityId) -> Option<Arc<Still>> {
        let mut state = self.lock();
        let template = state.library.get(BUG).cloned()?;
        let bug = state.bugs.get_mut(city)?;
        let zone = bug.zone.clone();
        let asked = bug.live.get_or_insert_with(|| {
            let fields = [("name".to_owned(), bug.name.clone())].into();
            let id = BUG.parse().expect("a word of letters is an identifier");
            self.asked(Graphic { template: id, fields }, template, &zone)
        });
        let asked = Arc::clone(asked);
        drop(state);
        self.slot(&asked, &zone).still().cloned()
    }

    fn stinger(&self, stinger: &MediaId, since: Duration) -> Option<Arc<Still>> {
        let stingers = self.lock().stingers.clone();
        (stingers.0)(stinger, since)
    }
}

/// A drawn graphic as the planner knows it.
pub(super) fn planned(drawn: &graphics::Drawn) -> Drawn {
    let ticker = drawn.motion.as_ref().map(|motion| Ticker {
        strip: Arc::clone(&motion.strip),
        window: motion.window,
        px_per_s: motion.px_per_s.into(),
        width: motion.width,
    });
    Drawn {
        still: Arc::clone(&drawn.still),
        bounds: drawn.bounds,
        ticker,
        animation: animation(drawn.animation_in),
        leaves: animation(drawn.animation_out),
    }
}

fn animation(of_template: graphics::Animation) -> Animation {
    match of_template {
        graphics::Animation::Cut => Animation::Cut,
        graphics::Animation::Fade => Animation::Fade,
        graphics::Animation::Slide(Direction::Left) => Animation::SlideLeft,
        graphics::Animation::Slide(Direction::Right) => Animation::SlideRight,
        graphics::Animation::Slide(Direction::Up) => Animation::SlideUp,
        graphics::Animation::Slide(Direction::Down) => Animation::SlideDown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::testing::wait_for;

    fn rome() -> jiff::tz::TimeZone {
        jiff::tz::TimeZone::get("Europe/Rome").unwrap()
    }

    fn at(text: &str) -> WallTime {
        when::parse(text).unwrap()
    }

    #[test]
    fn a_countdown_counts_to_a_time_of_day_or_for_some_minutes() {
        let since = at("2026-11-21T21:00:00+01:00");
        let left = |until: &str, now: &str| remaining(until, since, at(now), &rome());
        assert_eq!(left("21:30:00", "2026-11-21T21:00:00+01:00"), "30:00");
        assert_eq!(left("21:30:00", "2026-11-21T21:29:59.5+01:00"), "00:01");
        assert_eq!(left("21:30:00", "2026-11-21T21:30:00+01:00"), "00:00");
        assert_eq!(left("21:30:00", "2026-11-21T23:30:00+01:00"), "00:00", "what is over stays over");
        assert_eq!(left("00:10:00", "2026-11-21T21:00:00+01:00"), "3:10:00", "after midnight");
        assert_eq!(left("05:00", "2026-11-21T21:01:30+01:00"), "03:30");
        assert_eq!(left("05:00", "2026-11-21T22:01:30+01:00"), "00:00");
        assert_eq!(left("", "2026-11-21T21:00:00+01:00"), "00:00");
    }

    #[test]
    fn a_bug_tells_the_citys_name_and_is_drawn_anew_when_that_changes() {
        let graphics = Graphics::start(640, 360).unwrap();
        let roma: CityId = "roma".parse().unwrap();
        assert!(graphics.bug(&roma).is_none(), "a stranger has none");
        let city = |name: &str| City { id: roma.clone(), name: name.into(), time_zone: "Europe/Rome".into() };
        graphics.set_city(&city("Roma"));
        wait_for("it is drawn", || graphics.bug(&roma).is_some());
        let first = graphics.bug(&roma).unwrap();
        graphics.set_city(&city("Roma, Circolo degli Artisti"));
        wait_for("it is drawn anew", || {
            graphics.bug(&roma).is_some_and(|bug| bug.region().width > first.region().width)
        });
        graphics.forget_city(&roma);
        assert!(graphics.bug(&roma).is_none());
    }

    #[test]
    fn what_has_no_template_is_left_out() {
        let graphics = Graphics::start(640, 360).unwrap();
        assert!(graphics.ask(&Graphic { template: "insegna".parse().unwrap(), fields: BTreeMap::new() }).is_none());
    }
}
