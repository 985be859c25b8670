use std::net::IpAddr;

/// By which containers know the machine that they run on: Docker and Podman.
const FROM_CONTAINERS: [&str; 2] = ["host.docker.internal", "host.containers.internal"];

/// A host without its port, as the `Host` header has it.
pub fn host_name(host: &str) -> &str {
    match host.rsplit_once(':') {
        // `[::1]` has colons of its own.
        Some((name, port)) if !port.contains(']') => name,
        _ => host,
    }
}

/// Whether that is a name of this machine for a server that listens on `own`:
/// `localhost` and what ends in it, an address of the loopback interface, `own`
/// itself, the name that the machine has, with or without its domain, and those by
/// which containers know it. Any other name may have been made to point here (DNS
/// rebinding).
pub fn is_own_name(name: &str, own: IpAddr) -> bool {
    match address(name) {
        // The wildcard address is no name of anything.
        Some(address) => address.is_loopback() || (address == own && !own.is_unspecified()),
        None => is_local_name(name) || is_of_machine(name),
    }
}

/// Whether no stranger can make that name point here: one of this machine, a name
/// without a domain, as containers of one network have them, or an address.
pub fn is_out_of_strangers_reach(name: &str, own: IpAddr) -> bool {
    let lone = !name.is_empty() && !name.contains('.');
    lone || address(name).is_some() || is_own_name(name, own)
}

/// Whether the origin of a page is the server that was asked as `host`.
pub fn is_same_origin(origin: &str, host: &str) -> bool {
    origin.strip_prefix("http://").or(origin.strip_prefix("https://")) == Some(host)
}

fn address(name: &str) -> Option<IpAddr> {
    name.trim_matches(['[', ']']).parse().ok()
}

fn is_local_name(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or_default();
    last.eq_ignore_ascii_case("localhost")
        || FROM_CONTAINERS.iter().any(|known| known.eq_ignore_ascii_case(name))
}

fn is_of_machine(name: &str) -> bool {
    let machine = nix::unistd::gethostname().unwrap_or_default();
    machine.to_str().is_some_and(|machine| is_name_of(name, machine))
}

/// Whether `name` is `machine`, or its first part.
fn is_name_of(name: &str, machine: &str) -> bool {
    let first = machine.split('.').next().unwrap_or_default();
    !name.is_empty() && [machine, first].iter().any(|known| known.eq_ignore_ascii_case(name))
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
        for name in [
            "localhost",
            "LocalHost",
            "bank.localhost",
            "127.0.0.1",
            "127.1.2.3",
            "[::1]",
            "host.docker.internal",
            "host.containers.internal",
        ] {
            assert!(is_own_name(name, here), "{name}");
        }
        for name in [
            "",
            "bank.example",
            "localhost.bank.example",
            "notlocalhost",
            "docker.internal",
            "host.docker.internal.bank.example",
            "10.0.0.1",
            "0.0.0.0",
        ] {
            assert!(!is_own_name(name, here), "{name}");
        }
        assert!(is_own_name("10.0.0.7", [10, 0, 0, 7].into()));
        assert!(!is_own_name("0.0.0.0", Ipv4Addr::UNSPECIFIED.into()));
    }

    #[test]
    fn the_name_the_machine_has_is_its_own() {
        let machine = nix::unistd::gethostname().expect("a name").into_string().expect("a text");
        assert!(is_own_name(&machine, Ipv4Addr::LOCALHOST.into()), "{machine}");
        assert!(
            is_name_of("Box", "box.lan.example")
                && is_name_of("box.lan.example", "box.lan.example")
        );
        for name in ["", "lan.example", "box.lan", "boxx", "box.evil.example"] {
            assert!(!is_name_of(name, "box.lan.example"), "{name}");
        }
        assert!(!is_name_of("", ""));
    }

    #[test]
    fn names_that_no_stranger_can_point_here() {
        let anywhere = IpAddr::from(Ipv4Addr::UNSPECIFIED);
        for name in
            ["server", "naive", "10.0.0.7", "[fd00::1]", "localhost", "host.docker.internal"]
        {
            assert!(is_out_of_strangers_reach(name, anywhere), "{name}");
        }
        for name in ["", "evil.example", "server.", "1.2.3"] {
            assert!(!is_out_of_strangers_reach(name, anywhere), "{name}");
        }
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
