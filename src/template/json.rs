use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Map, Value as Json};

use minijinja::Value;
use minijinja::value::Serde;

use super::{Scope, Template};

/// A JSON value as templates see it.
pub fn from_json(json: Json) -> Value {
    Value::from(Serde(json))
}

/// A JSON value with templates in its texts. A lone `{{ ... }}` keeps its type.
#[derive(Clone, Debug, PartialEq)]
pub enum JsonTemplate {
    Fixed(Json),
    Text(Template),
    List(Vec<JsonTemplate>),
    Map(Vec<(String, JsonTemplate)>),
}

impl JsonTemplate {
    /// The value, where it is the same every time.
    pub fn fixed(&self) -> Option<&Json> {
        match self {
            Self::Fixed(json) => Some(json),
            _ => None,
        }
    }

    /// The variables it needs.
    pub fn variables(&self) -> BTreeSet<String> {
        match self {
            Self::Fixed(_) => BTreeSet::new(),
            Self::Text(template) => template.variables(),
            Self::List(items) => items.iter().flat_map(Self::variables).collect(),
            Self::Map(entries) => entries.iter().flat_map(|(_, value)| value.variables()).collect(),
        }
    }

    /// The value in this scope.
    pub fn render(&self, scope: &Arc<Scope>) -> Result<Json, String> {
        Ok(match self {
            Self::Fixed(json) => json.clone(),
            Self::Text(template) => {
                let value = template.value(scope)?;
                serde_json::to_value(&value)
                    .map_err(|error| format!("`{template}` is no JSON: {error}"))?
            }
            Self::List(items) => {
                items.iter().map(|item| item.render(scope)).collect::<Result<_, _>>()?
            }
            Self::Map(entries) => {
                let entries = entries.iter();
                let entries = entries.map(|(name, value)| Ok((name.clone(), value.render(scope)?)));
                Json::Object(entries.collect::<Result<Map<String, Json>, String>>()?)
            }
        })
    }

    /// Writes the same value as JSON text. What is written before an error is to
    /// be thrown away.
    pub fn write(&self, scope: &Arc<Scope>, out: &mut Vec<u8>) -> Result<(), String> {
        match self {
            Self::Fixed(json) => written(json, out),
            Self::Text(template) => {
                let value = template.value(scope)?;
                written(&value, out).map_err(|error| format!("`{template}` is no JSON: {error}"))
            }
            Self::List(items) => {
                out.push(b'[');
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        out.push(b',');
                    }
                    item.write(scope, out)?;
                }
                out.push(b']');
                Ok(())
            }
            Self::Map(entries) => {
                out.push(b'{');
                for (index, (name, value)) in entries.iter().enumerate() {
                    if index > 0 {
                        out.push(b',');
                    }
                    written(name, out)?;
                    out.push(b':');
                    value.write(scope, out)?;
                }
                out.push(b'}');
                Ok(())
            }
        }
    }

    /// The same in fewer parts: what needs no scope becomes a plain value.
    pub fn simplified(self) -> Self {
        match self {
            Self::Text(template) => match template.fixed() {
                Some(text) => Self::Fixed(text.into()),
                None => Self::Text(template),
            },
            Self::List(items) => {
                let items: Vec<Self> = items.into_iter().map(Self::simplified).collect();
                match items.iter().map(|item| item.fixed().cloned()).collect() {
                    Some(fixed) => Self::Fixed(Json::Array(fixed)),
                    None => Self::List(items),
                }
            }
            Self::Map(entries) => {
                let entries: Vec<(String, Self)> =
                    entries.into_iter().map(|(name, value)| (name, value.simplified())).collect();
                let fixed = |(name, value): &(String, Self)| {
                    value.fixed().map(|value| (name.clone(), value.clone()))
                };
                match entries.iter().map(fixed).collect() {
                    Some(fixed) => Self::Fixed(Json::Object(fixed)),
                    None => Self::Map(entries),
                }
            }
            fixed @ Self::Fixed(_) => fixed,
        }
    }
}

fn written(value: &impl serde::Serialize, out: &mut Vec<u8>) -> Result<(), String> {
    serde_json::to_writer(out, value).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::template::{Dice, Place};

    #[test]
    fn types_survive_and_what_is_fixed_is_made_once() {
        let text = |text| JsonTemplate::Text(Template::parse(text).expect("valid"));
        let template = JsonTemplate::Map(vec![
            ("qty".into(), text("{{ qty }}")),
            ("seat".into(), text("seat-{{ qty }}")),
            ("fixed".into(), JsonTemplate::List(vec![text("a"), JsonTemplate::Fixed(json!(1))])),
        ])
        .simplified();
        let JsonTemplate::Map(entries) = &template else { panic!("{template:?}") };
        assert_eq!(entries[2].1, JsonTemplate::Fixed(json!(["a", 1])));
        let random = fastrand::Rng::with_seed(1);
        let scope = Scope::new(Place::default(), Dice::new(random), &Arc::default());
        scope.set("qty", 2.into());
        let scope = Arc::new(scope);
        let rendered = template.render(&scope).expect("a value");
        assert_eq!(rendered, json!({ "qty": 2, "seat": "seat-2", "fixed": ["a", 1] }));
        let mut text = Vec::new();
        template.write(&scope, &mut text).expect("a text");
        assert_eq!(text, rendered.to_string().into_bytes());
    }
}
