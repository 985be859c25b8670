//! A checker that crashes knows nothing; it does not take the run with it.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// What `work` returns, or what it said when it panicked.
pub(super) fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| {
        let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        text.or_else(|| panic.downcast_ref::<String>().cloned())
            .unwrap_or_else(|| "the checker crashed".to_owned())
    })
}
