//! The live page, asked as a browser asks it.

mod browser;
mod guard;
mod starting;
mod watching;
