//! The whole server with five cities that send 1280×720 at 30 fps by real WHIP: its memory and its load.

use std::time::{Duration, Instant};

use crate::figure::{Figure, Measured, Table};
use crate::house::{CITIES, City, House};
use crate::process;

const PART: &str = "server";

/// Until caches and pools have what they need.
const SETTLE: Duration = Duration::from_secs(5);
const SPAN: Duration = Duration::from_secs(10);

/// One city is in program and nobody watches. The publishers' own load and memory are theirs, but they need this machine's
/// cores as well.
pub fn measure(table: &mut Table) {
    let house = House::open();
    let alone = process::memory_of(house.pid());
    let _cities: Vec<City> = CITIES.iter().map(|city| house.publish(city, "1280x720", 2000)).collect();
    house.cut_to("roma");
    std::thread::sleep(SETTLE);
    let (begin, used) = (Instant::now(), process::time_of(house.pid()));
    std::thread::sleep(SPAN);
    let load = (process::time_of(house.pid()) - used).as_secs_f64() / begin.elapsed().as_secs_f64() * 100.0;
    let memory = process::memory_of(house.pid());
    let mebibytes = |kibibytes: u64| Measured::Mebibytes(kibibytes as f64 / 1024.0);
    table.add(Figure::new(PART, "server, five 720p30 cities by WHIP, one in program, load", Measured::Core(load)));
    table.add(Figure::new(PART, "server, five 720p30 cities, resident memory", mebibytes(memory)));
    table.add(Figure::new(PART, "server, nobody there, resident memory", mebibytes(alone)));
}
