//! Program alone, without network: what decoding, mixing and encoding cost, beside what GStreamer takes for the same by
//! itself; how soon a take is on the air; and whether transitions drop frames. Some eight minutes.
//!
//! The cities send 720p30 and are played from memory onto their channels.

mod bare;
mod cities;
mod rig;
mod takes;
mod transitions;
mod watch;

use std::time::Duration;

use regia::gst::EventClock;
use regia::media::Format;
use regia::show::Layout;

use self::bare::Seen;
use self::cities::Film;
use self::rig::{Rig, load, with_graphics, with_lower_third};
use crate::figure::{Figure, Measured, Table, median};
use crate::process;

const PART: &str = "program";

/// How long each load is measured.
const SPAN: Duration = Duration::from_secs(4);

/// From the start of a graph, ours or the bare one, until it runs evenly.
const STARTUP: Duration = Duration::from_millis(1500);

/// Program's sizes, with bits for each.
const FORMATS: [Format; 2] = [
    Format { width: 1280, height: 720, fps: 30, bitrate: 2_500_000 },
    Format { width: 1920, height: 1080, fps: 30, bitrate: 5_000_000 },
];

/// How many cities there are, and the word for it.
const CITIES: [(usize, &str); 2] = [(5, "five"), (8, "eight")];

/// A layout, with how many cities.
const LAYOUTS: [(&str, Layout, usize); 6] = [
    ("full", Layout::Full, 1),
    ("side by side", Layout::SideBySide, 2),
    ("picture in picture", Layout::PictureInPicture, 2),
    ("one large and three small", Layout::OneLarge, 4),
    ("grid of 4", Layout::Grid, 4),
    ("grid of 8", Layout::Grid, 8),
];

/// Those that the bare graph makes as well.
const COMPARED: [(&str, Seen); 2] = [("full", Seen::One), ("grid of 4", Seen::Four)];

/// How often ours and the bare graph are measured against each other, by turns: what else runs on the machine meets both, and
/// the median leaves out where it met one of them.
const ROUNDS: usize = 3;

/// Ours may take a tenth more than the bare graph: it sends packets and watches over its sources besides.
const AGAINST_BARE: f64 = 1.1;

/// Loads are those of this whole process: decoders, mixer, encoder, and the players, which only copy packets.
pub fn measure(table: &mut Table) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let _inside = runtime.enter();
    let mut report = Report { table };
    report.add("this process before program starts: memory", memory(), None);
    let clock = EventClock::start();
    let film = Film::record(&clock).unwrap();
    for (count, word) in CITIES {
        let load = Measured::Core(rig::load_of_players(&film, &clock, count));
        report.add(&format!("the players of {word} cities, which no bare graph has"), load, None);
    }
    for format in FORMATS {
        for cities in CITIES {
            Case { film: &film, clock: &clock, format, cities }.measure(&mut report);
        }
    }
}

/// Program in one size with so many cities.
struct Case<'a> {
    film: &'a Film,
    clock: &'a EventClock,
    format: Format,
    cities: (usize, &'static str),
}

impl Case<'_> {
    /// Bare, ours, bare, ours and so on, one at a time: they must not take the cores from each other.
    fn measure(&self, report: &mut Report) {
        let name = self.name();
        println!("  {name}");
        let mut bare = COMPARED.map(|(_, seen)| vec![self.bare(seen)]);
        let rig = self.start();
        let mut ours = self.layouts(&rig);
        self.rest(&rig, report);
        drop(rig);
        for _ in 1..ROUNDS {
            for ((_, seen), loads) in COMPARED.iter().zip(&mut bare) {
                loads.push(self.bare(*seen));
            }
            let again = self.start();
            for (word, layout, count) in LAYOUTS {
                if COMPARED.iter().any(|(compared, _)| *compared == word) {
                    again.show(&again.picture(layout, count, 0));
                    ours.iter_mut().filter(|(own, _)| own == word).for_each(|(_, loads)| loads.push(load()));
                }
            }
        }

        for (layout, loads) in &ours {
            report.add(&format!("{name}, {layout}"), Measured::Core(median(loads)), None);
        }
        for ((layout, _), bare) in COMPARED.iter().zip(&bare) {
            let bare = median(bare);
            report.add(&format!("bare graph, {name}, {layout}"), Measured::Core(bare), None);
            let ours = ours.iter().find(|(own, _)| own == layout).map(|(_, loads)| median(loads)).unwrap_or_default();
            let times = Measured::Times(ours / bare);
            report.add(&format!("ours against the bare graph, {name}, {layout}"), times, Some(AGAINST_BARE));
        }
    }

    /// The load of each layout, without graphics and with them.
    fn layouts(&self, rig: &Rig) -> Vec<(String, Vec<f64>)> {
        let mut loads = Vec::new();
        for graphics in [false, true] {
            rig.tick(graphics);
            for (word, layout, count) in LAYOUTS.into_iter().filter(|(_, _, count)| *count <= self.cities.0) {
                let picture = rig.picture(layout, count, 0);
                let (name, picture) = match graphics {
                    false => (word.to_owned(), picture),
                    true => (format!("{word}, with graphics"), with_graphics(picture)),
                };
                rig.show(&picture);
                loads.push((name, vec![load()]));
            }
        }
        loads
    }

    /// Memory; what drawing takes; with few cities in the small size, takes and transitions.
    fn rest(&self, rig: &Rig, report: &mut Report) {
        let name = self.name();
        report.add(&format!("this process, {name}: memory"), memory(), None);
        if self.cities != CITIES[0] {
            return;
        }
        takes::measure_drawing(rig, &name, report);
        if self.format != FORMATS[0] {
            return;
        }
        takes::measure(rig, report);
        transitions::measure(rig, self.format.fps, report);
        rig.tick(false);
        rig.show(&with_lower_third(rig.picture(Layout::Grid, 4, 0)));
        let name = "program, five 720p30 cities decoded, four boxes and a lower third";
        report.add(name, Measured::Core(load()), Some(60.0));
    }

    fn start(&self) -> Rig {
        Rig::start(self.film, self.clock, self.cities.0, &self.format)
    }

    fn bare(&self, seen: Seen) -> f64 {
        bare::load(self.film, seen, self.cities.0, &self.format)
    }

    fn name(&self) -> String {
        let (Format { height, fps, .. }, (_, cities)) = (self.format, self.cities);
        format!("program {height}p{fps}, {cities} cities")
    }
}

/// Where figures of this part go.
struct Report<'t> {
    table: &'t mut Table,
}

impl Report<'_> {
    fn add(&mut self, name: &str, measured: Measured, budget: Option<f64>) {
        let figure = Figure::new(PART, name, measured);
        self.table.add(match budget {
            Some(budget) => figure.within(budget),
            None => figure,
        });
    }
}

/// What this process has in memory, with all that was measured before.
fn memory() -> Measured {
    Measured::Mebibytes(process::memory_of(std::process::id()) as f64 / 1024.0)
}

fn millis(times: &[Duration]) -> Vec<f64> {
    times.iter().map(|time| time.as_secs_f64() * 1000.0).collect()
}
