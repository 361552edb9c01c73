//! The messages of the protocol graphql-transport-ws
//! (<https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md>).

use std::collections::BTreeMap;

use axum::extract::ws::{CloseFrame, Message, Utf8Bytes};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::http::bearer::TokenError;

/// The name of the protocol in `Sec-WebSocket-Protocol`.
pub const PROTOCOL: &str = "graphql-transport-ws";

/// Maximum length of an operation's id, in bytes.
const MAX_ID: usize = 256;

/// A message from a client.
#[derive(Debug)]
pub enum ClientMessage<'a> {
    /// The token of its payload, if it has one: the value of an `Authorization` header.
    ConnectionInit(Option<String>),
    Subscribe {
        id: String,
        payload: &'a str,
    },
    Complete {
        id: String,
    },
    Ping,
    Pong,
}

/// The text is not a message of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidMessage;

#[derive(Deserialize)]
struct Frame<'a> {
    r#type: String,
    id: Option<String>,
    #[serde(borrow)]
    payload: Option<&'a RawValue>,
}

impl<'a> ClientMessage<'a> {
    /// # Errors
    /// When the text is not a message of the protocol.
    pub fn parse(text: &'a str) -> Result<Self, InvalidMessage> {
        let frame: Frame<'a> = serde_json::from_str(text).map_err(|_| InvalidMessage)?;
        let id = frame.id.filter(|id| (1..=MAX_ID).contains(&id.len()));
        match frame.r#type.as_str() {
            "connection_init" => Ok(Self::ConnectionInit(token(frame.payload)?)),
            "subscribe" => match (id, frame.payload) {
                (Some(id), Some(payload)) => Ok(Self::Subscribe { id, payload: payload.get() }),
                _ => Err(InvalidMessage),
            },
            "complete" => id.map(|id| Self::Complete { id }).ok_or(InvalidMessage),
            "ping" => Ok(Self::Ping),
            "pong" => Ok(Self::Pong),
            _ => Err(InvalidMessage),
        }
    }
}

/// The value of `Authorization` in the payload of `connection_init`, in any case, at the top or in
/// `headers`, where some clients put it.
fn token(payload: Option<&RawValue>) -> Result<Option<String>, InvalidMessage> {
    let Some(payload) = payload.filter(|payload| payload.get() != "null") else { return Ok(None) };
    let object: BTreeMap<String, &RawValue> =
        serde_json::from_str(payload.get()).map_err(|_| InvalidMessage)?;
    let find = |object: &BTreeMap<String, &RawValue>| {
        let mut fields = object.iter();
        let (_, value) = fields.find(|(name, _)| name.eq_ignore_ascii_case("authorization"))?;
        serde_json::from_str::<String>(value.get()).ok()
    };
    let headers = || {
        let headers = object.get("headers")?;
        find(&serde_json::from_str(headers.get()).ok()?)
    };
    Ok(find(&object).or_else(headers))
}

/// Why the server closes a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Close {
    /// The server stops.
    GoingAway,
    TooBig,
    /// A limit of connections is reached.
    Busy(&'static str),
    /// The client does not read what it is sent.
    TooSlow,
    /// Nothing came from the client for too long.
    Silent,
    InvalidMessage,
    /// There is no token, or `subscribe` came before `connection_init`.
    Unauthorized(&'static str),
    /// The token is not valid, or no longer valid.
    Forbidden(TokenError),
    NotAcceptable,
    InitTimeout,
    /// An operation with the id is running.
    DuplicateId,
    TooManyInits,
}

impl Close {
    /// The code of the close frame, and the reason.
    pub const fn frame(self) -> (u16, &'static str) {
        match self {
            Self::GoingAway => (1001, "the server is stopping"),
            Self::TooBig => (1009, "the message is too big"),
            Self::Busy(reason) => (1013, reason),
            Self::TooSlow => (1013, "the messages were not read in time"),
            Self::Silent => (3008, "no message or pong in time"),
            Self::InvalidMessage => (4400, "Invalid message"),
            Self::Unauthorized(reason) => (4401, reason),
            Self::Forbidden(error) => (4403, error.detail()),
            Self::NotAcceptable => (4406, "Subprotocol not acceptable"),
            Self::InitTimeout => (4408, "Connection initialisation timeout"),
            Self::DuplicateId => (4409, "Subscriber for this id already exists"),
            Self::TooManyInits => (4429, "Too many initialisation requests"),
        }
    }

    pub fn message(self) -> Message {
        let (code, reason) = self.frame();
        Message::Close(Some(CloseFrame { code, reason: Utf8Bytes::from_static(reason) }))
    }
}

fn text(value: &Value) -> Message {
    Message::Text(value.to_string().into())
}

pub fn connection_ack() -> Message {
    text(&json!({ "type": "connection_ack" }))
}

pub fn pong() -> Message {
    text(&json!({ "type": "pong" }))
}

/// A result of an operation.
pub fn next(id: &str, payload: &Value) -> Message {
    text(&json!({ "id": id, "type": "next", "payload": payload }))
}

/// The errors because of which an operation was not started.
pub fn error(id: &str, errors: &Value) -> Message {
    text(&json!({ "id": id, "type": "error", "payload": errors }))
}

pub fn complete(id: &str) -> Message {
    text(&json!({ "id": id, "type": "complete" }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token_in(payload: &str) -> Result<Option<String>, InvalidMessage> {
        let text = format!(r#"{{"type":"connection_init","payload":{payload}}}"#);
        match ClientMessage::parse(&text)? {
            ClientMessage::ConnectionInit(token) => Ok(token),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_token_is_found_where_clients_put_it() {
        for payload in [
            r#"{"Authorization":"Bearer x"}"#,
            r#"{"authorization":"Bearer x","other":[1]}"#,
            r#"{"headers":{"Authorization":"Bearer x"}}"#,
        ] {
            assert_eq!(token_in(payload), Ok(Some("Bearer x".to_owned())), "{payload}");
        }
        for payload in ["null", "{}", r#"{"headers":null}"#, r#"{"authorization":null}"#] {
            assert_eq!(token_in(payload), Ok(None), "{payload}");
        }
        assert_eq!(token_in("[]"), Err(InvalidMessage));
    }

    #[test]
    fn other_texts_are_invalid() {
        let long = format!(r#"{{"type":"complete","id":"{}"}}"#, "x".repeat(MAX_ID + 1));
        for text in [
            "",
            "null",
            "[]",
            "{}",
            r#"{"type":"start","id":"1","payload":{}}"#,
            r#"{"type":"subscribe","payload":{}}"#,
            r#"{"type":"subscribe","id":"","payload":{}}"#,
            r#"{"type":"subscribe","id":1,"payload":{}}"#,
            r#"{"type":"subscribe","id":"1"}"#,
            r#"{"type":"complete"}"#,
            &long,
        ] {
            assert_eq!(ClientMessage::parse(text).unwrap_err(), InvalidMessage, "{text}");
        }
    }
}
