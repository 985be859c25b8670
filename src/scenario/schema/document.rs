use serde_json::{Map, Value as Json, json};
use serde_yaml::Value as Yaml;

use super::rules;
use super::section::{Key, Section};
use super::sections::SECTIONS;

/// The section of the whole file.
const ROOT: &str = "file";

/// The JSON Schema (2020-12) of a scenario file. What it cannot say (sums, names
/// that are declared elsewhere, files that must exist) the reader says.
pub fn schema() -> Json {
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "bankrun scenario",
        "description": "What a scenario file for bankrun may hold; docs/scenarios.md explains it.",
    });
    let mut definitions = Map::new();
    for section in SECTIONS {
        if section.name == ROOT {
            extend(&mut schema, object(section));
        } else {
            definitions.insert(section.name.to_owned(), object(section));
        }
    }
    schema["$defs"] = Json::Object(definitions);
    schema
}

fn object(section: &Section) -> Json {
    let described = |name: &str| section.keys.iter().find(|key| key.name == name);
    let properties: Map<String, Json> = section
        .table
        .iter()
        .map(|name| ((*name).to_owned(), described(name).map_or_else(|| json!({}), property)))
        .collect();
    let others = match section.others {
        Some(shape) => shape.schema(),
        None => false.into(),
    };
    let mut object = json!({
        "type": "object",
        "properties": properties,
        "additionalProperties": others,
    });
    extend(&mut object, rules::of(section.name));
    object
}

fn property(key: &Key) -> Json {
    let mut property = json!({ "description": key.meaning });
    extend(&mut property, key.takes.schema());
    if let Some(default) = key.default {
        property["default"] = value(default);
    }
    property["examples"] = json!([value(key.example)]);
    property
}

/// The tests see to it that all of them are YAML.
pub(super) fn value(yaml: &str) -> Json {
    serde_yaml::from_str(yaml).map_or(Json::Null, json)
}

/// In JSON a key that is a number is a text.
fn json(yaml: Yaml) -> Json {
    match yaml {
        Yaml::Sequence(items) => items.into_iter().map(json).collect(),
        Yaml::Mapping(entries) => {
            let name = |key: Yaml| match json(key) {
                Json::String(text) => text,
                other => other.to_string(),
            };
            entries.into_iter().map(|(key, value)| (name(key), json(value))).collect()
        }
        scalar => serde_json::to_value(scalar).unwrap_or_default(),
    }
}

fn extend(schema: &mut Json, more: Json) {
    if let (Json::Object(schema), Json::Object(more)) = (schema, more) {
        schema.extend(more);
    }
}
