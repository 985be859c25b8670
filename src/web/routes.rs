use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::{Method, Request, StatusCode};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::control::{Control, Wish};
use super::guard::Guard;
use super::refusal::Refusal;
use super::reply::{self, Reply};
use super::stream::Events;
use crate::report::live::{Board, Phase};
use crate::report::{html_report, page};

/// A wish is far smaller.
const LARGEST_BODY: usize = 64 * 1024;
const BODY_TIME: Duration = Duration::from_secs(10);

/// Everything the page asks for.
#[derive(Debug)]
pub(super) struct Site {
    pub(super) board: Arc<Board>,
    pub(super) guard: Guard,
    /// `None`: runs are only watched.
    pub(super) control: Option<Arc<dyn Control>>,
    /// The page is about to go away.
    pub(super) ending: CancellationToken,
}

impl Site {
    pub(super) async fn respond(&self, request: Request<Incoming>) -> Reply {
        let answered = match self.guard.may_ask(&request) {
            Ok(()) => self.dispatch(request).await,
            Err(refusal) => Err(refusal),
        };
        answered.unwrap_or_else(|refusal| reply::refusal(&refusal))
    }

    async fn dispatch(&self, request: Request<Incoming>) -> Result<Reply, Refusal> {
        let path = request.uri().path().to_owned();
        let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        let get = || allow(request.method(), &[Method::GET, Method::HEAD], "GET, HEAD");
        let post = || allow(request.method(), &[Method::POST], "POST");
        match parts[..] {
            [""] => get().map(|()| reply::page(page::page(self.guard.token()))),
            ["assets", name] => get().and_then(|()| asset(name)),
            ["api", "events"] => {
                get()?;
                let (board, ending) = (self.board.clone(), self.ending.clone());
                Ok(reply::events(Events::of(board, &self.state().await, ending)))
            }
            ["api", "runs"] => {
                post()?;
                self.start(request).await
            }
            ["api", "stop"] => post().and_then(|()| self.stop(&request)),
            ["api", "runs", id, "report.html"] => get().and_then(|()| self.report(id)),
            ["metrics"] => get().map(|()| self.metrics()),
            _ => Err(Refusal::NotFound(path)),
        }
    }

    async fn state(&self) -> Value {
        let offer = match self.control.clone() {
            Some(control) => tokio::task::spawn_blocking(move || control.offer()).await.ok(),
            None => None,
        };
        let mut state = json!(offer.unwrap_or_default());
        state["version"] = env!("CARGO_PKG_VERSION").into();
        state["can_start"] = self.control.is_some().into();
        state["busy"] = self.board.is_busy().into();
        // They follow as events of their own.
        state["runs"] = json!([]);
        state
    }

    async fn start(&self, request: Request<Incoming>) -> Result<Reply, Refusal> {
        let control = self.control_for(&request)?;
        let wish = read(request).await?;
        let group = control.start(wish).await?;
        Ok(reply::json(StatusCode::ACCEPTED, &json!({ "group": group })))
    }

    fn stop(&self, request: &Request<Incoming>) -> Result<Reply, Refusal> {
        match self.control_for(request)?.stop() {
            true => Ok(reply::json(StatusCode::ACCEPTED, &json!({}))),
            false => Err(Refusal::Idle),
        }
    }

    fn control_for(&self, request: &Request<Incoming>) -> Result<&dyn Control, Refusal> {
        self.guard.may_change(request)?;
        self.control.as_deref().ok_or(Refusal::OnlyWatching)
    }

    fn report(&self, id: &str) -> Result<Reply, Refusal> {
        let number: u64 = id.parse().map_err(|_| Refusal::NotFound(id.to_owned()))?;
        let run = self.board.get(number);
        let done = run.filter(|run| run.with(|run| run.phase()) == Phase::Done);
        let run = done.ok_or(Refusal::NoReport(number))?;
        let name = format!("bankrun-{number}.html");
        Ok(reply::download(&name, "text/html; charset=utf-8", html_report(&[run.view()], None)))
    }

    fn metrics(&self) -> Reply {
        reply::whole("text/plain; version=0.0.4; charset=utf-8", self.board.exposition())
    }
}

fn asset(name: &str) -> Result<Reply, Refusal> {
    let asset = page::asset(name).ok_or_else(|| Refusal::NotFound(format!("/assets/{name}")))?;
    Ok(reply::whole(asset.content_type, asset.text))
}

fn allow(method: &Method, allowed: &[Method], allow: &'static str) -> Result<(), Refusal> {
    if allowed.contains(method) { Ok(()) } else { Err(Refusal::Method { allow }) }
}

async fn read(request: Request<Incoming>) -> Result<Wish, Refusal> {
    let collected = Limited::new(request.into_body(), LARGEST_BODY).collect();
    let body = match tokio::time::timeout(BODY_TIME, collected).await {
        Ok(Ok(body)) => body.to_bytes(),
        Ok(Err(error)) if error.is::<LengthLimitError>() => return Err(Refusal::TooLarge),
        Ok(Err(error)) => return Err(Refusal::Body(error.to_string())),
        Err(_) => return Err(Refusal::Body(format!("it did not come within {BODY_TIME:?}"))),
    };
    serde_json::from_slice(&body).map_err(|error| Refusal::Body(error.to_string()))
}
