use std::process::ExitCode;

/// A virtual user allocates a few dozen times for each request; see
/// `docs/performance.md` for what this one saves.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    bankrun::cli::main()
}
