//! SDP as text (RFC 8866): lines in, sections out. It knows the grammar of lines, not what they mean.

/// Longest description: real offers have 5 to 10 KiB, and the HTTP side lets 64 KiB pass.
const LONGEST: usize = 64 * 1024;

/// Most m-lines: a browser that publishes has two.
const MOST_MEDIA: usize = 32;

/// A session description, borrowed from its text.
#[derive(Debug)]
pub struct Description<'a> {
    /// The lines before the first m-line.
    pub session: Section<'a>,
    /// The m-lines, in order.
    pub media: Vec<Media<'a>>,
}

/// An m-line and what follows it.
#[derive(Debug)]
pub struct Media<'a> {
    /// `audio`, `video`, `application` …
    pub kind: &'a str,
    /// Zero for a line that is refused, or that rests upon its bundle.
    pub port: u16,
    /// `UDP/TLS/RTP/SAVPF` or another.
    pub protocol: &'a str,
    /// Payload types in the order of preference, as they came.
    pub formats: Vec<&'a str>,
    /// The lines below.
    pub section: Section<'a>,
}

/// Lines that belong together: their type and value.
#[derive(Debug, Default)]
pub struct Section<'a>(Vec<(char, &'a str)>);

impl<'a> Section<'a> {
    /// Value of the first line of this type.
    pub fn value(&self, wanted: char) -> Option<&'a str> {
        self.0.iter().find(|(kind, _)| *kind == wanted).map(|(_, value)| *value)
    }

    /// Values of all attributes of this name, in order; a flag has the value "".
    pub fn attributes(&self, name: &str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(|(kind, _)| *kind == 'a').filter_map(move |(_, value)| match value.split_once(':') {
            Some((found, rest)) => (found == name).then_some(rest),
            None => (*value == name).then_some(""),
        })
    }

    /// Value of the first attribute of this name.
    pub fn attribute(&self, name: &str) -> Option<&'a str> {
        self.attributes(name).next()
    }

    /// Whether there is an attribute of this name.
    pub fn has(&self, name: &str) -> bool {
        self.attribute(name).is_some()
    }
}

/// Splits a text into its lines, each of the form `x=value`; tells what is wrong with the first other one.
pub fn lines(text: &str) -> impl Iterator<Item = Result<(char, &str), String>> {
    text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line)).filter(|line| !line.is_empty()).map(|line| {
        if line.chars().any(|c| c.is_control() && c != '\t') {
            return Err("a line holds control characters".to_owned());
        }
        match line.split_once('=') {
            Some((kind, value)) if kind.len() == 1 => Ok((kind.chars().next().expect("it is one byte long"), value)),
            _ => Err(format!("the line '{}' is not of the form x=value", start_of(line))),
        }
    })
}

/// Reads a description; tells what is wrong with it.
pub fn parse(text: &str) -> Result<Description<'_>, String> {
    if text.len() > LONGEST {
        return Err(format!("{} bytes arrived, {LONGEST} are possible", text.len()));
    }
    if !text.starts_with("v=0") {
        return Err(format!("it begins with '{}' instead of v=0", start_of(text.lines().next().unwrap_or(""))));
    }
    let mut description = Description { session: Section::default(), media: Vec::new() };
    for line in lines(text) {
        match line? {
            ('m', value) if description.media.len() < MOST_MEDIA => description.media.push(media_line(value)?),
            ('m', _) => return Err(format!("it has more than {MOST_MEDIA} m-lines")),
            other => match description.media.last_mut() {
                Some(media) => media.section.0.push(other),
                None => description.session.0.push(other),
            },
        }
    }
    Ok(description)
}

fn media_line(value: &str) -> Result<Media<'_>, String> {
    let mut words = value.split_ascii_whitespace();
    let (Some(kind), Some(port), Some(protocol)) = (words.next(), words.next(), words.next()) else {
        return Err(format!("the m-line '{}' lacks kind, port or protocol", start_of(value)));
    };
    let port = port.split('/').next().and_then(|port| port.parse().ok());
    let port = port.ok_or_else(|| format!("the m-line '{}' has no port number", start_of(value)))?;
    Ok(Media { kind, port, protocol, formats: words.collect(), section: Section::default() })
}

/// As much of a foreign text as fits into a message.
pub fn start_of(text: &str) -> String {
    text.chars().take(40).map(|c| if c.is_control() { '?' } else { c }).collect()
}
