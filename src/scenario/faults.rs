//! The list `faults:`: what is done to the built-in server while it is under
//! test.

use std::time::Duration;

use humantime::format_duration;

use super::fault::{self, Fault, FaultKind, Way};
use super::fields::{self, Fields};
use super::reader::{Place, Reader};
use super::service::optional;
use super::types::Workload;
use super::wording::quoted;
use super::{keys, values};
use crate::model::Pause;

const EXAMPLE: &str = "`- { at: 2s, kill: database, for: 500ms }`";
const VERBS: [&str; 4] = ["kill", "stop", "cut", "slow"];
/// Each is a line of the report.
const MOST: i128 = 1000;

/// What is read of a fault, and where its moment stands.
#[derive(Debug)]
pub(super) struct Placed<'a> {
    fault: Fault,
    at: Place<'a>,
    times: Option<Place<'a>>,
}

pub(super) fn read<'a>(place: &Place<'a>, reader: &mut Reader) -> Option<Vec<Placed<'a>>> {
    let items = fields::items(place, EXAMPLE, reader)?;
    if items.is_empty() {
        let hint = format!("for example {EXAMPLE}, or remove it");
        reader.report(place.name(), "`faults` is an empty list", hint);
        return None;
    }
    let faults: Vec<Option<Placed<'_>>> =
        (0..).zip(items).map(|(index, node)| read_one(place.item(index, node), reader)).collect();
    let faults: Vec<Placed<'_>> = faults.into_iter().collect::<Option<_>>()?;
    let all: u64 = faults.iter().map(|placed| u64::from(placed.fault.times)).sum();
    if i128::from(all) > MOST {
        let message = format!("there are {all} faults in all");
        reader.report(place.name(), message, format!("the most is {MOST}"));
        return None;
    }
    Some(faults)
}

/// What is left when nothing speaks against it: all of them come while the
/// scenarios go on, and there is no other service than ours to befall.
pub(super) fn check(
    faults: Vec<Placed<'_>>,
    target: Option<&Place<'_>>,
    workloads: Vec<&Workload>,
    reader: &mut Reader,
) -> Vec<Fault> {
    if let Some(place) = target {
        let message = "`faults` befall a server of our own, and `target` names another one";
        let hint = "remove one of the two; `--mode` chooses how our own server works".to_owned();
        reader.report(place.name(), message, hint);
    }
    let end = fault::end(workloads);
    for Placed { fault, at, times } in &faults {
        let over = format!("no iteration begins after {}", format_duration(end));
        if fault.at.min >= end {
            let message = format!("`{}` is after the end of the run", at.label);
            reader.report(at.value(), message, over);
        } else if let Some(times) = times.as_ref().filter(|_| fault.last() >= end) {
            let last = format_duration(fault.last());
            let message = format!("the last of these comes at {last}, after the end of the run");
            reader.report(times.value(), message, over);
        }
    }
    faults.into_iter().map(|placed| placed.fault).collect()
}

fn read_one<'a>(place: Place<'a>, reader: &mut Reader) -> Option<Placed<'a>> {
    let written = written(&place, reader);
    let fields = Fields::of(place, EXAMPLE, reader)?;
    fields.check_keys(keys::FAULT, |key| keys::elsewhere(key, keys::FAULT), reader);
    let at = fields.get("at");
    if at.is_none() && fields.lacks("at", keys::FAULT) {
        let hint = "`at: 2s`, or `at: 1s..3s` for a moment that the seed draws".to_owned();
        reader.report(fields.name(), "this fault has no `at`", hint);
    }
    let moment = at.as_ref().and_then(|place| values::pause(place, reader));
    let kind = kind(&fields, reader);
    let lasts = lasts(&fields, reader);
    let (times, every) = repeats(&fields, lasts, reader)?;
    let fault = Fault { kind: kind?, at: moment?, lasts: lasts?, times, every, place: written };
    Some(Placed { fault, at: at?, times: fields.get("times") })
}

/// `crash.yaml:12`
fn written(place: &Place<'_>, reader: &Reader) -> String {
    let start = place.value().span.map(|span| span.start);
    let file = reader.files.get(start.map_or(0, |start| start.file));
    let file = file.map_or("", |file| file.name.as_str());
    match start {
        Some(start) => format!("{file}:{}", start.line),
        None => file.to_owned(),
    }
}

fn kind(fields: &Fields<'_>, reader: &mut Reader) -> Option<FaultKind> {
    let given: Vec<Place<'_>> = VERBS.iter().filter_map(|verb| fields.get(verb)).collect();
    let [verb] = &given[..] else {
        match given.get(1) {
            Some(second) => {
                let message =
                    format!("`{}` and `{}` exclude each other", given[0].label, second.label);
                reader.report(second.name(), message, "make two faults of it".to_owned());
            }
            None if VERBS.iter().all(|verb| fields.lacks(verb, keys::FAULT)) => {
                let hint = "`kill: database`, `stop: database`, `cut: connections` or \
                            `slow: connections`";
                reader.report(fields.name(), "this fault does nothing", hint.to_owned());
            }
            None => {}
        }
        return None;
    };
    let on_database = matches!(verb.label.as_str(), "kill" | "stop");
    let only = if on_database { "database" } else { "connections" };
    let known = is(verb, only, reader);
    let way = way(fields, on_database, reader);
    let by = by(fields, &verb.label, reader);
    known?;
    Some(match verb.label.as_str() {
        "kill" => FaultKind::KillDatabase,
        "stop" => FaultKind::StopDatabase,
        "cut" => FaultKind::CutConnections(way?),
        _ => FaultKind::SlowConnections { to: way?, by: by? },
    })
}

/// The one thing that a verb can befall.
fn is(verb: &Place<'_>, only: &str, reader: &mut Reader) -> Option<()> {
    let example = format!("`{}: {only}`", verb.label);
    let text = values::text(verb, &example, reader)?;
    if text == only {
        return Some(());
    }
    let message = format!("`{}` does not go with {}", verb.label, quoted(&text));
    let hint = match text.as_str() {
        "database" => "a database can be killed or stopped: `kill: database`".to_owned(),
        "connections" => "connections can be cut or slowed down: `cut: connections`".to_owned(),
        "server" => {
            "`cut: connections` with `to: server` takes it away from its clients".to_owned()
        }
        _ => format!("write {example}"),
    };
    reader.report(verb.value(), message, hint);
    None
}

fn way(fields: &Fields<'_>, on_database: bool, reader: &mut Reader) -> Option<Way> {
    let Some(place) = fields.get("to") else { return Some(Way::ToDatabase) };
    if on_database {
        let hint = "connections go somewhere: it is for `cut` and `slow`".to_owned();
        reader.report(place.name(), "`to` says nothing here", hint);
        return None;
    }
    match values::text(&place, "`to: database`", reader)?.as_str() {
        "database" => Some(Way::ToDatabase),
        "server" => Some(Way::ToServer),
        other => {
            let hint = "`database`: from the server to its database; `server`: from the virtual \
                        users to the server"
                .to_owned();
            reader.report(place.value(), format!("unknown end {}", quoted(other)), hint);
            None
        }
    }
}

fn by(fields: &Fields<'_>, verb: &str, reader: &mut Reader) -> Option<Duration> {
    match (fields.get("by"), verb) {
        (Some(place), "slow") => values::time_limit(&place, reader),
        (Some(place), _) => {
            let hint = "only what is slowed down is late by some time".to_owned();
            reader.report(place.name(), format!("`by` does not go with `{verb}`"), hint);
            None
        }
        (None, "slow") if fields.lacks("by", keys::FAULT) => {
            let hint = "how much later an answer comes: `by: 50ms`".to_owned();
            reader.report(fields.name(), "this fault has no `by`", hint);
            None
        }
        (None, _) => None,
    }
}

/// How long it lasts. What is killed can be back at once, and a cut is done.
fn lasts(fields: &Fields<'_>, reader: &mut Reader) -> Option<Pause> {
    let needs = ["stop", "slow"].into_iter().find(|verb| fields.has(verb));
    let Some(place) = fields.get("for") else {
        if let Some(verb) = needs.filter(|_| fields.lacks("for", keys::FAULT)) {
            let hint = "how long it lasts: `for: 1s`".to_owned();
            reader.report(fields.name(), format!("`{verb}` without `for` has no end"), hint);
            return None;
        }
        return Some(Pause::NONE);
    };
    let lasts = values::pause(&place, reader)?;
    if let Some(verb) = needs.filter(|_| lasts.min.is_zero()) {
        let message = format!("`{verb}` does nothing in no time");
        reader.report(place.value(), message, "for example `for: 1s`".to_owned());
        return None;
    }
    Some(lasts)
}

/// How often it comes, and how long it is from one time to the next.
fn repeats(fields: &Fields<'_>, lasts: Option<Pause>, reader: &mut Reader) -> Option<(u32, Pause)> {
    let (times, every) = (fields.get("times"), fields.get("every"));
    for (given, other) in [(&times, "every"), (&every, "times")] {
        if let Some(place) = given
            && fields.lacks(other, keys::FAULT)
        {
            let hint = "for example `every: 1s` and `times: 20`".to_owned();
            reader.report(place.name(), format!("`{}` needs `{other}`", place.label), hint);
            return None;
        }
    }
    let count =
        times.map(|place| values::whole(&place, 1..=MOST, reader).map(|times| times as u32));
    let pause = every.as_ref().map(|place| values::pause(place, reader));
    let (count, pause) = (optional(count)?, optional(pause)?);
    if let (Some(place), Some(pause), Some(lasts)) = (&every, pause, lasts)
        && pause.min <= lasts.max
    {
        let message = "it would begin again before it is over";
        let hint = format!("let `every` be longer than `for`, which is {lasts}");
        reader.report(place.value(), message, hint);
        return None;
    }
    Some((count.unwrap_or(1), pause.unwrap_or(Pause::NONE)))
}
