//! Golden pictures: what planner and mixer make of every layout, transition and keyer is what it was when somebody last looked at
//! it. Without pipelines and without a clock. `make golden` shows all of them; `REGIA_RENEW=1 cargo test --lib golden` renews
//! those in `tests/golden`.

mod cases;
mod detector;
mod print;
mod report;
mod sources;
mod studio;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::{env, fs};

use self::print::Print;
use self::studio::Case;

/// Set to write the goldens anew.
const RENEW: &str = "REGIA_RENEW";

/// Set to have all of them shown, not only those that differ.
const SHOW: &str = "REGIA_GOLDEN";

/// Every case, drawn once for all tests, and after that the goldens are renewed if they shall be.
fn cases() -> &'static [Case] {
    static CASES: OnceLock<Vec<Case>> = OnceLock::new();
    CASES.get_or_init(|| {
        let cases = cases::all();
        if env::var_os(RENEW).is_some() {
            renew(&cases);
        }
        cases
    })
}

fn renew(cases: &[Case]) {
    fs::create_dir_all(folder()).expect("the folder of the goldens can be made");
    for name in kept().into_iter().filter(|name| cases.iter().all(|case| case.name != *name)) {
        fs::remove_file(file(&name)).expect("a stale golden can be removed");
    }
    for case in cases {
        let now = Print::of(&case.image);
        // One that is as it was stays byte by byte: roundings of another processor are no change to review.
        if golden(&case.name).is_ok_and(|golden| golden.compare(&now, case.tolerance).is_alike()) {
            continue;
        }
        fs::write(file(&case.name), now.to_string()).expect("a golden can be written");
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

fn file(name: &str) -> PathBuf {
    folder().join(format!("{name}.txt"))
}

/// The names of the goldens in the folder.
fn kept() -> BTreeSet<String> {
    let files =
        fs::read_dir(folder()).into_iter().flatten().filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    files.map(|file| file.strip_suffix(".txt").unwrap_or(&file).to_owned()).collect()
}

/// The golden of a case, or why there is none.
fn golden(name: &str) -> Result<Print, String> {
    let text = fs::read_to_string(file(name)).map_err(|error| error.to_string())?;
    text.parse()
}

#[test]
fn every_picture_is_its_golden() {
    let shows_all = env::var_os(SHOW).is_some();
    if shows_all {
        report::clear();
    }
    let mut shown = Vec::new();
    for case in cases() {
        let verdict = report::Verdict::of(case, golden(&case.name));
        if shows_all || !verdict.is_alike() {
            verdict.draw();
            shown.push(verdict);
        }
    }
    if shows_all {
        println!("{}", report::index(&shown).display());
    }
    let wrong: Vec<_> = shown.iter().filter(|verdict| !verdict.is_alike()).map(ToString::to_string).collect();
    let told = "`make golden` shows all; if the change is meant: `REGIA_RENEW=1 cargo test --lib golden`";
    assert!(wrong.is_empty(), "{} of {} pictures differ. {told}\n{}", wrong.len(), cases().len(), wrong.join("\n"));
}

#[test]
fn the_goldens_in_the_folder_are_those_of_the_cases() {
    let named: BTreeSet<_> = cases().iter().map(|case| case.name.clone()).collect();
    assert_eq!(named.len(), cases().len(), "every case has a name of its own");
    let kept = kept();
    let (missing, stale): (Vec<_>, Vec<_>) = (named.difference(&kept).collect(), kept.difference(&named).collect());
    let told = "`REGIA_RENEW=1 cargo test --lib golden` mends it";
    assert!(missing.is_empty() && stale.is_empty(), "without golden: {missing:?}; stale: {stale:?}. {told}");
}

#[test]
fn a_golden_is_small_enough_to_be_read_in_a_review() {
    for name in kept() {
        let text = fs::read_to_string(file(&name)).unwrap();
        assert!(text.len() < 5000 && text.lines().all(|line| line.len() < 200), "{name}: {} bytes", text.len());
    }
}
