//! What does not end where it says that it ends.

use super::wild::{Case, DONE, check};

#[test]
fn a_wrong_length_is_unknown() {
    check(&[
        Case::new("too long, and closed", "info", "83 bytes of it never came", |talk| {
            talk.answer("content-length: 100\r\n", DONE);
            talk.finish();
        }),
        Case::new("too long, and waiting", "info", "no answer within 2s", |talk| {
            talk.answer("content-length: 100\r\n", DONE);
            talk.wait();
        })
        .brief(),
        Case::new("too short", "info", "200 with a body that is not JSON", |talk| {
            talk.answer("content-length: 5\r\n", DONE);
            talk.wait();
        }),
        Case::new("two of them", "info", "it has two lengths", |talk| {
            talk.answer("content-length: 17\r\ncontent-length: 18\r\n", DONE);
            talk.finish();
        }),
        Case::new("negative", "info", "its length is \"-17\"", |talk| {
            talk.answer("content-length: -17\r\n", DONE);
            talk.finish();
        }),
        Case::new("a word", "info", "its length is \"17, 17\"", |talk| {
            talk.answer("content-length: 17, 17\r\n", DONE);
            talk.finish();
        }),
        Case::new("beyond all numbers", "info", "its length is", |talk| {
            talk.answer("content-length: 99999999999999999999\r\n", DONE);
            talk.finish();
        }),
        Case::new("an exabyte", "info", "larger than 16 MiB", |talk| {
            talk.answer("content-length: 18446744073709551615\r\n", DONE);
            talk.finish();
        }),
    ]);
}

#[test]
fn chunks_that_are_none_are_unknown() {
    check(&[
        Case::new("no size", "info", "a chunk does not begin with its size", |talk| {
            talk.answer("transfer-encoding: chunked\r\n", "zz\r\n{}\r\n0\r\n\r\n");
            talk.finish();
        }),
        Case::new("a negative size", "info", "a chunk does not begin with its size", |talk| {
            talk.answer("transfer-encoding: chunked\r\n", "-2\r\n{}\r\n0\r\n\r\n");
            talk.finish();
        }),
        Case::new("a size beyond all", "info", "a chunk is too large", |talk| {
            talk.answer("transfer-encoding: chunked\r\n", "fffffffffffffffff\r\n{}\r\n");
            talk.finish();
        }),
        Case::new("an exabyte", "info", "larger than 16 MiB", |talk| {
            talk.answer("transfer-encoding: chunked\r\n", "ffffffffffffffff\r\n{}\r\n");
            talk.finish();
        }),
        Case::new("more than its size", "info", "a chunk is longer than it says", |talk| {
            talk.answer("transfer-encoding: chunked\r\n", "1\r\n{}\r\n0\r\n\r\n");
            talk.finish();
        }),
        Case::new("no last chunk", "info", "broke off before its last chunk", |talk| {
            talk.answer("transfer-encoding: chunked\r\n", "2\r\n{}\r\n");
            talk.finish();
        }),
        Case::new("no end, and waiting", "info", "no answer within 2s", |talk| {
            talk.answer("transfer-encoding: chunked\r\n", "2\r\n{}\r\n0\r\n");
            talk.wait();
        })
        .brief(),
        Case::new("trailers for ever", "info", "too much between its chunks", |talk| {
            talk.answer("transfer-encoding: chunked\r\n", "2\r\n{}\r\n0\r\n");
            while talk.say("x: 1\r\n") {}
        }),
        Case::new("extensions for ever", "info", "too much between its chunks", |talk| {
            talk.answer("transfer-encoding: chunked\r\n", "2;");
            while talk.say("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa") {}
        }),
        Case::new("in pieces of one byte", "ok", "", |talk| {
            talk.answer("transfer-encoding: chunked\r\n", "");
            for byte in DONE.chars() {
                talk.say(&format!("1;x=y\r\n{byte}\r\n"));
            }
            talk.say("0\r\nx: 1\r\n\r\n");
            talk.finish();
        }),
        Case::new("with a length beside it", "ok", "", |talk| {
            let body = format!("11\r\n{DONE}\r\n0\r\n\r\n");
            talk.answer("content-length: 3\r\ntransfer-encoding: chunked\r\n", &body);
            talk.finish();
        }),
    ]);
}

#[test]
fn a_body_without_end_fills_no_memory() {
    check(&[
        Case::new("a gigabyte", "info", "larger than 16 MiB", |talk| {
            talk.answer("content-length: 1073741824\r\n", "");
            let some = vec![b' '; 1 << 20];
            (0..1024).all(|_| talk.send(&some));
            talk.finish();
        }),
        Case::new("until it is closed", "info", "larger than 16 MiB", |talk| {
            talk.answer("", "");
            let some = vec![b' '; 1 << 20];
            while talk.send(&some) {}
        }),
        Case::new("in chunks", "info", "larger than 16 MiB", |talk| {
            talk.answer("transfer-encoding: chunked\r\n", "");
            let chunk = [b"10000\r\n".as_slice(), &vec![b' '; 0x10000], b"\r\n"].concat();
            while talk.send(&chunk) {}
        }),
    ]);
}

#[test]
fn a_body_that_cannot_be_read_is_unknown() {
    check(&[
        Case::new("gzip", "info", "no gzip that can be unpacked", |talk| {
            let lines = "connection: close\r\ncontent-encoding: gzip\r\ncontent-length: 10\r\n";
            talk.say(&format!("HTTP/1.1 200 OK\r\n{lines}\r\n"));
            talk.send(b"\x1f\x8b\x08\0\0\0\0\0\0\x03");
            talk.finish();
        }),
        Case::new("Latin-1", "info", "not UTF-8", |talk| {
            talk.answer("content-length: 28\r\n", "");
            talk.send(b"{\"newBalance\":11,\"name\":\"\xe9\"}");
            talk.finish();
        }),
        Case::new("UTF-16", "info", "not UTF-8", |talk| {
            let body: Vec<u8> = DONE.encode_utf16().flat_map(u16::to_le_bytes).collect();
            talk.answer("content-length: 36\r\n", "");
            talk.send(&[b"\xff\xfe".as_slice(), &body].concat());
            talk.finish();
        }),
        Case::new("nested beyond all", "info", "not JSON", |talk| {
            let body = "[".repeat(1_000_000);
            talk.answer("content-length: 1000000\r\n", &body);
            talk.finish();
        }),
        Case::new("half of it", "info", "not JSON", |talk| {
            talk.answer("", "{\"newBalance\":1");
            talk.finish();
        }),
    ]);
}
