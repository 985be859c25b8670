//! Every mapping of a scenario file with its keys, in the order of the reference.

mod around;
mod fault;
mod file;
mod http;
mod operation;
mod service;
mod workload;

#[cfg(test)]
pub(super) use workload::EXECUTORS;

use super::section::Section;

pub(super) const SECTIONS: &[Section] = &[
    file::FILE,
    around::ACCOUNT,
    http::HTTP,
    http::BASIC,
    workload::WORKLOAD,
    workload::STAGE,
    workload::RETRY,
    operation::OPERATION,
    operation::DECLARED,
    operation::REQUEST,
    operation::EXPECTED,
    operation::CHECK,
    operation::EFFECT,
    operation::CAPTURE,
    operation::RESOLVE,
    service::RESET,
    service::READ,
    service::BALANCES,
    around::DATA,
    around::INVARIANT,
    around::EXPECT,
    around::THRESHOLD,
    fault::FAULT,
];
