//! Which network this machine is in, so that a change of it is noticed.

use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// A network, known by its way out: the default gateway's IP address and MAC address, and the interface. Its
/// text is for storing. Two are compared by [`NetworkId::differs_from`] alone: a system forgets a MAC address
/// and learns it again without the network having changed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NetworkId(String);

/// Stands where an address is not known, or where there is none (a tunnel has no gateway).
const NONE: &str = "-";

impl NetworkId {
    /// Of these facts. `gateway` is `None` where the interface itself is the way out.
    pub fn new(gateway: Option<IpAddr>, mac: Option<[u8; 6]>, interface: &str) -> Self {
        let gateway = gateway.map_or_else(|| NONE.to_owned(), |ip| ip.to_string());
        let mac =
            mac.map_or_else(|| NONE.to_owned(), |bytes| bytes.map(|byte| format!("{byte:02x}")).join(":"));
        Self(format!("{gateway} {mac} {interface}"))
    }

    /// From its text, as it was stored.
    pub fn from_text(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Its text: gateway, MAC address, interface; `-` for what is not known.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is surely another network. Gateways of homes and cafés share their IP addresses, so their
    /// MAC addresses count where both are known.
    pub fn differs_from(&self, other: &Self) -> bool {
        let (gateway, mac, interface) = self.parts();
        let (other_gateway, other_mac, other_interface) = other.parts();
        let known = mac != NONE && other_mac != NONE;
        gateway != other_gateway || interface != other_interface || (known && mac != other_mac)
    }

    fn parts(&self) -> (&str, &str, &str) {
        let mut parts = self.0.splitn(3, ' ');
        let mut next = || parts.next().unwrap_or(NONE);
        (next(), next(), next())
    }
}

/// The network that this machine is in now; `None` without one. Asks the system's tables and sends nothing on
/// Linux and macOS (Windows may ask the gateway for its MAC address). It takes some milliseconds and blocks,
/// so it is called off the runtime.
pub fn current() -> Option<NetworkId> {
    network_of(&netdev::get_default_interface().ok()?)
}

fn network_of(interface: &netdev::Interface) -> Option<NetworkId> {
    if interface.is_loopback() {
        return None;
    }
    let gateway = interface.gateway.as_ref();
    // One family decides: a router that announces itself over IPv6 too comes and goes.
    let four = gateway.and_then(|device| device.ipv4.first()).map(|&ip| IpAddr::V4(ip));
    let address = four.or_else(|| gateway.and_then(|device| device.ipv6.first()).map(|&ip| IpAddr::V6(ip)));
    let mac = gateway.map(|device| device.mac_addr.octets()).filter(|mac| *mac != [0; 6]);
    Some(NetworkId::new(address, mac, &interface.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOME: [u8; 6] = [0x00, 0x1b, 0x44, 0x11, 0x3a, 0xb7];
    const CAFE: [u8; 6] = [0x02, 0x42, 0xac, 0x11, 0x00, 0x02];

    #[test]
    fn networks_are_told_apart() {
        let ip = |text: &str| Some(text.parse::<IpAddr>().unwrap());
        let home = NetworkId::new(ip("192.168.1.1"), Some(HOME), "wlan0");
        assert_eq!(home.as_str(), "192.168.1.1 00:1b:44:11:3a:b7 wlan0");
        for (other, differs) in [
            (NetworkId::from_text(home.as_str()), false),
            (NetworkId::new(ip("192.168.1.1"), None, "wlan0"), false),
            (NetworkId::new(ip("192.168.1.1"), Some(CAFE), "wlan0"), true),
            (NetworkId::new(ip("192.168.0.1"), Some(HOME), "wlan0"), true),
            (NetworkId::new(ip("192.168.1.1"), Some(HOME), "Ethernet 2"), true),
            (NetworkId::new(ip("fe80::1"), Some(HOME), "wlan0"), true),
            (NetworkId::new(None, None, "tun0"), true),
            (NetworkId::from_text(""), true),
        ] {
            assert_eq!(home.differs_from(&other), differs, "{other:?}");
            assert_eq!(other.differs_from(&home), differs, "{other:?}");
        }
        let named = NetworkId::new(None, None, "Ethernet 2");
        assert!(named.differs_from(&NetworkId::new(None, None, "Ethernet 3")), "names may have spaces");
    }

    #[test]
    fn a_network_is_its_interfaces_way_out() {
        let mut interface = netdev::Interface::dummy();
        interface.name = "wlan0".to_owned();
        let text = |interface: &netdev::Interface| network_of(interface).unwrap().as_str().to_owned();
        assert_eq!(text(&interface), "- - wlan0");
        let mut gateway = netdev::NetworkDevice::new();
        gateway.ipv6 = vec!["fe80::1".parse().unwrap()];
        interface.gateway = Some(gateway.clone());
        assert_eq!(text(&interface), "fe80::1 - wlan0");
        gateway.ipv4 = vec!["192.168.1.1".parse().unwrap()];
        gateway.mac_addr = netdev::MacAddr::from_octets(HOME);
        interface.gateway = Some(gateway);
        assert_eq!(text(&interface), "192.168.1.1 00:1b:44:11:3a:b7 wlan0");
    }

    #[test]
    fn this_machine_is_in_the_same_network_twice() {
        // A machine without any network answers `None` both times.
        match (current(), current()) {
            (Some(one), Some(other)) => assert!(!one.differs_from(&other), "{one:?} {other:?}"),
            (one, other) => assert!(one.is_none() && other.is_none(), "{one:?} {other:?}"),
        }
    }
}
