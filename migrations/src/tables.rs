//! Column and table helpers for migrations. Frozen: a change here would change migrations that were
//! released.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DatabaseBackend};

/// Runs the statements for the database of the migration.
pub(crate) async fn run(
    manager: &SchemaManager<'_>,
    sqlite: &str,
    postgres: &str,
) -> Result<(), DbErr> {
    let sql = match manager.get_database_backend() {
        DatabaseBackend::Postgres => postgres,
        _ => sqlite,
    };
    manager.get_connection().execute_unprepared(sql).await.map(drop)
}

/// Text that sorts by code point on both databases. Empty by default.
pub(crate) fn sorted_text(name: &str, backend: DatabaseBackend) -> ColumnDef {
    let mut column = text(name);
    by_code_point(column.default(""), backend);
    column
}

/// Text that sorts by code point on both databases.
pub(crate) fn sorted_key(name: &str, backend: DatabaseBackend) -> ColumnDef {
    let mut column = text(name);
    by_code_point(&mut column, backend);
    column
}

fn by_code_point(column: &mut ColumnDef, backend: DatabaseBackend) {
    if backend == DatabaseBackend::Postgres {
        column.extra("COLLATE \"C\"");
    }
}

pub(crate) fn text(name: &str) -> ColumnDef {
    let mut column = ColumnDef::new(Alias::new(name));
    column.text().not_null();
    column
}

pub(crate) fn optional_text(name: &str) -> ColumnDef {
    let mut column = ColumnDef::new(Alias::new(name));
    column.text();
    column
}

pub(crate) fn integer(name: &str) -> ColumnDef {
    let mut column = ColumnDef::new(Alias::new(name));
    column.integer().not_null();
    column
}

pub(crate) fn big_integer(name: &str) -> ColumnDef {
    let mut column = ColumnDef::new(Alias::new(name));
    column.big_integer().not_null();
    column
}

pub(crate) fn optional_big_integer(name: &str) -> ColumnDef {
    let mut column = ColumnDef::new(Alias::new(name));
    column.big_integer();
    column
}

pub(crate) fn boolean(name: &str) -> ColumnDef {
    let mut column = ColumnDef::new(Alias::new(name));
    column.boolean().not_null();
    column
}

pub(crate) fn moment(name: &str) -> ColumnDef {
    let mut column = ColumnDef::new(Alias::new(name));
    column.timestamp_with_time_zone().not_null();
    column
}

pub(crate) fn table(name: &str, columns: Vec<ColumnDef>, key: &[&str]) -> TableCreateStatement {
    let mut table = Table::create();
    table.table(Alias::new(name));
    for column in columns {
        table.col(column);
    }
    let mut primary = Index::create();
    for column in key {
        primary.col(Alias::new(*column));
    }
    table.primary_key(&mut primary);
    table
}

/// A table with a foreign key to `movies`: its rows are deleted with their movie.
pub(crate) fn table_of_movie(
    name: &str,
    mut columns: Vec<ColumnDef>,
    key: &[&str],
) -> TableCreateStatement {
    columns.insert(0, text("movie_id"));
    let mut table = table(name, columns, key);
    table.foreign_key(
        ForeignKey::create()
            .from(Alias::new(name), Alias::new("movie_id"))
            .to(Alias::new("movies"), Alias::new("id"))
            .on_delete(ForeignKeyAction::Cascade),
    );
    table
}

pub(crate) fn index(table: &str, columns: &[&str]) -> IndexCreateStatement {
    let mut index = Index::create();
    index.name(format!("idx_{table}_{}", columns.join("_"))).table(Alias::new(table));
    for column in columns {
        index.col(Alias::new(*column));
    }
    index
}
