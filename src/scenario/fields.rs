use super::keys;
use super::position::Spot;
use super::reader::{Place, Reader};
use super::suggest;
use super::tree::{Entry, Node, Value};
use super::wording::{list_of, quoted};

/// The entries of one mapping.
#[derive(Clone, Debug)]
pub(super) struct Fields<'a> {
    pub(super) place: Place<'a>,
    entries: &'a [Entry],
}

impl<'a> Fields<'a> {
    /// Reports what is no mapping; `example` shows one.
    pub(super) fn of(place: Place<'a>, example: &str, reader: &mut Reader) -> Option<Self> {
        let entries: &[Entry] = match &place.node.value {
            Value::Map(entries) => entries,
            // A script cannot tell an empty mapping from an empty list.
            Value::List(items) if items.is_empty() && reader.is_script() => &[],
            Value::Unreadable => return None,
            _ => {
                wrong_type(&place, "a mapping", example, reader);
                return None;
            }
        };
        Some(Self { place, entries })
    }

    /// The entries of what was found to be a mapping before; reports nothing.
    pub(super) fn readable(place: Place<'a>) -> Option<Self> {
        match &place.node.value {
            Value::Map(entries) => Some(Self { entries, place }),
            _ => None,
        }
    }

    pub(super) fn get(&self, key: &str) -> Option<Place<'a>> {
        let entry = self.entries.iter().find(|entry| entry.key == key)?;
        // In a script what is nil is not there.
        if entry.key_span.is_none() && matches!(entry.value.value, Value::Nothing) {
            return None;
        }
        Some(self.place.entry(entry))
    }

    /// Whether a key is neither there nor, reported as unknown, misspelt.
    pub(super) fn lacks(&self, key: &str, valid: &[&str]) -> bool {
        const LOOKED_AT: usize = 100;
        let misspelt = |name: &str| {
            let meant = || suggest::nearest(name, valid.iter().copied());
            !valid.contains(&name) && keys::meant(name, valid).or_else(meant) == Some(key)
        };
        !self.has(key) && !self.iter().take(LOOKED_AT).any(|(name, _)| misspelt(name))
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&'a str, Place<'a>)> {
        self.entries.iter().map(|entry| (entry.key.as_str(), self.place.entry(entry)))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(super) fn name(&self) -> Spot {
        self.place.name()
    }

    /// Reports every key that is not among `valid`; says how many there were.
    /// `elsewhere` knows where else a key belongs.
    pub(super) fn check_keys(
        &self,
        valid: &[&str],
        elsewhere: impl Fn(&str) -> Option<String>,
        reader: &mut Reader,
    ) -> usize {
        let mut unknown = 0;
        for (key, place) in self.iter().filter(|(key, _)| !valid.contains(key)) {
            unknown += 1;
            let meant = keys::meant(key, valid).map(|key| format!("did you mean `{key}`?"));
            let hint = meant
                .or_else(|| elsewhere(key))
                .or_else(|| reader.did_you_mean(key, valid.iter().copied()))
                .unwrap_or_else(|| format!("valid here: {}", list_of(valid)));
            reader.report(place.name(), format!("unknown key {}", quoted(key)), hint);
        }
        unknown
    }
}

/// The items of a list.
pub(super) fn items<'a>(
    place: &Place<'a>,
    example: &str,
    reader: &mut Reader,
) -> Option<&'a [Node]> {
    match &place.node.value {
        Value::List(items) => Some(items),
        Value::Map(entries) if entries.is_empty() && reader.is_script() => Some(&[]),
        Value::Unreadable => None,
        _ => {
            wrong_type(place, "a list", example, reader);
            None
        }
    }
}

pub(super) fn wrong_type(place: &Place<'_>, expected: &str, example: &str, reader: &mut Reader) {
    let found = place.node.describe();
    let message = match place.node.value {
        _ if place.path.is_empty() => format!("{} must be {expected}, not {found}", place.label),
        Value::Nothing => format!("`{}` is empty; it takes {expected}", place.label),
        _ => format!("`{}` takes {expected}, not {found}", place.label),
    };
    reader.report(place.value(), message, format!("for example {example}"));
}
