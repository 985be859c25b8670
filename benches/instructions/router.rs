use std::error::Error;
use std::io::{Read, Write, stdin};
use std::net::TcpStream;

use bankrun::bank::{Bank, BankOptions, Database, DatabaseSpec, Mode};

use crate::callgrind::Counted;

/// A server like any other, until its input ends.
#[expect(clippy::print_stdout, reason = "it says where it listens")]
pub(crate) fn serve(_: usize) -> Result<(), Box<dyn Error>> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let (database, bank) = runtime.block_on(async {
        let database = Database::open(&DatabaseSpec::Sqlite).await?;
        let options = BankOptions { mode: Mode::Robust, ..BankOptions::default() };
        let bank = Bank::start(&database, options).await?;
        Ok::<_, Box<dyn Error>>((database, bank))
    })?;
    println!("{}", bank.addr());
    stdin().read_to_end(&mut Vec::new())?;
    runtime.block_on(async {
        bank.shutdown().await;
        database.close().await;
    });
    Ok(())
}

/// What every server does: a request is parsed, routed, answered and counted.
pub(crate) fn count_nothing(counted: &Counted) -> Result<u64, Box<dyn Error>> {
    ask(counted, "GET /nothing HTTP/1.1\r\nhost: localhost\r\n\r\n", 404)
}

/// A body is read and understood as well; the database is not asked.
pub(crate) fn count_refusals(counted: &Counted) -> Result<u64, Box<dyn Error>> {
    let body = r#"{"userId":1,"amount":-1}"#;
    let request = format!(
        "POST /deposit HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    );
    ask(counted, &request, 400)
}

/// One request after the other, over one connection.
fn ask(counted: &Counted, request: &str, status: u16) -> Result<u64, Box<dyn Error>> {
    let mut running = counted.start(&[])?;
    let mut stream = TcpStream::connect(running.first_line()?)?;
    stream.set_nodelay(true)?;
    let (expected, mut answer) = (format!("HTTP/1.1 {status} "), [0; 4096]);
    for _ in 0..counted.operations {
        stream.write_all(request.as_bytes())?;
        // Head and body come in one piece.
        let length = stream.read(&mut answer)?;
        if !answer[..length].starts_with(expected.as_bytes()) {
            return Err(String::from_utf8_lossy(&answer[..length]).into());
        }
    }
    drop(stream);
    running.instructions()
}
