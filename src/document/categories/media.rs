//! Media: pictures and clips.

use async_graphql::ID;

use crate::document::categories::{Category, CategoryDocument};
use crate::document::schema::definition::{Field, Item, ItemKey, KeyPart, define, define_choice};
use crate::document::schema::rules::{choice, id, items, line, prose, url};
use crate::document::schema::scalars::WebUrl;

define! {
    /// Pictures and clips of a movie.
    pub struct Media, input MediaInput {
        /// The main poster.
        poster_url: Option<WebUrl> = url().aliases(&["poster", "poster_path"]),
        /// The main wide picture.
        backdrop_url: Option<WebUrl> = url().aliases(&["backdrop", "backdrop_path"]),
        /// The main trailer.
        trailer_url: Option<WebUrl> = url().aliases(&["trailer"]),
        /// Everything else.
        gallery: Vec<MediaItem> = items(&MEDIA_ITEM, "Gallery").aliases(&["gallery_images", "images"]).item_keys(BY_KIND),
    }
}

define! {
    /// One picture or clip.
    pub struct MediaItem, input MediaItemInput {
        /// This item's own id; stable and opaque.
        id: ID = id(),
        /// Where it is.
        url: WebUrl = url().required().aliases(&["file_path", "image_url", "link", "src"]),
        /// What it is.
        kind: MediaKind = choice(MediaKind::VALUES, KIND_SYNONYMS).required().aliases(&["type", "image_type"]),
        /// What it shows.
        caption: Option<String> = prose().aliases(&["title", "description"]),
        /// The language of the text in it, as text.
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
    groups: &["kind"],
    absence: None,
};

impl CategoryDocument for Media {
    const CATEGORY: Category = Category::Media;
    const FIELDS: &'static [Field] = Media::FIELDS;
}
