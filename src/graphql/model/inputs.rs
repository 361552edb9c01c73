//! Input types that are not part of a document: filters, sort orders, mutation inputs and options.

use async_graphql::{Enum, ID, InputObject};

use crate::catalog::drafts::publish::PublishOptions;
use crate::catalog::import::ImportOptions;
use crate::document::node_ids::{plain_entity_id, plain_item_id};
use crate::document::proposal::{ConflictPolicy, ImportMode, NullPolicy};
use crate::document::resolve::Resolution;
use crate::document::{Category, CategoryInput, Source, Stage};
use crate::storage::{self, OrderBy};

/// Selects people by their names.
#[derive(Debug, Clone, InputObject)]
pub struct PersonFilter {
    /// A name, an alias, or a part of one; at most 500 characters.
    pub search: String,
}

/// Selects ceremonies, platforms or genres by their names.
#[derive(Debug, Clone, InputObject)]
pub struct EntityFilter {
    /// A name, an alias, or a part of one; at most 500 characters. Default: all.
    pub search: Option<String>,
}

/// What movies are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum MovieOrderField {
    /// The title, ignoring case and accents. In ascending order, movies without a title come first.
    Title,
    /// The year of release. In ascending order, movies without a year come first.
    Year,
    /// When any document of the movie last changed.
    Updated,
    /// How well the title matches filter.search: the equal title and titles that start with it
    /// come first, then titles that contain it elsewhere, and original titles; each sorted by
    /// title. Without a search, as TITLE.
    Relevance,
}

/// The direction of a sort order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum OrderDirection {
    /// Ascending: A to Z, oldest first.
    Asc,
    /// Descending: Z to A, newest first.
    Desc,
}

/// A sort order for movies. Movies that compare equal are sorted by id.
#[derive(Debug, Clone, InputObject)]
pub struct MovieOrder {
    /// What to sort by.
    field: MovieOrderField,
    /// The direction.
    #[graphql(default_with = "OrderDirection::Asc")]
    direction: OrderDirection,
}

/// Converts a sort order; the default is by relevance in a search, else by title, ascending.
pub fn movie_order(order: Option<MovieOrder>, search: Option<&str>) -> storage::MovieOrder {
    let by_title = if search.is_some() { OrderBy::Relevance } else { OrderBy::Title };
    let Some(order) = order else {
        return storage::MovieOrder { by: by_title, descending: false };
    };
    let by = match order.field {
        MovieOrderField::Relevance => by_title,
        MovieOrderField::Title => OrderBy::Title,
        MovieOrderField::Year => OrderBy::Year,
        MovieOrderField::Updated => OrderBy::Updated,
    };
    storage::MovieOrder { by, descending: order.direction == OrderDirection::Desc }
}

/// The movie to create.
#[derive(Debug, InputObject)]
pub struct CreateMovieInput {
    /// The id of the new movie, for example tmdb-550: 1 to 64 characters of A-Z a-z 0-9 . _ -,
    /// starting with a letter or digit, without "..".
    pub id: ID,
    /// The title, 1 to 300 characters.
    pub title: String,
}

/// The movie to delete.
#[derive(Debug, InputObject)]
pub struct DeleteMovieInput {
    /// The movie's id, for example tmdb-550.
    pub id: ID,
}

/// Typed data to import into one category of a movie.
#[derive(Debug, InputObject)]
pub struct ImportCategoryInput {
    /// The movie's id, for example tmdb-550.
    pub movie_id: ID,
    /// The data of exactly one category. A field that is left out keeps its stored value; null
    /// clears it.
    pub data: CategoryInput,
    /// How to import. Default: merge and publish.
    pub options: Option<ImportOptionsInput>,
}

/// A document to import, as text.
#[derive(Debug, InputObject)]
pub struct ImportDocumentInput {
    /// The movie's id, for example tmdb-550. If the document names a movie, it must be this one.
    pub movie_id: ID,
    /// The category that the document must have. If it is left out, the category is read from the
    /// document. If it is given, the document may consist of the data alone, without its envelope.
    pub category: Option<Category>,
    /// The text of an exported JSON file, or the answer of a language model that contains one.
    pub document: String,
    /// How to import. Default: merge and publish.
    pub options: Option<ImportOptionsInput>,
}

/// How to import.
#[derive(Debug, InputObject)]
#[allow(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub struct ImportOptionsInput {
    /// The stage to write to: publish the changes, or add them to the category's draft for review.
    #[graphql(default_with = "Stage::Published")]
    target: Stage,
    /// Whether the import may also remove list items that the document no longer contains.
    #[graphql(default_with = "ImportMode::Merge")]
    mode: ImportMode,
    /// Whether to only plan: the result shows what would change, and nothing is written.
    #[graphql(default)]
    dry_run: bool,
    /// The digest of a plan that a dry run returned. If the import would no longer have this plan,
    /// nothing is written, and the result is a user error PLAN_STALE with the new plan.
    expected_plan: Option<String>,
    /// Paths of changes of the plan expectedPlan that are not to be made, as in PlannedChange.path;
    /// at most 20,000. The plan in the result lacks them, and has a digest of its own. If a removal
    /// and an addition have the same path, the path means both; "REMOVE /genres/1" means only the
    /// removal. The name of a person, ceremony or platform and its id are skipped together. A
    /// skipped change that settles a conflict keeps the stored value.
    #[graphql(validator(max_items = 20000))]
    skip_changes: Option<Vec<String>>,
    /// Where the values come from. If it is left out: the source of the access token, else the
    /// source that the document names, else MANUAL.
    source: Option<Source>,
    /// The revision that the document was exported from. Default: metadata.revision of the
    /// document. A REPLACE that would remove items needs it (BASE_REQUIRED); give the current
    /// revision to confirm that the document is complete.
    base_revision: Option<i64>,
    /// What a null in the data does. Default: CLEAR for typed input, KEEP for a document, because
    /// language models write null for values that they do not know. A null list is emptied only
    /// with REPLACE.
    nulls: Option<NullPolicy>,
    /// Ids of list items to remove, in either mode; at most 5,000.
    #[graphql(validator(max_items = 5000))]
    remove_items: Option<Vec<ID>>,
    /// Which entities the document's names mean, for names that the plan reports as AMBIGUOUS or
    /// matched wrongly; at most 5,000.
    #[graphql(validator(max_items = 5000))]
    resolutions: Option<Vec<MatchResolutionInput>>,
    /// How to settle a value that both the document and the catalogue changed, differently, since
    /// the document was exported.
    #[graphql(default_with = "ConflictPolicy::Fail")]
    on_conflict: ConflictPolicy,
    /// Whether to change locked values. It has an effect only if the source is MANUAL: imports from
    /// TMDB or LLM_GENERATED never change locked values.
    #[graphql(default)]
    override_locks: bool,
    /// Whether an unknown key in the document is a user error. Default: a warning.
    #[graphql(default)]
    strict: bool,
    /// Whether to remove citation marks, Markdown, HTML and invisible characters from texts.
    /// Otherwise texts are stored as sent, and a warning MARKUP_IN_TEXT shows the cleaned text.
    #[graphql(default)]
    clean: bool,
    /// Whether to create the movie if it does not exist. Needs the role ADMIN, except in a dry run.
    #[graphql(default)]
    create_movie: bool,
    /// A key that makes retries safe, 1 to 255 characters, for example a UUID. For a day, a
    /// repeated request with the same key and input returns the first result without importing
    /// again. The same key with another input is a user error IDEMPOTENCY_MISMATCH.
    idempotency_key: Option<String>,
}

/// Which entity a name means. Give exactly one of entityId, createNew and skip. The resolution is
/// remembered for this spelling on this movie, so that the same document needs no resolution the
/// next time.
#[derive(Debug, Clone, InputObject)]
pub struct MatchResolutionInput {
    /// JSON Pointer (RFC 6901) to the name in the imported data, as in PlanMatch.path, for example
    /// /cast/3/name.
    pub path: String,
    /// The id of the entity: one of the candidates, or any other entity of the same kind.
    pub entity_id: Option<ID>,
    /// Whether the name means an entity that is not in the catalogue yet. A new one is created.
    #[graphql(default)]
    pub create_new: bool,
    /// Whether to leave the name, and the list item that contains it, out of the import.
    #[graphql(default)]
    pub skip: bool,
    /// Whether to remember the resolution for this spelling on all movies.
    #[graphql(default)]
    pub everywhere: bool,
}

/// Ids of items as files contain them.
pub fn plain_item_ids(ids: Option<Vec<ID>>) -> Vec<String> {
    ids.into_iter().flatten().map(|id| plain_item_id(&id).to_owned()).collect()
}

fn to_resolutions(resolutions: Option<Vec<MatchResolutionInput>>) -> Vec<Resolution> {
    let resolutions = resolutions.unwrap_or_default().into_iter();
    resolutions
        .map(|given| {
            Resolution::of(
                given.path,
                given.entity_id.map(|id| plain_entity_id(&id).to_owned()),
                given.create_new,
                given.skip,
                given.everywhere,
            )
        })
        .collect()
}

/// The draft to publish.
#[derive(Debug, InputObject)]
pub struct PublishDraftInput {
    /// The movie's id, for example tmdb-550.
    pub movie_id: ID,
    /// The category of the draft.
    pub category: Category,
    /// Whether to only plan: the result shows what would change, and nothing is written.
    #[graphql(default)]
    pub dry_run: bool,
    /// The digest of a plan that a dry run returned. If publishing would no longer have this plan,
    /// nothing is written, and the result is a user error PLAN_STALE with the new plan.
    pub expected_plan: Option<String>,
    /// How to settle a value that was changed in the draft and, differently, in the published
    /// document since the draft was opened.
    #[graphql(default_with = "ConflictPolicy::Fail")]
    pub on_conflict: ConflictPolicy,
    /// Which entities the draft's names mean, for names that the plan or Draft.questions reports as
    /// AMBIGUOUS; at most 5,000.
    #[graphql(validator(max_items = 5000))]
    pub resolutions: Option<Vec<MatchResolutionInput>>,
    /// Whether to change locked values. Otherwise contributions from TMDB or LLM_GENERATED to a
    /// locked value are skipped, and a manual contribution to one is a user error LOCKED.
    #[graphql(default)]
    pub override_locks: bool,
    /// A key that makes retries safe; see ImportOptionsInput.idempotencyKey.
    pub idempotency_key: Option<String>,
}

impl PublishDraftInput {
    /// The options in the form that the application uses.
    pub fn options(&self) -> PublishOptions {
        PublishOptions {
            dry_run: self.dry_run,
            expected_plan: self.expected_plan.clone(),
            on_conflict: Some(self.on_conflict),
            resolutions: to_resolutions(self.resolutions.clone()),
            override_locks: self.override_locks,
            idempotency_key: self.idempotency_key.clone(),
        }
    }
}

/// The draft to discard.
#[derive(Debug, InputObject)]
pub struct DiscardDraftInput {
    /// The movie's id, for example tmdb-550.
    pub movie_id: ID,
    /// The category of the draft.
    pub category: Category,
    /// Why the draft is discarded, for its authors: at most 1,000 characters. It is kept in the
    /// import log.
    pub reason: Option<String>,
}

/// Typed data to import into an open draft.
#[derive(Debug, InputObject)]
pub struct UpdateDraftInput {
    /// The movie's id, for example tmdb-550.
    pub movie_id: ID,
    /// The data of exactly one category, which must have an open draft. A field that is left out
    /// keeps its value in the draft; null clears it.
    pub data: CategoryInput,
    /// How to import. The options target and createMovie are ignored.
    pub options: Option<ImportOptionsInput>,
}

/// The category to revert, and the revision to restore.
#[derive(Debug, InputObject)]
pub struct RevertCategoryInput {
    /// The movie's id, for example tmdb-550.
    pub movie_id: ID,
    /// The category to revert.
    pub category: Category,
    /// The number of the revision to restore; 0 restores the empty document.
    pub revision: i64,
    /// Whether to only plan: the result shows what would change, and nothing is written.
    #[graphql(default)]
    pub dry_run: bool,
    /// The digest of a plan that a dry run returned. If the revert would no longer have this plan,
    /// nothing is written, and the result is a user error PLAN_STALE with the new plan.
    pub expected_plan: Option<String>,
    /// Whether to change locked values. Otherwise a revert that would change one is a user error
    /// LOCKED.
    #[graphql(default)]
    pub override_locks: bool,
    /// A key that makes retries safe; see ImportOptionsInput.idempotencyKey.
    pub idempotency_key: Option<String>,
}

impl RevertCategoryInput {
    /// The options in the form that the application uses.
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

/// Whether an import is a dry run.
pub fn is_dry_run(input: Option<&ImportOptionsInput>) -> bool {
    input.is_some_and(|input| input.dry_run)
}

/// The options in the form that the application uses; `nulls` is the default of the option of that
/// name.
pub fn import_options(input: Option<ImportOptionsInput>, nulls: NullPolicy) -> ImportOptions {
    let Some(input) = input else { return ImportOptions { nulls, ..ImportOptions::default() } };
    ImportOptions {
        target: input.target,
        mode: input.mode,
        dry_run: input.dry_run,
        expected_plan: input.expected_plan,
        skip_changes: input.skip_changes.unwrap_or_default(),
        on_conflict: input.on_conflict,
        override_locks: input.override_locks,
        idempotency_key: input.idempotency_key,
        needs_draft: false,
        revision: None,
        reason: None,
        source: input.source,
        nulls: input.nulls.unwrap_or(nulls),
        base_revision: input.base_revision,
        remove_items: plain_item_ids(input.remove_items),
        resolutions: to_resolutions(input.resolutions),
        strict: input.strict,
        clean: input.clean,
        create_movie: input.create_movie,
    }
}
