//! How requests travel, as the command line says.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use clap::builder::TypedValueParser;
use clap::error::ErrorKind;
use clap::{Arg, Args, ValueEnum};

use super::runner::quoted;
use crate::engine::{self, Identity, Proxies, Target, Tls, Transport};
use crate::model::Secret;
use crate::scenario::{HttpAuth, HttpOptions};

/// Which certificates are trusted.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct TlsArgs {
    /// Trust these certificate authorities (PEM) beside the system's
    #[arg(long, value_name = "FILE", env = "BANKRUN_CA_CERT", hide_env_values = true)]
    pub(super) ca_cert: Option<PathBuf>,
    /// Show this certificate (PEM, with those that it was issued by) to services that want one
    #[arg(long, value_name = "FILE", env = "BANKRUN_CLIENT_CERT", hide_env_values = true)]
    pub(super) client_cert: Option<PathBuf>,
    /// Its private key (PEM), where that is not in the same file
    #[arg(
        long,
        value_name = "FILE",
        env = "BANKRUN_CLIENT_KEY",
        hide_env_values = true,
        requires = "client_cert"
    )]
    pub(super) client_key: Option<PathBuf>,
    /// Take any certificate for good; every report says so
    #[arg(long)]
    pub(super) insecure_skip_tls_verify: bool,
    /// As it was read: once, for the file may be a pipe.
    #[arg(skip)]
    read: Arc<OnceLock<Result<Tls, String>>>,
}

impl TlsArgs {
    /// The error is for a person.
    pub(super) fn read(&self) -> Result<Tls, String> {
        let read = || {
            let identity = self.client_cert.as_deref().map(|certificate| {
                let read = Identity::read(certificate, self.client_key.as_deref());
                read.map_err(|error| format!("--client-cert: {error}"))
            });
            let identity = identity.transpose()?;
            let tls = Tls::new(self.ca_cert.as_deref(), identity, self.insecure_skip_tls_verify);
            tls.map_err(|error| format!("--ca-cert: {error}"))
        };
        self.read.get_or_init(read).clone()
    }

    /// The same as arguments, each with a space before it.
    pub(super) fn again(&self) -> String {
        let mut arguments = String::new();
        let files = [
            ("--ca-cert", &self.ca_cert),
            ("--client-cert", &self.client_cert),
            ("--client-key", &self.client_key),
        ];
        for (option, file) in files {
            if let Some(file) = file {
                arguments += &format!(" {option} {}", quoted(&file.display().to_string()));
            }
        }
        if self.insecure_skip_tls_verify {
            arguments += " --insecure-skip-tls-verify";
        }
        arguments
    }
}

/// What `--http-debug` shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum HttpDebug {
    /// Heads of requests and answers
    Heads,
    /// Bodies, too
    Full,
}

impl From<HttpDebug> for engine::HttpDebug {
    fn from(debug: HttpDebug) -> Self {
        match debug {
            HttpDebug::Heads => Self::Heads,
            HttpDebug::Full => Self::Full,
        }
    }
}

/// What the requests of a scenario travel by.
pub(super) fn transport(
    options: &HttpOptions,
    tls: &Tls,
    debug: Option<HttpDebug>,
) -> Result<Transport, String> {
    Transport::new(options, tls.clone(), proxies(), debug.map(Into::into))
}

/// What the environment says of proxies.
pub(super) fn proxies() -> Proxies {
    Proxies::of(|name| std::env::var(name).ok())
}

/// The same with a token in the place of all other credentials, where there is
/// one.
pub(super) fn with_token<'a>(
    options: &'a HttpOptions,
    token: Option<&Secret>,
) -> Cow<'a, HttpOptions> {
    let Some(token) = token else { return Cow::Borrowed(options) };
    let mut options = options.clone();
    options.headers.retain(|name, _| !name.eq_ignore_ascii_case("authorization"));
    options.auth = Some(HttpAuth::Bearer(token.reveal().to_owned()));
    Cow::Owned(options)
}

/// The target as part of a command; a user name and a password are left for the
/// reader to fill in.
pub(super) fn argument(target: &Target) -> String {
    match target.has_credentials() {
        true => quoted(&target.to_string().replacen("://", "://***@", 1)),
        false => target.to_string(),
    }
}

/// Reads targets. Where one is wrong, the message does not show its password.
#[derive(Clone, Copy, Debug)]
pub(super) struct TargetParser;

impl TypedValueParser for TargetParser {
    type Value = Target;

    fn parse_ref(
        &self,
        command: &clap::Command,
        argument: Option<&Arg>,
        value: &OsStr,
    ) -> Result<Target, clap::Error> {
        value.to_string_lossy().parse().map_err(|error| {
            let name = argument.map_or_else(String::new, |argument| format!("{argument}: "));
            let message = format!("{name}{error}\n");
            clap::Error::raw(ErrorKind::ValueValidation, message).with_cmd(command)
        })
    }
}
