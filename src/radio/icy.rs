//! Titles among the bytes of a stream, as Shoutcast began it: after every so many bytes of sound one byte that counts blocks of
//! 16, and then so many blocks of text. Pure.

use bytes::Bytes;

/// Bytes of sound from one title to the next; what `icy-metaint` says.
pub const INTERVAL: usize = 16_000;

/// Bytes that the longest title block has: its length is one byte, in units of 16.
const LONGEST: usize = 255 * UNIT;

const UNIT: usize = 16;
const BEGIN: &str = "StreamTitle='";
const END: &str = "';";

/// One listener's place between two titles.
#[derive(Debug)]
pub struct Interleave {
    /// Bytes of sound until the next title.
    left: usize,
    /// What this listener was told last.
    told: Option<String>,
}

impl Default for Interleave {
    fn default() -> Self {
        Self { left: INTERVAL, told: None }
    }
}

impl Interleave {
    /// The same sound, with a title wherever one is due. It is told only if it is a new one.
    pub fn pass(&mut self, sound: &Bytes, title: &str) -> Bytes {
        if sound.len() < self.left {
            self.left -= sound.len();
            return sound.clone();
        }
        let mut mixed = Vec::with_capacity(sound.len() + BEGIN.len() + title.len() + 2 * UNIT);
        let mut rest = &sound[..];
        while rest.len() >= self.left {
            let (before, after) = rest.split_at(self.left);
            mixed.extend_from_slice(before);
            match self.told.as_deref() == Some(title) {
                true => mixed.push(0),
                false => mixed.extend(block(title)),
            }
            self.told = Some(title.to_owned());
            (rest, self.left) = (after, INTERVAL);
        }
        self.left -= rest.len();
        mixed.extend_from_slice(rest);
        mixed.into()
    }
}

/// A title with the byte that tells its length. There is no way to escape the apostrophe that ends a title, so each becomes
/// the typographic one; what is too long is cut at a character's end.
fn block(title: &str) -> Vec<u8> {
    let mut text: String = title.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    text = text.replace('\'', "\u{2019}");
    let room = LONGEST - BEGIN.len() - END.len();
    text.truncate(text.floor_char_boundary(room));
    let text = [BEGIN, &text, END].concat();
    let units = text.len().div_ceil(UNIT);
    let mut block = vec![0; 1 + units * UNIT];
    block[0] = u8::try_from(units).expect("it was cut to 255 units");
    block[1..=text.len()].copy_from_slice(text.as_bytes());
    block
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a player makes of it: sound, and titles.
    fn split(mut stream: &[u8]) -> (Vec<u8>, Vec<String>) {
        let (mut sound, mut titles) = (Vec::new(), Vec::new());
        while stream.len() > INTERVAL {
            sound.extend_from_slice(&stream[..INTERVAL]);
            let length = usize::from(stream[INTERVAL]) * UNIT;
            let text = &stream[INTERVAL + 1..INTERVAL + 1 + length];
            if length > 0 {
                let text = std::str::from_utf8(text).unwrap().trim_end_matches('\0');
                titles.push(text.strip_prefix(BEGIN).unwrap().strip_suffix(END).unwrap().to_owned());
            }
            stream = &stream[INTERVAL + 1 + length..];
        }
        sound.extend_from_slice(stream);
        (sound, titles)
    }

    #[test]
    fn sound_comes_through_untouched_and_each_title_once() {
        let all: Vec<u8> = (0..100_000_u32).map(|n| (n % 251) as u8).collect();
        for size in [1, 7, 1600, INTERVAL, 3 * INTERVAL + 1] {
            let mut interleave = Interleave::default();
            let mut stream = Vec::new();
            for (n, page) in all.chunks(size).enumerate() {
                let title = if n * size < 45_000 { "Roma" } else { "Lecce" };
                stream.extend(interleave.pass(&Bytes::copy_from_slice(page), title));
            }
            let (sound, titles) = split(&stream);
            assert!(sound == all, "{size}");
            assert_eq!(titles, ["Roma", "Lecce"], "{size}");
        }
    }

    #[test]
    fn no_title_ends_its_block_early_or_outgrows_it() {
        let told = |title: &str| {
            let stream = Interleave::default().pass(&Bytes::from(vec![0; INTERVAL + 1]), title);
            split(&stream).1.pop().unwrap()
        };
        assert_eq!(told("L'Aquila'; StreamUrl='x\r\n"), "L\u{2019}Aquila\u{2019}; StreamUrl=\u{2019}x  ");
        assert_eq!(told(""), "");
        let long = told(&"è".repeat(5000));
        assert!(long.len() <= LONGEST && long.len() > LONGEST - 32 && long.chars().all(|c| c == 'è'));
    }
}
