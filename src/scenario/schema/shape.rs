use serde_json::{Value as Json, json};

use crate::model::Amount;

/// What a value may be.
#[derive(Clone, Copy)]
pub(super) enum Shape {
    /// A text on one line that is shown often.
    Name,
    /// A text that is not empty.
    Text,
    /// A name in the way of programs.
    Word,
    Flag,
    Whole {
        least: i64,
        most: u64,
    },
    /// What an account holds, also below zero.
    Balance,
    /// What an account holds at the start.
    Start,
    /// What an operation moves: fixed, drawn from a range, or worked out.
    Amount,
    /// The name of an account, or what it is worked out from.
    Account,
    /// A length of time.
    Time,
    /// A length of time above zero.
    Limit,
    /// A length of time, or a range to draw one from.
    Pause,
    Url,
    /// A text with `{{ ... }}` in it, or without.
    Template,
    /// Anything; its texts may have `{{ ... }}` in them.
    Value,
    /// What every sample of something carries.
    Tag,
    JsonPath,
    Regex,
    /// What stands between `{{` and `}}`.
    Expression,
    /// A condition on a metric.
    Condition,
    Status,
    Method,
    One(&'static [&'static str]),
    /// A mapping of this section.
    Of(&'static str),
    Either(&'static [Shape]),
    List(&'static Shape),
    /// A list or mapping with something in it.
    Filled(&'static Shape),
    /// An operation that is run once.
    Step,
    Map(Names, &'static Shape),
    /// A mapping or nothing.
    Arguments,
}

/// What the keys of a mapping may be that its author names.
#[derive(Clone, Copy)]
pub(super) enum Names {
    /// Shown in reports.
    Shown,
    /// Usable in templates.
    Variable,
    /// The name of an operation: none of these.
    Except(&'static [&'static str]),
    Any,
}

/// Where a number, a flag or a text of a certain form is wanted, `${NAME}` is as
/// good.
const VARIABLE: &str = r"\$\{";
const TIME: &str = r"(\d+(\.\d+)?\s*(nanos|nsec|ns|usec|us|µs|millis|msec|ms|seconds|second|secs|sec|s|minutes|minute|mins|min|m|hours|hour|hrs|hr|h|days|day|d|weeks|week|wk|w|months|month|M|years|year|yr|y)\s*)+";

impl Shape {
    /// Its JSON Schema.
    pub(super) fn schema(self) -> Json {
        match self {
            Self::Name => json!({ "type": "string", "pattern": r"\S", "maxLength": 100 }),
            Self::Text => json!({ "type": "string", "pattern": r"\S" }),
            Self::Word => text_like(r"^[A-Za-z_][A-Za-z0-9_]*$"),
            Self::Flag => or_variable(json!({ "type": "boolean" })),
            Self::Whole { least, most } => {
                or_variable(json!({ "type": "integer", "minimum": least, "maximum": most }))
            }
            Self::Balance => or_variable(
                // Whether it may have a fraction depends on `scale`.
                json!({ "type": "number", "minimum": Amount::MIN, "maximum": Amount::MAX }),
            ),
            Self::Start => {
                or_variable(json!({ "type": "number", "minimum": 0, "maximum": Amount::MAX }))
            }
            Self::Amount => json!({ "anyOf": [
                { "type": "integer", "minimum": 1, "maximum": Amount::MAX },
                text_like(r"^\s*\d+\s*\.\.\s*\d+\s*$|\{\{"),
            ]}),
            Self::Account => json!({ "type": ["string", "integer"], "minLength": 1 }),
            Self::Time => json!({ "anyOf": [
                { "const": 0 },
                text_like(&format!(r"^\s*(0|{TIME})\s*$")),
            ]}),
            Self::Limit => text_like(&format!(r"^\s*{TIME}$")),
            Self::Pause => json!({ "anyOf": [
                { "const": 0 },
                text_like(&format!(r"^\s*(0|{TIME})\s*(\.\.\s*(0|{TIME}))?\s*$")),
            ]}),
            Self::Url => text_like(r"^https?://[^/?#]+[^?#]*$"),
            Self::Template => json!({ "type": ["string", "number", "boolean"] }),
            Self::Value => json!({}),
            Self::Tag => json!({
                "type": ["string", "number", "boolean"],
                "not": { "type": "string", "pattern": r"\{\{" },
            }),
            Self::JsonPath => text_like(r"^\$"),
            Self::Regex | Self::Expression => json!({ "type": "string", "pattern": r"\S" }),
            Self::Condition => text_like(concat!(
                r"^\s*(count|rate|value|avg|min|max|med|p\s*\(\s*\d+(\.\d+)?\s*\))",
                r"\s*(<=?|>=?|===?|!=)\s*[-+.\deE]+\s*$",
            )),
            Self::Status => {
                let one = json!({ "anyOf": [
                    { "type": "integer", "minimum": 100, "maximum": 599 },
                    text_like(r"^\s*([1-5][xX]{2}|[1-5]\d\d(\s*\.\.\s*[1-5]\d\d)?)\s*$"),
                ]});
                json!({ "anyOf": [one, { "type": "array", "items": one, "minItems": 1 }] })
            }
            Self::Method => {
                let methods = crate::scenario::service::METHODS;
                let lower = methods.iter().map(|method| method.to_lowercase());
                let all: Vec<String> =
                    methods.iter().map(|name| (*name).to_owned()).chain(lower).collect();
                or_variable(json!({ "enum": all }))
            }
            Self::One(names) => or_variable(json!({ "enum": names })),
            Self::Of(section) => json!({ "$ref": format!("#/$defs/{section}") }),
            Self::Either(shapes) => {
                json!({ "anyOf": shapes.iter().map(|shape| shape.schema()).collect::<Vec<_>>() })
            }
            Self::List(of) => json!({ "type": "array", "items": of.schema() }),
            Self::Filled(of) => {
                let mut schema = of.schema();
                schema["minItems"] = 1.into();
                schema["minProperties"] = 1.into();
                schema
            }
            Self::Step => json!({
                "$ref": "#/$defs/operation",
                "properties": { "count": false, "weight": false },
            }),
            Self::Map(names, of) => names.schema(of),
            Self::Arguments => json!({ "type": ["object", "null"] }),
        }
    }

    /// The same in words, for the reference.
    #[cfg(test)]
    pub(super) fn words(self) -> String {
        match self {
            Self::Name => "name".into(),
            Self::Text | Self::Word => "text".into(),
            Self::Flag => "true or false".into(),
            Self::Whole { least, .. } => format!("whole number from {least}"),
            Self::Balance | Self::Start => {
                "amount: a whole number, or a decimal one with `scale`".into()
            }
            Self::Amount => "whole number from 1, `LOW..HIGH`, or template".into(),
            Self::Account => "account".into(),
            Self::Time | Self::Limit => "length of time".into(),
            Self::Pause => "length of time, or `FROM..TO`".into(),
            Self::Url => "URL".into(),
            Self::Template => "template".into(),
            Self::Value => "any value, with templates".into(),
            Self::Tag => "plain text".into(),
            Self::JsonPath => "JSONPath".into(),
            Self::Regex => "regular expression".into(),
            Self::Expression => "expression".into(),
            Self::Condition => "condition".into(),
            Self::Status => "status".into(),
            Self::Method => "HTTP method".into(),
            Self::One(names) => {
                names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
            }
            Self::Of(section) => format!("[{section}](#{section})"),
            Self::Either(shapes) => {
                shapes.iter().map(|shape| shape.words()).collect::<Vec<_>>().join(" or ")
            }
            Self::List(of) => format!("list of {}", of.words()),
            Self::Filled(of) => of.words(),
            Self::Step => Self::Of("operation").words(),
            Self::Map(_, of) => format!("name: {}", of.words()),
            Self::Arguments => "name: value".into(),
        }
    }
}

impl Names {
    fn schema(self, of: &Shape) -> Json {
        let mut map = json!({ "type": "object", "additionalProperties": of.schema() });
        let shown = json!({ "pattern": r"\S", "maxLength": 100 });
        let names = match self {
            Self::Shown => shown,
            Self::Variable => json!({ "pattern": "^[A-Za-z_][A-Za-z0-9_]*$" }),
            Self::Except(taken) => json!({ "allOf": [shown, { "not": { "enum": taken } }] }),
            Self::Any => return map,
        };
        map["propertyNames"] = names;
        map
    }
}

/// A text of this form, or one that a `${NAME}` makes.
fn text_like(pattern: &str) -> Json {
    json!({ "type": "string", "pattern": format!("{pattern}|{VARIABLE}") })
}

fn or_variable(schema: Json) -> Json {
    json!({ "anyOf": [schema, { "type": "string", "pattern": VARIABLE }] })
}
