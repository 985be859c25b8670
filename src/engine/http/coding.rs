//! What an answer is packed in (RFC 9110, section 8.4): it is unpacked whether or not
//! anybody asked for that, as browsers do.

use std::io::Read;

use bytes::Bytes;
use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use hyper::HeaderMap;
use hyper::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use thiserror::Error;

use super::Answer;
use super::wire::LARGEST_BODY;

/// How many layers are unpacked at most; there is hardly ever more than one.
const MOST_LAYERS: usize = 4;

/// Of the buffer that Brotli reads by.
const ROOM: usize = 4096;

/// How bytes are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Coding {
    Gzip,
    Deflate,
    Brotli,
}

/// Why an answer cannot be unpacked.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub(in super::super) enum CodingError {
    #[error("packed as `{0}`, which is not understood")]
    Unknown(String),
    #[error("no {0} that can be unpacked: {1}")]
    Broken(&'static str, String),
    #[error("larger than {} MiB when it is unpacked", LARGEST_BODY >> 20)]
    TooLarge,
}

/// The answer with its body unpacked, and without the headers that say how it was
/// packed. What cannot be unpacked stays as it is: see [`unpacked`].
pub(super) fn decoded(answer: Answer) -> Answer {
    if !answer.headers.contains_key(CONTENT_ENCODING) {
        return answer;
    }
    let Ok(body) = unpacked(&answer.headers, &answer.body) else { return answer };
    let mut headers = (*answer.headers).clone();
    headers.remove(CONTENT_ENCODING);
    headers.remove(CONTENT_LENGTH);
    Answer { headers: headers.into(), body, ..answer }
}

/// A body as it was before it was packed.
pub(in super::super) fn unpacked(headers: &HeaderMap, body: &Bytes) -> Result<Bytes, CodingError> {
    let codings = codings(headers)?;
    let mut body = body.clone();
    // The last one was applied last.
    for coding in codings.into_iter().rev() {
        // An answer to HEAD, or a 304, has none.
        if !body.is_empty() {
            body = coding.unpack(&body)?;
        }
    }
    Ok(body)
}

fn codings(headers: &HeaderMap) -> Result<Vec<Coding>, CodingError> {
    let mut codings = Vec::new();
    for value in headers.get_all(CONTENT_ENCODING) {
        let text = String::from_utf8_lossy(value.as_bytes()).to_ascii_lowercase();
        for name in text.split(',').map(str::trim) {
            codings.push(match name {
                "" | "identity" => continue,
                "gzip" | "x-gzip" => Coding::Gzip,
                "deflate" => Coding::Deflate,
                "br" => Coding::Brotli,
                other => return Err(CodingError::Unknown(other.chars().take(20).collect())),
            });
        }
    }
    if codings.len() > MOST_LAYERS {
        let layers = format!("{} layers", codings.len());
        return Err(CodingError::Unknown(layers));
    }
    Ok(codings)
}

impl Coding {
    fn unpack(self, body: &[u8]) -> Result<Bytes, CodingError> {
        match self {
            Self::Gzip => all(MultiGzDecoder::new(body), "gzip"),
            // Meant is zlib's format; some send what is within it.
            Self::Deflate => match all(ZlibDecoder::new(body), "deflate") {
                Err(CodingError::Broken(..)) => all(DeflateDecoder::new(body), "deflate"),
                unpacked => unpacked,
            },
            Self::Brotli => all(brotli_decompressor::Decompressor::new(body, ROOM), "br"),
        }
    }
}

/// A few bytes may stand for gigabytes.
fn all(from: impl Read, name: &'static str) -> Result<Bytes, CodingError> {
    let mut body = Vec::new();
    let read = from.take(LARGEST_BODY as u64 + 1).read_to_end(&mut body);
    read.map_err(|error| CodingError::Broken(name, error.to_string()))?;
    if body.len() > LARGEST_BODY { Err(CodingError::TooLarge) } else { Ok(body.into()) }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
    use hyper::header::HeaderValue;

    use super::*;

    const TEXT: &[u8] = br#"{"balance":1000}"#;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut out = GzEncoder::new(Vec::new(), Compression::default());
        out.write_all(bytes).expect("memory");
        out.finish().expect("memory")
    }

    fn zlib(bytes: &[u8]) -> Vec<u8> {
        let mut out = ZlibEncoder::new(Vec::new(), Compression::default());
        out.write_all(bytes).expect("memory");
        out.finish().expect("memory")
    }

    fn raw(bytes: &[u8]) -> Vec<u8> {
        let mut out = DeflateEncoder::new(Vec::new(), Compression::default());
        out.write_all(bytes).expect("memory");
        out.finish().expect("memory")
    }

    /// `TEXT` as `brotli --quality=1` has it: one uncompressed meta-block.
    fn brotli(bytes: &[u8]) -> Vec<u8> {
        // RFC 7932, section 9.2: WBITS 16 is a 0 bit, then ISLAST 0, MNIBBLES 4, the length
        // less one, ISUNCOMPRESSED 1; then the bytes, and an empty last block.
        let header: u32 = (bytes.len() as u32 - 1) << 4 | 1 << 20;
        let mut out = header.to_le_bytes()[..3].to_vec();
        out.extend_from_slice(bytes);
        out.push(3);
        out
    }

    fn answer(coding: &str, body: Vec<u8>) -> Answer {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_ENCODING, HeaderValue::from_str(coding).expect("a value"));
        headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
        Answer { status: 200, headers: headers.into(), body: body.into(), is_aftermath: false }
    }

    #[test]
    fn what_is_packed_is_unpacked() {
        let several = [gzip(&TEXT[..5]), gzip(&TEXT[5..])].concat();
        for (coding, body) in [
            ("gzip", gzip(TEXT)),
            ("X-GZIP", gzip(TEXT)),
            ("gzip", several),
            ("deflate", zlib(TEXT)),
            ("deflate", raw(TEXT)),
            ("br", brotli(TEXT)),
            ("identity", TEXT.to_vec()),
            ("deflate, gzip", gzip(&zlib(TEXT))),
            ("identity, gzip,", gzip(TEXT)),
        ] {
            let decoded = decoded(answer(coding, body));
            assert_eq!(decoded.body, TEXT, "{coding}");
            assert!(decoded.headers.is_empty(), "{coding}");
        }
        assert_eq!(decoded(answer("gzip", Vec::new())).body, "");
    }

    #[test]
    fn what_cannot_be_unpacked_stays_and_is_named() {
        let short = gzip(TEXT)[..20].to_vec();
        for (coding, body, says) in [
            ("gzip", TEXT.to_vec(), "no gzip that can be unpacked"),
            ("gzip", short, "no gzip that can be unpacked"),
            ("br", b"\xff\xff\xff\xff".to_vec(), "no br that can be unpacked"),
            ("deflate", b"\xff\xff\xff\xff".to_vec(), "no deflate that can be unpacked"),
            ("zstd", TEXT.to_vec(), "packed as `zstd`, which is not understood"),
            ("gzip,gzip,gzip,gzip,gzip", TEXT.to_vec(), "5 layers"),
        ] {
            let packed = answer(coding, body.clone());
            let error = unpacked(&packed.headers, &packed.body).expect_err(coding).to_string();
            assert!(error.contains(says), "{coding}: {error}");
            assert_eq!(decoded(packed).body, body);
        }
    }

    #[test]
    fn a_few_bytes_do_not_become_gigabytes() {
        let zeros = vec![0; LARGEST_BODY + 1];
        for (coding, body) in [("gzip", gzip(&zeros)), ("gzip, gzip", gzip(&gzip(&zeros)))] {
            let bomb = answer(coding, body);
            assert!(bomb.body.len() < 100_000);
            assert_eq!(unpacked(&bomb.headers, &bomb.body), Err(CodingError::TooLarge));
        }
    }
}
