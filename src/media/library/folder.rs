//! What lies in the media folder: names, identifiers, times of change. Opens no file; what is in them is the checks' business.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::ascii;
use crate::show::{Media, MediaFlaw, MediaId};

/// Entries of one folder that are looked at. Beyond them it is no folder of media.
const MOST_ENTRIES: usize = 5000;

/// Most pictures of a sequence: three seconds, the longest transition, at 60 pictures a second, and as much again.
pub(super) const MOST_PICTURES: usize = 360;

/// What somebody's computer leaves behind or has not finished to write.
const OTHERS: [&str; 2] = ["thumbs.db", "desktop.ini"];
const UNFINISHED: [&str; 5] = ["part", "partial", "tmp", "crdownload", "filepart"];

/// A kind of media, each with a folder of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Stills,
    Clips,
    Music,
    Stingers,
    Templates,
}

impl Kind {
    pub(super) const ALL: [Self; 5] = [Self::Stills, Self::Clips, Self::Music, Self::Stingers, Self::Templates];

    /// Its folder.
    pub(super) const fn folder(self) -> &'static str {
        match self {
            Self::Stills => "stills",
            Self::Clips => "clips",
            Self::Music => "music",
            Self::Stingers => "stingers",
            Self::Templates => "templates",
        }
    }

    /// The ends of its files' names.
    const fn endings(self) -> &'static [&'static str] {
        match self {
            Self::Stills => &["png", "jpg", "jpeg", "webp", "svg"],
            Self::Clips => {
                &["mp4", "m4v", "mov", "webm", "mkv", "avi", "ts", "mpg", "mp3", "m4a", "ogg", "opus", "flac", "wav"]
            }
            Self::Music => &["mp3", "m4a", "aac", "wav", "flac", "ogg", "oga", "opus", "aif", "aiff"],
            Self::Stingers => &["webm", "mov", "mkv"],
            Self::Templates => &["svg"],
        }
    }

    fn needed(self) -> String {
        let endings = self.endings().join(", ");
        match self {
            Self::Stingers => format!("{endings} or a folder of numbered PNG pictures is needed in stingers"),
            Self::Stills | Self::Clips | Self::Music | Self::Templates => {
                format!("{endings} is needed in {}", self.folder())
            }
        }
    }
}

/// Tells one version of a file, or of a folder of pictures, from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Stamp {
    modified: SystemTime,
    bytes: u64,
    files: usize,
}

impl Stamp {
    fn of(metadata: &fs::Metadata) -> Self {
        let modified = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
        Self { modified, bytes: metadata.len(), files: 1 }
    }

    fn with(self, other: Self) -> Self {
        Self {
            modified: self.modified.max(other.modified),
            bytes: self.bytes.saturating_add(other.bytes),
            files: self.files + other.files,
        }
    }
}

/// Something of the folder that may be usable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct File {
    pub(super) id: MediaId,
    /// For people.
    pub(super) name: String,
    /// From the media folder on, for people.
    pub(super) file: String,
    /// Without links, and within the media folder.
    pub(super) path: PathBuf,
    pub(super) stamp: Stamp,
}

/// All of the folder.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Listing {
    pub(super) stills: Vec<File>,
    pub(super) clips: Vec<File>,
    pub(super) music: Vec<File>,
    pub(super) stingers: Vec<File>,
    pub(super) templates: Vec<File>,
    pub(super) flaws: Vec<MediaFlaw>,
}

impl Listing {
    pub(super) fn of(&self, kind: Kind) -> &[File] {
        match kind {
            Kind::Stills => &self.stills,
            Kind::Clips => &self.clips,
            Kind::Music => &self.music,
            Kind::Stingers => &self.stingers,
            Kind::Templates => &self.templates,
        }
    }
}

/// Looks at a folder. One that is not there is empty.
pub(super) fn list(root: &Path) -> Listing {
    let mut listing = Listing::default();
    let root = match root.canonicalize() {
        Ok(root) => root,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return listing,
        Err(error) => {
            let file = root.display().to_string();
            listing.flaws.push(MediaFlaw { file, why: format!("the media folder cannot be read: {error}") });
            return listing;
        }
    };
    for kind in Kind::ALL {
        let found = list_kind(&root, kind, &mut listing.flaws);
        match kind {
            Kind::Stills => listing.stills = found,
            Kind::Clips => listing.clips = found,
            Kind::Music => listing.music = found,
            Kind::Stingers => listing.stingers = found,
            Kind::Templates => listing.templates = found,
        }
    }
    listing
}

fn list_kind(root: &Path, kind: Kind, flaws: &mut Vec<MediaFlaw>) -> Vec<File> {
    let mut flaw = |file: &str, why: String| flaws.push(MediaFlaw { file: file.to_owned(), why });
    let folder = match within(root, &root.join(kind.folder())) {
        Ok(folder) => folder,
        Err(Stray::Missing) => return Vec::new(),
        Err(stray) => {
            flaw(kind.folder(), stray.why());
            return Vec::new();
        }
    };
    let names = match names(&folder) {
        Ok(names) => names,
        Err(error) => {
            flaw(kind.folder(), format!("the folder cannot be read: {error}"));
            return Vec::new();
        }
    };
    let mut found: Vec<File> = Vec::new();
    let mut by_id: HashMap<MediaId, String> = HashMap::new();
    for name in names {
        let file = format!("{}/{name}", kind.folder());
        match look_at(root, &folder, &name, kind) {
            Ok(_) if found.len() == Media::MOST => {
                flaw(&file, format!("{} of a kind are read at most: take away what is not needed", Media::MOST));
                break;
            }
            Ok(seen) => match by_id.get(&seen.id) {
                Some(first) => {
                    let why = format!("it would be called '{}' as {first} is: give one of them another name", seen.id);
                    flaw(&file, why);
                }
                None => {
                    by_id.insert(seen.id.clone(), file);
                    found.push(seen);
                }
            },
            Err(why) => flaw(&file, why),
        }
    }
    found
}

/// Names in their order, without those that nobody means.
fn names(folder: &Path) -> std::io::Result<Vec<String>> {
    let mut names: Vec<String> = fs::read_dir(folder)?
        .take(MOST_ENTRIES)
        .filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned()))
        .filter(|name| is_meant(name))
        .collect();
    names.sort_unstable();
    Ok(names)
}

fn is_meant(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let unfinished = lower.rsplit_once('.').is_some_and(|(_, ending)| UNFINISHED.contains(&ending));
    !(lower.starts_with('.') || lower.ends_with('~') || unfinished || OTHERS.contains(&lower.as_str()))
}

fn look_at(root: &Path, folder: &Path, name: &str, kind: Kind) -> Result<File, String> {
    let path = within(root, &folder.join(name)).map_err(|stray| stray.why())?;
    let metadata = fs::metadata(&path).map_err(|error| format!("it cannot be read: {error}"))?;
    let (stem, stamp) = if metadata.is_dir() && kind == Kind::Stingers {
        (name, sequence_stamp(&path, &metadata)?)
    } else if metadata.is_file() {
        let ending = |ending: &&str| kind.endings().contains(&ending.to_ascii_lowercase().as_str());
        let stem = name.rsplit_once('.').filter(|(_, after)| ending(after)).map(|(stem, _)| stem);
        (stem.ok_or_else(|| format!("its kind is not known by its name: {}", kind.needed()))?, Stamp::of(&metadata))
    } else {
        return Err(format!("it is no file: {}", kind.needed()));
    };
    let id = id(stem).ok_or("its name has no letter and no digit of which an identifier can be made: rename it")?;
    let shown: String = stem.chars().map(|c| if c.is_control() { ' ' } else { c }).take(100).collect();
    Ok(File { id, name: shown, file: format!("{}/{name}", kind.folder()), path, stamp })
}

fn sequence_stamp(folder: &Path, metadata: &fs::Metadata) -> Result<Stamp, String> {
    let pictures = pictures(folder)?;
    // The folder's own length means nothing.
    let own = Stamp { bytes: 0, files: 0, ..Stamp::of(metadata) };
    let mut each = pictures.iter().map(|picture| fs::symlink_metadata(picture).map(|metadata| Stamp::of(&metadata)));
    each.try_fold(own, |sum, each| Ok(sum.with(each?)))
        .map_err(|error: std::io::Error| format!("its pictures cannot be read: {error}"))
}

/// The pictures of a sequence, in the order of their numbers.
pub(super) fn pictures(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let names = names(folder).map_err(|error| format!("the folder cannot be read: {error}"))?;
    let mut numbered: Vec<(u64, PathBuf)> = Vec::new();
    for name in names {
        let stem = name.strip_suffix(".png").or_else(|| name.strip_suffix(".PNG"));
        let number = stem.and_then(last_number).ok_or_else(|| {
            format!("'{name}' in it is no numbered picture: a sequence has nothing but files like 0001.png")
        })?;
        let path = folder.join(&name);
        // A link could lead anywhere, and nobody needs one among the pictures of a sequence.
        if !fs::symlink_metadata(&path).is_ok_and(|metadata| metadata.is_file()) {
            return Err(format!("'{name}' in it is a link or no file: put the picture itself there"));
        }
        numbered.push((number, path));
    }
    numbered.sort();
    match numbered.len() {
        0 => Err("no picture is in the folder: files like 0001.png are needed".into()),
        1..=MOST_PICTURES => Ok(numbered.into_iter().map(|(_, path)| path).collect()),
        count => Err(format!("it has {count} pictures: {MOST_PICTURES} at most are played")),
    }
}

/// The digits at the end of a name.
fn last_number(stem: &str) -> Option<u64> {
    let digits = stem.len() - stem.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    stem[stem.len() - digits..].parse().ok()
}

/// Why a path is not one of the folder's.
enum Stray {
    Missing,
    Outside,
    Unreadable(std::io::Error),
}

impl Stray {
    fn why(self) -> String {
        match self {
            Self::Missing => "it is a link to something that is not there: put the file itself into the folder".into(),
            Self::Outside => {
                "it is a link that leads out of the media folder: put the file itself into the folder".into()
            }
            Self::Unreadable(error) => format!("it cannot be read: {error}"),
        }
    }
}

/// Where a path leads to, if that is in the media folder.
fn within(root: &Path, path: &Path) -> Result<PathBuf, Stray> {
    match path.canonicalize() {
        Ok(real) if real.starts_with(root) => Ok(real),
        Ok(_) => Err(Stray::Outside),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(Stray::Missing),
        Err(error) => Err(Stray::Unreadable(error)),
    }
}

/// An identifier out of a name.
fn id(stem: &str) -> Option<MediaId> {
    let mut id = String::new();
    for c in ascii::plain(stem).chars() {
        match c.to_ascii_lowercase() {
            c if c.is_ascii_alphanumeric() => id.push(c),
            '\'' => {}
            _ if id.is_empty() || id.ends_with('-') => {}
            _ => id.push('-'),
        }
    }
    id.truncate(32);
    id.trim_end_matches('-').parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, b"x").unwrap();
        }
        folder
    }

    fn why<'a>(listing: &'a Listing, file: &str) -> &'a str {
        let flaw = listing.flaws.iter().find(|flaw| flaw.file == file);
        &flaw.unwrap_or_else(|| panic!("{file} has no flaw: {:?}", listing.flaws)).why
    }

    #[test]
    fn ids_are_made_of_names() {
        let of = |name: &str| id(name).map(|id| id.to_string()).unwrap_or_default();
        assert_eq!(of("Logo 2026"), "logo-2026");
        assert_eq!(of("Perché no?"), "perche-no");
        assert_eq!(of("L'Aquila — vista"), "laquila-vista");
        assert_eq!(of("_a__b_"), "a-b");
        assert_eq!(of(&format!("{}-{}", "x".repeat(31), "y")), "x".repeat(31));
        assert_eq!(of("日本"), "");
    }

    #[test]
    fn a_missing_folder_is_an_empty_one() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(list(&folder.path().join("media")), Listing::default());
        assert_eq!(list(folder.path()), Listing::default());
    }

    #[test]
    fn every_kind_has_its_folder_and_its_names() {
        let folder = folder(&[
            "stills/Logo.PNG",
            "clips/Pillola 1.mp4",
            "music/Sigla d'apertura.FLAC",
            "stingers/sipario-30fps/f_0001.png",
            "templates/terzo.svg",
        ]);
        let listing = list(folder.path());
        assert_eq!(listing.flaws, []);
        let id = |kind| listing.of(kind).iter().map(|file| file.id.to_string()).collect::<Vec<_>>();
        assert_eq!(id(Kind::Stills), ["logo"]);
        assert_eq!(id(Kind::Clips), ["pillola-1"]);
        assert_eq!(id(Kind::Music), ["sigla-dapertura"]);
        assert_eq!(id(Kind::Stingers), ["sipario-30fps"]);
        assert_eq!(id(Kind::Templates), ["terzo"]);
        assert_eq!(
            (listing.clips[0].name.as_str(), listing.clips[0].file.as_str()),
            ("Pillola 1", "clips/Pillola 1.mp4")
        );
    }

    #[test]
    fn of_two_files_with_one_id_the_first_by_name_counts_and_the_other_is_a_flaw() {
        let folder = folder(&["stills/Logo.png", "stills/logo.webp", "stills/other.png"]);
        let listing = list(folder.path());
        assert_eq!(
            listing.stills.iter().map(|file| file.file.as_str()).collect::<Vec<_>>(),
            ["stills/Logo.png", "stills/other.png"]
        );
        assert!(why(&listing, "stills/logo.webp").contains("'logo' as stills/Logo.png"));
    }

    #[test]
    fn what_is_of_no_use_is_told_and_what_nobody_means_is_not() {
        let folder = folder(&[
            "stills/a.txt",
            "stills/日.png",
            "stills/sub/b.png",
            "stills/.DS_Store",
            "stills/Thumbs.db",
            "clips/c.mp4.part",
        ]);
        let listing = list(folder.path());
        assert_eq!(listing.flaws.len(), 3, "{:?}", listing.flaws);
        assert!(why(&listing, "stills/a.txt").contains("png, jpg, jpeg, webp, svg is needed"));
        assert!(why(&listing, "stills/日.png").contains("rename"));
        assert!(why(&listing, "stills/sub").contains("no file"));
        assert!(listing.stills.is_empty() && listing.clips.is_empty());
    }

    #[test]
    fn links_that_lead_out_of_the_folder_are_not_followed() {
        let outside = folder(&["secret.png", "clips/secret.mp4"]);
        let media = folder(&["stills/real.png"]);
        let link = |from: &Path, to: &str| std::os::unix::fs::symlink(from, media.path().join(to)).unwrap();
        link(&outside.path().join("secret.png"), "stills/out.png");
        link(&media.path().join("stills/real.png"), "stills/within.png");
        link(Path::new("nowhere.png"), "stills/broken.png");
        link(&outside.path().join("clips"), "clips");
        let listing = list(media.path());
        assert_eq!(listing.stills.iter().map(|file| file.id.as_str()).collect::<Vec<_>>(), ["real", "within"]);
        assert!(why(&listing, "stills/out.png").contains("leads out of the media folder"));
        assert!(why(&listing, "stills/broken.png").contains("not there"));
        assert!(why(&listing, "clips").contains("leads out"));
        assert!(listing.clips.is_empty());
    }

    #[test]
    fn no_more_than_so_many_of_a_kind_are_read() {
        let names: Vec<String> = (0..Media::MOST + 5).map(|n| format!("stills/{n:04}.png")).collect();
        let folder = folder(&names.iter().map(String::as_str).collect::<Vec<_>>());
        let listing = list(folder.path());
        assert_eq!(listing.stills.len(), Media::MOST);
        assert_eq!(listing.flaws.len(), 1);
    }

    #[test]
    fn pictures_of_a_sequence_come_in_the_order_of_their_numbers() {
        let media = folder(&[
            "stingers/s/f9.png",
            "stingers/s/f10.png",
            "stingers/s/f1.png",
            "stingers/t/x.png",
            "stingers/u/.hidden",
        ]);
        let names: Vec<_> = pictures(&media.path().join("stingers/s")).unwrap();
        let names: Vec<_> = names.iter().map(|path| path.file_name().unwrap().to_str().unwrap()).collect();
        assert_eq!(names, ["f1.png", "f9.png", "f10.png"]);
        let listing = list(media.path());
        assert!(why(&listing, "stingers/t").contains("'x.png' in it is no numbered picture"));
        assert!(why(&listing, "stingers/u").contains("no picture"));
    }

    #[test]
    fn a_changed_picture_of_a_sequence_changes_its_stamp() {
        let media = folder(&["stingers/s/1.png", "stingers/s/2.png"]);
        let before = list(media.path());
        fs::write(media.path().join("stingers/s/2.png"), b"longer").unwrap();
        assert_ne!(before.stingers[0].stamp, list(media.path()).stingers[0].stamp);
    }
}
