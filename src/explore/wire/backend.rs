use super::reader::Reader;
use super::{Frame, WireError};

/// What a server says, as far as it matters to a proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Backend {
    /// The server awaits the next question.
    ReadyForQuery(TransactionStatus),
    /// One statement is done: `UPDATE 1`.
    CommandComplete(String),
    EmptyQuery,
    /// Some rows have come, as many as were asked for.
    PortalSuspended,
    /// A statement has failed: SQLSTATE and message.
    Error {
        code: String,
        message: String,
    },
    /// The process that serves this connection.
    KeyData {
        pid: i32,
    },
    /// The columns of the rows that come, or would come.
    Columns(Vec<Column>),
    NoData,
    /// The types of a statement's parameters.
    Parameters(Vec<u32>),
    Row(Vec<Option<Vec<u8>>>),
    /// COPY waits for the client's data.
    CopyIn,
    /// Notices, notifications, settings: they come at any time.
    Aside,
    Other(u8),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransactionStatus {
    Idle,
    InTransaction,
    /// In a transaction that can only be rolled back.
    Failed,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    pub name: String,
    /// The OID of its type.
    pub kind: u32,
    /// 1 is binary; of a statement that is not bound yet it is always 0.
    pub format: i16,
}

impl Backend {
    pub fn read(frame: &Frame) -> Result<Self, WireError> {
        let mut reader = Reader::new(frame.tag, frame.body());
        Ok(match frame.tag {
            b'Z' => Self::ReadyForQuery(match reader.u8()? {
                b'T' => TransactionStatus::InTransaction,
                b'E' => TransactionStatus::Failed,
                _ => TransactionStatus::Idle,
            }),
            b'C' => Self::CommandComplete(reader.text()?),
            b'I' => Self::EmptyQuery,
            b's' => Self::PortalSuspended,
            b'E' => error(&mut reader)?,
            b'K' => Self::KeyData { pid: reader.i32()? },
            b'T' => {
                let columns = (0..reader.count(19)?).map(|_| column(&mut reader));
                Self::Columns(columns.collect::<Result<_, _>>()?)
            }
            b'n' => Self::NoData,
            b't' => {
                let types = (0..reader.count(4)?).map(|_| reader.u32());
                Self::Parameters(types.collect::<Result<_, _>>()?)
            }
            b'D' => {
                let values = (0..reader.count(4)?).map(|_| reader.value());
                let values = values.map(|value| Ok(value?.map(<[u8]>::to_vec)));
                Self::Row(values.collect::<Result<_, WireError>>()?)
            }
            b'G' | b'W' => Self::CopyIn,
            b'N' | b'A' | b'S' => Self::Aside,
            tag => Self::Other(tag),
        })
    }
}

fn error(reader: &mut Reader<'_>) -> Result<Backend, WireError> {
    let (mut code, mut message) = (String::new(), String::new());
    loop {
        match reader.u8()? {
            0 => return Ok(Backend::Error { code, message }),
            b'C' => code = reader.text()?,
            b'M' => message = reader.text()?,
            _ => drop(reader.text()?),
        }
    }
}

fn column(reader: &mut Reader<'_>) -> Result<Column, WireError> {
    let name = reader.text()?;
    // The table and its column, which are not needed.
    reader.bytes(6)?;
    let kind = reader.u32()?;
    // The type's size and modifier.
    reader.bytes(6)?;
    Ok(Column { name, kind, format: reader.i16()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_read() {
        let read = |tag, body: &[u8]| Backend::read(&Frame::new(tag, body)).expect("valid");
        assert_eq!(read(b'Z', b"T"), Backend::ReadyForQuery(TransactionStatus::InTransaction));
        assert_eq!(read(b'C', b"UPDATE 1\0"), Backend::CommandComplete("UPDATE 1".into()));
        let error = read(b'E', b"SERROR\0C40P01\0Mdeadlock detected\0\0");
        let expected = Backend::Error { code: "40P01".into(), message: "deadlock detected".into() };
        assert_eq!(error, expected);
        let row = read(b'T', b"\0\x01id\0\0\0\0\0\0\x01\0\0\0\x14\0\x08\xff\xff\xff\xff\0\x01");
        let column = Column { name: "id".into(), kind: 20, format: 1 };
        assert_eq!(row, Backend::Columns(vec![column]));
        assert_eq!(read(b'D', b"\0\x01\0\0\0\x021\x32"), Backend::Row(vec![Some(b"12".to_vec())]));
    }
}
