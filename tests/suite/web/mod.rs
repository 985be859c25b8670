//! The live page, asked as a browser asks it.

mod browser;
mod chromium;
mod guard;
mod starting;
mod watching;
