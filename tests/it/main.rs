//! Tests through the front door: a real server on a random port, a real database of its own for
//! each test, SQLite and PostgreSQL both, clients as a user would hold them.

#![allow(
    clippy::disallowed_methods,
    clippy::format_collect,
    clippy::format_push_string,
    clippy::cast_possible_truncation,
    clippy::needless_pass_by_value,
    clippy::too_many_lines,
    clippy::type_complexity,
    reason = "tests are tables of cases; they read the real clock, and their speed is the server's"
)]

mod architecture;
mod auth;
mod catalogue;
mod command_line;
mod concurrency;
mod conflicts;
mod drafts;
mod export;
mod graphql_http;
mod history;
mod import;
mod matching;
mod movies;
mod pages;
mod people;
mod plans;
mod properties;
mod publishing;
mod queries;
mod regressions;
mod rest;
mod schema;
mod storage;
mod support;
