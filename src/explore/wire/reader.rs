use super::WireError;

/// Reads the fields of a message one after the other.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader<'a> {
    tag: u8,
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) fn new(tag: u8, body: &'a [u8]) -> Self {
        Self { tag, rest: body }
    }

    pub(super) fn bytes(&mut self, count: usize) -> Result<&'a [u8], WireError> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or_else(|| self.short())?;
        self.rest = rest;
        Ok(taken)
    }

    pub(super) fn u8(&mut self) -> Result<u8, WireError> {
        Ok(self.bytes(1)?[0])
    }

    pub(super) fn i16(&mut self) -> Result<i16, WireError> {
        let bytes = self.bytes(2)?;
        Ok(i16::from_be_bytes([bytes[0], bytes[1]]))
    }

    pub(super) fn i32(&mut self) -> Result<i32, WireError> {
        let bytes = self.bytes(4)?;
        Ok(i32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    }

    pub(super) fn u32(&mut self) -> Result<u32, WireError> {
        Ok(self.i32()?.cast_unsigned())
    }

    /// How many things follow; each of them takes `least` bytes.
    pub(super) fn count(&mut self, least: usize) -> Result<usize, WireError> {
        let count = usize::try_from(self.i16()?).map_err(|_| self.short())?;
        if count * least > self.rest.len() { Err(self.short()) } else { Ok(count) }
    }

    /// Up to a zero byte. What is no UTF-8 is shown as such.
    pub(super) fn text(&mut self) -> Result<String, WireError> {
        let end = self.rest.iter().position(|byte| *byte == 0).ok_or_else(|| self.short())?;
        let text = String::from_utf8_lossy(&self.rest[..end]).into_owned();
        self.rest = &self.rest[end + 1..];
        Ok(text)
    }

    /// Preceded by its length; -1 is NULL.
    pub(super) fn value(&mut self) -> Result<Option<&'a [u8]>, WireError> {
        match self.i32()? {
            -1 => Ok(None),
            length => {
                let length = usize::try_from(length).map_err(|_| self.short())?;
                self.bytes(length).map(Some)
            }
        }
    }

    pub(super) fn formats(&mut self) -> Result<Vec<i16>, WireError> {
        (0..self.count(2)?).map(|_| self.i16()).collect()
    }

    fn short(&self) -> WireError {
        WireError::Short(char::from(self.tag))
    }
}
