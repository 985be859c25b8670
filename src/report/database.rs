use serde_json::{Value, json};

use crate::facts::Facts;

/// What the database did, as the summary has it; `null` where nobody looked.
pub(super) fn database(facts: &Facts) -> Value {
    let Some(activity) = &facts.database else { return Value::Null };
    let mut value = json!(activity);
    if let Some(fields) = value.as_object_mut() {
        fields.insert("mean_waiting".to_owned(), json!(activity.mean_waiting()));
        fields.insert("share_waiting".to_owned(), json!(activity.share_waiting()));
    }
    value
}
