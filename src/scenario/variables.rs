//! `variables`, and whether everything that templates name is there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value as Json;

use super::fields::Fields;
use super::keys;
use super::reader::{Place, Reader};
use super::service::{self, Declared};
use super::types::Data;
use super::wording::{list_of, quoted, shortened};
use crate::template::{FUNCTIONS, Scope};

/// `variables: { qty: 2 }`
pub(super) fn read(place: Place<'_>, reader: &mut Reader) -> Option<BTreeMap<Arc<str>, Json>> {
    let fields = Fields::of(place, "`variables: { qty: 2 }`", reader)?;
    let variables: Vec<Option<(Arc<str>, Json)>> = fields
        .iter()
        .map(|(name, place)| {
            let named = check_name(name, &place, reader);
            reader.knows(name);
            let value = service::json(&place, reader)?;
            let Some(value) = value.fixed() else {
                let message = "a variable of the file is the same everywhere";
                let hint = "put the template where the value is used";
                reader.report(place.value(), message, hint.to_owned());
                return None;
            };
            named.then(|| (name.into(), value.clone()))
        })
        .collect();
    variables.into_iter().collect()
}

pub(super) fn check_name(name: &str, place: &Place<'_>, reader: &mut Reader) -> bool {
    let (message, hint) = if !keys::is_variable(name) {
        (format!("`{name}` cannot be the name of a variable"), "letters, digits and `_`")
    } else if FUNCTIONS.contains(&name) {
        (format!("the name `{name}` is taken"), "it is a function of templates; choose another")
    } else if Scope::built_in().any(|known| known == name) || name == Declared::KEY {
        (format!("the name `{name}` is taken"), "templates know it as something else already")
    } else {
        return true;
    };
    reader.report(place.name(), message, hint.to_owned());
    false
}

/// Reports what templates need and nothing gives.
pub(super) fn check_needed(
    variables: &BTreeMap<Arc<str>, Json>,
    data: &[Data],
    reader: &mut Reader,
) {
    let mut known: BTreeSet<String> = variables.keys().map(|name| name.to_string()).collect();
    known.extend(data.iter().map(|data| data.rows.name().to_owned()));
    known.extend(reader.captured.iter().map(|name| name.to_string()));
    known.extend(Scope::built_in().map(str::to_owned));
    known.insert(Declared::KEY.to_owned());
    let mut needed = std::mem::take(&mut reader.needed);
    needed.retain(|(name, ..)| !known.contains(name));
    // What one operation lacks in one place is one mistake.
    for lacking in
        needed.chunk_by(|(_, spot, of), (_, next, also)| of.is_some() && of == also && spot == next)
    {
        let names: Vec<&str> = lacking.iter().map(|(name, ..)| name.as_str()).collect();
        let [(name, spot, operation), ..] = lacking else { continue };
        let (message, hint) = match operation {
            Some(operation) => {
                let operation = shortened(operation);
                (
                    format!("`{operation}` needs {}", list_of(&names)),
                    format!("for example `{operation}: {{ {} }}`", example_of(names)),
                )
            }
            None => {
                let hint = reader.did_you_mean(name, known.iter().map(String::as_str));
                let hint = hint.unwrap_or_else(|| {
                    "variables come from `variables`, `data`, `capture`, and where an operation \
                     is used"
                        .to_owned()
                });
                (format!("there is no variable {}", quoted(name)), hint)
            }
        };
        reader.report(spot.clone(), message, hint);
    }
}

/// `qty: 1, seat: 1`, of the first ones.
pub(super) fn example_of<'a>(parameters: impl IntoIterator<Item = &'a str>) -> String {
    const SHOWN: usize = 5;
    let shown = parameters.into_iter().take(SHOWN);
    shown.map(|name| format!("{}: 1", shortened(name))).collect::<Vec<_>>().join(", ")
}
