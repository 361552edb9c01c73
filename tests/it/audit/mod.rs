//! The audit log: every write and every refused attempt has its entry, nobody but an ADMIN reads
//! it, nothing changes it, and it has neither secrets nor texts.

mod coverage;
mod reading;
mod refused;
mod writes;

use serde_json::{Value, json};

use crate::identity::run;
use crate::support::{Client, TestApp};

/// The entries that match, newest first, with all that are waiting.
pub async fn entries(app: &TestApp, filter: Value) -> Vec<Value> {
    app.app.catalog.write_last_attempts().await;
    let query = "query($filter: AuditFilter) { auditLog(filter: $filter, first: 100) { nodes {
        id at accountId email credential credentialId via address requestId operation
        targetKind targetId category outcome code detail count importId } } }";
    let page = run(&app.admin(), query, json!({ "filter": filter })).await;
    page["nodes"].as_array().unwrap().clone()
}

/// The number of attempts and documents that all entries stand for.
pub async fn total(app: &TestApp) -> i64 {
    app.app.catalog.write_last_attempts().await;
    let rows = crate::support::database::rows(&app.database.url, "audit_entries").await;
    rows.iter().map(|row| row["count"].as_i64().unwrap()).sum()
}

/// The values of some keys.
pub fn shown(entry: &Value, keys: &[&str]) -> Value {
    keys.iter().map(|key| entry[*key].clone()).collect()
}

/// Imports a trivia item.
pub async fn import_trivia(client: &Client, movie: &str, text: &str) {
    let reply = client.import(movie, "trivia", json!({ "items": [{ "text": text }] })).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
}
