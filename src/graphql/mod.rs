//! The GraphQL interface: resolvers decode their input, make one call to the catalogue, and encode
//! the result. `http` serves the schema.

#![allow(clippy::unused_async, reason = "async-graphql requires resolvers to be async")]

pub mod budget;
mod caches;
pub mod checks;
pub mod client;
mod context;
pub mod error;
pub mod limits;
mod loaders;
pub mod model;
mod mutations;
mod query;
mod subscriptions;

use async_graphql::{SDLExportOptions, SchemaBuilder};

// Types of the library that the HTTP handler uses.
pub use async_graphql::parser::types::ExecutableDocument;
pub use async_graphql::{Request, Response, ServerError, Variables};
pub use budget::Budget;
pub use caches::client_caches;
pub use context::RequestContext;
pub use limits::Limits;
pub use mutations::operation_of as audit_operation_of;

/// The type of the schema.
pub type Schema =
    async_graphql::Schema<query::Query, mutations::Mutation, subscriptions::Subscription>;

/// A builder of the schema without a catalogue, so that it can be printed and tested on its own.
/// Requests are checked against `limits`.
#[must_use]
pub fn schema_builder(
    limits: Limits,
) -> SchemaBuilder<query::Query, mutations::Mutation, subscriptions::Subscription> {
    Schema::build(query::Query, mutations::Mutation, subscriptions::Subscription)
        .limit_depth(limits.field_depth)
        .limit_recursive_depth(limits.depth)
        .limit_aliases(limits.aliases)
        .limit_directives(limits::MAX_DIRECTIVES)
        .data(limits)
        // The library describes neither `DateTime` nor its connection types.
        .override_output_type_description::<chrono::DateTime<chrono::Utc>>(
            "A date and time with an offset from UTC, as in RFC 3339: `1999-10-15T20:00:00Z`. \
             Results are in UTC.",
        )
        .override_output_type_description::<model::movies::MovieConnection>("A page of movies.")
        .override_output_type_description::<model::changes::ChangeConnection>(
            "A page of the change feed.",
        )
        .override_output_type_description::<model::drafts::DraftConnection>(
            "A page of the review queue.",
        )
        .override_output_type_description::<model::history::RevisionConnection>(
            "A page of the history of a category.",
        )
        .override_output_type_description::<model::import_log::ImportRecordConnection>(
            "A page of the import log.",
        )
        .override_output_type_description::<model::people::PersonConnection>("A page of people.")
        .override_output_type_description::<model::people::PersonCreditConnection>(
            "A page of a person's credits.",
        )
        .override_output_type_description::<model::people::PersonNominationConnection>(
            "A page of a person's nominations.",
        )
        .override_output_type_description::<model::people::PossibleDuplicateConnection>(
            "A page of pairs of people who may be the same person.",
        )
        .override_output_type_description::<model::entities::CeremonyConnection>(
            "A page of award ceremonies.",
        )
        .override_output_type_description::<model::entities::PlatformConnection>(
            "A page of streaming platforms.",
        )
        .override_output_type_description::<model::entities::GenreConnection>("A page of genres.")
        .override_output_type_description::<model::accounts::UserConnection>("A page of accounts.")
        .override_output_type_description::<model::audit::AuditEntryConnection>(
            "A page of the audit log.",
        )
        .override_output_type_description::<model::jobs::JobConnection>("A page of jobs.")
        .override_output_type_description::<model::jobs::DocumentOutcomeConnection>(
            "A page of the outcomes of the documents of a job.",
        )
        .override_output_type_description::<model::accounts::SessionConnection>(
            "A page of sessions.",
        )
        .override_output_type_description::<model::accounts::PersonalAccessTokenConnection>(
            "A page of personal access tokens.",
        )
}

/// The schema in the GraphQL schema definition language, as in `schema.graphql`.
#[must_use]
pub fn sdl() -> String {
    let options = SDLExportOptions::new().use_space_ident().include_specified_by();
    let sdl = schema_builder(Limits::default()).finish().sdl_with_options(options);
    format!("{}\n", sdl.trim_end())
}
