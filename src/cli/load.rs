//! `--vus`, `--iterations`, `--duration`, `--stage`, and the same from the
//! environment.

use std::env;
use std::num::{NonZeroU32, NonZeroU64};
use std::str::FromStr;
use std::time::Duration;

use clap::{Args, FromArgMatches};

use crate::model::parse_duration;
use crate::scenario::{LoadOptions, MOST_VUS, Scenario, Stage};

/// Options that stand over the executors of the scenario.
#[derive(Debug, Default, Args)]
pub(super) struct LoadArgs {
    /// Virtual users of each workload [env: BANKRUN_VUS]
    #[arg(short = 'u', long, value_name = "N", value_parser = vus)]
    pub(super) vus: Option<NonZeroU32>,
    /// Iterations of each workload, shared by its VUs, whatever its executor
    /// [env: BANKRUN_ITERATIONS]
    #[arg(short = 'i', long, value_name = "N")]
    pub(super) iterations: Option<NonZeroU64>,
    /// How long each workload iterates, whatever its executor; with --iterations:
    /// at most so long [env: BANKRUN_DURATION]
    #[arg(short = 'd', long, value_name = "TIME", value_parser = time)]
    pub(super) duration: Option<Duration>,
    /// A stage of a ramp, 10s:5: to 5 VUs within 10 seconds; again for the next
    /// [env: BANKRUN_STAGES=10s:5,1m:20]
    #[arg(short = 's', long = "stage", value_name = "TIME:VUS", value_parser = stage, value_delimiter = ',',
          conflicts_with_all = ["iterations", "duration"])]
    pub(super) stages: Vec<Stage>,
}

impl LoadArgs {
    /// The options given here, over those of the environment. The error is a
    /// usage error.
    pub(super) fn options(&self) -> Result<LoadOptions, String> {
        let variable = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
        let options = self.given().over(from_environment(variable)?);
        // An empty ramp is one that nothing happens on.
        let stages = &options.stages;
        if !stages.is_empty() && stages.iter().all(|stage| stage.duration.is_zero()) {
            return Err("the stages take no time: give one of them a length".to_owned());
        }
        Ok(options)
    }

    /// Those among the words of a command line. The error is for a person.
    pub(super) fn of_words(words: Vec<String>) -> Result<Self, String> {
        let command = Self::augment_args(clap::Command::new("bankrun").no_binary_name(true));
        let matches = command.try_get_matches_from(words).map_err(|error| error.to_string())?;
        Self::from_arg_matches(&matches).map_err(|error| error.to_string())
    }

    fn given(&self) -> LoadOptions {
        LoadOptions {
            vus: self.vus.map(NonZeroU32::get),
            iterations: self.iterations.map(NonZeroU64::get),
            duration: self.duration,
            stages: self.stages.clone(),
        }
    }
}

/// Puts the options in place of what the scenario says. Returns what its author
/// should know of that.
pub(super) fn override_load(scenario: &mut Scenario, options: &LoadOptions) -> Vec<String> {
    if options.is_empty() { Vec::new() } else { scenario.override_load(options) }
}

fn from_environment(variable: impl Fn(&str) -> Option<String>) -> Result<LoadOptions, String> {
    fn read<T>(
        name: &str,
        text: Option<String>,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Result<Option<T>, String> {
        let parse = |text: String| parse(&text).map_err(|error| format!("{name}={text}: {error}"));
        text.map(parse).transpose()
    }
    let get = |name: &'static str| (name, variable(name));
    let (name, text) = get("BANKRUN_VUS");
    let vus = read(name, text, vus)?.map(NonZeroU32::get);
    let (name, text) = get("BANKRUN_ITERATIONS");
    let iterations = read(name, text, number::<NonZeroU64>)?.map(NonZeroU64::get);
    let (name, text) = get("BANKRUN_DURATION");
    let duration = read(name, text, time)?;
    let (name, text) = get("BANKRUN_STAGES");
    let stages = read(name, text, |list| list.split(',').map(stage).collect())?;
    let options = LoadOptions { vus, iterations, duration, stages: stages.unwrap_or_default() };
    options.check().map_err(|error| format!("in the environment, {error}"))?;
    Ok(options)
}

fn number<T: FromStr>(text: &str) -> Result<T, String> {
    text.trim().parse().map_err(|_| "expected a whole number from 1 up".to_owned())
}

fn vus(text: &str) -> Result<NonZeroU32, String> {
    let vus: NonZeroU32 = number(text)?;
    if i128::from(vus.get()) > MOST_VUS {
        return Err(format!("the most is {MOST_VUS}"));
    }
    Ok(vus)
}

fn time(text: &str) -> Result<Duration, String> {
    let time = parse_duration(text).filter(|time| !time.is_zero());
    time.ok_or_else(|| "expected a length of time such as 500ms or 5s".to_owned())
}

fn stage(text: &str) -> Result<Stage, String> {
    let expected = || "expected a length of time and a number of VUs, such as 10s:5".to_owned();
    let (duration, target) = text.trim().rsplit_once(':').ok_or_else(expected)?;
    let duration = parse_duration(duration).ok_or_else(expected)?;
    let target: u64 = target.parse().map_err(|_| expected())?;
    if i128::from(target) > MOST_VUS {
        return Err(format!("the most is {MOST_VUS} VUs"));
    }
    Ok(Stage { duration, target })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variables: &[(&str, &str)]) -> Result<LoadOptions, String> {
        from_environment(|name| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_environment_says_the_same_in_other_words() {
        let stage = |seconds, target| Stage { duration: Duration::from_secs(seconds), target };
        let stages = environment(&[("BANKRUN_STAGES", "10s:5, 1m:20,0:0")]).expect("stages");
        assert_eq!(stages.stages, [stage(10, 5), stage(60, 20), stage(0, 0)]);
        let all = environment(&[("BANKRUN_VUS", "7"), ("BANKRUN_DURATION", "1m")]).expect("valid");
        assert_eq!((all.vus, all.duration), (Some(7), Some(Duration::from_secs(60))));
    }

    #[test]
    fn what_is_wrong_names_the_variable() {
        for (name, value) in [
            ("BANKRUN_VUS", "0"),
            ("BANKRUN_VUS", "100001"),
            ("BANKRUN_ITERATIONS", "many"),
            ("BANKRUN_DURATION", "0"),
            ("BANKRUN_STAGES", "5:10s"),
        ] {
            let error = environment(&[(name, value)]).expect_err(value);
            assert!(error.starts_with(&format!("{name}={value}: ")), "{error}");
        }
        let both = [("BANKRUN_STAGES", "10s:5"), ("BANKRUN_ITERATIONS", "5")];
        assert!(environment(&both).expect_err("both").contains("exclude each other"));
    }

    #[test]
    fn the_command_line_stands_over_the_environment() {
        let args = LoadArgs { iterations: NonZeroU64::new(9), ..LoadArgs::default() };
        let below = environment(&[("BANKRUN_VUS", "3"), ("BANKRUN_DURATION", "1m")]);
        let merged = args.given().over(below.expect("valid"));
        let iterations = Some(9);
        assert_eq!(merged, LoadOptions { vus: Some(3), iterations, ..LoadOptions::default() });
    }
}
