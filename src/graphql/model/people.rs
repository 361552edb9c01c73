//! What people did, as fields of them; lists of people.

use async_graphql::connection::{Connection, Edge, EmptyFields};
use async_graphql::{Context, ID, Object, SimpleObject};
use std::sync::Arc;

use super::entities::Ceremony;
use super::pages::{Cursor, limit_of, not_ours};
use super::types::{Movie, Person};
use crate::catalog::entities::{Duplicate, DuplicateReason, WorksPage};
use crate::document::MovieId;
use crate::document::categories::awards::AwardResult;
use crate::document::entity::EntityKind;
use crate::document::schema::definition::define_choice;
use crate::graphql::context::ContextExt;
use crate::graphql::error::ApiError;
use crate::storage::{CreditEntry, Entity, EntityPosition, NominationEntry, WorkPosition};

/// A list of people.
pub type PersonConnection = Connection<String, Person, EmptyFields, EmptyFields>;
/// A part of someone's credits.
pub type PersonCreditConnection = Connection<String, PersonCredit, EmptyFields, EmptyFields>;
/// A part of someone's nominations.
pub type PersonNominationConnection =
    Connection<String, PersonNomination, EmptyFields, EmptyFields>;
/// Those who may be one.
pub type PossibleDuplicateConnection =
    Connection<String, PossibleDuplicate, EmptyFields, EmptyFields>;

const CREDITS: &str = "credits";
const NOMINATIONS: &str = "nominations";
const DUPLICATES: &str = "duplicates";

define_choice! {
    /// A list of a movie's cast and crew.
    pub enum CreditList {
        /// Who directed it.
        Directors = "directors",
        /// Who wrote it, or what it is based on.
        Writers = "writers",
        /// Who produced it.
        Producers = "producers",
        /// Who plays in it.
        Cast = "cast",
        /// Everyone else.
        Crew = "crew",
    }
}

/// What a person did.
pub struct PersonWorks(pub String);

/// What a person did.
#[Object]
impl PersonWorks {
    /// The person's credits, newest movie first; those of movies whose year is not known come last.
    async fn filmography(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many: 1 to 100; 20 if it is left out.")] first: Option<i32>,
        #[graphql(desc = "Start after this cursor.")] after: Option<String>,
    ) -> async_graphql::Result<PersonCreditConnection> {
        let (limit, page) = works_page(CREDITS, first, after)?;
        let came_from = page.after.is_some();
        let key = (page, self.0.clone());
        let found = ctx
            .loaders()?
            .works
            .credits
            .load_one(key)
            .await
            .map_err(ApiError::from)?
            .unwrap_or_default();
        ctx.hand_out(found.len().min(limit))?;
        let mut connection = Connection::new(came_from, found.len() > limit);
        let edges = found.into_iter().take(limit);
        connection.edges = edges
            .map(|entry| Edge::new(work_cursor(CREDITS, &entry.position()), PersonCredit(entry)))
            .collect();
        Ok(connection)
    }

    /// The person's nominations, newest first.
    async fn nominations(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many: 1 to 100; 20 if it is left out.")] first: Option<i32>,
        #[graphql(desc = "Start after this cursor.")] after: Option<String>,
    ) -> async_graphql::Result<PersonNominationConnection> {
        let (limit, page) = works_page(NOMINATIONS, first, after)?;
        let came_from = page.after.is_some();
        let key = (page, self.0.clone());
        let found = ctx
            .loaders()?
            .works
            .nominations
            .load_one(key)
            .await
            .map_err(ApiError::from)?
            .unwrap_or_default();
        ctx.hand_out(found.len().min(limit))?;
        let mut connection = Connection::new(came_from, found.len() > limit);
        let edges = found.into_iter().take(limit);
        connection.edges = edges
            .map(|entry| {
                Edge::new(work_cursor(NOMINATIONS, &entry.position()), PersonNomination(entry))
            })
            .collect();
        Ok(connection)
    }

    /// Three movies at most that the person is known for, best first: where they directed or played before
    /// where they wrote or produced, and what was nominated most before the rest.
    async fn known_for(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<Movie>> {
        let loaders = &ctx.loaders()?.works;
        let ids = loaders
            .known_for
            .load_one(self.0.clone())
            .await
            .map_err(ApiError::from)?
            .unwrap_or_default();
        ctx.hand_out(ids.len())?;
        let mut movies = loaders.movies.load_many(ids.clone()).await.map_err(ApiError::from)?;
        Ok(ids.iter().filter_map(|id| movies.remove(id)).map(Movie).collect())
    }

    /// How much the person did.
    async fn totals(&self, ctx: &Context<'_>) -> async_graphql::Result<PersonTotals> {
        let found =
            ctx.loaders()?.works.totals.load_one(self.0.clone()).await.map_err(ApiError::from)?;
        let totals = found.unwrap_or_default();
        Ok(PersonTotals {
            movies: totals.movies,
            credits: totals.credits,
            nominations: totals.nominations,
            wins: totals.wins,
        })
    }
}

/// How much a person did.
#[derive(SimpleObject)]
pub struct PersonTotals {
    /// How many movies credit the person.
    movies: i64,
    /// How many credits there are in them.
    credits: i64,
    /// How many nominations, won or not.
    nominations: i64,
    /// How many of them were won.
    wins: i64,
}

fn works_page(
    list: &str,
    first: Option<i32>,
    after: Option<String>,
) -> Result<(usize, WorksPage), ApiError> {
    let limit = limit_of(first)?;
    let after = after.map(|cursor| {
        let [year, movie, id] = Cursor::read(list, &cursor)?;
        Ok::<_, ApiError>(WorkPosition { year: year.parse().map_err(|_| not_ours())?, movie, id })
    });
    // One more tells whether there are more.
    Ok((limit, WorksPage { after: after.transpose()?, limit: limit as u64 + 1 }))
}

fn work_cursor(list: &str, place: &WorkPosition) -> String {
    Cursor::new(list, &[&place.year.to_string(), &place.movie, &place.id]).0
}

async fn movie_of(ctx: &Context<'_>, id: &str) -> Result<Option<Movie>, ApiError> {
    let Ok(id) = id.parse::<MovieId>() else { return Ok(None) };
    Ok(ctx.loaders()?.works.movies.load_one(id).await?.map(Movie))
}

/// One credit of a person.
pub struct PersonCredit(CreditEntry);

/// One credit of a person.
#[Object]
impl PersonCredit {
    /// The credit's own id, as in cast and crew.
    async fn id(&self) -> ID {
        ID(self.0.id.clone())
    }

    /// The movie. Null if it was deleted at this moment.
    async fn movie(&self, ctx: &Context<'_>) -> Option<async_graphql::Result<Movie>> {
        movie_of(ctx, &self.0.movie_id).await.map_err(Into::into).transpose()
    }

    /// The list of its cast and crew.
    async fn list(&self) -> CreditList {
        CreditList::parse(&self.0.list).unwrap_or(CreditList::Crew)
    }

    /// Who the person plays. Null if it is not known, or not of the cast.
    async fn character(&self) -> Option<&str> {
        self.0.part.as_deref().filter(|_| self.0.list == CreditList::Cast.as_str())
    }

    /// The job, for example Editor. Null if it is not known, or of the cast.
    async fn job(&self) -> Option<&str> {
        self.0.part.as_deref().filter(|_| self.0.list != CreditList::Cast.as_str())
    }

    /// The department, for example Editing. Null if it is not known, or not of the crew.
    async fn department(&self) -> Option<&str> {
        self.0.department.as_deref()
    }
}

/// One nomination of a person.
pub struct PersonNomination(NominationEntry);

/// One nomination of a person, won or not.
#[Object]
impl PersonNomination {
    /// The nomination's own id, as in awards.
    async fn id(&self) -> ID {
        ID(self.0.id.clone())
    }

    /// The movie. Null if it was deleted at this moment.
    async fn movie(&self, ctx: &Context<'_>) -> Option<async_graphql::Result<Movie>> {
        movie_of(ctx, &self.0.movie_id).await.map_err(Into::into).transpose()
    }

    /// The ceremony. Null if it is not known any more.
    async fn ceremony(&self, ctx: &Context<'_>) -> Option<async_graphql::Result<Ceremony>> {
        Ceremony::load(ctx, &self.0.ceremony_id).await.map_err(Into::into).transpose()
    }

    /// The year, as the source counts it.
    async fn year(&self) -> i32 {
        self.0.year
    }

    /// The category, for example Best Director.
    async fn category(&self) -> &str {
        &self.0.category
    }

    /// Whether it was won.
    async fn result(&self) -> AwardResult {
        if self.0.won { AwardResult::Winner } else { AwardResult::Nominee }
    }
}

/// A place in a list of entities, as a cursor.
pub fn place_cursor(list: &str, place: &EntityPosition) -> String {
    Cursor::new(list, &[&place.fit.to_string(), &place.id, &place.name_key]).0
}

/// The page of a list of entities of a kind.
pub async fn entity_page<T: async_graphql::OutputType>(
    ctx: &Context<'_>,
    kind: EntityKind,
    search: Option<String>,
    first: Option<i32>,
    after: Option<String>,
    node: fn(Arc<Entity>) -> T,
) -> Result<Connection<String, T, EmptyFields, EmptyFields>, ApiError> {
    let permission = ctx.can_read()?;
    let limit = limit_of(first)?;
    let search = super::pages::text_of("search", search)?;
    let after = match after {
        Some(cursor) => {
            let [fit, id, name_key] = Cursor::read(kind.as_str(), &cursor)?;
            Some(EntityPosition { fit: fit.parse().map_err(|_| not_ours())?, name_key, id })
        }
        None => None,
    };
    let page = ctx
        .catalog()
        .list_entities(&permission, kind, search.as_deref(), after.as_ref(), limit)
        .await?;
    ctx.hand_out(page.entities.len())?;
    let mut connection = Connection::new(after.is_some(), page.has_more);
    let edges = page.entities.into_iter();
    connection.edges = edges
        .map(|(place, entity)| {
            Edge::new(place_cursor(kind.as_str(), &place), node(Arc::new(entity)))
        })
        .collect();
    Ok(connection)
}

/// Two people who may be one.
pub struct PossibleDuplicate(Duplicate);

/// Two people who may be one. Nothing is done about it but by mergePeople.
#[Object]
impl PossibleDuplicate {
    /// The one with more credits. Null if they were merged at this moment.
    async fn first(&self, ctx: &Context<'_>) -> Option<async_graphql::Result<Person>> {
        super::types::person(ctx, &ID(self.0.first.clone())).await.transpose()
    }

    /// The other one. Null if they were merged at this moment.
    async fn second(&self, ctx: &Context<'_>) -> Option<async_graphql::Result<Person>> {
        super::types::person(ctx, &ID(self.0.second.clone())).await.transpose()
    }

    /// How likely they are one, from 0 to 1. A way to sort them, no probability.
    async fn score(&self) -> f64 {
        f64::from(self.0.score.percent) / 100.0
    }

    /// What speaks for it, and against it.
    async fn reasons(&self) -> &[DuplicateReason] {
        &self.0.score.reasons
    }
}

/// Those who may be one.
pub async fn duplicates(
    ctx: &Context<'_>,
    first: Option<i32>,
    after: Option<String>,
) -> Result<PossibleDuplicateConnection, ApiError> {
    let permission = ctx.can_draft()?;
    let limit = limit_of(first)?;
    let after = match after {
        Some(cursor) => {
            let [percent, first, second] = Cursor::read(DUPLICATES, &cursor)?;
            Some((percent.parse::<i32>().map_err(|_| not_ours())?, first, second))
        }
        None => None,
    };
    let place =
        after.as_ref().map(|(percent, first, second)| (*percent, first.as_str(), second.as_str()));
    let (found, has_more) = ctx.catalog().duplicate_people(&permission, place, limit).await?;
    ctx.hand_out(found.len())?;
    let mut connection = Connection::new(after.is_some(), has_more);
    let cursor = |of: &Duplicate| {
        Cursor::new(DUPLICATES, &[&of.score.percent.to_string(), &of.first, &of.second]).0
    };
    connection.edges =
        found.into_iter().map(|of| Edge::new(cursor(&of), PossibleDuplicate(of))).collect();
    Ok(connection)
}
