//! Fields that need a role beyond reading: without it, such a field is null with an error at its
//! path, and the fields beside it are answered. Verified by a walk through the whole schema.

use std::collections::{HashMap, VecDeque};

use reelport::catalog::access::Role;
use serde_json::{Value, json};

use crate::jobs;
use crate::schema::{INTROSPECTION, list, name, needed_role};
use crate::support::packing::ndjson;
use crate::support::{Client, TestApp, envelope};

/// How to select an object of a type, from `Query` down.
#[derive(Clone, Default)]
struct Place {
    /// Fields with their arguments, and type conditions.
    steps: Vec<String>,
    /// The role beyond reading that one of the fields needs.
    needs: Option<Role>,
}

/// A field of the schema and a query for it.
struct Probe {
    /// The type and the field.
    field: String,
    /// The response keys from `data` to the field.
    keys: Vec<String>,
    query: String,
    /// The role beyond reading that the field itself needs.
    needs: Option<Role>,
    /// The one that a field above it needs.
    needs_above: Option<Role>,
}

impl Probe {
    fn is_allowed(&self, role: Role) -> bool {
        [self.needs, self.needs_above].into_iter().flatten().all(|needed| role.includes(needed))
    }
}

fn named_type(of: &Value) -> &str {
    if of["ofType"].is_null() { name(of) } else { named_type(&of["ofType"]) }
}

/// The field with its required arguments.
fn call(of: &str, field: &Value, ids: &HashMap<&str, String>) -> String {
    let mut arguments = Vec::new();
    for argument in list(field, "args") {
        if argument["type"]["kind"] != "NON_NULL" || !argument["defaultValue"].is_null() {
            continue;
        }
        let value = match (name(field), name(argument)) {
            (field, "id") => ids.get(field).unwrap_or_else(|| panic!("no id for {field}")).clone(),
            (_, "ids") => format!("[{}]", ids["node"]),
            (_, "movieId") => ids["movie"].clone(),
            (_, "category") => "TRIVIA".to_owned(),
            (_, "filter") => "{search: \"Steve McQueen\"}".to_owned(),
            (_, "fromRevision") => "0".to_owned(),
            (_, "toRevision") => "1".to_owned(),
            (field, other) => panic!("{of}.{field} has the new argument {other}"),
        };
        arguments.push(format!("{}: {value}", name(argument)));
    }
    if arguments.is_empty() {
        name(field).to_owned()
    } else {
        format!("{}({})", name(field), arguments.join(", "))
    }
}

/// A query for each field of each type that can be reached from `Query`, if possible without
/// fields that need a role.
async fn probes(client: &Client, ids: &HashMap<&str, String>) -> Vec<Probe> {
    let reply = client.graphql(INTROSPECTION, json!({})).await;
    let types = list(&reply["data"]["__schema"], "types");
    let types: HashMap<&str, &Value> = types.iter().map(|of| (name(of), of)).collect();
    let is_composite =
        |of: &str| ["OBJECT", "INTERFACE", "UNION"].contains(&types[of]["kind"].as_str().unwrap());
    let mut places: HashMap<&str, Place> = HashMap::new();
    let mut open = VecDeque::from([("Query", Place::default())]);
    let mut later = VecDeque::new();
    while let Some((of, place)) = open.pop_front().or_else(|| later.pop_front()) {
        if places.contains_key(of) {
            continue;
        }
        let below = |step: String, needs: Option<Role>| Place {
            steps: place.steps.iter().cloned().chain([step]).collect(),
            needs: if place.needs == Some(Role::Admin) {
                place.needs
            } else {
                needs.or(place.needs)
            },
        };
        // A node is of one type only here; its types are reached by other fields.
        let possible_types = if of == "Node" { &[][..] } else { list(types[of], "possibleTypes") };
        for possible in possible_types {
            open.push_front((name(possible), below(format!("... on {}", name(possible)), None)));
        }
        for field in list(types[of], "fields") {
            let to = named_type(&field["type"]);
            if !is_composite(to) {
                continue;
            }
            let next = (to, below(call(of, field, ids), needed_role(field)));
            if next.1.needs.is_some() { later.push_back(next) } else { open.push_back(next) }
        }
        places.insert(of, place);
    }
    let mut probes = Vec::new();
    let mut names: Vec<&&str> = places.keys().collect();
    names.sort();
    for of in names {
        let place = &places[*of];
        for field in list(types[*of], "fields") {
            let own = call(of, field, ids);
            let to_select = is_composite(named_type(&field["type"]));
            let own = if to_select { format!("{own} {{ __typename }}") } else { own };
            let steps = place.steps.iter().rev();
            let nested = steps.fold(own, |inner, step| format!("{step} {{ __typename {inner} }}"));
            let key = |step: &String| step.split('(').next().unwrap().to_owned();
            let fields = place.steps.iter().filter(|step| !step.starts_with("... on "));
            probes.push(Probe {
                field: format!("{of}.{}", name(field)),
                keys: fields.map(key).chain([name(field).to_owned()]).collect(),
                query: format!(
                    "{{ viewer {{ role }} beside: movies(first: 1) {{ nodes {{ id }} }} {nested} }}"
                ),
                needs: needed_role(field),
                needs_above: place.needs,
            });
        }
    }
    probes
}

/// The value at the path of an error, or at a path without indexes: then in the first items of
/// lists. `None` if a value above it is null.
fn at<'a>(data: &'a Value, path: &[Value]) -> Option<&'a Value> {
    path.iter().try_fold(data, |value, key| match key {
        Value::Number(index) => value.get(usize::try_from(index.as_u64()?).ok()?),
        key => {
            let object = if value.is_array() { value.get(0)? } else { value };
            object.get(key.as_str()?)
        }
    })
}

/// Asserts that each error is at a field that is null, in an object that is answered. Returns the
/// paths of the errors, without indexes.
fn assert_siblings_are_answered(reply: &Value, code: &str, probe: &Probe) -> Vec<Vec<String>> {
    let mut paths = Vec::new();
    for error in list(reply, "errors") {
        let what = format!("{}: {reply}", probe.field);
        assert_eq!(error["extensions"]["code"], code, "{what}");
        let path = list(error, "path");
        let value = at(&reply["data"], path);
        assert_eq!(value, Some(&Value::Null), "an object above the field is null: {what}");
        let keys = path.iter().filter_map(|key| key.as_str().map(str::to_owned));
        paths.push(keys.collect());
    }
    paths
}

async fn graphql(client: &Client, query: &str) -> Value {
    let reply = client.graphql(query, json!({})).await;
    assert_eq!(reply["errors"], Value::Null, "{query}: {reply}");
    reply["data"].clone()
}

/// A movie with a history, a lock, and a draft that has a question.
async fn catalogue(app: &TestApp) -> HashMap<&'static str, String> {
    let admin = app.full_movie("m").await;
    for (movie, person) in [("n", "tmdb-person-91"), ("o", "tmdb-person-92")] {
        app.movie(movie).await;
        let cast = json!({ "cast": [{ "id": person, "name": "Steve McQueen" }] });
        let mut file = envelope(movie, "cast_crew", cast);
        file["metadata"] = json!({ "source": "tmdb" });
        assert_eq!(admin.import_envelope(movie, "cast-crew", "", &file).await.status, 200);
    }
    let drafted = json!({ "producers": [{ "name": "Steve McQueen" }] });
    let file = envelope("m", "cast_crew", drafted);
    let reply = admin.import_envelope("m", "cast-crew", "?target=draft", &file).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let lock =
        "mutation { lockFields(input: {movieId: \"m\", category: MEDIA, fields: [\"posterUrl\"]}) {
        userErrors { message } } }";
    graphql(&admin, lock).await;
    let found = graphql(
        &admin,
        "{ imports(first: 1) { nodes { id } } ceremonies(first: 1) { nodes { id } }
            platforms(first: 1) { nodes { id } } genres(first: 1) { nodes { id } } }",
    )
    .await;
    let job = jobs::start(&app.admin(), "?dry_run=true", ndjson(&jobs::documents(1))).await;
    jobs::finished(&app.admin(), &job).await;
    let id = |list: &str| found[list]["nodes"][0]["id"].to_string();
    HashMap::from([
        ("movie", "\"m\"".to_owned()),
        ("user", "\"user:no\"".to_owned()),
        ("job", format!("\"job:{job}\"")),
        ("node", "\"m\"".to_owned()),
        ("person", "\"tmdb-person-1\"".to_owned()),
        ("importRecord", id("imports")),
        ("ceremony", id("ceremonies")),
        ("platform", id("platforms")),
        ("genre", id("genres")),
    ])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_field_that_needs_a_role_takes_its_parent_with_it() {
    let app = TestApp::sqlite().await;
    let ids = catalogue(&app).await;
    let probes = probes(&app.admin(), &ids).await;
    assert!(probes.len() > 250, "{}", probes.len());
    let mut restricted = 0;
    let mut not_reached = Vec::new();
    for role in [Role::Admin, Role::Contributor, Role::Viewer] {
        let client = app.with_role(role);
        for probe in &probes {
            let reply = client.graphql(&probe.query, json!({})).await;
            let paths = assert_siblings_are_answered(&reply, "FORBIDDEN", probe);
            assert_eq!(reply["data"]["viewer"]["role"], role.as_str(), "{}", probe.field);
            assert!(reply["data"]["beside"]["nodes"][0]["id"].is_string(), "{}", probe.field);
            let expected = usize::from(!probe.is_allowed(role));
            assert_eq!(paths.len(), expected, "{role:?} {}: {reply}", probe.field);
            if expected == 1 && probe.needs_above.is_none() && role == Role::Viewer {
                assert_eq!(paths[0], probe.keys, "{}", probe.field);
                restricted += 1;
            }
            let keys: Vec<Value> = probe.keys.iter().map(|key| json!(key)).collect();
            if role == Role::Admin && at(&reply["data"], &keys).is_none() {
                let (of, _) = probe.field.split_once('.').unwrap();
                not_reached.push(of);
            }
        }
    }
    assert_eq!(restricted, 15);
    // These depend on what an import finds; their fields need no role of their own.
    not_reached.dedup();
    let rare = [
        // The test's viewers have no stored account.
        "PersonalAccessToken",
        "PersonalAccessTokenEdge",
        "Session",
        "SessionEdge",
        "UserEdge",
        "KeptItem",
        "MatchCandidate",
        "PlanConflict",
        "PlanMatch",
        "PlanWarning",
        "PlannedChange",
        "PossibleDuplicate",
        "PossibleDuplicateEdge",
        "SkippedChange",
        "UserError",
    ];
    not_reached.retain(|of| !rare.contains(of));
    assert_eq!(not_reached, [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn roles_below_reading_keep_the_fields_beside_too() {
    let app = TestApp::sqlite().await;
    let ids = catalogue(&app).await;
    let probes = probes(&app.admin(), &ids).await;
    let at_root = probes.iter().filter(|probe| probe.needs.is_some() && probe.keys.len() == 1);
    let mut count = 0;
    for probe in at_root {
        let query = probe.query.replace("beside: movies(first: 1) { nodes { id } }", "");
        for (client, code, viewer) in [
            (app.with_role(Role::User), "FORBIDDEN", json!({ "role": "USER" })),
            (app.anonymous(), "UNAUTHENTICATED", json!(null)),
        ] {
            let reply = client.graphql(&query, json!({})).await;
            let paths = assert_siblings_are_answered(&reply, code, probe);
            assert_eq!(paths, std::slice::from_ref(&probe.keys), "{}: {reply}", probe.field);
            assert_eq!(reply["data"]["viewer"], viewer);
        }
        count += 1;
    }
    assert_eq!(count, 9);
}

#[tokio::test]
async fn a_viewer_gets_the_movies_beside_what_needs_a_role() {
    let app = TestApp::sqlite().await;
    catalogue(&app).await;
    let query = "{ movies { nodes { id locks { target } drafts { id } } } drafts { totalCount } }";
    let reply = app.viewer().graphql(query, json!({})).await;
    let nodes = ["m", "n", "o"].map(|id| json!({ "id": id, "locks": null, "drafts": null }));
    let mut found = reply["data"]["movies"]["nodes"].as_array().unwrap().clone();
    found.sort_by_key(|movie| movie["id"].to_string());
    assert_eq!((found.as_slice(), &reply["data"]["drafts"]), (&nodes[..], &json!(null)));
    let mut paths: Vec<String> =
        list(&reply, "errors").iter().map(|error| error["path"].to_string()).collect();
    paths.sort();
    let mut expected = vec!["[\"drafts\"]".to_owned()];
    for index in 0..3 {
        for field in ["drafts", "locks"] {
            expected.push(format!("[\"movies\",\"nodes\",{index},\"{field}\"]"));
        }
    }
    assert_eq!(paths, expected);
    assert!(list(&reply, "errors").iter().all(|error| {
        error["message"] == "the role VIEWER does not allow this; CONTRIBUTOR does"
            && error["extensions"]["code"] == "FORBIDDEN"
    }));
}
