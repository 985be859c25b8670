//! HTTP/1.1 on one connection: a request goes out, its answer comes in, and
//! nothing runs beside it. The grammar of heads is httparse's; framing is that
//! of RFC 9112, section 6.
//!
//! What hyper's client has for each connection (a task, a queue, buffers of 8 KiB
//! each way: 25 KB) is more than all else of a virtual user. Here it is a socket
//! and the few hundred bytes of the last request; what comes in is read into one
//! room for each thread. `benches/scale/run.sh crowd` weighs it.

mod body;
mod chunked;
mod exchange;
mod head;
mod last;
mod request;
mod stream;

pub(super) use body::LARGEST as LARGEST_BODY;
pub(super) use exchange::{Failure, Wire};
pub(super) use request::{Added, ByProxy};
pub(super) use stream::Stream;
