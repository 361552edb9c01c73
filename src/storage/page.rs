//! Pages of lists that are read by key, forward from the start or backward from the end.

/// Which page of a list: up to `limit` entries after a position, or before it if `backward`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PageRequest<P> {
    /// The position; without one, the start of the list, or its end if `backward`.
    pub from: Option<P>,
    pub limit: u64,
    pub backward: bool,
}

impl<P> PageRequest<P> {
    /// The number of rows to read: one more than the page holds, which shows whether there are
    /// more.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.limit.saturating_add(1)
    }

    /// The entries of the page in the order of the list, from up to [`rows`](Self::rows) entries in
    /// the direction of reading, and whether there are more in that direction.
    #[must_use]
    pub fn cut<T>(&self, mut rows: Vec<T>) -> (Vec<T>, bool) {
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let has_more = rows.len() > limit;
        rows.truncate(limit);
        if self.backward {
            rows.reverse();
        }
        (rows, has_more)
    }
}
