//! The accounts of the service: set before the run, read before and after it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use hyper::Method;
use serde_json::{Value as Json, json};
use thiserror::Error;

use super::declared::{amount, wanted};
use super::prepared::{Meaning, Prepared};
use super::seen::Seen;
use super::unread;
use super::{Answer, Client, Service, TransportError, declared};
use crate::facts::Tags;
use crate::model::{AccountId, Amount, Call, Scale};
use crate::plan;
use crate::scenario::{Balances, JsonPath, ReadRule, Reset, ResetStep, Scenario};
use crate::template::{Dice, Globals, Place, Scope, from_json};

pub(super) type Accounts = BTreeMap<AccountId, Amount>;

/// How the scenario sets and reads the accounts of the service.
#[derive(Clone, Debug)]
pub(super) struct Books {
    pub(super) service: Service,
    pub(super) reset: Reset,
    pub(super) scale: Scale,
    pub(super) globals: Arc<Globals>,
}

/// Why the accounts could not be set or read.
#[derive(Debug, Error)]
pub(super) enum BooksError {
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// It was answered, and not as it should.
    #[error("{0}")]
    Answer(String),
}

impl Books {
    pub(super) fn of(service: &Service, scenario: &Scenario) -> Self {
        Self {
            service: service.clone(),
            reset: scenario.reset.clone(),
            scale: scenario.scale,
            globals: Arc::new(plan::globals(scenario, 0)),
        }
    }

    /// Sets the accounts. `None` asks for the service's own starting state.
    pub(super) async fn set(
        &self,
        client: &mut Client,
        stated: Option<&Accounts>,
    ) -> Result<(), BooksError> {
        match &self.reset {
            Reset::Nothing => Ok(()),
            Reset::Bank => {
                let body = stated.map_or_else(bytes::Bytes::new, |accounts| {
                    json!({ "accounts": object(accounts, self.scale) }).to_string().into()
                });
                let request = self.service.request(Method::POST, "/reset", body);
                self.expect_success(client, &Prepared::plain(request)).await
            }
            Reset::Requests(steps) => {
                for step in steps {
                    self.set_by(step, client, stated).await?;
                }
                Ok(())
            }
        }
    }

    async fn set_by(
        &self,
        step: &ResetStep,
        client: &mut Client,
        stated: Option<&Accounts>,
    ) -> Result<(), BooksError> {
        let empty = Accounts::new();
        let accounts = stated.unwrap_or(&empty);
        let object = object(accounts, self.scale);
        let all = [("accounts", Json::Object(object))];
        if !step.each {
            return self.ask(&step.request, client, all).await.map(drop);
        }
        for (account, balance) in accounts {
            let [all] = all.clone();
            let one = [
                all,
                ("account", account.as_str().into()),
                ("balance", self.scale.to_json(*balance)),
            ];
            self.ask(&step.request, client, one).await?;
        }
        Ok(())
    }

    async fn ask(
        &self,
        request: &crate::scenario::RequestTemplate,
        client: &mut Client,
        values: impl IntoIterator<Item = (&'static str, Json)>,
    ) -> Result<(), BooksError> {
        let scope = self.scope();
        for (name, value) in values {
            scope.set(name, from_json(value));
        }
        let scope = Arc::new(scope);
        let tags = Tags::default();
        let name = "reset".into();
        let prepared =
            declared::wire(&self.service, &name, request, &scope, None, &tags, Meaning::Bank)
                .map_err(|cause| BooksError::Answer(format!("reset: {cause}")))?;
        self.expect_success(client, &prepared).await
    }

    async fn expect_success(
        &self,
        client: &mut Client,
        prepared: &Prepared,
    ) -> Result<(), BooksError> {
        // Whoever else a redirect leads to must not be reset.
        let answer = client.send_here(prepared.request(None)).await?;
        if (200..300).contains(&answer.status) {
            return Ok(());
        }
        const SHOWN: usize = 200;
        let said: String = String::from_utf8_lossy(&answer.body).chars().take(SHOWN).collect();
        let said = if said.is_empty() { said } else { format!(": {said}") };
        let wire = prepared.wire(None);
        let path = wire.path.strip_prefix(self.service.target().base()).unwrap_or(&wire.path);
        let hint = match answer.status {
            401 => "; give the token it wants as BANKRUN_TOKEN, or the scenario a `http: bearer:`",
            _ => "",
        };
        Err(BooksError::Answer(format!(
            "{} {}{path} answered {}{said}{hint}",
            wire.method,
            self.service.target(),
            answer.status
        )))
    }

    /// Whether one request reads all accounts at once.
    pub(super) fn reads_all_at_once(&self) -> bool {
        let rule = self.service.read_rule();
        rule.is_some_and(|rule| !matches!(rule.balances, Balances::One(_)))
    }

    /// Whether a request that reads all accounts is known of the service.
    pub(super) fn can_read_all(&self) -> bool {
        self.service.read_rule().is_none() || self.reads_all_at_once()
    }

    /// Reads at one instant: these accounts and perhaps others, or the only one.
    pub(super) async fn read_at_once(
        &self,
        client: &mut Client,
        accounts: &BTreeSet<AccountId>,
    ) -> Result<Accounts, BooksError> {
        match accounts.first() {
            Some(only) if !self.can_read_all() => {
                Ok([(only.clone(), self.read_one(client, only).await?)].into())
            }
            _ => self.read_all(client).await,
        }
    }

    /// Reads these accounts, one after another or all at once. The error names
    /// the first that cannot be read, unless none can.
    pub(super) async fn read(
        &self,
        client: &mut Client,
        accounts: &BTreeSet<AccountId>,
    ) -> Result<Accounts, (Option<AccountId>, BooksError)> {
        if self.reads_all_at_once() {
            let first = || accounts.first().cloned();
            let all = self.read_all(client).await.map_err(|error| (first(), error))?;
            if accounts.is_empty() {
                return Ok(all);
            }
            let found = |account: &AccountId| match all.get(account) {
                Some(balance) => Ok((account.clone(), *balance)),
                None => {
                    let cause = format!(
                        "it is not among the accounts that `read` finds: {}",
                        some_of(all.keys())
                    );
                    Err((Some(account.clone()), BooksError::Answer(cause)))
                }
            };
            return accounts.iter().map(found).collect();
        }
        let mut balances = Accounts::new();
        for account in accounts {
            let balance = self.read_one(client, account).await;
            let balance = balance.map_err(|error| (Some(account.clone()), error))?;
            balances.insert(account.clone(), balance);
        }
        Ok(balances)
    }

    /// Reads one account.
    pub(super) async fn read_one(
        &self,
        client: &mut Client,
        account: &AccountId,
    ) -> Result<Amount, BooksError> {
        let prepared = self.prepare(Call::balance(account.clone()))?;
        let answer = self.service.send(client, &prepared).await?;
        let judgement = prepared.judge(&answer);
        judgement.balance.ok_or_else(|| {
            let error = judgement.error.map(|error| unread::refused(error, &answer));
            BooksError::Answer(self.unread(error, &answer))
        })
    }

    /// Why one account cannot be read. A service without `read` is asked as the bank
    /// is.
    fn unread(&self, error: Option<String>, answer: &Answer) -> String {
        const HINT: &str = "`read: { request: ..., balance: ... }` says how this service tells it";
        let missing = || "the answer has no \"balance\"".to_owned();
        if self.service.read_rule().is_some() {
            return error.unwrap_or_else(missing);
        }
        let error = error.filter(|_| !(200..300).contains(&answer.status));
        let why = error.unwrap_or_else(|| match JsonPath::parse("$.balance") {
            Ok(path) => unread::no_amount(answer, &path, &wanted(self.scale)),
            Err(_) => missing(),
        });
        format!("{why}; {HINT}")
    }

    /// Reads all accounts with one request.
    pub(super) async fn read_all(&self, client: &mut Client) -> Result<Accounts, BooksError> {
        let prepared = self.prepare(Call::accounts())?;
        let judgement = prepared.judge(&self.service.send(client, &prepared).await?);
        match judgement.snapshot {
            Some(all) => Ok(all.iter().cloned().collect()),
            None => {
                let cause = judgement.error.unwrap_or_else(|| "there is no list".to_owned());
                Err(BooksError::Answer(cause))
            }
        }
    }

    fn prepare(&self, call: Call) -> Result<Prepared, BooksError> {
        let scope = Arc::new(self.scope());
        let drawn = crate::plan::Drawn::Call(call);
        let prepared = self.service.prepare_drawn(drawn, &scope, &Tags::default(), None);
        prepared.map_err(BooksError::Answer)
    }

    fn scope(&self) -> Scope {
        let dice = Dice::new(fastrand::Rng::new());
        Scope::new(Place::default(), dice, &self.globals)
    }
}

/// The balances that an answer holds. `asked`: the account it is about, where it
/// is about one.
pub(super) fn balances(
    rule: &ReadRule,
    asked: Option<&AccountId>,
    scope: &Arc<Scope>,
    answer: &Answer,
) -> Result<Accounts, String> {
    let seen = Seen::new(answer, std::time::Duration::ZERO);
    let scale = rule.scale;
    match &rule.balances {
        Balances::One(path) => match (asked, seen.amount(path, scale)) {
            (Some(asked), Some(balance)) => Ok([(asked.clone(), balance)].into()),
            (Some(_), None) => Err(unread::no_amount(answer, path, &wanted(scale))),
            (None, _) => Err("`read` reads one account at a time".to_owned()),
        },
        Balances::ByName(path) => match seen.at(path) {
            Some(Json::Object(fields)) => fields
                .iter()
                .map(|(name, balance)| match scale.of_json(balance) {
                    Some(balance) => Ok((name.as_str().into(), balance)),
                    None => {
                        let balance = unread::described(balance);
                        Err(format!("`{name}` at {path} is not {}: {balance}", wanted(scale)))
                    }
                })
                .collect(),
            _ => Err(unread::no_object(answer, path)),
        },
        Balances::List { each, account, balance } => {
            let items = seen.all(each);
            if items.is_empty()
                && let Some(why) = unread::no_json(answer)
            {
                return Err(why);
            }
            let read = |item: &Json| {
                let own = scope.inner();
                own.set("item", from_json(item.clone()));
                let own = Arc::new(own);
                let name = account.render(&own)?;
                let value = balance.value(&own)?;
                match amount(&value, scale) {
                    Some(balance) => Ok((AccountId::new(name), balance)),
                    None => {
                        Err(format!("the balance of {name} is not {}: `{value}`", wanted(scale)))
                    }
                }
            };
            items.into_iter().map(read).collect()
        }
    }
}

/// `a, b and 3 more`
fn some_of<'a>(names: impl ExactSizeIterator<Item = &'a AccountId>) -> String {
    const SHOWN: usize = 5;
    let more = names.len().saturating_sub(SHOWN);
    let shown: Vec<&str> = names.take(SHOWN).map(AccountId::as_str).collect();
    match (shown.as_slice(), more) {
        ([], _) => "there are none in the answer".to_owned(),
        (shown, 0) => shown.join(", "),
        (shown, more) => format!("{} and {more} more", shown.join(", ")),
    }
}

fn object(accounts: &Accounts, scale: Scale) -> serde_json::Map<String, Json> {
    let one =
        |(account, balance): (&AccountId, &Amount)| (account.to_string(), scale.to_json(*balance));
    accounts.iter().map(one).collect()
}
