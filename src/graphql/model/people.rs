//! A person's credits and nominations, lists of entities, and possible duplicates of people.

use async_graphql::connection::{Connection, Edge, EmptyFields};
use async_graphql::{Context, ID, Object, SimpleObject};
use std::sync::Arc;

use super::entities::Ceremony;
use super::pages::{Cursor, invalid_cursor, page_size};
use super::types::{Movie, Person};
use crate::catalog::entities::{Duplicate, DuplicateReason, WorksPage};
use crate::document::MovieId;
use crate::document::categories::awards::AwardResult;
use crate::document::schema::choice::define_choice;
use crate::document::schema::entities::EntityKind;
use crate::graphql::context::ContextExt;
use crate::graphql::error::ApiError;
use crate::storage::{CreditEntry, Entity, EntityPosition, NominationEntry, WorkPosition};

/// A page of people.
pub type PersonConnection = Connection<String, Person, EmptyFields, EmptyFields>;
/// A page of a person's credits.
pub type PersonCreditConnection = Connection<String, PersonCredit, EmptyFields, EmptyFields>;
/// A page of a person's nominations.
pub type PersonNominationConnection =
    Connection<String, PersonNomination, EmptyFields, EmptyFields>;
/// A page of possible duplicates.
pub type PossibleDuplicateConnection =
    Connection<String, PossibleDuplicate, EmptyFields, EmptyFields>;

const CREDITS: &str = "credits";
const NOMINATIONS: &str = "nominations";
const DUPLICATES: &str = "duplicates";

define_choice! {
    /// A list of a movie's cast and crew.
    pub enum CreditList {
        /// The directors.
        Directors = "directors",
        /// The writers, including the authors of works that the movie is based on.
        Writers = "writers",
        /// The producers.
        Producers = "producers",
        /// The actors.
        Cast = "cast",
        /// All other crew members.
        Crew = "crew",
    }
}

/// The credits and nominations of the person with this id, flattened into the fields of [`Person`].
pub struct PersonWorks(pub String);

/// The credits and nominations of a person.
#[Object]
impl PersonWorks {
    /// The person's credits, newest movie first. Credits on movies without a year come last.
    async fn filmography(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The page size: 1 to 100. Default: 20.")] first: Option<i32>,
        #[graphql(desc = "Return the entries after this cursor.")] after: Option<String>,
    ) -> async_graphql::Result<PersonCreditConnection> {
        let (limit, page) = works_page(CREDITS, first, after)?;
        let has_cursor = page.after.is_some();
        let key = (page, self.0.clone());
        let found = ctx
            .loaders()?
            .works
            .credits
            .load_one(key)
            .await
            .map_err(ApiError::from)?
            .unwrap_or_default();
        ctx.charge_objects(found.len().min(limit))?;
        let mut connection = Connection::new(has_cursor, found.len() > limit);
        let edges = found.into_iter().take(limit);
        connection.edges = edges
            .map(|entry| Edge::new(work_cursor(CREDITS, &entry.position()), PersonCredit(entry)))
            .collect();
        Ok(connection)
    }

    /// The person's nominations, newest first, including those that won.
    async fn nominations(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The page size: 1 to 100. Default: 20.")] first: Option<i32>,
        #[graphql(desc = "Return the entries after this cursor.")] after: Option<String>,
    ) -> async_graphql::Result<PersonNominationConnection> {
        let (limit, page) = works_page(NOMINATIONS, first, after)?;
        let has_cursor = page.after.is_some();
        let key = (page, self.0.clone());
        let found = ctx
            .loaders()?
            .works
            .nominations
            .load_one(key)
            .await
            .map_err(ApiError::from)?
            .unwrap_or_default();
        ctx.charge_objects(found.len().min(limit))?;
        let mut connection = Connection::new(has_cursor, found.len() > limit);
        let edges = found.into_iter().take(limit);
        connection.edges = edges
            .map(|entry| {
                Edge::new(work_cursor(NOMINATIONS, &entry.position()), PersonNomination(entry))
            })
            .collect();
        Ok(connection)
    }

    /// Up to 3 movies that the person is best known for, best first: movies that the person
    /// directed or acted in, then those that they wrote or produced, then others; within each
    /// group, those with more nominations first.
    async fn known_for(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<Movie>> {
        let loaders = &ctx.loaders()?.works;
        let ids = loaders
            .known_for
            .load_one(self.0.clone())
            .await
            .map_err(ApiError::from)?
            .unwrap_or_default();
        ctx.charge_objects(ids.len())?;
        let mut movies = loaders.movies.load_many(ids.clone()).await.map_err(ApiError::from)?;
        Ok(ids.iter().filter_map(|id| movies.remove(id)).map(Movie).collect())
    }

    /// The numbers of the person's credits and nominations.
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

/// The numbers of a person's credits and nominations.
#[derive(SimpleObject)]
pub struct PersonTotals {
    /// The number of movies that credit the person.
    movies: i64,
    /// The number of credits on these movies.
    credits: i64,
    /// The number of nominations, including those that won.
    nominations: i64,
    /// The number of nominations that won.
    wins: i64,
}

fn works_page(
    list: &str,
    first: Option<i32>,
    after: Option<String>,
) -> Result<(usize, WorksPage), ApiError> {
    let limit = page_size(first)?;
    let after = after.map(|cursor| {
        let [year, movie, id] = Cursor::read(list, &cursor)?;
        Ok::<_, ApiError>(WorkPosition {
            year: year.parse().map_err(|_| invalid_cursor())?,
            movie,
            id,
        })
    });
    // One entry more shows whether there is a next page.
    Ok((limit, WorksPage { after: after.transpose()?, limit: limit as u64 + 1 }))
}

fn work_cursor(list: &str, place: &WorkPosition) -> String {
    Cursor::new(list, &[&place.year.to_string(), &place.movie, &place.id]).0
}

async fn load_movie(ctx: &Context<'_>, id: &str) -> Result<Option<Movie>, ApiError> {
    let Ok(id) = id.parse::<MovieId>() else { return Ok(None) };
    Ok(ctx.loaders()?.works.movies.load_one(id).await?.map(Movie))
}

/// One credit of a person.
pub struct PersonCredit(CreditEntry);

/// One credit of a person.
#[Object]
impl PersonCredit {
    /// The credit's id in the published cast and crew document of its movie.
    async fn credit_id(&self) -> ID {
        ID(self.0.id.clone())
    }

    /// The movie. Null if it is deleted while the query runs.
    async fn movie(&self, ctx: &Context<'_>) -> Option<async_graphql::Result<Movie>> {
        load_movie(ctx, &self.0.movie_id).await.map_err(Into::into).transpose()
    }

    /// The list of the movie's cast and crew that contains the credit.
    async fn list(&self) -> CreditList {
        CreditList::parse(&self.0.list).unwrap_or(CreditList::Crew)
    }

    /// The character that the person plays, for example Tyler Durden. Null if unknown, or if list
    /// is not CAST.
    async fn character(&self) -> Option<&str> {
        self.0.part.as_deref().filter(|_| self.0.list == CreditList::Cast.as_str())
    }

    /// The job, for example Editor. Null if unknown, or if list is CAST.
    async fn job(&self) -> Option<&str> {
        self.0.part.as_deref().filter(|_| self.0.list != CreditList::Cast.as_str())
    }

    /// The department, for example Editing. Null if unknown, or if list is not CREW.
    async fn department(&self) -> Option<&str> {
        self.0.department.as_deref()
    }
}

/// One nomination of a person.
pub struct PersonNomination(NominationEntry);

/// One nomination of a person, whether it won or not.
#[Object]
impl PersonNomination {
    /// The nomination's id in the published awards document of its movie.
    async fn nomination_id(&self) -> ID {
        ID(self.0.id.clone())
    }

    /// The movie. Null if it is deleted while the query runs.
    async fn movie(&self, ctx: &Context<'_>) -> Option<async_graphql::Result<Movie>> {
        load_movie(ctx, &self.0.movie_id).await.map_err(Into::into).transpose()
    }

    /// The award ceremony. Null if it no longer exists.
    async fn ceremony(&self, ctx: &Context<'_>) -> Option<async_graphql::Result<Ceremony>> {
        Ceremony::load(ctx, &self.0.ceremony_id).await.map_err(Into::into).transpose()
    }

    /// The year of the award, as stated by the source: of the ceremony or of the films it honours.
    async fn year(&self) -> i32 {
        self.0.year
    }

    /// The award category, for example Best Director.
    async fn category(&self) -> &str {
        &self.0.category
    }

    /// Whether the nomination won.
    async fn result(&self) -> AwardResult {
        if self.0.won { AwardResult::Winner } else { AwardResult::Nominee }
    }
}

/// The cursor of an entity in a list.
pub fn entity_cursor(list: &str, place: &EntityPosition) -> String {
    Cursor::new(list, &[&place.fit.to_string(), &place.id, &place.name_key]).0
}

/// Resolves a page of the entities of a kind: all by name, or with `search` those that match it,
/// best first.
pub async fn entity_page<T: async_graphql::OutputType>(
    ctx: &Context<'_>,
    kind: EntityKind,
    search: Option<String>,
    first: Option<i32>,
    after: Option<String>,
    node: fn(Arc<Entity>) -> T,
) -> Result<Connection<String, T, EmptyFields, EmptyFields>, ApiError> {
    let permission = ctx.can_read()?;
    let limit = page_size(first)?;
    let search = super::pages::validate_text("search", search)?;
    let after = match after {
        Some(cursor) => {
            let [fit, id, name_key] = Cursor::read(kind.as_str(), &cursor)?;
            Some(EntityPosition { fit: fit.parse().map_err(|_| invalid_cursor())?, name_key, id })
        }
        None => None,
    };
    let page = ctx
        .catalog()
        .list_entities(&permission, kind, search.as_deref(), after.as_ref(), limit)
        .await?;
    ctx.charge_objects(page.entities.len())?;
    let mut connection = Connection::new(after.is_some(), page.has_more);
    let edges = page.entities.into_iter();
    connection.edges = edges
        .map(|(place, entity)| {
            Edge::new(entity_cursor(kind.as_str(), &place), node(Arc::new(entity)))
        })
        .collect();
    Ok(connection)
}

/// Two people who may be the same person.
pub struct PossibleDuplicate(Duplicate);

/// Two entries of the catalogue that may be the same person. If they are, merge them with
/// mergePeople.
#[Object]
impl PossibleDuplicate {
    /// The entry with more credits. Null if the two are merged while the query runs.
    async fn first(&self, ctx: &Context<'_>) -> Option<async_graphql::Result<Person>> {
        super::types::person(ctx, &ID(self.0.first.clone())).await.transpose()
    }

    /// The other entry. Null if the two are merged while the query runs.
    async fn second(&self, ctx: &Context<'_>) -> Option<async_graphql::Result<Person>> {
        super::types::person(ctx, &ID(self.0.second.clone())).await.transpose()
    }

    /// How likely the two are the same person, from 0 to 1. Use it to sort; it is not a
    /// probability.
    async fn score(&self) -> f64 {
        f64::from(self.0.score.percent) / 100.0
    }

    /// What speaks for and against the two being the same person.
    async fn reasons(&self) -> &[DuplicateReason] {
        &self.0.score.reasons
    }
}

/// Resolves `Query.duplicatePeople`.
pub async fn duplicates(
    ctx: &Context<'_>,
    first: Option<i32>,
    after: Option<String>,
) -> Result<PossibleDuplicateConnection, ApiError> {
    let permission = ctx.can_draft()?;
    let limit = page_size(first)?;
    let after = match after {
        Some(cursor) => {
            let [percent, first, second] = Cursor::read(DUPLICATES, &cursor)?;
            Some((percent.parse::<i32>().map_err(|_| invalid_cursor())?, first, second))
        }
        None => None,
    };
    let place =
        after.as_ref().map(|(percent, first, second)| (*percent, first.as_str(), second.as_str()));
    let (found, has_more) = ctx.catalog().duplicate_people(&permission, place, limit).await?;
    ctx.charge_objects(found.len())?;
    let mut connection = Connection::new(after.is_some(), has_more);
    let cursor = |pair: &Duplicate| {
        Cursor::new(DUPLICATES, &[&pair.score.percent.to_string(), &pair.first, &pair.second]).0
    };
    connection.edges =
        found.into_iter().map(|pair| Edge::new(cursor(&pair), PossibleDuplicate(pair))).collect();
    Ok(connection)
}
