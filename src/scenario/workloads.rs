use super::fields::Fields;
use super::operations::{self, MOST_COUNTED, Operations};
use super::position::Spot;
use super::reader::{Place, Reader};
use super::types::{Body, Retry, Workload};
use super::wording::quoted;
use super::{executor, keys, values};

const EXAMPLE: &str = "`user-1: { executor: shared-iterations, operations: [...] }`";
const DEFAULT_ATTEMPTS: u32 = 3;
const MOST_ATTEMPTS: i128 = 100;
/// What a script's function is called when nothing else is said, as in k6.
pub(super) const DEFAULT_FUNCTION: &str = "default";

/// A workload, and where its operations stand in the text.
#[derive(Debug)]
pub(super) struct Placed {
    pub(super) workload: Workload,
    pub(super) spots: Vec<Spot>,
}

/// `scenarios:`.
pub(super) fn read(place: Place<'_>, has_script: bool, reader: &mut Reader) -> Option<Vec<Placed>> {
    let fields = Fields::of(place, EXAMPLE, reader)?;
    if fields.is_empty() {
        reader.report(
            fields.name(),
            "`scenarios` is empty",
            format!("add one, for example {EXAMPLE}"),
        );
        return None;
    }
    let workloads: Vec<Option<Placed>> =
        fields.iter().map(|(name, place)| workload(name, place, has_script, reader)).collect();
    workloads.into_iter().collect()
}

fn workload(name: &str, place: Place<'_>, has_script: bool, reader: &mut Reader) -> Option<Placed> {
    let named = values::check_name(name, &place, reader);
    let fields = Fields::of(place, "`executor: shared-iterations`", reader)?;
    let kind = executor::kind(&fields, reader);
    fields.check_keys(keys::WORKLOAD, |key| keys::elsewhere(key, keys::WORKLOAD), reader);
    let body = body(&fields, kind, has_script, reader);
    let planned = body.as_ref().and_then(|(_, planned, _)| *planned);
    let planned = planned.filter(|_| kind.is_some_and(executor::Kind::counts_iterations));
    let executor = executor::read(&fields, kind, planned, reader);
    if let (Some(planned), Some(executor::Executor::PerVuIterations { vus, .. })) =
        (planned, &executor)
        && planned.saturating_mul((*vus).into()) > MOST_COUNTED
    {
        operations::too_many(fields.name(), reader);
    }
    let mut time = |key: &str| fields.get(key).map(|place| values::duration(&place, reader));
    let start_time = time("start_time").unwrap_or(Some(std::time::Duration::ZERO));
    let graceful_stop = time("graceful_stop").unwrap_or(Some(executor::GRACEFUL_STOP));
    let retry = fields.get("retry").map(|place| retry(place, reader));
    let tags = fields.get("tags").map(|place| super::service::tags(place, reader));
    let (body, _, spots) = body?;
    if !named {
        return None;
    }
    let workload = Workload {
        name: name.to_owned(),
        executor: executor?,
        start_time: start_time?,
        graceful_stop: graceful_stop?,
        retry: match retry {
            None => None,
            Some(retry) => Some(retry?),
        },
        tags: super::service::optional(tags)?.unwrap_or_default(),
        body,
    };
    Some(Placed { workload, spots })
}

fn retry(place: Place<'_>, reader: &mut Reader) -> Option<Retry> {
    let fields = Fields::of(place, "`retry: { attempts: 3, idempotency_key: true }`", reader)?;
    fields.check_keys(keys::RETRY, |key| keys::elsewhere(key, keys::RETRY), reader);
    let attempts = match fields.get("attempts") {
        Some(place) => values::whole(&place, 1..=MOST_ATTEMPTS, reader)? as u32,
        None => DEFAULT_ATTEMPTS,
    };
    let idempotency_key = match fields.get("idempotency_key") {
        Some(place) => values::boolean(&place, reader)?,
        None => false,
    };
    Some(Retry { attempts, idempotency_key })
}

/// What an iteration does, how many iterations its counts make, and where its
/// operations stand.
fn body(
    fields: &Fields<'_>,
    kind: Option<executor::Kind>,
    has_script: bool,
    reader: &mut Reader,
) -> Option<(Body, Option<u64>, Vec<Spot>)> {
    let operations = fields.get("operations");
    let function = fields.get("exec");
    if reader.is_script() {
        if let Some(place) = operations {
            let hint = "in a script, `exec` names the function that an iteration runs";
            reader.report(place.name(), "`operations` belong in a YAML file", hint.to_owned());
        }
        return match function {
            Some(place) => exec(&place, reader),
            None => Some((Body::Function(DEFAULT_FUNCTION.into()), None, Vec::new())),
        };
    }
    if let Some(place) = function {
        let body = exec(&place, reader);
        if let Some(operations) = operations {
            let hint = "an iteration runs either operations or a function: remove one".to_owned();
            reader.report(place.name(), "`exec` and `operations` exclude each other", hint);
            operations::read(&operations, kind, reader);
            return None;
        }
        if !has_script {
            let hint = "add `lua: FILE` at the top level".to_owned();
            reader.report(place.name(), "`exec` names a function, but there is no script", hint);
            return None;
        }
        return body;
    }
    let Some(place) = operations else {
        if !fields.lacks("operations", keys::WORKLOAD) {
            return None;
        }
        let message = format!("`{}` has no `operations`", fields.place.label);
        let hint = "for example `operations: [{ deposit: 10, account: 1 }]`".to_owned();
        reader.report(fields.name(), message, hint);
        return None;
    };
    let Operations { operations, selection, spots, planned } =
        operations::read(&place, kind, reader)?;
    Some((Body::Operations { operations, selection }, planned, spots))
}

fn exec(place: &Place<'_>, reader: &mut Reader) -> Option<(Body, Option<u64>, Vec<Spot>)> {
    let name = values::name(place, "`exec: transfer_money`", reader)?;
    let word = |char: char| char == '_' || char.is_ascii_alphanumeric();
    if !name.chars().all(word) || name.starts_with(|char: char| char.is_ascii_digit()) {
        let message = format!("{} cannot be the name of a function", quoted(&name));
        reader.report(place.value(), message, "letters, digits and `_`".to_owned());
        return None;
    }
    Some((Body::Function(name), None, Vec::new()))
}
