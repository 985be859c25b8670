//! One order in real time, found while the operations go by.
//!
//! A history of millions is mostly plain: at any time some tens of operations
//! are under way, and one of them fits the balances. A [`Settler`] takes the
//! operations in the order of their invocation, holds only those under way, and
//! gives out the order in which they took effect. Where it finds none it gives
//! up; that proves nothing, and the exact checks begin anew.

mod cuts;
mod jumps;
mod ranking;
mod restarts;
mod settler;
mod slab;
mod steps;
mod under_way;
mod unknown;

pub(super) use settler::{REACH, Settled, Settler};
