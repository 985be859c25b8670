//! Plain functions that take any bytes. None may panic, hang or lose what it
//! read: what is accepted is written and read again, and is the same; what is
//! refused has a place inside of the text.

mod bank_request;
mod bank_stream;
mod data;
mod history;
mod lines;
mod scenario;
mod script;
mod served;
mod template;
mod threshold;

/// Something that reads what others wrote.
#[derive(Clone, Copy)]
pub struct Target {
    /// The name of its folder in `fuzz/corpus`, and of its program in `fuzz/`.
    pub name: &'static str,
    pub run: fn(&[u8]),
}

pub const ALL: [Target; 8] = [
    Target { name: "bank_request", run: bank_request::target },
    Target { name: "bank_stream", run: bank_stream::target },
    Target { name: "data", run: data::target },
    Target { name: "history", run: history::target },
    Target { name: "scenario", run: scenario::target },
    Target { name: "script", run: script::target },
    Target { name: "template", run: template::target },
    Target { name: "threshold", run: threshold::target },
];

/// The target of this name.
pub fn named(name: &str) -> Target {
    let found = ALL.into_iter().find(|target| target.name == name);
    found.unwrap_or_else(|| panic!("there is no target `{name}`"))
}
