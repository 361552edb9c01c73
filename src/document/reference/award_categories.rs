//! What the categories of an award are called: "Best Actor" is "ACTOR IN A LEADING ROLE" at the
//! Academy Awards.

use std::collections::HashMap;

use super::REFERENCE;
use crate::document::entity::EntityKind;
use crate::document::schema::definition::Object;
use crate::document::text::comparable;

/// Groups of names that mean the same.
pub(super) struct CategorySet {
    /// From [`category_key`] to the first name of the group.
    canonical: HashMap<String, String>,
}

impl CategorySet {
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

/// The categories of one ceremony: its own names first, then those that it shares with others. A
/// group of its own and a shared one of the same first name are one.
pub(super) struct Categories {
    pub(super) own: CategorySet,
    pub(super) sets: Vec<String>,
}

/// How names of categories are compared: without case, accents and punctuation, and without the
/// words that sources put in front of any of them.
pub(super) fn category_key(text: &str) -> String {
    let text = comparable(text).replace('&', " and ");
    // What the mark of an omission parts is one word.
    let text = text.replace(['\'', '\u{2019}'], "");
    let words: Vec<&str> =
        text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let mut words = &words[..];
    for prefix in [&["award", "for"][..], &["best"], &["achievement", "in"]] {
        words = words.strip_prefix(prefix).filter(|rest| !rest.is_empty()).unwrap_or(words);
    }
    words.join(" ")
}

/// The name that stands for all that mean this category at the ceremony of that id; `None` if either
/// is not known.
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

/// The ceremony and the category that an award means, as far as they are known. `own_id` is the
/// ceremony's id in the catalogue; one that was made before it was in the data is known by its name.
#[must_use]
pub fn meaning_of_category(
    award: &Object,
    own_id: Option<&str>,
    category: &str,
) -> Option<(&'static str, &'static str)> {
    let text = |key: &str| award.get(key).and_then(|value| value.as_str());
    let kind = EntityKind::Ceremony;
    let known = own_id.and_then(|id| super::by_id(kind, id));
    let ceremony = known.or_else(|| super::by_name(kind, text("ceremony")?, text("language")))?;
    Some((&ceremony.id, award_category(&ceremony.id, category)?))
}
