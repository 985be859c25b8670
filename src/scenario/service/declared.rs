use std::sync::Arc;

use super::expected::any_of;
use super::request::{self, optional};
use super::spots::{Part, Spots};
use super::types::Declared;
use super::{effect, templates};
use crate::model::without_credentials;
use crate::scenario::fields::Fields;
use crate::scenario::reader::{Place, Reader};
use crate::scenario::wording::{quoted, shortened};
use crate::scenario::{keys, values};

const EXAMPLE: &str = "`reserve: { request: { method: POST, path: /reserve } }`";

/// `operations:` at the top level: those that are readable. The others are noted.
pub(in crate::scenario) fn read_all(
    place: Place<'_>,
    reader: &mut Reader,
) -> Option<Vec<Arc<Declared>>> {
    let fields = Fields::of(place, EXAMPLE, reader)?;
    let mut all = Vec::new();
    for (name, place) in fields.iter() {
        match one(name, place, reader) {
            Some(declared) => all.push(Arc::new(declared)),
            None => {
                reader.unreadable.insert(name.to_owned());
            }
        }
    }
    Some(all)
}

fn one(name: &str, place: Place<'_>, reader: &mut Reader) -> Option<Declared> {
    let named = check_name(name, &place, reader);
    let shown = shortened(name);
    let example = format!("`{shown}: {{ request: {{ method: POST, path: /{shown} }} }}`");
    let fields = Fields::of(place, &example, reader)?;
    fields.check_keys(keys::DECLARED, |key| keys::elsewhere(key, keys::DECLARED), reader);
    declared(name, &fields, reader).filter(|_| named)
}

/// A request where an operation is expected: declared and used at once.
pub(in crate::scenario) fn inline(fields: &Fields<'_>, reader: &mut Reader) -> Option<Declared> {
    let name = fields.get("name").map(|place| values::name(&place, "`name: log in`", reader));
    let name = optional(name)?;
    let declared = declared(name.as_deref().unwrap_or_default(), fields, reader)?;
    Some(match name {
        Some(_) => declared,
        None => {
            let request = &declared.request;
            let path = without_credentials(&request.path.to_string());
            let name = format!("{} {path}", request.method).into();
            Declared { name, ..declared }
        }
    })
}

fn check_name(name: &str, place: &Place<'_>, reader: &mut Reader) -> bool {
    if keys::STEP.contains(&name) {
        let message = format!("an operation cannot be called {}", quoted(name));
        let hint = "where operations are used this is a key of bankrun's; choose another name";
        let hint = hint.to_owned();
        reader.report(place.name(), message, hint);
        return false;
    }
    values::check_name(name, place, reader)
}

fn declared(name: &str, fields: &Fields<'_>, reader: &mut Reader) -> Option<Declared> {
    let request = match fields.get("request") {
        Some(place) => request::read(place, reader),
        None => {
            // Keys of a request, reported as unknown here, say enough.
            let has_parts = keys::REQUEST.iter().any(|key| fields.has(key));
            if !has_parts && fields.lacks("request", keys::DECLARED) {
                let message = format!("the operation {} has no `request`", quoted(name));
                reader.report(fields.name(), message, format!("for example {EXAMPLE}"));
            }
            None
        }
    };
    let ok = fields.get("ok").map(|place| any_of(place, reader));
    let rejected = fields.get("rejected").map(|place| any_of(place, reader));
    let failed = fields.get("failed").map(|place| any_of(place, reader));
    let unknown = fields.get("unknown").map(|place| any_of(place, reader));
    let effects = fields.get("effect").map(|place| effect::effects(place, reader));
    let captures = fields.get("capture").map(|place| effect::captures(place, reader));
    let checks = fields.get("checks").map(|place| effect::checks(place, reader));
    let resolve = fields.get("resolve").map(|place| effect::resolve(place, reader));
    let tags = fields.get("tags").map(|place| tags(place, reader));
    if let (Some(place), None) = (fields.get("resolve"), &effects) {
        let hint = "add an `effect`, or remove it".to_owned();
        reader.report(place.name(), "`resolve` is of no use without an `effect`", hint);
        return None;
    }
    if let (Some(place), Some(request)) = (fields.get("resolve"), &request)
        && !request.variables().contains(Declared::KEY)
    {
        let hint = "put `{{ key }}`, which is new for each operation, where the service keeps it";
        let message = "`resolve` cannot ask: the request of the operation carries no `{{ key }}`";
        reader.report(place.name(), message, hint.to_owned());
        return None;
    }
    let mut effects = effects;
    if let (Some(Some(effects)), Some(Some(captures)), Some(place)) =
        (&mut effects, &captures, fields.get("effect"))
    {
        effect::note_captures(&place, effects, captures, reader);
    }
    let request = request?;
    // Known here once; asking templates for their variables parses them.
    let is_keyed = request.variables().contains(Declared::KEY);
    Some(Declared {
        name: name.into(),
        request,
        ok: optional(ok)?,
        rejected: optional(rejected)?,
        failed: optional(failed)?,
        unknown: optional(unknown)?,
        effects: optional(effects)?.unwrap_or_default(),
        captures: optional(captures)?.unwrap_or_default(),
        checks: optional(checks)?.unwrap_or_default(),
        resolve: optional(resolve)?,
        tags: optional(tags)?.unwrap_or_default(),
        is_keyed,
        spots: spots(fields),
    })
}

/// Where the parts stand that later messages may be about.
fn spots(fields: &Fields<'_>) -> Spots {
    let mut spots = Spots::default();
    spots.add(Part::Operation, fields.name());
    for part in [Part::Ok, Part::Rejected, Part::Failed] {
        if let Some(place) = fields.get(part.key()) {
            spots.add(part, place.value());
        }
    }
    let effect = fields.get("effect").and_then(Fields::readable);
    for part in [Part::Account, Part::Delta, Part::Balance, Part::To, Part::ToBalance] {
        let key = part.key().rsplit('.').next().unwrap_or_default();
        if let Some(place) = effect.as_ref().and_then(|effect| effect.get(key)) {
            spots.add(part, place.value());
        }
    }
    spots
}

/// `tags: { team: payments }`
pub(in crate::scenario) fn tags(
    place: Place<'_>,
    reader: &mut Reader,
) -> Option<Vec<(Arc<str>, Arc<str>)>> {
    let fields = Fields::of(place, "`tags: { team: payments }`", reader)?;
    let tags: Vec<Option<(Arc<str>, Arc<str>)>> = fields
        .iter()
        .map(|(name, place)| {
            let value = templates::template(&place, "`team: payments`", reader)?;
            if value.fixed().is_none() {
                let hint = "a tag is the same for all samples: write a plain text".to_owned();
                reader.report(place.value(), "a tag cannot be a template", hint);
                return None;
            }
            Some((name.into(), value.source().into()))
        })
        .collect();
    tags.into_iter().collect()
}
