//! The address of the client: that of the connection, or behind a trusted proxy the one that the
//! proxy reports in `Forwarded` (RFC 7239) or `X-Forwarded-For`.

use std::borrow::Cow;
use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, header};
use ipnet::IpNet;

use crate::catalog::accounts::download_links::without_signature;
use crate::catalog::accounts::provider::CALLBACK_PATH;

/// Maximum number of addresses that are read from one header.
const MAX_HOPS: usize = 32;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The networks of the proxies whose headers are believed. By default none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<IpNet>);

/// An entry of a list of networks that is not one.
#[derive(Debug, PartialEq, Eq)]
pub struct InvalidNetwork(pub String);

/// The address of the client of a request. [`set`] adds it to the extensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);

impl TrustedProxies {
    /// Reads a list of addresses and networks in CIDR notation, separated by commas or spaces.
    ///
    /// # Errors
    /// When an entry is neither an address nor a network.
    pub fn parse(text: &str) -> Result<Self, InvalidNetwork> {
        let separators = |c: char| c == ',' || c.is_whitespace();
        let entries = text.split(separators).filter(|entry| !entry.is_empty());
        let networks = entries.map(|entry| {
            let network = entry.parse::<IpNet>().ok();
            let address =
                || entry.parse::<IpAddr>().ok().map(|address| IpNet::from(address.to_canonical()));
            network.or_else(address).ok_or_else(|| InvalidNetwork(entry.to_owned()))
        });
        networks.collect::<Result<_, _>>().map(Self)
    }

    fn contains(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }

    /// The address of the client behind a connection from `peer`: the rightmost address in the
    /// header that is not a trusted proxy. Everything to the left of it was sent by the client, who
    /// may write anything.
    ///
    /// If the two headers lead to different clients, one of them was not set by the proxy, and it
    /// is not known which: the address is then that of the proxy.
    fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let peer = peer.to_canonical();
        if !self.contains(peer) {
            return peer;
        }
        let forwarded = headers.contains_key(header::FORWARDED);
        let forwarded = forwarded.then(|| self.rightmost(peer, &forwarded_for(headers)));
        let other = headers.contains_key(X_FORWARDED_FOR);
        let other = other.then(|| self.rightmost(peer, &x_forwarded_for(headers)));
        match (forwarded, other) {
            (Some(client), None) | (None, Some(client)) => client,
            (Some(one), Some(two)) if one == two => one,
            _ => peer,
        }
    }

    /// Follows the hops from the right, as long as they are trusted and known.
    fn rightmost(&self, peer: IpAddr, hops: &[Option<IpAddr>]) -> IpAddr {
        let mut client = peer;
        for hop in hops.iter().rev().take(MAX_HOPS) {
            let Some(address) = hop else { break };
            client = *address;
            if !self.contains(client) {
                break;
            }
        }
        client
    }
}

/// The text of a header. Several lines form one list (RFC 9110 §5.3).
fn joined(headers: &HeaderMap, name: &HeaderName) -> String {
    let lines = headers.get_all(name).iter().map(|line| line.to_str().unwrap_or("unknown"));
    lines.collect::<Vec<_>>().join(",")
}

/// The addresses in `X-Forwarded-For`; `None` for an entry that is not an address.
fn x_forwarded_for(headers: &HeaderMap) -> Vec<Option<IpAddr>> {
    joined(headers, &X_FORWARDED_FOR).split(',').map(|entry| node_address(entry.trim())).collect()
}

/// The addresses in the `for` parameters of `Forwarded`; `None` for an element without one, or with
/// an obfuscated or unknown one.
fn forwarded_for(headers: &HeaderMap) -> Vec<Option<IpAddr>> {
    let text = joined(headers, &header::FORWARDED);
    let address = |element: &&str| {
        let pairs = split_unquoted(element, ';').into_iter();
        let mut values = pairs.filter_map(|pair| {
            let (name, value) = pair.split_once('=')?;
            name.trim().eq_ignore_ascii_case("for").then_some(value.trim())
        });
        let value = values.next()?;
        // A parameter must not be repeated.
        if values.next().is_some() {
            return None;
        }
        let unquoted = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
        node_address(&unquoted.unwrap_or(value).replace('\\', ""))
    };
    split_unquoted(&text, ',').iter().map(address).collect()
}

/// Splits at a separator that is not within a quoted string.
fn split_unquoted(text: &str, separator: char) -> Vec<&str> {
    let (mut parts, mut start) = (Vec::new(), 0);
    let (mut is_quoted, mut is_escaped) = (false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' if is_quoted => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            _ if c == separator && !is_quoted => {
                parts.push(&text[start..at]);
                start = at + c.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

/// An address with or without a port; an IPv6 address with a port is in brackets.
fn node_address(text: &str) -> Option<IpAddr> {
    let address = text.parse::<IpAddr>().ok();
    let address = address.or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()));
    let bracketed = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    address.or_else(bracketed).map(|address: IpAddr| address.to_canonical())
}

/// Finds the address of the client, and adds it to the request.
pub fn set(proxies: &TrustedProxies, mut request: Request) -> Request {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let peer = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |ConnectInfo(peer)| peer.ip());
    let client = ClientAddress(proxies.client(peer, request.headers()));
    request.extensions_mut().insert(client);
    request
}

/// The span of a request in the log.
pub fn span<B>(request: &axum::http::Request<B>) -> tracing::Span {
    let client = request.extensions().get::<ClientAddress>().map(|client| client.0);
    tracing::debug_span!(
        "request",
        method = %request.method(),
        uri = %shown_uri(request.uri()),
        version = ?request.version(),
        client = ?client,
    )
}

/// The URI of a request as it is logged: without what a log-in provider sends with the browser,
/// which includes a code, and without the signature of a link to a download.
fn shown_uri(uri: &axum::http::Uri) -> Cow<'_, str> {
    if uri.path() == CALLBACK_PATH {
        return CALLBACK_PATH.into();
    }
    let text = uri.path_and_query().map_or(uri.path(), axum::http::uri::PathAndQuery::as_str);
    without_signature(text).map_or_else(|| text.into(), Cow::Owned)
}

impl<S: Sync> FromRequestParts<S> for ClientAddress {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let found = parts.extensions.get::<Self>().copied();
        Ok(found.unwrap_or(Self(IpAddr::V4(Ipv4Addr::UNSPECIFIED))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROXY: &str = "10.0.0.1";

    #[track_caller]
    fn assert_client(peer: &str, headers: &[(&str, &str)], expected: &str) {
        let proxies = TrustedProxies::parse("10.0.0.0/8, 2001:db8:1::/48 192.0.2.7").unwrap();
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            let name: HeaderName = name.parse().unwrap();
            map.append(name, value.parse().unwrap());
        }
        let found = proxies.client(peer.parse().unwrap(), &map).to_string();
        assert_eq!(found, expected, "{peer} {headers:?}");
    }

    #[test]
    fn headers_are_believed_from_trusted_proxies_only() {
        let headers = [("x-forwarded-for", "198.51.100.1"), ("forwarded", "for=198.51.100.1")];
        for peer in ["203.0.113.9", "192.0.2.8", "2001:db8:2::1", "::ffff:203.0.113.9"] {
            let expected = peer.trim_start_matches("::ffff:");
            assert_client(peer, &headers, expected);
            assert_client(peer, &headers[..1], expected);
        }
        for peer in [PROXY, "::ffff:10.0.0.1", "192.0.2.7", "2001:db8:1::5"] {
            assert_client(peer, &headers, "198.51.100.1");
            assert_client(peer, &headers[..1], "198.51.100.1");
            assert_client(peer, &headers[1..], "198.51.100.1");
        }
        assert_client(PROXY, &[], PROXY);
    }

    #[test]
    fn the_rightmost_untrusted_address_is_the_client() {
        for (value, expected) in [
            ("198.51.100.1", "198.51.100.1"),
            // The client wrote the first address.
            ("1.1.1.1, 198.51.100.1", "198.51.100.1"),
            ("1.1.1.1, 198.51.100.1, 10.0.0.2, 192.0.2.7", "198.51.100.1"),
            ("1.1.1.1,198.51.100.1 ,  10.0.0.2", "198.51.100.1"),
            // Only proxies.
            ("10.0.0.3, 10.0.0.2", "10.0.0.3"),
            // What is not an address ends the search.
            ("198.51.100.1, unknown, 10.0.0.2", "10.0.0.2"),
            ("198.51.100.1, ", PROXY),
            ("", PROXY),
            ("198.51.100.1:51234", "198.51.100.1"),
            ("[2001:db8:9::1]:51234", "2001:db8:9::1"),
            ("2001:db8:9::1", "2001:db8:9::1"),
            ("::ffff:198.51.100.1", "198.51.100.1"),
        ] {
            assert_client(PROXY, &[("x-forwarded-for", value)], expected);
        }
        let lines = [("x-forwarded-for", "1.1.1.1"), ("x-forwarded-for", "198.51.100.1")];
        assert_client(PROXY, &lines, "198.51.100.1");
    }

    #[test]
    fn forwarded_is_read_as_in_the_specification() {
        for (value, expected) in [
            ("for=198.51.100.1", "198.51.100.1"),
            ("For=\"198.51.100.1:4711\";proto=http;by=203.0.113.43", "198.51.100.1"),
            ("for=\"[2001:db8:9::1]\"", "2001:db8:9::1"),
            ("proto=https ; for=\"[2001:db8:9::1]:4711\"", "2001:db8:9::1"),
            ("for=1.1.1.1, for=198.51.100.1, for=10.0.0.2", "198.51.100.1"),
            ("for=1.1.1.1;host=\"a,b;for=9.9.9.9\", for=10.0.0.2", "1.1.1.1"),
            ("for=198.51.100.1, for=_hidden", PROXY),
            ("for=198.51.100.1, for=unknown, for=10.0.0.2", "10.0.0.2"),
            ("for=198.51.100.1, proto=https", PROXY),
            ("for=198.51.100.1;for=198.51.100.2", PROXY),
            ("for=198.51.100.1\"", PROXY),
            ("nonsense", PROXY),
        ] {
            assert_client(PROXY, &[("forwarded", value)], expected);
        }
    }

    #[test]
    fn two_headers_that_disagree_are_not_believed() {
        let headers = [("forwarded", "for=1.1.1.1"), ("x-forwarded-for", "198.51.100.1")];
        assert_client(PROXY, &headers, PROXY);
        let headers =
            [("forwarded", "for=198.51.100.1"), ("x-forwarded-for", "1.1.1.1, 198.51.100.1")];
        assert_client(PROXY, &headers, "198.51.100.1");
    }

    #[test]
    fn long_headers_are_read_up_to_a_limit() {
        let hops = "10.0.0.2, ".repeat(100) + "10.0.0.3";
        assert_client(PROXY, &[("x-forwarded-for", &format!("198.51.100.1, {hops}"))], "10.0.0.2");
    }

    #[test]
    fn a_list_has_addresses_and_networks() {
        for text in ["10.0.0.1", "10.0.0.0/8", "::1", "fd00::/8", "", "10.0.0.1, 10.1.0.0/16 ::1"] {
            assert!(TrustedProxies::parse(text).is_ok(), "{text}");
        }
        for text in ["10.0.0", "10.0.0.0/33", "proxy.example.com", "*", "10.0.0.1;10.0.0.2"] {
            let expected = InvalidNetwork(text.to_owned());
            assert_eq!(TrustedProxies::parse(text), Err(expected), "{text}");
        }
    }
}
