//! Selecting movies by their sets of categories.

use sea_orm::Condition;
use sea_orm::sea_query::{Expr, ExprTrait as _};

use crate::document::{Category, CategorySet};
use crate::storage::tables::movie;

/// The categories in which a movie must have data, no data, or an open draft. Empty sets do not
/// filter.
#[derive(Debug, Clone, Copy)]
pub(super) struct PresenceFilter {
    present: CategorySet,
    missing: CategorySet,
    drafted: CategorySet,
}

impl PresenceFilter {
    pub(super) fn new(present: &[Category], missing: &[Category], drafted: &[Category]) -> Self {
        let set = |categories: &[Category]| categories.iter().copied().collect();
        Self { present: set(present), missing: set(missing), drafted: set(drafted) }
    }

    /// Whether a movie with these sets is selected.
    pub(super) const fn matches(self, present: CategorySet, drafted: CategorySet) -> bool {
        present.contains_all(self.present)
            && !present.intersects(self.missing)
            && drafted.contains_all(self.drafted)
    }

    pub(super) const fn is_empty(self) -> bool {
        self.present.is_empty() && self.missing.is_empty() && self.drafted.is_empty()
    }

    /// The condition for a movie that is at hand.
    pub(super) fn test(self) -> Condition {
        let contains_all = |column: movie::Column, set: CategorySet| {
            Expr::col((movie::Entity, column)).bit_and(set.bits()).eq(set.bits())
        };
        let mut all = Condition::all();
        if !self.present.is_empty() {
            all = all.add(contains_all(movie::Column::Present, self.present));
        }
        if !self.missing.is_empty() {
            let present = Expr::col((movie::Entity, movie::Column::Present));
            all = all.add(present.bit_and(self.missing.bits()).eq(0));
        }
        if !self.drafted.is_empty() {
            all = all.add(contains_all(movie::Column::Drafted, self.drafted));
        }
        all
    }
}
