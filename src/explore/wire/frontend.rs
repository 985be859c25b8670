use super::reader::Reader;
use super::{Frame, WireError};

/// What a client says, as far as it matters to a proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frontend {
    /// A simple query; may hold several statements.
    Query(String),
    /// Names a statement; with the types of parameters that the client has chosen.
    Parse {
        name: String,
        sql: String,
        types: Vec<u32>,
    },
    /// Makes a portal of a statement and values.
    Bind(Bind),
    Execute {
        portal: String,
    },
    Describe(Named),
    Close(Named),
    Sync,
    Flush,
    /// The old call of a function, answered like a query.
    FunctionCall,
    /// Data of COPY.
    CopyData,
    /// The end of COPY's data, good or bad.
    CopyEnd,
    Terminate,
    /// A password and the like, or what no client should send.
    Other(u8),
}

/// A statement or a portal, by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named {
    Statement(String),
    Portal(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bind {
    pub portal: String,
    pub statement: String,
    /// Of the values: none, one for all, or one for each; 1 is binary.
    pub formats: Vec<i16>,
    pub values: Vec<Option<Vec<u8>>>,
    /// The same of the columns of the result.
    pub result_formats: Vec<i16>,
}

impl Frontend {
    /// A Query or Parse with other SQL; `None` where `change` wants none, or the message
    /// holds no SQL that can be read.
    pub fn with_sql(frame: &Frame, change: impl FnOnce(&str) -> Option<String>) -> Option<Frame> {
        let body = frame.body();
        let end = |from: usize| Some(from + body[from..].iter().position(|byte| *byte == 0)?);
        let begins = match frame.tag {
            b'Q' => 0,
            // The statement's name comes first.
            b'P' => end(0)? + 1,
            _ => return None,
        };
        let ends = end(begins)?;
        let changed = change(std::str::from_utf8(&body[begins..ends]).ok()?)?;
        let body = [&body[..begins], changed.as_bytes(), &body[ends..]].concat();
        Some(Frame::new(frame.tag, &body))
    }

    /// Of a message that came after the startup packet.
    pub fn read(frame: &Frame) -> Result<Self, WireError> {
        let mut reader = Reader::new(frame.tag, frame.body());
        Ok(match frame.tag {
            b'Q' => Self::Query(reader.text()?),
            b'P' => {
                let (name, sql) = (reader.text()?, reader.text()?);
                let types = (0..reader.count(4)?).map(|_| reader.u32());
                Self::Parse { name, sql, types: types.collect::<Result<_, _>>()? }
            }
            b'B' => {
                let (portal, statement) = (reader.text()?, reader.text()?);
                let formats = reader.formats()?;
                let values = (0..reader.count(4)?).map(|_| reader.value());
                let values = values.map(|value| Ok(value?.map(<[u8]>::to_vec)));
                let values = values.collect::<Result<_, WireError>>()?;
                let result_formats = reader.formats()?;
                Self::Bind(Bind { portal, statement, formats, values, result_formats })
            }
            b'E' => Self::Execute { portal: reader.text()? },
            b'D' => Self::Describe(named(&mut reader)?),
            b'C' => Self::Close(named(&mut reader)?),
            b'S' => Self::Sync,
            b'H' => Self::Flush,
            b'F' => Self::FunctionCall,
            b'd' => Self::CopyData,
            b'c' | b'f' => Self::CopyEnd,
            b'X' => Self::Terminate,
            tag => Self::Other(tag),
        })
    }
}

fn named(reader: &mut Reader<'_>) -> Result<Named, WireError> {
    match reader.u8()? {
        b'S' => Ok(Named::Statement(reader.text()?)),
        _ => Ok(Named::Portal(reader.text()?)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_read() {
        let read = |tag, body: &[u8]| Frontend::read(&Frame::new(tag, body)).expect("valid");
        assert_eq!(read(b'Q', b"BEGIN\0"), Frontend::Query("BEGIN".into()));
        let parse = read(b'P', b"s1\0SELECT $1\0\0\x01\0\0\0\x14");
        let expected =
            Frontend::Parse { name: "s1".into(), sql: "SELECT $1".into(), types: vec![20] };
        assert_eq!(parse, expected);
        let bind = read(b'B', b"\0s1\0\0\x01\0\x01\0\x02\0\0\0\x01x\xff\xff\xff\xff\0\0");
        let expected = Bind {
            portal: String::new(),
            statement: "s1".into(),
            formats: vec![1],
            values: vec![Some(b"x".to_vec()), None],
            result_formats: vec![],
        };
        assert_eq!(bind, Frontend::Bind(expected));
        assert_eq!(read(b'D', b"Ss1\0"), Frontend::Describe(Named::Statement("s1".into())));
    }

    #[test]
    fn other_sql_leaves_the_rest_of_a_message_alone() {
        let longer = |sql: &str| Some(format!("{sql} FOR UPDATE"));
        let query = Frontend::with_sql(&Frame::new(b'Q', b"SELECT 1\0"), longer);
        assert_eq!(query, Some(Frame::new(b'Q', b"SELECT 1 FOR UPDATE\0")));
        let parse = Frame::new(b'P', b"s1\0SELECT $1\0\0\x01\0\0\0\x14");
        let parse = Frontend::with_sql(&parse, longer).expect("a message");
        assert_eq!(parse, Frame::new(b'P', b"s1\0SELECT $1 FOR UPDATE\0\0\x01\0\0\0\x14"));
        for (tag, body) in
            [(b'B', &b"\0s1\0"[..]), (b'Q', b"SELECT 1"), (b'P', b"s1\0SELECT"), (b'Q', b"\xff\0")]
        {
            assert_eq!(Frontend::with_sql(&Frame::new(tag, body), longer), None, "{body:?}");
        }
    }

    #[test]
    fn what_ends_too_early_is_an_error() {
        for (tag, body) in [
            (b'Q', &b"BEGIN"[..]),
            (b'P', b"s1\0"),
            (b'B', b"\0\0\0\0\0\x01\0\0\0\x09x"),
            (b'B', b"\0\0\x7f\xff"),
            (b'D', b""),
        ] {
            assert!(Frontend::read(&Frame::new(tag, body)).is_err(), "{body:?}");
        }
    }
}
