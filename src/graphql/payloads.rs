//! What mutations answer.

use async_graphql::{ID, SimpleObject};

use super::types::{Movie, MovieExport, User};
use crate::catalog::import::{ImportStatus, Outcome};
use crate::document::diff::{Change, ChangeOperation};
use crate::document::scalars::Json;
use crate::document::{Problem, ProblemCode, Warning, WarningCode};

/// Something that is wrong with a mutation's input or its target.
#[derive(SimpleObject)]
pub struct UserError {
    /// JSON Pointer (RFC 6901) into the document's data, or into the input; empty for the whole.
    path: String,
    /// What kind of thing is wrong.
    code: ProblemCode,
    /// What was found and what is allowed.
    message: String,
}

impl From<Problem> for UserError {
    fn from(Problem { path, code, message }: Problem) -> Self {
        Self { path, code, message }
    }
}

/// Problems as a payload lists them.
pub fn user_errors(problems: Vec<Problem>) -> Vec<UserError> {
    problems.into_iter().map(Into::into).collect()
}

/// What an import changed.
#[derive(SimpleObject)]
pub struct ImportPlan {
    /// The changes, in the order of the document.
    changes: Vec<PlannedChange>,
    /// What was read although it was not as it should be, or was left alone.
    warnings: Vec<PlanWarning>,
}

/// One change of a document.
#[derive(SimpleObject)]
pub struct PlannedChange {
    /// JSON Pointer (RFC 6901) into the new data; for a removal, into the old.
    path: String,
    /// What the change does.
    op: ChangeOperation,
    /// What changes, for a person: "Cast: Brad Pitt".
    label: String,
    /// The value before. Null if there was none.
    before: Option<Json>,
    /// The value after. Null if there is none.
    after: Option<Json>,
}

impl From<Change> for PlannedChange {
    fn from(change: Change) -> Self {
        Self {
            path: change.path,
            op: change.op,
            label: change.label,
            before: change.before.map(Json),
            after: change.after.map(Json),
        }
    }
}

/// Something that was read although it was not as it should be, or was left alone.
#[derive(SimpleObject)]
pub struct PlanWarning {
    /// JSON Pointer (RFC 6901) into the document's data; empty for the whole.
    path: String,
    /// What kind of thing it is.
    code: WarningCode,
    /// What was found and what was made of it.
    message: String,
}

impl From<Warning> for PlanWarning {
    fn from(Warning { path, code, message }: Warning) -> Self {
        Self { path, code, message }
    }
}

/// What every import answers.
#[derive(SimpleObject)]
pub struct ImportResult {
    /// The category as it stands after the call. Null if there is no such movie, or if the document
    /// does not say which category it is.
    movie_export: Option<MovieExport>,
    /// What came of the import.
    status: ImportStatus,
    /// What was changed, and what was repaired or left alone; no changes if the import was rejected.
    /// Null if the document could not be read.
    plan: Option<ImportPlan>,
    /// The top-level fields that changed, as in the file: snake_case.
    updated_fields: Vec<String>,
    /// What is wrong with the document or its target. If there is anything, nothing was written.
    user_errors: Vec<UserError>,
}

impl From<Outcome> for ImportResult {
    fn from(outcome: Outcome) -> Self {
        let updated_fields = outcome.updated_fields();
        let plan = outcome.was_read.then(|| ImportPlan {
            changes: outcome.changes.into_iter().map(Into::into).collect(),
            warnings: outcome.warnings.into_iter().map(Into::into).collect(),
        });
        Self {
            movie_export: outcome.export.map(MovieExport),
            status: outcome.status,
            plan,
            updated_fields,
            user_errors: user_errors(outcome.problems),
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
    /// What came of importing a category.
    ImportCategoryPayload
);
import_payload!(
    /// What came of importing a document.
    ImportDocumentPayload
);

/// What a login gives.
#[derive(SimpleObject)]
pub struct LoginPayload {
    /// Send it as `Authorization: Bearer …`.
    pub access_token: String,
    /// Always Bearer.
    pub token_type: String,
    /// How long the access token holds, in seconds.
    pub expires_in: i64,
    /// Exchange it for a new access token at POST /api/v1/auth/refresh.
    pub refresh_token: String,
    /// Whose account it is.
    pub viewer: User,
    /// Always empty: a login that fails is a top-level error, UNAUTHENTICATED or RATE_LIMITED.
    pub user_errors: Vec<UserError>,
}

/// What came of creating a movie.
#[derive(SimpleObject)]
pub struct CreateMoviePayload {
    /// The new movie. Null if there are user errors.
    pub movie: Option<Movie>,
    /// What is wrong with the input.
    pub user_errors: Vec<UserError>,
}

/// What came of deleting a movie.
#[derive(SimpleObject)]
pub struct DeleteMoviePayload {
    /// The id of the movie that is gone. Null if there are user errors.
    pub deleted_movie_id: Option<ID>,
    /// What is wrong with the input.
    pub user_errors: Vec<UserError>,
}
