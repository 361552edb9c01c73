//! Entities: people, ceremonies, platforms and genres. Their ids and names, the indexes that find
//! candidates for a name, redirects of merged entities, and credits.

mod blocks;
mod candidates;
pub(super) mod credits;
mod directory;
mod duplicates;
pub(super) mod entity_rows;
mod fuzzy;
mod mentioning_movies;
pub(super) mod name_index;
pub(super) mod names;
mod people_search;
pub(super) mod redirects;
pub(super) mod reference_data;
pub(super) mod stored_resolutions;
