//! How much is read of a text: so many values, which take many times the room of their text in
//! memory, and as much work as its budget has.

use std::cell::Cell;

use crate::document::budget::WorkBudget;

/// What a value counts.
pub(super) const VALUE: usize = 1;
/// What an object counts beside its own value: it takes the room of several.
pub(super) const OBJECT: usize = 4;
/// Most values of a document, an object counted as five. The largest that can be stored has about
/// 300,000.
pub const MAX_VALUES: usize = 500_000;

pub(super) struct Room<'b> {
    left: Cell<usize>,
    is_over: Cell<bool>,
    budget: &'b WorkBudget<'b>,
}

impl<'b> Room<'b> {
    pub(super) fn new(budget: &'b WorkBudget<'b>) -> Self {
        Self { left: Cell::new(MAX_VALUES), is_over: Cell::new(false), budget }
    }

    /// Takes room for values; whether there was any.
    pub(super) fn take(&self, values: usize) -> bool {
        match self.left.get().checked_sub(values) {
            Some(left) => self.left.set(left),
            None => self.is_over.set(true),
        }
        !self.is_over.get() && self.budget.charge(values)
    }

    /// Charges the reading of so many bytes; whether reading may go on.
    pub(super) fn pass(&self, bytes: usize) -> bool {
        self.budget.charge(bytes / 16)
    }

    /// Whether there are more values than are read.
    pub(super) const fn is_over(&self) -> bool {
        self.is_over.get()
    }
}
