//! The `reelport` binary.

use std::process::ExitCode;

use reelport::cli::run;

// Measured: 12 to 19 % more requests per second than with the system allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    run()
}
