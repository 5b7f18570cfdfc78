//! What an MP3 encoder added before and after the music, by the tag that LAME and others write into the first frame. The
//! format itself does not say it; without the tag some hundredths of a second of silence stay.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

/// What every decoder adds before the encoder's own delay: 528 frames of the filter bank, and one.
const DECODER: u64 = 529;

/// Within so many bytes behind the tags of the file the first frame begins, and it is not longer either.
const HEAD: usize = 8192;

/// Tags before the music are no more than these.
const MOST_TAGS: usize = 4;

/// What of the decoded frames is music.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Trim {
    /// Frames that are left out at the begin.
    pub(super) skip: u64,
    /// Frames of music; all if nothing is said.
    pub(super) keep: Option<u64>,
}

impl Trim {
    /// Of a file; all of it if that is no MP3, has no such tag, or cannot be read.
    pub(super) fn of(path: &Path) -> Self {
        let is_mp3 = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("mp3"));
        let head = is_mp3.then(|| head(path).ok()).flatten();
        head.and_then(|head| first_frame(&head)).unwrap_or_default()
    }
}

/// The bytes behind ID3v2 tags (id3.org, ID3v2.4 §3.1).
fn head(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    let mut at = 0;
    for _ in 0..MOST_TAGS {
        file.seek(SeekFrom::Start(at))?;
        let mut tag = [0; 10];
        file.read_exact(&mut tag)?;
        let [b'I', b'D', b'3', _, _, flags, size @ ..] = tag else { break };
        let size = size.iter().fold(0, |size, byte| size << 7 | u64::from(byte & 0x7f));
        let footer = if flags & 0x10 == 0 { 0 } else { 10 };
        at += 10 + size + footer;
    }
    file.seek(SeekFrom::Start(at))?;
    let mut head = Vec::new();
    file.take(HEAD as u64).read_to_end(&mut head)?;
    Ok(head)
}

/// What the first frame says.
fn first_frame(head: &[u8]) -> Option<Trim> {
    let begin = head.windows(4).position(is_frame)?;
    let frame = &head[begin..];
    let is_mpeg_1 = frame[1] & 0x18 == 0x18;
    let is_mono = frame[3] & 0xc0 == 0xc0;
    let side_info = match (is_mpeg_1, is_mono) {
        (true, false) => 32,
        (true, true) | (false, false) => 17,
        (false, true) => 9,
    };
    let tag = frame.get(4 + side_info..)?;
    if !tag.starts_with(b"Xing") && !tag.starts_with(b"Info") {
        return None;
    }
    let flags = *tag.get(7)?;
    // Number of frames, number of bytes, table of contents, quality: each is there if its bit is set.
    let fields = [(1, 4), (2, 4), (4, 100), (8, 4)];
    let length: usize = fields.iter().filter(|(bit, _)| flags & bit != 0).map(|(_, length)| length).sum();
    if flags & 1 == 0 {
        return None;
    }
    let count = u32::from_be_bytes(*tag.get(8..)?.first_chunk()?);
    let lame = tag.get(8 + length..)?;
    let [high, both, low] = *lame.get(21..)?.first_chunk()?;
    let delay = u64::from(high) << 4 | u64::from(both >> 4);
    let padding = u64::from(both & 0x0f) << 8 | u64::from(low);
    // Where there is no LAME tag there is silence or another frame: its name would not be one.
    let has_name = lame.iter().take(4).all(|byte| byte.is_ascii_graphic());
    let samples = u64::from(count) * if is_mpeg_1 { 1152 } else { 576 };
    let keep = samples.checked_sub(delay + padding).filter(|keep| *keep > 0)?;
    (has_name && delay > 0).then_some(Trim { skip: delay + DECODER, keep: Some(keep) })
}

/// The header of a frame of layer III (ISO 11172-3 §2.4.2.3).
fn is_frame(bytes: &[u8]) -> bool {
    let [first, second, third, _] = *bytes else { return false };
    let version_is_known = second & 0x18 != 0x08;
    first == 0xff && second & 0xe0 == 0xe0 && version_is_known && second & 0x06 == 0x02 && third & 0xf0 != 0xf0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A first frame of MPEG 1, stereo, with a tag of 100 frames, a delay of 576 and a padding of 1000.
    fn frame(name: &[u8; 4]) -> Vec<u8> {
        let mut frame = vec![0xff, 0xfb, 0x90, 0x44];
        frame.extend([0; 32]);
        frame.extend(b"Info");
        frame.extend([0, 0, 0, 0x0f, 0, 0, 0, 100]);
        frame.extend([0; 4 + 100 + 4]);
        frame.extend(name);
        frame.extend([0; 17]);
        frame.extend([0x24, 0x03, 0xe8]);
        frame.extend([0; 100]);
        frame
    }

    #[test]
    fn a_tag_says_what_the_encoder_added() {
        let trim = first_frame(&frame(b"LAME")).unwrap();
        assert_eq!(trim, Trim { skip: 576 + 529, keep: Some(100 * 1152 - 1576) });
        assert_eq!(first_frame(&[&[0; 500], &frame(b"Lavc")[..]].concat()), Some(trim), "padding before it");
        assert_eq!(first_frame(&frame(&[0; 4])), None, "no LAME tag");
        assert_eq!(first_frame(&frame(b"LAME")[..170]), None, "cut off");
        assert_eq!(first_frame(&[0xff; 4000]), None);
        assert_eq!(first_frame(&[]), None);
    }

    #[test]
    fn tags_before_the_music_are_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.MP3");
        let id3 = [&b"ID3\x04\0\0\0\0\x01\x00"[..], &[b'x'; 128]].concat();
        std::fs::write(&path, [&id3[..], &id3, &frame(b"LAME")].concat()).unwrap();
        assert_eq!(Trim::of(&path).skip, 1105);
        assert_eq!(Trim::of(&folder.path().join("b.mp3")), Trim::default());
        std::fs::write(&path, b"ID3\x04\0\0\x7f\x7f\x7f\x7f").unwrap();
        assert_eq!(Trim::of(&path), Trim::default(), "a tag that claims 256 MB");
    }
}
