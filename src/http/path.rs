//! The extractor of path parameters.

use axum::extract::FromRequestParts;
use axum::extract::rejection::PathRejection;

use super::problem::ProblemDetails;

/// The parameters of a path. A path that is not valid UTF-8 once it is decoded is a 404, as for
/// anything that does not exist.
#[derive(FromRequestParts)]
#[from_request(via(axum::extract::Path), rejection(ProblemDetails))]
pub struct Path<T>(pub T);

impl From<PathRejection> for ProblemDetails {
    fn from(_: PathRejection) -> Self {
        Self::not_found("there is nothing at this address: the path is not UTF-8")
    }
}
