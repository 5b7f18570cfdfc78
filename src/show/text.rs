//! Texts that people write: how long they may be, and what they may hold.

use std::ops::RangeInclusive;

/// What is wrong with a text, in words: its length in characters, a control character, or space around it.
pub(super) fn flaw(text: &str, fewest: usize, most: usize) -> Option<String> {
    let length = text.chars().count();
    let fits: RangeInclusive<usize> = fewest..=most;
    if !fits.contains(&length) {
        return Some(format!("{fewest} to {most} characters are needed, {length} arrived"));
    }
    let untidy = text.trim() != text || text.chars().any(|c| c.is_control() && c != '\n');
    untidy.then(|| "a text without control characters and without spaces around it is needed".into())
}

#[cfg(test)]
mod tests {
    use super::flaw;

    #[test]
    fn a_text_is_counted_in_characters_and_kept_tidy() {
        assert_eq!(flaw("città", 1, 5), None);
        assert_eq!(flaw("", 0, 5), None);
        assert_eq!(flaw("due\nrighe", 1, 80), None);
        assert!(flaw("", 1, 5).unwrap().contains("0 arrived"));
        assert!(flaw("troppo", 1, 5).unwrap().contains("6 arrived"));
        assert!(flaw(" a", 1, 5).is_some() && flaw("a\u{7}", 1, 5).is_some());
    }
}
