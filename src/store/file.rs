//! The file: opened with the right mode, version and settings, and brought up to date.
