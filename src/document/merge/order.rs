//! The order of a merged list. The order of the document wins if the document has the whole list or
//! gives other `order` values, and only the document moved items since the base. Stored items that
//! the document lacks keep their positions. A new item follows the item that it follows in the
//! document; after the last item of a partial list it is added at the end.

use ahash::{HashMap, HashSet};
use serde_json::Value;

use crate::document::proposal::ImportMode;
use crate::document::schema::definition::{Item, Object, find};

/// How the order of a document is applied.
#[derive(Debug, Clone, Copy)]
pub(super) struct FileOrder {
    /// Whether the items of the document are put in its order.
    pub(super) wins: bool,
    /// Whether the document has a part of the list only: new items after its last item go to the
    /// end.
    pub(super) is_partial: bool,
}

/// The items of a list, each as a value that identifies it.
pub(super) struct Sides<'s, T> {
    /// The items of the base in their order; `None` if the base is not known.
    pub(super) base: Option<&'s [T]>,
    /// The stored items that are kept, in their order.
    pub(super) current: &'s [T],
    /// The items of the document, in its order.
    pub(super) file: &'s [T],
}

impl FileOrder {
    /// How the order of a document is applied under a mode. `gives_places`: whether its items have
    /// other `order` values than the stored ones.
    pub(super) fn of<T: Eq + std::hash::Hash>(
        mode: ImportMode,
        sides: &Sides<'_, T>,
        gives_places: bool,
    ) -> Self {
        let Sides { base, current, file } = *sides;
        let is_partial = mode == ImportMode::Merge && {
            let has: HashSet<&T> = file.iter().collect();
            // The document cannot have items that were added since the base.
            let known: Option<HashSet<&T>> = base.map(|base| base.iter().collect());
            let is_known = |id: &&T| known.as_ref().is_none_or(|known| known.contains(id));
            current.iter().filter(is_known).any(|id| !has.contains(id))
        };
        let wins = (!is_partial || gives_places)
            && base.is_none_or(|base| moved(base, file) && !moved(base, current));
        Self { wins, is_partial }
    }
}

/// The field with the position of an item in its list.
const PLACE: &str = "order";

/// Whether an arriving item gives another position than the stored one.
pub(super) fn gives_another_place(item: &Item, stored: &Object, sent: &Object) -> bool {
    let place = |object: &Object| object.get(PLACE).and_then(Value::as_i64);
    find(item.fields, PLACE).is_some()
        && place(sent).is_some_and(|sent| place(stored) != Some(sent))
}

/// Puts a merged list in order. `keep` states which stored items stay although no arriving item
/// claims them. `placed` are the arriving items, each with the index of the stored item that it
/// claims.
pub(super) fn arrange(
    stored: Vec<Value>,
    keep: &[bool],
    mut placed: Vec<(Value, Option<usize>)>,
    order: FileOrder,
) -> Vec<Value> {
    let mut slots: Vec<usize> = placed.iter().filter_map(|(_, claim)| *claim).collect();
    if slots.is_empty() {
        let kept = stored.into_iter().zip(keep).filter(|(_, keep)| **keep).map(|(value, _)| value);
        return kept.chain(placed.into_iter().map(|(value, _)| value)).collect();
    }
    let last = placed.iter().rposition(|(_, claim)| claim.is_some());
    let behind = match last {
        Some(last) if order.is_partial => placed.split_off(last + 1),
        _ => Vec::new(),
    };
    // Each aligned item with the new items around it, under its position.
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
    if order.wins {
        slots.sort_unstable();
        for (slot, (place, _)) in slots.iter().zip(&mut groups) {
            *place = *slot;
        }
    }
    let mut groups: HashMap<usize, Vec<Value>> = groups.into_iter().collect();
    let mut result = Vec::with_capacity(stored.len() + behind.len());
    for (index, value) in stored.into_iter().enumerate() {
        match groups.remove(&index) {
            Some(group) => result.extend(group),
            None if keep[index] => result.push(value),
            None => {}
        }
    }
    result.extend(behind.into_iter().map(|(value, _)| value));
    result
}

/// Whether the items that are in both lists are in different orders.
fn moved<T: Eq + std::hash::Hash>(before: &[T], after: &[T]) -> bool {
    let (old, new): (HashSet<&T>, HashSet<&T>) = (before.iter().collect(), after.iter().collect());
    before.iter().filter(|id| new.contains(id)).ne(after.iter().filter(|id| old.contains(id)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The list `abcd` after an import of the document `file`, in which capital letters are new
    /// items.
    fn merged(file: &str, base: Option<&str>, gives_places: bool) -> String {
        let stored: Vec<char> = "abcd".chars().collect();
        let base: Option<Vec<char>> = base.map(|base| base.chars().collect());
        let has: Vec<char> = file.chars().filter(char::is_ascii_lowercase).collect();
        let sides = Sides { base: base.as_deref(), current: &stored, file: &has };
        let order = FileOrder::of(ImportMode::Merge, &sides, gives_places);
        let place = |letter: char| stored.iter().position(|known| *known == letter);
        let placed = file.chars().map(|letter| (json!(letter.to_string()), place(letter)));
        let keep: Vec<bool> = stored.iter().map(|letter| !has.contains(letter)).collect();
        let stored = stored.iter().map(|letter| json!(letter.to_string())).collect();
        let list = arrange(stored, &keep, placed.collect(), order);
        list.iter().filter_map(Value::as_str).collect()
    }

    #[test]
    fn a_part_of_a_list_moves_nothing() {
        for base in [None, Some("abcd")] {
            assert_eq!(merged("ca", base, false), "abcd");
            assert_eq!(merged("dcb", base, false), "abcd");
            assert_eq!(merged("dcba", base, false), "dcba");
            assert_eq!(merged("ca", base, true), "cbad");
        }
        // d was added since the base revision.
        assert_eq!(merged("cba", Some("abc"), false), "cbad");
        // Another writer has moved it already.
        assert_eq!(merged("abdc", Some("bacd"), false), "abcd");
    }

    #[test]
    fn new_items_follow_their_predecessor_or_go_to_the_end_of_a_partial_list() {
        assert_eq!(merged("aX", None, false), "abcdX");
        assert_eq!(merged("aXbY", None, false), "aXbcdY");
        assert_eq!(merged("Xb", None, false), "aXbcd");
        assert_eq!(merged("abXcd", None, false), "abXcd");
        assert_eq!(merged("XY", None, false), "abcdXY");
    }
}
