//! The open drafts of a movie.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{MoviePath, no_such_movie, parse_movie_id};
use crate::catalog::drafts::DraftStatus;
use crate::document::read::envelope::timestamp;
use crate::document::{Category, MovieId, Source};
use crate::http::AppState;
use crate::http::bearer::Bearer;
use crate::http::openapi::{AccessErrors, ServerErrors};
use crate::http::path::Path;
use crate::http::problem::ProblemDetails;

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::default().routes(routes!(draft_status))
}

/// The open drafts of a movie.
#[derive(Debug, Serialize, ToSchema)]
pub struct DraftStatusAnswer {
    /// The movie's id.
    #[schema(value_type = String)]
    movie_id: MovieId,
    /// One for each category that has a draft, in the order of the categories.
    drafts: Vec<DraftStatusEntry>,
}

/// One open draft.
#[derive(Debug, Serialize, ToSchema)]
pub struct DraftStatusEntry {
    /// The category, as in a file: cast_crew.
    #[schema(value_type = String)]
    category: Category,
    /// The number of contributions to this draft and to earlier drafts of the category.
    draft_revision: i64,
    /// The published revision that the draft is based on; 0 if the category was never written.
    base_revision: i64,
    /// The current published revision. If it differs from base_revision, publishing merges the
    /// changes since then.
    published_revision: i64,
    /// When the first contribution was made.
    opened_at: String,
    /// Who made the first contribution.
    opened_by: String,
    /// When the last contribution was made.
    updated_at: String,
    /// Who made the last contribution.
    updated_by: String,
    /// The source of the last contribution: tmdb, manual or llm-generated.
    #[schema(value_type = String)]
    source: Source,
}

impl From<DraftStatus> for DraftStatusEntry {
    fn from(DraftStatus { draft, published_revision }: DraftStatus) -> Self {
        Self {
            category: draft.category,
            draft_revision: draft.metadata.draft_revision.unwrap_or_default(),
            base_revision: draft.metadata.revision,
            published_revision,
            opened_at: timestamp(draft.opened_at),
            updated_at: timestamp(draft.position().updated_at),
            updated_by: draft.metadata.updated_by.unwrap_or_else(|| draft.opened_by.clone()),
            opened_by: draft.opened_by,
            source: draft.metadata.source,
        }
    }
}

/// Lists the open drafts of a movie.
#[utoipa::path(
    get, path = "/api/v1/admin/movies/{id}/draft-status", tag = "drafts", security(("bearer" = [])),
    params(MoviePath),
    responses(
        (status = 200, description = "The open drafts.", body = DraftStatusAnswer),
        AccessErrors,
        (
            status = 404, body = ProblemDetails, content_type = "application/problem+json",
            description = "There is no such movie."
        ),
        ServerErrors,
    )
)]
async fn draft_status(
    State(state): State<AppState>,
    Bearer(principal): Bearer,
    Path(MoviePath { id }): Path<MoviePath>,
) -> Result<Json<DraftStatusAnswer>, ProblemDetails> {
    let permission = principal.can_draft()?;
    let movie_id = parse_movie_id(&id)?;
    let found = state.catalog.draft_status(&permission, &movie_id).await?;
    let drafts = found.ok_or_else(|| no_such_movie(&id))?.into_iter().map(Into::into).collect();
    Ok(Json(DraftStatusAnswer { movie_id, drafts }))
}
