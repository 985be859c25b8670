//! bankrun catches lost updates: it races a service, reads the balances back,
//! and says which money went missing.

pub mod bank;
pub mod model;
pub mod scenario;
