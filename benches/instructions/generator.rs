use std::collections::BTreeMap;
use std::error::Error;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

use bankrun::engine::{Planned, Program, Run, Service, Stop};
use bankrun::facts::Facts;
use bankrun::scenario::Scenario;
use bankrun::script::Script;
use tokio::sync::mpsc::unbounded_channel;

use crate::callgrind::Counted;

const SEED: u64 = 1;
/// Where the counted process finds the server.
const SERVER: &str = "SERVER";

const OPTIONS: &str = "scenarios:\n  pay:\n    executor: shared-iterations\n    vus: 1\n";

const DECLARED: &str = r#"
operations:
  pay:
    request: { method: POST, path: /deposit, json: { userId: "{{ to }}", amount: "{{ amount }}" } }
    ok: { status: 200 }
    effect: { account: "{{ to }}", delta: "{{ amount }}", balance: $.newBalance }
    checks: { is 200: 200 }
"#;

const LUA: &str = r#"
local body = { userId = 1, amount = 10 }
function default()
  local res = http.post("/deposit", body)
  check(res, { ["is 200"] = function(r) return r.status == 200 end })
end
"#;

/// Knows one answer to everything, and is not counted.
const ANSWER: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 49\r\n\r\n\
                      {\"status\":\"ok\",\"balance\":1000,\"newBalance\":1000} ";

pub(crate) fn count(counted: &Counted) -> Result<u64, Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let server = format!("http://{}", listener.local_addr()?);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || answer(stream));
        }
    });
    counted.start(&[(SERVER, server)])?.instructions()
}

/// A client sends a request in one piece, and waits for the answer.
fn answer(mut stream: TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut request = [0; 4096];
    while stream.read(&mut request)? > 0 {
        stream.write_all(ANSWER.as_bytes())?;
    }
    Ok(())
}

pub(crate) fn built_in(operations: usize) -> Result<(), Box<dyn Error>> {
    of_file(&format!(
        "accounts: {{ 1: 1000 }}\n{OPTIONS}    operations: [{{ deposit: 10, account: 1, count: \
         {operations} }}]\n"
    ))
}

pub(crate) fn declared(operations: usize) -> Result<(), Box<dyn Error>> {
    of_file(&format!(
        "accounts: {{ 1: 1000 }}\n{DECLARED}{OPTIONS}    operations: [{{ pay: {{ to: 1, amount: 10 \
         }}, count: {operations} }}]\n"
    ))
}

fn of_file(text: &str) -> Result<(), Box<dyn Error>> {
    let scenario = Scenario::from_yaml("bench.yaml", text).map_err(|wrong| wrong.to_string())?;
    let scenario = scenario.scenario;
    run(&scenario, |service| Ok(Arc::new(Planned::new(&scenario, SEED, service))))
}

pub(crate) fn lua(operations: usize) -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("bench.lua");
    let options = format!("options = {{ vus = 1, iterations = {operations} }}");
    std::fs::write(&path, format!("{options}\n{LUA}"))?;
    let script = Arc::new(Script::load(&path, BTreeMap::new())?);
    let scenario = Scenario::from_options("bench.lua", script.options().clone());
    let scenario = scenario.map_err(|wrong| wrong.to_string())?.scenario;
    run(&scenario, |_| Ok(script.clone().into_program(&scenario, SEED)?))
}

/// With all that is kept of a run: history, metrics, histograms.
fn run(
    scenario: &Scenario,
    program: impl FnOnce(&Service) -> Result<Arc<dyn Program>, Box<dyn Error>>,
) -> Result<(), Box<dyn Error>> {
    let service = Service::new(std::env::var(SERVER)?.parse()?);
    let program = program(&service)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (events, mut received) = unbounded_channel();
    let run = Run {
        scenario: scenario.clone(),
        service,
        program,
        faults: None,
        events,
        stop: Stop::new(),
    };
    let workloads = scenario.workloads.len();
    runtime.block_on(async {
        let collecting = tokio::spawn(async move {
            let mut facts = Facts::new(workloads);
            while let Some(event) = received.recv().await {
                facts.apply(&event);
            }
        });
        run.execute().await?;
        collecting.await?;
        Ok(())
    })
}
