//! An executor in words, as `validate` and notes have it.

use std::fmt;
use std::time::Duration;

use humantime::format_duration;

use super::types::{Executor, Stage, VuPool};

impl fmt::Display for Executor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SharedIterations { vus, iterations, .. } => {
                let (iterations, vus) = (counted(*iterations, "iteration"), vu_count(*vus));
                write!(f, "{iterations} shared by {vus}")
            }
            Self::PerVuIterations { vus, iterations, .. } => {
                let (iterations, vus) = (counted(*iterations, "iteration"), vu_count(*vus));
                write!(f, "{iterations} for each of {vus}")
            }
            Self::ConstantVus { vus, duration } => {
                write!(f, "{} for {}", vu_count(*vus), format_duration(*duration))
            }
            Self::RampingVus { start_vus, stages, .. } => {
                write!(f, "VUs from {start_vus}{}", path((*start_vus).into(), stages))
            }
            Self::ConstantArrivalRate { rate, time_unit, duration, pool } => {
                let (iterations, unit) = (counted(*rate, "iteration"), per(*time_unit));
                write!(f, "{iterations} {unit} for {}, {pool}", format_duration(*duration))
            }
            Self::RampingArrivalRate { start_rate, time_unit, stages, pool } => {
                let (unit, path) = (per(*time_unit), path(*start_rate, stages));
                write!(f, "iterations {unit} from {start_rate}{path}, {pool}")
            }
        }
    }
}

impl fmt::Display for VuPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.pre_allocated {
            all if all == self.max => write!(f, "run by {}", vu_count(all)),
            some => write!(f, "run by {some} to {}", vu_count(self.max)),
        }
    }
}

/// ` to 10 in 30s, for 1m, at once to 0`
fn path(start: u64, stages: &[Stage]) -> String {
    let mut at = start;
    let words = stages.iter().map(|&Stage { duration, target }| {
        let stays = std::mem::replace(&mut at, target) == target;
        match (stays, duration) {
            (true, duration) => format!("for {}", format_duration(duration)),
            (false, Duration::ZERO) => format!("at once to {target}"),
            (false, duration) => format!("to {target} in {}", format_duration(duration)),
        }
    });
    format!(" {}", words.collect::<Vec<_>>().join(", "))
}

fn per(time_unit: Duration) -> String {
    match time_unit {
        unit if unit == Duration::from_secs(1) => "per second".to_owned(),
        other => format!("per {}", format_duration(other)),
    }
}

fn vu_count(vus: u32) -> String {
    counted(vus.into(), "VU")
}

fn counted(count: u64, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_in_a_few_words() {
        let seconds = Duration::from_secs;
        let stage = |duration, target| Stage { duration: seconds(duration), target };
        let pool = VuPool { pre_allocated: 5, max: 20 };
        let words = |executor: Executor| executor.to_string();
        let max_duration = seconds(600);
        assert_eq!(
            words(Executor::SharedIterations { vus: 1, iterations: 20, max_duration }),
            "20 iterations shared by 1 VU"
        );
        assert_eq!(
            words(Executor::PerVuIterations { vus: 2, iterations: 1, max_duration }),
            "1 iteration for each of 2 VUs"
        );
        assert_eq!(
            words(Executor::ConstantVus { vus: 50, duration: seconds(90) }),
            "50 VUs for 1m 30s"
        );
        let stages = vec![stage(30, 10), stage(60, 10), stage(0, 4), stage(10, 0)];
        let graceful_ramp_down = seconds(30);
        assert_eq!(
            words(Executor::RampingVus {
                start_vus: 1,
                stages: stages.clone(),
                graceful_ramp_down
            }),
            "VUs from 1 to 10 in 30s, for 1m, at once to 4, to 0 in 10s"
        );
        let (rate, duration) = (50, seconds(10));
        assert_eq!(
            words(Executor::ConstantArrivalRate { rate, time_unit: seconds(1), duration, pool }),
            "50 iterations per second for 10s, run by 5 to 20 VUs"
        );
        let pool = VuPool { pre_allocated: 1, max: 1 };
        let (start_rate, time_unit) = (0, seconds(60));
        assert_eq!(
            words(Executor::RampingArrivalRate { start_rate, time_unit, stages, pool }),
            "iterations per 1m from 0 to 10 in 30s, for 1m, at once to 4, to 0 in 10s, run by 1 VU"
        );
    }
}
