//! The trivia category: facts, as statements or as questions with answers.

use async_graphql::ID;

use crate::document::categories::{Category, CategoryDocument};
use crate::document::schema::definition::{Field, Item, KeyPart, define};
use crate::document::schema::rules::{PROSE, boolean, id, items, line, prose, title, url};
use crate::document::schema::scalars::WebUrl;

define! {
    /// Facts about a movie, as statements or as questions with answers.
    pub struct Trivia, input TriviaInput {
        /// The facts.
        items: Vec<TriviaItem> = items(&ITEM, "Trivia")
            .aliases(&["trivia", "facts", "trivia_items", "questions"]),
    }
}

define! {
    /// A fact about a movie. At least one of text and question is set.
    pub struct TriviaItem, input TriviaItemInput {
        /// The item's own id: opaque, stable, and assigned by the server. In an import, send it for
        /// an existing item and omit it for a new one.
        id: ID = id(),
        /// The fact as a statement. Null if the item is only a question.
        text: Option<String> = prose().aliases(&["fact", "trivia", "fakt"]),
        /// The fact as a question. Null if the item is only a statement.
        question: Option<String> = prose().aliases(&["frage"]),
        /// The answer to the question. Null if there is none.
        answer: Option<String> = title(PROSE).aliases(&["correct_answer", "antwort"]),
        /// An explanation of the fact or of the answer. Null if there is none.
        explanation: Option<String> = prose(),
        /// The kind of fact as free text, for example production. Null if unknown.
        category: Option<String> = line().aliases(&["type", "kategorie"]),
        /// Whether the item reveals the plot. Null if unknown.
        spoiler: Option<bool> = boolean().aliases(&["is_spoiler", "spoilers", "contains_spoiler"]),
        /// The URL of the source of the information. Null if unknown.
        source_url: Option<WebUrl> = url().aliases(&["source", "reference"]),
    }
}

static ITEM: Item = Item {
    fields: TriviaItem::FIELDS,
    id: "id",
    keys: &[&[KeyPart::Field("text")], &[KeyPart::Field("question"), KeyPart::Field("answer")]],
    entities: &[],
    entity_alone: false,
    spellings: None,
    bare_text: Some("text"),
    bare_defaults: &[],
    label: &["text", "question"],
    any_of: &["text", "question"],
    groups: &["category"],
    absence: None,
};

impl CategoryDocument for Trivia {
    const CATEGORY: Category = Category::Trivia;
    const FIELDS: &'static [Field] = Trivia::FIELDS;
}
