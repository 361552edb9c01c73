//! The attacks. Each one is a small number of requests that is repeated for a limited time.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::server::Server;

/// Concurrent connections of one attack.
const CONNECTIONS: u32 = 4;
/// The maximum number of requests of one connection.
const MOST: u32 = 200;
/// Connections of an attack that sends or reads slowly.
const SLOW_CONNECTIONS: u32 = 240;

#[derive(Clone)]
enum Kind {
    /// The same request; each connection sends the next one after the response.
    Request { request: Arc<Vec<u8>>, connections: u32 },
    /// Sends the beginning of a request and then nothing.
    Stall(Arc<Vec<u8>>),
    /// Sends a request and reads the response one byte at a time.
    ReadSlowly(Arc<Vec<u8>>),
}

#[derive(Clone)]
pub struct Attack {
    pub name: &'static str,
    kind: Kind,
}

/// The number of requests, and the statuses of the responses.
#[derive(Default)]
pub struct Answers {
    pub sent: u32,
    counts: BTreeMap<String, u32>,
}

impl Answers {
    pub fn summary(&self) -> String {
        let counts = self.counts.iter().map(|(answer, count)| format!("{count} x {answer}"));
        counts.collect::<Vec<_>>().join(", ")
    }

    fn add(&mut self, other: Self) {
        self.sent += other.sent;
        for (answer, count) in other.counts {
            *self.counts.entry(answer).or_default() += count;
        }
    }
}

impl Attack {
    fn request(name: &'static str, request: Vec<u8>) -> Self {
        let request = Arc::new(request);
        Self { name, kind: Kind::Request { request, connections: CONNECTIONS } }
    }

    /// Runs the attack for at most `time`.
    pub async fn run(&self, address: &str, time: Duration) -> Answers {
        let end = Instant::now() + time;
        let connections = match &self.kind {
            Kind::Request { connections, .. } => *connections,
            Kind::Stall(_) | Kind::ReadSlowly(_) => SLOW_CONNECTIONS,
        };
        let running: Vec<_> = (0..connections)
            .map(|_| {
                let (attack, address) = (self.clone(), address.to_owned());
                tokio::spawn(async move { attack.connection(&address, end).await })
            })
            .collect();
        let mut answers = Answers::default();
        for connection in running {
            answers.add(connection.await.expect("an attack ends"));
        }
        answers
    }

    async fn connection(&self, address: &str, end: Instant) -> Answers {
        let mut answers = Answers::default();
        let most = if matches!(self.kind, Kind::Request { .. }) { MOST } else { 1 };
        while answers.sent < most && Instant::now() < end {
            answers.sent += 1;
            let left = end.saturating_duration_since(Instant::now());
            let answer = match &self.kind {
                Kind::Request { request, .. } => {
                    tokio::time::timeout(left, exchange(address, request)).await
                }
                Kind::Stall(start) => tokio::time::timeout(left, exchange(address, start)).await,
                Kind::ReadSlowly(request) => {
                    tokio::time::timeout(left, read_slowly(address, request)).await
                }
            };
            let answer = match answer {
                Ok(Ok(answer)) => answer,
                Ok(Err(error)) => format!("{}", error.kind()),
                Err(_) => "no answer".to_owned(),
            };
            *answers.counts.entry(answer).or_default() += 1;
        }
        answers
    }
}

/// Sends a request on a new connection and returns the status of the response.
async fn exchange(address: &str, request: &[u8]) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    let written = stream.write_all(request).await;
    let mut answer = Vec::new();
    // A server that refuses early may close the connection before it has read everything.
    let read = stream.take(1 << 20).read_to_end(&mut answer).await;
    if answer.is_empty() {
        written.and(read)?;
        return Ok("closed".to_owned());
    }
    let line = answer.split(|byte| *byte == b'\r').next().unwrap_or_default();
    let status = String::from_utf8_lossy(line).split(' ').nth(1).unwrap_or("?").to_owned();
    let text = String::from_utf8_lossy(&answer);
    let code = text.split("\"code\":\"").nth(1).and_then(|rest| rest.split('"').next());
    Ok(code.map_or_else(|| status.clone(), |code| format!("{status} {code}")))
}

async fn read_slowly(address: &str, request: &[u8]) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(request).await?;
    let mut byte = [0];
    while stream.read(&mut byte).await? > 0 {
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    Ok("closed".to_owned())
}

fn get(path: &str, authorization: &str) -> Vec<u8> {
    format!(
        "GET {path} HTTP/1.1\r\nhost: attack\r\nauthorization: {authorization}\r\n\
         connection: close\r\n\r\n"
    )
    .into_bytes()
}

fn post(path: &str, authorization: Option<&str>, headers: &str, body: &[u8]) -> Vec<u8> {
    let mut request = format!(
        "POST {path} HTTP/1.1\r\nhost: attack\r\ncontent-type: application/json\r\n\
         content-length: {}\r\nconnection: close\r\n{headers}",
        body.len()
    );
    if let Some(value) = authorization {
        let _ = write!(request, "authorization: {value}\r\n");
    }
    request.push_str("\r\n");
    let mut request = request.into_bytes();
    request.extend_from_slice(body);
    request
}

fn graphql(query: &str, authorization: Option<&str>) -> Vec<u8> {
    post("/graphql", authorization, "", json!({ "query": query }).to_string().as_bytes())
}

fn import(category: &str, data: &Value, admin: &str) -> Vec<u8> {
    let name = category.replace('_', "-");
    let path = format!("/api/v1/admin/movies/attack-1/import/{name}?dry_run=true");
    let body = json!({ "category": category, "movie_id": "attack-1", "data": data });
    post(&path, Some(admin), "", body.to_string().as_bytes())
}

/// Fragments that each spread the next one twice; the last one spreads `end`.
fn fragment_bomb(end: &str) -> String {
    let mut query = String::from("{ __typename ...f0 }");
    for level in 0..28 {
        let _ = write!(query, " fragment f{level} on Query {{ ...f{0} ...f{0} }}", level + 1);
    }
    let _ = write!(query, " fragment f28 on Query {{ {end} }}");
    query
}

fn in_url(query: &str) -> String {
    url::form_urlencoded::byte_serialize(query.as_bytes()).collect()
}

/// Nested lists of documents.
const NESTED_LISTS: &str = "{ movie(id: \"attack-1\") { castCrew { cast { person { \
    filmography(first: 20) { nodes { movie { castCrew { cast { person { \
    filmography(first: 20) { nodes { movie { castCrew { cast { name } } } } } } } } } } } } } } } }";

fn repeated(field: &str, times: usize) -> String {
    let mut query = String::from("{");
    for _ in 0..times {
        let _ = write!(query, " {field}");
    }
    query.push_str(" }");
    query
}

fn ceremonies(count: usize) -> Value {
    let name = "\u{FDFA}".repeat(60);
    let award = |number: usize| json!({ "ceremony": format!("{name}{number}"), "year": 2000, "category": "Best", "result": "winner" });
    json!({ "awards": (0..count).map(award).collect::<Vec<_>>() })
}

fn equal_awards() -> Value {
    let award =
        json!({ "ceremony": "Oscars", "year": 2000, "category": "Best", "result": "winner" });
    json!({ "awards": vec![award; 4_000] })
}

fn long_names() -> Value {
    let name = "\u{FDFA}".repeat(290);
    let credit = |number: usize| json!({ "name": format!("{name}{number}") });
    json!({ "cast": (0..4_900).map(credit).collect::<Vec<_>>() })
}

fn gzip(size: usize) -> Vec<u8> {
    use std::io::Write as _;
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    let block = vec![b' '; 1 << 20];
    for _ in 0..size >> 20 {
        writer.write_all(&block).expect("memory takes it");
    }
    writer.finish().expect("memory takes it")
}

fn variables(authorization: &str) -> Vec<u8> {
    let lists = "[],".repeat(5_000_000);
    let body = format!("{{\"query\":\"{{__typename}}\",\"variables\":{{\"a\":[{lists}[]]}}}}");
    post("/graphql", Some(authorization), "", body.as_bytes())
}

/// The attack that keeps the server busiest.
pub fn most_expensive(server: &Server) -> Attack {
    Attack::request("names that grow", import("cast_crew", &long_names(), &server.admin))
}

/// All attacks.
pub fn all(server: &Server) -> Vec<Attack> {
    let (admin, viewer) = (&server.admin, &server.viewer);
    let stall = |start: &[u8]| Kind::Stall(Arc::new(start.to_vec()));
    let import_path = "/api/v1/admin/movies/attack-1/import/trivia?dry_run=true";
    let brackets = "[".repeat(15 << 20);
    let quotes = "{\"a\": \"".repeat(2 << 20);
    let fences = "```json\n{\n".repeat(1 << 20);
    let mut attacks = vec![
        Attack::request(
            "fragment bomb, undefined at its end",
            graphql(&fragment_bomb("...g"), None),
        ),
        Attack::request("fragment bomb of one field", graphql(&fragment_bomb("__typename"), None)),
        Attack::request(
            "fragment bomb on a wrong type, by GET",
            get(
                &format!("/graphql?query={}", in_url(&fragment_bomb("... on Movie { id }"))),
                viewer,
            ),
        ),
        Attack::request("lists within lists", graphql(NESTED_LISTS, Some(viewer))),
        Attack::request(
            "700 searches under one name",
            graphql(
                &repeated("people(filter: {search: \"Person 1\"}) { nodes { name } }", 700),
                Some(viewer),
            ),
        ),
        Attack::request(
            "1,000 introspections under one name",
            graphql(&repeated("__schema { types { name } }", 1_000), None),
        ),
        Attack::request("15 MB of empty lists as variables", variables(viewer)),
        Attack::request("ceremonies that grow", import("awards", &ceremonies(1_300), admin)),
        most_expensive(server),
        Attack::request("4,000 awards of one key", import("awards", &equal_awards(), admin)),
        Attack::request(
            "15 MB of brackets",
            post(import_path, Some(admin), "", brackets.as_bytes()),
        ),
        Attack::request(
            "14 MB of open strings",
            post(import_path, Some(admin), "", quotes.as_bytes()),
        ),
        Attack::request(
            "10 MB of code fences",
            post(import_path, Some(admin), "", fences.as_bytes()),
        ),
        Attack::request(
            "gzip of 1 GiB",
            post(import_path, Some(admin), "content-encoding: gzip\r\n", &gzip(1 << 30)),
        ),
        Attack { name: "connections that send nothing", kind: stall(b"") },
        Attack { name: "headers that stop", kind: stall(b"GET /healthz HTTP/1.1\r\nhost: a") },
        Attack {
            name: "bodies that stop",
            kind: stall(&post(import_path, Some(admin), "", &[b' '; 1000])[..600]),
        },
        Attack {
            name: "large answers read slowly",
            kind: Kind::ReadSlowly(Arc::new(get(
                "/api/v1/admin/movies/attack-0/export/all",
                admin,
            ))),
        },
    ];
    for attack in &mut attacks {
        // These bodies are large: fewer connections keep the memory of this program small.
        if let Kind::Request { request, connections } = &mut attack.kind
            && request.len() > 1 << 20
        {
            *connections = 2;
        }
    }
    attacks
}
