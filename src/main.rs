//! The `regia` binary: everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    regia::cli::main()
}
