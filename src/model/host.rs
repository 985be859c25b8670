use std::net::IpAddr;

/// A host without its port, as the `Host` header has it.
pub fn host_name(host: &str) -> &str {
    match host.rsplit_once(':') {
        // `[::1]` has colons of its own.
        Some((name, port)) if !port.contains(']') => name,
        _ => host,
    }
}

/// Whether that is a name of this machine for a server that listens on `own`:
/// `localhost`, an address of the loopback interface, or `own` itself. Any other
/// name may have been made to point here (DNS rebinding).
pub fn is_own_name(name: &str, own: IpAddr) -> bool {
    if name.eq_ignore_ascii_case("localhost") {
        return true;
    }
    let address = name.trim_matches(['[', ']']).parse::<IpAddr>();
    // The wildcard address is no name of anything.
    address.is_ok_and(|address| address.is_loopback() || (address == own && !own.is_unspecified()))
}

/// Whether the origin of a page is the server that was asked as `host`.
pub fn is_same_origin(origin: &str, host: &str) -> bool {
    origin.strip_prefix("http://").or(origin.strip_prefix("https://")) == Some(host)
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn ports_are_no_part_of_a_name() {
        for (host, name) in
            [("localhost:80", "localhost"), ("[::1]:80", "[::1]"), ("[::1]", "[::1]"), ("a", "a")]
        {
            assert_eq!(host_name(host), name);
        }
    }

    #[test]
    fn names_of_this_machine() {
        let here = IpAddr::from(Ipv4Addr::LOCALHOST);
        for name in ["localhost", "LocalHost", "127.0.0.1", "127.1.2.3", "[::1]"] {
            assert!(is_own_name(name, here), "{name}");
        }
        for name in ["", "bank.example", "localhost.bank.example", "10.0.0.1", "0.0.0.0"] {
            assert!(!is_own_name(name, here), "{name}");
        }
        assert!(is_own_name("10.0.0.7", [10, 0, 0, 7].into()));
        assert!(!is_own_name("0.0.0.0", Ipv4Addr::UNSPECIFIED.into()));
    }

    #[test]
    fn origins_have_a_scheme_and_the_port() {
        assert!(is_same_origin("http://localhost:80", "localhost:80"));
        assert!(is_same_origin("https://bank.example", "bank.example"));
        for origin in ["null", "localhost:80", "http://localhost", "http://localhost:81"] {
            assert!(!is_same_origin(origin, "localhost:80"), "{origin}");
        }
    }
}
