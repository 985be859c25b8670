use thiserror::Error;

/// Why an exploration could not go on.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum Trouble {
    #[error("it was stopped")]
    Stopped,
    #[error("cannot listen on the loopback interface: {0}")]
    Listen(String),
    #[error("the database: {0}")]
    Database(String),
    #[error("the service: {0}")]
    Service(String),
    /// Others use the database; what they do would look like a loss.
    #[error(
        "somebody else is connected to this database: {0}. What they do would be taken for a \
         fault of the service: end these connections, or give a database of its own"
    )]
    Strangers(String),
    #[error(
        "this is a connection pooler, PgBouncer say, which does not tell which of its connections \
         waits for which: give the address of PostgreSQL itself"
    )]
    Pooler,
    /// Two runs of one request, alone, were not the same.
    #[error(
        "request {0} does not do the same each time, even when it runs alone: {1}. Orders can only \
         be gone through where they repeat"
    )]
    Unsteady(char, String),
    /// After these requests, there is an entry in one of two equal runs alone.
    #[error(
        "the state is not the same each time, even when the requests come one after the other: \
         after {0}, `{1}` is there once and once not. Read only what repeats: a key from a \
         sequence or a clock names no row"
    )]
    UnsteadyState(String, String),
    /// A change of the service is to change nothing of its serial orders.
    #[error(
        "with it the service does something else even when the requests come one after the other: \
         after {0}, {1}"
    )]
    Unlike(String, String),
    /// The state after a reset is not what it was after the one before.
    #[error("a reset does not bring back the same state: {0}")]
    Reset(String),
}

/// The letter that stands for a request: `A` for the first.
pub fn letter(request: usize) -> char {
    u8::try_from(request).map_or('?', |number| char::from(b'A'.saturating_add(number)))
}
