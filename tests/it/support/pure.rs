//! The pure core without a database: one document, the entities that it names, and imports into it.
//! Imported and stored data passes through JSON text, as it does in the service.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use reelport::document::budget::WorkBudget;
use reelport::document::ids::IdSource;
use reelport::document::plan::locks::LockRule;
use reelport::document::plan::{Plan, plan, skip_changes};
use reelport::document::proposal::IdTrust;
use reelport::document::proposal::{ConflictPolicy, ImportMode, NullPolicy, Proposal};
use reelport::document::read::parse::{ParseOptions, parse};
use reelport::document::resolve::directory::Directory;
use reelport::document::resolve::mentions::Mentions;
use reelport::document::schema::definition::{Item, Kind};
use reelport::document::schema::entities::NewEntity;
use reelport::document::text::comparable;
use reelport::document::{Category, MovieId, Object, Problem, Source, Stage};
use serde_json::Value;

/// Ids in ascending order.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl IdSource for Counter {
    fn next(&self) -> u64 {
        self.0.fetch_add(1, Ordering::Relaxed)
    }
}

/// The options of an import.
#[derive(Debug, Clone, Copy)]
pub struct ImportSettings<'a> {
    pub stage: Stage,
    pub source: Source,
    pub id_trust: IdTrust,
    pub mode: ImportMode,
    pub nulls: NullPolicy,
    pub base: Option<&'a Object>,
    pub remove: &'a [String],
    pub on_conflict: ConflictPolicy,
    pub locks: &'a [String],
    pub lock_rule: LockRule,
}

pub const MERGE: ImportSettings<'static> = ImportSettings {
    stage: Stage::Published,
    source: Source::Manual,
    id_trust: IdTrust::Trusted,
    mode: ImportMode::Merge,
    nulls: NullPolicy::Keep,
    base: None,
    remove: &[],
    on_conflict: ConflictPolicy::Fail,
    locks: &[],
    lock_rule: LockRule::Refuse,
};
pub const REPLACE: ImportSettings<'static> = ImportSettings { mode: ImportMode::Replace, ..MERGE };

/// One document with the existing entities.
#[derive(Debug, Clone)]
pub struct World {
    pub category: Category,
    pub movie: MovieId,
    pub entities: Vec<NewEntity>,
    pub data: Object,
    pub ids: Arc<Counter>,
}

impl World {
    pub fn new(category: Category) -> Self {
        let data = category.definition().empty();
        let movie = "tmdb-1".parse().unwrap();
        Self { category, movie, entities: Vec::new(), data, ids: Arc::default() }
    }

    /// A world in which the document is already imported.
    #[track_caller]
    pub fn with(category: Category, data: &Value) -> Self {
        let mut world = Self::new(category);
        world.import(data, MERGE).unwrap_or_else(|problems| panic!("{problems:#?}\n{data:#}"));
        world
    }

    /// The stored document as data of a file.
    pub fn export(&self) -> Value {
        Value::Object(self.data.clone())
    }

    /// The plan of an import, or its problems.
    pub fn plan(&self, data: &Value, how: ImportSettings<'_>) -> Result<Plan, Vec<Problem>> {
        let plan = self.plan_with_problems(data, how);
        if plan.problems.is_empty() { Ok(plan) } else { Err(plan.problems) }
    }

    /// The plan of an import, even if it has problems.
    pub fn plan_with_problems(&self, data: &Value, how: ImportSettings<'_>) -> Plan {
        self.plan_within(data, how, &WorkBudget::unlimited())
    }

    /// The plan of an import with a budget, which must be sufficient.
    pub fn plan_within(
        &self,
        data: &Value,
        how: ImportSettings<'_>,
        budget: &WorkBudget<'_>,
    ) -> Plan {
        self.with_proposal(data, how, budget, |proposal| {
            plan(proposal, &*self.ids).expect("the budget is large enough")
        })
    }

    /// The plan of an import without the changes that `skip` names.
    pub fn without(
        &self,
        data: &Value,
        how: ImportSettings<'_>,
        whole: &Plan,
        skip: &[String],
    ) -> Plan {
        self.with_proposal(data, how, &WorkBudget::unlimited(), |proposal| {
            skip_changes(proposal, whole.clone(), skip)
        })
    }

    fn with_proposal<T>(
        &self,
        data: &Value,
        how: ImportSettings<'_>,
        budget: &WorkBudget<'_>,
        compute: impl FnOnce(&Proposal<'_>) -> T,
    ) -> T {
        let definition = self.category.definition();
        let reading = parse(definition, through_text(data), ParseOptions::default());
        let mut mentions = Mentions::default();
        mentions.collect(definition.fields, &reading.data);
        mentions.collect_names(definition.fields, &self.data);
        let directory = self.directory(&mentions);
        let proposal = Proposal {
            definition,
            movie: &self.movie,
            arriving: &reading,
            current: &self.data,
            base: how.base,
            unknown_base: None,
            stage: how.stage,
            source: how.source,
            id_trust: how.id_trust,
            mode: how.mode,
            nulls: how.nulls,
            on_conflict: how.on_conflict,
            remove_items: how.remove,
            locks: how.locks,
            lock_rule: how.lock_rule,
            directory: &directory,
            credited: &ahash::HashSet::default(),
            resolutions: &[],
            provisional_ids: &ahash::HashSet::default(),
            budget,
        };
        compute(&proposal)
    }

    /// Imports data; a plan without changes must leave the stored document equal.
    pub fn import(&mut self, data: &Value, how: ImportSettings<'_>) -> Result<Plan, Vec<Problem>> {
        let plan = self.plan(data, how)?;
        let Value::Object(after) = through_text(&Value::Object(plan.data.clone())) else {
            unreachable!()
        };
        assert_eq!(
            plan.report.changes.is_empty(),
            after == self.data,
            "changes {:#?}\nafter {after:#?}",
            plan.report.changes
        );
        if !plan.report.changes.is_empty() {
            self.entities.extend(plan.new_entities.iter().cloned());
            self.data = after;
        }
        Ok(plan)
    }

    /// The directory that the database would return: only entities that the documents mention.
    fn directory(&self, mentions: &Mentions) -> Directory {
        let mut directory = Directory::default();
        for entity in &self.entities {
            let (kind, key) = (entity.kind, comparable(&entity.name));
            if mentions.ids.contains_key(&(kind.as_str(), entity.id.clone())) {
                directory.add_id(kind, entity.id.clone(), entity.id.clone());
            }
            if mentions.names.contains(&(kind.as_str(), key.clone())) {
                directory.add_name(kind, key, entity.id.clone());
            }
        }
        directory.sort_names();
        directory
    }
}

pub fn through_text(value: &Value) -> Value {
    serde_json::from_str(&value.to_string()).unwrap()
}

/// The lists of items of a category.
pub fn item_lists(category: Category) -> impl Iterator<Item = (&'static str, &'static Item)> {
    category.definition().fields.iter().filter_map(|field| match &field.rule.kind {
        Kind::Items { item, .. } => Some((field.name, *item)),
        _ => None,
    })
}

/// The items of a list; none if it is absent.
pub fn list<'a>(data: &'a Value, name: &str) -> &'a [Value] {
    data[name].as_array().map_or(&[], Vec::as_slice)
}
