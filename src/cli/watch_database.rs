//! `bankrun watch`: who does what in a PostgreSQL, and who waits for whom, as it
//! happens.

use std::io::{self, IsTerminal};
use std::time::Instant;

use super::Exit;
use super::args::WatchArgs;
use super::database_url::PostgresUrl;
use super::output::{eprint, height, print, print_afresh, width};
use super::serve;
use super::signals::Signals;
use crate::facts::DatabaseCounters;
use crate::observer::{Observer, ObserverError};
use crate::report::terminal::{self, Watched};

/// Looks until a signal, until `--count`, or until nobody reads any more.
pub(super) async fn watch(args: WatchArgs, signals: Signals) -> Exit {
    let url = match url(&args) {
        Ok(url) => url,
        Err(error) => {
            eprint(&format!("{error}\n"));
            return Exit::Usage;
        }
    };
    let mut signals = signals.begin();
    tokio::select! {
        watched = look(&args, &url) => match watched {
            Ok(()) => Exit::Passed,
            Err(error) => {
                eprint(&format!("{url}: {error}\n"));
                Exit::NotRun
            }
        },
        () = signals.next() => Exit::Passed,
    }
}

/// The command line's, or that which `bankrun serve` would take.
fn url(args: &WatchArgs) -> Result<PostgresUrl, String> {
    if let Some(url) = &args.url {
        return Ok(url.clone());
    }
    let spec = serve::from_environment()?;
    let spec = spec.ok_or_else(|| {
        "which database? Name it: bankrun watch postgres://user:password@host/database, or set \
         DATABASE_URL"
            .to_owned()
    });
    spec?.try_into()
}

async fn look(args: &WatchArgs, url: &PostgresUrl) -> Result<(), ObserverError> {
    let Some(config) = url.config() else { return Ok(()) };
    let mut observer = Observer::connect(config).await?;
    let title = format!(
        "{} on PostgreSQL {}, every {} (Ctrl-C ends it), {url}",
        observer.database(),
        observer.version(),
        humantime::format_duration(args.interval),
    );
    let began = Instant::now();
    let mut tick = tokio::time::interval(args.interval);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut before = None;
    let mut looks = 0;
    while args.count.is_none_or(|count| looks < count.get()) {
        tick.tick().await;
        looks += 1;
        let time = began.elapsed();
        let look = observer.look(time).await?;
        let counters = observer.counted(None).await?;
        let balances = observer.balances().await?.unwrap_or_default();
        // Of the first look it is not known what came before.
        let (earlier, then) = before.replace((counters, time)).unwrap_or((counters, time));
        let watched = Watched {
            title: &title,
            look: &look,
            counters: since(counters, earlier),
            passed: time - then,
            balances: &balances.rows,
            more_balances: balances.more,
        };
        if !show(&watched) {
            break;
        }
    }
    Ok(())
}

/// Returns whether anybody still reads it.
fn show(watched: &Watched<'_>) -> bool {
    if !io::stdout().is_terminal() {
        return print(&terminal::watched_line(watched));
    }
    print_afresh(&terminal::watched(watched, width(), height()))
}

fn since(now: DatabaseCounters, before: DatabaseCounters) -> DatabaseCounters {
    DatabaseCounters {
        commits: now.commits.saturating_sub(before.commits),
        rollbacks: now.rollbacks.saturating_sub(before.rollbacks),
        ..now
    }
}
