//! The lines of the house: who may know whom. Held by reading the sources.

use std::path::{Path, PathBuf};

/// The modules, and which of the others each may use.
const MAY_USE: &[(&str, &[&str])] = &[
    ("document", &[]),
    ("storage", &["document"]),
    ("catalog", &["document", "storage"]),
    // Of the storage, only the rows that the catalogue answers with.
    ("graphql", &["catalog", "document", "storage"]),
    ("http", &["catalog", "document", "graphql"]),
    // Of the catalogue, only what limits a password and a secret must keep to; of HTTP, its limits.
    ("config.rs", &["storage", "catalog", "http"]),
    ("app.rs", &["catalog", "document", "graphql", "http", "storage"]),
    ("cli", &["http", "app", "catalog", "config", "document", "graphql", "storage"]),
    ("main.rs", &["cli"]),
    ("lib.rs", &[]),
];

struct Source {
    /// Below `src`, with slashes.
    path: String,
    /// Without comments and without what is compiled for tests alone.
    code: String,
}

impl Source {
    /// The part of the house it is in: a folder, or a file at the top.
    fn part(&self) -> &str {
        self.path.split('/').next().unwrap()
    }
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    files(&root, &mut found);
    found.sort();
    assert!(found.len() > 40);
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap().lines();
        let code =
            code.filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
        let path = path
            .strip_prefix(&root)
            .unwrap()
            .components()
            .map(|part| part.as_os_str().to_str().unwrap().to_owned());
        Source { path: path.collect::<Vec<_>>().join("/"), code }
    };
    found.into_iter().map(read).collect()
}

/// Every module at the top that the code names, be it in a group or alone.
fn used(code: &str) -> Vec<String> {
    let mut used = Vec::new();
    for prefix in ["crate::", "reelport::"] {
        for (at, _) in code.match_indices(prefix) {
            let rest = &code[at + prefix.len()..];
            let names: Vec<String> = match rest.strip_prefix('{') {
                // `use crate::{a::B, c};` is not written here, so that one line says one thing.
                Some(_) => vec!["a group of modules".to_owned()],
                None => {
                    vec![rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()]
                }
            };
            used.extend(names);
        }
    }
    used
}

#[test]
fn each_part_uses_only_what_it_may() {
    let mut broken = Vec::new();
    for source in sources() {
        let part = source.part();
        let (_, allowed) = MAY_USE
            .iter()
            .find(|(known, _)| *known == part)
            .unwrap_or_else(|| panic!("where does {part} belong?"));
        let own = part.trim_end_matches(".rs");
        for module in used(&source.code) {
            if module != own && !allowed.contains(&module.as_str()) {
                broken.push(format!("{} uses {module}", source.path));
            }
        }
    }
    assert_eq!(broken, [""; 0]);
    // What would lead out of a part unseen.
    assert_eq!(naming(&["super::super"], |_| false), [""; 0]);
}

fn naming(words: &[&str], except: impl Fn(&str) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    for source in sources().iter().filter(|source| !except(&source.path)) {
        for word in words.iter().filter(|word| source.code.contains(**word)) {
            found.push(format!("{} names {word}", source.path));
        }
    }
    found
}

#[test]
fn only_the_storage_knows_the_database() {
    // The log filter names the crate's target as text, which is not knowing it.
    let names = [
        "sea_orm::",
        "sea_orm_migration::",
        "sqlx::",
        "sea_query::",
        "use sea_orm",
        "reelport_migrations",
    ];
    assert_eq!(naming(&names, |path| path.starts_with("storage/")), [""; 0]);
}

#[test]
fn only_the_edges_know_http_and_the_schema_only_its_library() {
    let http = ["axum::", "hyper::", "hyper_util::", "tower_http::", "tower::"];
    assert_eq!(naming(&http, |path| path.starts_with("http/") || path == "app.rs"), [""; 0]);
    // Documents define their GraphQL types beside their JSON; the GraphQL handler runs the schema.
    let in_house = |path: &str| {
        ["graphql/", "document/"].iter().any(|start| path.starts_with(start))
            || path == "http/graphql.rs"
    };
    assert_eq!(naming(&["async_graphql::"], in_house), [""; 0]);
}

#[test]
fn the_core_is_pure() {
    let names = [
        "tokio::",
        "std::fs",
        "std::net",
        "std::env",
        "std::time",
        "async fn",
        ".await",
        "reqwest",
        "rand::",
        "Utc::now",
        "println!",
    ];
    assert_eq!(naming(&names, |path| !path.starts_with("document/")), [""; 0]);
}

#[test]
fn time_and_chance_come_from_one_place() {
    assert_eq!(
        naming(&["Utc::now", "Local::now", "SystemTime"], |path| path == "catalog/clock.rs"),
        [""; 0]
    );
    // Chance that shows nowhere else: a made password, a made secret, the name of a request, how
    // long a transaction waits before it is tried again, what a write that only tries writes, what
    // a lookup looks for that can find nothing.
    let elsewhere = [
        "catalog/clock.rs",
        "catalog/accounts/passwords.rs",
        "cli/serve.rs",
        "http/request_id.rs",
        "storage/db/health.rs",
        "storage/db/transaction.rs",
        "storage/values.rs",
    ];
    assert_eq!(
        naming(&["rand::", "OsRng", "getrandom"], |path| elsewhere.contains(&path)),
        [""; 0]
    );
}

#[test]
fn only_the_command_line_prints() {
    let names = ["println!", "print!(", "eprint!("];
    assert_eq!(naming(&names, |path| path.starts_with("cli/")), [""; 0]);
}

#[test]
fn a_migration_is_dated_and_knows_nothing_that_may_change() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations/src");
    let mut found = Vec::new();
    files(&folder, &mut found);
    for path in found.iter().filter(|path| !path.ends_with("lib.rs")) {
        let name = path.file_stem().unwrap().to_str().unwrap();
        // The words that all of them are written in.
        let is_dated =
            name.starts_with("m20") && name[1..9].bytes().all(|byte| byte.is_ascii_digit());
        assert!(is_dated || name == "tables", "{name}");
        let code = std::fs::read_to_string(path).unwrap();
        assert!(!code.contains("reelport::"), "{name}");
    }
}
