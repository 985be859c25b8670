use std::collections::BTreeMap;

use tokio_postgres::{Client, SimpleQueryMessage};

use super::IsolationError;
use super::outcome::TableState;

/// Every table that a specification can have made, with the columns that a sequence
/// fills.
const TABLES: &str = "SELECT format('%I.%I', n.nspname, c.relname), c.relname, \
    array(SELECT a.attname::text FROM pg_attribute a \
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum \
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND (a.attidentity <> '' \
    OR pg_get_expr(d.adbin, d.adrelid) LIKE 'nextval(%')) \
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
    WHERE c.relkind IN ('r', 'p', 'm') AND NOT c.relispartition AND c.relpersistence <> 't' \
    AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg_toast%' \
    ORDER BY 1";

/// The rows of all tables, each table's sorted.
pub(super) async fn read(client: &Client) -> Result<BTreeMap<String, TableState>, IsolationError> {
    let mut state = BTreeMap::new();
    for table in client.query(TABLES, &[]).await? {
        let (quoted, name): (String, String) = (table.get(0), table.get(1));
        let mut columns = Vec::new();
        let mut rows = Vec::new();
        for message in client.simple_query(&format!("SELECT * FROM {quoted}")).await? {
            match message {
                SimpleQueryMessage::RowDescription(names) => {
                    columns = names.iter().map(|column| column.name().to_owned()).collect();
                }
                SimpleQueryMessage::Row(row) => {
                    let value = |index| row.get(index).map(str::to_owned);
                    rows.push((0..row.len()).map(value).collect());
                }
                // Only the two above carry anything of a SELECT.
                _ => {}
            }
        }
        rows.sort();
        let name = if state.contains_key(&name) { quoted } else { name };
        state.insert(name, TableState { columns, generated: table.get(2), rows });
    }
    Ok(state)
}
