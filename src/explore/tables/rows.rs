use std::collections::{BTreeMap, BTreeSet};

use super::catalogue::{Column, Table};
use super::saved::Ignore;
use crate::explore::outcome::State;

/// The values of a row, by column; `None` is NULL.
pub(super) type Row = Vec<Option<String>>;

/// How a table differs from what was saved of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Difference {
    /// Rows that are new or have changed.
    pub(super) now: Vec<Row>,
    /// The keys of rows that are gone.
    pub(super) gone: Vec<Row>,
}

/// A table as entries of a state.
///
/// A row that was there when the tables were saved is named by its key, and each of
/// its other columns is an entry: `accounts 1: balance`. New rows are counted, since
/// their keys depend on who came first: `new rows in transfers (amount 5)`. So are
/// all rows of a table without a key.
#[derive(Debug)]
pub(super) struct Entries<'a> {
    pub(super) table: &'a Table,
    pub(super) ignore: &'a Ignore,
    /// Columns of new rows that differ between equal runs.
    pub(super) unsteady: &'a BTreeSet<usize>,
}

impl Entries<'_> {
    /// The entries of a row that was saved.
    pub(super) fn of_saved(&self, row: &Row) -> Vec<(String, String)> {
        let name = self.name(row);
        let columns = self.table.columns.iter().enumerate();
        let compared = columns.filter(|(index, column)| {
            let is_key = self.table.key.contains(index);
            !is_key && !self.ignore.has(self.table, column) && !column.is_time
        });
        let entry = |(index, column): (usize, &Column)| {
            (format!("{name}: {}", column.name), shown(row.get(index)))
        };
        let mut entries: Vec<_> = compared.map(entry).collect();
        if entries.is_empty() {
            entries.push((name, "there".to_owned()));
        }
        entries
    }

    /// What a row has in common with those that count as the same.
    fn of_new(&self, row: &Row) -> String {
        let columns = self.table.columns.iter().enumerate();
        let compared = columns.filter(|(index, column)| {
            !column.is_generated
                && !column.is_time
                && !self.unsteady.contains(index)
                && !self.ignore.has(self.table, column)
        });
        let fields: Vec<String> = compared
            .map(|(index, column)| format!("{} {}", column.name, shown(row.get(index))))
            .collect();
        let rows = if self.table.key.is_empty() { "rows" } else { "new rows" };
        match fields.is_empty() {
            true => format!("{rows} in {}", self.table.name),
            false => format!("{rows} in {} ({})", self.table.name, fields.join(", ")),
        }
    }

    /// Brings a state from what was saved to what is there.
    pub(super) fn apply(
        &self,
        saved: &BTreeMap<Row, Row>,
        difference: &Difference,
        state: &mut State,
    ) {
        let forget = |row: &Row, state: &mut State| {
            for (entry, _) in self.of_saved(row) {
                state.remove(&entry);
            }
        };
        for key in &difference.gone {
            if let Some(row) = saved.get(key) {
                forget(row, state);
            }
        }
        let mut new: BTreeMap<String, u64> = BTreeMap::new();
        for row in &difference.now {
            if !self.table.key.is_empty() && saved.contains_key(&self.key(row)) {
                state.extend(self.of_saved(row));
            } else {
                *new.entry(self.of_new(row)).or_default() += 1;
            }
        }
        state.extend(new.into_iter().map(|(entry, count)| (entry, count.to_string())));
    }

    pub(super) fn key(&self, row: &Row) -> Row {
        self.table.key.iter().map(|index| row.get(*index).cloned().flatten()).collect()
    }

    /// `accounts 1`, or of a key of two columns `seats (7, A)`.
    fn name(&self, row: &Row) -> String {
        let key: Vec<String> = self.table.key.iter().map(|index| shown(row.get(*index))).collect();
        match &key[..] {
            [one] => format!("{} {one}", self.table.name),
            several => format!("{} ({})", self.table.name, several.join(", ")),
        }
    }
}

fn shown(value: Option<&Option<String>>) -> String {
    value.cloned().flatten().unwrap_or_else(|| "NULL".to_owned())
}

/// The columns in which two lots of new rows differ, their order aside. `None`: there
/// are not as many of them.
pub(super) fn unsteady(one: &[Row], other: &[Row], columns: usize) -> Option<BTreeSet<usize>> {
    if one.len() != other.len() {
        return None;
    }
    let values = |rows: &[Row], column: usize| {
        let mut values: Vec<_> = rows.iter().map(|row| row.get(column).cloned()).collect();
        values.sort();
        values
    };
    Some((0..columns).filter(|it| values(one, *it) != values(other, *it)).collect())
}
