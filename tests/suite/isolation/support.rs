use std::path::Path;
use std::time::Duration;

use bankrun::bank::store::PrivatePostgres;
use bankrun::isolation::{
    Exploration, ExploreOptions, IsolationLevel, Scratch, Spec, explore, parse, parse_yaml,
};

/// The specification in a file of the fixtures.
pub fn fixture(name: &str) -> Spec {
    let path = Path::new("examples/isolation").join(name);
    let text = std::fs::read_to_string(path).expect("a fixture");
    let spec = if name.ends_with(".yaml") { parse_yaml(&text) } else { parse(&text) };
    spec.expect("a specification")
}

pub fn options(level: Option<IsolationLevel>) -> ExploreOptions {
    ExploreOptions { level, all: false, time: Duration::from_secs(120) }
}

/// Every order of `spec`, on a PostgreSQL of its own.
pub async fn explored(spec: &Spec, level: Option<IsolationLevel>) -> Exploration {
    let mut all = explored_at(spec, &[level]).await;
    all.pop().expect("one exploration")
}

pub async fn explored_at(spec: &Spec, levels: &[Option<IsolationLevel>]) -> Vec<Exploration> {
    let server = PrivatePostgres::start(&[]).await.expect("a private PostgreSQL");
    let mut found = Vec::new();
    for level in levels {
        let scratch = Scratch::create(&server.config()).await.expect("a scratch database");
        let explored = explore(spec, &scratch, &options(*level), || false, |_| {}).await;
        found.push(explored.expect("an exploration"));
        scratch.remove().await.expect("removed");
    }
    server.stop().await;
    found
}
