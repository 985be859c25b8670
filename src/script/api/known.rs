use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use hyper::{Method, Uri};

use crate::facts::Tags;

/// A script that makes a new URL each time gains nothing, and must not fill the
/// memory.
const MOST: usize = 64;

/// Where requests of one virtual user go, worked out once.
#[derive(Debug, Default)]
pub(in crate::script) struct Known(Mutex<HashMap<(Method, String), Address>>);

/// What a URL of a script leads to.
#[derive(Clone, Debug)]
pub(super) struct Address {
    /// A path, where it is the target's.
    pub(super) uri: Uri,
    /// The whole URL.
    pub(super) url: String,
    /// What samples of such a request carry, outside of groups.
    pub(super) tags: Tags,
}

impl Known {
    pub(super) fn find(&self, to: &(Method, String)) -> Option<Address> {
        self.all().get(to).cloned()
    }

    pub(super) fn keep(&self, to: (Method, String), address: Address) {
        let mut all = self.all();
        if all.len() >= MOST {
            all.clear();
        }
        all.insert(to, address);
    }

    fn all(&self) -> MutexGuard<'_, HashMap<(Method, String), Address>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_stays_small() {
        let known = Known::default();
        let to = |number: usize| (Method::GET, format!("/{number}"));
        for number in 0..10 * MOST {
            let address =
                Address { uri: Uri::default(), url: number.to_string(), tags: Tags::default() };
            known.keep(to(number), address);
            assert_eq!(known.find(&to(number)).expect("kept").url, number.to_string());
        }
        assert!(known.all().len() <= MOST);
        assert!(known.find(&(Method::PUT, to(10 * MOST - 1).1)).is_none());
    }
}
