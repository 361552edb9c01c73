//! Loads what the documents of a batch are planned from: their stored states and the entities that
//! they may name. The number of statements does not depend on the number of documents in a batch.

use ahash::{HashMap, HashMapExt as _, HashSet, HashSetExt as _};
use chrono::{DateTime, Utc};

use super::command::ImportCommand;
use super::planning::{DocumentPlanner, PlanInputs};
use super::states::{LoadedEntities, LoadedStates, OpenDraft, StoredState};
use super::{Content, IncomingDocument, Operation, distinct};
use crate::catalog::CatalogError;
use crate::document::ids::is_entity_id;
use crate::document::plan::PreparedReferences;
use crate::document::plan::base::{Base, base_of};
use crate::document::read::parse::Reading;
use crate::document::references::{ItemReference, item_references};
use crate::document::resolve::Resolution;
use crate::document::resolve::directory::Directory;
use crate::document::resolve::mentions::Mentions;
use crate::document::schema::entities::EntityKind;
use crate::document::{Category, MovieId, Stage};
use crate::storage::{DocumentKey, StoredDocument, StoredDraft, Transaction};

impl ImportCommand<'_> {
    /// Loads the stored states of documents, their base revisions and their locks.
    pub(super) async fn load(
        &self,
        transaction: &Transaction,
        documents: &[IncomingDocument],
        movies: &[&MovieId],
    ) -> Result<LoadedStates, CatalogError> {
        let categories: Vec<Category> =
            distinct(documents.iter().map(|document| document.category));
        let mut published: HashMap<DocumentKey, StoredState> = HashMap::new();
        let (stored, locks) =
            transaction.documents_and_editorial_locks(movies, &categories).await?;
        let bytes = stored.iter().map(|document| document.body.len()).sum();
        self.catalog.work.admit(bytes, 0)?;
        for document in stored {
            let key = (document.movie.clone(), document.category);
            published.insert(key, StoredState::of(document)?);
        }
        // The movie of a stored document exists.
        let mut existing_movies: HashSet<String> =
            published.keys().map(|(movie, _)| movie.to_string()).collect();
        let unknown: Vec<&MovieId> = movies
            .iter()
            .copied()
            .filter(|movie| !existing_movies.contains(movie.as_str()))
            .collect();
        existing_movies.extend(transaction.existing_movies(&unknown).await?);
        let locks = locks
            .into_iter()
            .map(|(key, locks)| (key, locks.into_iter().map(|lock| lock.target).collect()));
        let linking = documents
            .iter()
            .filter(|document| document.category.definition().links_credited_people());
        let credited_people =
            transaction.credited_people(&distinct(linking.map(|document| &document.movie))).await?;
        let mut loaded = LoadedStates {
            existing_movies,
            published,
            drafts: HashMap::new(),
            last_draft_revisions: HashMap::new(),
            bases: HashMap::new(),
            provisional_ids: HashMap::new(),
            locks: locks.collect(),
            credited_people,
        };
        if self.options.target == Stage::Draft {
            for StoredDraft { movie, category, metadata, body, first_contribution, .. } in
                transaction.drafts(movies, &categories).await?
            {
                let key = (movie.clone(), category);
                let current = StoredState::of(StoredDocument { movie, category, metadata, body })?;
                loaded.drafts.insert(key, OpenDraft { current, first_contribution });
            }
            if documents.iter().any(|document| !loaded.drafts.contains_key(&document.key())) {
                loaded.last_draft_revisions =
                    transaction.last_draft_revisions(movies, &categories).await?;
            }
        }
        loaded.bases = self.load_bases(transaction, documents, &loaded).await?;
        loaded.provisional_ids = self.load_provisional_ids(transaction, documents, &loaded).await?;
        Ok(loaded)
    }

    /// Loads the provisional ids of the documents that may contain them: publications of drafts,
    /// files that may be exports of a draft, and imports with resolutions into a draft.
    async fn load_provisional_ids(
        &self,
        transaction: &Transaction,
        documents: &[IncomingDocument],
        loaded: &LoadedStates,
    ) -> Result<HashMap<DocumentKey, HashSet<String>>, CatalogError> {
        let mut found = HashMap::new();
        let mut to_load: Vec<&IncomingDocument> = Vec::new();
        for document in documents {
            let Content::Merge(reading) = &document.content else { continue };
            let fields = document.category.definition().fields;
            let has_entity_id = |reference: ItemReference<'_>| {
                let kind = reference.kind().as_str();
                reference.name().is_some()
                    && reference.id().is_some_and(|id| is_entity_id(id, kind))
            };
            let may_name = match self.options.target {
                Stage::Published => item_references(fields, &reading.data).any(has_entity_id),
                Stage::Draft => {
                    !self.options.resolutions.is_empty()
                        && loaded.drafts.contains_key(&document.key())
                }
            };
            if !reading.provisional_ids.is_empty() {
                found.insert(document.key(), reading.provisional_ids.clone());
            } else if may_name && self.operation == Operation::Import {
                to_load.push(document);
            }
        }
        if to_load.is_empty() {
            return Ok(found);
        }
        let movies = distinct(to_load.iter().map(|document| &document.movie));
        let mut loaded_ids = transaction.provisional_ids(&movies).await?;
        found.extend(
            to_load.into_iter().filter_map(|document| loaded_ids.remove_entry(&document.key())),
        );
        Ok(found)
    }

    /// Loads the base revisions that the documents state, except for published documents and open
    /// drafts, which are loaded already.
    async fn load_bases(
        &self,
        transaction: &Transaction,
        documents: &[IncomingDocument],
        loaded: &LoadedStates,
    ) -> Result<HashMap<DocumentKey, StoredState>, CatalogError> {
        let mut bases = HashMap::new();
        let (mut revisions, mut contributions) = (Vec::new(), Vec::new());
        let options = self.options;
        for document in documents {
            let key = document.key();
            let known = loaded.revisions(&key);
            match base_of(options.base_revision, &document.metadata, options.target, &known) {
                Base::Empty => {
                    let empty = StoredState::never_written(&document.movie, document.category);
                    bases.insert(key, empty);
                }
                Base::Revision(number) => revisions.push((key, number)),
                Base::Contribution(number) => contributions.push((key, number)),
                Base::Unstated | Base::Unknown | Base::Published | Base::Draft => {}
            }
        }
        let mut found = transaction.superseded_states(&revisions).await?;
        let contributions = transaction.contributions_by_number(&contributions).await?;
        found.extend(contributions.into_iter().map(StoredDocument::from));
        for document in found {
            let key = (document.movie.clone(), document.category);
            bases.insert(key, StoredState::of(document)?);
        }
        Ok(bases)
    }

    /// Loads the entities that the documents and their stored states may name, and prepares the
    /// entity references of the documents. In the loaded states, ids of merged entities are
    /// replaced by those that they redirect to.
    pub(super) async fn load_entities(
        &self,
        transaction: &Transaction,
        documents: &[IncomingDocument],
        loaded: &mut LoadedStates,
        now: DateTime<Utc>,
    ) -> Result<LoadedEntities, CatalogError> {
        let mut mentions = self.mentions(documents, loaded);
        self.catalog.work.admit(0, mentions.open_names.len())?;
        if mentions.is_empty() {
            return Ok(LoadedEntities::default());
        }
        let mut directory = transaction.directory(&mentions).await?;
        loaded.follow_redirects(&directory);
        loaded.add_draft_entities(&mut directory);
        let prepared = self.prepare(documents, loaded, &directory, now)?;
        let (open, names) = (mentions.open_names.len(), mentions.names.len());
        for (document, prepared) in documents.iter().zip(&prepared) {
            if let Some(reading) = prepared.as_ref().and_then(PreparedReferences::changed) {
                self.add_arriving(&mut mentions, document, reading, loaded);
            }
        }
        if (open, names) == (mentions.open_names.len(), mentions.names.len()) {
            return Ok(LoadedEntities { directory, prepared });
        }
        // Prepared documents have more names to resolve. With these names, the references may have
        // to be read differently, so they are prepared again when the document is planned.
        self.catalog.work.admit(0, mentions.open_names.len())?;
        let mut directory = transaction.directory(&mentions).await?;
        loaded.add_draft_entities(&mut directory);
        Ok(LoadedEntities { directory, prepared: Vec::new() })
    }

    /// Prepares the entity references of the documents. That depends on which ids and names exist,
    /// so `directory` must be loaded.
    fn prepare(
        &self,
        documents: &[IncomingDocument],
        loaded: &LoadedStates,
        directory: &Directory,
        now: DateTime<Utc>,
    ) -> Result<Vec<Option<PreparedReferences>>, CatalogError> {
        let (budget, credited) = (self.catalog.work.budget(), HashSet::new());
        let inputs = PlanInputs { directory, prepared: None, credited: &credited, budget: &budget };
        let prepared = documents
            .iter()
            .map(|document| DocumentPlanner::new(self, document, loaded, now).prepare(&inputs))
            .collect();
        budget.outcome()?;
        Ok(prepared)
    }

    /// Adds the names of one document.
    fn add_arriving(
        &self,
        mentions: &mut Mentions,
        document: &IncomingDocument,
        reading: &Reading,
        loaded: &LoadedStates,
    ) {
        let (key, no_ids) = (document.key(), HashSet::new());
        let fields = document.category.definition().fields;
        let current = loaded.current(&key, self.options.target).map(|current| &current.data);
        let provisional_ids = loaded.provisional_ids.get(&key).unwrap_or(&no_ids);
        let movie = document.movie.as_str();
        mentions.collect_arriving(movie, fields, &reading.data, current, provisional_ids);
    }

    /// The entities that the documents and their stored states name.
    fn mentions(&self, documents: &[IncomingDocument], loaded: &LoadedStates) -> Mentions {
        let mut mentions = Mentions::default();
        for document in documents {
            let fields = document.category.definition().fields;
            match &document.content {
                Content::Merge(reading) => {
                    self.add_arriving(&mut mentions, document, reading, loaded);
                    if let Some(credited) = loaded.credited_people.get(document.movie.as_str()) {
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
        // Entities that a base revision or a draft names may have been merged since, so their ids
        // are looked up too.
        for ((_, category), base) in &loaded.bases {
            mentions.collect(category.definition().fields, &base.data);
        }
        for ((_, category), draft) in &loaded.drafts {
            mentions.collect(category.definition().fields, &draft.current.data);
        }
        mentions
    }
}
