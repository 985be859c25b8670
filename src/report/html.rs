pub fn html(runs: &[serde_json::Value], exit_code: Option<u8>) -> String {
    format!("{runs:?} {exit_code:?}")
}
