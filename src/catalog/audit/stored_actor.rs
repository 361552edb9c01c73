//! Who started a job, as it is stored with the job, for the audit log entries of its batches.

use std::net::IpAddr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::entry::{Actor, RequestOrigin};
use super::vocabulary::{AuditCredential, AuditInterface};

/// An [`Actor`] as it is stored. It has no secrets.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::catalog) struct StoredActor {
    interface: AuditInterface,
    address: Option<IpAddr>,
    request_id: String,
    account: Option<(String, String)>,
    credential: AuditCredential,
    credential_id: Option<String>,
}

impl From<&Actor> for StoredActor {
    fn from(actor: &Actor) -> Self {
        Self {
            interface: actor.origin.interface,
            address: actor.origin.address,
            request_id: actor.origin.request_id.clone(),
            account: actor.account().cloned(),
            credential: actor.credential(),
            credential_id: actor.credential_id().map(str::to_owned),
        }
    }
}

impl From<StoredActor> for Actor {
    fn from(stored: StoredActor) -> Self {
        let StoredActor { interface, address, request_id, .. } = stored;
        let actor = Self::anonymous(Arc::new(RequestOrigin::new(interface, address, request_id)));
        match &stored.account {
            Some((id, email)) => {
                let credential_id = stored.credential_id.as_deref();
                actor.with_account((id, email), stored.credential, credential_id)
            }
            None => actor,
        }
    }
}
