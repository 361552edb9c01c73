//! The architecture of the sources: which part may import which, and where certain libraries,
//! the clock, randomness and printing are used. Verified by reading the sources.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The parts at the top of `src`, and the other parts that each may import.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("document", &[]),
    ("storage", &["document"]),
    ("catalog", &["document", "storage"]),
    // Of the storage, only the rows that the catalogue returns.
    ("graphql", &["catalog", "document", "storage"]),
    ("http", &["catalog", "document", "graphql"]),
    // The limits of passwords, secrets and requests.
    ("config.rs", &["storage", "catalog", "graphql", "http"]),
    ("app.rs", &["catalog", "document", "graphql", "http", "storage"]),
    ("cli", &["http", "app", "catalog", "config", "document", "graphql", "storage"]),
    ("main.rs", &["cli"]),
    ("lib.rs", &[]),
];

/// Pairs of files that import each other, each with its reason. A module and its submodules are
/// one unit and need no entry.
const MUTUAL_IMPORTS: &[(&str, &str)] = &[
    // The GraphQL types of movies and of people refer to each other.
    ("graphql::model::history", "graphql::model::types"),
    ("graphql::model::people", "graphql::model::types"),
];

struct Source {
    /// Relative to `src`, with slashes.
    path: String,
    /// Without comments and without code that is compiled for tests only.
    code: String,
}

impl Source {
    /// The folder or file at the top of `src`.
    fn part(&self) -> &str {
        self.path.split('/').next().unwrap()
    }

    /// The path of the module: `document::merge`.
    fn module(&self) -> String {
        let path = self.path.trim_end_matches(".rs").trim_end_matches("/mod");
        path.replace('/', "::")
    }
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
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

/// Every part that the code names.
fn imported_parts(code: &str) -> Vec<String> {
    let mut imported = Vec::new();
    for prefix in ["crate::", "reelport::"] {
        for (at, _) in code.match_indices(prefix) {
            let rest = &code[at + prefix.len()..];
            // `use crate::{a::B, c};` is not used, so that one line names one part.
            imported.push(if rest.starts_with('{') {
                "a group of parts".to_owned()
            } else {
                rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
            });
        }
    }
    imported
}

#[test]
fn each_part_imports_only_what_it_may() {
    let mut violations = Vec::new();
    for source in sources() {
        let part = source.part();
        let (_, allowed) = MAY_IMPORT
            .iter()
            .find(|(known, _)| *known == part)
            .unwrap_or_else(|| panic!("{part} is not in MAY_IMPORT"));
        let own = part.trim_end_matches(".rs");
        for module in imported_parts(&source.code) {
            if module != own && !allowed.contains(&module.as_str()) {
                violations.push(format!("{} imports {module}", source.path));
            }
        }
    }
    assert_eq!(violations, [""; 0]);
    // Such a path could leave a part without naming another one.
    assert_eq!(files_with(&["super::super"], |_| false), [""; 0]);
}

/// The modules that a source imports, of those that have a file of their own.
fn imported_modules(source: &Source, modules: &BTreeSet<String>) -> BTreeSet<String> {
    let module = source.module();
    let own: Vec<&str> = module.split("::").collect();
    let mut imported = BTreeSet::new();
    for (at, start) in
        source.code.match_indices("crate::").chain(source.code.match_indices("super::"))
    {
        let is_path_start =
            !source.code[..at].ends_with(|c: char| c.is_alphanumeric() || ":_$".contains(c));
        if !is_path_start {
            continue;
        }
        let base: &[&str] = if start == "crate::" { &[] } else { &own[..own.len() - 1] };
        let rest = &source.code[at + start.len()..];
        let path: String =
            rest.chars().take_while(|c| c.is_alphanumeric() || "_:".contains(*c)).collect();
        let group = rest[path.len()..].strip_prefix('{').and_then(|rest| rest.split('}').next());
        for name in group.unwrap_or_default().split(',') {
            let segments =
                base.iter().copied().chain(path.split("::")).chain(name.trim().split("::"));
            let segments: Vec<&str> =
                segments.filter(|segment| !segment.is_empty() && *segment != "self").collect();
            let found = (1..=segments.len())
                .rev()
                .map(|length| segments[..length].join("::"))
                .find(|path| modules.contains(path));
            imported.extend(found.filter(|found| *found != module));
        }
    }
    imported
}

#[test]
fn no_two_files_import_each_other() {
    let sources = sources();
    let modules: BTreeSet<String> = sources.iter().map(Source::module).collect();
    let imports: BTreeMap<String, BTreeSet<String>> = sources
        .iter()
        .filter(|source| !source.path.ends_with("tests.rs"))
        .map(|source| (source.module(), imported_modules(source, &modules)))
        .collect();
    let is_within = |inner: &str, outer: &str| inner.starts_with(&format!("{outer}::"));
    let mut mutual = Vec::new();
    for (one, imported) in &imports {
        for other in imported.iter().filter(|other| one < *other) {
            let is_mutual = imports.get(other).is_some_and(|back| back.contains(one));
            if is_mutual && !is_within(one, other) && !is_within(other, one) {
                mutual.push((one.as_str(), other.as_str()));
            }
        }
    }
    assert_eq!(mutual, MUTUAL_IMPORTS);
}

fn files_with(words: &[&str], is_exempt: impl Fn(&str) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    for source in sources().iter().filter(|source| !is_exempt(&source.path)) {
        for word in words.iter().filter(|word| source.code.contains(**word)) {
            found.push(format!("{} contains {word}", source.path));
        }
    }
    found
}

#[test]
fn references_to_entities_are_traversed_in_one_place() {
    let exempt = [
        "document/references.rs",
        // Whether a category has a list with certain entities: reads no document.
        "document/categories/mod.rs",
        // These change, split or leave out items as a whole.
        "document/merge/item_lists.rs",
        "document/resolve/credited_names.rs",
    ];
    let traverses = |source: &Source| {
        let names_lists = ["Kind::Items", "Kind::Names"];
        names_lists.iter().any(|kind| source.code.contains(kind))
            && source.code.contains(".entities")
    };
    let sources = sources();
    let is_test = |source: &Source| source.path.ends_with("tests.rs");
    let found = sources.iter().filter(|source| !is_test(source) && traverses(source));
    let mut found: Vec<&str> = found.map(|source| source.path.as_str()).collect();
    found.retain(|path| !exempt.contains(path));
    assert_eq!(found, [""; 0]);
}

#[test]
fn only_the_storage_uses_the_database() {
    // The log filter contains the names of crates as text, which is no use of them.
    let names = [
        "sea_orm::",
        "sea_orm_migration::",
        "sqlx::",
        "sea_query::",
        "use sea_orm",
        "reelport_migrations",
    ];
    assert_eq!(files_with(&names, |path| path.starts_with("storage/")), [""; 0]);
}

#[test]
fn only_the_edges_use_http_and_the_schema_library() {
    let http = ["axum::", "hyper::", "hyper_util::", "tower_http::", "tower::"];
    let is_edge = |path: &str| path.starts_with("http/") || path == "app.rs";
    assert_eq!(files_with(&http, is_edge), [""; 0]);
    // Documents define their GraphQL types beside their JSON; the GraphQL handler runs the schema.
    let has_types = |path: &str| {
        ["graphql/", "document/"].iter().any(|start| path.starts_with(start))
            || path == "http/graphql.rs"
    };
    assert_eq!(files_with(&["async_graphql::"], has_types), [""; 0]);
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
    assert_eq!(files_with(&names, |path| !path.starts_with("document/")), [""; 0]);
}

#[test]
fn the_clock_and_randomness_are_injected() {
    assert_eq!(
        files_with(&["Utc::now", "Local::now", "SystemTime::now"], |path| path
            == "catalog/clock.rs"),
        [""; 0]
    );
    // Randomness that no result depends on: generated passwords and secrets, request ids, the delay
    // before a retry, and values of probes.
    let exempt = [
        "catalog/clock.rs",
        "catalog/accounts/passwords.rs",
        "cli/serve.rs",
        "http/request_id.rs",
        "storage/db/health.rs",
        "storage/db/transaction.rs",
        "storage/values.rs",
    ];
    assert_eq!(
        files_with(&["rand::", "OsRng", "getrandom"], |path| exempt.contains(&path)),
        [""; 0]
    );
}

#[test]
fn only_the_command_line_prints() {
    let names = ["println!", "print!(", "eprint!("];
    assert_eq!(files_with(&names, |path| path.starts_with("cli/")), [""; 0]);
}

#[test]
fn migrations_are_dated_and_do_not_use_the_service() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations/src");
    let mut found = Vec::new();
    files(&folder, &mut found);
    for path in found.iter().filter(|path| !path.ends_with("lib.rs")) {
        let name = path.file_stem().unwrap().to_str().unwrap();
        let is_dated =
            name.starts_with("m20") && name[1..9].bytes().all(|byte| byte.is_ascii_digit());
        // `tables` has the helpers that all migrations share.
        assert!(is_dated || name == "tables", "{name}");
        let code = std::fs::read_to_string(path).unwrap();
        assert!(!code.contains("reelport::"), "{name}");
    }
}
