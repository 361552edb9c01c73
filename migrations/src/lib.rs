//! The database schema. Each migration is a dated file, and does not change once it is released.

use sea_orm_migration::prelude::*;

mod m20261123_000001_catalogue;
mod m20261124_000001_history;
mod m20261125_000001_reference;
mod m20261125_000002_people;
mod m20261125_000003_matching;
mod m20261125_000004_succession;
mod m20261125_000005_draft_answers;
mod m20261129_000001_storage_probe;
mod m20261129_000002_import_texts;
mod m20261129_000201_changes;
mod m20261129_000301_login_failures;
mod m20261129_000401_identity;
mod m20261130_000101_audit_log;
mod m20261130_000201_log_in_providers;
mod m20261130_000301_presence;
mod m20261130_000302_search;
mod m20261201_000101_log_indexes;
mod m20261201_000201_triggers;
mod m20261201_000301_jobs;
mod m20261201_000401_job_details;
mod tables;

/// All migrations, in the order in which they are applied.
#[derive(Debug)]
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261123_000001_catalogue::Migration),
            Box::new(m20261124_000001_history::Migration),
            Box::new(m20261125_000001_reference::Migration),
            Box::new(m20261125_000002_people::Migration),
            Box::new(m20261125_000003_matching::Migration),
            Box::new(m20261125_000004_succession::Migration),
            Box::new(m20261125_000005_draft_answers::Migration),
            Box::new(m20261129_000001_storage_probe::Migration),
            Box::new(m20261129_000002_import_texts::Migration),
            Box::new(m20261129_000201_changes::Migration),
            Box::new(m20261129_000301_login_failures::Migration),
            Box::new(m20261129_000401_identity::Migration),
            Box::new(m20261130_000101_audit_log::Migration),
            Box::new(m20261130_000201_log_in_providers::Migration),
            Box::new(m20261130_000301_presence::Migration),
            Box::new(m20261130_000302_search::Migration),
            Box::new(m20261201_000101_log_indexes::Migration),
            Box::new(m20261201_000201_triggers::Migration),
            Box::new(m20261201_000301_jobs::Migration),
            Box::new(m20261201_000401_job_details::Migration),
        ]
    }
}
