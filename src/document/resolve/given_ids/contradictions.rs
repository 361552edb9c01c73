//! One id beside two unrelated names, in a document or in the documents of a batch.

use std::collections::{HashMap, HashSet};

use super::stored::Stored;
use super::{Mention, Verdict, goes_by, may_be_one};
use crate::document::entity::bound_to_language;
use crate::document::problem::{Problem, ProblemCode};
use crate::document::proposal::Proposal;
use crate::document::text::{index_key, quoted};

/// Most different names of one id that are compared.
const MOST_NAMES: usize = 20;

/// Finds ids beside two unrelated names. Where a resolution says what a name means, the id is
/// dropped, so that the resolution counts.
pub(super) fn contradictions<'p>(
    proposal: &Proposal<'p>,
    stored: &Stored<'p>,
    mentions: &[Mention<'_>],
    verdicts: &mut [Verdict],
) -> Vec<Problem> {
    let in_question = in_question(proposal, mentions, verdicts);
    if in_question.is_empty() {
        return Vec::new();
    }
    let search = Search { proposal, stored };
    let mut ids: HashMap<(&str, &str), Beside<'_>> = HashMap::new();
    let mut problems = Vec::new();
    for (mention, verdict) in mentions.iter().zip(verdicts) {
        let key = (mention.entity.kind.as_str(), mention.id);
        let (Verdict::Keep, true, Some(name)) =
            (&*verdict, in_question.contains(&key), mention.name)
        else {
            continue;
        };
        let beside = ids.entry(key).or_default();
        if !beside.keys.insert(index_key(name)) {
            continue;
        }
        match search.contradicts(mention, name, beside) {
            None => beside.names.push((name, mention)),
            Some(_) if search.is_answered(mention) => *verdict = Verdict::without(None),
            Some((other, place)) => {
                let at = mention.path(mention.entity.name);
                let message = format!(
                    "the id {} stands beside two unrelated names, {} ({place}) and {} ({at}); give \
                     each an id of its own, or leave the id out where it does not belong",
                    quoted(mention.id),
                    quoted(&other),
                    quoted(name)
                );
                problems.push(Problem::new(at, ProblemCode::AmbiguousMatch, message));
            }
        }
    }
    problems
}

/// The ids that stand beside more than one name, as far as spelling tells.
fn in_question<'m>(
    proposal: &Proposal<'_>,
    mentions: &'m [Mention<'_>],
    verdicts: &[Verdict],
) -> HashSet<(&'static str, &'m str)> {
    let known = proposal.directory.known_ids();
    let mut names: HashMap<(&'static str, &str), &str> = HashMap::new();
    let mut in_question = HashSet::new();
    for (mention, verdict) in mentions.iter().zip(verdicts) {
        let (Verdict::Keep, Some(name)) = (verdict, mention.name) else { continue };
        let (kind, id) = (mention.entity.kind, mention.id);
        let first = *names.entry((kind.as_str(), id)).or_insert(name);
        if first != name || known.introduced(kind, id).is_some() {
            in_question.insert((kind.as_str(), id));
        }
    }
    in_question
}

/// The names that one id stands beside so far.
#[derive(Default)]
struct Beside<'m> {
    keys: HashSet<String>,
    names: Vec<(&'m str, &'m Mention<'m>)>,
}

struct Search<'a, 'p> {
    proposal: &'a Proposal<'p>,
    stored: &'a Stored<'p>,
}

impl Search<'_, '_> {
    /// The unrelated name that the id stands beside already, and where.
    fn contradicts(
        &self,
        mention: &Mention<'_>,
        name: &str,
        beside: &Beside<'_>,
    ) -> Option<(String, String)> {
        let kind = mention.entity.kind;
        let compared = &beside.names[..beside.names.len().min(MOST_NAMES)];
        if compared.iter().any(|(other, _)| may_be_one(kind, other, name)) {
            return None;
        }
        let is_known = self.is_known_as(mention, name);
        if let Some((other, place)) = beside.names.first() {
            let is_one = is_known && self.is_known_as(place, other);
            return (!is_one).then(|| ((*other).to_owned(), place.path(place.entity.name)));
        }
        let before = self.proposal.directory.known_ids().introduced(kind, mention.id)?;
        let is_one = is_known || may_be_one(kind, &before.name, name);
        (!is_one).then(|| (before.name.clone(), before.place.clone()))
    }

    /// Whether a name is known as one of the entity's, or credited to it in the stored document.
    fn is_known_as(&self, mention: &Mention<'_>, name: &str) -> bool {
        let (kind, directory) = (mention.entity.kind, self.proposal.directory);
        let own = directory.known(kind, mention.id, Some(name)).unwrap_or(mention.id);
        goes_by(directory, kind, own, name)
            || self.stored.names(kind, own).any(|known| may_be_one(kind, known, name))
            || bound_to_language(mention.entity, mention.object).is_some_and(|is| is.id == own)
    }

    /// Whether a resolution says what the name means.
    fn is_answered(&self, mention: &Mention<'_>) -> bool {
        let is_alone = mention.item.entities.len() == 1;
        let (name, item) = (mention.path(mention.entity.name), mention.item_path());
        self.proposal.resolutions.iter().any(|resolution| {
            resolution.answer.is_some()
                && (resolution.path == name || (is_alone && resolution.path == item))
        })
    }
}
