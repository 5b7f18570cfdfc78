//! Setting texts so that they fit: as large as the template has them, then smaller, then cut with an ellipsis.

use std::collections::{BTreeSet, HashMap};

use resvg::usvg::{Group, Node, Options, Transform, Tree};

use super::Error;
use super::document::{Document, Part, Setting, TextBlock, Values, View, Writing};
use super::template::SPECIAL;

/// The least size of a text whose template does not say, as a part of its font size.
const LEAST: f32 = 0.6;

/// Sizes that are tried for a text of several lines.
const STEPS: u8 = 8;

/// Measures texts of one drawing.
pub(super) struct Fitter<'a> {
    pub document: &'a Document,
    pub options: &'a Options<'a>,
    /// The most that a text that moves may take.
    pub longest_moving: f32,
}

/// Texts by their ids, and letters that no typeface has.
pub(super) type Found = (HashMap<String, Measured>, BTreeSet<char>);

/// A measured text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Measured {
    pub width: f32,
    pub font_size: f32,
    pub transform: Transform,
}

/// Texts as they are set.
#[derive(Debug)]
pub(super) struct Fitted {
    /// By the texts' numbers.
    pub settings: Vec<Setting>,
    /// How far the graphic reaches, in its units: to the right, and down.
    pub right: Option<f32>,
    pub below: Option<f32>,
    /// How far what moves reaches to the right.
    pub moving_right: f32,
}

impl Fitter<'_> {
    /// Sets all texts. What no typeface has a form for, and is no letter, goes out of the values: a box in its place
    /// would tell nobody anything.
    pub(super) fn fit(&self, values: &mut Values) -> Result<Fitted, Error> {
        let (mut measured, missing) = self.measure(Part::All, values, &[])?;
        let shown = |c: &char| c.is_alphanumeric();
        let unshown: BTreeSet<char> = missing.into_iter().filter(|c| !shown(c)).collect();
        if !unshown.is_empty() {
            for value in values.values_mut() {
                value.retain(|c| !unshown.contains(&c));
                *value = value.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
            }
            measured = self.measure(Part::All, values, &[])?.0;
        }
        let mut fitted = Fitted { settings: Vec::new(), right: None, below: None, moving_right: 0.0 };
        for (number, block) in self.document.texts.iter().enumerate() {
            let natural = measured.get(&block.id).copied();
            let (setting, width) = match natural {
                Some(natural) if block.lines > 1 => self.break_lines(number, block, natural, values)?,
                Some(natural) => self.one_line(number, block, natural, values)?,
                None => (Setting::Natural, 0.0),
            };
            if let Some(natural) = natural {
                fitted.reach(block, natural, &setting, width, self.document.view);
            }
            fitted.settings.push(setting);
        }
        Ok(fitted)
    }

    /// Measures texts, by their ids, and finds what has no form in any typeface.
    fn measure(&self, part: Part, values: &Values, settings: &[Setting]) -> Result<Found, Error> {
        let view = self.document.view;
        let size = (view.width, view.height);
        let svg = self.document.write(Writing { part, view, size, values, settings });
        let tree = Tree::from_str(&svg, self.options)?;
        let mut texts = (HashMap::new(), BTreeSet::new());
        collect(tree.root(), &mut texts);
        Ok(texts)
    }

    fn room(&self, block: &TextBlock) -> Option<f32> {
        if block.moves { Some(self.longest_moving) } else { block.width }
    }

    fn one_line(
        &self,
        number: usize,
        block: &TextBlock,
        natural: Measured,
        values: &Values,
    ) -> Result<(Setting, f32), Error> {
        let Some(room) = self.room(block) else { return Ok((Setting::Natural, natural.width)) };
        let scale = if natural.width > room { room / natural.width } else { 1.0 };
        let least = if block.moves { 1.0 } else { least(block, natural) };
        if scale >= least {
            let setting = Setting::Line { scale, values: values.clone() };
            return Ok((setting, natural.width * scale));
        }
        // What people wrote is cut, what the engine says is not: a time that is cut says nothing.
        let fields: Vec<String> = self
            .document
            .fields_of(number)
            .into_iter()
            .filter(|id| id == "name" || !SPECIAL.contains(&id.as_str()))
            .collect();
        let longest = fields.iter().filter_map(|id| values.get(id)).map(|value| value.chars().count()).max();
        let cut = |characters: usize| {
            let mut cut = values.clone();
            for id in &fields {
                if let Some(value) = cut.get_mut(id) {
                    *value = shortened(value, characters);
                }
            }
            cut
        };
        let width_of = |values: &Values| -> Result<f32, Error> {
            let (measured, _) = self.measure(Part::Text(number), values, &[])?;
            Ok(measured.get(&block.id).map_or(0.0, |text| text.width))
        };
        let (mut fits, mut too_long) = (0, longest.unwrap_or_default().max(1));
        while too_long - fits > 1 {
            let middle = usize::midpoint(fits, too_long);
            if width_of(&cut(middle))? * least <= room { fits = middle } else { too_long = middle }
        }
        let values = cut(fits);
        let width = width_of(&values)?;
        // What the template itself says may be too long: then it is smaller than it should be, rather than cut off.
        let scale = if width * least > room { room / width } else { least };
        Ok((Setting::Line { scale, values }, width * scale))
    }

    fn break_lines(
        &self,
        number: usize,
        block: &TextBlock,
        natural: Measured,
        values: &Values,
    ) -> Result<(Setting, f32), Error> {
        let content = self.document.content(number, values);
        let paragraphs: Vec<Vec<&str>> = content
            .lines()
            .map(|line| line.split_whitespace().collect())
            .filter(|line: &Vec<_>| !line.is_empty())
            .collect();
        let room = block.width.unwrap_or(f32::INFINITY);
        let least = least(block, natural);
        let words: BTreeSet<&str> = paragraphs.iter().flatten().copied().collect();
        let widths = self.widths(number, block, values, words.iter().map(|word| (*word).to_owned()).collect())?;
        let mut wrap =
            Wrap { widths: words.into_iter().map(str::to_owned).zip(widths).collect(), space: 0.0, dots: 0.0 };
        if let [one, two, dots] = self.widths(number, block, values, vec!["n".into(), "n n".into(), "…".into()])?[..]
        {
            (wrap.space, wrap.dots) = ((two - 2.0 * one).max(0.0), dots);
        }
        let fitting = (0..=STEPS).find_map(|step| {
            let scale = 1.0 - (1.0 - least) * f32::from(step) / f32::from(STEPS);
            let lines = wrap.lines(&paragraphs, room / scale);
            (lines.fit && lines.lines.len() <= block.lines).then_some((scale, lines.lines))
        });
        let (mut scale, lines) = fitting.unwrap_or_else(|| {
            let lines = wrap.lines(&paragraphs, room / least);
            (least, wrap.cut(lines.lines, block.lines, room / least))
        });
        let widest = self.widths(number, block, values, lines.clone())?.into_iter().fold(0.0, f32::max);
        if widest * scale > room {
            scale = room / widest;
        }
        Ok((Setting::Lines { scale, lines }, widest * scale))
    }

    /// How wide each of some texts is in the style of one.
    fn widths(&self, number: usize, block: &TextBlock, values: &Values, texts: Vec<String>) -> Result<Vec<f32>, Error> {
        let count = texts.len();
        let mut settings = vec![Setting::Natural; number];
        settings.push(Setting::Copies(texts));
        let (measured, _) = self.measure(Part::Text(number), values, &settings)?;
        let width = |copy: usize| measured.get(&format!("{}~{copy}", block.id)).map_or(0.0, |text| text.width);
        Ok((0..count).map(width).collect())
    }
}

fn least(block: &TextBlock, natural: Measured) -> f32 {
    block.least.map_or(LEAST, |least| least / natural.font_size).min(1.0)
}

/// A text of so many characters, with an ellipsis if any are missing.
fn shortened(text: &str, characters: usize) -> String {
    match text.char_indices().nth(characters) {
        Some((at, _)) => format!("{}…", text[..at].trim_end()),
        None => text.to_owned(),
    }
}

impl Fitted {
    fn reach(&mut self, block: &TextBlock, natural: Measured, setting: &Setting, width: f32, view: View) {
        let (x, y) = (block.x.of(view.x, view.width), block.y.of(view.y, view.height));
        let transform = natural.transform;
        let on_page = |x: f32, y: f32| {
            // One unit is one pixel of what was measured, which begins at the page's corner.
            let across = transform.sx * x + transform.kx * y + transform.tx;
            let down = transform.ky * x + transform.sy * y + transform.ty;
            (across + view.x, down + view.y)
        };
        let (right, _) = on_page(x + width, y);
        if block.moves {
            self.moving_right = self.moving_right.max(right);
        }
        if let Some(room) = block.room_right {
            self.right = Some(self.right.unwrap_or_default().max(right + room));
        }
        if let Some(room) = block.room_below {
            let last = match setting {
                Setting::Lines { scale, lines } if !lines.is_empty() => {
                    block.line_offset(lines.len() - 1, lines.len()) * block.line_height * scale
                }
                _ => 0.0,
            };
            let (_, below) = on_page(x, y + last);
            self.below = Some(self.below.unwrap_or_default().max(below + room));
        }
    }
}

/// Everything that is measured of a tree.
pub(super) fn collect(group: &Group, texts: &mut Found) {
    for node in group.children() {
        match node {
            Node::Group(group) => collect(group, texts),
            Node::Text(text) => {
                let spans = || text.layouted().iter();
                let font_size = spans().map(|span| span.font_size.get()).fold(0.0, f32::max);
                let width = text.bounding_box().width();
                let measured = Measured { width, font_size: font_size.max(1.0), transform: text.abs_transform() };
                texts.0.insert(text.id().to_owned(), measured);
                let glyphs = spans().flat_map(|span| &span.positioned_glyphs);
                texts.1.extend(glyphs.filter(|glyph| glyph.id.0 == 0).flat_map(|glyph| glyph.text.chars()));
            }
            Node::Path(_) | Node::Image(_) => {}
        }
    }
}

/// Breaks words into lines.
struct Wrap {
    widths: HashMap<String, f32>,
    space: f32,
    dots: f32,
}

struct Lines {
    lines: Vec<String>,
    /// Whether no word is wider than a line.
    fit: bool,
}

impl Wrap {
    fn width(&self, word: &str) -> f32 {
        self.widths.get(word).copied().unwrap_or_default()
    }

    fn lines(&self, paragraphs: &[Vec<&str>], room: f32) -> Lines {
        let (mut lines, mut fit) = (Vec::new(), true);
        for words in paragraphs {
            let (mut line, mut width) = (String::new(), 0.0);
            for word in words {
                for (part, part_width) in self.parts(word, room, &mut fit) {
                    let longer = if line.is_empty() { part_width } else { width + self.space + part_width };
                    if line.is_empty() || longer <= room {
                        if !line.is_empty() {
                            line.push(' ');
                        }
                        line.push_str(&part);
                        width = longer;
                    } else {
                        lines.push(std::mem::replace(&mut line, part));
                        width = part_width;
                    }
                }
            }
            lines.push(line);
        }
        Lines { lines, fit }
    }

    /// A word, in pieces if it is wider than a line.
    fn parts(&self, word: &str, room: f32, fit: &mut bool) -> Vec<(String, f32)> {
        let width = self.width(word);
        if width <= room {
            return vec![(word.to_owned(), width)];
        }
        *fit = false;
        let characters: Vec<char> = word.chars().collect();
        #[expect(clippy::cast_precision_loss, reason = "a word's characters")]
        let each = width / characters.len() as f32;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at least one, at most the word")]
        let take = ((room / each * 0.9) as usize).clamp(1, characters.len());
        let part = |part: &[char]| {
            #[expect(clippy::cast_precision_loss, reason = "a word's characters")]
            let width = part.len() as f32 * each;
            (part.iter().collect(), width)
        };
        characters.chunks(take).map(part).collect()
    }

    /// The first lines, the last of them with an ellipsis.
    fn cut(&self, mut lines: Vec<String>, most: usize, room: f32) -> Vec<String> {
        if lines.len() <= most {
            return lines;
        }
        lines.truncate(most);
        if let Some(last) = lines.last_mut() {
            let mut words: Vec<&str> = last.split(' ').collect();
            let width = |words: &[&str]| {
                words.iter().map(|word| self.width(word) + self.space).sum::<f32>() - self.space + self.dots
            };
            while words.len() > 1 && width(&words) > room {
                words.pop();
            }
            let ended = words.join(" ");
            *last = format!("{}…", ended.trim_end_matches(|c: char| c.is_ascii_punctuation()));
        }
        lines
    }
}
