//! Canonical names of award categories: at the Academy Awards, "Best Actor" and "ACTOR IN A LEADING
//! ROLE" are the same category.

use ahash::{HashMap, HashMapExt as _};

use super::REFERENCE;
use crate::document::schema::definition::Object;
use crate::document::schema::entities::EntityKind;
use crate::document::text::comparable;

/// Groups of names, each for one award category.
pub(super) struct AwardCategorySet {
    /// Maps the [`category_key`] of each name to the first name of its group.
    canonical: HashMap<String, String>,
}

impl AwardCategorySet {
    pub(super) fn new(groups: &[Vec<String>]) -> Self {
        let mut canonical = HashMap::new();
        for group in groups {
            for name in group {
                canonical.insert(category_key(name), group[0].clone());
            }
        }
        Self { canonical }
    }
}

/// The award categories of one ceremony. Its own names take precedence over the shared sets. An own
/// group and a shared group with the same first name are one category.
pub(super) struct Categories {
    pub(super) own: AwardCategorySet,
    /// The names of the shared sets that the ceremony uses.
    pub(super) sets: Vec<String>,
}

/// The form in which names of award categories are compared: without case, accents, punctuation,
/// and prefixes such as "Best" that sources add to any name.
pub(super) fn category_key(text: &str) -> String {
    let text = comparable(text).replace('&', " and ");
    // A word with an apostrophe counts as one word.
    let text = text.replace(['\'', '\u{2019}'], "");
    let words: Vec<&str> =
        text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let mut words = &words[..];
    for prefix in [&["award", "for"][..], &["best"], &["achievement", "in"]] {
        words = words.strip_prefix(prefix).filter(|rest| !rest.is_empty()).unwrap_or(words);
    }
    words.join(" ")
}

/// The canonical name of an award category at a ceremony; `None` if the ceremony or the category is
/// not in the reference data.
#[must_use]
pub fn award_category(ceremony_id: &str, category: &str) -> Option<&'static str> {
    let categories = REFERENCE.categories.get(ceremony_id)?;
    let shared = categories.sets.iter().filter_map(|name| REFERENCE.category_sets.get(name));
    let key = category_key(category);
    std::iter::once(&categories.own)
        .chain(shared)
        .find_map(|set| set.canonical.get(&key))
        .map(String::as_str)
}

/// The id of an award's ceremony and the canonical name of its category; `None` if either is not in
/// the reference data. `ceremony_id` is the ceremony's id in the catalogue. If that id is not in
/// the reference data, the ceremony is found by its name.
#[must_use]
pub fn canonical_award_category(
    award: &Object,
    ceremony_id: Option<&str>,
    category: &str,
) -> Option<(&'static str, &'static str)> {
    let text = |key: &str| award.get(key).and_then(|value| value.as_str());
    let kind = EntityKind::Ceremony;
    let known = ceremony_id.and_then(|id| super::by_id(kind, id));
    let ceremony = known.or_else(|| super::by_name(kind, text("ceremony")?, text("language")))?;
    Some((&ceremony.id, award_category(&ceremony.id, category)?))
}
