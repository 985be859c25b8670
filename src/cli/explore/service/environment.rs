use std::net::IpAddr;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use tokio_postgres::Config;
use tokio_postgres::config::Host;

/// What may stand in a URL as it is.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What a service is told of its database.
#[derive(Clone, Debug)]
pub(super) struct Environment {
    host: String,
    port: u16,
    user: String,
    password: Option<String>,
    database: String,
    options: Option<String>,
}

impl Environment {
    /// `proxy`: how the service is to connect; it listens at `address`.
    pub(super) fn of(proxy: &Config, address: IpAddr) -> Self {
        let host = match proxy.get_hosts().first() {
            Some(Host::Tcp(host)) if address.is_unspecified() || address.is_loopback() => {
                host.clone()
            }
            Some(Host::Tcp(_) | Host::Unix(_)) | None => address.to_string(),
        };
        let user = proxy.get_user().unwrap_or("postgres").to_owned();
        let password = proxy.get_password().map(|it| String::from_utf8_lossy(it).into_owned());
        Self {
            host,
            port: proxy.get_ports().first().copied().unwrap_or(5432),
            database: proxy.get_dbname().unwrap_or(&user).to_owned(),
            options: proxy.get_options().map(str::to_owned),
            user,
            password,
        }
    }

    /// `DATABASE_URL` and those that libpq and its like read.
    pub(super) fn variables(&self) -> Vec<(&'static str, String)> {
        let mut variables = vec![
            ("DATABASE_URL", self.url(self.password.as_deref())),
            ("PGHOST", self.host.clone()),
            ("PGPORT", self.port.to_string()),
            ("PGUSER", self.user.clone()),
            ("PGDATABASE", self.database.clone()),
            ("PGSSLMODE", "disable".to_owned()),
        ];
        variables.extend(self.password.clone().map(|password| ("PGPASSWORD", password)));
        variables.extend(self.options.clone().map(|options| ("PGOPTIONS", options)));
        variables
    }

    /// For a person to copy; the password is theirs to put in.
    pub(super) fn shown(&self) -> String {
        format!("DATABASE_URL={}", self.url(self.password.as_ref().map(|_| "PASSWORD")))
    }

    fn url(&self, password: Option<&str>) -> String {
        let encoded = |text: &str| utf8_percent_encode(text, ENCODED).to_string();
        let password = password.map(|it| format!(":{}", encoded(it))).unwrap_or_default();
        let host =
            if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        format!(
            "postgresql://{}{password}@{host}:{}/{}?sslmode=disable",
            encoded(&self.user),
            self.port,
            encoded(&self.database)
        )
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn a_url_leads_to_the_proxy_and_is_shown_without_its_password() {
        let mut proxy = Config::new();
        proxy.host("127.0.0.1").port(6432).user("a b").password("p@ss").dbname("shop");
        let environment = Environment::of(&proxy, Ipv4Addr::LOCALHOST.into());
        let variables = environment.variables();
        let url = "postgresql://a%20b:p%40ss@127.0.0.1:6432/shop?sslmode=disable";
        assert_eq!(variables[0], ("DATABASE_URL", url.to_owned()));
        assert!(variables.contains(&("PGPASSWORD", "p@ss".to_owned())));
        let shown = environment.shown();
        assert!(shown.contains(":PASSWORD@") && !shown.contains("p%40ss"), "{shown}");
    }
}
