//! The payloads of mutations. The types of the plan in them are derived in the core.

use async_graphql::{ComplexObject, Context, ID, SimpleObject};

use super::types::{Movie, MovieExport, charge_lists};
use crate::catalog::import::{ImportStatus, Outcome};
use crate::document::Problem;
use crate::document::node_ids::NodeId;
use crate::document::plan::{ImportPlan, Report};
use crate::graphql::error::ApiError;

/// Charges the lists of a plan that the query selects.
///
/// # Errors
/// When the request's budget is exhausted.
pub fn charge_plan(ctx: &Context<'_>, plan: &ImportPlan) -> Result<(), ApiError> {
    let Report { changes, conflicts, not_removed, skipped, matches, warnings, .. } = &plan.report;
    let lengths = [
        ("changes", changes.len()),
        ("conflicts", conflicts.len()),
        ("not_removed", not_removed.len()),
        ("skipped", skipped.len()),
        ("matches", matches.len()),
        ("warnings", warnings.len()),
    ];
    charge_lists(ctx, &lengths)
}

/// The id of a record of the import log.
pub fn import_id(id: String) -> ID {
    ID(NodeId::Import(id).to_string())
}

/// The fields that the payloads of all imports share.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct ImportResult {
    /// The document after the call, in the stage that the call wrote to. Null if the movie does not
    /// exist or the category of the document is unknown.
    movie_export: Option<MovieExport>,
    /// The outcome of the call.
    status: ImportStatus,
    #[graphql(skip)]
    plan: Option<ImportPlan>,
    /// The top-level fields that changed, or in a dry run would change, in snake_case as in a file,
    /// for example release_date.
    updated_fields: Vec<String>,
    /// The id of the call's record in the import log; see Query.importRecord. Null for a dry run,
    /// which is not recorded.
    import_id: Option<ID>,
    /// What is wrong with the document or its target. If there are user errors, nothing was
    /// written.
    user_errors: Vec<Problem>,
}

#[ComplexObject]
impl ImportResult {
    /// The changes that were made, or in a dry run would be made. For a rejected import: the
    /// changes that it asked for, or none if the data is invalid. Null if the document could not be
    /// read or the movie does not exist.
    async fn plan(&self, ctx: &Context<'_>) -> Option<async_graphql::Result<&ImportPlan>> {
        let plan = self.plan.as_ref()?;
        Some(charge_plan(ctx, plan).map(|()| plan).map_err(Into::into))
    }
}

impl From<Outcome> for ImportResult {
    fn from(outcome: Outcome) -> Self {
        let updated_fields = outcome.updated_fields();
        Self {
            movie_export: outcome.export.map(MovieExport::from),
            status: outcome.status,
            plan: outcome.plan.map(Into::into),
            updated_fields,
            import_id: outcome.import_id.map(import_id),
            user_errors: outcome.problems,
        }
    }
}

macro_rules! import_payload {
    ($(#[doc = $doc:literal])* $Name:ident) => {
        $(#[doc = $doc])*
        #[derive(SimpleObject)]
        pub struct $Name {
            #[graphql(flatten)]
            result: ImportResult,
        }

        impl From<Outcome> for $Name {
            fn from(outcome: Outcome) -> Self {
                Self { result: outcome.into() }
            }
        }
    };
}

import_payload!(
    /// The result of importCategory.
    ImportCategoryPayload
);
/// The result of importDocument.
#[derive(SimpleObject)]
pub struct ImportDocumentPayload {
    #[graphql(flatten)]
    result: ImportResult,
    /// A text to send to the language model that wrote the document: what to correct, and the form
    /// to use. Null if there is nothing to correct.
    repair_hint: Option<String>,
}

impl ImportDocumentPayload {
    pub fn new(outcome: Outcome, repair_hint: Option<String>) -> Self {
        Self { result: outcome.into(), repair_hint }
    }
}

import_payload!(
    /// The result of publishDraft.
    PublishDraftPayload
);
import_payload!(
    /// The result of updateDraft.
    UpdateDraftPayload
);
import_payload!(
    /// The result of revertCategory.
    RevertCategoryPayload
);

/// The result of discardDraft.
#[derive(SimpleObject)]
pub struct DiscardDraftPayload {
    /// The published document. Null if the movie does not exist.
    pub movie_export: Option<MovieExport>,
    /// What is wrong with the input. If there are user errors, nothing was discarded.
    pub user_errors: Vec<Problem>,
}

impl From<Outcome> for DiscardDraftPayload {
    fn from(outcome: Outcome) -> Self {
        Self { movie_export: outcome.export.map(MovieExport::from), user_errors: outcome.problems }
    }
}

/// The result of createMovie.
#[derive(SimpleObject)]
pub struct CreateMoviePayload {
    /// The new movie. Null if there are user errors.
    pub movie: Option<Movie>,
    /// What is wrong with the input. If there are user errors, nothing was created.
    pub user_errors: Vec<Problem>,
}

/// The result of deleteMovie.
#[derive(SimpleObject)]
pub struct DeleteMoviePayload {
    /// The id of the deleted movie. Null if there are user errors.
    pub deleted_movie_id: Option<ID>,
    /// What is wrong with the input. If there are user errors, nothing was deleted.
    pub user_errors: Vec<Problem>,
}
