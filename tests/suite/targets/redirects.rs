//! Targets that send one elsewhere.

use super::wild::{Case, DONE, Talk, check};

fn redirect(talk: &mut Talk, status: u16, location: &str) {
    let lines = format!("connection: close\r\nlocation: {location}\r\ncontent-length: 0\r\n");
    talk.say(&format!("HTTP/1.1 {status} Elsewhere\r\n{lines}\r\n"));
    talk.finish();
}

#[test]
fn a_redirect_that_leads_nowhere_is_unknown() {
    check(&[
        Case::new("to a port that is closed", "info", "after a redirect from", |talk| {
            redirect(talk, 307, "http://127.0.0.1:1/deposit");
        }),
        Case::new("to a name that is none", "info", "after a redirect from", |talk| {
            redirect(talk, 308, "http://bank.invalid/deposit");
        }),
        Case::new("to TLS that is none", "info", "does not speak TLS", |talk| {
            let url = talk.url.replace("http:", "https:");
            redirect(talk, 307, &format!("{url}/deposit"));
        }),
        Case::new("to another protocol", "info", "neither http nor https, but ftp", |talk| {
            redirect(talk, 307, "ftp://127.0.0.1/deposit");
        }),
        Case::new("to no URL", "info", "redirects to", |talk| redirect(talk, 307, "http://")),
        Case::new("to a script", "info", "redirects to", |talk| {
            redirect(talk, 302, "javascript:alert(1)");
        }),
        Case::new("without a place", "info", "deposit: 302", |talk| {
            talk.say("HTTP/1.1 302 Found\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
            talk.finish();
        }),
        Case::new("to a choice", "info", "deposit: 300", |talk| redirect(talk, 300, "/deposit")),
        // It may have been done before one was sent to look elsewhere.
        Case::new("to what is not there", "info", "deposit: 404", |talk| {
            redirect(talk, 303, "nowhere");
        }),
        Case::new("in a circle", "info", "they go in a circle", |talk| {
            redirect(talk, 307, "/circle");
        }),
    ]);
}

#[test]
fn a_redirect_that_leads_somewhere_is_followed() {
    check(&[
        Case::new("to what was done", "ok", "", |talk| redirect(talk, 303, "a/../done"))
            .elsewhere(),
        Case::new("to where it is done", "ok", "", |talk| redirect(talk, 307, "/deposit"))
            .elsewhere(),
        Case::new("with an answer beside it", "ok", "", |talk| {
            let lines = format!(
                "connection: close\r\nlocation: /done\r\ncontent-length: {}\r\n",
                DONE.len()
            );
            talk.say(&format!("HTTP/1.1 302 Found\r\n{lines}\r\n{DONE}"));
            talk.finish();
        })
        .elsewhere(),
        // Nothing was done there, and it was sent on: that promise stands.
        Case::new("to where it is refused", "fail", "deposit: 404", |talk| {
            redirect(talk, 307, "/nowhere");
        }),
    ]);
}
