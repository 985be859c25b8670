//! `--repeat` and `--until-fail`: how often, with how much certainty, and which
//! seeds to try again.

use crate::cli::Exit;
use crate::report::RunReport;

/// What many runs of one scenario against one destination came to.
#[derive(Debug, Default)]
pub(super) struct Tally {
    runs: u64,
    failed: u64,
    /// Seeds of the runs that failed, the first few.
    seeds: Vec<u64>,
    others: u64,
}

/// Seeds listed.
const LISTED: usize = 10;

impl Tally {
    pub(super) fn add(&mut self, report: &RunReport) {
        self.runs += 1;
        match Exit::of(report) {
            Exit::Passed => {}
            Exit::Failed => {
                self.failed += 1;
                if self.seeds.len() < LISTED {
                    self.seeds.push(report.header.seed);
                }
            }
            _ => self.others += 1,
        }
    }

    /// `robust: 0 of 100 runs failed (95% confidence: 0.0% to 3.7%)`
    pub(super) fn line(&self, label: &str) -> String {
        let (low, high) = wilson(self.failed, self.runs);
        let mut line = format!(
            "{label}: {} of {} runs failed (95% confidence: {:.1}% to {:.1}%)",
            self.failed,
            self.runs,
            low * 100.0,
            high * 100.0
        );
        if self.others > 0 {
            line += &format!(", {} more did not come to a verdict", self.others);
        }
        if !self.seeds.is_empty() {
            let seeds: Vec<String> = self.seeds.iter().map(u64::to_string).collect();
            let more = if self.failed > LISTED as u64 { ", ..." } else { "" };
            line += &format!("; seeds {}{more}", seeds.join(", "));
        }
        line + "\n"
    }
}

/// The score interval of Wilson (1927) for a share of `hits` in `trials`, at 95%.
fn wilson(hits: u64, trials: u64) -> (f64, f64) {
    const Z: f64 = 1.959_964;
    if trials == 0 {
        return (0.0, 1.0);
    }
    let (n, share) = (trials as f64, hits as f64 / trials as f64);
    let spread = Z * Z / n;
    let middle = share + spread / 2.0;
    let half = Z * (share * (1.0 - share) / n + spread / (4.0 * n)).sqrt();
    let at = |bound: f64| (bound / (1.0 + spread)).clamp(0.0, 1.0);
    (at(middle - half), at(middle + half))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_is_wilsons() {
        let close = |(low, high): (f64, f64), expected: (f64, f64)| {
            (low - expected.0).abs() < 5e-4 && (high - expected.1).abs() < 5e-4
        };
        assert!(close(wilson(0, 100), (0.0, 0.0370)));
        assert!(close(wilson(100, 100), (0.9630, 1.0)));
        assert!(close(wilson(5, 10), (0.2366, 0.7634)));
        assert_eq!(wilson(0, 0), (0.0, 1.0));
    }
}
