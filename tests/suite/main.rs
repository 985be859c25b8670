//! All integration tests, in one binary: it links once.
#![expect(unreachable_pub, reason = "`pub` says what the other tests may use")]

mod architecture;
mod bank;
mod cli;
mod engine;
mod explore;
mod faults;
mod http;
mod input;
mod isolation;
mod observer;
mod scenario;
mod script;
mod supply;
mod support;
mod targets;
mod web;
