//! Sets of categories as one number: which categories of a movie have data, and which have a draft.

use super::Category;

/// A set of categories. Each category has one bit, by its place in the registry.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct CategorySet(i32);

impl CategorySet {
    /// The set of one category.
    #[must_use]
    pub const fn of(category: Category) -> Self {
        Self(1 << category as i32)
    }

    /// The number of the set.
    #[must_use]
    pub const fn bits(self) -> i32 {
        self.0
    }

    /// The set with this number.
    #[must_use]
    pub const fn from_bits(bits: i32) -> Self {
        Self(bits)
    }

    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    #[must_use]
    pub const fn contains(self, category: Category) -> bool {
        self.contains_all(Self::of(category))
    }

    /// Whether the set contains all categories of the other one.
    #[must_use]
    pub const fn contains_all(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether the two sets have a category in common.
    #[must_use]
    pub const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Adds a category.
    pub const fn insert(&mut self, category: Category) {
        self.0 |= Self::of(category).0;
    }

    /// The categories of the set, in the order of the registry.
    pub fn iter(self) -> impl Iterator<Item = Category> {
        Category::ALL.iter().copied().filter(move |category| self.contains(*category))
    }

    /// Describes which bit each category has. Stored sets are recomputed when it changes.
    #[must_use]
    pub fn numbering() -> String {
        Category::ALL.iter().map(|category| category.as_str()).collect::<Vec<_>>().join(",")
    }
}

impl FromIterator<Category> for CategorySet {
    fn from_iter<I: IntoIterator<Item = Category>>(categories: I) -> Self {
        let mut set = Self::default();
        categories.into_iter().for_each(|category| set.insert(category));
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_contains_what_was_added() {
        let all: CategorySet = Category::ALL.iter().copied().collect();
        assert_eq!(all.iter().collect::<Vec<_>>(), Category::ALL);
        assert_eq!(CategorySet::from_bits(all.bits()), all);
        let some: CategorySet = [Category::Awards, Category::BasicInfo].into_iter().collect();
        assert_eq!(some.iter().collect::<Vec<_>>(), [Category::BasicInfo, Category::Awards]);
        assert!(all.contains_all(some) && !some.contains_all(all) && some.intersects(all));
        assert!(!some.contains(Category::Trivia) && !CategorySet::default().intersects(all));
        assert!(CategorySet::default().is_empty() && !some.is_empty());
    }

    #[test]
    fn a_category_has_the_bit_of_its_place_in_the_numbering() {
        for (place, name) in CategorySet::numbering().split(',').enumerate() {
            let category: Category = name.parse().unwrap();
            assert_eq!(CategorySet::of(category).bits(), 1 << place);
        }
    }
}
