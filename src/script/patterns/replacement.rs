use super::matcher::{Fault, Found, Matcher};
use super::pattern::Capture;

/// What `gsub` puts in the place of a match: a text with `%0` to `%9` in it.
#[derive(Clone, Copy, Debug)]
pub(in crate::script) struct Replacement<'a>(pub(in crate::script) &'a [u8]);

impl Replacement<'_> {
    /// Appends it to `out`, with what was matched in `text`.
    pub(in crate::script) fn write<F: FnMut() -> bool>(
        &self,
        text: &[u8],
        found: Found,
        matcher: &Matcher<'_, F>,
        out: &mut Vec<u8>,
    ) -> Result<(), Fault> {
        let mut rest = self.0.iter();
        while let Some(&byte) = rest.next() {
            if byte != b'%' {
                out.push(byte);
                continue;
            }
            match rest.next() {
                Some(b'%') => out.push(b'%'),
                Some(b'0') => out.extend_from_slice(&text[found.start..found.end]),
                Some(digit @ b'1'..=b'9') => {
                    match matcher.capture(found, usize::from(digit - b'1'))? {
                        Capture::Text(start, end) => out.extend_from_slice(&text[start..end]),
                        Capture::Position(at) => {
                            out.extend_from_slice((at + 1).to_string().as_bytes());
                        }
                    }
                }
                _ => {
                    let cause = "invalid use of '%' in replacement string";
                    return Err(Fault::Message(cause.to_owned()));
                }
            }
        }
        Ok(())
    }
}
