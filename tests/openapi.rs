//! The description of the API is the one in `openapi.json`, so that a change of it is seen in review.

use std::path::Path;

/// Set to write the file anew.
const RENEW: &str = "REGIA_RENEW";

#[test]
fn the_description_is_the_one_in_the_repository() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi.json");
    let now = regia::http::description();
    if std::env::var_os(RENEW).is_some() {
        std::fs::write(&path, now).expect("the file can be written");
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    let line = kept.lines().zip(now.lines()).position(|(kept, now)| kept != now);
    let line = line.unwrap_or_else(|| kept.lines().count().min(now.lines().count())) + 1;
    let told = "If the change is meant: `REGIA_RENEW=1 cargo test --test openapi`, then `cd ui && npm run api`";
    assert!(kept == now, "openapi.json is not what the server describes, from line {line} on. {told}");
}
