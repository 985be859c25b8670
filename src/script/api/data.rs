//! `data`: rows of a file, shared by all virtual users.

use std::sync::Arc;

use mlua::{AnyUserData, Lua, MetaMethod, Table, UserData, UserDataMethods, UserDataRef, Value};

use super::Maker;
use super::maker::{Call, Refusal};
use crate::data::{self, Csv};
use crate::script::files::{Data, Format};
use crate::script::json;

/// The rows of a file. A table is made of a row when it is asked for.
#[derive(Clone, Debug)]
pub(super) struct Rows(Arc<Data>);

pub(super) fn install(make: &Maker<'_>) -> mlua::Result<()> {
    let data = make.lua.create_table()?;
    data.raw_set("csv", make.function("data.csv", csv)?)?;
    data.raw_set("json", make.function("data.json", read_json)?)?;
    make.lua.globals().raw_set("data", data)
}

fn csv(mut call: Call) -> Result<AnyUserData, Refusal> {
    let path = call.arguments.text("path")?;
    let options = call.arguments.optional_table("options")?;
    let (mut delimiter, mut header) = (b',', true);
    for pair in options.iter().flat_map(Table::pairs::<Value, Value>) {
        let (name, value) = pair?;
        let name = name.as_string().map(|name| name.to_string_lossy()).unwrap_or_default();
        match (name.as_str(), &value) {
            ("header", Value::Boolean(value)) => header = *value,
            ("delimiter", Value::String(text)) if text.as_bytes().len() == 1 => {
                delimiter = text.as_bytes()[0];
            }
            ("header", _) => return Err(call.arguments.wrong("header", "true or false", &value)),
            ("delimiter", _) => {
                return Err(call.arguments.wrong("delimiter", "one character", &value));
            }
            _ => {
                let cause = format!("there is no option `{name}`; there are header and delimiter");
                return Err(call.arguments.refuse(cause));
            }
        }
    }
    rows(&call, &path, Format::Csv(Csv { delimiter: Some(delimiter), header, trim: false }))
}

/// A list of JSON is shared; what is no list is a value like any other.
fn read_json(mut call: Call) -> Result<Value, Refusal> {
    let path = call.arguments.text("path")?;
    let read = call.host.source.files.read(&path, Format::Json);
    let data = read.map_err(|cause| call.arguments.refuse(cause))?;
    match &*data {
        Data::Value(value) => Ok(json::to_lua(&call.lua, value)?),
        _ => Ok(Value::UserData(call.lua.create_userdata(Rows(data))?)),
    }
}

fn rows(call: &Call, path: &str, format: Format) -> Result<AnyUserData, Refusal> {
    let read = call.host.source.files.read(path, format);
    let data = read.map_err(|cause| call.arguments.refuse(cause))?;
    Ok(call.lua.create_userdata(Rows(data))?)
}

impl Rows {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The row at this place, from 1; nil past the last one.
    pub(super) fn row(&self, lua: &Lua, place: usize) -> mlua::Result<Value> {
        let Some(index) = place.checked_sub(1) else { return Ok(Value::Nil) };
        match &*self.0 {
            Data::Table(data::Table { columns, rows }) => match (columns, rows.get(index)) {
                (_, None) => Ok(Value::Nil),
                (Some(columns), Some(row)) => {
                    let fields = columns.iter().map(String::as_str).zip(row);
                    lua.create_table_from(fields).map(Value::Table)
                }
                (None, Some(row)) => lua.create_sequence_from(row).map(Value::Table),
            },
            Data::List(items) => match items.get(index) {
                Some(item) => json::to_lua(lua, item),
                None => Ok(Value::Nil),
            },
            Data::Value(_) => Ok(Value::Nil),
        }
    }
}

impl UserData for Rows {
    fn add_methods<M: UserDataMethods<Self>>(methods: &mut M) {
        methods.add_meta_method(MetaMethod::Len, |_, rows, ()| Ok(rows.len()));
        methods.add_meta_method(MetaMethod::Index, |lua, rows, place: Value| {
            let place = place.as_integer().and_then(|place| usize::try_from(place).ok());
            rows.row(lua, place.unwrap_or(0))
        });
        methods.add_meta_method(MetaMethod::NewIndex, |_, _, _: (Value, Value)| {
            Err::<(), _>(mlua::Error::runtime("the rows of a data file cannot be changed"))
        });
        methods.add_meta_function(MetaMethod::Pairs, |lua, rows: AnyUserData| {
            let next = lua.create_function(|lua, (rows, last): (UserDataRef<Self>, usize)| {
                let place = last.saturating_add(1);
                match rows.row(lua, place)? {
                    Value::Nil => Ok((None, Value::Nil)),
                    row => Ok((Some(place), row)),
                }
            })?;
            Ok((next, rows, 0))
        });
        methods.add_meta_method(MetaMethod::ToString, |_, rows, ()| {
            Ok(format!("{} rows", rows.len()))
        });
    }
}
