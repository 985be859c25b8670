use std::fmt;
use std::time::Duration;

use crate::model::{Aggregation, Selector};

/// What must hold of a metric, or of a part of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Threshold {
    pub selector: Selector,
    /// All of them must hold.
    pub conditions: Vec<Condition>,
}

/// `p(95)<200`.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    pub aggregation: Aggregation,
    pub operator: Operator,
    /// Durations are in milliseconds, shares 0 to 1.
    pub bound: f64,
    /// Whether it ends the run as soon as it does not hold, and how long after
    /// the start that may happen first.
    pub abort: Option<Duration>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    Less,
    AtMost,
    Greater,
    AtLeast,
    Equal,
    NotEqual,
}

impl Condition {
    pub fn holds(&self, actual: f64) -> bool {
        match self.operator {
            Operator::Less => actual < self.bound,
            Operator::AtMost => actual <= self.bound,
            Operator::Greater => actual > self.bound,
            Operator::AtLeast => actual >= self.bound,
            Operator::Equal => actual == self.bound,
            Operator::NotEqual => actual != self.bound,
        }
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}{}", self.aggregation, self.operator, self.bound)
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::Greater => ">",
            Self::AtLeast => ">=",
            Self::Equal => "==",
            Self::NotEqual => "!=",
        })
    }
}
