//! The GraphQL schema: committed, described, and nullable only with a reason.

use std::path::Path;

use reelport::catalog::access::Role;
use serde_json::{Value, json};

use crate::support::TestApp;

/// The introspection query of GraphiQL and code generators, to a depth of seven wrapped types.
pub const INTROSPECTION: &str = "
query IntrospectionQuery {
  __schema {
    description
    queryType { name } mutationType { name } subscriptionType { name }
    types { ...FullType }
    directives { name description isRepeatable locations args(includeDeprecated: true) { ...InputValue } }
  }
}
fragment FullType on __Type {
  kind name description specifiedByURL
  fields(includeDeprecated: true) {
    name description args(includeDeprecated: true) { ...InputValue } type { ...TypeRef } isDeprecated deprecationReason
  }
  inputFields(includeDeprecated: true) { ...InputValue }
  interfaces { ...TypeRef }
  enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason }
  possibleTypes { ...TypeRef }
}
fragment InputValue on __InputValue {
  name description type { ...TypeRef } defaultValue isDeprecated deprecationReason
}
fragment TypeRef on __Type {
  kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name
    ofType { kind name ofType { kind name ofType { kind name } } } } } } } }
}";

async fn types() -> Vec<Value> {
    let app = TestApp::sqlite().await;
    let reply = app.anonymous().graphql(INTROSPECTION, json!({})).await;
    let types = reply["data"]["__schema"]["types"].as_array().unwrap().clone();
    types.into_iter().filter(|of| !name(of).starts_with("__")).collect()
}

pub fn name(value: &Value) -> &str {
    value["name"].as_str().unwrap()
}

pub fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().map(Vec::as_slice).unwrap_or_default()
}

/// Whether the description says that the field needs a role beyond reading.
pub fn is_restricted(field: &Value) -> bool {
    let description = field["description"].as_str().unwrap().split_whitespace();
    description.collect::<Vec<_>>().join(" ").contains("Needs the role")
}

/// The role beyond reading that the description of a field says it needs.
pub fn needed_role(field: &Value) -> Option<Role> {
    let description = field["description"].as_str().unwrap().split_whitespace();
    let description = description.collect::<Vec<_>>().join(" ");
    if description.contains("Needs the role ADMIN") {
        return Some(Role::Admin);
    }
    is_restricted(field).then_some(Role::Contributor)
}

/// A type in schema notation, such as `[Movie!]!`, from introspection.
fn type_notation(of: &Value) -> String {
    match of["kind"].as_str().unwrap() {
        "NON_NULL" => format!("{}!", type_notation(&of["ofType"])),
        "LIST" => format!("[{}]", type_notation(&of["ofType"])),
        _ => name(of).to_owned(),
    }
}

#[test]
fn the_committed_schema_equals_the_served_one() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema.graphql");
    let committed = std::fs::read_to_string(&path).unwrap();
    assert!(
        committed == reelport::graphql::sdl(),
        "schema.graphql is out of date: run `cargo run -- schema > schema.graphql` and commit it"
    );
}

#[test]
fn the_committed_list_of_embedded_types_equals_that_of_the_schema() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("clients/caches.json");
    assert!(
        std::fs::read_to_string(&path).unwrap() == reelport::graphql::client_caches(),
        "run `cargo run -- schema --caches > clients/caches.json` and commit it"
    );
}

#[tokio::test]
async fn every_type_with_an_id_is_a_node_or_an_item_of_a_document() {
    // Their ids are unique too, but do not say in which document they are; and entries of the change
    // feed, which are read by their cursors.
    const ITEMS: &[&str] = &[
        "Award",
        "CastCredit",
        "Change",
        "Credit",
        "CrewCredit",
        "DraftEvent",
        "MediaItem",
        "StreamingOption",
        "TimelineEvent",
        "TriviaItem",
    ];
    let caches: Value = serde_json::from_str(&reelport::graphql::client_caches()).unwrap();
    let types = types().await;
    let objects = types.iter().filter(|of| of["kind"] == "OBJECT");
    let mut items = Vec::new();
    for of in objects {
        let is_node = list(of, "interfaces").iter().any(|interface| name(interface) == "Node");
        let id = list(of, "fields").iter().find(|field| name(field) == "id");
        if is_node {
            assert_eq!(id.map(|id| type_notation(&id["type"])).as_deref(), Some("ID!"), "{of}");
        } else if id.is_some() {
            items.push(name(of));
        }
        let is_embedded = list(&caches, "embeddedTypes").contains(&of["name"]);
        let is_root = ["Query", "Mutation", "Subscription"].contains(&name(of));
        assert_eq!(is_embedded, !is_node && !is_root, "{}", name(of));
    }
    assert_eq!(items, ITEMS);
    let of_union = &caches["possibleTypes"]["CategoryData"];
    assert_eq!(of_union.as_array().unwrap().len(), 7, "{caches}");
}

#[tokio::test]
async fn everything_in_the_schema_has_a_description() {
    const OF_GRAPHQL: &[&str] = &["String", "Int", "Float", "Boolean", "ID"];
    let mut bare = Vec::new();
    let mut check = |path: String, value: &Value| {
        if value["description"].as_str().unwrap_or_default().trim().is_empty() {
            bare.push(path);
        }
    };
    for of in types().await.iter().filter(|of| !OF_GRAPHQL.contains(&name(of))) {
        check(name(of).to_owned(), of);
        for key in ["fields", "inputFields", "enumValues"] {
            for member in list(of, key) {
                check(format!("{}.{}", name(of), name(member)), member);
                for argument in list(member, "args") {
                    check(format!("{}.{}({})", name(of), name(member), name(argument)), argument);
                }
            }
        }
    }
    assert_eq!(bare, [""; 0]);
}

#[tokio::test]
async fn output_lists_and_their_items_are_not_nullable() {
    let mut nullable = Vec::new();
    for of in types().await {
        for field in list(&of, "fields") {
            let answered = type_notation(&field["type"]);
            // An entry of nodes is null if there is no such object.
            let is_list = answered.ends_with("!]!")
                || is_restricted(field)
                || (name(&of), name(field)) == ("Query", "nodes")
                // Null if no single field is wrong.
                || (name(&of), name(field)) == ("UserError", "field");
            if answered.contains('[') && !is_list {
                nullable.push(format!("{}.{}: {answered}", name(&of), name(field)));
            }
            for argument in list(field, "args") {
                let taken = type_notation(&argument["type"]);
                if taken.contains('[') && !taken.contains("!]") {
                    nullable.push(format!(
                        "{}.{}({}: {taken})",
                        name(&of),
                        name(field),
                        name(argument)
                    ));
                }
            }
        }
        for field in list(&of, "inputFields") {
            let taken = type_notation(&field["type"]);
            if taken.contains('[') && !taken.contains("!]") {
                nullable.push(format!("{}.{}: {taken}", name(&of), name(field)));
            }
        }
    }
    assert_eq!(nullable, [""; 0]);
}

#[tokio::test]
async fn fields_that_need_a_role_are_nullable() {
    let mut restricted = Vec::new();
    let is_output = |of: &&Value| !["Mutation", "Subscription"].contains(&name(of));
    for of in types().await.iter().filter(is_output) {
        for field in list(of, "fields").iter().filter(|field| is_restricted(field)) {
            restricted.push(format!(
                "{}.{}: {}",
                name(of),
                name(field),
                type_notation(&field["type"])
            ));
        }
    }
    let expected = [
        "CatalogStatistics.drafts: DraftStatistics",
        "Movie.drafts: [Draft!]",
        "Movie.revisions: RevisionConnection",
        "Movie.revisionDiff: RevisionDiff",
        "Movie.provenance: [Provenance!]",
        "Movie.locks: [Lock!]",
        "Query.drafts: DraftConnection",
        "Query.imports: ImportRecordConnection",
        "Query.importRecord: ImportRecord",
        "Query.users: UserConnection",
        "Query.user: User",
        "Query.auditLog: AuditEntryConnection",
        "Query.duplicatePeople: PossibleDuplicateConnection",
        "Query.job: Job",
        "Query.jobs: JobConnection",
    ];
    assert_eq!(restricted, expected);
}

#[tokio::test]
async fn mutations_have_one_input_and_a_payload_with_user_errors() {
    let types = types().await;
    let mutation = types.iter().find(|of| name(of) == "Mutation").unwrap();
    for field in list(mutation, "fields") {
        let arguments: Vec<_> = list(field, "args").iter().map(name).collect();
        assert_eq!(arguments, ["input"], "{}", name(field));
        let payload = type_notation(&field["type"]);
        assert!(payload.ends_with("Payload!"), "{}: {payload}", name(field));
        let payload = types.iter().find(|of| name(of) == payload.trim_end_matches('!')).unwrap();
        let errors =
            list(payload, "fields").iter().find(|field| name(field) == "userErrors").unwrap();
        assert_eq!(type_notation(&errors["type"]), "[UserError!]!", "{}", name(payload));
    }
}

#[tokio::test]
async fn payloads_lead_back_to_the_query_type() {
    let types = types().await;
    let payloads: Vec<_> = types.iter().filter(|of| name(of).ends_with("Payload")).collect();
    assert!(payloads.len() > 15);
    for payload in payloads {
        let fields = list(payload, "fields");
        let query = fields.iter().find(|field| name(field) == "query");
        // These requests have no token, so they could not read anything.
        let without_token = ["LoginPayload", "RefreshPayload", "UsePasswordLinkPayload"];
        let expected = (!without_token.contains(&name(payload))).then_some("Query");
        let found = query.map(|field| type_notation(&field["type"]));
        assert_eq!(found.as_deref(), expected, "{}", name(payload));
    }
}

#[tokio::test]
async fn all_connections_have_one_shape() {
    let types = types().await;
    let field = |of: &str, member: &str| {
        let of = types.iter().find(|candidate| name(candidate) == of).unwrap();
        let found = list(of, "fields").iter().find(|field| name(field) == member);
        found.map(|field| type_notation(&field["type"])).unwrap_or_default()
    };
    let mut connections = 0;
    for of in &types {
        if let Some(node) = name(of).strip_suffix("Connection") {
            connections += 1;
            for (member, expected) in [
                ("pageInfo", "PageInfo!".to_owned()),
                ("edges", format!("[{node}Edge!]!")),
                ("nodes", format!("[{node}!]!")),
                ("totalCount", "Int!".to_owned()),
            ] {
                assert_eq!(field(name(of), member), expected, "{}.{member}", name(of));
            }
            assert_eq!(list(of, "fields").len(), 4, "{}", name(of));
            assert_eq!(field(&format!("{node}Edge"), "node"), format!("{node}!"));
            assert_eq!(field(&format!("{node}Edge"), "cursor"), "String!");
        }
        // A subscription begins after a cursor, and has no pages.
        let fields = if name(of) == "Subscription" { &[][..] } else { list(of, "fields") };
        for field in fields {
            let answered = type_notation(&field["type"]);
            let arguments: Vec<_> = list(field, "args").iter().map(name).collect();
            let is_paged = answered.trim_end_matches('!').ends_with("Connection");
            for argument in ["first", "after", "last", "before"] {
                let place = format!("{}.{}({argument})", name(of), name(field));
                assert_eq!(arguments.contains(&argument), is_paged, "{place}");
            }
            // A search and other conditions are in the filter.
            assert!(!arguments.contains(&"search"), "{}.{}", name(of), name(field));
        }
    }
    assert!(connections >= 10, "{connections}");
}

#[tokio::test]
async fn no_name_is_a_reserved_word() {
    // Of JavaScript and Python: generated code would have to rename it.
    const RESERVED: &[&str] = &[
        "and",
        "as",
        "assert",
        "async",
        "await",
        "break",
        "case",
        "catch",
        "class",
        "const",
        "continue",
        "def",
        "default",
        "del",
        "delete",
        "do",
        "elif",
        "else",
        "enum",
        "except",
        "export",
        "extends",
        "finally",
        "for",
        "from",
        "function",
        "global",
        "if",
        "implements",
        "import",
        "in",
        "instanceof",
        "interface",
        "is",
        "lambda",
        "let",
        "new",
        "nonlocal",
        "not",
        "or",
        "package",
        "pass",
        "private",
        "protected",
        "public",
        "raise",
        "return",
        "static",
        "super",
        "switch",
        "this",
        "throw",
        "try",
        "typeof",
        "var",
        "void",
        "while",
        "with",
        "yield",
    ];
    let mut found = Vec::new();
    for of in types().await {
        for member in list(&of, "fields").iter().chain(list(&of, "inputFields")) {
            let names = [member].into_iter().chain(list(member, "args"));
            let reserved = names.map(name).filter(|name| RESERVED.contains(name));
            found.extend(reserved.map(|word| format!("{}: {word}", name(&of))));
        }
    }
    assert_eq!(found, [""; 0]);
}

#[tokio::test]
async fn custom_scalars_have_a_specification_url() {
    let types = types().await;
    for scalar in ["BigInt", "DateTime", "Date", "PartialDate", "URL", "JSON"] {
        let of = types
            .iter()
            .find(|of| name(of) == scalar)
            .unwrap_or_else(|| panic!("there is no {scalar}"));
        assert!(of["specifiedByURL"].as_str().unwrap_or_default().starts_with("https://"), "{of}");
    }
}

#[tokio::test]
async fn documented_fields_exist_with_their_types() {
    let types = types().await;
    let field = |of: &str, member: &str| {
        let of = types
            .iter()
            .find(|candidate| name(candidate) == of)
            .unwrap_or_else(|| panic!("there is no {of}"));
        let members = list(of, "fields").iter().chain(list(of, "inputFields"));
        let found = members.into_iter().find(|candidate| name(candidate) == member);
        type_notation(
            &found.unwrap_or_else(|| panic!("there is no {member} in {}", name(of)))["type"],
        )
    };
    for (of, member, expected) in [
        ("Query", "movie", "Movie"),
        ("Query", "movies", "MovieConnection!"),
        ("Query", "movieExport", "MovieExport"),
        ("Query", "viewer", "User"),
        ("Query", "node", "Node"),
        ("Query", "nodes", "[Node]!"),
        ("Query", "changes", "ChangeConnection!"),
        ("Subscription", "changes", "Change!"),
        ("Subscription", "drafts", "DraftEvent!"),
        ("Subscription", "job", "Job!"),
        ("MovieExport", "id", "ID!"),
        ("MovieExport", "movieId", "ID!"),
        ("MovieExport", "category", "Category!"),
        ("MovieExport", "version", "String!"),
        ("MovieExport", "exportedAt", "DateTime!"),
        ("MovieExport", "data", "CategoryData!"),
        ("MovieExport", "metadata", "ExportMetadata!"),
        ("MovieExport", "document", "JSON!"),
        ("MovieExport", "fileName", "String!"),
        ("MovieExport", "tokenCount", "Int!"),
        ("ImportCategoryPayload", "movie", "Movie"),
        ("ImportCategoryPayload", "movieExport", "MovieExport"),
        ("ImportCategoryPayload", "status", "ImportStatus!"),
        ("ImportCategoryPayload", "plan", "ImportPlan"),
        ("ImportCategoryPayload", "updatedFields", "[String!]!"),
        ("ImportDocumentPayload", "userErrors", "[UserError!]!"),
        ("ImportCategoryInput", "movieId", "ID!"),
        ("ImportCategoryInput", "data", "CategoryInput!"),
        ("ImportDocumentInput", "category", "Category"),
        ("ImportDocumentInput", "document", "String!"),
        ("ImportOptionsInput", "mode", "ImportMode!"),
        ("ImportOptionsInput", "removeItems", "[ID!]"),
        ("ImportOptionsInput", "nulls", "NullPolicy"),
        ("UserError", "path", "String!"),
        ("UserError", "field", "[String!]"),
        ("UserError", "code", "UserErrorCode!"),
        ("Movie", "title", "String"),
        ("Movie", "exports", "[MovieExport!]!"),
        ("Movie", "castCrew", "CastCrew"),
        ("CastCredit", "id", "ID!"),
        ("CastCredit", "personId", "ID!"),
        ("BasicInfo", "revenue", "BigInt"),
        ("StreamingOption", "type", "OfferType!"),
    ] {
        assert_eq!(field(of, member), expected, "{of}.{member}");
    }
    let values = |of: &str| {
        let of = types.iter().find(|candidate| name(candidate) == of).unwrap();
        list(of, "enumValues").iter().map(name).collect::<Vec<_>>()
    };
    assert_eq!(
        values("Category"),
        ["BASIC_INFO", "CAST_CREW", "TIMELINE", "TRIVIA", "AWARDS", "MEDIA", "STREAMING"]
    );
    assert_eq!(values("VideoQuality"), ["SD", "HD", "UHD"]);
    assert_eq!(values("Source"), ["TMDB", "MANUAL", "LLM_GENERATED"]);
    let one_of = types.iter().find(|of| name(of) == "CategoryInput").unwrap();
    assert_eq!(list(one_of, "inputFields").len(), 7);
}
