use std::path::Path;

use crate::cli::Exit;
use crate::cli::args::{Expected, ExploreArgs};
use crate::cli::export::{text, write};
use crate::cli::output::{eprint, mask, print, print_json, width, with_losses};
use crate::engine::Stop;
use crate::explore::{Conclusion, Exploration, Options, What};
use crate::report::{self, Explored, terminal};

/// What has been explored, told as it comes and written at the end.
pub(in crate::cli::explore) struct Results<'a> {
    args: &'a ExploreArgs,
    stop: &'a Stop,
    explored: Vec<Explored>,
}

impl<'a> Results<'a> {
    pub(in crate::cli::explore) fn new(args: &'a ExploreArgs, stop: &'a Stop) -> Self {
        Self { args, stop, explored: Vec::new() }
    }

    pub(in crate::cli::explore) fn take(&mut self, explored: Explored) {
        let text = terminal::exploration(&explored, self.args.quiet, width());
        self.say(&text);
        self.explored.push(explored);
    }

    /// To standard output, unless that carries the JSON.
    fn say(&self, text: &str) {
        let on_stdout = self.args.json.as_deref() == Some(Path::new("-"));
        if on_stdout {
            eprint(text)
        } else {
            print(text)
        };
    }

    pub(in crate::cli::explore) fn conclude(self) -> Exit {
        if self.explored.len() > 1 && !self.args.quiet {
            self.say(&format!("\n{}", terminal::explorations(&self.explored, width())));
        }
        let mut exits = Vec::new();
        for of_mode in self.explored.chunk_by(|one, other| one.mode == other.mode) {
            let exit = Exit::worst(of_mode.iter().map(exit_of));
            exits.push(match (self.args.expect, exit) {
                (Some(Expected::Fail), Exit::Failed) => Exit::Passed,
                (Some(Expected::Fail), Exit::Passed) => {
                    let mode = &of_mode[0].mode;
                    eprint(&format!("a failure of {mode} was expected, and no order failed\n"));
                    Exit::Failed
                }
                (_, exit) => exit,
            });
        }
        let interrupted = self.stop.is_ending().then_some(Exit::Interrupted);
        let exit = Exit::worst(interrupted.into_iter().chain(exits));
        self.export(exit)
    }

    /// The JSON comes last: its exit code knows of all others.
    fn export(&self, exit: Exit) -> Exit {
        if let Some(file) = &self.args.junit {
            write("JUnit report", file, &text(&report::explored_junit(&self.explored)));
        }
        if let Some(file) = &self.args.html {
            write("HTML report", file, &text(&report::explored_html(&self.explored)));
        }
        if let Some(file) = &self.args.json {
            let code = with_losses(exit).code();
            let json = format!("{:#}\n", report::explored_json(&self.explored, code));
            // A reader that went away is told by nobody.
            match file == Path::new("-") {
                true => drop(print_json(&json)),
                false => write("JSON", file, &mask().apply(&json)),
            }
        }
        with_losses(exit)
    }
}

/// What the arguments ask for.
pub(in crate::cli::explore) fn options(args: &ExploreArgs) -> Options {
    let what = match (&args.replay, args.preemptions, args.sample) {
        (Some(order), _, _) => What::Replay(order.0.clone()),
        (None, Some(most), _) => What::Switches(most),
        (None, None, Some(count)) => What::Sample(count.get()),
        (None, None, None) => What::All,
    };
    let (reduce, first, time, seed) = (args.reduce, args.first, args.time, args.seed);
    Options { what, reduce, first, time, seed, ..Options::default() }
}

fn exit_of(explored: &Explored) -> Exit {
    match explored.result.as_ref().map(Exploration::conclusion) {
        Err(_) => Exit::NotRun,
        Ok(Conclusion::Pass) => Exit::Passed,
        Ok(Conclusion::Fail) => Exit::Failed,
        Ok(Conclusion::Inconclusive) => Exit::Inconclusive,
    }
}
