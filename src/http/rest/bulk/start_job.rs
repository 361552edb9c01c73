//! Stores the file of a bulk import, and imports it as a job.

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue};
use axum::response::Response;
use futures::stream::TryStreamExt as _;

use crate::catalog::CatalogError;
use crate::catalog::import::{ImportOptions, invalid_idempotency_key};
use crate::catalog::jobs::{NewImportJob, ReceiveError};
use crate::http::AppState;
use crate::http::body::BodyError;
use crate::http::problem::ProblemDetails;
use crate::http::rest::imports::idempotency_key;
use crate::http::rest::start_jobs::accepted;
use crate::http::session::Session;

/// Receives the file and starts the job. Nothing is left of a file that is not received completely.
pub async fn start(
    state: &AppState,
    session: &mut Session,
    options: ImportOptions,
    file_name: Option<String>,
    request: Request,
) -> Result<Response, ProblemDetails> {
    let permission = session.principal.can_manage_jobs()?;
    let key = idempotency_key(request.headers(), None)?;
    if let Some(problem) = key.as_deref().and_then(invalid_idempotency_key) {
        return Err(ProblemDetails::from_problems(vec![problem]));
    }
    let slot = state.bulk.import().await?;
    let body = request.into_body().into_data_stream();
    let bytes = body.map_err(|error| BodyError::find(&error));
    let file = state.catalog.receive_job_file(&permission, bytes).await;
    let file = file.map_err(|error| match error {
        ReceiveError::Received(error) => ProblemDetails::from(error),
        ReceiveError::Stored(error) => CatalogError::from(error).into(),
    })?;
    drop(slot);
    // The upload may have taken long.
    if let Some(error) = session.revocation(state).await? {
        state.catalog.discard_job_file(&file).await;
        return Err(error.into());
    }
    let new = NewImportJob { file, file_name, options: options.into(), key };
    let started = state.catalog.start_import_job(&permission, new).await?;
    let mut response = accepted(state, started)?;
    let applied = HeaderValue::from_static("respond-async");
    let name = HeaderName::from_static("preference-applied");
    response.headers_mut().insert(name, applied);
    Ok(response)
}
