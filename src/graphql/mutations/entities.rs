//! The fields of `Mutation` for entities: names and aliases, merging and splitting people.

use std::sync::Arc;

use async_graphql::{ComplexObject, Context, ID, InputObject, Object, SimpleObject};

use crate::catalog::entities::{
    EntityChange, MergeRequest, ReassignmentOutcome, Rewritten, SplitRequest,
};
use crate::document::node_ids::{entity_node_id, plain_entity_id};
use crate::document::plan::diff::Change;
use crate::document::schema::entities::EntityKind;
use crate::document::{Category, MovieId, Warning};
use crate::graphql::context::ContextExt;
use crate::graphql::error::ApiError;
use crate::graphql::model::entities::{Ceremony, Genre, Platform};
use crate::graphql::model::inputs::plain_item_ids;
use crate::graphql::model::movies::MovieConnection;
use crate::graphql::model::pages::{Cursor, PageArgs, connect};
use crate::graphql::model::payloads::import_id;
use crate::graphql::model::totals::Totals;
use crate::graphql::model::types::{Movie, MovieExport, Person};
use crate::graphql::model::user_error::{InputKind, UserError, has_user_errors};
use crate::graphql::mutations::audited::{Attempt, audited};
use crate::graphql::query::Query;
use crate::storage::Entity;

/// The fields of `Mutation` for people, ceremonies, platforms and genres.
pub struct EntityMutation;

macro_rules! updates {
    ($(($Input:ident, $Payload:ident, $Type:ident, $field:ident, $what:literal)),*) => {
        $(
            #[doc = concat!("The changes of a ", $what, ". Documents keep the name as sent.")]
            #[derive(Debug, InputObject)]
            pub struct $Input {
                #[doc = concat!("The ", $what, "'s id.")]
                id: ID,
                /// The new main name, 1 to 500 characters. The previous name becomes an alias.
                /// Default: unchanged.
                name: Option<String>,
                /// Names to add to the aliases, at most 100.
                #[graphql(validator(max_items = 100))]
                add_aliases: Option<Vec<String>>,
                /// Names to remove from the aliases, at most 100.
                #[graphql(validator(max_items = 100))]
                remove_aliases: Option<Vec<String>>,
            }

            impl $Input {
                fn into_change(self) -> (String, EntityChange) {
                    let add_aliases = self.add_aliases.unwrap_or_default();
                    let remove_aliases = self.remove_aliases.unwrap_or_default();
                    (entity_id(&self.id), EntityChange { name: self.name, add_aliases, remove_aliases })
                }
            }

            #[doc = concat!("The result of changing a ", $what, ".")]
            #[derive(SimpleObject)]
            pub struct $Payload {
                #[doc = concat!("The ", $what, " after the call. Null if it does not exist.")]
                $field: Option<$Type>,
                /// What is wrong with the input. If there are user errors, nothing was changed.
                user_errors: Vec<UserError>,
                /// The entry points for reading: what they answer includes what the call changed.
                query: Option<Query>,
            }

            has_user_errors!($Payload);
        )*
    };
}

updates! {
    (UpdatePersonInput, UpdatePersonPayload, Person, person, "person"),
    (UpdateCeremonyInput, UpdateCeremonyPayload, Ceremony, ceremony, "ceremony"),
    (UpdatePlatformInput, UpdatePlatformPayload, Platform, platform, "platform"),
    (UpdateGenreInput, UpdateGenrePayload, Genre, genre, "genre")
}

/// Two or more entries of the catalogue that are the same person.
#[derive(Debug, InputObject)]
pub struct MergePeopleInput {
    /// The id of the person to keep, for example tmdb-person-287.
    id: ID,
    /// The ids of the people to merge into this person, at most 50. These ids stay valid and lead
    /// to the person who is kept.
    #[graphql(validator(max_items = 50))]
    other_ids: Vec<ID>,
    /// Whether to only plan: the result shows what would change, and nothing is written.
    #[graphql(default)]
    dry_run: bool,
    /// Whether to change locked list items. Otherwise a locked item that would change stops the
    /// whole merge, with a user error LOCKED.
    #[graphql(default)]
    override_locks: bool,
}

/// One entry of the catalogue that combines two people, and the credits and nominations to give to
/// the other one. Name them by creditIds, nominationIds, movieIds, or a combination.
#[derive(Debug, InputObject)]
pub struct SplitPersonInput {
    /// The id of the person to split, for example tmdb-person-287.
    id: ID,
    /// Ids of credits of the other person, at most 5,000.
    #[graphql(validator(max_items = 5000))]
    credit_ids: Option<Vec<ID>>,
    /// Ids of nominations of the other person, at most 5,000.
    #[graphql(validator(max_items = 5000))]
    nomination_ids: Option<Vec<ID>>,
    /// Ids of movies in which all credits and nominations belong to the other person, at most
    /// 5,000.
    #[graphql(validator(max_items = 5000))]
    movie_ids: Option<Vec<ID>>,
    /// The id of the other person: an existing person, or one who was merged into this person and
    /// becomes a separate person again. Default: a new person is created.
    to_id: Option<ID>,
    /// The name of the new person. Default: the name of the person to split. Not allowed with toId.
    name: Option<String>,
    /// Whether to only plan: the result shows what would change, and nothing is written.
    #[graphql(default)]
    dry_run: bool,
    /// Whether to change locked list items. Otherwise a locked item that would change stops the
    /// whole split, with a user error LOCKED.
    #[graphql(default)]
    override_locks: bool,
}

/// A document in which a merge or split replaces the id of a person.
pub struct RewrittenDocument(Rewritten);

/// A document in which a merge or split replaces the id of a person, or would in a dry run. Names
/// stay as credited.
#[Object]
impl RewrittenDocument {
    /// The movie's id, for example tmdb-550.
    async fn movie_id(&self) -> ID {
        ID(self.0.movie.to_string())
    }

    /// The movie. Null if it is deleted while the query runs.
    async fn movie(&self, ctx: &Context<'_>) -> Option<async_graphql::Result<Movie>> {
        let found = async {
            Ok(ctx.loaders()?.works.movies.load_one(self.0.movie.clone()).await?.map(Movie))
        };
        found.await.map_err(|error: ApiError| error.into()).transpose()
    }

    /// The category of the document.
    async fn category(&self) -> Category {
        self.0.category
    }

    /// The number of the published revision after the call.
    async fn revision(&self) -> i64 {
        self.0.outcome.export.as_ref().map_or(0, |export| export.metadata.revision)
    }

    /// The id of the record in the import log; see Query.importRecord. Null for a dry run, or if
    /// there are user errors.
    async fn import_id(&self) -> Option<ID> {
        self.0.outcome.import_id.clone().map(import_id)
    }

    /// The published document after the call. Null if the call was rejected for lack of it.
    async fn movie_export(&self) -> Option<MovieExport> {
        self.0.outcome.export.clone().map(MovieExport::from)
    }

    /// The changes, in the order of the document.
    async fn changes(&self, ctx: &Context<'_>) -> async_graphql::Result<&[Change]> {
        let plan = self.0.outcome.plan.as_ref();
        ctx.charge_objects(plan.map_or(0, |plan| plan.changes.len()))?;
        Ok(plan.map_or(&[], |plan| &plan.changes))
    }

    /// A warning for each locked list item that was changed.
    async fn warnings(&self) -> &[Warning] {
        let plan = self.0.outcome.plan.as_ref();
        plan.map_or(&[], |plan| &plan.warnings)
    }
}

/// The documents that a merge or split rewrites, and their movies.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct RewrittenDocuments {
    /// The documents that name the people, sorted by movie. The dry run of a split shows a
    /// temporary id for a new person.
    documents: Vec<RewrittenDocument>,
    #[graphql(skip)]
    movies: Vec<MovieId>,
}

impl RewrittenDocuments {
    fn new(documents: Vec<Rewritten>) -> Self {
        let mut movies: Vec<MovieId> = documents.iter().map(|of| of.movie.clone()).collect();
        movies.dedup();
        Self { documents: documents.into_iter().map(RewrittenDocument).collect(), movies }
    }
}

#[ComplexObject]
impl RewrittenDocuments {
    /// The movies of these documents after the call, sorted by id.
    async fn movies(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The page size from the start: 1 to 100. Default: 20.")] first: Option<
            i32,
        >,
        #[graphql(desc = "Return the entries after this cursor.")] after: Option<String>,
        #[graphql(desc = "The page size from the end: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Return the entries before this cursor. Use it with last.")]
        before: Option<String>,
    ) -> async_graphql::Result<MovieConnection> {
        let args = PageArgs { first, after, last, before };
        Ok(touched_movies(ctx, &self.movies, args).await?)
    }
}

const MOVIES: &str = "touched";

/// A page of the movies of rewritten documents, which are sorted by id.
async fn touched_movies(
    ctx: &Context<'_>,
    movies: &[MovieId],
    args: PageArgs,
) -> Result<MovieConnection, ApiError> {
    let page = args.request(|cursor| Cursor::read::<1>(MOVIES, cursor).map(|[id]| id))?;
    let is_beyond = |movie: &&MovieId| match &page.from {
        Some(from) if page.backward => movie.as_str() < from.as_str(),
        Some(from) => movie.as_str() > from.as_str(),
        None => true,
    };
    let mut beyond: Vec<MovieId> = movies.iter().filter(is_beyond).cloned().collect();
    if page.backward {
        beyond.reverse();
    }
    let (ids, has_more) = page.cut(beyond);
    ctx.charge_objects(ids.len())?;
    let mut found = ctx.loaders()?.works.movies.load_many(ids.clone()).await?;
    let entries = ids
        .iter()
        .filter_map(|id| Some((Cursor::new(MOVIES, &[id.as_str()]).0, Movie(found.remove(id)?))));
    Ok(connect(&page, has_more, Totals::Known(movies.len() as u64), entries))
}

/// The result of mergePeople.
#[derive(SimpleObject)]
pub struct MergePeoplePayload {
    /// The person who is kept. Null if an id is wrong.
    person: Option<Person>,
    /// The ids of the people who were merged: they are no objects of their own any more. Empty for
    /// a dry run, or if there are user errors.
    deleted_person_ids: Vec<ID>,
    #[graphql(flatten)]
    rewritten: RewrittenDocuments,
    /// What is wrong with the input, and locked items. If there are user errors, nothing was
    /// written.
    user_errors: Vec<UserError>,
    /// The entry points for reading: what they answer includes what the call changed.
    query: Option<Query>,
}

/// The result of splitPerson.
#[derive(SimpleObject)]
pub struct SplitPersonPayload {
    /// The person who was split. Null if an id is wrong.
    person: Option<Person>,
    /// The person who now has the credits and nominations. Null for a dry run, or if there are user
    /// errors.
    other: Option<Person>,
    #[graphql(flatten)]
    rewritten: RewrittenDocuments,
    /// What is wrong with the input, and locked items. If there are user errors, nothing was
    /// written.
    user_errors: Vec<UserError>,
    /// The entry points for reading: what they answer includes what the call changed.
    query: Option<Query>,
}

has_user_errors!(MergePeoplePayload, SplitPersonPayload);

/// The fields of `Mutation` for people, ceremonies, platforms and genres.
#[Object]
impl EntityMutation {
    /// Changes the name or the aliases of a person. Several people may have the same name.
    /// Documents do not change. Needs the role ADMIN.
    async fn update_person(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The person and the changes.")] input: UpdatePersonInput,
    ) -> async_graphql::Result<UpdatePersonPayload> {
        audited(ctx, Attempt::default(), async move {
            let (entity, user_errors) =
                update(ctx, EntityKind::Person, input.into_change()).await?;
            Ok(UpdatePersonPayload { person: entity.map(Person), user_errors, query: Some(Query) })
        })
        .await
    }

    /// Changes the name or the aliases of an award ceremony. No two ceremonies may share a name
    /// (ALREADY_EXISTS). Documents do not change. Needs the role ADMIN.
    async fn update_ceremony(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The ceremony and the changes.")] input: UpdateCeremonyInput,
    ) -> async_graphql::Result<UpdateCeremonyPayload> {
        audited(ctx, Attempt::default(), async move {
            let (entity, user_errors) =
                update(ctx, EntityKind::Ceremony, input.into_change()).await?;
            Ok(UpdateCeremonyPayload {
                ceremony: entity.map(Ceremony),
                user_errors,
                query: Some(Query),
            })
        })
        .await
    }

    /// Changes the name or the aliases of a streaming platform. No two platforms may share a name
    /// (ALREADY_EXISTS). Documents do not change. Needs the role ADMIN.
    async fn update_platform(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The platform and the changes.")] input: UpdatePlatformInput,
    ) -> async_graphql::Result<UpdatePlatformPayload> {
        audited(ctx, Attempt::default(), async move {
            let (entity, user_errors) =
                update(ctx, EntityKind::Platform, input.into_change()).await?;
            Ok(UpdatePlatformPayload {
                platform: entity.map(Platform),
                user_errors,
                query: Some(Query),
            })
        })
        .await
    }

    /// Changes the name or the aliases of a genre. No two genres may share a name (ALREADY_EXISTS),
    /// and a name that a movie uses cannot be removed. Documents do not change. Needs the role
    /// ADMIN.
    async fn update_genre(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The genre and the changes.")] input: UpdateGenreInput,
    ) -> async_graphql::Result<UpdateGenrePayload> {
        audited(ctx, Attempt::default(), async move {
            let (entity, user_errors) = update(ctx, EntityKind::Genre, input.into_change()).await?;
            Ok(UpdateGenrePayload { genre: entity.map(Genre), user_errors, query: Some(Query) })
        })
        .await
    }

    /// Merges entries of the catalogue that are the same person. Every published document that
    /// names a merged person gets a new revision that names the person who is kept, who also takes
    /// over names and external ids. All documents change, or none. Needs the role ADMIN.
    async fn merge_people(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The people to merge, and the options.")] input: MergePeopleInput,
    ) -> async_graphql::Result<MergePeoplePayload> {
        let attempt = Attempt::default().dry_run(input.dry_run);
        audited(ctx, attempt, async move {
            let permission = ctx.can_publish()?;
            let merge = MergeRequest {
                id: entity_id(&input.id),
                others: input.other_ids.iter().map(entity_id).collect(),
                dry_run: input.dry_run,
                override_locks: input.override_locks,
            };
            let merged =
                ctx.catalog().merge_people(&permission, &merge).await.map_err(ApiError::from)?;
            let ReassignmentOutcome { id, documents, problems, merged, .. } = merged;
            let person = find_person(ctx, id).await?;
            let entity = |id: &String| ID(entity_node_id(EntityKind::Person, id));
            Ok(MergePeoplePayload {
                person,
                deleted_person_ids: merged.iter().map(entity).collect(),
                rewritten: RewrittenDocuments::new(documents),
                user_errors: UserError::all(problems, OWN),
                query: Some(Query),
            })
        })
        .await
    }

    /// Splits an entry of the catalogue that combines two people: gives some of its credits and
    /// nominations to another person. Every published document that contains them gets a new
    /// revision. All documents change, or none. Needs the role ADMIN.
    async fn split_person(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The person, what to give away, and to which person.")]
        input: SplitPersonInput,
    ) -> async_graphql::Result<SplitPersonPayload> {
        let attempt = Attempt::default().dry_run(input.dry_run);
        audited(ctx, attempt, async move {
            let permission = ctx.can_publish()?;
            let ids = |ids: Option<Vec<ID>>| ids.into_iter().flatten().map(|id| id.0).collect();
            let split = SplitRequest {
                id: entity_id(&input.id),
                credits: plain_item_ids(input.credit_ids),
                nominations: plain_item_ids(input.nomination_ids),
                movies: ids(input.movie_ids),
                to: input.to_id.as_ref().map(entity_id),
                name: input.name,
                dry_run: input.dry_run,
                override_locks: input.override_locks,
            };
            let outcome =
                ctx.catalog().split_person(&permission, &split).await.map_err(ApiError::from)?;
            let ReassignmentOutcome { id, other, documents, problems, .. } = outcome;
            let (person, other) = (find_person(ctx, id).await?, find_person(ctx, other).await?);
            Ok(SplitPersonPayload {
                person,
                other,
                rewritten: RewrittenDocuments::new(documents),
                user_errors: UserError::all(problems, OWN),
                query: Some(Query),
            })
        })
        .await
    }
}

/// The paths of problems are places in the input.
const OWN: InputKind = InputKind::Own { movie: "id" };

fn entity_id(id: &ID) -> String {
    plain_entity_id(id).to_owned()
}

async fn update(
    ctx: &Context<'_>,
    kind: EntityKind,
    (id, change): (String, EntityChange),
) -> Result<(Option<Arc<Entity>>, Vec<UserError>), ApiError> {
    let permission = ctx.can_publish()?;
    let updated = ctx.catalog().update_entity(&permission, kind, &id, &change).await?;
    let entity = load_entity(ctx, kind, updated.id).await?;
    Ok((entity, UserError::all(updated.problems, OWN)))
}

async fn find_person(ctx: &Context<'_>, id: Option<String>) -> Result<Option<Person>, ApiError> {
    Ok(load_entity(ctx, EntityKind::Person, id).await?.map(Person))
}

/// Loads the entity past the request's loaders, which may hold its previous state.
async fn load_entity(
    ctx: &Context<'_>,
    kind: EntityKind,
    id: Option<String>,
) -> Result<Option<Arc<Entity>>, ApiError> {
    let permission = ctx.can_read()?;
    let Some(id) = id else { return Ok(None) };
    Ok(ctx.catalog().entities(&permission, kind, &[id]).await?.pop().map(Arc::new))
}
