use hyper::Method;

/// What a path asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Route<'a> {
    Reset,
    /// With the account as the path has it, which may be no number.
    Balance(&'a str),
    Deposit,
    Withdraw,
    Transfer,
    /// With the key as the path has it, percent-encoded.
    Operation(&'a str),
    Accounts,
    Health,
    Metrics,
    OpenApi,
}

impl Route<'static> {
    /// Every one of them; an account or a key is no real one.
    pub(super) const ALL: [Self; 10] = [
        Self::Reset,
        Self::Deposit,
        Self::Withdraw,
        Self::Transfer,
        Self::Balance("1"),
        Self::Operation("key"),
        Self::Accounts,
        Self::Health,
        Self::Metrics,
        Self::OpenApi,
    ];
}

impl<'a> Route<'a> {
    pub(super) fn of(path: &'a str) -> Option<Self> {
        match path {
            "/reset" => Some(Self::Reset),
            "/deposit" => Some(Self::Deposit),
            "/withdraw" => Some(Self::Withdraw),
            "/transfer" => Some(Self::Transfer),
            "/accounts" => Some(Self::Accounts),
            "/health" => Some(Self::Health),
            "/metrics" => Some(Self::Metrics),
            "/openapi.json" => Some(Self::OpenApi),
            _ => {
                if let Some(key) = path.strip_prefix("/operations/") {
                    return (!key.is_empty()).then_some(Self::Operation(key));
                }
                let account = path.strip_prefix("/balance/")?;
                (!account.is_empty() && !account.contains('/')).then_some(Self::Balance(account))
            }
        }
    }

    /// The same for all accounts, for the metrics.
    pub(super) fn pattern(self) -> &'static str {
        match self {
            Self::Reset => "/reset",
            Self::Balance(_) => "/balance/:userId",
            Self::Deposit => "/deposit",
            Self::Withdraw => "/withdraw",
            Self::Transfer => "/transfer",
            Self::Operation(_) => "/operations/:key",
            Self::Accounts => "/accounts",
            Self::Health => "/health",
            Self::Metrics => "/metrics",
            Self::OpenApi => "/openapi.json",
        }
    }

    /// Whether it moves money, and takes a key.
    pub(super) fn is_update(self) -> bool {
        matches!(self, Self::Deposit | Self::Withdraw | Self::Transfer)
    }

    /// Whether it changes balances, if it is asked with the right method.
    pub(super) fn changes(self) -> bool {
        self.is_update() || self == Self::Reset
    }

    /// Whether it is for friends: it undoes what others do, or shows it.
    pub(super) fn is_guarded(self) -> bool {
        matches!(self, Self::Reset | Self::Metrics)
    }

    /// The methods it takes, as the `Allow` header names them.
    pub(super) fn allow(self) -> &'static str {
        match self {
            Self::Reset | Self::Deposit | Self::Withdraw | Self::Transfer => "POST",
            Self::Balance(_)
            | Self::Operation(_)
            | Self::Accounts
            | Self::Health
            | Self::Metrics
            | Self::OpenApi => "GET, HEAD",
        }
    }

    pub(super) fn allows(self, method: &Method) -> bool {
        self.allow().split(", ").any(|allowed| allowed == method.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_its_paths() {
        assert_eq!(Route::of("/balance/1"), Some(Route::Balance("1")));
        assert_eq!(Route::of("/balance/one"), Some(Route::Balance("one")));
        assert_eq!(Route::of("/operations/a/b%20"), Some(Route::Operation("a/b%20")));
        for path in [
            "",
            "/",
            "/operations/",
            "/operations",
            "/balance",
            "/balance/",
            "/balance/1/2",
            "/deposit/",
            "/Deposit",
        ] {
            assert_eq!(Route::of(path), None, "{path}");
        }
    }

    /// Whoever adds a route comes by here: it belongs into `ALL`, too.
    #[test]
    fn all_of_them_are_listed_once_and_found_under_their_paths() {
        let place = |route: Route<'_>| match route {
            Route::Reset => 0,
            Route::Deposit => 1,
            Route::Withdraw => 2,
            Route::Transfer => 3,
            Route::Balance(_) => 4,
            Route::Operation(_) => 5,
            Route::Accounts => 6,
            Route::Health => 7,
            Route::Metrics => 8,
            Route::OpenApi => 9,
        };
        for (index, route) in Route::ALL.into_iter().enumerate() {
            assert_eq!(place(route), index);
            let path = route.pattern().replace(":userId", "1").replace(":key", "key");
            assert_eq!(Route::of(&path), Some(route), "{path}");
        }
    }

    #[test]
    fn allows_head_where_get_works() {
        let balance = Route::Balance("1");
        assert!(balance.allows(&Method::GET) && balance.allows(&Method::HEAD));
        assert!(!balance.allows(&Method::POST) && !Route::Deposit.allows(&Method::GET));
    }
}
