//! Reports mutations that changed nothing to the audit log. Mutations that wrote something have
//! their entry in their transaction.

use async_graphql::{Context, ID};

use crate::catalog::audit::{AuditOperation, AuditOutcome, AuditTarget};
use crate::document::{Category, MovieId};
use crate::graphql::context::ContextExt;
use crate::graphql::error::{self, BAD_USER_INPUT, INTERNAL, QUERY_TOO_COMPLEX};
use crate::graphql::model::user_error::HasUserErrors;

/// The operation of each mutation in the audit log.
const OPERATIONS: &[(&str, AuditOperation)] = &[
    ("login", AuditOperation::Login),
    ("refresh", AuditOperation::Refresh),
    ("logout", AuditOperation::Logout),
    ("logoutEverywhere", AuditOperation::LogoutEverywhere),
    ("changePassword", AuditOperation::ChangePassword),
    ("usePasswordLink", AuditOperation::UsePasswordLink),
    ("createUser", AuditOperation::CreateUser),
    ("updateUser", AuditOperation::UpdateUser),
    ("setPassword", AuditOperation::SetPassword),
    ("createPasswordLink", AuditOperation::CreatePasswordLink),
    ("deleteUser", AuditOperation::DeleteUser),
    ("createToken", AuditOperation::CreateToken),
    ("revokeToken", AuditOperation::RevokeToken),
    ("createMovie", AuditOperation::CreateMovie),
    ("deleteMovie", AuditOperation::DeleteMovie),
    ("importCategory", AuditOperation::Import),
    ("importDocument", AuditOperation::Import),
    ("updateDraft", AuditOperation::Import),
    ("publishDraft", AuditOperation::PublishDraft),
    ("discardDraft", AuditOperation::DiscardDraft),
    ("revertCategory", AuditOperation::RevertCategory),
    ("lockFields", AuditOperation::LockFields),
    ("unlockFields", AuditOperation::UnlockFields),
    ("updatePerson", AuditOperation::UpdateEntity),
    ("updateCeremony", AuditOperation::UpdateEntity),
    ("updatePlatform", AuditOperation::UpdateEntity),
    ("updateGenre", AuditOperation::UpdateEntity),
    ("mergePeople", AuditOperation::MergePeople),
    ("splitPerson", AuditOperation::SplitPerson),
    ("cancelJob", AuditOperation::CancelJob),
    ("retryJob", AuditOperation::StartJob),
    ("executeJob", AuditOperation::StartJob),
    ("revertJob", AuditOperation::StartJob),
    ("startExport", AuditOperation::StartJob),
    ("publishDrafts", AuditOperation::StartJob),
    ("discardDrafts", AuditOperation::StartJob),
];

/// The operation of a mutation in the audit log.
#[must_use]
pub fn operation_of(mutation: &str) -> Option<AuditOperation> {
    OPERATIONS.iter().find(|(name, _)| *name == mutation).map(|(_, operation)| *operation)
}

/// What a mutation attempts.
#[derive(Debug, Default)]
pub struct Attempt {
    target: Option<AuditTarget>,
    is_dry_run: bool,
}

impl Attempt {
    /// An attempt to change a movie. Other targets are recorded only if they exist: what was sent
    /// as the id of an account or a token may be a secret.
    pub fn on_movie(id: &ID, category: Option<Category>) -> Self {
        let movie = id.parse::<MovieId>().ok();
        let target = movie.map(|movie| AuditTarget::movie(&movie, category));
        Self { target, is_dry_run: false }
    }

    /// A dry run changes nothing, and is recorded only if it is refused.
    pub fn dry_run(self, is_dry_run: bool) -> Self {
        Self { is_dry_run, ..self }
    }
}

/// Runs a mutation, and records it if it changed nothing because it was refused, its input was
/// rejected, or the service failed.
pub async fn audited<P: HasUserErrors>(
    ctx: &Context<'_>,
    attempt: Attempt,
    run: impl Future<Output = async_graphql::Result<P>> + Send,
) -> async_graphql::Result<P> {
    let origin = &ctx.request().origin();
    let before = origin.recorded();
    let result = Box::pin(run).await;
    let is_recorded = origin.recorded() > before;
    let (outcome, code) = match &result {
        Ok(payload) => match payload.user_errors().first() {
            Some(first) if !attempt.is_dry_run => {
                (AuditOutcome::Rejected, first.problem().code.name())
            }
            _ => return result,
        },
        Err(failed) => {
            let code = error::extension_code(failed).unwrap_or(INTERNAL).to_owned();
            let outcome = match error::refusal(&code) {
                Some(outcome) => outcome,
                None if attempt.is_dry_run => return result,
                None if code == BAD_USER_INPUT || code == QUERY_TOO_COMPLEX => {
                    AuditOutcome::Rejected
                }
                None if code == INTERNAL => AuditOutcome::Failed,
                // The database takes no writes, so it takes no entry about that either.
                None => return result,
            };
            (outcome, code)
        }
    };
    // An entry in a transaction that failed is not in the log.
    if (!is_recorded || outcome == AuditOutcome::Failed)
        && let Some(operation) = operation_of(ctx.field().name())
    {
        let entry = ctx.actor().did(operation).on(attempt.target).failed(outcome, &code);
        ctx.catalog().record_attempt(entry);
    }
    result
}
