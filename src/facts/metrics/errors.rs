use std::collections::BTreeMap;
use std::sync::Arc;

/// Errors are told apart up to so many; a service that puts a new text into
/// each must not fill the memory.
const DISTINCT: usize = 50;

/// Counts an error under its text or, when there are too many, with others.
pub(super) fn count(errors: &mut BTreeMap<Arc<str>, u64>, error: Option<&Arc<str>>) {
    let Some(error) = error else { return };
    if let Some(count) = errors.get_mut(error) {
        *count += 1;
    } else if errors.len() < DISTINCT {
        errors.insert(error.clone(), 1);
    } else {
        *errors.entry("other errors".into()).or_default() += 1;
    }
}
