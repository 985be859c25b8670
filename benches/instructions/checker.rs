use std::error::Error;

use bankrun::verdict::Conclusion;

use crate::callgrind::Counted;
use crate::histories::{SHAPES, Shape, conclusion, facts};

/// The longest history that is judged here.
const LONGEST: usize = 120_000;

pub(crate) fn count(counted: &Counted) -> Result<u64, Box<dyn Error>> {
    counted.start(&[])?.instructions()
}

pub(crate) fn many_accounts(operations: usize) -> Result<(), Box<dyn Error>> {
    judge(&SHAPES[0], operations)
}

pub(crate) fn one_account(operations: usize) -> Result<(), Box<dyn Error>> {
    judge(&SHAPES[1], operations)
}

fn judge(shape: &Shape, operations: usize) -> Result<(), Box<dyn Error>> {
    let judged = facts(shape, operations);
    // As much is made however much is judged, so that the difference is the judge's.
    drop(facts(shape, LONGEST - operations));
    match conclusion(&judged) {
        Conclusion::Pass => Ok(()),
        other => Err(format!("{}: {other:?}", shape.name).into()),
    }
}
