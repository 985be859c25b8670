use std::sync::Mutex;

use serde_json::{Value, json};

use super::{Seen, Sent};

/// A bank with account 1 alone, for servers that are about something else.
#[derive(Debug, Default)]
pub struct SmallBank(Mutex<i64>);

impl SmallBank {
    pub fn answer(&self, seen: &Seen) -> Sent {
        let mut balance = self.0.lock().expect("the balance");
        let body: Value = serde_json::from_str(&seen.body).unwrap_or_default();
        let amount = body["amount"].as_i64().unwrap_or(0);
        match seen.line.as_str() {
            "POST /reset" => *balance = body["accounts"]["1"].as_i64().unwrap_or(1000),
            "POST /deposit" => *balance += amount,
            "POST /withdraw" => *balance -= amount,
            _ => {}
        }
        Sent::ok(&json!({ "balance": *balance, "newBalance": *balance }).to_string())
    }
}
