//! The fingerprint of a picture: the mean of every cell of a coarse grid, and the mean luma of every row and every column, by
//! which an edge that is one pixel off is found. As text of less than 5 kB.

use std::fmt;
use std::str::FromStr;

use crate::video::{Image, Size};

/// Of all goldens.
pub const CANVAS: Size = Size { width: 320, height: 180 };
pub const COLUMNS: usize = 32;
pub const ROWS: usize = 18;
/// Pixels of a cell, each way.
pub const CELL: usize = 10;
/// Means of columns that stand on a line of the text, and of rows.
const COLUMNS_A_LINE: usize = 32;
const ROWS_A_LINE: usize = 30;

/// By how much a picture may differ from its golden, in steps of 255: the most of one mean, and of all of them on average.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tolerance {
    pub cell: f64,
    pub cells: f64,
    pub line: f64,
    pub lines: f64,
}

impl Tolerance {
    /// Of arithmetic. A kept mean is rounded by a half at most, and vector instructions of other processors may round
    /// samples otherwise, by one at most.
    pub const EXACT: Self = Self { cell: 1.5, cells: 0.8, line: 1.2, lines: 0.8 };
    /// Of texts. Versions of a typeface differ by parts of a pixel in what is inked where, and plates are as wide as their
    /// texts: a cell full of letters and a line along a plate's end differ by much. But few cells and lines have any, so all
    /// of them together are held to nearly the same as without texts.
    pub const TEXT: Self = Self { cell: 32.0, cells: 1.0, line: 20.0, lines: 1.0 };
}

/// A fingerprint. Means are 0 to 255; those that were read are whole.
#[derive(Debug, Clone, PartialEq)]
pub struct Print {
    /// Y, U and V of the cells, row by row.
    pub cells: Vec<[f64; 3]>,
    pub rows: Vec<f64>,
    pub columns: Vec<f64>,
}

/// By how much two differ.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    pub tolerance: Tolerance,
    /// Of each cell, the greatest of Y, U and V.
    pub cells: Vec<f64>,
    pub rows: Vec<f64>,
    pub columns: Vec<f64>,
}

impl Print {
    pub fn of(image: &Image) -> Self {
        assert_eq!(image.size(), CANVAS, "goldens are all of one size");
        let (view, width) = (image.view(), CANVAS.width as usize);
        let [luma, u, v] = view.planes();
        let cell = |number: usize| {
            let (x, y) = (number % COLUMNS, number / COLUMNS);
            let mean = |plane: &crate::video::Plane<'_>, side: usize| {
                let rows = plane.data.chunks(plane.stride).skip(y * side).take(side);
                mean(rows.flat_map(|row| &row[x * side..][..side]))
            };
            [mean(luma, CELL), mean(u, CELL / 2), mean(v, CELL / 2)]
        };
        Self {
            cells: (0..COLUMNS * ROWS).map(cell).collect(),
            rows: luma.data.chunks(luma.stride).map(|row| mean(&row[..width])).collect(),
            columns: (0..width).map(|x| mean(luma.data.iter().skip(x).step_by(luma.stride))).collect(),
        }
    }

    /// How another one differs from this one.
    pub fn compare(&self, other: &Self, tolerance: Tolerance) -> Difference {
        let off = |(a, b): (&f64, &f64)| (a - b).abs();
        let cells = self.cells.iter().zip(&other.cells);
        Difference {
            tolerance,
            cells: cells.map(|(a, b)| a.iter().zip(b).map(off).fold(0.0, f64::max)).collect(),
            rows: self.rows.iter().zip(&other.rows).map(off).collect(),
            columns: self.columns.iter().zip(&other.columns).map(off).collect(),
        }
    }
}

fn mean<'a>(samples: impl IntoIterator<Item = &'a u8>) -> f64 {
    let (sum, count) =
        samples.into_iter().fold((0u32, 0u32), |(sum, count), sample| (sum + u32::from(*sample), count + 1));
    f64::from(sum) / f64::from(count)
}

impl Difference {
    pub fn is_alike(&self) -> bool {
        let Tolerance { cell, cells, line, lines } = self.tolerance;
        let within = |of: &[f64], most: f64, all: f64| greatest(of).1 <= most && average(of) <= all;
        within(&self.cells, cell, cells) && within(&self.rows, line, lines) && within(&self.columns, line, lines)
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Tolerance { cell, cells, line, lines } = self.tolerance;
        let (at, most) = greatest(&self.cells);
        let (x, y, all) = (at % COLUMNS, at / COLUMNS, average(&self.cells));
        write!(f, "cells differ by {most:.1} at most ({x}, {y}; {cell} is allowed), {all:.2} on average ({cells})")?;
        for (what, of) in [("rows", &self.rows), ("columns", &self.columns)] {
            let (at, most) = greatest(of);
            write!(f, "; {what} by {most:.1} ({at}; {line}), {:.2} ({lines})", average(of))?;
        }
        Ok(())
    }
}

/// Where the greatest is, and how great.
fn greatest(of: &[f64]) -> (usize, f64) {
    of.iter().copied().enumerate().fold((0, 0.0), |most, each| if each.1 > most.1 { each } else { most })
}

fn average(of: &[f64]) -> f64 {
    of.iter().sum::<f64>() / of.len() as f64
}

impl fmt::Display for Print {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "cells of {CELL}x{CELL} pixels, a row a line: Y, U, V")?;
        for row in self.cells.chunks(COLUMNS) {
            let plane = |number: usize| row.iter().map(|cell| hex(cell[number])).collect::<String>();
            writeln!(f, "{} {} {}", plane(0), plane(1), plane(2))?;
        }
        for (what, of, a_line) in [("rows", &self.rows, ROWS_A_LINE), ("columns", &self.columns, COLUMNS_A_LINE)] {
            writeln!(f, "{what}: Y")?;
            for line in of.chunks(a_line) {
                writeln!(f, "{}", line.iter().map(|mean| hex(*mean)).collect::<String>())?;
            }
        }
        Ok(())
    }
}

fn hex(mean: f64) -> String {
    format!("{:02x}", mean.round() as u8)
}

impl FromStr for Print {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // Headings are told from values by their colons.
        let mut parts: Vec<Vec<&str>> = Vec::new();
        for line in text.lines() {
            match parts.last_mut() {
                _ if line.contains(':') => parts.push(Vec::new()),
                Some(part) => part.push(line),
                None => return Err("it does not begin with a heading".into()),
            }
        }
        let [cells, rows, columns] = &parts[..] else { return Err("it needs cells, rows and columns".into()) };
        let cell_row = |line: &&str| {
            let planes: Vec<Vec<f64>> = line.split(' ').map(bytes).collect::<Result<_, _>>()?;
            match &planes[..] {
                [y, u, v] if [y, u, v].iter().all(|plane| plane.len() == COLUMNS) => {
                    Ok((0..COLUMNS).map(|x| [y[x], u[x], v[x]]).collect())
                }
                _ => Err(format!("a row of cells is not {COLUMNS} of Y, U and V")),
            }
        };
        let cells: Vec<Vec<[f64; 3]>> = cells.iter().map(cell_row).collect::<Result<_, _>>()?;
        let print = Self { cells: cells.concat(), rows: bytes(&rows.concat())?, columns: bytes(&columns.concat())? };
        let counts = (print.cells.len(), print.rows.len(), print.columns.len());
        let needed = (COLUMNS * ROWS, CANVAS.height as usize, CANVAS.width as usize);
        if counts == needed { Ok(print) } else { Err(format!("it has {counts:?} values: {needed:?} are needed")) }
    }
}

fn bytes(text: &str) -> Result<Vec<f64>, String> {
    let (pairs, _) = text.as_bytes().as_chunks::<2>();
    let byte = |pair: &[u8; 2]| std::str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok());
    pairs.iter().map(|pair| byte(pair).map(f64::from).ok_or_else(|| format!("'{text}' is not hex"))).collect()
}

#[test]
fn a_fingerprint_is_read_as_it_was_written() {
    let print = Print::of(&Image::bars(CANVAS));
    let read: Print = print.to_string().parse().unwrap();
    assert_eq!(read.to_string(), print.to_string());
    assert!(read.compare(&print, Tolerance::EXACT).is_alike());
    for wrong in ["", "rows: Y\n00", "cells: Y\nzz\nrows:\ncolumns:", &print.to_string()[..900]] {
        assert!(wrong.parse::<Print>().is_err(), "{wrong}");
    }
}
