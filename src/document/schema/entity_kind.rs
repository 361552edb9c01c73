//! The kinds of entities that documents reference.

use super::choice::define_choice;

define_choice! {
    /// The kind of an entity.
    pub enum EntityKind {
        /// A person who worked on a movie or was nominated.
        Person = "person",
        /// An award ceremony.
        Ceremony = "ceremony",
        /// A streaming platform.
        Platform = "platform",
        /// A genre.
        Genre = "genre",
    }
}

impl EntityKind {
    /// Whether a name identifies an entity of this kind, which can then be found by its name if its
    /// id is unknown. People often share a name; ceremonies, platforms and genres do not.
    #[must_use]
    pub const fn has_unique_names(self) -> bool {
        !matches!(self, Self::Person)
    }

    /// Whether documents reference entities of this kind by name alone, without an id.
    #[must_use]
    pub const fn is_referenced_by_name(self) -> bool {
        matches!(self, Self::Genre)
    }
}
