//! Mutations of people and things: their names, and who is who.

use std::sync::Arc;

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};

use crate::catalog::entities::{
    EntityChange, MergeRequest, ReassignmentOutcome, Rewritten, SplitRequest,
};
use crate::document::entity::EntityKind;
use crate::document::{Category, Problem};
use crate::graphql::context::ContextExt;
use crate::graphql::error::ApiError;
use crate::graphql::model::entities::{Ceremony, Genre, Platform};
use crate::graphql::model::payloads::{PlanWarning, PlannedChange, UserError, user_errors};
use crate::graphql::model::types::{Movie, Person};
use crate::storage::Entity;

/// Mutations of people and things.
pub struct Mending;

macro_rules! updates {
    ($(($Input:ident, $Payload:ident, $Type:ident, $field:ident, $what:literal)),*) => {
        $(
            #[doc = concat!("What is to change of a ", $what, ". What documents call it stays as it was sent.")]
            #[derive(Debug, InputObject)]
            pub struct $Input {
                #[doc = concat!("The ", $what, "'s id.")]
                id: ID,
                /// What it is called from now on. The name before stays an alias.
                name: Option<String>,
                /// Names that it also goes by.
                #[graphql(validator(max_items = 100))]
                add_aliases: Option<Vec<String>>,
                /// Aliases that it no longer goes by.
                #[graphql(validator(max_items = 100))]
                remove_aliases: Option<Vec<String>>,
            }

            impl $Input {
                fn change(self) -> (ID, EntityChange) {
                    let add_aliases = self.add_aliases.unwrap_or_default();
                    let remove_aliases = self.remove_aliases.unwrap_or_default();
                    (self.id, EntityChange { name: self.name, add_aliases, remove_aliases })
                }
            }

            #[doc = concat!("What came of changing a ", $what, ".")]
            #[derive(SimpleObject)]
            pub struct $Payload {
                #[doc = concat!("The ", $what, " as it stands. Null if there is none of that id.")]
                $field: Option<$Type>,
                /// What is wrong with the input. If there is anything, nothing was changed.
                user_errors: Vec<UserError>,
            }
        )*
    };
}

updates! {
    (UpdatePersonInput, UpdatePersonPayload, Person, person, "person"),
    (UpdateCeremonyInput, UpdateCeremonyPayload, Ceremony, ceremony, "ceremony"),
    (UpdatePlatformInput, UpdatePlatformPayload, Platform, platform, "platform"),
    (UpdateGenreInput, UpdateGenrePayload, Genre, genre, "genre")
}

/// People who are one.
#[derive(Debug, InputObject)]
pub struct MergePeopleInput {
    /// Who stays.
    id: ID,
    /// Who they are as well. These ids keep leading to the one who stays.
    #[graphql(validator(max_items = 50))]
    other_ids: Vec<ID>,
    /// Whether to plan only: nothing is written.
    #[graphql(default)]
    dry_run: bool,
    /// Whether items that are locked may change. Else a locked one keeps all from being merged, and user
    /// errors with the code LOCKED say which.
    #[graphql(default)]
    override_locks: bool,
}

/// A person who are two.
#[derive(Debug, InputObject)]
pub struct SplitPersonInput {
    /// The person.
    id: ID,
    /// Ids of credits that are someone else's.
    #[graphql(validator(max_items = 5000))]
    credit_ids: Option<Vec<ID>>,
    /// Ids of nominations that are someone else's.
    #[graphql(validator(max_items = 5000))]
    nomination_ids: Option<Vec<ID>>,
    /// Movies in which every credit and nomination of the person is someone else's.
    #[graphql(validator(max_items = 5000))]
    movie_ids: Option<Vec<ID>>,
    /// Receiver they are: someone who had been merged into the person, and who is back by this, or anybody
    /// else. Left out, it is someone new.
    to_id: Option<ID>,
    /// What someone new is called; as the person, if it is left out.
    name: Option<String>,
    /// Whether to plan only: nothing is written.
    #[graphql(default)]
    dry_run: bool,
    /// Whether items that are locked may change. Else a locked one keeps the person from being split, and
    /// user errors with the code LOCKED say which.
    #[graphql(default)]
    override_locks: bool,
}

/// A document that names someone by another id now, or of a dry run would.
pub struct RewrittenDocument(Rewritten);

/// A document that names someone by another id now, or of a dry run would. Names stay as credited.
#[Object]
impl RewrittenDocument {
    /// The movie's id.
    async fn movie_id(&self) -> ID {
        ID(self.0.movie.to_string())
    }

    /// The movie. Null if it was deleted at this moment.
    async fn movie(&self, ctx: &Context<'_>) -> Option<async_graphql::Result<Movie>> {
        let found = async {
            Ok(ctx.loaders()?.works.movies.load_one(self.0.movie.clone()).await?.map(Movie))
        };
        found.await.map_err(|error: ApiError| error.into()).transpose()
    }

    /// Which category it is.
    async fn category(&self) -> Category {
        self.0.category
    }

    /// The revision as it stands after the call.
    async fn revision(&self) -> i64 {
        self.0.outcome.export.as_ref().map_or(0, |export| export.metadata.revision)
    }

    /// The record that is kept of it. Null for a dry run, or if there are user errors.
    async fn import_id(&self) -> Option<ID> {
        self.0.outcome.import_id.clone().map(ID)
    }

    /// What changes, in the order of the document.
    async fn changes(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<PlannedChange>> {
        let plan = self.0.outcome.plan.as_ref();
        ctx.hand_out(plan.map_or(0, |plan| plan.changes.len()))?;
        let changes = plan.into_iter().flat_map(|plan| plan.changes.iter().cloned());
        Ok(changes.map(Into::into).collect())
    }

    /// Locked items that change nevertheless.
    async fn warnings(&self) -> Vec<PlanWarning> {
        let plan = self.0.outcome.plan.as_ref();
        plan.into_iter().flat_map(|plan| plan.warnings.iter().cloned().map(Into::into)).collect()
    }
}

/// What came of merging people.
#[derive(SimpleObject)]
pub struct MergePeoplePayload {
    /// Who stays. Null if an id is wrong.
    person: Option<Person>,
    /// The documents that named one of the others, in the order of their movies.
    documents: Vec<RewrittenDocument>,
    /// What is wrong with the input, or locked. If there is anything, nothing was written.
    user_errors: Vec<UserError>,
}

/// What came of splitting a person.
#[derive(SimpleObject)]
pub struct SplitPersonPayload {
    /// The person. Null if an id is wrong.
    person: Option<Person>,
    /// Whoever has the credits now. Null for a dry run, or if there are user errors.
    other: Option<Person>,
    /// The documents that have the credits and nominations, in the order of their movies. The plan of a dry
    /// run shows a made-up id for someone new.
    documents: Vec<RewrittenDocument>,
    /// What is wrong with the input, or locked. If there is anything, nothing was written.
    user_errors: Vec<UserError>,
}

/// Mutations of people and things.
#[Object]
impl Mending {
    /// Renames a person, or changes which other names they go by. Two people may share a name. No document
    /// changes. Needs the role ADMIN.
    async fn update_person(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The person, and what is to change.")] input: UpdatePersonInput,
    ) -> async_graphql::Result<UpdatePersonPayload> {
        let (entity, user_errors) = update(ctx, EntityKind::Person, input.change()).await?;
        Ok(UpdatePersonPayload { person: entity.map(Person), user_errors })
    }

    /// Renames a ceremony, or changes which other names it goes by. No two ceremonies share a name. No
    /// document changes. Needs the role ADMIN.
    async fn update_ceremony(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The ceremony, and what is to change.")] input: UpdateCeremonyInput,
    ) -> async_graphql::Result<UpdateCeremonyPayload> {
        let (entity, user_errors) = update(ctx, EntityKind::Ceremony, input.change()).await?;
        Ok(UpdateCeremonyPayload { ceremony: entity.map(Ceremony), user_errors })
    }

    /// Renames a platform, or changes which other names it goes by. No two platforms share a name. No
    /// document changes. Needs the role ADMIN.
    async fn update_platform(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The platform, and what is to change.")] input: UpdatePlatformInput,
    ) -> async_graphql::Result<UpdatePlatformPayload> {
        let (entity, user_errors) = update(ctx, EntityKind::Platform, input.change()).await?;
        Ok(UpdatePlatformPayload { platform: entity.map(Platform), user_errors })
    }

    /// Renames a genre, or changes which other names it goes by. No two genres share a name, and one that a
    /// movie says cannot be removed. No document changes. Needs the role ADMIN.
    async fn update_genre(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The genre, and what is to change.")] input: UpdateGenreInput,
    ) -> async_graphql::Result<UpdateGenrePayload> {
        let (entity, user_errors) = update(ctx, EntityKind::Genre, input.change()).await?;
        Ok(UpdateGenrePayload { genre: entity.map(Genre), user_errors })
    }

    /// Merges people who are one. Every published document that names one of the others names the one who
    /// stays, as a new revision; the others' names and ids elsewhere become theirs. All or nothing. Needs the
    /// role ADMIN.
    async fn merge_people(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who stays, and who they are as well.")] input: MergePeopleInput,
    ) -> async_graphql::Result<MergePeoplePayload> {
        let permission = ctx.can_publish()?;
        let merge = MergeRequest {
            id: input.id.0,
            others: input.other_ids.into_iter().map(|id| id.0).collect(),
            dry_run: input.dry_run,
            override_locks: input.override_locks,
        };
        let outcome =
            ctx.catalog().merge_people(&permission, &merge).await.map_err(ApiError::from)?;
        let ReassignmentOutcome { id, documents, problems, .. } = outcome;
        let person = find_person(ctx, id).await?;
        let documents = documents.into_iter().map(RewrittenDocument).collect();
        Ok(MergePeoplePayload { person, documents, user_errors: user_errors(problems) })
    }

    /// Splits a person who are two: gives some of the credits and nominations to someone else. Every
    /// published document that has them becomes a new revision. All or nothing. Needs the role ADMIN.
    async fn split_person(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The person, what is someone else's, and whose.")] input: SplitPersonInput,
    ) -> async_graphql::Result<SplitPersonPayload> {
        let permission = ctx.can_publish()?;
        let ids = |ids: Option<Vec<ID>>| ids.into_iter().flatten().map(|id| id.0).collect();
        let split = SplitRequest {
            id: input.id.0,
            credits: ids(input.credit_ids),
            nominations: ids(input.nomination_ids),
            movies: ids(input.movie_ids),
            to: input.to_id.map(|id| id.0),
            name: input.name,
            dry_run: input.dry_run,
            override_locks: input.override_locks,
        };
        let outcome =
            ctx.catalog().split_person(&permission, &split).await.map_err(ApiError::from)?;
        let ReassignmentOutcome { id, other, documents, problems } = outcome;
        let (person, other) = (find_person(ctx, id).await?, find_person(ctx, other).await?);
        let documents = documents.into_iter().map(RewrittenDocument).collect();
        Ok(SplitPersonPayload { person, other, documents, user_errors: user_errors(problems) })
    }
}

async fn update(
    ctx: &Context<'_>,
    kind: EntityKind,
    (id, change): (ID, EntityChange),
) -> Result<(Option<Arc<Entity>>, Vec<UserError>), ApiError> {
    let permission = ctx.can_publish()?;
    let updated = ctx.catalog().update_entity(&permission, kind, &id, &change).await?;
    let entity = find(ctx, kind, updated.id).await?;
    let problems: Vec<Problem> = updated.problems;
    Ok((entity, user_errors(problems)))
}

async fn find_person(ctx: &Context<'_>, id: Option<String>) -> Result<Option<Person>, ApiError> {
    Ok(find(ctx, EntityKind::Person, id).await?.map(Person))
}

/// As it stands now: a loader may remember what was before.
async fn find(
    ctx: &Context<'_>,
    kind: EntityKind,
    id: Option<String>,
) -> Result<Option<Arc<Entity>>, ApiError> {
    let permission = ctx.can_read()?;
    let Some(id) = id else { return Ok(None) };
    Ok(ctx.catalog().entities(&permission, kind, &[id]).await?.pop().map(Arc::new))
}
