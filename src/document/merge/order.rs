//! The order of a list. The file's order wins where the file is the only side that moved anything;
//! what only is stored stays where it was; what is new follows what it follows in the file.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

/// Puts a list in order: `keep` tells which of the stored stand although no arriving one claimed
/// them, `placed` are the arriving ones, each with the stored one that it claimed.
pub(super) fn arrange(
    stored: Vec<Value>,
    keep: &[bool],
    placed: Vec<(Value, Option<usize>)>,
    file_order_wins: bool,
) -> Vec<Value> {
    let mut slots: Vec<usize> = placed.iter().filter_map(|(_, claim)| *claim).collect();
    if slots.is_empty() {
        let kept = stored.into_iter().zip(keep).filter(|(_, keep)| **keep).map(|(value, _)| value);
        return kept.chain(placed.into_iter().map(|(value, _)| value)).collect();
    }
    // Each claimed one with the new ones around it, under the place that it takes.
    let mut groups: Vec<(usize, Vec<Value>)> = Vec::with_capacity(slots.len());
    let mut leading = Vec::new();
    for (value, claim) in placed {
        match (claim, groups.last_mut()) {
            (Some(claim), _) => {
                leading.push(value);
                groups.push((claim, std::mem::take(&mut leading)));
            }
            (None, Some((_, group))) => group.push(value),
            (None, None) => leading.push(value),
        }
    }
    if file_order_wins {
        slots.sort_unstable();
        for (slot, (place, _)) in slots.iter().zip(&mut groups) {
            *place = *slot;
        }
    }
    let mut groups: HashMap<usize, Vec<Value>> = groups.into_iter().collect();
    let mut result = Vec::with_capacity(stored.len());
    for (index, value) in stored.into_iter().enumerate() {
        match groups.remove(&index) {
            Some(group) => result.extend(group),
            None if keep[index] => result.push(value),
            None => {}
        }
    }
    result
}

/// Whether the file's order is to be taken: there is nothing to compare it with, or the file moved
/// items since its base and nobody else did.
pub(super) fn file_order_wins<T: Eq + std::hash::Hash>(
    base: Option<&[T]>,
    current: &[T],
    file: &[T],
) -> bool {
    let Some(base) = base else { return true };
    moved(base, file) && !moved(base, current)
}

/// Whether those that both have stand in another order.
fn moved<T: Eq + std::hash::Hash>(before: &[T], after: &[T]) -> bool {
    let (old, new): (HashSet<&T>, HashSet<&T>) = (before.iter().collect(), after.iter().collect());
    before.iter().filter(|id| new.contains(id)).ne(after.iter().filter(|id| old.contains(id)))
}
