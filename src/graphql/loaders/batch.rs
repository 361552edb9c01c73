//! Batching: keys that the resolvers of a request load one by one are loaded together.
//!
//! A batch collects keys for `DELAY`, then loads them all. The cost of a call does not depend on
//! the number of other callers: joining a batch is one insertion, and a loaded batch wakes each
//! caller once.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::{BoxFuture, Shared};

use crate::catalog::CatalogError;
use crate::graphql::budget::{Budget, Exhausted};
use crate::graphql::error::ApiError;

/// How long a batch collects keys.
const DELAY: Duration = Duration::from_millis(1);
/// The maximum number of keys in one call of a loader.
const MAX_KEYS: usize = 1_000;

/// Why a batch was not loaded. All callers of the batch get a clone.
#[derive(Debug, Clone)]
pub enum LoadError {
    /// The catalogue returned an error.
    Failed(Arc<CatalogError>),
    /// The request's budget is exhausted.
    Exhausted(Exhausted),
}

impl From<Exhausted> for LoadError {
    fn from(exhausted: Exhausted) -> Self {
        Self::Exhausted(exhausted)
    }
}

impl From<CatalogError> for LoadError {
    fn from(error: CatalogError) -> Self {
        Self::Failed(Arc::new(error))
    }
}

impl From<LoadError> for ApiError {
    fn from(error: LoadError) -> Self {
        match error {
            LoadError::Exhausted(exhausted) => Self::TooComplex(exhausted),
            LoadError::Failed(error) => match Arc::try_unwrap(error) {
                Ok(error) => Self::Internal(error),
                Err(shared) => Self::Internal(CatalogError::Shared(shared)),
            },
        }
    }
}

/// Loads values by key.
pub trait Load: Send + Sync + 'static {
    type Key: Clone + Eq + Hash + Send + Sync + 'static;
    type Value: Clone + Send + Sync + 'static;

    /// Loads the values of the keys; keys without a value are left out.
    fn load(
        &self,
        keys: &[Self::Key],
    ) -> impl Future<Output = Result<HashMap<Self::Key, Self::Value>, LoadError>> + Send;
}

type Values<L> = HashMap<<L as Load>::Key, <L as Load>::Value>;
type Loaded<L> = Shared<BoxFuture<'static, Result<Arc<Values<L>>, LoadError>>>;

/// A batch that still collects keys.
struct OpenBatch<L: Load> {
    keys: HashSet<L::Key>,
    loaded: Loaded<L>,
}

/// The batches of one loader in one request.
pub struct Batcher<L: Load> {
    loader: Arc<L>,
    budget: Arc<Budget>,
    open: Arc<Mutex<Option<OpenBatch<L>>>>,
}

impl<L: Load> Batcher<L> {
    pub fn new(loader: L, budget: &Arc<Budget>) -> Self {
        Self { loader: Arc::new(loader), budget: Arc::clone(budget), open: Arc::default() }
    }

    /// Loads the value of a key, if it has one.
    ///
    /// # Errors
    /// When loading fails, or the request's budget is exhausted.
    pub async fn load_one(&self, key: L::Key) -> Result<Option<L::Value>, LoadError> {
        let values = self.join_batch(std::slice::from_ref(&key))?.await?;
        Ok(values.get(&key).cloned())
    }

    /// Loads the values of the keys; keys without a value are left out.
    ///
    /// # Errors
    /// When loading fails, or the request's budget is exhausted.
    pub async fn load_many(
        &self,
        keys: impl IntoIterator<Item = L::Key>,
    ) -> Result<Values<L>, LoadError> {
        let keys: Vec<L::Key> = keys.into_iter().collect();
        if keys.is_empty() {
            return Ok(HashMap::new());
        }
        let values = self.join_batch(&keys)?.await?;
        let found = keys.into_iter().filter_map(|key| {
            let value = values.get(&key)?.clone();
            Some((key, value))
        });
        Ok(found.collect())
    }

    /// Adds the keys to the open batch, or opens one.
    fn join_batch(&self, keys: &[L::Key]) -> Result<Loaded<L>, LoadError> {
        self.budget.spend(keys.len())?;
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let batch = open.get_or_insert_with(|| {
            let (loader, open) = (Arc::clone(&self.loader), Arc::clone(&self.open));
            let load = async move {
                tokio::time::sleep(DELAY).await;
                let batch = open.lock().unwrap_or_else(PoisonError::into_inner).take();
                let keys: Vec<_> = batch.into_iter().flat_map(|batch| batch.keys).collect();
                load_all(&*loader, &keys).await.map(Arc::new)
            };
            // The task is cancelled when all of its callers are dropped.
            let (task, loaded) = load.remote_handle();
            tokio::spawn(task);
            OpenBatch { keys: HashSet::new(), loaded: loaded.boxed().shared() }
        });
        batch.keys.extend(keys.iter().cloned());
        Ok(batch.loaded.clone())
    }
}

async fn load_all<L: Load>(loader: &L, keys: &[L::Key]) -> Result<Values<L>, LoadError> {
    let mut found = HashMap::with_capacity(keys.len());
    for keys in keys.chunks(MAX_KEYS) {
        found.extend(loader.load(keys).await?);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::graphql::limits::Limits;

    #[derive(Default)]
    struct Doubles {
        calls: AtomicUsize,
        keys: AtomicUsize,
    }

    impl Load for Arc<Doubles> {
        type Key = usize;
        type Value = usize;

        async fn load(&self, keys: &[usize]) -> Result<HashMap<usize, usize>, LoadError> {
            self.calls.fetch_add(1, Ordering::SeqCst);
            self.keys.fetch_add(keys.len(), Ordering::SeqCst);
            Ok(keys.iter().filter(|key| *key % 10 != 9).map(|key| (*key, key * 2)).collect())
        }
    }

    fn batcher(resolved: u64) -> (Arc<Doubles>, Batcher<Arc<Doubles>>) {
        let counts = Arc::new(Doubles::default());
        let budget = Arc::new(Budget::new(Limits { resolved, ..Limits::default() }));
        let batcher = Batcher::new(Arc::clone(&counts), &budget);
        (counts, batcher)
    }

    #[tokio::test]
    async fn thousands_of_calls_are_a_few_loads_and_wake_each_caller_once() {
        let (counts, batcher) = batcher(1_000_000);
        let polls = AtomicUsize::new(0);
        let calls = (0..20_000).map(|at| {
            let mut call = Box::pin(batcher.load_one(at % 5_000));
            std::future::poll_fn({
                let polls = &polls;
                move |cx| {
                    polls.fetch_add(1, Ordering::SeqCst);
                    call.as_mut().poll(cx)
                }
            })
        });
        let results = futures::future::join_all(calls).await;
        for (at, result) in results.into_iter().enumerate() {
            let key = at % 5_000;
            assert_eq!(result.unwrap(), (key % 10 != 9).then_some(key * 2));
        }
        assert_eq!(counts.calls.load(Ordering::SeqCst), 5);
        assert_eq!(counts.keys.load(Ordering::SeqCst), 5_000);
        assert!(polls.load(Ordering::SeqCst) <= 2 * 20_000, "{polls:?}");
    }

    #[tokio::test]
    async fn later_calls_form_a_new_batch() {
        let (counts, batcher) = batcher(1_000);
        assert_eq!(batcher.load_many([1, 2, 9]).await.unwrap(), HashMap::from([(1, 2), (2, 4)]));
        assert_eq!(batcher.load_one(1).await.unwrap(), Some(2));
        assert_eq!(batcher.load_many([]).await.unwrap(), HashMap::new());
        assert_eq!(counts.calls.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn an_exhausted_budget_loads_nothing_more() {
        let (counts, batcher) = batcher(100);
        assert!(batcher.load_many(0..200).await.is_err());
        assert!(batcher.load_one(1).await.is_err());
        assert_eq!(counts.calls.load(Ordering::SeqCst), 0);
    }

    #[tokio::test]
    async fn a_dropped_caller_does_not_stop_the_others() {
        let (_, batcher) = batcher(100);
        let mut first = Box::pin(batcher.load_one(1));
        assert!(futures::poll!(&mut first).is_pending());
        let second = batcher.load_one(2);
        drop(first);
        assert_eq!(second.await.unwrap(), Some(4));
    }
}
