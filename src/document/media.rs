//! Media: pictures and clips.

use async_graphql::ID;

use super::category::{Category, CategoryDocument};
use super::definition::{Field, Item, KeyPart, define, define_choice};
use super::rules::{choice, id, items, line, prose, url};
use super::scalars::WebUrl;

define! {
    /// Pictures and clips of a movie.
    pub struct Media, input MediaInput {
        /// The main poster.
        poster_url: Option<WebUrl> = url(),
        /// The main wide picture.
        backdrop_url: Option<WebUrl> = url(),
        /// The main trailer.
        trailer_url: Option<WebUrl> = url(),
        /// Everything else.
        gallery: Vec<MediaItem> = items(&MEDIA_ITEM, "Gallery").aliases(&["gallery_images"]),
    }
}

define! {
    /// One picture or clip.
    pub struct MediaItem, input MediaItemInput {
        /// This item's own id; stable and opaque.
        id: ID = id(),
        /// Where it is.
        url: WebUrl = url().required(),
        /// What it is.
        kind: MediaKind = choice(MediaKind::VALUES, &[("image", "still"), ("photo", "still")]).required().aliases(&["type"]),
        /// What it shows.
        caption: Option<String> = prose(),
        /// The language of the text in it, as text.
        language: Option<String> = line(),
    }
}

define_choice! {
    /// What a picture or clip is.
    pub enum MediaKind {
        /// A poster.
        Poster = "poster",
        /// A wide picture without text.
        Backdrop = "backdrop",
        /// A frame of the movie or a photo from the set.
        Still = "still",
        /// The title as a logo.
        Logo = "logo",
        /// A trailer.
        Trailer = "trailer",
        /// A teaser.
        Teaser = "teaser",
        /// A clip.
        Clip = "clip",
    }
}

static MEDIA_ITEM: Item = Item {
    fields: MediaItem::FIELDS,
    id: "id",
    keys: &[&[KeyPart::Field("url")]],
    entities: &[],
    entity_alone: false,
    spellings: None,
    bare_text: Some("url"),
    bare_defaults: &[("kind", "still")],
    label: &["caption", "url"],
    any_of: &[],
};

impl CategoryDocument for Media {
    const CATEGORY: Category = Category::Media;
    const FIELDS: &'static [Field] = Media::FIELDS;
}
