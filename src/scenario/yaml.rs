//! From text to a tree, event by event, on a stack of our own: neither depth
//! nor size of a hostile file reaches the program's stack or memory.

use std::collections::HashMap;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Tag};

use super::interpolation::{self, Fault, Filled};
use super::position::{Position, Span, Spot};
use super::problem::{Grade, Problem};
use super::reader::Reader;
use super::scalar;
use super::syntax;
use super::tree::{Entry, Node, Value};
use super::wording::quoted;

/// Scenarios are four levels deep.
const DEEPEST: usize = 64;
/// What a document may weigh, aliases written out: one for each value and one
/// more for every 64 bytes of text.
const HEAVIEST: usize = 500_000;

/// The document, or nothing when its problems leave none to read on from.
pub(super) fn parse(text: &str, reader: &mut Reader) -> Option<Node> {
    if let Some((span, message)) = syntax::unprintable(text, reader.file) {
        reader.report(Spot { path: String::new(), span: Some(span) }, message, None);
        return None;
    }
    let file = reader.file;
    let mut builder =
        Builder { reader, open: Vec::new(), anchors: HashMap::new(), root: None, weight: 0 };
    for event in Parser::new_from_str(text) {
        let step = match event {
            Ok((event, span)) => builder.take(event, span_of(span, file)),
            Err(error) => {
                let (message, hint) = syntax::explain(&error, text);
                Err(Stop { span: point(error.marker(), file), message, hint })
            }
        };
        if let Err(stop) = step {
            let spot = Spot { path: String::new(), span: Some(stop.span) };
            builder.reader.report(spot, stop.message, stop.hint);
            return None;
        }
    }
    builder.root
}

/// What makes reading on pointless.
struct Stop {
    span: Span,
    message: String,
    hint: Option<String>,
}

struct Builder<'r> {
    reader: &'r mut Reader,
    open: Vec<Open>,
    anchors: HashMap<usize, (Node, usize)>,
    root: Option<Node>,
    weight: usize,
}

/// A list or mapping whose end has not come yet.
struct Open {
    span: Span,
    anchor: usize,
    /// The document's weight before it.
    before: usize,
    unreadable: bool,
    inside: Inside,
}

enum Inside {
    List(Vec<Node>),
    Map(OpenMap),
}

#[derive(Default)]
struct OpenMap {
    entries: Vec<Entry>,
    places: HashMap<String, Span>,
    key: Option<Key>,
    /// What `<<` brings in.
    merged: Vec<Node>,
}

enum Key {
    Name(String, Span),
    Merge,
    /// Reported already; its value goes with it.
    Unusable,
}

impl Builder<'_> {
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), Stop> {
        match event {
            Event::DocumentStart(_) if self.root.is_some() => Err(Stop {
                span,
                message: "a second document begins here".into(),
                hint: Some(
                    "one file holds one scenario: remove the `---` or split the file".into(),
                ),
            }),
            Event::Scalar(text, style, anchor, tag) => {
                self.grow(1 + text.len() / 64, span)?;
                let before = self.weight - 1 - text.len() / 64;
                if self.awaits_key() {
                    self.take_key(&text, style, span);
                    return Ok(());
                }
                let value = self.scalar(&text, style, tag.as_deref(), span);
                self.finish(Node { span: Some(span), value }, anchor, before, span)
            }
            Event::SequenceStart(anchor, tag) => {
                self.begin(Inside::List(Vec::new()), anchor, tag.as_deref(), span)
            }
            Event::MappingStart(anchor, tag) => {
                self.begin(Inside::Map(OpenMap::default()), anchor, tag.as_deref(), span)
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(span),
            Event::Alias(anchor) => {
                let Some((node, weight)) = self.anchors.get(&anchor) else {
                    return Err(Stop {
                        span,
                        message: "this alias stands inside of what it repeats".into(),
                        hint: None,
                    });
                };
                let (weight, before) = (*weight, self.weight);
                if self.weight + weight > HEAVIEST {
                    return Err(too_heavy(span));
                }
                let node = node.clone();
                self.grow(weight, span)?;
                if self.awaits_key() {
                    self.bad_key(span, "a key cannot be an alias");
                    self.set_key(Key::Unusable);
                    return Ok(());
                }
                self.finish(node, 0, before, span)
            }
            _ => Ok(()),
        }
    }

    fn grow(&mut self, weight: usize, span: Span) -> Result<(), Stop> {
        self.weight += weight;
        if self.weight > HEAVIEST { Err(too_heavy(span)) } else { Ok(()) }
    }

    fn begin(
        &mut self,
        inside: Inside,
        anchor: usize,
        tag: Option<&Tag>,
        span: Span,
    ) -> Result<(), Stop> {
        if self.open.len() == DEEPEST {
            return Err(Stop {
                span,
                message: format!("nested more than {DEEPEST} levels deep"),
                hint: Some("a scenario needs about five".into()),
            });
        }
        let before = self.weight;
        self.grow(1, span)?;
        if self.awaits_key() && !self.is_unquoted(&inside, span) {
            self.bad_key(span, "a key must be text or a number, not a list or mapping");
        }
        let unreadable = tag.is_some_and(|tag| {
            let expected = matches!(inside, Inside::List(_)) && is_core(tag, "seq")
                || matches!(inside, Inside::Map(_)) && is_core(tag, "map");
            !expected
        });
        if unreadable && let Some(tag) = tag {
            self.bad_tag(tag, span);
        }
        self.open.push(Open { span, anchor, before, unreadable, inside });
        Ok(())
    }

    fn end(&mut self, end: Span) -> Result<(), Stop> {
        let Some(open) = self.open.pop() else { return Ok(()) };
        let value = match open.inside {
            _ if open.unreadable => Value::Unreadable,
            Inside::List(items) => Value::List(items),
            Inside::Map(map) => Value::Map(self.merge(map)),
        };
        let span = Span { start: open.span.start, end: end.end };
        self.finish(Node { span: Some(span), value }, open.anchor, open.before, span)
    }

    /// Puts a whole value where it belongs.
    fn finish(&mut self, node: Node, anchor: usize, before: usize, span: Span) -> Result<(), Stop> {
        if anchor != 0 {
            let weight = self.weight - before;
            self.grow(weight, span)?;
            self.anchors.insert(anchor, (node.clone(), weight));
        }
        match self.open.last_mut().map(|open| &mut open.inside) {
            None => self.root = Some(node),
            Some(Inside::List(items)) => items.push(node),
            Some(Inside::Map(map)) => match map.key.take() {
                None => map.key = Some(Key::Unusable),
                Some(Key::Unusable) => {}
                Some(Key::Merge) => map.merged.push(node),
                Some(Key::Name(key, key_span)) => {
                    map.entries.push(Entry { key, key_span: Some(key_span), value: node });
                }
            },
        }
        Ok(())
    }

    fn awaits_key(&self) -> bool {
        matches!(
            self.open.last(),
            Some(Open { inside: Inside::Map(OpenMap { key: None, .. }), .. })
        )
    }

    fn take_key(&mut self, text: &str, style: ScalarStyle, span: Span) {
        let plain = style == ScalarStyle::Plain;
        if plain && text == "<<" {
            self.set_key(Key::Merge);
        } else if plain && text.is_empty() {
            self.bad_key(span, "a key is missing before this `:`");
            self.set_key(Key::Unusable);
        } else {
            // In quotes it is a text, whatever number it looks like.
            let name = if plain { scalar::key(text) } else { text.to_owned() };
            self.name_key(name, span);
        }
    }

    fn name_key(&mut self, name: String, span: Span) {
        let path = self.path();
        let Some(Open { inside: Inside::Map(map), .. }) = self.open.last_mut() else { return };
        if let Some(first) = map.places.get(&name).copied() {
            map.key = Some(Key::Unusable);
            self.reader.add(Problem {
                grade: Grade::Error,
                path,
                span: Some(span),
                message: format!("{} is given twice", quoted(&name)),
                hint: Some("keep one of them".into()),
                related: Some((first, "first given here".into())),
            });
        } else {
            map.places.insert(name.clone(), span);
            map.key = Some(Key::Name(name, span));
        }
    }

    fn set_key(&mut self, key: Key) {
        if let Some(Open { inside: Inside::Map(map), .. }) = self.open.last_mut() {
            map.key = Some(key);
        }
    }

    fn bad_key(&mut self, span: Span, message: &str) {
        let spot = Spot { path: self.path(), span: Some(span) };
        self.reader.report(spot, message, None);
    }

    /// Whether `{{ ... }}` was meant as a text, as which it needs quotes. It is
    /// reported, and read as something unreadable.
    fn is_unquoted(&mut self, inside: &Inside, span: Span) -> bool {
        let Some(open) = self.open.last_mut() else { return false };
        let next = Position { column: open.span.start.column + 1, ..open.span.start };
        if !matches!(inside, Inside::Map(_)) || next != span.start {
            return false;
        }
        open.unreadable = true;
        let span = Span { start: open.span.start, ..span };
        let spot = Spot { path: self.path(), span: Some(span) };
        let hint = format!("quote it: {}", syntax::quoted_like("{{"));
        self.reader.report(spot, "to YAML these are two mappings, not a text", hint);
        true
    }

    /// The keys that lead to where we are.
    fn path(&self) -> String {
        let keys = self.open.iter().filter_map(|open| match &open.inside {
            Inside::Map(OpenMap { key: Some(Key::Name(name, _)), .. }) => {
                Some(super::wording::shortened(name))
            }
            _ => None,
        });
        keys.collect::<Vec<_>>().join(".")
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, tag: Option<&Tag>, span: Span) -> Value {
        let filled = match self.fill(text, span) {
            Ok(filled) => filled,
            Err(()) => return Value::Unreadable,
        };
        let resolve = match filled {
            Filled::Whole(_) => scalar::of_variable,
            _ if style == ScalarStyle::Plain => scalar::resolve,
            _ => |text: &str| Value::Text(text.into()),
        };
        let text = match &filled {
            Filled::Unchanged => text,
            Filled::Text(text) | Filled::Whole(text) => text.as_str(),
        };
        match tag {
            None => resolve(text),
            Some(tag) if is_core(tag, "str") => Value::Text(text.into()),
            Some(tag) => {
                self.bad_tag(tag, span);
                Value::Unreadable
            }
        }
    }

    /// Puts in what `${NAME}` stands for.
    fn fill(&mut self, text: &str, span: Span) -> Result<Filled, ()> {
        let fault = match interpolation::fill(text, &self.reader.environment) {
            Ok(filled) => return Ok(filled),
            Err(fault) => fault,
        };
        let (message, hint) = match fault {
            Fault::Missing(name) => (
                format!("the variable {} is not set", quoted(&name)),
                format!("give it with `-e {name}=VALUE`, or write `${{{name}:-default}}`"),
            ),
            Fault::Malformed => (
                "`${` begins a variable, and this is none".to_owned(),
                "write `${NAME}` or `${NAME:-default}`; `$${` stands for `${`".to_owned(),
            ),
        };
        self.reader.report(Spot { path: self.path(), span: Some(span) }, message, hint);
        Err(())
    }

    fn bad_tag(&mut self, tag: &Tag, span: Span) {
        let handle = if tag.is_yaml_core_schema() { "!!" } else { &tag.handle };
        let name = quoted(&format!("{handle}{}", tag.suffix));
        let spot = Spot { path: self.path(), span: Some(span) };
        let hint = "scenarios need no tags; remove it".to_owned();
        self.reader.report(spot, format!("the tag {name} has no meaning here"), hint);
    }

    /// What a mapping itself says goes before what `<<` brings in.
    fn merge(&mut self, map: OpenMap) -> Vec<Entry> {
        let OpenMap { mut entries, mut places, merged, .. } = map;
        let sources = merged.into_iter().flat_map(|node| match node.value {
            Value::List(items) => items,
            _ => vec![node],
        });
        for source in sources {
            let Value::Map(inherited) = source.value else {
                let spot = Spot { path: self.path(), span: source.span };
                let hint = "for example `<<: *anchor`".to_owned();
                self.reader.report(spot, "`<<` takes a mapping or a list of mappings", hint);
                continue;
            };
            for entry in inherited {
                if !places.contains_key(&entry.key) {
                    places.insert(entry.key.clone(), entry.key_span.unwrap_or_default());
                    entries.push(entry);
                }
            }
        }
        entries
    }
}

fn is_core(tag: &Tag, name: &str) -> bool {
    tag.is_yaml_core_schema() && tag.suffix == name
}

fn too_heavy(span: Span) -> Stop {
    Stop {
        span,
        message: "the document is too large from here on".into(),
        hint: Some("fewer or smaller values; aliases count as what they repeat".into()),
    }
}

fn span_of(span: saphyr_parser::Span, file: usize) -> Span {
    Span { start: position(&span.start, file), end: position(&span.end, file) }
}

fn point(marker: &Marker, file: usize) -> Span {
    let start = position(marker, file);
    Span { start, end: Position { column: start.column + 1, ..start } }
}

fn position(marker: &Marker, file: usize) -> Position {
    Position { file, line: marker.line(), column: marker.col() }
}
