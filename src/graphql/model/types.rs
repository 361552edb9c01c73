//! Movies, exports, people and accounts, and the helper that charges lists to the budget.

use std::sync::Arc;

use async_graphql::{ComplexObject, Context, ID, Object, SimpleObject};
use chrono::{DateTime, Utc};

use super::download_links::bundle_link;
use super::history::MovieHistory;
use super::people::PersonWorks;
use crate::catalog::CatalogError;
use crate::catalog::background::spawn_background;
use crate::catalog::export::Export;
use crate::document::categories::basic_info::ReleaseStatus;
use crate::document::categories::cast_crew::{CastCredit, Credit, CrewCredit};
use crate::document::categories::with_categories;
use crate::document::node_ids::{
    DocumentState, NodeId, entity_node_id, item_suffix, plain_entity_id,
};
use crate::document::read::envelope;
use crate::document::schema::entities::EntityKind;
use crate::document::schema::scalars::{Date, Json};
use crate::document::{Category, CategoryData, MovieId, Source};
use crate::graphql::budget::count_fields_below;
use crate::graphql::context::ContextExt;
use crate::graphql::error::ApiError;
use crate::storage::{Entity, MovieRow};

/// A movie of the catalogue.
pub struct Movie(pub MovieRow);

/// A movie of the catalogue: the facts that movies are listed by, and its seven documents.
#[Object]
impl Movie {
    /// The movie's id, the same in every interface and file, for example tmdb-550.
    pub(super) async fn id(&self) -> ID {
        ID(self.0.id.to_string())
    }

    /// The title. Null until basic info is published.
    async fn title(&self) -> Option<&str> {
        self.0.facts.title.as_deref()
    }

    /// The title in the original language. Null if unknown.
    async fn original_title(&self) -> Option<&str> {
        self.0.facts.original_title.as_deref()
    }

    /// The year of release: the year of basic info, or else the year of its release date. Null if
    /// both are unknown.
    async fn year(&self) -> Option<i32> {
        self.0.facts.year
    }

    /// The date of the first release. Null if unknown.
    async fn release_date(&self) -> Option<Date> {
        self.0.facts.release_date.clone().map(Date)
    }

    /// The release status. Null if unknown.
    async fn status(&self) -> Option<ReleaseStatus> {
        let status = self.0.facts.status.as_deref()?;
        ReleaseStatus::ALL.iter().copied().find(|candidate| candidate.as_str() == status)
    }

    /// When the movie was added to the catalogue.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When any of the movie's published documents last changed.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.updated_at
    }

    /// The seven documents, typed.
    #[graphql(flatten)]
    async fn documents(&self) -> Documents {
        Documents(self.0.id.clone())
    }

    /// The fields that need the role CONTRIBUTOR.
    #[graphql(flatten)]
    async fn history(&self) -> MovieHistory {
        MovieHistory(self.0.id.clone())
    }

    /// The exports of all seven categories, in the order of the enum Category. A category without
    /// data has revision 0 and empty data.
    async fn exports(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<MovieExport>> {
        ctx.charge_objects(Category::ALL.len())?;
        let keys = Category::ALL.iter().map(|category| (self.0.id.clone(), *category));
        let mut found =
            ctx.loaders()?.exports.load_many(keys.clone()).await.map_err(ApiError::from)?;
        Ok(keys.filter_map(|key| found.remove(&key)).map(MovieExport::from).collect())
    }

    /// The path on this server from which to download all seven categories as a ZIP file. It is a
    /// link that a browser opens without a bearer token, and is valid for 5 minutes, or less if the
    /// request's token is one of a platform that expires sooner. Whatever ends the request's token
    /// ends the link too.
    async fn bundle_url(&self, ctx: &Context<'_>) -> async_graphql::Result<String> {
        Ok(bundle_link(ctx, &self.0.id)?)
    }

    /// Which categories have data, and which are missing.
    async fn completeness(&self) -> Completeness {
        let present = self.0.present;
        let missing = Category::ALL.iter().copied().filter(|category| !present.contains(*category));
        Completeness { present: present.iter().collect(), missing: missing.collect() }
    }
}

/// Which categories of a movie have data.
#[derive(SimpleObject)]
pub struct Completeness {
    /// The categories that have data.
    present: Vec<Category>,
    /// The categories that have no data.
    missing: Vec<Category>,
}

/// The documents of a movie, flattened into the fields of [`Movie`].
struct Documents(MovieId);

macro_rules! document_fields {
    ($(($Type:ident, $field:ident)),*) => {
        #[Object]
        impl Documents {
            $(
                #[doc = concat!(
                    "The published ", stringify!($field), " document, typed. ",
                    "Null if it was never written."
                )]
                async fn $field(
                    &self,
                    ctx: &Context<'_>,
                ) -> Option<async_graphql::Result<crate::document::categories::$field::$Type>> {
                    use crate::document::categories::$field::$Type;
                    let read = document(ctx, &self.0, Category::$Type).await;
                    let read = read.and_then(|found: Option<$Type>| {
                        if let Some(document) = &found {
                            charge_lists(ctx, &document.list_lengths())?;
                        }
                        Ok(found)
                    });
                    read.transpose()
                }
            )*
        }
    };
}

with_categories!(document_fields);

async fn document<T: serde::de::DeserializeOwned>(
    ctx: &Context<'_>,
    movie: &MovieId,
    category: Category,
) -> async_graphql::Result<Option<T>> {
    let export =
        ctx.loaders()?.exports.load_one((movie.clone(), category)).await.map_err(ApiError::from)?;
    let written = export.filter(|export| export.metadata.revision > 0);
    let Some(written) = written else { return Ok(None) };
    ctx.budget().spend_bytes(written.body.len()).map_err(ApiError::from)?;
    Ok(Some(parse_json(&written.body)?))
}

/// Charges the items of an object's lists to the budget, each with the number of fields that the
/// query selects on it. `lists` holds the name and the length of each list.
///
/// # Errors
/// When the request's budget is exhausted.
pub fn charge_lists(ctx: &Context<'_>, lists: &[(&str, usize)]) -> Result<(), ApiError> {
    let length_of = |field: &str| {
        let is_same = |key: &str| key.replace('_', "").eq_ignore_ascii_case(field);
        lists.iter().find(|(key, _)| is_same(key)).map_or(0, |(_, length)| *length)
    };
    let mut fields = 0_usize;
    for field in ctx.field().selection_set() {
        let length = length_of(field.name());
        if length > 0 {
            fields =
                fields.saturating_add(length.saturating_mul(count_fields_below(&field).max(1)));
        }
    }
    Ok(ctx.budget().spend(fields)?)
}

fn parse_json<T: serde::de::DeserializeOwned>(body: &str) -> Result<T, ApiError> {
    Ok(serde_json::from_str(body)?)
}

/// An export of one document: published, draft, or a revision.
pub struct MovieExport {
    export: Arc<Export>,
    state: DocumentState,
}

impl From<Export> for MovieExport {
    fn from(export: Export) -> Self {
        Arc::new(export).into()
    }
}

impl From<Arc<Export>> for MovieExport {
    fn from(export: Arc<Export>) -> Self {
        let state = match export.metadata.draft_revision {
            Some(_) => DocumentState::Draft,
            None => DocumentState::Published,
        };
        Self { export, state }
    }
}

impl MovieExport {
    /// A revision. Its id differs from that of the current document, so that a client's
    /// normalising cache keeps the two apart.
    pub fn of_revision(export: Arc<Export>) -> Self {
        let state = DocumentState::Revision(export.metadata.revision);
        Self { export, state }
    }
}

/// The document of one category of one movie, as typed data and as the JSON file that an export
/// downloads.
#[Object]
impl MovieExport {
    /// The export's id, for example export:tmdb-550:timeline. The id of a draft ends in :draft, and
    /// that of a revision of the history in its number, as in export:tmdb-550:timeline:3.
    pub(super) async fn id(&self) -> ID {
        let Export { movie, category, .. } = &*self.export;
        ID(NodeId::Export(movie.clone(), *category, self.state).to_string())
    }

    /// The movie's id, for example tmdb-550.
    async fn movie_id(&self) -> ID {
        ID(self.export.movie.to_string())
    }

    /// The category of the document.
    async fn category(&self) -> Category {
        self.export.category
    }

    /// The version of the file format, for example 1.0.
    async fn version(&self) -> &str {
        envelope::VERSION
    }

    /// When this export was made: the time of the request.
    async fn exported_at(&self) -> DateTime<Utc> {
        self.export.exported_at
    }

    /// The document's data, typed by category.
    async fn data(&self, ctx: &Context<'_>) -> async_graphql::Result<CategoryData> {
        ctx.budget().spend_bytes(self.export.body.len()).map_err(ApiError::from)?;
        let Export { category, body, .. } = &*self.export;
        let data = CategoryData::with_item_suffix(*category, body, &item_suffix(self.state))
            .map_err(ApiError::from)?;
        charge_lists(ctx, &data.list_lengths())?;
        Ok(data)
    }

    /// Where the document's values come from, and when and by which author it last changed.
    async fn metadata(&self) -> ExportMetadata {
        let metadata = &self.export.metadata;
        ExportMetadata {
            source: metadata.source,
            last_updated: metadata.last_updated,
            updated_by: metadata.updated_by.clone(),
            revision: metadata.revision,
            draft_revision: metadata.draft_revision,
        }
    }

    /// The whole JSON file: the data and its envelope, in snake_case.
    async fn document(&self, ctx: &Context<'_>) -> async_graphql::Result<Json> {
        ctx.budget().spend_bytes(self.export.body.len()).map_err(ApiError::from)?;
        Ok(parse_json::<Json>(&self.export.envelope())?)
    }

    /// The name of the file, for example tmdb-550-timeline.json.
    async fn file_name(&self) -> String {
        self.export.file_name()
    }

    /// The length of the file as compact JSON, in tokens of OpenAI's o200k_base encoding.
    async fn token_count(&self, ctx: &Context<'_>) -> async_graphql::Result<usize> {
        ctx.budget().spend_bytes(self.export.body.len()).map_err(ApiError::from)?;
        let text = self.export.envelope();
        let counted = spawn_background(move || bpe_openai::o200k_base().count(text.as_str()));
        Ok(counted.await.map_err(CatalogError::from).map_err(ApiError::from)?)
    }
}

/// Where the values of a document come from, and when it last changed.
#[derive(SimpleObject)]
pub struct ExportMetadata {
    /// The source of the last change.
    source: Source,
    /// When the document last changed. Null if it was never written.
    last_updated: Option<DateTime<Utc>>,
    /// The author of the last change, usually an email address. Null if the document was never
    /// written.
    updated_by: Option<String>,
    /// The number of the published revision; 0 if the document was never written. Send it back with
    /// an import as its base. Of a draft: the revision that the draft is based on.
    revision: i64,
    /// Of a draft: its number, which grows by one with each contribution and is never reused for
    /// this document. Null if the document is not a draft.
    draft_revision: Option<i64>,
}

/// A person who worked on movies or was nominated.
pub struct Person(pub Arc<Entity>);

/// A person who worked on movies or was nominated. Documents keep the name as credited, which may
/// differ from the name here.
#[Object]
impl Person {
    /// The person's id, for example tmdb-person-287: the same as in files. An id of a file that does
    /// not show that it belongs to a person is shown with a prefix, as in entity:person:p-7.
    pub(super) async fn id(&self) -> ID {
        ID(entity_node_id(EntityKind::Person, &self.0.id))
    }

    /// The person's main name.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Other names of the person, including the names of people who were merged into this person.
    async fn aliases(&self) -> &[String] {
        &self.0.aliases
    }

    /// The person's ids in other databases.
    async fn external_ids(&self) -> Vec<ExternalId> {
        external_ids(&self.0)
    }

    /// The person's credits and nominations.
    #[graphql(flatten)]
    async fn works(&self) -> PersonWorks {
        PersonWorks(self.0.id.clone())
    }
}

/// The ids of an entity in other databases.
pub fn external_ids(entity: &Entity) -> Vec<ExternalId> {
    let ids = entity.external_ids.iter();
    ids.map(|(source, value)| ExternalId { source: source.clone(), value: value.clone() }).collect()
}

/// An id of an entity in another database.
#[derive(SimpleObject)]
pub struct ExternalId {
    /// The database, for example tmdb.
    source: String,
    /// The id in that database, for example 287.
    value: String,
}

/// Loads a person by the person's id, an external id, or the id of a person who was merged into
/// them.
///
/// # Errors
/// When storage fails, or the role does not allow reading.
pub async fn person(ctx: &Context<'_>, id: &ID) -> async_graphql::Result<Option<Person>> {
    let id = plain_entity_id(id).to_owned();
    let found = ctx.loaders()?.people.load_one(id).await.map_err(ApiError::from)?;
    Ok(found.map(Person))
}

#[ComplexObject]
impl Credit {
    /// The credited person. Null if the person no longer exists.
    async fn person(&self, ctx: &Context<'_>) -> Option<async_graphql::Result<Person>> {
        person(ctx, &self.person_id).await.transpose()
    }
}

#[ComplexObject]
impl CastCredit {
    /// The credited person. Null if the person no longer exists.
    async fn person(&self, ctx: &Context<'_>) -> Option<async_graphql::Result<Person>> {
        person(ctx, &self.person_id).await.transpose()
    }
}

#[ComplexObject]
impl CrewCredit {
    /// The credited person. Null if the person no longer exists.
    async fn person(&self, ctx: &Context<'_>) -> Option<async_graphql::Result<Person>> {
        person(ctx, &self.person_id).await.transpose()
    }
}
