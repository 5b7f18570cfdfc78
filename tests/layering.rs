//! Imports point down only. Reads every path in every file under `src/` and fails on one that names a module of a higher or
//! the same layer, or a crate that belongs to another room. Tests inside `src/` count like all other code.

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

mod source;
use source::{Mention, mentions};

/// The modules of the crate from the ground up. Those on one line do not know each other, but for the top one, where the
/// parts are assembled.
const LAYERS: [&[&str]; 7] = [
    &["show"],
    &["ascii", "audio", "rtp", "secret", "video", "when"],
    &["gst"],
    &["contribution", "distribution", "media", "publish", "radio", "telephone"],
    &["asrun", "director", "sheet", "store"],
    &["http", "tally"],
    &["admin", "app", "cli", "config", "demo", "doctor", "log"],
];

/// Modules that name nothing but these modules and crates (and the standard library).
const PURE: [(&str, &[&str]); 3] = [
    // `serde_json`: its tests read again what is written.
    ("show", &["serde", "serde_json", "thiserror", "utoipa"]),
    ("audio", &["show", "ebur128", "serde", "thiserror", "proptest"]),
    ("video", &["proptest"]),
];

/// Crates that belong to some modules only; a `*` stands for any end of the name.
const ROOMS: [(&str, &[&str]); 6] = [
    ("gstreamer*", &["gst", "media", "contribution", "publish", "radio", "telephone"]),
    ("ezk_*", &["telephone"]),
    ("resvg", &["media"]),
    ("str0m", &["distribution"]),
    ("axum", &["http", "app"]),
    ("rusqlite", &["store"]),
];

/// One path that should not be where it is.
#[derive(Debug, PartialEq, Eq)]
struct Violation {
    file: String,
    line: usize,
    path: String,
    reason: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}: {}", self.file, self.line, self.path, self.reason)
    }
}

fn layer(module: &str) -> Option<usize> {
    LAYERS.iter().position(|modules| modules.contains(&module))
}

fn belongs(name: &str, pattern: &str) -> bool {
    pattern.strip_suffix('*').map_or(name == pattern, |start| name.starts_with(start))
}

/// Why a file of `home` may not name the crate's own module `target`.
fn wrong_module(home: &str, target: &str) -> Option<String> {
    if home == target {
        return None;
    }
    let Some(to) = layer(target) else { return Some(format!("'{target}' has no layer: give it one in LAYERS")) };
    let from = layer(home)?;
    if let Some((_, allowed)) = PURE.iter().find(|(pure, _)| *pure == home)
        && !allowed.contains(&target)
    {
        return Some(format!("'{home}' is pure: {} are what it may name", allowed.join(", ")));
    }
    let top = LAYERS.len() - 1;
    (to > from || (to == from && from < top))
        .then(|| format!("'{home}' (layer {from}) may not know '{target}' (layer {to})"))
}

/// Why a file of `home` may not name the crate `name`.
fn wrong_crate(home: &str, name: &str) -> Option<String> {
    if let Some((_, allowed)) = PURE.iter().find(|(pure, _)| *pure == home)
        && !allowed.contains(&name)
    {
        return Some(format!("'{home}' is pure: {} are what it may name", allowed.join(", ")));
    }
    let (_, rooms) = ROOMS.iter().find(|(pattern, _)| belongs(name, pattern))?;
    (!rooms.contains(&home)).then(|| format!("'{name}' belongs to {}", rooms.join(", ")))
}

/// All that is wrong in one file. `path` is relative to `src/`.
fn violations(path: &str, text: &str, crates: &BTreeSet<String>) -> Vec<Violation> {
    let modules: Vec<&str> = path.trim_end_matches(".rs").split('/').filter(|part| *part != "mod").collect();
    if matches!(modules[..], ["lib"] | ["main"]) {
        return Vec::new();
    }
    let home = modules[0];
    let judge = |Mention { line, path: segments }: Mention| {
        let reason = match &segments[..] {
            [root, target, ..] if root == "crate" && target != "*" => wrong_module(home, target),
            [root, ..] if root == "crate" => {
                (layer(home)? + 1 < LAYERS.len()).then(|| "names the whole crate: name the module".to_owned())
            }
            [name, ..] if crates.contains(name) => wrong_crate(home, name),
            _ => None,
        }?;
        Some(Violation { file: format!("src/{path}"), line, path: segments.join("::"), reason })
    };
    let unplaced = layer(home).is_none().then(|| Violation {
        file: format!("src/{path}"),
        line: 1,
        path: home.to_owned(),
        reason: format!("'{home}' has no layer: give it one in LAYERS"),
    });
    unplaced.into_iter().chain(mentions(&modules, text).into_iter().filter_map(judge)).collect()
}

/// The crates that `Cargo.toml` names, as code writes them.
fn crates() -> BTreeSet<String> {
    let manifest: toml::Table = include_str!("../Cargo.toml").parse().expect("Cargo.toml is TOML");
    let tables = ["dependencies", "dev-dependencies"].map(|table| manifest[table].as_table().expect("a table"));
    tables.into_iter().flat_map(toml::Table::keys).map(|name| name.replace('-', "_")).collect()
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the folder can be read") {
        let path = entry.expect("the entry can be read").path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn imports_point_down_only() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut files, crates) = (Vec::new(), crates());
    rust_files(&src, &mut files);
    let mut wrong = Vec::new();
    for file in &files {
        let text = fs::read_to_string(file).expect("the file can be read");
        let path = file.strip_prefix(&src).expect("it was found there").to_str().expect("names are UTF-8");
        wrong.extend(violations(path, &text, &crates));
    }
    let told: Vec<_> = wrong.iter().map(Violation::to_string).collect();
    assert!(wrong.is_empty(), "{} imports point the wrong way:\n{}", wrong.len(), told.join("\n"));
    assert!(files.iter().any(|file| file.ends_with("show/machine.rs")), "the files of the crate were read");
}

/// Lines and paths of what is found wrong in `text`, as if it were the file `path`.
fn found(path: &str, text: &str) -> Vec<(usize, String)> {
    violations(path, text, &crates()).into_iter().map(|wrong| (wrong.line, wrong.path)).collect()
}

#[test]
fn a_planted_violation_is_found() {
    let plants = [
        // Upward.
        ("show/machine.rs", "use crate::director::Director;", "crate::director::Director"),
        ("director.rs", "fn serve() { crate::http::serve() }", "crate::http::serve"),
        ("rtp/ring.rs", "type Hub = Box<crate::distribution::Hub>;", "crate::distribution::Hub"),
        ("distribution/mod.rs", "pub(in crate::app) struct Hub;", "crate::app"),
        // Sideways.
        ("media/desk.rs", "use crate::contribution::Session;", "crate::contribution::Session"),
        ("store/mod.rs", "use crate::director::Receipt as R;", "crate::director::Receipt"),
        // In groups, behind globs and other names.
        ("media/desk.rs", "use crate::{rtp, show::{City, CityId}, publish::Url};", "crate::publish::Url"),
        ("media/desk.rs", "use {crate::rtp::Ring, crate::http::{self}};", "crate::http"),
        ("director.rs", "pub use crate::http::*;", "crate::http::*"),
        ("director.rs", "use crate::*;", "crate::*"),
        ("director.rs", "use crate as all;", "crate"),
        ("director.rs", "use crate::{self as all};", "crate"),
        ("gst/mod.rs", "use regia::media::Engine;", "crate::media::Engine"),
        ("gst/mod.rs", "fn f() { ::regia::media::start() }", "crate::media::start"),
        // Up through `super`, from files, folders and modules inside them.
        ("director.rs", "use super::http;", "crate::http"),
        ("show/mod.rs", "use super::rtp::Packet;", "crate::rtp::Packet"),
        ("show/city.rs", "use super::super::rtp;", "crate::rtp"),
        ("show/city.rs", "mod tests { mod deep { use super::super::super::super::{rtp::Kind}; } }", "crate::rtp::Kind"),
        ("show/machine/tests.rs", "use super::super::super::director::Director;", "crate::director::Director"),
        // Macros.
        ("show/id.rs", "macro_rules! m { () => { $crate::http::x() } }", "crate::http::x"),
        // Crates out of their rooms.
        ("http/whip.rs", "use gstreamer::prelude::*;", "gstreamer::prelude::*"),
        ("doctor.rs", "use gstreamer_app as app;", "gstreamer_app"),
        ("distribution/mod.rs", "fn f() { ::gstreamer::init(); }", "gstreamer::init"),
        ("http/whep.rs", "use str0m::{Rtc, media::Mid};", "str0m::Rtc"),
        ("director.rs", "use {std::fmt, axum::Json};", "axum::Json"),
        ("cli.rs", "extern crate axum;", "axum"),
        ("admin.rs", "use rusqlite::Connection;", "rusqlite::Connection"),
        ("show/city.rs", "use tracing::info;", "tracing::info"),
        ("show/city.rs", "fn f() { tokio::spawn(g()); }", "tokio::spawn"),
        ("show/city.rs", "#[cfg(test)] mod tests { use csv::Reader; }", "csv::Reader"),
        ("show/city.rs", "use proptest::prelude::*;", "proptest::prelude::*"),
        ("audio/strip.rs", "use crate::rtp::Ring;", "crate::rtp::Ring"),
        ("audio/strip.rs", "#[derive(Debug, tokio::Thing)] struct S;", "tokio::Thing"),
        ("video/mixer.rs", "use crate::show::Layout;", "crate::show::Layout"),
        // A module that nobody has placed, as the file and as its user.
        ("gossip.rs", "", "gossip"),
        ("app.rs", "use crate::gossip::Rumour;", "crate::gossip::Rumour"),
    ];
    for (path, text, wrong) in plants {
        let found = found(path, &format!("//! A file.\n{text}\n"));
        let paths: Vec<_> = found.iter().map(|(_, path)| path.as_str()).collect();
        assert!(paths.contains(&wrong), "{path}: {text}: found {paths:?}");
    }
}

#[test]
fn a_violation_is_told_with_its_line() {
    let text = "//! Sound.\n\n/* two\nlines */\nuse std::fmt;\nuse crate::{\n    show::CityId,\n    http,\n};\n";
    assert_eq!(found("audio/mod.rs", text), [(8, "crate::http".to_owned())]);
    let [wrong] = &violations("audio/mod.rs", text, &crates())[..] else { panic!("one is planted") };
    let told = "src/audio/mod.rs:8: crate::http: 'audio' is pure: show, ebur128, serde, thiserror, proptest are what it may name";
    assert_eq!(wrong.to_string(), told);
}

#[test]
fn what_points_down_or_is_no_code_is_left_alone() {
    let innocent = [
        ("http/mod.rs", "use crate::{director::Director, distribution::Hub, show::{self, View}}; use axum::Router;"),
        ("app.rs", "use crate::{cli, config::Config, http}; use axum::serve; use crate as regia;"),
        ("media/mod.rs", "use gstreamer::{self as gst, prelude::*}; use gstreamer_app as app;"),
        ("distribution/mod.rs", "use str0m::Rtc; use crate::rtp::Ring;"),
        ("audio/mod.rs", "use std::fmt; use serde::Serialize; use thiserror::Error; use crate::show::CityId;"),
        ("video/scale.rs", "use super::View; use proptest::prelude::*;"),
        ("media/picture/renderer.rs", "use crate::video::{Mixer, Shot};"),
        ("show/mod.rs", "pub(crate) mod city; pub use city::City; use self::city::CityState; use super::show::Show;"),
        ("show/machine/tests.rs", "use super::*; use super::super::Picture; use crate::show::City;"),
        ("show/city.rs", "#[cfg(test)] mod tests { use super::*; use std::collections::HashMap; }"),
        ("show/city.rs", "//! Told to [`crate::http`].\n/// See crate::director::Director.\n// use axum::Json;"),
        ("show/city.rs", "/* use axum::Json; /* crate::http::x */ gstreamer::init() */ fn f() {}"),
        ("show/city.rs", r##"const T: &str = "crate::http \" axum::Json"; const R: &str = r#"" str0m::Rtc "#;"##),
        ("show/city.rs", r#"const B: &[u8] = b"axum::Json"; const Q: char = '"'; const A: &str = "axum::Json";"#),
        ("show/city.rs", "fn f<'a>(x: &'a str) -> impl Iterator + use<'a> { x.chars() }"),
        ("show/city.rs", "fn f(x: X) { x.axum(); let tokio = 1; Thing::axum::<u8>(); g(tokio) }"),
    ];
    for (path, text) in innocent {
        assert_eq!(found(path, text), [], "{path}: {text}");
    }
}
