//! Loads the candidates for the unresolved names of documents, and what is known of each candidate.
//! The number of statements grows with chunks of thousands of names, not with each name.

use std::collections::BTreeSet;

use ahash::{HashMap, HashMapExt as _, HashSet, HashSetExt as _};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, JoinType, QueryFilter, QuerySelect,
    RelationTrait as _,
};

use super::blocks::entities_in_blocks;
use super::fuzzy::people_with_similar_names;
use crate::document::categories::cast_crew::department_of;
use crate::document::reference::Details;
use crate::document::resolve::directory::{Directory, EarlierResolution};
use crate::document::resolve::mentions::Mentions;
use crate::document::resolve::{EntityProfile, MAX_NAMESAKES, Name, PastCredit, blocking_keys};
use crate::document::schema::entities::EntityKind;
use crate::storage::StorageError;
use crate::storage::db::statements::VALUES_PER_STATEMENT;
use crate::storage::tables::{answer, credit, entity, entity_name, movie, name_word};

/// The most credits that one statement reads.
const MAX_CREDITS: u64 = 20_000;

/// Adds the candidates for each unresolved name to a directory.
pub(in crate::storage) async fn load_candidates(
    connection: &impl ConnectionTrait,
    mentions: &Mentions,
    directory: &mut Directory,
) -> Result<(), StorageError> {
    if mentions.open_names.is_empty() {
        return Ok(());
    }
    let names: Vec<(EntityKind, &str, Name)> = mentions
        .open_names
        .iter()
        .filter_map(|((kind, key), given)| {
            let kind = EntityKind::parse(kind)?;
            Some((kind, key.as_str(), Name::of_kind(kind, given)))
        })
        .filter(|(kind, key, _)| {
            !kind.has_unique_names() || directory.by_name(*kind, key).len() != 1
        })
        .collect();
    if names.is_empty() {
        return Ok(());
    }
    load_blocking_candidates(connection, mentions, &names, directory).await?;
    let mut wanted: HashSet<(EntityKind, String)> = HashSet::new();
    for (kind, key, _) in &names {
        let named_so = directory.by_name(*kind, key).iter().take(MAX_NAMESAKES).cloned();
        wanted.extend(named_so.map(|id| (*kind, id)));
        wanted.extend(
            directory
                .evidence()
                .candidate_ids(*kind, key)
                .into_iter()
                .map(|id| (*kind, id.to_owned())),
        );
    }
    let familiar = mentions.ids.keys().filter(|(kind, _)| *kind == EntityKind::Person.as_str());
    let people = names.iter().any(|(kind, ..)| *kind == EntityKind::Person);
    if people {
        // People that the documents name by id have worked with other people, which helps to choose
        // between candidates.
        let familiar =
            familiar.map(|(_, id)| id.clone()).chain(mentions.credited_people.iter().cloned());
        wanted.extend(familiar.take(VALUES_PER_STATEMENT / 2).map(|id| (EntityKind::Person, id)));
    }
    load_names(connection, &wanted, directory).await?;
    wanted.extend(load_similar_people(connection, &names, directory).await?);
    if people {
        let people: Vec<String> = wanted
            .into_iter()
            .filter(|(kind, _)| *kind == EntityKind::Person)
            .map(|(_, id)| id)
            .collect();
        load_past_credits(connection, &people, directory).await?;
        load_word_counts(connection, &people, &names, directory).await?;
        load_movie_years(connection, mentions, directory).await?;
    }
    Ok(())
}

/// Adds the stored resolutions of the unresolved names to a directory. Returns the entities that
/// they lead to.
pub(in crate::storage) async fn load_resolutions(
    connection: &impl ConnectionTrait,
    mentions: &Mentions,
    directory: &mut Directory,
) -> Result<Vec<(EntityKind, String)>, StorageError> {
    let mut named = Vec::new();
    let movies: Vec<&str> = mentions.movies.iter().map(String::as_str).chain([""]).collect();
    let keys: Vec<&str> = mentions.open_names.keys().map(|(_, key)| key.as_str()).collect();
    for keys in keys.chunks(VALUES_PER_STATEMENT) {
        let rows = answer::Entity::find()
            .filter(answer::Column::MovieId.is_in(movies.iter().copied()))
            .filter(answer::Column::NameKey.is_in(keys.iter().copied()))
            .all(connection)
            .await?;
        for row in rows {
            if let Some(kind) = EntityKind::parse(&row.kind) {
                named.extend(row.entity_id.clone().map(|id| (kind, id)));
                let answer =
                    row.entity_id.map_or(EarlierResolution::Skip, EarlierResolution::Entity);
                directory.add_resolution(row.movie_id, kind, row.name_key, answer);
            }
        }
    }
    Ok(named)
}

/// Adds the entities that share a blocking key with an unresolved name as candidates.
async fn load_blocking_candidates(
    connection: &impl ConnectionTrait,
    mentions: &Mentions,
    names: &[(EntityKind, &str, Name)],
    directory: &mut Directory,
) -> Result<(), StorageError> {
    let mut of_block: HashMap<i64, Vec<usize>> = HashMap::new();
    for (place, (kind, _, name)) in names.iter().enumerate() {
        for block in blocking_keys::for_lookup(*kind, name) {
            of_block.entry(block).or_default().push(place);
        }
    }
    let mut of_key: HashMap<i64, BTreeSet<String>> = HashMap::new();
    for row in entities_in_blocks(connection, of_block.keys().copied().collect()).await? {
        of_key.entry(row.block).or_default().insert(row.entity_id);
    }
    // Of each block, only the entities with the smallest ids are considered, so that a large block
    // is not traversed for each of many names.
    let mut found: HashMap<usize, (BTreeSet<&String>, BTreeSet<&String>)> = HashMap::new();
    for (block, ids) in &of_key {
        let (familiar, others): (Vec<&String>, Vec<&String>) =
            ids.iter().partition(|id| mentions.credited_people.contains(*id));
        for place in of_block.get(block).into_iter().flatten() {
            let (first_familiar, first_others) = found.entry(*place).or_default();
            first_familiar.extend(familiar.iter().take(MAX_NAMESAKES).copied());
            first_others.extend(others.iter().take(MAX_NAMESAKES).copied());
        }
    }
    for (place, (familiar, others)) in found {
        let (kind, key, _) = &names[place];
        for id in familiar.into_iter().chain(others.into_iter().take(MAX_NAMESAKES)) {
            directory.evidence_mut().add_candidate(*kind, key, id);
        }
    }
    Ok(())
}

/// Adds people with misspelled or similar names as candidates for names of people that have no
/// candidate with a similar name yet. Returns these people.
async fn load_similar_people(
    connection: &impl ConnectionTrait,
    names: &[(EntityKind, &str, Name)],
    directory: &mut Directory,
) -> Result<HashSet<(EntityKind, String)>, StorageError> {
    let is_unmatched = |kind: EntityKind, key: &str, name: &Name| {
        kind == EntityKind::Person
            && name.has_second_lookup()
            && directory.by_name(kind, key).is_empty()
            && !directory.evidence().has_similar_candidate(kind, name, key)
    };
    let unmatched: Vec<(usize, &Name)> = names
        .iter()
        .enumerate()
        .filter(|(_, (kind, key, name))| is_unmatched(*kind, key, name))
        .map(|(place, (_, _, name))| (place, name))
        .collect();
    let mut wanted = HashSet::new();
    for (place, people) in people_with_similar_names(connection, &unmatched).await? {
        let (kind, key, _) = &names[place];
        for id in people.into_iter().take(MAX_NAMESAKES) {
            directory.evidence_mut().add_candidate(*kind, key, &id);
            wanted.insert((*kind, id));
        }
    }
    load_names(connection, &wanted, directory).await?;
    Ok(wanted)
}

/// Adds the names and details of entities to a directory.
async fn load_names(
    connection: &impl ConnectionTrait,
    wanted: &HashSet<(EntityKind, String)>,
    directory: &mut Directory,
) -> Result<(), StorageError> {
    for kind in EntityKind::ALL.iter().copied() {
        let ids: BTreeSet<&str> =
            wanted.iter().filter(|(of, _)| *of == kind).map(|(_, id)| id.as_str()).collect();
        let ids: Vec<&str> = ids.into_iter().collect();
        for ids in ids.chunks(VALUES_PER_STATEMENT) {
            let rows = entity::Entity::find()
                .filter(entity::Column::Kind.eq(kind.as_str()))
                .filter(entity::Column::Id.is_in(ids.iter().copied()))
                .all(connection)
                .await?;
            for row in rows {
                let details = row
                    .details
                    .as_deref()
                    .and_then(|details| serde_json::from_str::<Details>(details).ok());
                let traits = details.as_ref().map(Details::traits).unwrap_or_default();
                directory.evidence_mut().add_profile(
                    kind,
                    row.id,
                    EntityProfile { name: row.name, traits, ..EntityProfile::default() },
                );
            }
            let rows = entity_name::Entity::find()
                .filter(entity_name::Column::Kind.eq(kind.as_str()))
                .filter(entity_name::Column::EntityId.is_in(ids.iter().copied()))
                .all(connection)
                .await?;
            for row in rows {
                if let Some(known) = directory.evidence_mut().profile_mut(kind, &row.entity_id)
                    && known.name != row.name
                {
                    known.aliases.push(row.name);
                }
            }
        }
    }
    Ok(())
}

/// A credit with the year and the title of its movie.
type CreditRow = (String, String, String, Option<String>, i32, Option<String>);

async fn load_past_credits(
    connection: &impl ConnectionTrait,
    people: &[String],
    directory: &mut Directory,
) -> Result<(), StorageError> {
    for people in people.chunks(VALUES_PER_STATEMENT) {
        let rows: Vec<CreditRow> = credit::Entity::find()
            .select_only()
            .columns([
                credit::Column::PersonId,
                credit::Column::MovieId,
                credit::Column::List,
                credit::Column::Department,
            ])
            .columns([movie::Column::Year])
            .columns([movie::Column::Title])
            .join(JoinType::InnerJoin, credit::Relation::Movie.def())
            .filter(credit::Column::PersonId.is_in(people.iter().map(String::as_str)))
            .limit(MAX_CREDITS)
            .into_tuple()
            .all(connection)
            .await?;
        for (person, movie, list, department, year, title) in rows {
            if let Some(known) = directory.evidence_mut().profile_mut(EntityKind::Person, &person) {
                let department = department_of(&list, department.as_deref());
                known.credits.push(PastCredit { movie, title, year, department });
            }
        }
    }
    Ok(())
}

/// Adds how frequent each word of the unresolved names and of the candidates' names is.
async fn load_word_counts(
    connection: &impl ConnectionTrait,
    people: &[String],
    names: &[(EntityKind, &str, Name)],
    directory: &mut Directory,
) -> Result<(), StorageError> {
    let mut words: BTreeSet<String> = BTreeSet::from([String::new()]);
    for (_, _, name) in names.iter().filter(|(kind, ..)| *kind == EntityKind::Person) {
        words.extend(name.words().map(str::to_owned));
    }
    for known in people.iter().filter_map(|id| directory.evidence().profile(EntityKind::Person, id))
    {
        words.extend(Name::of(&known.name).words().map(str::to_owned));
    }
    let words: Vec<String> = words.into_iter().collect();
    let mut counts = HashMap::new();
    for words in words.chunks(VALUES_PER_STATEMENT) {
        let rows = name_word::Entity::find()
            .filter(name_word::Column::Word.is_in(words.iter().map(String::as_str)))
            .all(connection)
            .await?;
        counts.extend(
            rows.into_iter().map(|row| (row.word, u64::try_from(row.people).unwrap_or_default())),
        );
    }
    // The row of the empty word counts all people.
    let total = counts.remove("").unwrap_or_default();
    directory.evidence_mut().set_word_counts(counts, total);
    Ok(())
}

async fn load_movie_years(
    connection: &impl ConnectionTrait,
    mentions: &Mentions,
    directory: &mut Directory,
) -> Result<(), StorageError> {
    let movies: Vec<&str> = mentions.movies.iter().map(String::as_str).collect();
    for movies in movies.chunks(VALUES_PER_STATEMENT) {
        let rows: Vec<(String, i32)> = movie::Entity::find()
            .select_only()
            .columns([movie::Column::Id])
            .columns([movie::Column::Year])
            .filter(movie::Column::Id.is_in(movies.iter().copied()))
            .into_tuple()
            .all(connection)
            .await?;
        for (movie, year) in rows {
            directory.evidence_mut().set_year(&movie, year);
        }
    }
    Ok(())
}
