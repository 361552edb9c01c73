//! The timeline category: dated events in the history of a movie.

use async_graphql::ID;

use crate::document::categories::{Category, CategoryDocument};
use crate::document::schema::definition::{Field, Item, KeyPart, define};
use crate::document::schema::rules::{id, items, line, partial_date, prose, title, url};
use crate::document::schema::scalars::{PartialDate, WebUrl};

define! {
    /// The history of a movie as a list of dated events, from the first idea to re-releases.
    pub struct Timeline, input TimelineInput {
        /// The events.
        events: Vec<TimelineEvent> = items(&EVENT, "Event").aliases(&["timeline", "ereignisse"]),
    }
}

define! {
    /// A dated event, such as the start of shooting or a premiere.
    pub struct TimelineEvent, input TimelineEventInput {
        /// The event's own id: opaque, stable, and assigned by the server. In an import, send it
        /// for an existing event and omit it for a new one.
        id: ID = id(),
        /// The date of the event: a year, a month or a day, for example 1998, 1998-06 or
        /// 1998-06-08.
        date: PartialDate = partial_date().required().aliases(&["datum"]),
        /// What happened, in one line. At most 500 characters.
        title: String = title(500).required().aliases(&["event", "name", "titel"]),
        /// What happened, in detail. At most 20,000 characters. Null if there is no description.
        description: Option<String> = prose().aliases(&["details", "beschreibung"]),
        /// The kind of event as free text, for example production or release. Null if unknown.
        category: Option<String> = line().aliases(&["type"]),
        /// The URL of an image or clip of the event. Null if there is none.
        media_url: Option<WebUrl> = url().aliases(&["image", "image_url"]),
        /// The URL of the source of the information. Null if unknown.
        source_url: Option<WebUrl> = url().aliases(&["source", "reference"]),
    }
}

static EVENT: Item = Item {
    fields: TimelineEvent::FIELDS,
    id: "id",
    keys: &[&[KeyPart::Field("date"), KeyPart::Field("title")]],
    entities: &[],
    entity_alone: false,
    spellings: None,
    bare_text: Some("title"),
    bare_defaults: &[],
    label: &["title", "date"],
    any_of: &[],
    groups: &["date"],
    absence: None,
};

impl CategoryDocument for Timeline {
    const CATEGORY: Category = Category::Timeline;
    const FIELDS: &'static [Field] = Timeline::FIELDS;
}
