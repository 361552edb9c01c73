//! Integration tests: a real server on a random port, a separate database for each test, on SQLite
//! and PostgreSQL, and clients like those of users.

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
mod as_of;
mod audit;
mod auth;
mod bases;
mod bodies;
mod budget;
mod bulk;
mod catalogue;
mod changes;
mod command_line;
mod concurrency;
mod conflicts;
mod connections;
mod corpus;
mod cors;
mod crash;
mod creating;
mod drafts;
mod export;
mod faults;
mod folding;
mod fuzz;
mod given_ids;
mod graphql_clients;
mod graphql_http;
mod graphql_limits;
mod history;
mod idempotency;
mod identity;
mod import;
mod import_log;
mod jobs;
mod keys;
mod lists;
mod locks;
mod matching;
mod merging;
mod model_answers;
mod model_credits;
mod model_values;
mod movies;
mod nodes;
mod openapi;
mod pages;
mod parameters;
mod payloads;
mod people;
mod persisted_documents;
mod plans;
mod presence;
mod properties;
mod publishing;
mod queries;
mod reading;
mod reference;
mod regressions;
mod resolutions;
mod rest;
mod roles;
mod rules;
mod schema;
mod search;
mod storage;
mod stored_resolutions;
mod subscriptions;
mod support;
mod throttling;
mod torture;
mod unavailable;
mod unread;
mod unstorable;
mod writer_conflicts;
