use std::time::Duration;

/// Who runs iterations, how many, and for how long. Names and meaning are k6's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Executor {
    /// `vus` virtual users take iterations from one common pot.
    SharedIterations { vus: u32, iterations: u64, max_duration: Duration },
    /// Each of `vus` virtual users runs `iterations` of its own.
    PerVuIterations { vus: u32, iterations: u64, max_duration: Duration },
    /// `vus` virtual users iterate until `duration` is over.
    ConstantVus { vus: u32, duration: Duration },
    /// As many virtual users iterate as the stages say. One that is no longer
    /// wanted has `graceful_ramp_down` to finish its iteration.
    RampingVus { start_vus: u32, stages: Vec<Stage>, graceful_ramp_down: Duration },
    /// `rate` iterations begin in each `time_unit`, whatever became of those before.
    ConstantArrivalRate { rate: u64, time_unit: Duration, duration: Duration, pool: VuPool },
    /// The same, at a rate that the stages lead from one target to the next.
    RampingArrivalRate { start_rate: u64, time_unit: Duration, stages: Vec<Stage>, pool: VuPool },
}

/// Linear from the target before to this one. No duration: a jump.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stage {
    pub duration: Duration,
    /// Virtual users, or iterations in a time unit.
    pub target: u64,
}

/// Who runs the iterations of an arrival rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VuPool {
    /// There from the start.
    pub pre_allocated: u32,
    /// So many at most; those beyond `pre_allocated` are made when they are needed.
    pub max: u32,
}

impl Executor {
    /// How many iterations there will be. `None`: as many as the time allows.
    pub fn iterations(&self) -> Option<u64> {
        match self {
            Self::SharedIterations { iterations, .. } => Some(*iterations),
            Self::PerVuIterations { vus, iterations, .. } => {
                Some(u64::from(*vus).saturating_mul(*iterations))
            }
            Self::ConstantVus { .. }
            | Self::RampingVus { .. }
            | Self::ConstantArrivalRate { .. }
            | Self::RampingArrivalRate { .. } => None,
        }
    }

    /// When iterations stop being started, counted from the start of the workload.
    pub fn time_limit(&self) -> Duration {
        match self {
            Self::SharedIterations { max_duration, .. }
            | Self::PerVuIterations { max_duration, .. } => *max_duration,
            Self::ConstantVus { duration, .. } | Self::ConstantArrivalRate { duration, .. } => {
                *duration
            }
            Self::RampingVus { stages, .. } | Self::RampingArrivalRate { stages, .. } => {
                stages.iter().fold(Duration::ZERO, |sum, stage| sum.saturating_add(stage.duration))
            }
        }
    }

    /// The most virtual users there can be at a time.
    pub fn vus(&self) -> u32 {
        match self {
            Self::SharedIterations { vus, .. }
            | Self::PerVuIterations { vus, .. }
            | Self::ConstantVus { vus, .. } => *vus,
            Self::RampingVus { start_vus, stages, .. } => stages
                .iter()
                .map(|stage| u32::try_from(stage.target).unwrap_or(u32::MAX))
                .fold(*start_vus, u32::max),
            Self::ConstantArrivalRate { pool, .. } | Self::RampingArrivalRate { pool, .. } => {
                pool.max
            }
        }
    }

    /// Whether iterations are numbered over the workload, not within a virtual
    /// user.
    pub fn shares_iterations(&self) -> bool {
        matches!(self, Self::SharedIterations { .. }) || self.is_arrival_rate()
    }

    /// Whether iterations begin when they are due, not when the ones before end.
    pub fn is_arrival_rate(&self) -> bool {
        matches!(self, Self::ConstantArrivalRate { .. } | Self::RampingArrivalRate { .. })
    }

    /// Whether the number of virtual users changes as the run goes.
    pub fn varies_vus(&self) -> bool {
        matches!(self, Self::RampingVus { .. }) || self.is_arrival_rate()
    }

    /// k6's name, as the file has it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::SharedIterations { .. } => "shared-iterations",
            Self::PerVuIterations { .. } => "per-vu-iterations",
            Self::ConstantVus { .. } => "constant-vus",
            Self::RampingVus { .. } => "ramping-vus",
            Self::ConstantArrivalRate { .. } => "constant-arrival-rate",
            Self::RampingArrivalRate { .. } => "ramping-arrival-rate",
        }
    }
}
