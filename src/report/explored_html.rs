//! `bankrun explore --html`: one page that fetches nothing and runs nothing.

use super::{Explored, terminal};
use crate::explore::{Conclusion, Exploration, FailingOrder, Reply, Step, WhatIfs, letter};

const STYLE: &str = "\
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 75rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; margin: 1rem 0; }
th, td { text-align: left; vertical-align: top; padding: .35rem .6rem; border-bottom: 1px solid #8884; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
code { font: 13px/1.5 ui-monospace, monospace; white-space: pre-wrap; overflow-wrap: anywhere; }
.fail { color: #c62828; } .pass { color: #2e7d32; } .inconclusive { color: #b26a00; }
.faint { opacity: .7; } section { margin-top: 2.5rem; }
";

/// All explorations of a command.
pub fn explored_html(explored: &[Explored]) -> String {
    let mut body = String::from("<h1>bankrun explore</h1>\n");
    body += &overview(explored);
    for explored in explored {
        if let Ok(it) = &explored.result {
            body += &section(explored, it);
        }
    }
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; \
         style-src 'unsafe-inline'\">\n<title>bankrun explore</title>\n\
         <style>\n{STYLE}</style>\n</head>\n<body>\n{body}</body>\n</html>\n"
    )
}

fn overview(explored: &[Explored]) -> String {
    let mut rows = String::new();
    for explored in explored {
        let said = terminal::exploration(explored, true, usize::MAX);
        let said = anstream::adapter::strip_str(said.trim()).to_string();
        let class = class(explored);
        rows += &format!("<tr><td class=\"{class}\">{}</td></tr>\n", escaped(&said));
    }
    format!("<table>\n{rows}</table>\n")
}

fn class(explored: &Explored) -> &'static str {
    match explored.result.as_ref().map(Exploration::conclusion) {
        Ok(Conclusion::Pass) => "pass",
        Ok(Conclusion::Inconclusive) => "inconclusive",
        Ok(Conclusion::Fail) | Err(_) => "fail",
    }
}

/// The failing order of one exploration, a column for each request.
fn section(explored: &Explored, it: &Exploration) -> String {
    let Some(failing) = &it.shortest else { return String::new() };
    let FailingOrder { execution, .. } = failing;
    let heads: String = it
        .requests
        .iter()
        .enumerate()
        .map(|(request, text)| {
            format!("<th>{} <code>{}</code></th>", letter(request), escaped(text))
        })
        .collect();
    let cells = |request: usize, text: &str| -> String {
        let cell = |column| if column == request { text.to_owned() } else { String::new() };
        (0..it.requests.len()).map(|column| format!("<td>{}</td>", cell(column))).collect()
    };
    let mut rows = String::new();
    for (index, step) in execution.steps.iter().enumerate() {
        let number = index + 1;
        let cells = cells(step.request, &of_step(step));
        rows += &format!("<tr><td class=\"number\">{number}</td>{cells}</tr>\n");
    }
    for (request, reply) in execution.replies.iter().enumerate() {
        let text = match reply {
            None => "was never answered".to_owned(),
            Some(Reply::Lost(why)) => format!("was not answered: {why}"),
            Some(Reply::Answered { status, body }) => format!("{status} {body}"),
        };
        let cells = cells(request, &format!("<code>{}</code>", escaped(&text)));
        rows += &format!("<tr><td></td>{cells}</tr>\n");
    }
    let wrong: String = terminal::wrong(failing)
        .iter()
        .map(|line| format!("<p class=\"fail\">{}</p>\n", escaped(line)))
        .collect();
    let changes = explored.what_ifs.as_ref().map(|changes| what_ifs(it, changes));
    format!(
        "<section>\n<h2>{}: {}</h2>\n<table>\n<tr><th class=\"number\"></th>{heads}</tr>\n{rows}\
         </table>\n{wrong}<p class=\"faint\">again: <code>{}</code></p>\n{}</section>\n",
        escaped(&explored.mode),
        escaped(&explored.group),
        escaped(&terminal::replay_command(explored, failing)),
        changes.unwrap_or_default(),
    )
}

/// What would have prevented it.
fn what_ifs(as_it_is: &Exploration, what_ifs: &WhatIfs) -> String {
    let row = |name: &str, it: Option<&Exploration>, meaning: &str| {
        let number =
            |count: Option<usize>| count.map_or_else(|| "-".to_owned(), |it| it.to_string());
        let numbers = [
            number(it.map(|it| it.orders)),
            number(it.map(|it| it.failing.total())),
            number(it.map(|it| it.refusals.orders)),
            number(it.map(|it| it.lock_waits)),
        ];
        let cells = numbers.map(|number| format!("<td class=\"number\">{number}</td>")).concat();
        let (name, meaning) = (escaped(name), escaped(meaning));
        format!("<tr><td>{name}</td>{cells}<td>{meaning}</td></tr>\n")
    };
    let mut rows = row("as it is", Some(as_it_is), "");
    for tried in &what_ifs.tried {
        let changed = tried.result.as_deref().ok();
        let meaning = terminal::meaning(as_it_is, what_ifs, tried);
        rows += &row(&tried.what_if.to_string(), changed, &meaning);
    }
    let heads = ["orders", "failing", "errors", "lock waits"];
    let heads = heads.map(|head| format!("<th class=\"number\">{head}</th>")).concat();
    format!("<table>\n<tr><th>what if</th>{heads}<th></th></tr>\n{rows}</table>\n")
}

fn of_step(step: &Step) -> String {
    let mut text = format!("<code>{}</code>", escaped(&step.sql));
    for line in terminal::said_of(step) {
        text += &format!("<br><code class=\"faint\">{}</code>", escaped(&line));
    }
    for line in terminal::overwritten(step) {
        text += &format!("<br><code class=\"fail\">{}</code>", escaped(&line));
    }
    text
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_texts_stay_texts() {
        let explored = Explored {
            mode: "<script>alert(1)</script>".into(),
            group: "a & b".into(),
            again: String::new(),
            result: Err("\"<img src=x>".into()),
            what_ifs: None,
        };
        let html = explored_html(&[explored]);
        assert!(!html.contains("<script") && !html.contains("<img"));
        assert!(html.contains("&lt;script&gt;") && html.contains("a &amp; b"));
    }
}
