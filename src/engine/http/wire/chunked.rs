/// Chunk extensions and trailers that are skipped, at most.
const LONGEST_EXTRA: usize = 16 * 1024;

/// Reads `Transfer-Encoding: chunked` (RFC 9112, section 7.1), as it comes.
/// Extensions and trailers are skipped.
#[derive(Clone, Debug)]
pub(super) struct Chunked {
    at: At,
    /// Of the chunk: what is left of it.
    left: u64,
    /// Bytes of extensions and trailers.
    extra: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    /// In front of the first digit of a size.
    Size,
    /// Behind one.
    Digits,
    Extension,
    /// Behind the CR after a size.
    SizeEnd,
    Data,
    DataCr,
    DataLf,
    /// At the beginning of a line after the last chunk.
    Trailer,
    TrailerLine,
    TrailerLineEnd,
    LastLf,
    End,
}

impl Chunked {
    pub(super) fn new() -> Self {
        Self { at: At::Size, left: 0, extra: 0 }
    }

    /// What the chunk says that there is still of it.
    pub(super) fn left(&self) -> u64 {
        self.left
    }

    pub(super) fn is_over(&self) -> bool {
        self.at == At::End
    }

    /// Takes the next bytes in and appends their data to `body`. Returns how many
    /// belong to this answer. The error says what is wrong with them.
    pub(super) fn take(&mut self, bytes: &[u8], body: &mut Vec<u8>) -> Result<usize, &'static str> {
        let mut taken = 0;
        while taken < bytes.len() && !self.is_over() {
            if self.at == At::Data {
                let here = usize::try_from(self.left).unwrap_or(usize::MAX);
                let here = here.min(bytes.len() - taken);
                body.extend_from_slice(&bytes[taken..taken + here]);
                taken += here;
                self.left -= here as u64;
                if self.left == 0 {
                    self.at = At::DataCr;
                }
                continue;
            }
            self.at = self.next(bytes[taken])?;
            taken += 1;
        }
        Ok(taken)
    }

    fn next(&mut self, byte: u8) -> Result<At, &'static str> {
        Ok(match (self.at, byte) {
            (At::Size | At::Digits, byte) if byte.is_ascii_hexdigit() => {
                let digit = (byte as char).to_digit(16).unwrap_or_default();
                let size = self.left.checked_mul(16).ok_or("a chunk is too large")?;
                self.left = size + u64::from(digit);
                At::Digits
            }
            (At::Digits | At::Extension, b'\r') => At::SizeEnd,
            (At::Digits, b';' | b' ' | b'\t') => At::Extension,
            (At::Extension, byte) if byte != b'\n' => self.skip(At::Extension)?,
            (At::SizeEnd, b'\n') if self.left == 0 => At::Trailer,
            (At::SizeEnd, b'\n') => At::Data,
            (At::DataCr, b'\r') => At::DataLf,
            (At::DataLf, b'\n') => At::Size,
            (At::Trailer, b'\r') => At::LastLf,
            (At::Trailer | At::TrailerLine, byte) if byte != b'\r' && byte != b'\n' => {
                self.skip(At::TrailerLine)?
            }
            (At::TrailerLine, b'\r') => At::TrailerLineEnd,
            (At::TrailerLineEnd, b'\n') => At::Trailer,
            (At::LastLf, b'\n') => At::End,
            (At::DataCr | At::DataLf, _) => return Err("a chunk is longer than it says"),
            (At::Size | At::Digits, _) => return Err("a chunk does not begin with its size"),
            _ => return Err("a chunk does not end as it should"),
        })
    }

    fn skip(&mut self, at: At) -> Result<At, &'static str> {
        self.extra += 1;
        if self.extra > LONGEST_EXTRA {
            Err("there is too much between its chunks")
        } else {
            Ok(at)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The data, how many bytes were taken, and whether that was all of it.
    fn read(pieces: &[&[u8]]) -> Result<(String, usize, bool), &'static str> {
        let (mut chunked, mut body, mut taken) = (Chunked::new(), Vec::new(), 0);
        for piece in pieces {
            taken += chunked.take(piece, &mut body)?;
        }
        Ok((String::from_utf8_lossy(&body).into_owned(), taken, chunked.is_over()))
    }

    const WHOLE: &[u8] = b"5;name=\"v\"\r\nhello\r\n1 \r\n!\r\n00\r\nx-sum: 1\r\ny: 2\r\n\r\n";

    #[test]
    fn data_is_read_however_it_is_cut() {
        let expected = ("hello!".to_owned(), WHOLE.len(), true);
        assert_eq!(read(&[WHOLE]), Ok(expected.clone()));
        let bytes: Vec<&[u8]> = WHOLE.chunks(1).collect();
        assert_eq!(read(&bytes), Ok(expected.clone()));
        for cut in 0..WHOLE.len() {
            assert_eq!(read(&[&WHOLE[..cut], &WHOLE[cut..]]), Ok(expected.clone()), "{cut}");
        }
    }

    #[test]
    fn what_follows_is_not_taken() {
        assert_eq!(read(&[b"1\r\na\r\n0\r\n\r\nHTTP/1.1"]), Ok(("a".to_owned(), 11, true)));
    }

    #[test]
    fn an_end_too_early_is_no_end() {
        for cut in 0..WHOLE.len() {
            assert!(!read(&[&WHOLE[..cut]]).expect("so far").2, "{cut}");
        }
    }

    #[test]
    fn what_is_no_chunk_is_refused() {
        for wrong in [
            &b"\r\n"[..],
            b"g\r\n",
            b"-1\r\n",
            b"1\na\r\n",
            b"1\r\nab\r\n",
            b"0\r\n\n",
            b"0\r\na\n\r\n",
            b"11111111111111111\r\n",
            b"1;a\nb\r\n",
        ] {
            assert!(read(&[wrong]).is_err(), "{:?}", String::from_utf8_lossy(wrong));
        }
        let long = [b"1;".as_slice(), &[b'a'; LONGEST_EXTRA + 1]].concat();
        assert!(read(&[&long]).is_err());
    }
}
