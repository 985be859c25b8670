use tokio_postgres::{Client, Error};

/// Every table with rows of its own that a user has made, and its columns. Those of
/// extensions are theirs.
const TABLES: &str = "SELECT c.oid, c.oid::regclass::text, \
        EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid), \
        coalesce((SELECT i.indkey::int2[] FROM pg_index i WHERE i.indrelid = c.oid \
            AND i.indisunique AND i.indisvalid AND i.indimmediate \
            AND i.indpred IS NULL AND i.indexprs IS NULL \
            AND NOT EXISTS (SELECT FROM pg_attribute k WHERE k.attrelid = c.oid \
                AND k.attnum = ANY (i.indkey::int2[]) AND NOT k.attnotnull) \
            ORDER BY NOT i.indisprimary, i.indexrelid LIMIT 1), '{}') \
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
    WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND n.nspname <> 'information_schema' \
    AND n.nspname NOT LIKE 'pg\\_%' AND NOT EXISTS (SELECT FROM pg_depend d \
        WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e') \
    ORDER BY 2";

const COLUMNS: &str = "SELECT a.attrelid, a.attnum, a.attname::text, quote_ident(a.attname), \
        a.attgenerated <> '', \
        a.attidentity <> '' OR coalesce(pg_get_expr(d.adbin, d.adrelid) ~* $2, false), \
        format_type(a.atttypid, NULL) ~ '^(timestamp|date|time)( |$)' \
    FROM pg_attribute a \
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum \
    WHERE a.attrelid = ANY ($1) AND a.attnum > 0 AND NOT a.attisdropped \
    ORDER BY a.attrelid, a.attnum";

/// What an expression calls of which the value is another each time.
const VOLATILE: &str = "nextval|now\\(|current_(date|time)|localtime|clock_timestamp|\
    (statement|transaction)_timestamp|timeofday|random|uuid|gen_|ulid|cuid|nanoid|xact_id|txid";

const SEQUENCES: &str = "SELECT format('%I.%I', schemaname, sequencename) FROM pg_sequences \
    WHERE schemaname NOT LIKE 'pg\\_%' ORDER BY 1";

/// A table of a user.
#[derive(Clone, Debug)]
pub(super) struct Table {
    /// As SQL names it; people as well.
    pub(super) name: String,
    pub(super) columns: Vec<Column>,
    /// The columns that name a row, by their index.
    pub(super) key: Vec<usize>,
    /// Rows cannot be put back without its triggers, those of foreign keys included.
    pub(super) has_triggers: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) quoted: String,
    /// Computed of the others, and never written.
    pub(super) is_computed: bool,
    /// Filled from a sequence, a clock or chance, unless a value is given.
    pub(super) is_generated: bool,
    pub(super) is_time: bool,
}

pub(super) async fn tables(client: &Client) -> Result<Vec<Table>, Error> {
    let found = client.query(TABLES, &[]).await?;
    let oids: Vec<u32> = found.iter().map(|row| row.get(0)).collect();
    let columns = client.query(COLUMNS, &[&oids, &VOLATILE]).await?;
    let of_table = |row: &tokio_postgres::Row| {
        let (oid, key): (u32, Vec<i16>) = (row.get(0), row.get(3));
        let own: Vec<_> = columns.iter().filter(|column| column.get::<_, u32>(0) == oid).collect();
        let index_of = |number: &i16| own.iter().position(|it| it.get::<_, i16>(1) == *number);
        let column = |it: &&tokio_postgres::Row| Column {
            name: it.get(2),
            quoted: it.get(3),
            is_computed: it.get(4),
            is_generated: it.get(5),
            is_time: it.get(6),
        };
        Table {
            name: row.get(1),
            key: key.iter().filter_map(index_of).collect(),
            columns: own.iter().map(column).collect(),
            has_triggers: row.get(2),
        }
    };
    Ok(found.iter().map(of_table).collect())
}

/// Where each sequence stands, as statements that bring it back there.
pub(super) async fn sequences(client: &Client) -> Result<Vec<String>, Error> {
    let mut set = Vec::new();
    for row in client.query(SEQUENCES, &[]).await? {
        let name: String = row.get(0);
        let at =
            client.query_one(&format!("SELECT last_value, is_called FROM {name}"), &[]).await?;
        let (value, is_called): (i64, bool) = (at.get(0), at.get(1));
        let name = name.replace('\'', "''");
        set.push(format!("SELECT setval('{name}', {value}, {is_called})"));
    }
    Ok(set)
}
