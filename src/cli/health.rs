//! `bankrun health`: for health checks, and for people.

use std::time::Duration;

use bytes::Bytes;
use hyper::Request;

use super::Exit;
use super::args::HealthArgs;
use super::destination::Health;
use super::output::{eprint, foreign, print};
use super::transport::transport;
use crate::scenario::HttpOptions;

const TIMEOUT: Duration = Duration::from_secs(5);

/// Prints what `/health` says. Passed only when it is well.
pub(super) async fn health(args: HealthArgs) -> Exit {
    let request = match Request::get(args.target.path("/health")).body(Bytes::new()) {
        Ok(request) => request,
        Err(error) => {
            eprint(&format!("{}: {error}\n", args.target));
            return Exit::Usage;
        }
    };
    let transport = args.tls.read().and_then(|tls| transport(&HttpOptions::default(), &tls, None));
    let transport = match transport {
        Ok(transport) => transport,
        Err(error) => {
            eprint(&format!("{error}\n"));
            return Exit::Usage;
        }
    };
    match transport.client(args.target.clone(), TIMEOUT).send(request).await {
        Ok(answer) => {
            let said = String::from_utf8_lossy(&answer.body);
            print(&format!("{}\n", foreign(said.trim_end())));
            let health: Option<Health> = serde_json::from_slice(&answer.body).ok();
            if health.is_none_or(|health| health.service != "bankrun") {
                eprint(&format!("{}: this is no bankrun server\n", args.target));
                return Exit::NotRun;
            }
            if answer.status == 200 { Exit::Passed } else { Exit::NotRun }
        }
        Err(error) => {
            eprint(&format!("{}: {error}\n", args.target));
            Exit::NotRun
        }
    }
}
