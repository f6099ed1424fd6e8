//! Free ports.

use std::io;
use std::net::{Ipv4Addr, TcpListener};

use crate::random::random;

/// The first of the ports that are tried. No system gives ports below 32768 to outgoing connections, so a
/// server finds its port free when it starts again.
const FIRST: u16 = 20_000;
const COUNT: u16 = 12_000;
const ATTEMPTS: usize = 100;

/// Returns a port on 127.0.0.1 that nobody uses.
pub(crate) fn free() -> io::Result<u16> {
    let mut ports = (0..ATTEMPTS).map(|_| FIRST + (random() % u64::from(COUNT)) as u16);
    ports.find(|port| is_free(*port)).ok_or_else(|| io::ErrorKind::AddrInUse.into())
}

/// Returns two different ports on 127.0.0.1 that nobody uses.
pub(crate) fn two_free() -> io::Result<[u16; 2]> {
    let first = free()?;
    let _held = TcpListener::bind((Ipv4Addr::LOCALHOST, first))?;
    Ok([first, free()?])
}

fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_in_use_is_not_free() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, free().unwrap())).unwrap();
        assert!(!is_free(listener.local_addr().unwrap().port()));
    }

    #[test]
    fn two_ports_are_never_the_same() {
        assert!((0..20).all(|_| two_free().is_ok_and(|[one, two]| one != two && is_free(one))));
    }

    #[test]
    fn ports_differ_and_are_not_those_of_outgoing_connections() {
        let (one, two, three) = (free().unwrap(), free().unwrap(), free().unwrap());
        assert!(one != two || two != three);
        assert!([one, two, three].iter().all(|port| (FIRST..32_768).contains(port)));
    }
}
