//! How attributes' values read.

/// `name: value; name: value`.
pub(super) fn declarations(style: &str) -> impl Iterator<Item = (&str, &str)> {
    style.split(';').filter_map(|declaration| {
        let (name, value) = declaration.split_once(':')?;
        Some((name.trim(), value.trim().trim_end_matches("!important").trim_end()))
    })
}

/// Whether a number in a value has more than six digits before its point, or an exponent that makes it larger. The
/// renderer panics on some of those.
pub(super) fn has_huge_number(value: &str) -> bool {
    let bytes = value.as_bytes();
    let (mut digits, mut after_point) = (0, false);
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'0'..=b'9' if !after_point => digits += 1,
            b'0'..=b'9' => {}
            b'.' => (digits, after_point) = (0, !after_point || digits == 0),
            b'e' | b'E' if at > 0 && (bytes[at - 1].is_ascii_digit() || bytes[at - 1] == b'.') => {
                if bytes.get(at + 1).is_some_and(|next| next.is_ascii_digit() || *next == b'+') {
                    return true;
                }
                (digits, after_point) = (0, false);
            }
            _ => (digits, after_point) = (0, false),
        }
        if digits > 6 {
            return true;
        }
    }
    let lower = value.to_ascii_lowercase();
    lower.contains("inf") || lower.contains("nan")
}

/// Whether a picture's side is so short, or so odd, that no ratio can be told.
pub(super) fn is_no_side(name: &str, value: &str) -> bool {
    matches!(name, "width" | "height")
        && value
            .trim()
            .trim_end_matches(|c: char| c == '%' || c.is_ascii_alphabetic())
            .parse()
            .is_ok_and(|side: f32| side < 0.1)
}

/// `{field}` and nothing else.
pub(super) fn sole_placeholder(value: &str) -> Option<&str> {
    let name = value.trim().strip_prefix('{')?.strip_suffix('}')?;
    (!name.contains(['{', '}'])).then_some(name)
}

/// The id of `url(#id)`, which a colour may follow.
pub(super) fn local_url(value: &str) -> Option<&str> {
    let inner = value.trim().strip_prefix("url(")?;
    let (inner, after) = inner.split_once(')')?;
    let id = inner.trim().trim_matches(['"', '\'']).strip_prefix('#')?;
    (!id.is_empty() && !after.contains("url(")).then_some(id)
}

/// Whether a value, of whatever it may be, names something outside of the file.
pub(super) fn outside(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    let external = |after: &str| !after.trim_start().trim_start_matches(['"', '\'']).starts_with('#');
    lower.contains("@import") || lower.split("url(").skip(1).any(external)
}
