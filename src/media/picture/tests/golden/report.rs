//! Shows pictures beside their goldens: expected, actual and difference as PNG, and one page with all of them.

use std::fmt;
use std::fmt::Write as _;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use image::{Rgb, RgbImage};

use super::print::{CANVAS, CELL, COLUMNS, Difference, Print};
use super::studio::Case;
use crate::video::Image;

/// Differences are shown so many times as great.
const AMPLIFIED: f64 = 16.0;

/// Pixels of the marks beside rows and below columns that differ.
const MARK: u32 = 6;

/// What became of one case.
pub struct Verdict<'c> {
    case: &'c Case,
    golden: Result<Print, String>,
    difference: Option<Difference>,
}

impl<'c> Verdict<'c> {
    pub fn of(case: &'c Case, golden: Result<Print, String>) -> Self {
        let compare = |golden: &Print| golden.compare(&Print::of(&case.image), case.tolerance);
        let difference = golden.as_ref().ok().map(compare);
        Self { case, golden, difference }
    }

    pub fn is_alike(&self) -> bool {
        self.difference.as_ref().is_some_and(Difference::is_alike)
    }

    fn file(&self, what: &str) -> PathBuf {
        folder().join(format!("{}-{what}.png", self.case.name))
    }

    /// Writes the three pictures; what there is no golden for has only one.
    pub fn draw(&self) {
        fs::create_dir_all(folder()).expect("the folder of the report can be made");
        let save = |what: &str, image: RgbImage| image.save(self.file(what)).expect("a PNG can be written");
        save("actual", actual(&self.case.image));
        if let (Ok(golden), Some(difference)) = (&self.golden, &self.difference) {
            save("expected", expected(golden));
            save("difference", shown(difference));
        }
    }
}

impl fmt::Display for Verdict<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.case.name)?;
        match (&self.difference, &self.golden) {
            (Some(difference), _) => {
                let [expected, actual, seen] = ["expected", "actual", "difference"].map(|what| self.file(what));
                write!(f, "{difference}\n  {}\n  {}\n  {}", expected.display(), actual.display(), seen.display())
            }
            (None, Err(why)) => write!(f, "no golden: {why}\n  {}", self.file("actual").display()),
            (None, Ok(_)) => f.write_str("not compared"),
        }
    }
}

/// Forgets what was shown before.
pub fn clear() {
    match fs::remove_dir_all(folder()) {
        Err(error) if error.kind() != ErrorKind::NotFound => panic!("{}: {error}", folder().display()),
        _ => {}
    }
}

/// Writes the page and answers where it is.
pub fn index(verdicts: &[Verdict<'_>]) -> PathBuf {
    let wrong = verdicts.iter().filter(|verdict| !verdict.is_alike()).count();
    let mut page = format!(
        "<!doctype html><meta charset=\"utf-8\"><title>Golden pictures</title>\n\
         <style>body{{font:15px sans-serif;background:#14161a;color:#f3f5f9}}td{{padding:4px}}img{{display:block;width:320px}}\
         .wrong{{background:#802020}}small{{color:#a0a8b4}}</style>\n\
         <h1>{} golden pictures, {wrong} differ</h1>\n<table><tr><th>Expected<th>Actual<th>Difference ×{AMPLIFIED}</tr>\n",
        verdicts.len()
    );
    // What is wrong comes first.
    let (fine, wrong): (Vec<_>, Vec<_>) = verdicts.iter().partition(|verdict| verdict.is_alike());
    for verdict in wrong.into_iter().chain(fine) {
        let (name, class) = (&verdict.case.name, if verdict.is_alike() { "" } else { " class=\"wrong\"" });
        let told = match (&verdict.difference, &verdict.golden) {
            (Some(difference), _) => difference.to_string(),
            (None, Err(why)) => format!("no golden: {why}"),
            (None, Ok(_)) => String::new(),
        };
        let cells = ["expected", "actual", "difference"]
            .map(|what| format!("<td><img src=\"{name}-{what}.png\" alt=\"{what}\">"));
        let row = format!("<tr{class}><td colspan=\"3\"><b>{name}</b><br><small>{told}</small></tr>");
        writeln!(page, "{row}<tr{class}>{}</tr>", cells.concat()).expect("a string takes everything");
    }
    let file = folder().join("index.html");
    fs::create_dir_all(folder()).and_then(|()| fs::write(&file, page + "</table>\n")).expect("the page can be written");
    file
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("target/golden")
}

fn actual(image: &Image) -> RgbImage {
    let view = image.view();
    RgbImage::from_fn(CANVAS.width, CANVAS.height, |x, y| {
        let [luma, u, v] = view.planes();
        let sample = |plane: &crate::video::Plane<'_>, x: u32, y: u32| {
            f64::from(plane.data[y as usize * plane.stride + x as usize])
        };
        rgb([sample(luma, x, y), sample(u, x / 2, y / 2), sample(v, x / 2, y / 2)])
    })
}

/// A golden as far as it is known: its cells.
fn expected(golden: &Print) -> RgbImage {
    RgbImage::from_fn(CANVAS.width, CANVAS.height, |x, y| rgb(golden.cells[cell(x, y)]))
}

/// Cells that differ are bright, and red where it is too much; so are the marks beside their rows and below their columns.
fn shown(difference: &Difference) -> RgbImage {
    let tolerance = difference.tolerance;
    let colour = |off: f64, most: f64| {
        let [bright, dark] = [(off * AMPLIFIED + 20.0).min(255.0) as u8, 20];
        if off > most { Rgb([255, dark, dark]) } else { Rgb([bright; 3]) }
    };
    let (width, height) = (CANVAS.width, CANVAS.height);
    RgbImage::from_fn(width + MARK, height + MARK, |x, y| match (x < width, y < height) {
        (true, true) => colour(difference.cells[cell(x, y)], tolerance.cell),
        (true, false) => colour(difference.columns[x as usize], tolerance.line),
        (false, true) => colour(difference.rows[y as usize], tolerance.line),
        (false, false) => Rgb([0; 3]),
    })
}

fn cell(x: u32, y: u32) -> usize {
    y as usize / CELL * COLUMNS + x as usize / CELL
}

/// BT.709 in video range as pages show it.
fn rgb([y, u, v]: [f64; 3]) -> Rgb<u8> {
    let (luma, u, v) = ((y - 16.0) / 219.0, (u - 128.0) / 224.0, (v - 128.0) / 224.0);
    let byte = |part: f64| (part * 255.0).round() as u8;
    Rgb([byte(luma + 1.5748 * v), byte(luma - 0.1873 * u - 0.4681 * v), byte(luma + 1.8556 * u)])
}
