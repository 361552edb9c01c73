//! A connection that sends raw bytes.

use std::net::SocketAddr;
use std::time::Duration;

use reelport::catalog::access::Role;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::app::token;

/// The longest wait for something that a server must do on its own.
const PATIENCE: Duration = Duration::from_mins(1);

/// A connection to a server.
pub struct Raw {
    pub stream: TcpStream,
    unread: Vec<u8>,
}

/// A response with a declared length.
#[derive(Debug)]
pub struct RawAnswer {
    pub status: u16,
    /// In lower case.
    pub head: String,
    pub body: String,
}

impl Raw {
    pub async fn connect(address: SocketAddr) -> Self {
        Self { stream: TcpStream::connect(address).await.unwrap(), unread: Vec::new() }
    }

    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).await.unwrap();
    }

    /// Reads until everything that was received contains a text.
    pub async fn read_until(&mut self, received: &mut String, text: &str) {
        let mut buffer = vec![0; 64 * 1024];
        while !received.contains(text) {
            let count = self.stream.read(&mut buffer).await.unwrap();
            assert_ne!(count, 0, "closed after {received}");
            received.push_str(std::str::from_utf8(&buffer[..count]).unwrap());
        }
    }

    /// Sends a GET without a token and reads the response.
    pub async fn get(&mut self, path: &str) -> RawAnswer {
        self.send(format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n")).await;
        self.answer().await
    }

    /// The next response, which must have a Content-Length.
    pub async fn answer(&mut self) -> RawAnswer {
        let read = async {
            let end = loop {
                if let Some(end) = self.unread.windows(4).position(|four| four == b"\r\n\r\n") {
                    break end + 4;
                }
                self.more().await;
            };
            let head: Vec<u8> = self.unread.drain(..end).collect();
            let head = String::from_utf8(head).unwrap().to_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            let length: usize = length.unwrap_or("0").parse().unwrap();
            while self.unread.len() < length {
                self.more().await;
            }
            let body: Vec<u8> = self.unread.drain(..length).collect();
            let status = head.split(' ').nth(1).unwrap().parse().unwrap();
            RawAnswer { status, head, body: String::from_utf8_lossy(&body).into_owned() }
        };
        tokio::time::timeout(PATIENCE, read).await.expect("the server does not answer")
    }

    async fn more(&mut self) {
        let read = self.stream.read_buf(&mut self.unread).await.unwrap();
        assert_ne!(read, 0, "closed after {:?}", String::from_utf8_lossy(&self.unread));
    }

    /// Waits until the server closes the connection, discards what it sends until then, and returns
    /// the number of discarded bytes.
    pub async fn closed(&mut self) -> usize {
        let read = async {
            let mut discarded = 0;
            let mut buffer = vec![0; 64 * 1024];
            loop {
                match self.stream.read(&mut buffer).await {
                    Ok(0) | Err(_) => return discarded,
                    Ok(read) => discarded += read,
                }
            }
        };
        tokio::time::timeout(PATIENCE, read).await.expect("the server keeps the connection open")
    }

    /// Whether the server has closed the connection.
    pub fn is_closed(&self) -> bool {
        match self.stream.try_read(&mut [0]) {
            Ok(read) => read == 0,
            Err(error) => error.kind() != std::io::ErrorKind::WouldBlock,
        }
    }
}

/// The head of a POST by an admin, without the final empty line.
pub fn post(path: &str) -> String {
    let token = token(Role::Admin, "admin@example.com");
    format!(
        "POST {path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\nauthorization: Bearer {token}\r\n"
    )
}
