//! What a script costs: an iteration with and without Lua in it, against a
//! server in this process that does nothing.
//!
//! ```text
//! cargo bench --bench hook               # 20,000 iterations each, the best of 5
//! cargo bench --bench hook -- 1000       # 1,000
//! ```
//!
//! One virtual user on one thread, the server on another. The time of an
//! iteration is mostly the way to the server and back; what a script costs is
//! the difference to the row above it.

#![expect(clippy::print_stdout, reason = "a table for people")]

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bankrun::engine::{
    Behaviour, BoxFuture, Cut, PlainRequest, Planned, Program, Run, Service, Stop, Vu,
};
use bankrun::scenario::Scenario;
use bankrun::script::Script;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::CONTENT_TYPE;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::mpsc::unbounded_channel;

const ITERATIONS: u64 = 20_000;
const REPETITIONS: usize = 5;
const SEED: u64 = 1;

const BODY: &str = r#"{"userId":1,"amount":10}"#;
const ANSWER: &[u8] = br#"{"status":"ok","balance":1000,"newBalance":1000}"#;

const HOOKS: &str = r#"
function before_request(req, ctx) req.headers["X-Vu"] = tostring(ctx.vu) end
function after_response(req, res, ctx) end
"#;
const NOTHING: &str = "function default() end";
const POST: &str = r#"
function default() http.post("/deposit", { userId = 1, amount = 10 }) end
"#;
const POST_AND_CHECK: &str = r#"
function default()
  local res = http.post("/deposit", { userId = 1, amount = 10 })
  check(res, { ["is 200"] = function(r) return r.status == 200 end })
end
"#;

type Error = Box<dyn std::error::Error>;

fn main() -> Result<(), Error> {
    let given = std::env::args().skip(1).find_map(|argument| argument.parse().ok());
    let iterations: u64 = given.unwrap_or(ITERATIONS);
    let service = Service::new(format!("http://{}", null_server()?).parse()?);
    let folder = tempfile::tempdir()?;
    let file = |name: &str, text: String| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).map(|()| path)
    };
    let planned_file = file(
        "planned.yaml",
        format!(
            "accounts: {{ 1: 1000 }}\nscenarios:\n  pay:\n    executor: shared-iterations\n    \
             vus: 1\n    operations: [{{ deposit: 10, account: 1, count: {iterations} }}]\n"
        ),
    )?;
    let planned = load(&planned_file)?;
    let hooks = script(&file("hooks.lua", HOOKS.into())?)?;

    println!("{iterations} iterations, the best of {REPETITIONS}: microseconds each");
    let plan = || Planned::new(&planned, SEED, &service);
    row("an operation of a file", &planned, &service, || Ok(Arc::new(plan())))?;
    row("  the same with both hooks", &planned, &service, || {
        Ok(hooks.clone().hook(plan(), &planned, SEED)?)
    })?;

    let options = |code: &str| {
        format!(
            "options = {{ vus = 1, iterations = {iterations}, accounts = {{ [1] = 1000 }} }}\n{code}"
        )
    };
    let mut scripts = Vec::new();
    for (name, code) in [("nothing", NOTHING), ("post", POST), ("check", POST_AND_CHECK)] {
        scripts.push(script(&file(&format!("{name}.lua"), options(code))?)?);
    }
    let scenario = of_script(&scripts[0])?;
    let own = |index: usize| {
        let (script, scenario): (&Arc<Script>, &Scenario) = (&scripts[index], &scenario);
        move || Ok(script.clone().into_program(scenario, SEED)?)
    };
    row("default() that does nothing", &scenario, &service, own(0))?;
    row("a POST without a script", &scenario, &service, || Ok(Arc::new(Poster)))?;
    row("  default() with http.post", &scenario, &service, own(1))?;
    row("  default() with http.post and check", &scenario, &service, own(2))
}

fn row(
    name: &str,
    scenario: &Scenario,
    service: &Service,
    program: impl Fn() -> Result<Arc<dyn Program>, Error>,
) -> Result<(), Error> {
    let mut best = Duration::MAX;
    for _ in 0..REPETITIONS {
        best = best.min(measure(scenario, service, program()?)?);
    }
    let iterations = scenario.workloads[0].executor.iterations().unwrap_or(1);
    println!("{name:<38}{:>8.1}", best.as_secs_f64() * 1e6 / iterations as f64);
    Ok(())
}

fn measure(
    scenario: &Scenario,
    service: &Service,
    program: Arc<dyn Program>,
) -> Result<Duration, Error> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (events, mut received) = unbounded_channel();
    let run = Run {
        scenario: scenario.clone(),
        service: service.clone(),
        program,
        faults: None,
        events,
        stop: Stop::new(),
    };
    runtime.block_on(async {
        let reading = tokio::spawn(async move { while received.recv().await.is_some() {} });
        let elapsed = run.execute().await?;
        reading.await?;
        Ok(elapsed)
    })
}

/// The same request as the scripts', sent from Rust.
#[derive(Debug)]
struct Poster;

impl Program for Poster {
    fn behaviour(&self, _: &Arc<Vu>) -> Result<Box<dyn Behaviour>, String> {
        Ok(Box::new(Self))
    }
}

impl Behaviour for Poster {
    fn iterate<'a>(&'a mut self, vu: &'a Arc<Vu>, _: u64) -> BoxFuture<'a, Result<(), Cut>> {
        Box::pin(async move {
            let request = Request::post("/deposit")
                .header(CONTENT_TYPE, "application/json")
                .body(Bytes::from_static(BODY.as_bytes()))
                .map_err(|error| Cut::Error(error.to_string()))?;
            let tags = vu.seat.tags.clone();
            let _ =
                vu.request(PlainRequest { request, timeout: None, tags, expected: None }).await?;
            Ok(())
        })
    }
}

fn load(path: &Path) -> Result<Scenario, Error> {
    Ok(Scenario::load(path, &Default::default()).map_err(|problems| problems.to_string())?.scenario)
}

fn script(path: &Path) -> Result<Arc<Script>, Error> {
    Ok(Arc::new(Script::load(path, BTreeMap::new())?))
}

fn of_script(script: &Script) -> Result<Scenario, Error> {
    let loaded = Scenario::from_options("bench.lua", script.options().clone());
    Ok(loaded.map_err(|problems| problems.to_string())?.scenario)
}

/// Answers everything with the same few bytes, on a thread of its own.
fn null_server() -> Result<SocketAddr, Error> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"))?;
    let address = listener.local_addr()?;
    std::thread::spawn(move || {
        runtime.block_on(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let _ = stream.set_nodelay(true);
                let connection = hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service_fn(answer));
                tokio::spawn(connection);
            }
        });
    });
    Ok(address)
}

async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let _ = request.into_body().collect().await;
    Ok(Response::new(Full::new(Bytes::from_static(ANSWER))))
}
