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

pub(super) struct Limits<'b> {
    left: Cell<usize>,
    is_exceeded: Cell<bool>,
    budget: &'b WorkBudget<'b>,
}

impl<'b> Limits<'b> {
    pub(super) fn new(budget: &'b WorkBudget<'b>) -> Self {
        Self { left: Cell::new(MAX_VALUES), is_exceeded: Cell::new(false), budget }
    }

    /// Charges for values. Returns whether reading may continue.
    pub(super) fn take(&self, values: usize) -> bool {
        match self.left.get().checked_sub(values) {
            Some(left) => self.left.set(left),
            None => self.is_exceeded.set(true),
        }
        !self.is_exceeded.get() && self.budget.charge(values)
    }

    /// Charges the work budget for reading `bytes` bytes. Returns whether reading may continue.
    pub(super) fn charge(&self, bytes: usize) -> bool {
        self.budget.charge(bytes / 16)
    }

    /// Whether the maximum number of values is exceeded.
    pub(super) const fn is_exceeded(&self) -> bool {
        self.is_exceeded.get()
    }
}
