//! Whether the account that started a job may still do what the job does.

use super::attempt::author;
use crate::catalog::access::Role;
use crate::catalog::accounts::role_of;
use crate::catalog::audit::AuditCredential;
use crate::catalog::{Catalog, CatalogError};
use crate::storage::{JobRow, SubjectStanding};

impl Catalog {
    /// Why a job must not go on; `None` if it may. An account of another issuer is not known here,
    /// and keeps the rights that it had when it started the job. That a session or a token has
    /// ended by itself does not matter.
    ///
    /// # Errors
    /// When storage fails.
    pub(super) async fn lost_rights(
        &self,
        job: &JobRow,
    ) -> Result<Option<&'static str>, CatalogError> {
        let actor = author(job)?.actor;
        if actor.credential() == AuditCredential::ForeignIssuer {
            return Ok(None);
        }
        match self.database.subject_standing(&job.account).await? {
            SubjectStanding::Known(account) if account.is_disabled => {
                return Ok(Some("the account that started the job was disabled"));
            }
            SubjectStanding::Known(account) if !role_of(&account.role).includes(Role::Admin) => {
                return Ok(Some("the account that started the job is no longer an ADMIN"));
            }
            SubjectStanding::Deleted => {
                return Ok(Some("the account that started the job was deleted"));
            }
            SubjectStanding::Known(_) | SubjectStanding::Unknown => {}
        }
        if actor.credential() == AuditCredential::PersonalToken
            && let Some(id) = actor.credential_id()
            && self.database.personal_tokens_by_id(&[id.to_owned()]).await?.is_empty()
        {
            return Ok(Some("the personal access token that started the job was revoked"));
        }
        Ok(None)
    }
}
