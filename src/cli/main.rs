use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use tracing::Level;

use super::args::{Cli, Command, RunArgs};
use super::open_files::raise_limit;
use super::output::{choose_colors, eprint, stderr_has_colors};
use super::signals::interruptible;
use super::{
    Exit, check, compare, completions, health, man, new, run, schema, serve, ui, validate,
    watch_database,
};

/// Parses the command line, carries out the command, and says how it went.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let exit = match cli.command {
        None => run_command(cli.run),
        Some(Command::Run(args)) => run_command(*args),
        Some(Command::Serve(args)) => {
            log(if args.verbose { Level::DEBUG } else { Level::INFO });
            raise_limit();
            on_runtime(serve::serve(*args))
        }
        Some(Command::Ui(args)) => {
            log(Level::ERROR);
            raise_limit();
            on_runtime(interruptible(|stop| ui::ui(args, stop)))
        }
        Some(Command::Watch(args)) => {
            choose_colors(args.no_color);
            on_runtime(watch_database::watch(args))
        }
        Some(Command::Check(args)) => check::check(&args),
        Some(Command::Compare(args)) => compare::run(&args),
        Some(Command::Validate(args)) => validate::validate(&args),
        Some(Command::New(args)) => new::new(&args),
        Some(Command::Schema) => schema::schema(),
        Some(Command::Health(args)) => on_runtime(health::health(args)),
        Some(Command::Completions(args)) => completions::completions(&args),
        Some(Command::Man) => man::man(),
    };
    exit.into()
}

fn run_command(args: RunArgs) -> Exit {
    choose_colors(args.no_color);
    log(if args.verbose { Level::DEBUG } else { Level::ERROR });
    raise_limit();
    on_runtime(interruptible(|stop| run::run(args, stop)))
}

fn on_runtime(command: impl Future<Output = Exit>) -> Exit {
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprint(&format!("the runtime could not be started: {error}\n"));
            return Exit::NotRun;
        }
    };
    let exit = runtime.block_on(command);
    // What still blocks a thread (a name look-up, say) is not waited for.
    runtime.shutdown_timeout(Duration::from_millis(100));
    exit
}

/// Logs to standard error, this crate's words alone.
fn log(level: Level) {
    tracing_subscriber::fmt()
        .with_max_level(level)
        .with_ansi(stderr_has_colors())
        .with_writer(std::io::stderr)
        .init();
}
