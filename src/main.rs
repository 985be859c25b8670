use std::process::ExitCode;

fn main() -> ExitCode {
    bankrun::cli::main()
}
