//! Tells cargo that a release binary holds the built pages, also when they appear after a build without them.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    // Debug builds read the pages from the disk each time (rust-embed), so nothing needs to be built again for them.
    if std::env::var("PROFILE").as_deref() == Ok("release") {
        // cargo can only watch a directory that is there. One that cannot be made holds no pages either.
        let _ = std::fs::create_dir_all("ui/dist");
        println!("cargo:rerun-if-changed=ui/dist");
    }
}
