//! A figure: what was measured, and the budget it should keep to. As a line of the table and as JSON.

use serde_json::{Value, json};

/// What was measured, in a unit of its own.
#[derive(Debug, Clone, Copy)]
pub enum Measured {
    /// Parts of one core, in percent: 60 is six tenths of one core.
    Core(f64),
    Millis(f64),
    Mebibytes(f64),
    Kibibytes(f64),
    Count(u64),
    /// One thing against another: 1 is as much.
    Times(f64),
}

impl Measured {
    fn number(self) -> f64 {
        match self {
            Self::Core(number)
            | Self::Millis(number)
            | Self::Mebibytes(number)
            | Self::Kibibytes(number)
            | Self::Times(number) => number,
            Self::Count(count) => count as f64,
        }
    }

    fn unit(self) -> &'static str {
        match self {
            Self::Core(_) => "% of a core",
            Self::Millis(_) => "ms",
            Self::Mebibytes(_) => "MiB",
            Self::Kibibytes(_) => "KiB",
            Self::Count(_) => "",
            Self::Times(_) => "×",
        }
    }

    fn told(self) -> String {
        let digits = match self {
            Self::Count(_) => 0,
            Self::Times(_) => 2,
            measured if measured.number().abs() < 1.0 => 3,
            measured if measured.number().abs() < 100.0 => 1,
            _ => 0,
        };
        format!("{:.digits$} {}", self.number(), self.unit()).trim_end().to_owned()
    }
}

/// One line of the table.
#[derive(Debug, Clone)]
pub struct Figure {
    part: &'static str,
    name: String,
    measured: Measured,
    /// The most that is fine, in the unit of what was measured.
    budget: Option<f64>,
}

/// The figures of all parts that ran.
#[derive(Debug, Default)]
pub struct Table {
    figures: Vec<Figure>,
}

impl Figure {
    /// A figure that has no budget.
    pub fn new(part: &'static str, name: impl Into<String>, measured: Measured) -> Self {
        Self { part, name: name.into(), measured, budget: None }
    }

    /// A figure that should be at most this.
    pub fn within(self, budget: f64) -> Self {
        Self { budget: Some(budget), ..self }
    }

    fn is_kept(&self) -> Option<bool> {
        self.budget.map(|budget| self.measured.number() <= budget)
    }

    fn verdict(&self) -> &'static str {
        match self.is_kept() {
            Some(true) => "ok",
            Some(false) => "MISSED",
            None => "",
        }
    }

    fn json(&self) -> Value {
        json!({
            "part": self.part,
            "figure": self.name,
            "measured": self.measured.number(),
            "unit": self.measured.unit(),
            "budget": self.budget,
            "kept": self.is_kept(),
        })
    }
}

impl Table {
    pub fn add(&mut self, figure: Figure) {
        self.figures.push(figure);
    }

    /// The table as people read it.
    pub fn print(&self) {
        let width = self.figures.iter().map(|figure| figure.name.chars().count()).max().unwrap_or_default();
        println!("\n{:width$}  {:>18}  {:>10}", "figure", "measured", "budget");
        for figure in &self.figures {
            let budget = figure.budget.map_or(String::new(), |budget| format!("≤ {budget}"));
            let line =
                format!("{:width$}  {:>18}  {budget:>10}  {}", figure.name, figure.measured.told(), figure.verdict());
            println!("{}", line.trim_end());
        }
    }

    pub fn json(&self) -> Value {
        self.figures.iter().map(Figure::json).collect()
    }
}

/// The value in the middle, or between the two in the middle. Zero if there is none.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let upper = sorted.get(sorted.len() / 2).copied().unwrap_or_default();
    let lower = sorted.get(sorted.len().saturating_sub(1) / 2).copied().unwrap_or_default();
    f64::midpoint(lower, upper)
}

/// The value below which this share (0 to 1) of all lies; the list may be in any order. Zero if there is none.
pub fn quantile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place in a list")]
    let place = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(place.saturating_sub(1)).copied().unwrap_or_default()
}
