//! What `--out` says: `json=FILE`, `csv=FILE`, `prometheus[=URL]`, and several of
//! them with commas between.

use std::ffi::OsStr;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use clap::builder::TypedValueParser;
use clap::error::ErrorKind;
use clap::{Arg, Command, Error};

use crate::engine::Target;
use crate::report::samples::SampleFormat;

/// Where a Prometheus on this machine takes remote writes.
const LOCAL: &str = "http://localhost:9090";
const PATH: &str = "/api/v1/write";

/// The outputs of one `--out`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OutSpecs(pub(super) Vec<OutSpec>);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum OutSpec {
    /// `json=samples.jsonl`
    Samples { format: SampleFormat, file: PathBuf },
    /// `prometheus=http://localhost:9090/api/v1/write`
    Prometheus(Endpoint),
}

/// Where metrics are pushed to. Shown without user name, password and query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Endpoint {
    pub(super) target: Target,
    /// With its query.
    pub(super) path: String,
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.split('?').next().unwrap_or_default();
        write!(f, "{}{path}", self.target.origin())
    }
}

impl FromStr for Endpoint {
    type Err = String;

    /// Without a path it is that of Prometheus. Messages hold no password.
    fn from_str(text: &str) -> Result<Self, String> {
        let (address, query) = match text.split_once('?') {
            Some((address, query)) => (address, format!("?{query}")),
            None => (text, String::new()),
        };
        let target: Target = address.parse().map_err(|error| format!("prometheus: {error}"))?;
        let path = if target.base().is_empty() { PATH } else { target.base() };
        let path = format!("{path}{query}");
        path.parse::<hyper::Uri>().map_err(|_| "prometheus: the query is not valid")?;
        Ok(Self { path, target })
    }
}

impl FromStr for OutSpecs {
    type Err = String;

    /// A comma parts two outputs where one begins after it; others belong to a
    /// file or a URL.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut parts: Vec<String> = Vec::new();
        for part in text.split(',') {
            match parts.last_mut() {
                Some(last) if !begins(part) => *last += &format!(",{part}"),
                _ => parts.push(part.to_owned()),
            }
        }
        parts.iter().map(|part| part.parse()).collect::<Result<_, _>>().map(Self)
    }
}

fn begins(part: &str) -> bool {
    let kind = part.split('=').next().unwrap_or_default();
    part == "prometheus" || (part != kind && ["json", "csv", "prometheus"].contains(&kind))
}

impl FromStr for OutSpec {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            None if text == "prometheus" => LOCAL.parse().map(Self::Prometheus),
            Some(("prometheus", url)) if !url.is_empty() => url.parse().map(Self::Prometheus),
            Some((format, file)) if !file.is_empty() => {
                Ok(Self::Samples { format: format.parse()?, file: file.into() })
            }
            _ => Err("expected json=FILE, csv=FILE or prometheus=URL".to_owned()),
        }
    }
}

/// Reads outputs. Where one is wrong, the message does not show its password.
#[derive(Clone, Copy, Debug)]
pub(super) struct OutParser;

impl TypedValueParser for OutParser {
    type Value = OutSpecs;

    fn parse_ref(
        &self,
        command: &Command,
        _: Option<&Arg>,
        value: &OsStr,
    ) -> Result<OutSpecs, Error> {
        value.to_string_lossy().parse().map_err(|error| {
            let message = format!("--out: {error}\n");
            Error::raw(ErrorKind::ValueValidation, message).with_cmd(command)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        let OutSpecs(specs) = text.parse().expect("outputs");
        let shown = specs.into_iter().map(|spec| match spec {
            OutSpec::Samples { format, file } => format!("{format:?} {}", file.display()),
            OutSpec::Prometheus(endpoint) => format!("{endpoint} {}", endpoint.path),
        });
        shown.collect()
    }

    #[test]
    fn several_outputs_stand_in_one_option() {
        let local = "http://localhost:9090/api/v1/write /api/v1/write";
        assert_eq!(
            shown("json=a,b.jsonl,csv=c.csv,prometheus"),
            ["Json a,b.jsonl", "Csv c.csv", local]
        );
        assert_eq!(shown("prometheus,prometheus=http://localhost:9090/"), [local, local]);
        assert_eq!(
            shown("prometheus=http://vm:8428/push?extra_label=a=b,c"),
            ["http://vm:8428/push /push?extra_label=a=b,c"]
        );
    }

    #[test]
    fn what_is_no_output_is_told_without_its_password() {
        let error = |text: &str| text.parse::<OutSpecs>().expect_err("no output");
        for text in ["json", "json=", "prometheus=", "", ","] {
            assert!(error(text).contains("expected json=FILE"), "{text}");
        }
        assert!(error("xml=a").contains("there are"));
        for text in ["prometheus=ftp://me:secret@x", "prometheus=http://me:secret@x/ y?z"] {
            let error = error(text);
            assert!(error.starts_with("prometheus: ") && !error.contains("secret"), "{error}");
        }
    }
}
