use std::collections::BTreeSet;

use super::IsolationError;
use super::outcome::{Run, StatementResult, StepResult, TableState};
use super::spec::{Spec, StepId};

/// Columns that say nothing about the order, and are left out of every comparison:
/// those that differ between equal serial runs (a timestamp, a random value), and
/// keys from a sequence, of which a transaction that was rolled back uses up some.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Mask {
    /// Table and column.
    state: BTreeSet<(String, String)>,
    /// Step, statement in it, column.
    answers: BTreeSet<(StepId, usize, usize, String)>,
}

impl Mask {
    /// Adds what differs between two runs of the same steps in the same order.
    pub(super) fn learn(&mut self, spec: &Spec, a: &Run, b: &Run) -> Result<(), IsolationError> {
        let mut keys = BTreeSet::new();
        for (name, table) in &a.state {
            for column in &table.generated {
                keys.insert(column.clone());
                self.state.insert((name.clone(), column.clone()));
            }
            let Some(other) = b.state.get(name).filter(|other| same_shape(table, other)) else {
                return Err(IsolationError::NotDeterministic(format!("table {name}")));
            };
            for (index, column) in table.columns.iter().enumerate() {
                if values(&table.rows, index) != values(&other.rows, index) {
                    self.state.insert((name.clone(), column.clone()));
                }
            }
        }
        for (a, b) in a.steps.iter().zip(&b.steps) {
            let (StepResult::Ok(ours), StepResult::Ok(theirs)) = (&a.result, &b.result) else {
                continue;
            };
            for (statement, pair) in ours.iter().zip(theirs).enumerate() {
                let (
                    StatementResult::Rows { columns, rows },
                    StatementResult::Rows { rows: other, .. },
                ) = pair
                else {
                    continue;
                };
                if rows.len() != other.len() {
                    let step = spec.step(a.id).name.clone();
                    return Err(IsolationError::NotDeterministic(format!("step {step}")));
                }
                let returns = spec.step(a.id).sql.to_ascii_lowercase().contains("returning");
                for (index, column) in columns.iter().enumerate() {
                    let is_key = returns && keys.contains(column);
                    if is_key || values(rows, index) != values(other, index) {
                        self.answers.insert((a.id, statement, index, column.clone()));
                    }
                }
            }
        }
        Ok(())
    }

    /// The columns by name, for the report.
    pub(super) fn names(&self, spec: &Spec) -> Vec<String> {
        let tables = self.state.iter().map(|(table, column)| format!("{table}.{column}"));
        let steps = self.answers.iter();
        let steps = steps.map(|(id, _, _, column)| format!("{column} of {}", spec.step(*id).name));
        tables.chain(steps).collect()
    }

    pub(super) fn table(&self, name: &str, table: &TableState) -> Vec<Vec<Option<String>>> {
        let hidden =
            |index: usize| self.state.contains(&(name.to_owned(), table.columns[index].clone()));
        let mut rows = without(&table.rows, hidden);
        rows.sort();
        rows
    }

    /// The rows of a statement's answer. They are sorted unless the statement
    /// asks for an order: without, any order is as good.
    pub(super) fn answer(
        &self,
        spec: &Spec,
        id: StepId,
        statement: usize,
        rows: &[Vec<Option<String>>],
    ) -> Vec<Vec<Option<String>>> {
        let hidden = |index: usize| {
            self.answers
                .iter()
                .any(|(step, at, column, _)| (*step, *at, *column) == (id, statement, index))
        };
        let mut rows = without(rows, hidden);
        if !spec.step(id).sql.to_ascii_lowercase().contains("order by") {
            rows.sort();
        }
        rows
    }
}

fn same_shape(a: &TableState, b: &TableState) -> bool {
    a.columns == b.columns && a.rows.len() == b.rows.len()
}

/// The values of a column, sorted.
fn values(rows: &[Vec<Option<String>>], column: usize) -> Vec<&Option<String>> {
    let mut values: Vec<_> = rows.iter().filter_map(|row| row.get(column)).collect();
    values.sort();
    values
}

fn without(
    rows: &[Vec<Option<String>>],
    hidden: impl Fn(usize) -> bool,
) -> Vec<Vec<Option<String>>> {
    let kept = |row: &Vec<Option<String>>| {
        let values = row.iter().enumerate().filter(|(index, _)| !hidden(*index));
        values.map(|(_, value)| value.clone()).collect()
    };
    rows.iter().map(kept).collect()
}
