//! The SeaORM entities, one file for each table. Private to the storage.

pub mod answer;
pub mod change;
pub mod contribution;
pub mod credit;
pub mod document;
pub mod draft;
pub mod entity;
pub mod entity_block;
pub mod entity_external_id;
pub mod entity_name;
pub mod idempotency_key;
pub mod import;
pub mod import_text;
pub mod index_version;
pub mod lock;
pub mod login_failure;
pub mod merged_entity;
pub mod movie;
pub mod movie_genre;
pub mod name_word;
pub mod nomination;
pub mod offer;
pub mod reference_version;
pub mod revision;
pub mod storage_probe;
pub mod user;
