use bytes::{Buf, Bytes, BytesMut};
use thiserror::Error;

/// The largest startup packet that PostgreSQL takes.
const LARGEST_STARTUP: usize = 10_000;

/// The largest message that PostgreSQL takes.
const LARGEST_MESSAGE: usize = 0x3fff_ffff;

/// One message as it travels: a tag, four bytes of length, and the rest. A
/// startup packet has no tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Zero for a startup packet.
    pub tag: u8,
    /// All of it, header included.
    pub bytes: Bytes,
}

/// Why bytes are not the protocol of PostgreSQL. The conversation cannot go on.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum WireError {
    #[error("a message says that it is {0} bytes long")]
    Length(usize),
    #[error("a message of type {0:?} ends too early")]
    Short(char),
}

/// Cuts a stream of bytes into messages, wherever the network has cut it.
#[derive(Debug)]
pub struct Frames {
    buffer: BytesMut,
    /// The next message has no tag.
    starts: bool,
}

impl Frames {
    /// What a client sends, from its first byte.
    pub fn of_client() -> Self {
        Self { buffer: BytesMut::new(), starts: true }
    }

    /// What a server sends after its answers to SSLRequest and the like.
    pub fn of_server() -> Self {
        Self { buffer: BytesMut::new(), starts: false }
    }

    /// Where what comes is to be read into.
    pub fn buffer(&mut self) -> &mut BytesMut {
        &mut self.buffer
    }

    /// The startup packet has come: from now on messages have tags.
    pub fn has_started(&mut self) {
        self.starts = false;
    }

    /// The next message, if all of it is there.
    pub fn next_frame(&mut self) -> Result<Option<Frame>, WireError> {
        let header = if self.starts { 4 } else { 5 };
        let Some(head) = self.buffer.get(..header) else { return Ok(None) };
        let (tag, mut length) = if self.starts { (0, head) } else { (head[0], &head[1..]) };
        let length = length.get_u32() as usize;
        let largest = if self.starts { LARGEST_STARTUP } else { LARGEST_MESSAGE };
        let least = if self.starts { 8 } else { 4 };
        if !(least..=largest).contains(&length) {
            return Err(WireError::Length(length));
        }
        let whole = length + usize::from(!self.starts);
        if self.buffer.len() < whole {
            // A claim is no reason to make room for it at once.
            self.buffer.reserve((whole - self.buffer.len()).min(1 << 20));
            return Ok(None);
        }
        Ok(Some(Frame { tag, bytes: self.buffer.split_to(whole).freeze() }))
    }
}

impl Frame {
    /// Without the header.
    pub fn body(&self) -> &[u8] {
        let header = if self.tag == 0 { 4 } else { 5 };
        self.bytes.get(header..).unwrap_or_default()
    }

    /// A message of our own.
    pub fn new(tag: u8, body: &[u8]) -> Self {
        let length = u32::try_from(body.len() + 4).unwrap_or(u32::MAX);
        let mut bytes = BytesMut::with_capacity(body.len() + 5);
        if tag != 0 {
            bytes.extend_from_slice(&[tag]);
        }
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(body);
        Self { tag, bytes: bytes.freeze() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(frames: &mut Frames) -> Result<Vec<Frame>, WireError> {
        let mut found = Vec::new();
        while let Some(frame) = frames.next_frame()? {
            found.push(frame);
        }
        Ok(found)
    }

    #[test]
    fn the_cuts_of_the_network_make_no_difference() {
        let sent = [
            Frame::new(b'Q', b"SELECT 1\0"),
            Frame::new(b'S', b""),
            Frame::new(b'd', &[7; 70_000]),
            Frame::new(b'X', b""),
        ];
        let bytes: Vec<u8> = sent.iter().flat_map(|frame| frame.bytes.to_vec()).collect();
        let mut random = fastrand::Rng::with_seed(1);
        for _ in 0..50 {
            let mut frames = Frames::of_server();
            let (mut rest, mut found) = (&bytes[..], Vec::new());
            while !rest.is_empty() {
                let most = rest.len().min(1 + random.usize(0..30_000));
                let cut = random.usize(1..=most);
                frames.buffer().extend_from_slice(&rest[..cut]);
                rest = &rest[cut..];
                found.extend(all(&mut frames).expect("messages"));
            }
            assert_eq!(found, sent);
        }
    }

    #[test]
    fn startup_packets_have_no_tag() {
        let mut frames = Frames::of_client();
        frames.buffer().extend_from_slice(&Frame::new(0, &[4, 210, 22, 47]).bytes);
        let found = frames.next_frame().expect("valid").expect("whole");
        assert_eq!((found.tag, found.body()), (0, &[4, 210, 22, 47][..]));
    }

    #[test]
    fn impossible_lengths_end_it_and_claims_cost_nothing() {
        for (bytes, expected) in [
            (&b"Q\0\0\0\x03"[..], Err(WireError::Length(3))),
            (b"Q\xff\xff\xff\xff", Err(WireError::Length(0xffff_ffff))),
            (b"Q\x3f\xff\xff\xff", Ok(None)),
            (b"Q\0\0", Ok(None)),
        ] {
            let mut frames = Frames::of_server();
            frames.buffer().extend_from_slice(bytes);
            assert_eq!(frames.next_frame(), expected);
            assert!(frames.buffer().capacity() < 2 << 20);
        }
        let mut frames = Frames::of_client();
        frames.buffer().extend_from_slice(b"GET / HTTP/1.1\r\n");
        assert!(frames.next_frame().is_err());
    }

    #[test]
    fn garbage_never_panics() {
        let mut random = fastrand::Rng::with_seed(2);
        for _ in 0..2_000 {
            let mut frames = if random.bool() { Frames::of_server() } else { Frames::of_client() };
            let bytes: Vec<u8> = (0..random.usize(0..200)).map(|_| random.u8(..)).collect();
            frames.buffer().extend_from_slice(&bytes);
            while let Ok(Some(frame)) = frames.next_frame() {
                let _ = crate::explore::wire::Frontend::read(&frame);
                let _ = crate::explore::wire::Backend::read(&frame);
                let _ = crate::explore::wire::Startup::read(&frame);
            }
        }
    }
}
