use super::reader::Reader;
use super::{Frame, WireError};

const CANCEL: u32 = 80_877_102;
const SSL: u32 = 80_877_103;
const GSSENC: u32 = 80_877_104;

/// What a client says first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Startup {
    /// Asks for TLS; the answer is one byte.
    Ssl,
    /// Asks for encryption by GSSAPI; the answer is one byte.
    GssEncryption,
    /// Asks to cancel what another connection does. There is no answer.
    Cancel,
    /// Begins a session, with parameters: `user`, `database`, `options`.
    Session { version: u32, parameters: Vec<(String, String)> },
}

impl Startup {
    /// Of the first packet of a connection.
    pub fn read(frame: &Frame) -> Result<Self, WireError> {
        let mut reader = Reader::new(frame.tag, frame.body());
        match reader.u32()? {
            CANCEL => Ok(Self::Cancel),
            SSL => Ok(Self::Ssl),
            GSSENC => Ok(Self::GssEncryption),
            version => {
                let mut parameters = Vec::new();
                loop {
                    let name = reader.text()?;
                    if name.is_empty() {
                        return Ok(Self::Session { version, parameters });
                    }
                    parameters.push((name, reader.text()?));
                }
            }
        }
    }

    /// A session with one more setting, as `-c NAME=VALUE` in `options` gives it. It
    /// stands in the place of what the client asks for at its start.
    pub fn with_setting(self, name: &str, value: &str) -> Self {
        let Self::Session { version, mut parameters } = self else { return self };
        // A parameter of this name would count for more than `options`, where the last
        // word counts.
        parameters.retain(|(parameter, _)| !parameter.eq_ignore_ascii_case(name));
        // A space would end it.
        let value = value.replace('\\', "\\\\").replace(' ', "\\ ");
        let setting = format!("-c {name}={value}");
        match parameters.iter_mut().find(|(name, _)| name == "options") {
            Some((_, options)) => *options = format!("{options} {setting}"),
            None => parameters.push(("options".to_owned(), setting)),
        }
        Self::Session { version, parameters }
    }

    /// As it travels; only a session is ever written anew.
    pub fn frame(&self) -> Option<Frame> {
        let Self::Session { version, parameters } = self else { return None };
        let mut body = version.to_be_bytes().to_vec();
        for (name, value) in parameters {
            for text in [name, value] {
                body.extend_from_slice(text.as_bytes());
                body.push(0);
            }
        }
        body.push(0);
        Some(Frame::new(0, &body))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_read_and_written() {
        let session = |options: Option<&str>| {
            let mut parameters = vec![("user".to_owned(), "me".to_owned())];
            parameters.extend(options.map(|text| ("options".to_owned(), text.to_owned())));
            Startup::Session { version: 196_608, parameters }
        };
        let frame = session(None).frame().expect("a packet");
        assert_eq!(Startup::read(&frame), Ok(session(None)));
        let added = session(None).with_setting("deadlock_timeout", "1ms");
        assert_eq!(added, session(Some("-c deadlock_timeout=1ms")));
        let added = session(Some("-c a=b")).with_setting("deadlock_timeout", "1ms");
        assert_eq!(added, session(Some("-c a=b -c deadlock_timeout=1ms")));
    }

    #[test]
    fn a_setting_takes_the_place_of_what_the_client_asks_for() {
        let parameter = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let session = Startup::Session {
            version: 196_608,
            parameters: vec![
                parameter("user", "me"),
                parameter("DEFAULT_transaction_isolation", "read committed"),
                parameter("options", r"-c default_transaction_isolation=read\ committed"),
            ],
        };
        let expected = Startup::Session {
            version: 196_608,
            parameters: vec![
                parameter("user", "me"),
                parameter(
                    "options",
                    r"-c default_transaction_isolation=read\ committed -c default_transaction_isolation=repeatable\ read",
                ),
            ],
        };
        let found = session.with_setting("default_transaction_isolation", "repeatable read");
        assert_eq!(found, expected);
        let frame = found.frame().expect("a packet");
        assert_eq!(Startup::read(&frame), Ok(expected));
    }

    #[test]
    fn the_other_requests_are_known() {
        for (code, expected) in
            [(CANCEL, Startup::Cancel), (SSL, Startup::Ssl), (GSSENC, Startup::GssEncryption)]
        {
            let frame = Frame::new(0, &code.to_be_bytes());
            assert_eq!(Startup::read(&frame), Ok(expected));
        }
        let cut = Frame::new(0, &[0, 3, 0, 0, b'u']);
        assert!(Startup::read(&cut).is_err());
    }
}
