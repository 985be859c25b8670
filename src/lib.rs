//! bankrun catches lost updates: it races a service, reads the balances back,
//! and says which money went missing.

pub mod bank;
pub mod cli;
pub mod data;
pub mod engine;
pub mod explore;
pub mod facts;
pub mod files;
pub mod isolation;
pub mod model;
pub mod observer;
pub mod plan;
pub mod report;
pub mod scenario;
pub mod script;
pub mod template;
pub mod verdict;
pub mod web;
