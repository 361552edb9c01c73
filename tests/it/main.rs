//! Tests through the front door: a real server on a random port, a real database of its own for
//! each test, SQLite and PostgreSQL both, clients as a user would hold them.

mod architecture;
mod auth;
mod catalogue;
mod command_line;
mod concurrency;
mod export;
mod graphql_http;
mod import;
mod matching;
mod movies;
mod pages;
mod properties;
mod queries;
mod regressions;
mod rest;
mod schema;
mod support;
