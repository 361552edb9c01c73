//! Ids that name one object among the objects of all kinds, so that the caches of GraphQL clients
//! can tell objects apart by their ids alone.
//!
//! Movies and entities keep the ids that files contain, as far as the form of an id shows what it
//! belongs to. Other kinds of objects have ids with a prefix and a colon, which no movie id
//! contains: `draft:tmdb-550:timeline`.

use std::fmt;
use std::str::FromStr;

use super::categories::Category;
use super::ids::{MovieId, has_item_id_form};
use super::resolve::given_ids::NUMBERED_SOURCES;
use super::schema::entity_kind::EntityKind;

/// The id of an object of any kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NodeId {
    Movie(MovieId),
    /// An entity, with the id that files contain.
    Entity(EntityKind, String),
    Export(MovieId, Category, DocumentState),
    Draft(MovieId, Category),
    Revision(MovieId, Category, i64),
    /// An entry of the import log.
    Import(String),
    /// An editorial lock, with its target.
    Lock(MovieId, Category, String),
    /// An account, with the subject of its tokens.
    User(String),
    /// A session of an account.
    Session(String),
    /// A personal access token.
    Token(String),
    /// An entry of the audit log.
    AuditEntry(String),
    Job(String),
}

/// A state of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DocumentState {
    /// What is published now.
    Published,
    /// The open draft.
    Draft,
    /// A past or present revision, which does not change any more.
    Revision(i64),
}

/// The kind of entity to which an id belongs by its form: `person-…`, or `tmdb-person-…` with any
/// of the known sources. Movies cannot be created with such an id.
#[must_use]
pub fn kind_by_form(id: &str) -> Option<EntityKind> {
    let of = |text: &str| {
        let (kind, rest) = text.split_once('-')?;
        kind_named(kind).filter(|_| !rest.is_empty())
    };
    of(id).or_else(|| {
        let (source, rest) = id.split_once('-')?;
        NUMBERED_SOURCES.contains(&source).then(|| of(rest)).flatten()
    })
}

fn kind_named(text: &str) -> Option<EntityKind> {
    EntityKind::ALL.iter().copied().find(|kind| kind.as_str() == text)
}

const ENTITY: &str = "entity:";

/// The id of an entity among the objects of all kinds. It is the id that files contain, unless the
/// form of that id does not show its kind: `entity:person:nm0000093`.
#[must_use]
pub fn entity_node_id(kind: EntityKind, id: &str) -> String {
    if kind_by_form(id) == Some(kind) {
        id.to_owned()
    } else {
        format!("{ENTITY}{}:{id}", kind.as_str())
    }
}

/// The id that files contain for an entity: the inverse of [`entity_node_id`]. Other texts are
/// returned as they are.
#[must_use]
pub fn plain_entity_id(id: &str) -> &str {
    split_entity(id).map_or(id, |(_, plain)| plain)
}

fn split_entity(id: &str) -> Option<(EntityKind, &str)> {
    let (kind, plain) = id.strip_prefix(ENTITY)?.split_once(':')?;
    Some((kind_named(kind)?, plain)).filter(|_| !plain.is_empty())
}

/// What follows the id of an item in this state of its document; nothing in the published state.
///
/// One item has another content in each state, and so another id.
#[must_use]
pub fn item_suffix(state: DocumentState) -> String {
    match state {
        DocumentState::Published => String::new(),
        DocumentState::Draft => ":draft".to_owned(),
        DocumentState::Revision(number) => format!(":{number}"),
    }
}

/// The id that files contain for an item: without the suffix of a state. Other texts are returned
/// as they are.
#[must_use]
pub fn plain_item_id(id: &str) -> &str {
    match id.split_once(':') {
        Some((plain, state)) if has_item_id_form(plain) && parse_state(state).is_some() => plain,
        _ => id,
    }
}

fn parse_state(text: &str) -> Option<DocumentState> {
    if text == "draft" {
        return Some(DocumentState::Draft);
    }
    let number = text.parse().ok().filter(|number| *number > 0)?;
    Some(DocumentState::Revision(number))
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Movie(movie) => write!(f, "{movie}"),
            Self::Entity(kind, id) => f.write_str(&entity_node_id(*kind, id)),
            Self::Export(movie, category, state) => {
                write!(f, "export:{movie}:{}{}", category.slug(), item_suffix(*state))
            }
            Self::Draft(movie, category) => write!(f, "draft:{movie}:{}", category.slug()),
            Self::Revision(movie, category, number) => {
                write!(f, "revision:{movie}:{}:{number}", category.slug())
            }
            Self::Import(id) => write!(f, "import:{id}"),
            Self::Lock(movie, category, target) => {
                write!(f, "lock:{movie}:{}:{target}", category.slug())
            }
            Self::User(subject) => write!(f, "user:{subject}"),
            Self::Session(id) => write!(f, "session:{id}"),
            Self::Token(id) => write!(f, "token:{id}"),
            Self::AuditEntry(id) => write!(f, "audit:{id}"),
            Self::Job(id) => write!(f, "job:{id}"),
        }
    }
}

/// The error of parsing a text that is not an id of any kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the id of an object")]
pub struct InvalidNodeId;

impl FromStr for NodeId {
    type Err = InvalidNodeId;

    /// Accepts an id in the form in which it is shown only, so that no object has two ids.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = parse(text).ok_or(InvalidNodeId)?;
        if found.to_string() == text { Ok(found) } else { Err(InvalidNodeId) }
    }
}

fn parse(text: &str) -> Option<NodeId> {
    let prefixed = text.split_once(':').and_then(|(prefix, rest)| match prefix {
        "export" => {
            let (movie, category, state) = parse_document(rest)?;
            let state = state.map_or(Some(DocumentState::Published), parse_state)?;
            Some(NodeId::Export(movie, category, state))
        }
        "draft" => match parse_document(rest)? {
            (movie, category, None) => Some(NodeId::Draft(movie, category)),
            _ => None,
        },
        "revision" => {
            let (movie, category, number) = parse_document(rest)?;
            let number = number?.parse().ok().filter(|number| *number > 0)?;
            Some(NodeId::Revision(movie, category, number))
        }
        "import" => Some(NodeId::Import(rest.to_owned())),
        "lock" => {
            let (movie, category, target) = parse_document(rest)?;
            Some(NodeId::Lock(movie, category, target?.to_owned()))
        }
        "user" => Some(NodeId::User(rest.to_owned())),
        "session" => Some(NodeId::Session(rest.to_owned())),
        "token" => Some(NodeId::Token(rest.to_owned())),
        "audit" => Some(NodeId::AuditEntry(rest.to_owned())),
        "job" => Some(NodeId::Job(rest.to_owned())),
        "entity" => split_entity(text).map(|(kind, id)| NodeId::Entity(kind, id.to_owned())),
        _ => None,
    });
    prefixed.or_else(|| match kind_by_form(text) {
        Some(kind) => Some(NodeId::Entity(kind, text.to_owned())),
        None => text.parse().ok().map(NodeId::Movie),
    })
}

/// Reads `movie:category`, and what follows after another colon.
fn parse_document(text: &str) -> Option<(MovieId, Category, Option<&str>)> {
    let mut parts = text.splitn(3, ':');
    let movie = parts.next()?.parse().ok()?;
    let category = parts.next()?.parse().ok()?;
    Some((movie, category, parts.next()))
}

/// The part of an id after the prefix of its kind and a colon. Ids without it are taken as they
/// are.
#[must_use]
pub fn without_prefix<'a>(kind: &str, id: &'a str) -> &'a str {
    id.strip_prefix(kind).and_then(|rest| rest.strip_prefix(':')).unwrap_or(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn movie() -> MovieId {
        "tmdb-550".parse().unwrap()
    }

    #[test]
    fn an_id_is_read_as_it_is_shown() {
        let (timeline, person) = (Category::Timeline, EntityKind::Person);
        for (id, text) in [
            (NodeId::Movie(movie()), "tmdb-550"),
            (NodeId::Entity(person, "tmdb-person-287".to_owned()), "tmdb-person-287"),
            (NodeId::Entity(person, "person-0123456789ab".to_owned()), "person-0123456789ab"),
            (NodeId::Entity(person, "nm0000093".to_owned()), "entity:person:nm0000093"),
            (NodeId::Entity(person, "tmdb-550".to_owned()), "entity:person:tmdb-550"),
            (NodeId::Entity(person, "genre-1".to_owned()), "entity:person:genre-1"),
            (NodeId::Entity(person, "entity:person:a".to_owned()), "entity:person:entity:person:a"),
            (
                NodeId::Export(movie(), timeline, DocumentState::Published),
                "export:tmdb-550:timeline",
            ),
            (
                NodeId::Export(movie(), Category::BasicInfo, DocumentState::Draft),
                "export:tmdb-550:basic-info:draft",
            ),
            (
                NodeId::Export(movie(), timeline, DocumentState::Revision(3)),
                "export:tmdb-550:timeline:3",
            ),
            (NodeId::Draft(movie(), timeline), "draft:tmdb-550:timeline"),
            (NodeId::Revision(movie(), timeline, 12), "revision:tmdb-550:timeline:12"),
            (NodeId::Import("0abc".to_owned()), "import:0abc"),
            (
                NodeId::Lock(movie(), timeline, "/events".to_owned()),
                "lock:tmdb-550:timeline:/events",
            ),
            (NodeId::User("auth0|7:1".to_owned()), "user:auth0|7:1"),
            (NodeId::Session("session-0abc".to_owned()), "session:session-0abc"),
            (NodeId::Token("token-0abc".to_owned()), "token:token-0abc"),
            (NodeId::AuditEntry("0abc".to_owned()), "audit:0abc"),
            (NodeId::Job("0abc".to_owned()), "job:0abc"),
        ] {
            assert_eq!(id.to_string(), text);
            assert_eq!(text.parse(), Ok(id), "{text}");
        }
    }

    #[test]
    fn other_spellings_are_no_ids() {
        for text in [
            "",
            ":",
            "export:",
            "export:tmdb-550",
            "export:tmdb-550:basic_info",
            "export:tmdb-550:timeline:0",
            "export:tmdb-550:timeline:03",
            "export:tmdb-550:timeline:draft:draft",
            "revision:tmdb-550:timeline",
            "revision:tmdb-550:timeline:+3",
            "draft:tmdb-550:timeline:1",
            "lock:tmdb-550:timeline",
            "entity:person:tmdb-person-287",
            "entity:movie:tmdb-550",
            "entity:person:",
            "../x",
        ] {
            assert_eq!(text.parse::<NodeId>(), Err(InvalidNodeId), "{text}");
        }
    }

    #[test]
    fn the_form_of_an_id_shows_the_kind_of_entity() {
        for (id, kind) in [
            ("tmdb-genre-28", Some(EntityKind::Genre)),
            ("ceremony-academy-awards", Some(EntityKind::Ceremony)),
            ("imdb-person-nm0000093", Some(EntityKind::Person)),
            ("person-genre-1", Some(EntityKind::Person)),
            ("tmdb-550", None),
            ("the-platform-2019", None),
            ("persona", None),
            ("person-", None),
            ("tmdb-person-", None),
        ] {
            assert_eq!(kind_by_form(id), kind, "{id}");
        }
    }

    #[test]
    fn the_id_of_an_item_is_read_from_each_state() {
        for (id, plain) in [
            ("0123456789abcdef", "0123456789abcdef"),
            ("0123456789abcdef:draft", "0123456789abcdef"),
            ("0123456789abcdef:12", "0123456789abcdef"),
            ("0123456789abcdef:0", "0123456789abcdef:0"),
            ("imdb:12", "imdb:12"),
            (":draft", ":draft"),
        ] {
            assert_eq!(plain_item_id(id), plain);
        }
        assert_eq!(plain_entity_id("entity:genre:drama"), "drama");
        assert_eq!(plain_entity_id("entity:drama"), "entity:drama");
    }
}
