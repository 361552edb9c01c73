//! `reelport audit`: prints the audit log as NDJSON, newest first.

use std::io::{self, BufWriter, Write as _};
use std::net::IpAddr;
use std::process::ExitCode;

use chrono::{DateTime, Utc};
use clap::Args;
use serde_json::json;

use super::export::parse_moment;
use super::{CliError, open, parse_choice, unsigned_accounts};
use crate::catalog::access::{command_line_accounts, command_line_audit_log};
use crate::catalog::audit::{AuditOperation, AuditOutcome};
use crate::config::DatabaseArgs;
use crate::document::node_ids::without_prefix;
use crate::storage::{AuditFilter, AuditRow, PageRequest};

/// Entries in one query.
const PAGE: u64 = 500;

/// Options of `audit`.
#[derive(Debug, Args)]
pub struct AuditArgs {
    /// Only attempts by this account: its email or its id
    #[arg(long, value_name = "EMAIL")]
    account: Option<String>,
    /// Only these operations, separated by commas, such as import or update-user
    #[arg(long, value_delimiter = ',', value_name = "OPERATION")]
    operation: Vec<String>,
    /// Only these outcomes, separated by commas: succeeded, rejected, unauthenticated, forbidden,
    /// rate-limited or failed
    #[arg(long, value_delimiter = ',', value_name = "OUTCOME")]
    outcome: Vec<String>,
    /// Only attempts from this address
    #[arg(long, value_name = "ADDRESS")]
    address: Option<IpAddr>,
    /// Only entries from this moment on, such as 2026-11-29T12:00:00Z
    #[arg(long, value_name = "TIME", value_parser = parse_moment)]
    since: Option<DateTime<Utc>>,
    /// Only entries before this moment
    #[arg(long, value_name = "TIME", value_parser = parse_moment)]
    until: Option<DateTime<Utc>>,
    /// The most entries to print; by default all
    #[arg(long, value_name = "N")]
    limit: Option<u64>,
}

/// Reads a list of choices; `None` if there are none.
fn choices<T>(
    option: &str,
    texts: &[String],
    parse: fn(&str) -> Option<T>,
    values: &[&str],
    spell: fn(T) -> &'static str,
) -> Result<Option<Vec<String>>, CliError> {
    let parsed =
        texts.iter().map(|text| Ok(spell(parse_choice(option, text, parse, values)?).to_owned()));
    let parsed = parsed.collect::<Result<Vec<_>, CliError>>()?;
    Ok(Some(parsed).filter(|parsed| !parsed.is_empty()))
}

pub(super) async fn audit(database: &DatabaseArgs, args: &AuditArgs) -> Result<ExitCode, CliError> {
    let operations = choices(
        "--operation",
        &args.operation,
        AuditOperation::parse,
        AuditOperation::VALUES,
        AuditOperation::as_str,
    )?;
    let outcomes = choices(
        "--outcome",
        &args.outcome,
        AuditOutcome::parse,
        AuditOutcome::VALUES,
        AuditOutcome::as_str,
    )?;
    let catalog = open(database).await?;
    let mut account = args.account.as_deref().map(|id| without_prefix("user", id).to_owned());
    if let Some(email) = args.account.as_deref().filter(|text| text.contains('@')) {
        let accounts = unsigned_accounts(&catalog);
        let found = accounts.account_by_email(&command_line_accounts(), email).await?;
        let found = found.ok_or_else(|| {
            CliError::Usage(format!(
                "--account: there is no account {email}; an account that was deleted is found by \
                 its id"
            ))
        })?;
        account = Some(found.id);
    }
    let filter = AuditFilter {
        account,
        operations,
        outcomes,
        address: args.address.map(|address| address.to_canonical().to_string()),
        since: args.since,
        until: args.until,
        ..AuditFilter::default()
    };
    let permission = command_line_audit_log();
    let mut page = PageRequest { from: None, limit: PAGE, backward: false };
    let mut left = args.limit.unwrap_or(u64::MAX);
    let mut output = BufWriter::new(io::stdout().lock());
    while left > 0 {
        page.limit = left.min(PAGE);
        let (rows, has_more) = catalog.audit_log(&permission, &filter, &page).await?;
        left -= u64::try_from(rows.len()).unwrap_or(left).min(left);
        page.from = rows.last().map(|row| row.id.clone());
        for row in rows {
            // A closed pipe ends the output, as for other programs.
            if writeln!(output, "{}", line(row)).is_err() {
                return Ok(ExitCode::SUCCESS);
            }
        }
        if !has_more {
            break;
        }
    }
    let _ = output.flush();
    drop(output);
    catalog.database().close().await;
    Ok(ExitCode::SUCCESS)
}

/// An entry as a line of JSON.
fn line(row: AuditRow) -> serde_json::Value {
    let (target_kind, target_id) = row.target.unzip();
    json!({
        "id": row.id,
        "at": row.at,
        "account": row.account,
        "email": row.email,
        "credential": row.credential,
        "credential_id": row.credential_id,
        "interface": row.interface,
        "address": row.address,
        "request_id": row.request_id,
        "operation": row.operation,
        "target_kind": target_kind,
        "target_id": target_id,
        "category": row.category,
        "outcome": row.outcome,
        "code": row.code,
        "detail": row.detail,
        "count": row.count,
        "import_id": row.import_id,
    })
}
