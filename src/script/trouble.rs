//! What a person reads of an error in Lua: file, line and message, and the way
//! there when it is longer than one step. Nothing of the host's own frames.

use mlua::Error;

const TRACEBACK: &str = "\nstack traceback:";

/// `custom.lua:3: attempt to call a nil value (global 'pay')`
pub(super) fn describe(error: &Error, script: &str) -> String {
    let (text, traceback) = parts(error);
    let text = without_own_place(text.trim_end());
    let frames = frames(&traceback, script);
    let place = frames.first().and_then(|frame| place(frame));
    let mut description = match place {
        _ if text.starts_with(&format!("{script}:")) => text.to_owned(),
        Some(place) => format!("{place}: {}", readable(text)),
        None => format!("{script}: {}", readable(text)),
    };
    if frames.len() > 1 {
        for frame in frames {
            description.push_str("\n  ");
            description.push_str(frame);
        }
    }
    description
}

/// A message of Lua's that names the line of a function around it, which is ours.
fn without_own_place(text: &str) -> &str {
    let behind = text.strip_prefix("bankrun:").and_then(|rest| rest.split_once(": "));
    match behind {
        Some((line, message)) if line.bytes().all(|byte| byte.is_ascii_digit()) => message,
        _ => text,
    }
}

fn parts(error: &Error) -> (String, String) {
    match error {
        Error::CallbackError { traceback, cause } => {
            let (text, inner) = parts(cause);
            (text, if inner.is_empty() { traceback.clone() } else { inner })
        }
        Error::MemoryError(_) => ("not enough memory".into(), String::new()),
        Error::RuntimeError(text) | Error::SyntaxError { message: text, .. } => split(text),
        other => split(&other.to_string()),
    }
}

fn split(text: &str) -> (String, String) {
    let (text, traceback) = text.split_once(TRACEBACK).unwrap_or((text, ""));
    (text.to_owned(), traceback.to_owned())
}

/// The frames of the script itself, innermost first.
fn frames<'a>(traceback: &'a str, script: &str) -> Vec<&'a str> {
    let ours = |line: &&str| {
        line.strip_prefix(script).is_some_and(|rest| rest.starts_with(':')) && place(line).is_some()
    };
    traceback.lines().map(str::trim).filter(ours).collect()
}

/// `custom.lua:3` of `custom.lua:3: in function 'pay'`.
fn place(frame: &str) -> Option<&str> {
    frame.find(": in ").map(|end| &frame[..end])
}

/// An error value without a text prints as its address, which says nothing.
fn readable(text: &str) -> &str {
    for kind in ["table", "function", "thread"] {
        if text.strip_prefix(kind).is_some_and(|rest| rest.starts_with(": 0x")) {
            return match kind {
                "table" => "an error that is a table, not a text",
                "function" => "an error that is a function, not a text",
                _ => "an error that is a coroutine, not a text",
            };
        }
    }
    text
}
