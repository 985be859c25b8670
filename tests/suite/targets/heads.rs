//! What does not begin as an answer does.

use super::wild::{Case, DONE, Talk, check};

fn plain(talk: &mut Talk) {
    talk.answer(&format!("content-length: {}\r\n", DONE.len()), DONE);
    talk.finish();
}

/// A head with so many bytes in one header.
fn long(talk: &mut Talk, bytes: usize) {
    let head = format!("x: {}\r\ncontent-length: {}\r\n", "a".repeat(bytes), DONE.len());
    talk.answer(&head, DONE);
    talk.finish();
}

#[test]
fn what_is_no_http_is_unknown_and_said_to_be_none() {
    check(&[
        Case::new("another protocol", "info", "the answer is not HTTP/1.1", |talk| {
            talk.say("SSH-2.0-OpenSSH_9.2\r\n");
            talk.finish();
        }),
        Case::new("HTTP/0.9", "info", "the answer is not HTTP/1.1", |talk| {
            talk.say(DONE);
            talk.finish();
        }),
        Case::new("HTTP/2", "info", "the answer is not HTTP/1.1", |talk| {
            talk.send(
                b"\0\0\x12\x04\0\0\0\0\0\0\x03\0\0\0\x80\0\x04\0\x01\0\0\0\x05\0\xff\xff\xff",
            );
            talk.finish();
        }),
        Case::new("noise", "info", "the answer is not HTTP/1.1", |talk| {
            let noise: Vec<u8> = (0..100_000_u32).map(|at| ((at * 7919) >> 3) as u8).collect();
            talk.send(&noise);
            talk.finish();
        }),
        Case::new("NUL bytes", "info", "the answer is malformed", |talk| {
            talk.answer("x: a\0b\r\ncontent-length: 2\r\n", "{}");
            talk.finish();
        }),
        Case::new("nothing but NUL bytes", "info", "the answer is not HTTP/1.1", |talk| {
            talk.send(&[0; 4096]);
            talk.finish();
        }),
        Case::new("a status that is none", "info", "the answer is malformed", |talk| {
            talk.say("HTTP/1.1 OK 200\r\n\r\n");
            talk.finish();
        }),
        Case::new("HTTP/3.0", "info", "the answer is malformed", |talk| {
            talk.say("HTTP/3.0 200 OK\r\ncontent-length: 0\r\n\r\n");
            talk.finish();
        }),
        Case::new("a header without a name", "info", "the answer is malformed", |talk| {
            talk.answer(": a\r\ncontent-length: 2\r\n", "{}");
            talk.finish();
        }),
        Case::new("a folded header", "info", "the answer is malformed", |talk| {
            talk.answer("x: a\r\n b\r\ncontent-length: 2\r\n", "{}");
            talk.finish();
        }),
        Case::new("a million headers", "info", "more than 256 headers", |talk| {
            talk.say("HTTP/1.1 200 OK\r\n");
            let some = "x: 1\r\n".repeat(1000);
            (0..1000).all(|_| talk.say(&some));
            talk.say("\r\n");
            talk.finish();
        }),
        Case::new("a head of 300 KB", "info", "longer than 256 KiB", |talk| long(talk, 300_000)),
        Case::new("a head that never ends", "info", "longer than 256 KiB", |talk| {
            talk.say("HTTP/1.1 200 OK\r\nx: ");
            let some = "a".repeat(10_000);
            while talk.say(&some) {}
        }),
    ]);
}

#[test]
fn what_breaks_off_is_unknown() {
    check(&[
        Case::new("closed", "info", "closed before the answer", |_| {}),
        Case::new("half closed", "info", "closed before the answer", Talk::finish),
        Case::new("half a status line", "info", "closed before the answer", |talk| {
            talk.say("HTTP/1.1 2");
            talk.finish();
        }),
        Case::new("a status line alone", "info", "closed before the answer", |talk| {
            talk.say("HTTP/1.1 200 OK\r\n");
            talk.finish();
        }),
        Case::new("a head without end", "info", "closed before the answer", |talk| {
            talk.say("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n");
            talk.finish();
        }),
        Case::new("continue, and no more", "info", "closed before the answer", |talk| {
            talk.say("HTTP/1.1 100 Continue\r\n\r\n");
            talk.finish();
        }),
        Case::new("another protocol", "info", "deposit: 101", |talk| {
            talk.say("HTTP/1.1 101 Switching Protocols\r\nupgrade: h2c\r\n\r\n");
            talk.wait();
        }),
    ]);
}

#[test]
fn what_is_only_odd_is_understood() {
    check(&[
        Case::new("as it should be", "ok", "", plain),
        Case::new("bare line feeds", "ok", "", |talk| {
            talk.say(&format!(
                "HTTP/1.1 200 OK\nconnection: close\ncontent-length: {}\n\n{DONE}",
                DONE.len()
            ));
            talk.finish();
        }),
        Case::new("without a reason", "ok", "", |talk| {
            talk.say(&format!(
                "HTTP/1.1 200\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{DONE}",
                DONE.len()
            ));
            talk.finish();
        }),
        Case::new("HTTP/1.0", "ok", "", |talk| {
            talk.say(&format!("HTTP/1.0 200 OK\r\n\r\n{DONE}"));
            talk.finish();
        }),
        Case::new("a head of 64 KB", "ok", "", |talk| long(talk, 64_000)),
        Case::new("early hints", "ok", "", |talk| {
            for _ in 0..100 {
                talk.say("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nx: 1\r\n\r\n");
            }
            plain(talk);
        }),
        Case::new("byte by byte", "ok", "", |talk| {
            let answer = format!(
                "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{DONE}",
                DONE.len()
            );
            for byte in answer.bytes() {
                talk.send(&[byte]);
            }
            talk.finish();
        }),
        Case::new("closed in silence", "ok", "", |talk| {
            let head = format!("connection: keep-alive\r\ncontent-length: {}\r\n", DONE.len());
            talk.say(&format!("HTTP/1.1 200 OK\r\n{head}\r\n{DONE}"));
        })
        .luck(),
        Case::new("two answers", "ok", "", |talk| {
            let one = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{DONE}", DONE.len());
            let other = "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n";
            talk.say(&format!("{one}{other}"));
            talk.wait();
        }),
        // Nobody has asked when it comes, right behind the answer: that connection is
        // let go of, and another one asked.
        Case::new("an answer before the request", "ok", "", |talk| {
            let one = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{DONE}", DONE.len());
            let other =
                "HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n";
            talk.say(&format!("{one}{other}\r\n"));
            talk.finish();
        }),
    ]);
}
