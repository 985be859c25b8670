//! Targets that keep one waiting, or go away.

use std::time::Duration;

use super::wild::{Case, DONE, Talk, check};

#[test]
fn what_does_not_come_in_time_is_unknown() {
    check(&[
        Case::new("silence", "info", "no answer within 2s", Talk::wait).brief(),
        Case::new("half a head", "info", "no answer within 2s", |talk| {
            talk.say("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n");
            talk.wait();
        })
        .brief(),
        Case::new("half a body", "info", "no answer within 2s", |talk| {
            talk.answer("content-length: 17\r\n", "{\"newBal");
            talk.wait();
        })
        .brief(),
        Case::new("one byte a second", "info", "no answer within 2s", |talk| {
            for byte in format!("HTTP/1.1 200 OK\r\ncontent-length: 17\r\n\r\n{DONE}").bytes() {
                if !talk.send(&[byte]) {
                    return;
                }
                std::thread::sleep(Duration::from_secs(1));
            }
        })
        .brief(),
        Case::new("continue for ever", "info", "no answer within 2s", |talk| {
            while talk.say("HTTP/1.1 100 Continue\r\n\r\n") {}
        })
        .brief(),
        Case::new("too late", "info", "no answer within 2s", |talk| {
            std::thread::sleep(Duration::from_secs(4));
            talk.answer("content-length: 17\r\n", DONE);
            talk.wait();
        })
        .brief(),
        Case::new("accepted and never read", "info", "no answer within 2s", |talk| {
            std::thread::sleep(Duration::from_secs(4));
            drop(talk.stream.shutdown(std::net::Shutdown::Both));
        })
        .accepted()
        .brief(),
    ]);
}

#[test]
fn a_connection_that_is_reset_leaves_it_unknown() {
    check(&[
        // What is closed with something unread is reset.
        Case::new("before it was read", "info", "connection reset by peer", |talk| {
            let mut one = [0; 1];
            while !matches!(std::io::Read::read(&mut talk.stream, &mut one), Ok(1)) {}
        })
        .accepted(),
        Case::new("in the middle of the answer", "info", "the answer broke off", |talk| {
            let mut one = [0; 1];
            while !matches!(std::io::Read::read(&mut talk.stream, &mut one), Ok(1)) {}
            talk.answer("content-length: 17\r\n", "{\"newBal");
        })
        .accepted(),
    ]);
}
