//! What an import is planned from, read in a constant number of statements for all documents of a
//! batch.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};

use super::command::ImportCommand;
use super::planning::{Inputs, Planning};
use super::{Content, Operation, Record};
use crate::catalog::CatalogError;
use crate::document::ids::is_entity_id;
use crate::document::plan::base::{Base, Revisions, base_of};
use crate::document::read::parse::Reading;
use crate::document::references::follow_redirects;
use crate::document::resolve::Resolution;
use crate::document::resolve::directory::Directory;
use crate::document::resolve::mentions::Mentions;
use crate::document::schema::entities::{EntityKind, NewEntity};
use crate::document::{Category, Metadata, MovieId, Object, Stage};
use crate::storage::{DocumentKey, StoredDocument, StoredDraft, Transaction};

/// A stored document with its data read.
pub(in crate::catalog) struct Current {
    pub(in crate::catalog) document: StoredDocument,
    pub(in crate::catalog) data: Object,
}

impl Current {
    pub(in crate::catalog) fn of(document: StoredDocument) -> Result<Self, CatalogError> {
        Ok(Self { data: serde_json::from_str(&document.body)?, document })
    }

    /// The document of a category that was never written.
    pub(in crate::catalog) fn never_written(movie: &MovieId, category: Category) -> Self {
        let metadata = Metadata::never_written();
        let document =
            StoredDocument { movie: movie.clone(), category, metadata, body: String::new() };
        Self { document, data: category.definition().empty() }
    }
}

/// An open draft.
pub(super) struct Draft {
    pub(super) current: Current,
    pub(super) first_contribution: i64,
}

/// What a batch is planned from.
pub(super) struct Loaded {
    pub(super) existing: HashSet<String>,
    pub(super) published: HashMap<DocumentKey, Current>,
    pub(super) drafts: HashMap<DocumentKey, Draft>,
    /// The newest contributions to documents without an open draft.
    pub(super) last_draft_revisions: HashMap<DocumentKey, i64>,
    /// The states that documents were made from, where they say so and it is neither the published one
    /// nor the draft.
    pub(super) bases: HashMap<DocumentKey, Current>,
    /// What is locked: `/field`, or the id of an item.
    pub(super) locks: HashMap<DocumentKey, Vec<String>>,
    /// Ids of drafts that stand for names alone, of the documents that may name them.
    pub(super) provisional_ids: HashMap<DocumentKey, HashSet<String>>,
    /// Who is credited, of the movies whose documents link names to credited people.
    pub(super) credited: HashMap<String, HashSet<String>>,
}

impl Loaded {
    /// Replaces ids of merged entities in drafts and earlier states by those they were merged into.
    pub(super) fn follow_redirects(&mut self, directory: &Directory) {
        let drafts = self.drafts.iter_mut().map(|(key, draft)| (key, &mut draft.current));
        for ((_, category), state) in drafts.chain(&mut self.bases) {
            follow_redirects(category.definition().fields, &mut state.data, directory);
        }
    }

    /// The revisions that exist of a document.
    pub(super) fn revisions(&self, key: &DocumentKey) -> Revisions {
        let published = self.published.get(key);
        let draft = self.drafts.get(key);
        Revisions {
            published: published.map_or(0, |current| current.document.metadata.revision),
            draft: draft.and_then(|draft| draft.current.document.metadata.draft_revision),
            has_draft: draft.is_some(),
            last_draft: self.last_draft_revisions.get(key).copied().unwrap_or(0),
        }
    }

    /// The state that is imported into: of an import into the draft the open draft, if there is
    /// one; else the published document.
    pub(super) fn current(&self, key: &DocumentKey, stage: Stage) -> Option<&Current> {
        let draft =
            self.drafts.get(key).filter(|_| stage == Stage::Draft).map(|draft| &draft.current);
        draft.or_else(|| self.published.get(key))
    }
}

impl ImportCommand<'_> {
    /// Loads the stored states of documents, their bases and their locks.
    pub(super) async fn load(
        &self,
        transaction: &Transaction,
        records: &[Record],
        movies: &[&MovieId],
    ) -> Result<Loaded, CatalogError> {
        let categories: Vec<Category> = distinct(records.iter().map(|record| record.category));
        let mut published: HashMap<DocumentKey, Current> = HashMap::new();
        let (documents, locks) =
            transaction.documents_and_editorial_locks(movies, &categories).await?;
        let bytes = documents.iter().map(|document| document.body.len()).sum();
        self.catalog.work.admit(bytes, 0)?;
        for document in documents {
            published.insert((document.movie.clone(), document.category), Current::of(document)?);
        }
        // A document tells that its movie is there.
        let mut existing: HashSet<String> =
            published.keys().map(|(movie, _)| movie.to_string()).collect();
        let unknown: Vec<&MovieId> =
            movies.iter().copied().filter(|movie| !existing.contains(movie.as_str())).collect();
        existing.extend(transaction.existing_movies(&unknown).await?);
        let locks = locks
            .into_iter()
            .map(|(key, locks)| (key, locks.into_iter().map(|lock| lock.target).collect()));
        let linking =
            records.iter().filter(|record| record.category.definition().links_credited_people());
        let credited =
            transaction.credited_people(&distinct(linking.map(|record| &record.movie))).await?;
        let mut loaded = Loaded {
            existing,
            published,
            drafts: HashMap::new(),
            last_draft_revisions: HashMap::new(),
            bases: HashMap::new(),
            provisional_ids: HashMap::new(),
            locks: locks.collect(),
            credited,
        };
        if self.options.target == Stage::Draft {
            for StoredDraft { movie, category, metadata, body, first_contribution, .. } in
                transaction.drafts(movies, &categories).await?
            {
                let key = (movie.clone(), category);
                let current = Current::of(StoredDocument { movie, category, metadata, body })?;
                loaded.drafts.insert(key, Draft { current, first_contribution });
            }
            if records.iter().any(|record| !loaded.drafts.contains_key(&record.key())) {
                loaded.last_draft_revisions =
                    transaction.last_draft_revisions(movies, &categories).await?;
            }
        }
        for record in records {
            if let Some(base) = self.load_base(transaction, record, &loaded).await? {
                loaded.bases.insert(record.key(), base);
            }
        }
        loaded.provisional_ids = self.load_provisional_ids(transaction, records, &loaded).await?;
        Ok(loaded)
    }

    /// The names that wait in drafts, of the records that may name or answer them: which are the draft, may be taken
    /// from one, or bring answers to it.
    async fn load_provisional_ids(
        &self,
        transaction: &Transaction,
        records: &[Record],
        loaded: &Loaded,
    ) -> Result<HashMap<DocumentKey, HashSet<String>>, CatalogError> {
        let mut known = HashMap::new();
        let mut asked: Vec<&Record> = Vec::new();
        for record in records {
            let Content::Merge(reading) = &record.content else { continue };
            let fields = record.category.definition().fields;
            let is_made = |named: NewEntity| is_entity_id(&named.id, named.kind.as_str());
            let may_be = match self.options.target {
                Stage::Published => NewEntity::referenced_in(fields, &reading.data).any(is_made),
                Stage::Draft => {
                    !self.options.resolutions.is_empty()
                        && loaded.drafts.contains_key(&record.key())
                }
            };
            if !reading.provisional.is_empty() {
                known.insert(record.key(), reading.provisional.clone());
            } else if may_be && self.operation == Operation::Import {
                asked.push(record);
            }
        }
        if asked.is_empty() {
            return Ok(known);
        }
        let movies = distinct(asked.iter().map(|record| &record.movie));
        let mut named = transaction.entities_named_in_drafts(&movies).await?;
        known.extend(asked.into_iter().filter_map(|record| named.remove_entry(&record.key())));
        Ok(known)
    }

    async fn load_base(
        &self,
        transaction: &Transaction,
        record: &Record,
        loaded: &Loaded,
    ) -> Result<Option<Current>, CatalogError> {
        let revisions = loaded.revisions(&record.key());
        let options = self.options;
        let base = base_of(options.base_revision, &record.metadata, options.target, &revisions);
        let found = match base {
            Base::Empty => return Ok(Some(Current::never_written(&record.movie, record.category))),
            Base::Revision(number) => {
                transaction.revision(&record.movie, record.category, number).await?
            }
            Base::Contribution(number) => {
                let found =
                    transaction.contribution(&record.movie, record.category, number).await?;
                found.map(|found| StoredDocument {
                    movie: found.movie,
                    category: found.category,
                    metadata: found.metadata,
                    body: found.body,
                })
            }
            Base::Unstated | Base::Unknown | Base::Published | Base::Draft => None,
        };
        found.map(Current::of).transpose()
    }

    /// Loads the entities that the documents, and the states they are merged into, may name.
    pub(super) async fn load_directory(
        &self,
        transaction: &Transaction,
        records: &[Record],
        loaded: &Loaded,
        now: DateTime<Utc>,
    ) -> Result<Directory, CatalogError> {
        let mut mentions = self.mentions(records, loaded);
        self.catalog.work.admit(0, mentions.open_names.len())?;
        if mentions.is_empty() {
            return Ok(Directory::default());
        }
        let mut directory = transaction.directory(&mentions).await?;
        let (open, names) = (mentions.open_names.len(), mentions.names.len());
        self.add_settled(&mut mentions, records, loaded, &directory, now)?;
        // Names that stand for themselves by now are to be weighed as well.
        if (open, names) != (mentions.open_names.len(), mentions.names.len()) {
            self.catalog.work.admit(0, mentions.open_names.len())?;
            directory = transaction.directory(&mentions).await?;
        }
        // An entity that a draft introduces is known to the draft before it is published.
        for ((_, category), draft) in &loaded.drafts {
            for entity in
                NewEntity::referenced_in(category.definition().fields, &draft.current.data)
            {
                if directory.by_id(entity.kind, &entity.id).is_none() {
                    directory.add(&entity);
                }
            }
        }
        Ok(directory)
    }

    /// Adds the names of documents that are understood otherwise than they were read, once it is known
    /// which ids and names there are.
    fn add_settled(
        &self,
        mentions: &mut Mentions,
        records: &[Record],
        loaded: &Loaded,
        directory: &Directory,
        now: DateTime<Utc>,
    ) -> Result<(), CatalogError> {
        let (budget, credited) = (self.catalog.work.budget(), HashSet::new());
        let inputs = Inputs { directory, credited: &credited, budget: &budget };
        for document in records {
            let planning = Planning { command: self, document, loaded, now };
            let Some(reading) = planning.settled(&inputs) else { continue };
            self.add_arriving(mentions, document, &reading, loaded);
        }
        Ok(budget.outcome()?)
    }

    /// Adds what arrived for a movie.
    fn add_arriving(
        &self,
        mentions: &mut Mentions,
        record: &Record,
        reading: &Reading,
        loaded: &Loaded,
    ) {
        let (key, none) = (record.key(), HashSet::new());
        let fields = record.category.definition().fields;
        let current = loaded.current(&key, self.options.target).map(|current| &current.data);
        let provisional_ids = loaded.provisional_ids.get(&key).unwrap_or(&none);
        let movie = record.movie.as_str();
        mentions.collect_arriving(movie, fields, &reading.data, current, provisional_ids);
    }

    /// What the records and what they are merged into name.
    fn mentions(&self, records: &[Record], loaded: &Loaded) -> Mentions {
        let mut mentions = Mentions::default();
        for record in records {
            let fields = record.category.definition().fields;
            match &record.content {
                Content::Merge(reading) => {
                    self.add_arriving(&mut mentions, record, reading, loaded);
                    if let Some(credited) = loaded.credited.get(record.movie.as_str()) {
                        mentions.credited_people.extend(credited.iter().cloned());
                    }
                }
                Content::Exact(data) => mentions.collect_names(fields, data),
            }
        }
        for id in self.options.resolutions.iter().filter_map(Resolution::entity) {
            for kind in EntityKind::ALL {
                mentions.add_id(*kind, id.to_owned());
            }
        }
        for ((_, category), current) in &loaded.published {
            mentions.collect_names(category.definition().fields, &current.data);
        }
        // Whoever an old state names may have been merged into someone since.
        for ((_, category), base) in &loaded.bases {
            mentions.collect(category.definition().fields, &base.data);
        }
        for ((_, category), draft) in &loaded.drafts {
            mentions.collect(category.definition().fields, &draft.current.data);
        }
        mentions
    }
}

/// Each value once, in order.
pub(super) fn distinct<T: Copy + Eq + std::hash::Hash>(values: impl Iterator<Item = T>) -> Vec<T> {
    let mut seen = HashSet::new();
    values.filter(|value| seen.insert(*value)).collect()
}
