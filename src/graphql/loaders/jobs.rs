//! The loader of jobs.

use std::collections::HashMap;
use std::sync::Arc;

use super::batch::{Batcher, Load, LoadError};
use crate::catalog::Catalog;
use crate::catalog::access::CanManageJobs;
use crate::catalog::jobs::JobRow;
use crate::graphql::budget::Budget;

/// The loader of one request. Needs the role ADMIN.
pub struct JobLoader {
    pub jobs: Batcher<Jobs>,
}

impl JobLoader {
    pub fn new(catalog: &Arc<Catalog>, permission: CanManageJobs, budget: &Arc<Budget>) -> Self {
        let catalog = Arc::clone(catalog);
        Self { jobs: Batcher::new(Jobs { catalog, permission }, budget) }
    }
}

/// Jobs by id.
pub struct Jobs {
    catalog: Arc<Catalog>,
    permission: CanManageJobs,
}

impl Load for Jobs {
    type Key = String;
    type Value = JobRow;

    async fn load(&self, keys: &[String]) -> Result<HashMap<String, JobRow>, LoadError> {
        let rows = self.catalog.jobs(&self.permission, keys).await?;
        Ok(rows.into_iter().map(|row| (row.id.clone(), row)).collect())
    }
}
