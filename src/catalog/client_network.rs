//! Which addresses of clients count as one.

use std::net::IpAddr;

/// The network that limits count an address by. IPv6 addresses count by their /64 network, because
/// one client has many of them. IPv4-mapped addresses (`::ffff:192.0.2.1`), which a server on
/// `[::]` sees, count as IPv4.
pub(super) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        address @ IpAddr::V4(_) => address,
        IpAddr::V6(address) => {
            let network = u128::from(address) & !u128::from(u64::MAX);
            IpAddr::V6(network.into())
        }
    }
}
