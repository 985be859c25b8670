use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use minijinja::Value;
use minijinja::value::{Object, ObjectRepr};

use super::functions::DICE;
use super::{Dice, Rows};

/// All rows of all data files, by name.
const DATA: &str = "data";
const BUILT_IN: &[&str] = &[DATA, "iteration", "scenario", "vu"];

/// What all iterations of a run see.
#[derive(Clone, Debug, Default)]
pub struct Globals {
    /// The data files. Their names are those of the row that an iteration has.
    pub rows: Vec<Rows>,
    pub values: BTreeMap<Arc<str>, Value>,
}

/// Which iteration it is.
#[derive(Clone, Debug, Default)]
pub struct Place {
    /// The virtual user, from 1 over the whole run.
    pub vu: u64,
    /// From 0; see the executor for what it counts.
    pub iteration: u64,
    /// The workload.
    pub scenario: Arc<str>,
    /// From 0, different for each iteration of the workload: chooses the rows of
    /// data files.
    pub of_all: u64,
}

/// The variables an expression sees.
pub struct Scope {
    /// A handful, so that looking through them is fastest.
    values: Mutex<Vec<(Arc<str>, Value)>>,
    beneath: Beneath,
}

/// What a scope stands on: asked for the names that it does not know itself.
enum Beneath {
    Scope(Arc<Scope>),
    Iteration { globals: Arc<Globals>, place: Place, dice: Dice },
}

impl Scope {
    /// The scope of an iteration.
    pub fn new(place: Place, dice: Dice, globals: &Arc<Globals>) -> Self {
        let beneath = Beneath::Iteration { globals: globals.clone(), place, dice };
        Self { values: Mutex::default(), beneath }
    }

    /// The same iteration with names of its own, which stand over the others.
    pub fn inner(self: &Arc<Self>) -> Self {
        Self { values: Mutex::default(), beneath: Beneath::Scope(self.clone()) }
    }

    pub fn set(&self, name: impl Into<Arc<str>>, value: Value) {
        let name = name.into();
        let mut values = self.values();
        match values.iter_mut().find(|(known, _)| *known == name) {
            Some((_, old)) => *old = value,
            None => values.push((name, value)),
        }
    }

    pub fn dice(&self) -> &Dice {
        match &self.beneath {
            Beneath::Scope(outer) => outer.dice(),
            Beneath::Iteration { dice, .. } => dice,
        }
    }

    /// What was set in this scope itself.
    pub fn own(&self) -> BTreeMap<Arc<str>, Value> {
        self.values().iter().cloned().collect()
    }

    /// The names that are known everywhere.
    pub fn built_in() -> impl Iterator<Item = &'static str> {
        BUILT_IN.iter().copied()
    }

    /// Whether a template may name it.
    pub fn knows(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// What a template gets for the name.
    pub(super) fn find(&self, name: &str) -> Option<Value> {
        if let Some((_, value)) = self.values().iter().find(|(known, _)| **known == *name) {
            return Some(value.clone());
        }
        let (globals, place, dice) = match &self.beneath {
            Beneath::Scope(outer) => return outer.find(name),
            Beneath::Iteration { globals, place, dice } => (globals, place, dice),
        };
        match name {
            "vu" => Some(Value::from(place.vu)),
            "iteration" => Some(Value::from(place.iteration)),
            "scenario" => Some(Value::from(place.scenario.as_ref())),
            DICE => Some(dice.value()),
            DATA => {
                let all = globals.rows.iter().map(|rows| (rows.name(), rows.all()));
                Some(Value::from(all.collect::<BTreeMap<_, _>>()))
            }
            _ => match globals.rows.iter().find(|rows| rows.name() == name) {
                Some(rows) => Some(rows.of(place.of_all)),
                None => globals.values.get(name).cloned(),
            },
        }
    }

    fn values(&self) -> MutexGuard<'_, Vec<(Arc<str>, Value)>> {
        self.values.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Object for Scope {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Map
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.find(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        self.find(key)
    }
}

impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.beneath {
            Beneath::Scope(outer) => outer.fmt(f),
            Beneath::Iteration { place, .. } => {
                f.debug_struct("Scope").field("place", place).finish_non_exhaustive()
            }
        }
    }
}
