use std::collections::HashMap;
use std::sync::Arc;

use crate::explore::sql;
use crate::explore::wire::{Bind, Column, Value};

/// What a connection has prepared: the meaning of names that its messages use.
#[derive(Debug, Default)]
pub(super) struct Memory {
    statements: HashMap<String, Prepared>,
    portals: HashMap<String, Said>,
}

#[derive(Clone, Debug, Default)]
struct Prepared {
    sql: Arc<str>,
    types: Vec<u32>,
    columns: Vec<Column>,
}

/// A statement that is carried out, and its values.
#[derive(Clone, Debug, Default)]
pub(super) struct Said {
    pub(super) sql: Arc<str>,
    pub(super) values: Vec<Value>,
    /// Those of the result, where they are known beforehand.
    pub(super) columns: Vec<Column>,
}

impl Said {
    /// Whether a transaction begins with it.
    pub(super) fn begins(&self) -> bool {
        sql::begins_with(&self.sql, "begin") || sql::begins_with(&self.sql, "start")
    }
}

impl Memory {
    pub(super) fn parse(&mut self, name: String, sql: &str, types: Vec<u32>) {
        let prepared = Prepared { sql: sql.into(), types, columns: Vec::new() };
        self.statements.insert(name, prepared);
    }

    /// The server has said of which types the parameters are.
    pub(super) fn learn_types(&mut self, name: &str, types: Vec<u32>) {
        if let Some(statement) = self.statements.get_mut(name) {
            statement.types = types;
        }
    }

    /// The server has said of which columns the result will be.
    pub(super) fn learn_columns(&mut self, name: &str, columns: &[Column]) {
        if let Some(statement) = self.statements.get_mut(name) {
            statement.columns = columns.to_vec();
        }
    }

    pub(super) fn bind(&mut self, bind: Bind) {
        let prepared = self.statements.get(&bind.statement).cloned().unwrap_or_default();
        let value = |(index, value): (usize, &Option<Vec<u8>>)| {
            let kind = prepared.types.get(index).copied().unwrap_or(0);
            Value::read(kind, format(&bind.formats, index), value.as_deref())
        };
        let values = bind.values.iter().enumerate().map(value).collect();
        let with_format = |(index, column): (usize, &Column)| Column {
            format: format(&bind.result_formats, index),
            ..column.clone()
        };
        let columns = prepared.columns.iter().enumerate().map(with_format).collect();
        self.portals.insert(bind.portal, Said { sql: prepared.sql, values, columns });
    }

    pub(super) fn portal(&self, name: &str) -> Said {
        self.portals.get(name).cloned().unwrap_or_default()
    }

    pub(super) fn close_statement(&mut self, name: &str) {
        self.statements.remove(name);
    }

    pub(super) fn close_portal(&mut self, name: &str) {
        self.portals.remove(name);
    }
}

/// None: text; one: for all.
fn format(formats: &[i16], index: usize) -> i16 {
    match formats {
        [] => 0,
        [all] => *all,
        each => each.get(index).copied().unwrap_or(0),
    }
}
