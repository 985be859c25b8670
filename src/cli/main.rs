use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use tracing::Level;

use super::args::{Cli, Command, RunArgs};
use super::open_files::raise_limit;
use super::output::{Log, choose_colors, conclude, eprint, print, stderr_has_colors};
use super::signals::{Signals, interruptible};
use super::{
    Exit, check, compare, completions, explore, health, man, new, preflight, run, schema, serve,
    ui, validate, watch_database,
};
use crate::bank::store::sweep;
use crate::model::without_secrets;

/// Parses the command line, carries out the command, and says how it went.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return conclude(refuse(&error)).into(),
    };
    let signals = match Signals::listen() {
        Ok(signals) => signals,
        Err(error) => {
            eprint(&format!("cannot listen for signals: {error}\n"));
            return Exit::NotRun.into();
        }
    };
    let exit = match cli.command {
        None => run_command(cli.run, signals),
        Some(Command::Run(args)) => run_command(*args, signals),
        Some(Command::Serve(args)) => {
            log(if args.verbose { Level::DEBUG } else { Level::INFO });
            raise_limit();
            sweep();
            on_runtime(serve::serve(*args, signals))
        }
        Some(Command::Explore(args)) => {
            // No log: what the bank complains of is what is looked for.
            choose_colors(args.no_color);
            sweep();
            on_runtime(interruptible(signals, |stop| explore::run(*args, stop)))
        }
        Some(Command::Ui(args)) => {
            log(Level::ERROR);
            raise_limit();
            sweep();
            on_runtime(interruptible(signals, |stop| ui::ui(args, stop)))
        }
        Some(Command::Watch(args)) => {
            choose_colors(args.no_color);
            on_runtime(watch_database::watch(args, signals))
        }
        Some(Command::Check(args)) => check::check(&args),
        Some(Command::Compare(args)) => compare::run(&args),
        Some(Command::Validate(args)) if args.live => {
            raise_limit();
            on_runtime(interruptible(signals, |stop| preflight::validate_live(args, stop)))
        }
        Some(Command::Validate(args)) => validate::validate(args),
        Some(Command::New(args)) => new::new(&args),
        Some(Command::Schema) => schema::schema(),
        Some(Command::Health(args)) => on_runtime(health::health(args)),
        Some(Command::Completions(args)) => completions::completions(&args),
        Some(Command::Man) => man::man(),
    };
    conclude(exit).into()
}

/// Shows what clap has to say: help, or a mistake. It repeats words of the command
/// line, and some of them are secrets.
fn refuse(error: &clap::Error) -> Exit {
    let mut text = error.render().ansi().to_string();
    let words = std::env::args_os().skip(1);
    for word in words.map(|word| word.to_string_lossy().into_owned()) {
        // Of `--option=value` either part may stand by itself.
        let value = word.split_once('=').map(|(_, value)| value.to_owned());
        for part in [Some(word), value].into_iter().flatten() {
            let shown = without_secrets(&part);
            if shown != part {
                text = text.replace(&part, &shown);
            }
        }
    }
    if error.use_stderr() {
        eprint(&text);
        Exit::Usage
    } else {
        print(&text);
        Exit::Passed
    }
}

fn run_command(args: RunArgs, signals: Signals) -> Exit {
    choose_colors(args.no_color);
    log(if args.verbose { Level::DEBUG } else { Level::ERROR });
    raise_limit();
    sweep();
    // Nothing is begun so far: a signal ends it at once, whatever it waits for.
    match run::load(&args) {
        Ok(sources) => on_runtime(interruptible(signals, |stop| run::run(args, sources, stop))),
        Err(exit) => exit,
    }
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
        .with_writer(|| Log)
        .init();
}
