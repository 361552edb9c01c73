//! The media category: images and clips of a movie.

use async_graphql::ID;

use crate::document::categories::{Category, CategoryDocument};
use crate::document::schema::choice::define_choice;
use crate::document::schema::definition::{Field, Item, ItemKey, KeyPart, define};
use crate::document::schema::rules::{choice, id, items, line, prose, url};
use crate::document::schema::scalars::WebUrl;

define! {
    /// Images and clips of a movie.
    pub struct Media, input MediaInput {
        /// The URL of the main poster. Null if there is none.
        poster_url: Option<WebUrl> = url().aliases(&["poster", "poster_path"]),
        /// The URL of the main backdrop, a wide image without text. Null if there is none.
        backdrop_url: Option<WebUrl> = url().aliases(&["backdrop", "backdrop_path"]),
        /// The URL of the main trailer. Null if there is none.
        trailer_url: Option<WebUrl> = url().aliases(&["trailer"]),
        /// All other images and clips.
        gallery: Vec<MediaItem> = items(&MEDIA_ITEM, "Gallery")
            .aliases(&["gallery_images", "images"])
            .item_keys(BY_KIND),
    }
}

define! {
    /// An image or clip.
    pub struct MediaItem, input MediaItemInput {
        /// The item's own id: opaque, stable, and assigned by the server. In an import, send it for
        /// an existing item and omit it for a new one.
        id: ID = id(),
        /// The URL of the image or clip.
        url: WebUrl = url().required().aliases(&["file_path", "image_url", "link", "src"]),
        /// The kind of image or clip.
        kind: MediaKind = choice(MediaKind::VALUES, KIND_SYNONYMS)
            .required()
            .aliases(&["type", "image_type"]),
        /// A caption that says what the image or clip shows. Null if there is none.
        caption: Option<String> = prose().aliases(&["title", "description"]),
        /// The language of the text in the image or clip, as free text such as English. Null if
        /// unknown, or if it contains no text.
        language: Option<String> = line().joined(),
    }
}

const KIND_SYNONYMS: &[(&str, &str)] = &[
    ("image", "still"),
    ("photo", "still"),
    ("photos", "still"),
    ("stills", "still"),
    ("screenshot", "still"),
    ("scene", "still"),
    ("behind the scenes", "still"),
    ("posters", "poster"),
    ("teaser poster", "poster"),
    ("theatrical poster", "poster"),
    ("character poster", "poster"),
    ("movie poster", "poster"),
    ("one-sheet", "poster"),
    ("key art", "poster"),
    ("backdrops", "backdrop"),
    ("background", "backdrop"),
    ("banner", "backdrop"),
    ("logos", "logo"),
    ("trailers", "trailer"),
    ("official trailer", "trailer"),
    ("teasers", "teaser"),
    ("teaser trailer", "teaser"),
    ("clips", "clip"),
];

const BY_KIND: &[ItemKey] = &[
    ItemKey { key: "posters", values: &[("kind", "poster")] },
    ItemKey { key: "backdrops", values: &[("kind", "backdrop")] },
    ItemKey { key: "stills", values: &[("kind", "still")] },
    ItemKey { key: "photos", values: &[("kind", "still")] },
    ItemKey { key: "logos", values: &[("kind", "logo")] },
    ItemKey { key: "trailers", values: &[("kind", "trailer")] },
    ItemKey { key: "teasers", values: &[("kind", "teaser")] },
    ItemKey { key: "clips", values: &[("kind", "clip")] },
];

define_choice! {
    /// The kind of an image or clip.
    pub enum MediaKind {
        /// A poster.
        Poster = "poster",
        /// A wide image without text.
        Backdrop = "backdrop",
        /// A frame of the movie, or a photo from the set.
        Still = "still",
        /// The title of the movie as a logo.
        Logo = "logo",
        /// A full-length trailer.
        Trailer = "trailer",
        /// A teaser: a short trailer published ahead of the full one.
        Teaser = "teaser",
        /// A clip from the movie, or about it.
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
    groups: &["kind"],
    absence: None,
};

impl CategoryDocument for Media {
    const CATEGORY: Category = Category::Media;
    const FIELDS: &'static [Field] = Media::FIELDS;
}
