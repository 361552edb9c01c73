//! Objects of any kind by their id: the interface Node, and the fields of `Query` that read it.

use async_graphql::{Context, ID, Interface};

use super::accounts::{PersonalAccessToken, Session, User};
use super::audit::AuditEntry;
use super::drafts::Draft;
use super::entities::{Ceremony, Genre, Platform};
use super::history::Revision;
use super::import_log::{ImportRecord, find_record};
use super::jobs::Job;
use super::locks::Lock;
use super::types::{Movie, MovieExport, Person};
use crate::document::node_ids::{DocumentState, NodeId};
use crate::document::schema::entities::EntityKind;
use crate::document::{Category, MovieId};
use crate::graphql::context::ContextExt;
use crate::graphql::error::ApiError;
use crate::graphql::limits::MAX_PAGE;

/// An object with an id that no other object of the schema has, of whatever type. A client can keep
/// objects by their ids, and read one again with Query.node.
#[derive(Interface)]
#[graphql(field(
    name = "id",
    ty = "ID",
    desc = "The id, unique over all types, for example tmdb-550 or draft:tmdb-550:timeline."
))]
pub enum Node {
    Movie(Movie),
    MovieExport(MovieExport),
    Draft(Draft),
    Revision(Revision),
    ImportRecord(ImportRecord),
    Lock(Lock),
    Person(Person),
    Ceremony(Ceremony),
    Platform(Platform),
    Genre(Genre),
    User(User),
    Session(Session),
    PersonalAccessToken(PersonalAccessToken),
    AuditEntry(AuditEntry),
    Job(Job),
}

/// Resolves `Query.node`. `None` if no object has the id.
///
/// # Errors
/// When the role does not allow reading objects of this kind, or storage fails.
pub async fn find(ctx: &Context<'_>, id: &ID) -> Result<Option<Node>, ApiError> {
    let own = ctx.principal()?;
    let parsed = id.parse::<NodeId>();
    match &parsed {
        Ok(NodeId::User(subject)) if *subject == own.subject => {
            return Ok(Some(Node::User(User::of_principal(own))));
        }
        Ok(NodeId::Session(id)) => return Ok(Session::load(ctx, id).await?.map(Node::Session)),
        Ok(NodeId::Token(id)) => {
            let found = PersonalAccessToken::load(ctx, id).await?;
            return Ok(found.map(Node::PersonalAccessToken));
        }
        Ok(_) | Err(_) => {}
    }
    ctx.can_read()?;
    let Ok(id) = parsed else { return Ok(None) };
    Ok(match id {
        NodeId::Movie(id) => find_movie(ctx, &id).await?.map(Node::Movie),
        NodeId::Entity(kind, id) => find_entity(ctx, kind, id).await?,
        NodeId::Export(movie, category, state) => {
            find_export(ctx, movie, category, state).await?.map(Node::MovieExport)
        }
        NodeId::Draft(movie, category) => Draft::load(ctx, movie, category).await?.map(Node::Draft),
        NodeId::Revision(movie, category, number) => {
            Revision::load(ctx, movie, category, number).await?.map(Node::Revision)
        }
        NodeId::Import(_) => find_record(ctx, &ID(id.to_string())).await?.map(Node::ImportRecord),
        NodeId::Lock(movie, category, target) => {
            let locks = ctx.draft_loaders()?.locks.load_one(movie.clone()).await?;
            let mut locks = locks.into_iter().flatten();
            let found = locks.find(|(of, lock)| *of == category && lock.target == target);
            found.map(|(category, lock)| Node::Lock(Lock::new(&movie, category, lock)))
        }
        // Other accounts are visible to those who manage them.
        NodeId::User(id) => User::load(ctx, id).await?.map(Node::User),
        NodeId::AuditEntry(id) => AuditEntry::load(ctx, id).await?.map(Node::AuditEntry),
        NodeId::Job(id) => Job::load(ctx, id).await?.map(Node::Job),
        NodeId::Session(_) | NodeId::Token(_) => None,
    })
}

/// The result of looking up one id of several.
pub type FoundNode = Option<async_graphql::Result<Node>>;

/// Resolves `Query.nodes`: for each id its object, in the same order.
///
/// # Errors
/// When there are too many ids, or none may be read.
pub async fn find_all(ctx: &Context<'_>, ids: &[ID]) -> Result<Vec<FoundNode>, ApiError> {
    ctx.principal()?;
    if ids.len() > usize::try_from(MAX_PAGE).unwrap_or_default() {
        let found = ids.len();
        return Err(ApiError::BadInput(format!(
            "found {found} ids; at most {MAX_PAGE} are allowed"
        )));
    }
    ctx.charge_objects(ids.len())?;
    let found = ids.iter().map(|id| async move {
        find(ctx, id).await.map_err(async_graphql::Error::from).transpose()
    });
    Ok(futures::future::join_all(found).await)
}

async fn find_movie(ctx: &Context<'_>, id: &MovieId) -> Result<Option<Movie>, ApiError> {
    Ok(ctx.loaders()?.works.movies.load_one(id.clone()).await?.map(Movie))
}

async fn find_entity(
    ctx: &Context<'_>,
    kind: EntityKind,
    id: String,
) -> Result<Option<Node>, ApiError> {
    Ok(match kind {
        EntityKind::Person => {
            ctx.loaders()?.people.load_one(id).await?.map(Person).map(Node::Person)
        }
        EntityKind::Ceremony => Ceremony::load(ctx, &id).await?.map(Node::Ceremony),
        EntityKind::Platform => Platform::load(ctx, &id).await?.map(Node::Platform),
        EntityKind::Genre => Genre::load(ctx, &id).await?.map(Node::Genre),
    })
}

async fn find_export(
    ctx: &Context<'_>,
    movie: MovieId,
    category: Category,
    state: DocumentState,
) -> Result<Option<MovieExport>, ApiError> {
    Ok(match state {
        DocumentState::Published => {
            // The loader of exports answers an empty document for a movie that does not exist.
            if find_movie(ctx, &movie).await?.is_none() {
                return Ok(None);
            }
            ctx.loaders()?.exports.load_one((movie, category)).await?.map(MovieExport::from)
        }
        DocumentState::Draft => {
            let exports = &ctx.draft_loaders()?.draft_exports;
            exports.load_one((movie, category)).await?.map(MovieExport::from)
        }
        DocumentState::Revision(number) => {
            let states = &ctx.draft_loaders()?.states;
            states.load_one(((movie, category), number)).await?.map(MovieExport::of_revision)
        }
    })
}
