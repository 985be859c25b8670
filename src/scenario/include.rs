//! `include`: what several scenarios have in common, in files of its own.

use std::path::Path;

use super::load::LARGEST;
use super::reader::{Place, Reader};
use super::tree::{Entry, Node, Value};
use super::wording::quoted;
use super::{fields, values, yaml};

/// Files within files, at most so deep.
const DEEPEST: usize = 8;
const MOST: usize = 32;
const EXAMPLE: &str = "`include: common.yaml` or `include: [accounts.yaml, operations.yaml]`";

/// The document with all that it includes. What a file says itself stands over
/// what it includes; a later file of the list stands over an earlier one.
/// Mappings are joined entry by entry.
pub(super) fn resolve(root: Node, reader: &mut Reader) -> Node {
    let mut open = vec![reader.file];
    expand(root, &mut open, reader)
}

fn expand(mut root: Node, open: &mut Vec<usize>, reader: &mut Reader) -> Node {
    let Value::Map(entries) = &mut root.value else { return root };
    let Some(index) = entries.iter().position(|entry| entry.key == "include") else { return root };
    let include = entries.remove(index);
    let place = Place::root(&root, "a scenario").entry(&include);
    let included: Vec<Node> =
        paths(&place, reader).into_iter().filter_map(|place| file(&place, open, reader)).collect();
    let Value::Map(entries) = &mut root.value else { return root };
    for node in included.into_iter().rev() {
        if let Value::Map(theirs) = node.value {
            join(entries, theirs);
        }
    }
    root
}

fn paths<'a>(place: &Place<'a>, reader: &mut Reader) -> Vec<Place<'a>> {
    if matches!(place.node.value, Value::Text(_)) {
        return vec![place.clone()];
    }
    let items = fields::items(place, EXAMPLE, reader).unwrap_or_default();
    (0..).zip(items).map(|(index, node)| place.item(index, node)).collect()
}

/// The tree of one file, with what that file includes.
fn file(place: &Place<'_>, open: &mut Vec<usize>, reader: &mut Reader) -> Option<Node> {
    let name = values::text(place, EXAMPLE, reader)?;
    let path = reader.folder(place).join(&name);
    let known = |path: &Path, file: usize, reader: &Reader| {
        let same = |a: &Path, b: &Path| match (a.canonicalize(), b.canonicalize()) {
            (Ok(a), Ok(b)) => a == b,
            _ => a == b,
        };
        same(path, Path::new(&reader.files[file].name))
    };
    let refusal = if open.iter().any(|file| known(&path, *file, reader)) {
        Some((format!("{} includes itself", quoted(&name)), "remove one of the includes"))
    } else if open.len() > DEEPEST {
        Some((format!("files include files more than {DEEPEST} levels deep"), "include it earlier"))
    } else if reader.files.len() > MOST {
        Some((format!("more than {MOST} files are included"), "put some of them together"))
    } else {
        None
    };
    if let Some((message, hint)) = refusal {
        reader.report(place.value(), message, hint.to_owned());
        return None;
    }
    let text = match reader.root.text(&path, LARGEST) {
        Ok(text) => text,
        Err(error) => {
            let message = format!("{} cannot be included: {error}", quoted(&name));
            reader.report(place.value(), message, error.hint().to_owned());
            return None;
        }
    };
    let before = reader.file;
    reader.enter(path.display().to_string(), text.clone());
    open.push(reader.file);
    let node = yaml::parse(&text, reader).map(|node| {
        if !matches!(node.value, Value::Map(_)) {
            let place = Place::root(&node, "an included file");
            fields::wrong_type(&place, "a mapping", "`accounts: { 1: 1000 }`", reader);
        }
        expand(node, open, reader)
    });
    open.pop();
    reader.file = before;
    node
}

/// Adds what is not there yet. Mappings below are joined in turn, once.
fn join(ours: &mut Vec<Entry>, theirs: Vec<Entry>) {
    for entry in theirs {
        match ours.iter_mut().find(|known| known.key == entry.key) {
            None => ours.push(entry),
            Some(known) => {
                if let (Value::Map(ours), Value::Map(theirs)) =
                    (&mut known.value.value, entry.value.value)
                {
                    let missing = theirs
                        .into_iter()
                        .filter(|entry| !ours.iter().any(|known| known.key == entry.key));
                    let missing: Vec<Entry> = missing.collect();
                    ours.extend(missing);
                }
            }
        }
    }
}
