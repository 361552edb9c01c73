//! The inputs of queries and mutations that are not documents.

use std::collections::BTreeSet;

use async_graphql::{Enum, ID, InputObject};

use crate::catalog::drafts::publish::PublishOptions;
use crate::catalog::import::ImportOptions;
use crate::catalog::movies::MovieQuery;
use crate::document::categories::basic_info::ReleaseStatus;
use crate::document::merge::{ConflictPolicy, ImportMode, NullPolicy};
use crate::document::resolve::Resolution;
use crate::document::{Category, CategoryInput, Source, Stage};
use crate::graphql::error::ApiError;
use crate::graphql::limits::MAX_SEARCH;
use crate::storage::{self, OrderBy};

/// Which movies to list. Everything that is given must fit.
#[derive(Debug, Clone, InputObject)]
pub struct MovieFilter {
    /// Part of the title or the original title; case, accents, spacing and the kind of quotation
    /// marks and dashes do not matter.
    search: Option<String>,
    /// The earliest year of release.
    year_from: Option<i32>,
    /// The latest year of release.
    year_to: Option<i32>,
    /// Names of genres, all of which the movie must have.
    #[graphql(validator(max_items = 20))]
    genres: Option<Vec<String>>,
    /// Where it stands between rumour and release.
    status: Option<ReleaseStatus>,
    /// Categories that must hold something.
    present: Option<Vec<Category>>,
    /// Categories that must hold nothing.
    missing: Option<Vec<Category>>,
}

/// Reads a filter.
///
/// # Errors
/// When a text in it is too long or holds what no database can.
pub fn query_of(filter: Option<MovieFilter>) -> Result<MovieQuery, ApiError> {
    let Some(filter) = filter else { return Ok(MovieQuery::default()) };
    let texts = filter.search.iter().chain(filter.genres.iter().flatten());
    for text in texts {
        if text.contains('\0') || text.chars().count() > MAX_SEARCH {
            let allowed = format!("at most {MAX_SEARCH} characters, none of them U+0000");
            return Err(ApiError::BadInput(format!("filter: a text has {allowed}")));
        }
    }
    Ok(filter.into())
}

fn distinct(categories: Option<Vec<Category>>) -> Vec<Category> {
    let given: BTreeSet<Category> = categories.into_iter().flatten().collect();
    given.into_iter().collect()
}

impl From<MovieFilter> for MovieQuery {
    fn from(filter: MovieFilter) -> Self {
        Self {
            filter: storage::MovieFilter {
                search: filter.search,
                year_from: filter.year_from,
                year_to: filter.year_to,
                genres: Vec::new(),
                status: filter.status.map(|status| status.as_str().to_owned()),
                present: distinct(filter.present),
                missing: distinct(filter.missing),
            },
            genre_names: filter.genres.unwrap_or_default(),
        }
    }
}

/// What movies are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum MovieOrderField {
    /// The title, without regard to case and accents. Movies without one come first.
    Title,
    /// The year of release. Movies without one come first.
    Year,
    /// When any document of the movie last really changed.
    Updated,
}

/// Which way to sort.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum OrderDirection {
    /// Smallest first.
    Asc,
    /// Largest first.
    Desc,
}

/// How to sort movies; the id decides between equals.
#[derive(Debug, Clone, InputObject)]
pub struct MovieOrder {
    /// What to sort by.
    field: MovieOrderField,
    /// Which way to sort.
    #[graphql(default_with = "OrderDirection::Asc")]
    direction: OrderDirection,
}

/// Movies come by title unless another order is asked for.
pub fn order_of(order: Option<MovieOrder>) -> storage::MovieOrder {
    let Some(order) = order else {
        return storage::MovieOrder { by: OrderBy::Title, descending: false };
    };
    let by = match order.field {
        MovieOrderField::Title => OrderBy::Title,
        MovieOrderField::Year => OrderBy::Year,
        MovieOrderField::Updated => OrderBy::Updated,
    };
    storage::MovieOrder { by, descending: order.direction == OrderDirection::Desc }
}

/// Email and password.
#[derive(InputObject)]
pub struct LoginInput {
    /// The account's email address.
    pub email: String,
    /// Its password.
    #[graphql(secret)]
    pub password: String,
}

/// A movie to create.
#[derive(Debug, InputObject)]
pub struct CreateMovieInput {
    /// The movie's id, for example tmdb-550: 1 to 64 characters of A-Z a-z 0-9 . _ -, beginning with
    /// a letter or digit, never holding "..".
    pub id: ID,
    /// The title, 1 to 300 characters.
    pub title: String,
}

/// A movie to delete.
#[derive(Debug, InputObject)]
pub struct DeleteMovieInput {
    /// The movie's id.
    pub id: ID,
}

/// A category to import from typed input.
#[derive(Debug, InputObject)]
pub struct ImportCategoryInput {
    /// The movie's id.
    pub movie_id: ID,
    /// The data of exactly one category. A field that is left out is left as it is stored; null
    /// clears it.
    pub data: CategoryInput,
    /// How to import.
    pub options: Option<ImportOptionsInput>,
}

/// A document to import.
#[derive(Debug, InputObject)]
pub struct ImportDocumentInput {
    /// The movie's id; the document must name the same, or none.
    pub movie_id: ID,
    /// The category that the document must be of; found from the document if it is left out. If it is given,
    /// the document may lack its envelope.
    pub category: Option<Category>,
    /// The text of an exported file, as JSON, or the answer of a language model with it.
    pub document: String,
    /// How to import.
    pub options: Option<ImportOptionsInput>,
}

/// How to import.
#[derive(Debug, InputObject)]
#[allow(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub struct ImportOptionsInput {
    /// Which state of the document to import into. A draft waits for someone to publish it; there is one
    /// for each document, shared by all who contribute.
    #[graphql(default_with = "Stage::Published")]
    target: Stage,
    /// Whether the import may also remove list items that the document no longer has.
    #[graphql(default_with = "ImportMode::Merge")]
    mode: ImportMode,
    /// Plan only: the answer says what would change, and nothing is written.
    #[graphql(default)]
    dry_run: bool,
    /// The digest of a plan. If what the import would do is another plan by now, nothing is written and
    /// the answer is PLAN_STALE with the new plan.
    expected_plan: Option<String>,
    /// Where the values come from. Left out, it is found: from the token, from the document, else
    /// MANUAL.
    source: Option<Source>,
    /// The revision that the document was made from. Left out, it is read from the document. REPLACE
    /// removes nothing without it; the current revision says that the document is all there is.
    base_revision: Option<i64>,
    /// What null means. Left out: CLEAR in typed input, KEEP in a document, where null is what a
    /// language model writes for "I don't know". A list is cleared by null under REPLACE only.
    nulls: Option<NullPolicy>,
    /// Ids of list items to remove.
    #[graphql(validator(max_items = 5000))]
    remove_items: Option<Vec<ID>>,
    /// Answers to the question who a name means, where the plan has AMBIGUOUS or another answer is the right
    /// one.
    #[graphql(validator(max_items = 5000))]
    resolutions: Option<Vec<MatchResolutionInput>>,
    /// How to settle a value that both the document and the catalogue have changed, each in its own way,
    /// since the document was made.
    #[graphql(default_with = "ConflictPolicy::Fail")]
    on_conflict: ConflictPolicy,
    /// Whether a person's own edit may change what is locked. An import from TMDB or LLM_GENERATED never
    /// does.
    #[graphql(default)]
    override_locks: bool,
    /// Whether an unknown key in the document is an error instead of a warning.
    #[graphql(default)]
    strict: bool,
    /// Whether to take texts without citation marks, Markdown, HTML and invisible characters. Else they are
    /// kept as sent, with a warning MARKUP_IN_TEXT that shows the cleaned text.
    #[graphql(default)]
    clean: bool,
    /// Whether to create the movie if there is none of this id. Needs the role ADMIN; a dry run plans it.
    #[graphql(default)]
    create_movie: bool,
    /// Makes a repeated request the same request: within a day, the same key with the same input gets the
    /// first answer and nothing is done again; with another input, IDEMPOTENCY_MISMATCH. 1 to 255
    /// characters, of your making (a UUID).
    idempotency_key: Option<String>,
}

/// Who a name means: exactly one of entityId, createNew and skip. The answer is remembered for this spelling
/// on this movie, so that the same document needs no answer the next time.
#[derive(Debug, Clone, InputObject)]
pub struct MatchResolutionInput {
    /// JSON Pointer into the imported data, as the plan's match has it: /cast/3/name.
    pub path: String,
    /// The id of the entity that is meant: one of the candidates, or any other.
    pub entity_id: Option<ID>,
    /// Whether somebody is meant who is not known here; a new entity is made.
    #[graphql(default)]
    pub create_new: bool,
    /// Whether the name is to be left out of the import, with the item that has it.
    #[graphql(default)]
    pub skip: bool,
    /// Whether the answer holds for this spelling on all movies from now on.
    #[graphql(default)]
    pub everywhere: bool,
}

fn resolutions_of(resolutions: Option<Vec<MatchResolutionInput>>) -> Vec<Resolution> {
    let resolutions = resolutions.unwrap_or_default().into_iter();
    resolutions
        .map(|given| {
            Resolution::of(
                given.path,
                given.entity_id.map(|id| id.0),
                given.create_new,
                given.skip,
                given.everywhere,
            )
        })
        .collect()
}

/// A draft to publish.
#[derive(Debug, InputObject)]
pub struct PublishDraftInput {
    /// The movie's id.
    pub movie_id: ID,
    /// Which category.
    pub category: Category,
    /// Plan only: the answer says what would change, and nothing is written.
    #[graphql(default)]
    pub dry_run: bool,
    /// The digest of a plan. If publishing would do something else by now, nothing is written and the
    /// answer is PLAN_STALE with the new plan.
    pub expected_plan: Option<String>,
    /// How to settle a value that was changed in the draft and, in another way, in the published document
    /// since the draft was opened.
    #[graphql(default_with = "ConflictPolicy::Fail")]
    pub on_conflict: ConflictPolicy,
    /// Answers to the draft's open questions: who the names mean that the plan calls AMBIGUOUS.
    #[graphql(validator(max_items = 5000))]
    pub resolutions: Option<Vec<MatchResolutionInput>>,
    /// Whether what is locked may change. Without it, what an automatic source contributed to a locked
    /// value is left out, and what people contributed is refused.
    #[graphql(default)]
    pub override_locks: bool,
    /// Makes a repeated request the same request; see ImportOptionsInput.
    pub idempotency_key: Option<String>,
}

impl PublishDraftInput {
    /// The options as the application takes them.
    pub fn options(&self) -> PublishOptions {
        PublishOptions {
            dry_run: self.dry_run,
            expected_plan: self.expected_plan.clone(),
            on_conflict: Some(self.on_conflict),
            resolutions: resolutions_of(self.resolutions.clone()),
            override_locks: self.override_locks,
            idempotency_key: self.idempotency_key.clone(),
        }
    }
}

/// A draft to discard.
#[derive(Debug, InputObject)]
pub struct DiscardDraftInput {
    /// The movie's id.
    pub movie_id: ID,
    /// Which category.
    pub category: Category,
}

/// A draft to edit.
#[derive(Debug, InputObject)]
pub struct UpdateDraftInput {
    /// The movie's id.
    pub movie_id: ID,
    /// The data of exactly one category, of which there must be a draft. A field that is left out is left
    /// as it is in the draft; null clears it.
    pub data: CategoryInput,
    /// How to import. The target is the draft, whatever it says here.
    pub options: Option<ImportOptionsInput>,
}

/// A revision to go back to.
#[derive(Debug, InputObject)]
pub struct RevertCategoryInput {
    /// The movie's id.
    pub movie_id: ID,
    /// Which category.
    pub category: Category,
    /// The revision whose document is to be the newest again; 0 is the empty document.
    pub revision: i64,
    /// Plan only: the answer says what would change, and nothing is written.
    #[graphql(default)]
    pub dry_run: bool,
    /// The digest of a plan. If going back would do something else by now, nothing is written and the
    /// answer is PLAN_STALE with the new plan.
    pub expected_plan: Option<String>,
    /// Whether what is locked may change; else a revision with another locked value is refused.
    #[graphql(default)]
    pub override_locks: bool,
    /// Makes a repeated request the same request; see ImportOptionsInput.
    pub idempotency_key: Option<String>,
}

impl RevertCategoryInput {
    /// The options as the application takes them.
    pub fn options(&self) -> PublishOptions {
        PublishOptions {
            dry_run: self.dry_run,
            expected_plan: self.expected_plan.clone(),
            on_conflict: None,
            resolutions: Vec::new(),
            override_locks: self.override_locks,
            idempotency_key: self.idempotency_key.clone(),
        }
    }
}

/// The options as the application takes them; `nulls` is what null means if they do not say.
pub fn options_of(input: Option<ImportOptionsInput>, nulls: NullPolicy) -> ImportOptions {
    let Some(input) = input else { return ImportOptions { nulls, ..ImportOptions::default() } };
    ImportOptions {
        target: input.target,
        mode: input.mode,
        dry_run: input.dry_run,
        expected_plan: input.expected_plan,
        on_conflict: input.on_conflict,
        override_locks: input.override_locks,
        idempotency_key: input.idempotency_key,
        needs_draft: false,
        revision: None,
        source: input.source,
        nulls: input.nulls.unwrap_or(nulls),
        base_revision: input.base_revision,
        remove_items: input.remove_items.unwrap_or_default().into_iter().map(|id| id.0).collect(),
        resolutions: resolutions_of(input.resolutions),
        strict: input.strict,
        clean: input.clean,
        create_movie: input.create_movie,
    }
}
