//! U+0000, which PostgreSQL cannot store, in every text that a client can send: it is refused or
//! matches nothing, alike on both databases, and is never an internal error.

use std::collections::BTreeMap;

use reelport::catalog::access::{Credential, Principal, Role};
use serde_json::{Map, Value, json};

use crate::support::{Client, TestApp, envelope, token_of};

const BAD: &str = "a\0b";
/// The same text in a URL.
const BAD_ENCODED: &str = "a%00b";

/// The types of the schema by name.
struct Types(BTreeMap<String, Value>);

impl Types {
    async fn of(client: &Client) -> Self {
        let query = "{ __schema { types { name kind \
            fields { name type { ...T } args { name defaultValue type { ...T } } } \
            inputFields { name defaultValue type { ...T } } enumValues { name } } } } \
            fragment T on __Type { kind name ofType { kind name ofType { kind name \
            ofType { kind name } } } }";
        let answer = client.graphql(query, json!({})).await;
        let types =
            answer["data"]["__schema"]["types"].as_array().unwrap_or_else(|| panic!("{answer}"));
        Self(types.iter().map(|of| (of["name"].as_str().unwrap().to_owned(), of.clone())).collect())
    }

    /// A type in schema notation.
    fn name(of: &Value) -> String {
        match of["kind"].as_str().unwrap() {
            "NON_NULL" => format!("{}!", Self::name(&of["ofType"])),
            "LIST" => format!("[{}]", Self::name(&of["ofType"])),
            _ => of["name"].as_str().unwrap().to_owned(),
        }
    }

    /// Values of a type: the first is valid, each other one has U+0000 in one place.
    fn values(&self, of: &Value, depth: usize) -> Vec<Value> {
        match of["kind"].as_str().unwrap() {
            "NON_NULL" => self.values(&of["ofType"], depth),
            "LIST" => {
                let inner = self.values(&of["ofType"], depth);
                inner.into_iter().map(|value| json!([value])).collect()
            }
            "ENUM" => {
                let known = &self.0[of["name"].as_str().unwrap()];
                vec![known["enumValues"][0]["name"].clone()]
            }
            "INPUT_OBJECT" => self.objects(of["name"].as_str().unwrap(), depth),
            _ => match of["name"].as_str().unwrap() {
                "Int" | "BigInt" => vec![json!(1)],
                "Float" => vec![json!(1.5)],
                "Boolean" => vec![json!(true)],
                "ID" => vec![json!("m"), json!(BAD), json!(format!("draft:{BAD}:trivia"))],
                "String" => vec![json!("text"), json!(BAD)],
                "URL" => vec![json!("https://example.com"), json!(format!("https://{BAD}"))],
                "Date" => vec![json!("2001-01-01")],
                "PartialDate" => vec![json!("2001"), json!(BAD)],
                "DateTime" => vec![json!("2001-01-01T00:00:00Z")],
                _ => vec![json!({}), json!({ BAD: BAD }), json!(BAD)],
            },
        }
    }

    fn objects(&self, name: &str, depth: usize) -> Vec<Value> {
        let fields = self.0[name]["inputFields"].as_array().unwrap();
        let is_required = |field: &Value| {
            field["type"]["kind"] == "NON_NULL" && field["defaultValue"] == Value::Null
        };
        let required: Map<String, Value> = fields
            .iter()
            .filter(|field| is_required(field))
            .map(|field| {
                let value = self.values(&field["type"], depth + 1).remove(0);
                (field["name"].as_str().unwrap().to_owned(), value)
            })
            .collect();
        let mut found = vec![Value::Object(required.clone())];
        if depth >= 4 {
            return found;
        }
        for field in fields {
            for value in self.values(&field["type"], depth + 1) {
                if value.to_string().contains("\\u0000") {
                    let mut object = required.clone();
                    object.insert(field["name"].as_str().unwrap().to_owned(), value);
                    found.push(Value::Object(object));
                }
            }
        }
        found
    }

    /// A selection of fields for a result of that type.
    fn selection(of: &Value) -> String {
        match of["kind"].as_str().unwrap() {
            "NON_NULL" | "LIST" => Self::selection(&of["ofType"]),
            "OBJECT" if of["name"].as_str().unwrap().ends_with("Connection") => {
                "{ totalCount nodes { __typename } }".to_owned()
            }
            "OBJECT" | "INTERFACE" | "UNION" => "{ __typename }".to_owned(),
            _ => String::new(),
        }
    }

    /// Requests for each field of a type, each with U+0000 in one place of one argument.
    fn requests(&self, operation: &str, of: &str, around: (&str, &str)) -> Vec<(String, Value)> {
        let mut requests = Vec::new();
        for field in self.0[of]["fields"].as_array().unwrap() {
            let name = field["name"].as_str().unwrap();
            let arguments = field["args"].as_array().unwrap();
            let is_given = |argument: &&Value| {
                argument["type"]["kind"] == "NON_NULL" && argument["defaultValue"] == Value::Null
            };
            for varied in arguments {
                for value in self.values(&varied["type"], 0) {
                    if !value.to_string().contains("\\u0000") {
                        continue;
                    }
                    let mut variables = Map::new();
                    for argument in arguments.iter().filter(is_given) {
                        let name = argument["name"].as_str().unwrap().to_owned();
                        variables.insert(name, self.values(&argument["type"], 0).remove(0));
                    }
                    variables.insert(varied["name"].as_str().unwrap().to_owned(), value);
                    let (mut declared, mut passed) = (String::new(), String::new());
                    for argument in arguments {
                        let of = argument["name"].as_str().unwrap();
                        if variables.contains_key(of) {
                            declared += &format!("${of}: {} ", Self::name(&argument["type"]));
                            passed += &format!("{of}: ${of} ");
                        }
                    }
                    let selection = Self::selection(&field["type"]);
                    let (before, after) = around;
                    let asked = format!("{before} {name}({passed}) {selection} {after}");
                    let query = format!("{operation}({declared}) {{ {asked} }}");
                    requests.push((query, Value::Object(variables)));
                }
            }
        }
        requests
    }
}

/// The codes of a response, for comparing two databases.
fn outcome(answer: &Value) -> Value {
    let codes = |list: &Value, of: &str| {
        let entries = list.as_array().cloned().unwrap_or_default();
        entries.iter().map(|entry| entry.pointer(of).cloned()).collect::<Vec<_>>()
    };
    let mut found = codes(&answer["errors"], "/extensions/code");
    for payload in answer["data"].as_object().into_iter().flat_map(Map::values) {
        found.extend(codes(&payload["userErrors"], "/code"));
    }
    json!(found)
}

async fn both() -> [TestApp; 2] {
    let apps = [TestApp::sqlite().await, TestApp::postgres().await];
    for app in &apps {
        app.full_movie("m").await;
        let draft = envelope("m", "trivia", json!({ "items": [{ "text": "A draft" }] }));
        app.admin().import_envelope("m", "trivia", "?target=draft", &draft).await;
    }
    apps
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nul_in_any_graphql_text_is_refused_or_matches_nothing() {
    let apps = Box::pin(both()).await;
    let clients = [apps[0].admin(), apps[1].admin()];
    let types = Types::of(&clients[0]).await;
    let credits = clients[0].export("m", "cast_crew").await;
    let person = credits["data"]["cast"][0]["id"].as_str().unwrap().to_owned();
    let mut requests = types.requests("query", "Query", ("", ""));
    requests.extend(types.requests("query", "Movie", ("movie(id: \"m\") {", "}")));
    let of_person = format!("person(id: \"{person}\") {{");
    requests.extend(types.requests("query", "Person", (&of_person, "}")));
    requests.extend(types.requests("mutation", "Mutation", ("", "")));
    assert!(requests.len() > 60, "{}", requests.len());
    let mut faults = Vec::new();
    for (query, variables) in requests {
        let answers = [
            clients[0].graphql(&query, variables.clone()).await,
            clients[1].graphql(&query, variables.clone()).await,
        ];
        let [sqlite, postgres] = answers.each_ref().map(outcome);
        if sqlite != postgres || sqlite.to_string().contains("INTERNAL") {
            faults.push(format!("{query} {variables}: {} {}", answers[0], answers[1]));
        }
    }
    assert!(faults.is_empty(), "{}\n{}", faults.len(), faults.join("\n"));
    // The same value as a literal in the query.
    let literal = "{ people(filter: {search: \"a\\u0000b\"}) { totalCount } }";
    let [one, other] = [&clients[0], &clients[1]].map(|client| client.graphql(literal, json!({})));
    let (one, other) = (one.await, other.await);
    assert_eq!(outcome(&one), outcome(&other), "{one} {other}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nul_in_any_rest_text_is_refused_or_matches_nothing() {
    let apps = Box::pin(both()).await;
    let document: Value = serde_json::from_str(include_str!("../../openapi.json")).unwrap();
    let mut faults = Vec::new();
    let mut count = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
            for varied in &parameters {
                let (mut path, mut query) = (path.clone(), String::new());
                for parameter in &parameters {
                    let name = parameter["name"].as_str().unwrap();
                    let is_varied = parameter == varied;
                    let good = if name == "category" { "trivia" } else { "m" };
                    let text = if is_varied { BAD_ENCODED } else { good };
                    match parameter["in"].as_str().unwrap() {
                        "path" => path = path.replace(&format!("{{{name}}}"), text),
                        "query" if is_varied => query = format!("?{name}={text}"),
                        _ => {}
                    }
                }
                let file = envelope("m", "trivia", json!({ "items": [{ "text": "A" }] }));
                let mut statuses = Vec::new();
                for app in &apps {
                    let method = method.to_uppercase().parse().unwrap();
                    let request =
                        app.admin().request(method, &format!("{path}{query}")).json(&file);
                    let reply = app.admin().send(request).await;
                    statuses.push(reply.status);
                }
                count += 1;
                if statuses[0] != statuses[1] || statuses[0] >= 500 {
                    faults.push(format!("{method} {path}{query}: {statuses:?}"));
                }
            }
        }
    }
    assert!(count > 10, "{count}");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nul_in_a_resolution_is_not_found() {
    let file = envelope("m", "cast_crew", json!({ "cast": [{ "name": "Zz Yy" }] }));
    for app in Box::pin(both()).await {
        let admin = app.admin();
        let resolutions = json!([{ "path": "/cast/0/name", "entity_id": BAD }]).to_string();
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("dry_run", "true").append_pair("resolutions", &resolutions);
        let reply =
            admin.import_envelope("m", "cast-crew", &format!("?{}", query.finish()), &file).await;
        let codes: Vec<String> = reply.errors().into_iter().map(|(_, code)| code).collect();
        assert_eq!((reply.status, codes), (422, vec!["NOT_FOUND".to_owned()]), "{}", reply.text);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nul_in_credentials_and_tokens_is_refused() {
    for app in Box::pin(both()).await {
        let anonymous = app.anonymous();
        for body in [
            json!({ "email": BAD, "password": "a long password" }),
            json!({ "email": format!("{BAD}@example.com"), "password": BAD }),
        ] {
            let reply = anonymous.post("/api/v1/auth/login", &body).await;
            assert_eq!(reply.status, 401, "{}", reply.text);
        }
        let reply = anonymous.post("/api/v1/auth/refresh", &json!({ "refresh_token": BAD })).await;
        assert_eq!(reply.status, 401, "{}", reply.text);
        for (subject, email) in [(BAD, "a@example.com"), ("user-a", "a\0@example.com")] {
            let (subject, email) = (subject.to_owned(), email.to_owned());
            let token = token_of(&Principal {
                subject,
                email,
                role: Role::Admin,
                source: None,
                credential: Credential::default(),
                expires_at: None,
                origin: std::sync::Arc::default(),
            });
            let client = app.anonymous().with_token(token);
            let file = envelope("m", "trivia", json!({ "items": [{ "text": "By it" }] }));
            let reply = client.import_envelope("m", "trivia", "", &file).await;
            assert_eq!(reply.status, 401, "{}", reply.text);
        }
    }
}
