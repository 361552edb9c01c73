//! Who the names of a document mean, as far as it is known on the way.

use std::cell::OnceCell;
use std::collections::{BTreeSet, HashMap, HashSet};

use super::{Proposal, objects, text};
use crate::document::entity::EntityKind;
use crate::document::plan::Match;
use crate::document::resolve::{Answer, MatchReason, Resolution};
use crate::document::schema::definition::{EntityReference, Kind, Object};
use crate::document::text::index_key;

/// Who the names of a document mean, as far as it is known on the way.
pub(super) struct Identities<'a> {
    /// Who takes part in this movie: those of the document as it stands, and those that came with an id.
    pub(super) people: HashSet<&'a str>,
    /// By a name's key, whoever is credited under it anywhere in the document as it stands. Read when somebody asks.
    pub(super) credited_as: OnceCell<HashMap<String, Vec<String>>>,
    /// The ids of all whom the document as it stands names. Read when somebody asks.
    pub(super) standing: OnceCell<HashSet<(&'static str, &'a str)>>,
    /// Whom names of this document turned out to mean: under that name they take part. Under another form of
    /// it, one document names rather somebody else.
    pub(super) decided: HashSet<(String, String)>,
    /// With how many of the people each has worked before.
    pub(super) company: HashMap<String, usize>,
    /// The kinds of work that the document names a name for, by its key: what it says further on counts from the start.
    /// Read when somebody asks.
    pub(super) departments: OnceCell<HashMap<String, BTreeSet<String>>>,
    /// By their paths; those that name somebody unknown are refused and not here.
    pub(super) resolutions: HashMap<&'a str, &'a Resolution>,
    /// The paths of resolutions that decided on a name, or left it out.
    pub(super) used: HashSet<&'a str>,
    /// Answers that were given in this import, for other places of the same name.
    pub(super) answers: HashMap<(EntityKind, String), (Answer, MatchReason)>,
    /// Names that an answer of this import leaves out, and whether on all movies.
    pub(super) left_out: HashSet<(EntityKind, String, bool)>,
    /// Whoever was made because an answer said so.
    pub(super) made: HashMap<(EntityKind, String), String>,
    /// Decisions that were made before items were recognised, by path.
    pub(super) presumed: HashMap<String, Match>,
    /// Ids of a draft that stand for a name alone, by the path of the name.
    pub(super) provisional: HashMap<String, String>,
}

impl<'a> Identities<'a> {
    pub(super) fn of(proposal: &Proposal<'a>) -> Self {
        let mut people: HashSet<&'a str> = proposal.credited.iter().map(String::as_str).collect();
        people.extend(
            named(proposal, proposal.current)
                .filter_map(|(_, entity, object)| text(object, entity.id)),
        );
        let mut likely: HashSet<&str> = HashSet::new();
        let mut looked_up: HashSet<String> = HashSet::new();
        for (_, entity, object) in named(proposal, &proposal.arriving.data) {
            match text(object, entity.id) {
                Some(given) => people.extend(proposal.directory.by_id(entity.kind, given)),
                // Who else works here is likely among those of the names in the document.
                None => {
                    let Some(name) = text(object, entity.name) else { continue };
                    let key = index_key(name);
                    if !looked_up.insert(key.clone()) {
                        continue;
                    }
                    let directory = proposal.directory;
                    let named_so = directory.by_name(entity.kind, &key).iter().map(String::as_str);
                    let in_form = directory.knowledge().of_the_name(entity.kind, name, &key);
                    if !proposal.budget.charge(8 + named_so.len() + 4 * in_form.len()) {
                        break;
                    }
                    likely.extend(named_so.chain(in_form));
                }
            }
        }
        likely.extend(&people);
        let company = proposal.directory.knowledge().company(&likely, proposal.movie.as_str());
        let resolutions = proposal
            .resolutions
            .iter()
            .map(|resolution| (resolution.path.as_str(), resolution))
            .collect();
        Self {
            people,
            credited_as: OnceCell::new(),
            standing: OnceCell::new(),
            decided: HashSet::new(),
            company,
            departments: OnceCell::new(),
            resolutions,
            used: HashSet::new(),
            answers: HashMap::new(),
            left_out: HashSet::new(),
            made: HashMap::new(),
            presumed: HashMap::new(),
            provisional: HashMap::new(),
        }
    }

    /// The kinds of work that the document names a name for without an id.
    pub(super) fn departments(
        &self,
        proposal: &Proposal<'_>,
        key: &str,
    ) -> Option<&BTreeSet<String>> {
        let of_names = self.departments.get_or_init(|| {
            let mut departments: HashMap<String, BTreeSet<String>> = HashMap::new();
            for (list, entity, object) in named(proposal, &proposal.arriving.data) {
                if let (None, Some(name)) = (text(object, entity.id), text(object, entity.name)) {
                    departments
                        .entry(index_key(name))
                        .or_default()
                        .extend((entity.department)(list, object));
                }
            }
            departments
        });
        of_names.get(key)
    }

    /// Whether the document as it stands names the entity of that id; an id that waits in a draft is nobody's yet.
    pub(super) fn stands(&self, proposal: &Proposal<'a>, kind: EntityKind, id: &str) -> bool {
        let standing = self.standing.get_or_init(|| {
            let named = all_named(proposal, proposal.current);
            named
                .filter_map(|(_, entity, object)| {
                    Some((entity.kind.as_str(), text(object, entity.id)?))
                })
                .collect()
        });
        standing.contains(&(kind.as_str(), id)) && !proposal.stand_ins.contains(id)
    }

    /// The people whom the document as it stands credits under a name, in whichever list; each once.
    pub(super) fn credited_as(&self, proposal: &Proposal<'a>, key: &str) -> &[String] {
        let by_name = self.credited_as.get_or_init(|| {
            let mut credited: HashMap<String, Vec<String>> = HashMap::new();
            let mut seen = HashSet::new();
            for (_, entity, object) in named(proposal, proposal.current) {
                if let (Some(id), Some(name)) = (text(object, entity.id), text(object, entity.name))
                {
                    let key = index_key(name);
                    if seen.insert((key.clone(), id)) {
                        credited.entry(key).or_default().push(id.to_owned());
                    }
                }
            }
            credited
        });
        by_name.get(key).map_or(&[], Vec::as_slice)
    }
}

/// Every place of a document that names a person: the list, which of the item's entities it is, and the item.
fn named<'a>(
    proposal: &Proposal<'a>,
    data: &'a Object,
) -> impl Iterator<Item = (&'static str, &'static EntityReference, &'a Object)> {
    all_named(proposal, data).filter(|(_, entity, _)| entity.kind == EntityKind::Person)
}

/// Every place of a document that names somebody with an id beside the name.
fn all_named<'a>(
    proposal: &Proposal<'a>,
    data: &'a Object,
) -> impl Iterator<Item = (&'static str, &'static EntityReference, &'a Object)> {
    proposal.definition.fields.iter().flat_map(move |field| {
        let entities: &'static [EntityReference] = match &field.rule.kind {
            Kind::Items { item, .. } => item.entities,
            _ => &[],
        };
        entities.iter().flat_map(move |entity| {
            objects(data, field.name).into_iter().map(move |object| (field.name, entity, object))
        })
    })
}
