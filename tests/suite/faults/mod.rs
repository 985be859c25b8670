//! The bank keeps its word: databases that die, stand still or are cut off,
//! clients that are slow or gone, servers that are killed. What was acknowledged
//! must be there, and whoever cannot be served must hear so in time.

mod asked;
mod clients;
mod crash;
mod cut;
mod dishonest;
mod disk;
mod load;
mod memory;
mod runs;
mod servers;
mod stall;
mod support;
mod waits;
