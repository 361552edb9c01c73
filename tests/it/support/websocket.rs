//! A client of the protocol graphql-transport-ws that sends and receives single messages.

use std::net::SocketAddr;
use std::time::Duration;

use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::{HeaderName, HeaderValue};
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

/// The longest wait for something that the server must do on its own.
const PATIENCE: Duration = Duration::from_mins(1);

/// An open WebSocket.
pub struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

/// What the server did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Received {
    Message(Value),
    /// The code and the reason of its close frame.
    Closed(u16, String),
    /// The connection ended without a close frame.
    Lost,
}

impl Received {
    #[track_caller]
    pub fn message(self) -> Value {
        match self {
            Self::Message(message) => message,
            other => panic!("{other:?}"),
        }
    }

    #[track_caller]
    pub fn code(self) -> u16 {
        match self {
            Self::Closed(code, _) => code,
            other => panic!("{other:?}"),
        }
    }
}

impl Socket {
    /// Opens a WebSocket with these headers. An error is the status of the response.
    pub async fn try_open(
        address: SocketAddr,
        headers: &[(&'static str, &str)],
    ) -> Result<Self, u16> {
        let mut request = format!("ws://{address}/graphql").into_client_request().unwrap();
        for (name, value) in headers {
            let value = HeaderValue::from_str(value).unwrap();
            request.headers_mut().insert(HeaderName::from_static(name), value);
        }
        match tokio_tungstenite::connect_async(request).await {
            Ok((stream, _)) => Ok(Self { stream }),
            Err(Error::Http(response)) => Err(response.status().as_u16()),
            Err(error) => panic!("{error}"),
        }
    }

    /// Opens a WebSocket with the protocol.
    pub async fn open(address: SocketAddr) -> Self {
        let protocol = ("sec-websocket-protocol", "graphql-transport-ws");
        Self::try_open(address, &[protocol]).await.unwrap()
    }

    /// Opens a WebSocket and sends a token.
    pub async fn initialised(address: SocketAddr, token: &str) -> Self {
        let mut socket = Self::open(address).await;
        socket.init(token).await;
        assert_eq!(socket.receive().await.message(), json!({ "type": "connection_ack" }));
        socket
    }

    pub async fn init(&mut self, token: &str) {
        let payload = json!({ "Authorization": format!("Bearer {token}") });
        self.send(&json!({ "type": "connection_init", "payload": payload })).await;
    }

    pub async fn send(&mut self, message: &Value) {
        self.send_frame(Message::text(message.to_string())).await;
    }

    pub async fn send_frame(&mut self, message: Message) {
        self.stream.send(message).await.unwrap();
    }

    pub async fn subscribe(&mut self, id: &str, query: &str, variables: Value) {
        let payload = json!({ "query": query, "variables": variables });
        self.send(&json!({ "type": "subscribe", "id": id, "payload": payload })).await;
    }

    /// The next message or the end. Pings of the server are answered and skipped.
    pub async fn receive(&mut self) -> Received {
        loop {
            let next = tokio::time::timeout(PATIENCE, self.stream.next()).await;
            match next.expect("the server sends nothing") {
                Some(Ok(Message::Text(text))) => {
                    return Received::Message(serde_json::from_str(&text).unwrap());
                }
                Some(Ok(Message::Close(Some(frame)))) => {
                    return Received::Closed(frame.code.into(), frame.reason.to_string());
                }
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(_) | Err(_)) | None => return Received::Lost,
            }
        }
    }

    /// The payload of the next result of an operation.
    pub async fn next(&mut self, id: &str) -> Value {
        let mut message = self.receive().await.message();
        assert_eq!((&message["type"], &message["id"]), (&json!("next"), &json!(id)), "{message}");
        message["payload"].take()
    }

    /// Waits until the server has handled all earlier messages.
    pub async fn ping(&mut self) {
        self.send(&json!({ "type": "ping" })).await;
        assert_eq!(self.receive().await.message(), json!({ "type": "pong" }));
    }
}
