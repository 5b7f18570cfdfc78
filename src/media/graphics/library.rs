//! The templates that there are: those that Regia brings along, and those of a user's folder.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::check::LONGEST;
use super::problem::{Cause, Problem};
use super::template::Template;

/// Files of one folder that are read.
const MOST_FILES: usize = 200;

/// Templates by their ids. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Library {
    templates: Arc<BTreeMap<String, Arc<Template>>>,
}

impl Default for Library {
    fn default() -> Self {
        Self::built_in()
    }
}

impl Library {
    /// Those that Regia brings along.
    pub fn built_in() -> Self {
        let templates = Template::built_in().iter().map(|template| (template.id().to_owned(), Arc::clone(template)));
        Self { templates: Arc::new(templates.collect()) }
    }

    /// Those, and the `.svg` files of a folder, which come in the place of built-in ones of the same name. What cannot be
    /// taken is told; it does not stop the others. Blocks while files are read.
    pub fn with_folder(folder: &Path) -> (Self, Vec<Problem>) {
        let mut templates = BTreeMap::clone(&Self::built_in().templates);
        let mut problems = Vec::new();
        match files(folder) {
            Ok(files) => {
                if files.len() > MOST_FILES {
                    let cause = Cause::TooManyFiles(files.len(), MOST_FILES);
                    problems.push(at_beginning(&folder.display().to_string(), cause));
                }
                for path in files.iter().take(MOST_FILES) {
                    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
                    match read(path, &name) {
                        Ok(template) => drop(templates.insert(template.id().to_owned(), Arc::new(template))),
                        Err(more) => problems.extend(more),
                    }
                }
            }
            Err(error) => {
                problems.push(at_beginning(&folder.display().to_string(), Cause::Unreadable(error.to_string())))
            }
        }
        (Self { templates: Arc::new(templates) }, problems)
    }

    /// One more, in the place of one of the same id.
    pub fn insert(&mut self, template: Template) {
        Arc::make_mut(&mut self.templates).insert(template.id().to_owned(), Arc::new(template));
    }

    /// The template with this id.
    pub fn get(&self, id: &str) -> Option<&Arc<Template>> {
        self.templates.get(id)
    }

    /// All of them, by their ids.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Template>> {
        self.templates.values()
    }
}

fn at_beginning(file: &str, cause: Cause) -> Problem {
    Problem { file: file.to_owned(), line: 1, column: 1, cause }
}

fn files(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        // What is no ordinary file, a pipe for instance, could be read for ever.
        if path.extension().is_some_and(|end| end.eq_ignore_ascii_case("svg")) && path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Reads and checks a file, which gets its id from `name`, a file's name. Blocks while it is read.
pub fn read(path: &Path, name: &str) -> Result<Template, Vec<Problem>> {
    let refuse = |cause| vec![at_beginning(name, cause)];
    let mut bytes = Vec::new();
    let limited = File::open(path).and_then(|file| file.take(LONGEST + 1).read_to_end(&mut bytes));
    limited.map_err(|error| refuse(Cause::Unreadable(error.to_string())))?;
    if bytes.len() as u64 > LONGEST {
        let length = fs::metadata(path).map_or(LONGEST + 1, |metadata| metadata.len());
        return Err(refuse(Cause::TooLarge(length, LONGEST)));
    }
    let text = String::from_utf8(bytes).map_err(|_| refuse(Cause::NotText))?;
    Template::check(name, text.trim_start_matches('\u{feff}'))
}
