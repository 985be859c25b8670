use super::chunked::Chunked;

/// Answers larger than this are cut off and count as broken.
pub(in super::super) const LARGEST: usize = 16 * 1024 * 1024;

/// How an answer says where it ends (RFC 9112, section 6.3).
#[derive(Clone, Debug)]
pub(super) enum Framing {
    /// So many bytes are still to come.
    Length(u64),
    Chunked(Chunked),
    /// With the connection.
    Close,
}

impl Framing {
    pub(super) fn is_over(&self) -> bool {
        match self {
            Self::Length(left) => *left == 0,
            Self::Chunked(chunked) => chunked.is_over(),
            Self::Close => false,
        }
    }

    /// Takes the next bytes of the body in. Returns how many belong to it. The
    /// error is for a person.
    pub(super) fn take(&mut self, bytes: &[u8], body: &mut Vec<u8>) -> Result<usize, String> {
        self.check_size(body)?;
        let taken = match self {
            Self::Length(left) => {
                let here = usize::try_from(*left).unwrap_or(usize::MAX).min(bytes.len());
                body.extend_from_slice(&bytes[..here]);
                *left -= here as u64;
                here
            }
            Self::Chunked(chunked) => chunked
                .take(bytes, body)
                .map_err(|fault| format!("the answer broke off: {fault}"))?,
            Self::Close => {
                body.extend_from_slice(bytes);
                bytes.len()
            }
        };
        self.check_size(body)?;
        Ok(taken)
    }

    /// What is only announced counts as well: it is not read to be thrown away.
    fn check_size(&self, body: &[u8]) -> Result<(), String> {
        let announced = match self {
            Self::Length(left) => *left,
            Self::Chunked(chunked) => chunked.left(),
            Self::Close => 0,
        };
        match announced.saturating_add(body.len() as u64) > LARGEST as u64 {
            true => Err(format!("the answer is larger than {} MiB", LARGEST >> 20)),
            false => Ok(()),
        }
    }

    /// The connection is closed. The error is for a person.
    pub(super) fn close(&self) -> Result<(), String> {
        match self {
            Self::Close => Ok(()),
            Self::Length(left) => {
                let bytes = if *left == 1 { "byte" } else { "bytes" };
                Err(format!("the answer broke off: {left} {bytes} of it never came"))
            }
            Self::Chunked(_) => Err("the answer broke off before its last chunk".to_owned()),
        }
    }
}
