//! Limits for reading one text: a maximum number of values, because values take much more memory
//! than their text, and a work budget.

use std::cell::Cell;

use crate::document::budget::WorkBudget;

/// The cost of a value.
pub(super) const VALUE: usize = 1;
/// The additional cost of an object, which takes the memory of several values.
pub(super) const OBJECT: usize = 4;
/// Maximum number of values in a document, an object counted as five. The largest document that can
/// be stored has about 300,000.
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

    /// Charges for values. Returns whether reading may continue.
    pub(super) fn take(&self, values: usize) -> bool {
        match self.left.get().checked_sub(values) {
            Some(left) => self.left.set(left),
            None => self.is_over.set(true),
        }
        !self.is_over.get() && self.budget.charge(values)
    }

    /// Charges the work budget for reading `bytes` bytes. Returns whether reading may continue.
    pub(super) fn pass(&self, bytes: usize) -> bool {
        self.budget.charge(bytes / 16)
    }

    /// Whether the maximum number of values is exceeded.
    pub(super) const fn is_over(&self) -> bool {
        self.is_over.get()
    }
}
