//! The GraphQL edge: it decodes, makes one call to the application, and encodes the answer.

#![allow(clippy::unused_async, reason = "resolvers are async whether they wait or not")]

pub mod budget;
pub mod checks;
mod context;
pub mod error;
pub mod limits;
mod loaders;
pub mod model;
mod mutations;
mod query;

use async_graphql::{EmptySubscription, SDLExportOptions, SchemaBuilder};

// What the handler over HTTP passes on.
pub use async_graphql::parser::types::ExecutableDocument;
pub use async_graphql::{ServerError, Variables};
pub use budget::Budget;
pub use context::RequestContext;
pub use limits::Limits;

/// The schema.
pub type Schema = async_graphql::Schema<query::Query, mutations::Mutation, EmptySubscription>;

/// The schema without anything behind it, so that it can be printed and tested alone. Requests are
/// held to `limits`.
#[must_use]
pub fn schema_builder(
    limits: Limits,
) -> SchemaBuilder<query::Query, mutations::Mutation, EmptySubscription> {
    Schema::build(query::Query, mutations::Mutation, EmptySubscription)
        .limit_depth(limits::MAX_DEPTH)
        .limit_recursive_depth(limits.depth)
        .limit_aliases(limits.aliases)
        .limit_directives(limits::MAX_DIRECTIVES)
        .data(limits)
        // The library's own type says nothing of itself.
        .override_output_type_description::<chrono::DateTime<chrono::Utc>>(
            "A moment with its offset from UTC, as RFC 3339 has it: `1999-10-15T20:00:00Z`. Answers are in UTC.",
        )
        .override_output_type_description::<query::MovieConnection>(
            "A page of the list of movies, with what is beyond it.",
        )
        .override_output_type_description::<model::drafts::DraftConnection>(
            "A page of the review queue, with what is beyond it.",
        )
        .override_output_type_description::<model::history::RevisionConnection>(
            "A page of the history of a category, with what is beyond it.",
        )
        .override_output_type_description::<model::import_log::ImportRecordConnection>(
            "A page of the records of imports, with what is beyond it.",
        )
        .override_output_type_description::<model::people::PersonConnection>("A page of people, with what is beyond it.")
        .override_output_type_description::<model::people::PersonCreditConnection>(
            "A page of someone's credits, with what is beyond it.",
        )
        .override_output_type_description::<model::people::PersonNominationConnection>(
            "A page of someone's nominations, with what is beyond it.",
        )
        .override_output_type_description::<model::people::PossibleDuplicateConnection>(
            "A page of people who may be one, with what is beyond it.",
        )
        .override_output_type_description::<model::entities::CeremonyConnection>(
            "A page of award ceremonies, with what is beyond it.",
        )
        .override_output_type_description::<model::entities::PlatformConnection>(
            "A page of streaming platforms, with what is beyond it.",
        )
        .override_output_type_description::<model::entities::GenreConnection>("A page of genres, with what is beyond it.")
}

/// The schema in the schema definition language, as `schema.graphql` holds it.
#[must_use]
pub fn sdl() -> String {
    let options = SDLExportOptions::new().use_space_ident().include_specified_by();
    let sdl = schema_builder(Limits::default()).finish().sdl_with_options(options);
    format!("{}\n", sdl.trim_end())
}
