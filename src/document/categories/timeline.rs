//! Timeline: what happened when, from the first idea to the last re-release.

use async_graphql::ID;

use crate::document::categories::{Category, CategoryDocument};
use crate::document::schema::definition::{Field, Item, KeyPart, define};
use crate::document::schema::rules::{id, items, line, partial_date, prose, title, url};
use crate::document::schema::scalars::{PartialDate, WebUrl};

define! {
    /// What happened when, from the first idea to the last re-release.
    pub struct Timeline, input TimelineInput {
        /// The events.
        events: Vec<TimelineEvent> = items(&EVENT, "Event").aliases(&["timeline", "ereignisse"]),
    }
}

define! {
    /// One dated event.
    pub struct TimelineEvent, input TimelineEventInput {
        /// This event's own id; stable and opaque.
        id: ID = id(),
        /// When: a year, a month or a day.
        date: PartialDate = partial_date().required().aliases(&["datum"]),
        /// What happened, in a line.
        title: String = title(500).required().aliases(&["event", "name", "titel"]),
        /// What happened, at length.
        description: Option<String> = prose().aliases(&["details", "beschreibung"]),
        /// The kind of event, for example production or release.
        category: Option<String> = line().aliases(&["type"]),
        /// A picture or clip of it.
        media_url: Option<WebUrl> = url().aliases(&["image", "image_url"]),
        /// Where this is known from.
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
