//! Just enough of Rust's grammar to find the paths in a file: comments, literals, `use` trees, modules and braces.

/// A path that a file names.
#[derive(Debug, PartialEq, Eq)]
pub struct Mention {
    /// Where, from 1.
    pub line: usize,
    /// Its segments. One into this crate begins with `crate`, however it was written.
    pub path: Vec<String>,
}

/// The crate's name, as its own binary and examples write it.
const THIS_CRATE: &str = "regia";

/// Every path of two or more segments, and every import, in the file of the module `modules`.
pub fn mentions(modules: &[&str], text: &str) -> Vec<Mention> {
    let tokens = tokens(text);
    let mut reader = Reader {
        tokens: &tokens,
        at: 0,
        modules: modules.iter().map(|&name| name.to_owned()).collect(),
        open: Vec::new(),
        found: Vec::new(),
    };
    reader.read();
    reader.found
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token<'a> {
    Word(&'a str),
    /// `::`
    Then,
    Sign(char),
}

/// The tokens of a text with their lines, without comments, literals and lifetimes.
fn tokens(text: &str) -> Vec<(usize, Token<'_>)> {
    let (mut tokens, mut rest, mut line) = (Vec::new(), text, 1);
    while let Some(first) = rest.chars().next() {
        let (token, length) = match first {
            _ if rest.starts_with("//") => (None, rest.find('\n').unwrap_or(rest.len())),
            _ if rest.starts_with("/*") => (None, block_comment(rest)),
            _ if rest.starts_with("::") => (Some(Token::Then), 2),
            '"' => (None, quoted(rest)),
            '\'' => (None, char_or_lifetime(rest)),
            c if c.is_alphanumeric() || c == '_' => {
                let word = word(rest);
                match raw_string(rest, word) {
                    Some(length) => (None, length),
                    None if rest[word.len()..].starts_with('"') => (None, word.len() + quoted(&rest[word.len()..])),
                    None => (Some(Token::Word(word)), word.len()),
                }
            }
            c if c.is_whitespace() => (None, c.len_utf8()),
            c => (Some(Token::Sign(c)), c.len_utf8()),
        };
        tokens.extend(token.map(|token| (line, token)));
        line += rest[..length].matches('\n').count();
        rest = &rest[length..];
    }
    tokens
}

fn word(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_');
    &text[..end.unwrap_or(text.len())]
}

/// Block comments nest.
fn block_comment(text: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at < text.len() {
        if text[at..].starts_with("/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if text[at..].starts_with("*/") {
            (depth, at) = (depth - 1, at + 2);
            if depth == 0 {
                return at;
            }
        } else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

/// The length of a string that begins with its quote.
fn quoted(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The length of `r"…"`, `br#"…"#` and the like; `None` for a plain word and for a raw identifier.
fn raw_string(text: &str, prefix: &str) -> Option<usize> {
    if !matches!(prefix, "r" | "br" | "cr") {
        return None;
    }
    let fence = text[prefix.len()..].chars().take_while(|c| *c == '#').count();
    let start = prefix.len() + fence;
    if !text[start..].starts_with('"') {
        return None;
    }
    let end = format!("\"{}", "#".repeat(fence));
    Some(text[start + 1..].find(&end).map_or(text.len(), |at| start + 1 + at + end.len()))
}

/// `'x'`, `'\n'`, or only the quote and name of a lifetime.
fn char_or_lifetime(text: &str) -> usize {
    let mut after = text.chars().skip(1);
    match (after.next(), after.next()) {
        (Some('\\'), Some(escaped)) => {
            let start = 2 + escaped.len_utf8();
            text[start..].find('\'').map_or(text.len(), |at| start + at + 1)
        }
        (Some(c), Some('\'')) => 2 + c.len_utf8(),
        _ => 1 + word(&text[1..]).len(),
    }
}

struct Reader<'a> {
    tokens: &'a [(usize, Token<'a>)],
    at: usize,
    /// The module that is being read, from the root of the crate.
    modules: Vec<String>,
    /// The braces that are open: whether each is that of a module.
    open: Vec<bool>,
    found: Vec<Mention>,
}

impl<'a> Reader<'a> {
    fn peek(&self, ahead: usize) -> Option<&'a Token<'a>> {
        self.tokens.get(self.at + ahead).map(|(_, token)| token)
    }

    fn word(&self, ahead: usize) -> Option<&'a str> {
        match self.peek(ahead) {
            Some(Token::Word(word)) => Some(word),
            _ => None,
        }
    }

    fn is_sign(&self, ahead: usize, sign: char) -> bool {
        self.peek(ahead) == Some(&Token::Sign(sign))
    }

    fn read(&mut self) {
        while let Some(token) = self.peek(0) {
            match token {
                Token::Word("use") if !self.is_sign(1, '<') => {
                    self.at += 1;
                    self.use_tree(&[]);
                }
                Token::Word("mod") if self.word(1).is_some() && self.is_sign(2, '{') => {
                    self.modules.extend(self.word(1).map(str::to_owned));
                    self.open.push(true);
                    self.at += 3;
                }
                Token::Word("extern") if self.word(1) == Some("crate") => {
                    self.at += 2;
                    let path = self.word(0).map(str::to_owned);
                    self.mention(path.into_iter().collect());
                }
                Token::Word(_) => self.path(),
                // `<T as Trait>::name` and `name::<T>::name` go on with a path that has begun elsewhere; `::name` begins one.
                Token::Then if self.at > 0 && matches!(self.tokens[self.at - 1].1, Token::Sign('>')) => self.at += 2,
                Token::Sign('{') => {
                    self.open.push(false);
                    self.at += 1;
                }
                Token::Sign('}') => {
                    if self.open.pop() == Some(true) {
                        self.modules.pop();
                    }
                    self.at += 1;
                }
                Token::Then | Token::Sign(_) => self.at += 1,
            }
        }
    }

    /// A path in an expression, a type or an attribute. One segment alone is a name, not a path.
    fn path(&mut self) {
        let mut path = Vec::new();
        let start = self.at;
        while let Some(word) = self.word(0) {
            path.push(word.to_owned());
            self.at += 1;
            if self.peek(0) != Some(&Token::Then) || self.word(1).is_none() {
                break;
            }
            self.at += 1;
        }
        if path.len() > 1 {
            let end = std::mem::replace(&mut self.at, start);
            self.mention(path);
            self.at = end;
        }
    }

    /// What follows `use`, a comma or an opening brace in an import.
    fn use_tree(&mut self, before: &[String]) {
        let mut path = before.to_vec();
        let mut start = self.at;
        while let Some(token) = self.peek(0) {
            match token {
                Token::Word("as") => {
                    let end = self.at + 2;
                    self.import(path, start);
                    self.at = end;
                    return;
                }
                Token::Word(word) => {
                    start = if path.is_empty() || path.len() == before.len() { self.at } else { start };
                    path.push((*word).to_owned());
                }
                Token::Sign('*') => path.push("*".to_owned()),
                Token::Then => {}
                Token::Sign('{') => {
                    self.at += 1;
                    while self.peek(0).is_some() && !self.is_sign(0, '}') {
                        self.use_tree(&path);
                        self.at += usize::from(self.is_sign(0, ','));
                    }
                    self.at += 1;
                    return;
                }
                Token::Sign(_) => break,
            }
            self.at += 1;
        }
        let end = self.at;
        self.import(path, start);
        // Something that is no import after all must not hold the reader up.
        self.at = if end == start && !self.is_sign(0, ',') && !self.is_sign(0, '}') { end + 1 } else { end };
    }

    /// An import names what it names even with one segment: `use axum;`.
    fn import(&mut self, mut path: Vec<String>, start: usize) {
        if path.len() > 1 && path.last().is_some_and(|last| last == "self") {
            path.pop();
        }
        self.at = start;
        self.mention(path);
    }

    /// Notes a path that begins at the current token, written from the root of the crate where it leads there.
    fn mention(&mut self, mut path: Vec<String>) {
        let ups = path.iter().take_while(|segment| *segment == "super").count();
        if ups > 0 {
            let Some(left) = self.modules.len().checked_sub(ups) else { return };
            let from = self.modules[..left].iter().cloned();
            path = std::iter::once("crate".to_owned()).chain(from).chain(path.into_iter().skip(ups)).collect();
        } else if path.first().is_some_and(|first| first == THIS_CRATE) {
            path[0] = "crate".to_owned();
        }
        if !path.is_empty() {
            let line = self.tokens.get(self.at).or(self.tokens.last()).map_or(1, |(line, _)| *line);
            self.found.push(Mention { line, path });
        }
    }
}
