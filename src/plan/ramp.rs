use std::time::Duration;

use crate::scenario::Stage;

/// From `at` on, counted from the start of the workload, so many virtual users
/// are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    pub at: Duration,
    pub vus: u32,
}

/// How many virtual users the stages want when: linear, in whole steps, each
/// when the line has passed it, as in k6. Times never go back.
pub fn ramp(start_vus: u32, stages: &[Stage]) -> impl Iterator<Item = Step> {
    let (mut from, mut start) = (start_vus, Duration::ZERO);
    let stages = stages.iter().flat_map(move |stage| {
        let to = u32::try_from(stage.target).unwrap_or(u32::MAX);
        let steps = between(from, to, start, stage.duration);
        (from, start) = (to, start.saturating_add(stage.duration));
        steps
    });
    std::iter::once(Step { at: Duration::ZERO, vus: start_vus }).chain(stages)
}

/// From one number to another. Without a duration it is one step.
fn between(from: u32, to: u32, start: Duration, length: Duration) -> impl Iterator<Item = Step> {
    let distance = from.abs_diff(to);
    let steps = if length.is_zero() { distance.min(1) } else { distance };
    (1..=steps).map(move |step| {
        let passed = distance / steps * step;
        let share = length.as_nanos() * u128::from(passed) / u128::from(distance);
        let at = start + Duration::from_nanos(u64::try_from(share).unwrap_or(u64::MAX));
        Step { at, vus: if to > from { from + passed } else { from - passed } }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(start_vus: u32, stages: &[(u64, u64)]) -> Vec<(u64, u32)> {
        let stage = |&(millis, target)| Stage { duration: Duration::from_millis(millis), target };
        let stages: Vec<Stage> = stages.iter().map(stage).collect();
        ramp(start_vus, &stages).map(|step| (step.at.as_millis() as u64, step.vus)).collect()
    }

    #[test]
    fn goes_up_and_down_in_whole_steps() {
        assert_eq!(
            steps(0, &[(4000, 4), (2000, 4), (1000, 2)]),
            [(0, 0), (1000, 1), (2000, 2), (3000, 3), (4000, 4), (6500, 3), (7000, 2)]
        );
    }

    #[test]
    fn a_stage_of_no_length_is_a_jump() {
        assert_eq!(
            steps(1, &[(0, 10), (1000, 10), (0, 0), (1000, 2)]),
            [(0, 1), (0, 10), (1000, 0), (1500, 1), (2000, 2)]
        );
    }

    /// The example of k6's own documentation of the executor: 4, up to 6, down to
    /// 1, up to 5, down to 1, up to 4, down to 1.
    #[test]
    fn steps_of_a_second_are_seconds() {
        let stages = [(2000, 6), (5000, 1), (4000, 5), (4000, 1), (3000, 4), (3000, 1)];
        let steps = steps(4, &stages);
        assert_eq!(steps.iter().map(|(_, vus)| *vus).max(), Some(6));
        assert_eq!(steps.len(), 1 + 2 + 5 + 4 + 4 + 3 + 3);
        assert!(steps.iter().enumerate().all(|(index, (at, _))| *at == 1000 * index as u64));
    }

    #[test]
    fn many_steps_in_little_time_are_not_lost() {
        let steps = steps(0, &[(1, 100_000)]);
        assert_eq!(steps.len(), 100_001);
        assert_eq!(steps.last(), Some(&(1, 100_000)));
    }
}
