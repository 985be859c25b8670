use std::io::{self, ErrorKind};

use tokio_rustls::rustls::{AlertDescription, CertificateError, Error};

/// Why there is no TLS connection to `host`, in words.
pub(super) fn describe(error: &io::Error, host: &str) -> String {
    let cause = error.get_ref().and_then(|cause| cause.downcast_ref::<Error>());
    match cause {
        Some(Error::InvalidCertificate(fault)) => certificate(fault, host),
        Some(Error::InvalidMessage(_) | Error::InappropriateMessage { .. }) => {
            "what answers there does not speak TLS; is it an http:// address?".into()
        }
        Some(Error::AlertReceived(AlertDescription::CertificateRequired)) => {
            "the service wants a client certificate; give one with --client-cert FILE".into()
        }
        Some(Error::AlertReceived(alert)) => format!(
            "the service refused the TLS handshake ({alert:?}); does it want a client certificate \
             (--client-cert FILE)?"
        ),
        Some(other) => format!("no TLS connection: {other}"),
        None if error.kind() == ErrorKind::UnexpectedEof => closed(),
        None if error.kind() == ErrorKind::ConnectionReset => closed(),
        None => format!("no TLS connection: {}", super::plain(error)),
    }
}

fn closed() -> String {
    "the connection was closed during the TLS handshake; does the service speak TLS?".into()
}

fn certificate(fault: &CertificateError, host: &str) -> String {
    match fault {
        CertificateError::UnknownIssuer => {
            "the certificate was issued by an authority that is not trusted here; if it is \
             your own, name it with --ca-cert FILE"
                .into()
        }
        CertificateError::NotValidForNameContext { presented, .. } if !presented.is_empty() => {
            format!("the certificate is for {}, not for {host}", names(presented))
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            format!("the certificate is not for {host}")
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "the certificate has expired".into()
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "the certificate is not valid yet; is the clock right?".into()
        }
        CertificateError::Revoked => "the certificate was revoked".into(),
        CertificateError::Other(cause) if cause.to_string().contains("CaUsedAsEndEntity") => {
            "the certificate is an authority's own; if it is that of the service as well, name it \
             with --ca-cert FILE"
                .into()
        }
        other => format!("the certificate is not accepted: {other}"),
    }
}

/// `DnsName("a.example")` as the library has it, `a.example` for people.
fn names(presented: &[String]) -> String {
    const SHOWN: usize = 3;
    let bare = |name: &String| {
        let inner = name.split_once('(').map_or(name.as_str(), |(_, inner)| inner);
        inner.trim_end_matches(')').trim_matches('"').to_owned()
    };
    let mut names: Vec<String> = presented.iter().take(SHOWN).map(bare).collect();
    if presented.len() > SHOWN {
        names.push("others".into());
    }
    names.join(", ")
}
