//! Looking into a database that others reach by the same pooler: the connections of
//! the server are theirs in the next moment.

use bankrun::bank::{Bank, BankOptions, Database};

use crate::bank::{PgBouncer, PoolMode, fresh_url};
use crate::support::{Bankrun, Ended};

const INSERT: &str = "INSERT INTO notes VALUES (1)";

async fn run(args: &[&str]) -> Ended {
    let command = Bankrun::new(args);
    tokio::task::spawn_blocking(move || command.run()).await.expect("it runs")
}

/// A database with an application in it, both reached by one connection of the
/// server, so that whatever is left behind there is met.
struct Shared {
    bouncer: PgBouncer,
    url: String,
    name: String,
}

impl Shared {
    async fn start(mode: PoolMode) -> Self {
        let url = fresh_url().await;
        let name = url.rsplit('/').next().expect("a name").to_owned();
        let bouncer = PgBouncer::start(mode, 1, "").await;
        let application = bouncer.client(&name).await;
        application.batch_execute("CREATE TABLE notes (id int)").await.expect("a table");
        application.batch_execute(INSERT).await.expect("a row");
        Self { bouncer, url, name }
    }

    async fn is_as_before(
        &self,
        case: &str,
        before: &std::collections::BTreeMap<String, std::collections::BTreeSet<String>>,
    ) {
        assert_eq!(&self.bouncer.servers(&self.name).await, before, "{case}");
        let application = self.bouncer.client(&self.name).await;
        let inserted = application.batch_execute(INSERT).await;
        inserted.unwrap_or_else(|error| panic!("{case}: the application cannot write: {error}"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn watch_leaves_nothing_behind() {
    for mode in PoolMode::ALL {
        let shared = Shared::start(mode).await;
        let before = shared.bouncer.servers(&shared.name).await;
        let url = shared.bouncer.url(&shared.name);
        let watched = run(&["watch", &url, "--count", "3", "--interval", "20ms"]).await.code(0);
        assert_eq!(watched.stdout.lines().count(), 3, "{}", watched.stdout);
        shared.is_as_before(&format!("{mode:?}"), &before).await;
    }
}

/// A look that fails, and one that is broken off, too.
#[tokio::test(flavor = "multi_thread")]
async fn a_look_that_fails_leaves_nothing_behind() {
    for mode in PoolMode::ALL {
        let shared = Shared::start(mode).await;
        super::support::make_accounts(&shared.url).await;
        let before = shared.bouncer.servers(&shared.name).await;
        let config = shared.bouncer.url(&shared.name).parse().expect("a URL");
        let mut observer = bankrun::observer::Observer::connect(&config).await.expect("it");
        let locker = super::support::client(&shared.url).await;
        let lock = "BEGIN; LOCK TABLE accounts IN ACCESS EXCLUSIVE MODE";
        locker.batch_execute(lock).await.expect("a lock");
        assert_eq!(observer.balances().await.expect("an answer"), None);
        drop(locker);
        drop(observer);
        shared.is_as_before(&format!("{mode:?}"), &before).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_watches_leaves_nothing_behind() {
    for mode in PoolMode::ALL {
        let shared = Shared::start(mode).await;
        let database = Database::open(&shared.url.parse().expect("a URL")).await.expect("it");
        let bank = Bank::start(&database, BankOptions::default()).await.expect("a bank");
        let before = shared.bouncer.servers(&shared.name).await;
        let target = format!("http://{}", bank.addr());
        let url = shared.bouncer.url(&shared.name);
        let watched = run(&["--target", &target, "--watch-database", &url]).await.code(0);
        assert!(watched.stdout.contains("waited for a lock at the peak"), "{}", watched.stdout);
        shared.is_as_before(&format!("{mode:?}"), &before).await;
        bank.shutdown().await;
    }
}
