//! The objects of the schema that are not documents.

use std::sync::Arc;

use async_graphql::{ComplexObject, Context, ID, Object, SimpleObject};
use chrono::{DateTime, Utc};

use super::history::MovieHistory;
use super::people::PersonWorks;
use crate::catalog::CatalogError;
use crate::catalog::access::{Principal, Role};
use crate::catalog::export::Export;
use crate::document::categories::basic_info::ReleaseStatus;
use crate::document::categories::cast_crew::{CastCredit, Credit, CrewCredit};
use crate::document::categories::with_categories;
use crate::document::read::envelope;
use crate::document::schema::scalars::{Date, Json};
use crate::document::{Category, CategoryData, MovieId, Source};
use crate::graphql::budget::below;
use crate::graphql::context::ContextExt;
use crate::graphql::error::ApiError;
use crate::storage::{Entity, MovieRow};

/// A movie of the catalogue.
pub struct Movie(pub MovieRow);

/// A movie of the catalogue: what it is listed by, and its seven documents.
#[Object]
impl Movie {
    /// The movie's id, the same in every interface, for example tmdb-550.
    async fn id(&self) -> ID {
        ID(self.0.id.to_string())
    }

    /// The title. Null until basic info is written.
    async fn title(&self) -> Option<&str> {
        self.0.facts.title.as_deref()
    }

    /// The title in its original language, if it is known.
    async fn original_title(&self) -> Option<&str> {
        self.0.facts.original_title.as_deref()
    }

    /// The year of release, from basic info's year or else its release date, if either is known.
    async fn year(&self) -> Option<i32> {
        self.0.facts.year
    }

    /// The first release, if it is known.
    async fn release_date(&self) -> Option<Date> {
        self.0.facts.release_date.clone().map(Date)
    }

    /// Where it stands between rumour and release, if it is known.
    async fn status(&self) -> Option<ReleaseStatus> {
        let status = self.0.facts.status.as_deref()?;
        ReleaseStatus::ALL.iter().copied().find(|candidate| candidate.as_str() == status)
    }

    /// When the movie was created here.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When any of its documents last really changed.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.updated_at
    }

    /// The seven documents, typed.
    #[graphql(flatten)]
    async fn documents(&self) -> Documents {
        Documents(self.0.id.clone())
    }

    /// What only contributors see.
    #[graphql(flatten)]
    async fn history(&self) -> MovieHistory {
        MovieHistory(self.0.id.clone())
    }

    /// All seven categories with their envelopes, in the order of a bundle.
    async fn exports(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<MovieExport>> {
        ctx.hand_out(Category::ALL.len())?;
        let keys = Category::ALL.iter().map(|category| (self.0.id.clone(), *category));
        let mut found =
            ctx.loaders()?.exports.load_many(keys.clone()).await.map_err(ApiError::from)?;
        Ok(keys.filter_map(|key| found.remove(&key)).map(MovieExport::from).collect())
    }

    /// Where to download all seven categories as one ZIP, as a path on this server. It needs the
    /// same bearer token.
    async fn bundle_url(&self) -> String {
        format!("/api/v1/admin/movies/{}/export/all", self.0.id)
    }

    /// Which categories hold anything, and which are still missing.
    async fn completeness(&self, ctx: &Context<'_>) -> async_graphql::Result<Completeness> {
        let present =
            ctx.loaders()?.present.load_one(self.0.id.clone()).await.map_err(ApiError::from)?;
        let present = present.unwrap_or_default();
        let missing =
            Category::ALL.iter().copied().filter(|category| !present.contains(category)).collect();
        Ok(Completeness { present, missing })
    }
}

/// Which categories of a movie hold anything.
#[derive(SimpleObject)]
pub struct Completeness {
    /// The categories that hold something.
    present: Vec<Category>,
    /// The categories that hold nothing.
    missing: Vec<Category>,
}

/// The documents of a movie as fields of it.
struct Documents(MovieId);

macro_rules! document_fields {
    ($(($Type:ident, $field:ident)),*) => {
        #[Object]
        impl Documents {
            $(
                #[doc = concat!("The document of the category ", stringify!($field), ", typed. Null if it was never written.")]
                async fn $field(
                    &self,
                    ctx: &Context<'_>,
                ) -> Option<async_graphql::Result<crate::document::categories::$field::$Type>> {
                    let read = document(ctx, &self.0, Category::$Type).await;
                    let read = read.and_then(|found: Option<crate::document::categories::$field::$Type>| {
                        if let Some(document) = &found {
                            hand_out_lists(ctx, &document.list_lengths())?;
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
    Ok(Some(read(&written.body)?))
}

/// Charges the items of the lists of an object, each with the fields that the query asks of it.
///
/// # Errors
/// When the request's budget is spent.
pub fn hand_out_lists(ctx: &Context<'_>, lists: &[(&str, usize)]) -> Result<(), ApiError> {
    let length_of = |field: &str| {
        let is_same = |key: &str| key.replace('_', "").eq_ignore_ascii_case(field);
        lists.iter().find(|(key, _)| is_same(key)).map_or(0, |(_, length)| *length)
    };
    let mut fields = 0_usize;
    for field in ctx.field().selection_set() {
        let length = length_of(field.name());
        if length > 0 {
            fields = fields.saturating_add(length.saturating_mul(below(&field).max(1)));
        }
    }
    Ok(ctx.budget().spend(fields)?)
}

fn read<T: serde::de::DeserializeOwned>(body: &str) -> Result<T, ApiError> {
    Ok(serde_json::from_str(body)?)
}

/// One category of one movie.
pub struct MovieExport {
    export: Arc<Export>,
    /// Whether it is shown as a state of the history.
    of_revision: bool,
}

impl From<Export> for MovieExport {
    fn from(export: Export) -> Self {
        Arc::new(export).into()
    }
}

impl From<Arc<Export>> for MovieExport {
    fn from(export: Arc<Export>) -> Self {
        Self { export, of_revision: false }
    }
}

impl MovieExport {
    /// A state of the history; clients that keep answers by id must not take it for the present one.
    pub const fn of_revision(export: Arc<Export>) -> Self {
        Self { export, of_revision: true }
    }
}

/// One category of one movie, with the same envelope as the file.
#[Object]
impl MovieExport {
    /// The movie and the category, for example tmdb-550:timeline; of a draft tmdb-550:timeline:draft, of
    /// a state of the history tmdb-550:timeline:3.
    async fn id(&self) -> ID {
        let Export { movie, category, metadata, .. } = &*self.export;
        let document = format!("{movie}:{}", category.slug());
        ID(match metadata.draft_revision {
            Some(_) => format!("{document}:draft"),
            None if self.of_revision => format!("{document}:{}", metadata.revision),
            None => document,
        })
    }

    /// The movie's id.
    async fn movie_id(&self) -> ID {
        ID(self.export.movie.to_string())
    }

    /// Which category it is.
    async fn category(&self) -> Category {
        self.export.category
    }

    /// The version of the file's format.
    async fn version(&self) -> &str {
        envelope::VERSION
    }

    /// When this was exported, that is, now.
    async fn exported_at(&self) -> DateTime<Utc> {
        self.export.exported_at
    }

    /// The data, typed: a union of the seven documents.
    async fn data(&self, ctx: &Context<'_>) -> async_graphql::Result<CategoryData> {
        ctx.budget().spend_bytes(self.export.body.len()).map_err(ApiError::from)?;
        let data = CategoryData::from_json(self.export.category, &self.export.body)
            .map_err(ApiError::from)?;
        hand_out_lists(ctx, &data.list_lengths())?;
        Ok(data)
    }

    /// How the document came to be as it is.
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

    /// The whole envelope, as in the file.
    async fn document(&self, ctx: &Context<'_>) -> async_graphql::Result<Json> {
        ctx.budget().spend_bytes(self.export.body.len()).map_err(ApiError::from)?;
        Ok(read::<Json>(&self.export.envelope())?)
    }

    /// What the file is called, for example tmdb-550-timeline.json.
    async fn file_name(&self) -> String {
        self.export.file_name()
    }

    /// The length of the document as compact JSON, in tokens of OpenAI's o200k_base encoding.
    async fn token_count(&self, ctx: &Context<'_>) -> async_graphql::Result<usize> {
        ctx.budget().spend_bytes(self.export.body.len()).map_err(ApiError::from)?;
        let text = self.export.envelope();
        let counted =
            tokio::task::spawn_blocking(move || bpe_openai::o200k_base().count(text.as_str()));
        Ok(counted.await.map_err(CatalogError::from).map_err(ApiError::from)?)
    }
}

/// How a document came to be as it is.
#[derive(SimpleObject)]
pub struct ExportMetadata {
    /// Where its values come from.
    source: Source,
    /// When it last really changed. Null if it was never written.
    last_updated: Option<DateTime<Utc>>,
    /// Who last really changed it. Null if it was never written.
    updated_by: Option<String>,
    /// Counts the times it really changed; 0: never written. Send it back with an import. Of a draft: the
    /// revision that the draft was made from.
    revision: i64,
    /// Of a draft: counts the contributions to it, and to the drafts of this category before it. Null if
    /// it is no draft.
    draft_revision: Option<i64>,
}

/// An account, or whoever a token speaks for.
pub struct User(pub Principal);

/// Whoever a token speaks for.
#[Object]
impl User {
    /// The token's subject.
    async fn id(&self) -> ID {
        ID(self.0.subject.clone())
    }

    /// The email address.
    async fn email(&self) -> &str {
        &self.0.email
    }

    /// What the account may do.
    async fn role(&self) -> Role {
        self.0.role
    }
}

/// Someone who worked on movies.
pub struct Person(pub Arc<Entity>);

/// Someone who worked on movies. A credit keeps the name as credited; this is who it is.
#[Object]
impl Person {
    /// The person's id, for example tmdb-person-287.
    async fn id(&self) -> ID {
        ID(self.0.id.clone())
    }

    /// The person's own name.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Other names the person goes by, also those of whoever was merged into them.
    async fn aliases(&self) -> &[String] {
        &self.0.aliases
    }

    /// The person's ids elsewhere.
    async fn external_ids(&self) -> Vec<ExternalId> {
        external_ids(&self.0)
    }

    /// What the person did.
    #[graphql(flatten)]
    async fn works(&self) -> PersonWorks {
        PersonWorks(self.0.id.clone())
    }
}

/// The ids that something has elsewhere.
pub fn external_ids(of: &Entity) -> Vec<ExternalId> {
    let ids = of.external_ids.iter();
    ids.map(|(source, value)| ExternalId { source: source.clone(), value: value.clone() }).collect()
}

/// The id of something at another place.
#[derive(SimpleObject)]
pub struct ExternalId {
    /// The place, for example tmdb.
    source: String,
    /// The id there.
    value: String,
}

/// A person by any id that leads to them.
///
/// # Errors
/// When storage fails, or the asker may not read.
pub async fn person(ctx: &Context<'_>, id: &ID) -> async_graphql::Result<Option<Person>> {
    let found = ctx.loaders()?.people.load_one(id.to_string()).await.map_err(ApiError::from)?;
    Ok(found.map(Person))
}

#[ComplexObject]
impl Credit {
    /// Who it is. Null if the person is not known any more.
    async fn person(&self, ctx: &Context<'_>) -> Option<async_graphql::Result<Person>> {
        person(ctx, &self.person_id).await.transpose()
    }
}

#[ComplexObject]
impl CastCredit {
    /// Who it is. Null if the person is not known any more.
    async fn person(&self, ctx: &Context<'_>) -> Option<async_graphql::Result<Person>> {
        person(ctx, &self.person_id).await.transpose()
    }
}

#[ComplexObject]
impl CrewCredit {
    /// Who it is. Null if the person is not known any more.
    async fn person(&self, ctx: &Context<'_>) -> Option<async_graphql::Result<Person>> {
        person(ctx, &self.person_id).await.transpose()
    }
}
