//! Trivia: facts, or questions with answers.

use async_graphql::ID;

use crate::document::categories::{Category, CategoryDocument};
use crate::document::schema::definition::{Field, Item, KeyPart, define};
use crate::document::schema::rules::{PROSE, boolean, id, items, line, prose, title, url};
use crate::document::schema::scalars::WebUrl;

define! {
    /// Facts about a movie, told as text or as a question with its answer.
    pub struct Trivia, input TriviaInput {
        /// The facts.
        items: Vec<TriviaItem> = items(&ITEM, "Trivia").aliases(&["trivia", "facts", "trivia_items", "questions"]),
    }
}

define! {
    /// One fact. It has a text, a question, or both.
    pub struct TriviaItem, input TriviaItemInput {
        /// This item's own id; stable and opaque.
        id: ID = id(),
        /// The fact as a statement.
        text: Option<String> = prose().aliases(&["fact", "trivia", "fakt"]),
        /// The fact as a question.
        question: Option<String> = prose().aliases(&["frage"]),
        /// The answer to the question.
        answer: Option<String> = title(PROSE).aliases(&["correct_answer", "antwort"]),
        /// Why it is so, or how it is known.
        explanation: Option<String> = prose(),
        /// The kind of fact, for example production.
        category: Option<String> = line().aliases(&["type", "kategorie"]),
        /// Whether it gives the plot away.
        spoiler: Option<bool> = boolean().aliases(&["is_spoiler", "spoilers", "contains_spoiler"]),
        /// Where this is known from.
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
