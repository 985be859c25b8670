use super::Exit;
use super::args::{CompletionsArgs, command};
use super::output::print_bytes;

/// `bankrun completions SHELL`
pub(super) fn completions(args: &CompletionsArgs) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command(), "bankrun", &mut script);
    print_bytes(&script);
    Exit::Passed
}
