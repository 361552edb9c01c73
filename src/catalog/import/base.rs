//! The state that a document was made from, and whether REPLACE may go by it.

use super::Record;
use super::load::{Current, Loaded};
use super::pipeline::{Batch, Task};
use crate::document::merge::ImportMode;
use crate::document::plan::Plan;
use crate::document::read::envelope::NO_REVISION;
use crate::document::{Problem, ProblemCode, Stage, Warning, WarningCode};

/// Where the state is that a document was made from.
pub(super) enum Base {
    /// It does not say.
    Unsaid,
    /// It says one that is not known here.
    Unknown,
    Published,
    Draft,
    /// The category was not written yet.
    Empty,
    Revision(i64),
    Contribution(i64),
}

impl Batch<'_> {
    /// Which state a document was made from, as it says or as the options do.
    pub(super) fn base_of(&self, record: &Record, loaded: &Loaded) -> Base {
        let key = record.key();
        let draft = loaded.drafts.get(&key).map(|draft| &draft.current.document.metadata);
        if let (None, Some(number), Stage::Draft) =
            (self.options.base_revision, record.metadata.draft_revision, self.options.target)
        {
            let newest = draft.and_then(|metadata| metadata.draft_revision);
            let newest =
                newest.or_else(|| loaded.last_draft_revisions.get(&key).copied()).unwrap_or(0);
            if number >= 1 && newest == number && draft.is_some() {
                return Base::Draft;
            }
            if (1..=newest).contains(&number) {
                return Base::Contribution(number);
            }
        }
        let Some(number) = self.options.base_revision.or(record.metadata.revision) else {
            return Base::Unsaid;
        };
        let newest =
            loaded.published.get(&key).map_or(0, |published| published.document.metadata.revision);
        match number {
            _ if number == newest && newest > 0 => Base::Published,
            0 => Base::Empty,
            _ if (1..newest).contains(&number) => Base::Revision(number),
            _ => Base::Unknown,
        }
    }
}

impl Task<'_> {
    /// Adds to a plan what its base forbids: REPLACE removes what the document dropped since its
    /// base, so a removal needs a base that is known here.
    pub(super) fn check_base(&self, base: Option<&Current>, plan: &mut Plan) {
        let Self { batch, record, loaded, .. } = self;
        let options = batch.options;
        let newest = loaded
            .published
            .get(&record.key())
            .map_or(0, |current| current.document.metadata.revision);
        let by = if options.base_revision.is_some() { "the options say" } else { "metadata says" };
        let said = options.base_revision.or(record.metadata.revision);
        let found = batch.base_of(record, loaded);
        // The same number may be of another server, or of a movie that was deleted and made anew.
        let is_another = options.base_revision.is_none()
            && record.metadata.last_updated.is_some()
            && base.is_some_and(|base| {
                base.document.metadata.last_updated != record.metadata.last_updated
            });
        let reason = match (found, said) {
            (Base::Unsaid, _) => {
                "the document does not say which revision it was made from".to_owned()
            }
            (_, Some(NO_REVISION)) => format!("{by} something that is no revision"),
            (found, Some(number)) if matches!(found, Base::Unknown) || base.is_none() => {
                format!("{by} revision {number}; the newest here is {newest}")
            }
            (_, Some(number)) if is_another && options.mode == ImportMode::Replace => format!(
                "{by} revision {number}, and the revision {number} of this server is of another \
                 time"
            ),
            // The base is known, also where the document names a state of the draft alone.
            _ => return,
        };
        if options.mode == ImportMode::Replace && plan.dropped > 0 {
            let problem = self.base_required(&reason, newest, plan.dropped);
            plan.problems.push(problem);
        } else if said.is_some() {
            let message = format!(
                "what the document was made from is not known here ({reason}); what others changed \
                 since then could not be told from what it changed"
            );
            plan.report.warnings.push(Warning::new("", WarningCode::UnknownBase, message));
        }
    }

    fn base_required(&self, reason: &str, newest: i64, dropped: usize) -> Problem {
        let draft = self.loaded.drafts.get(&self.record.key());
        let draft = draft.filter(|_| self.batch.options.target == Stage::Draft);
        let metadata = draft.map(|draft| &draft.current.document.metadata);
        let answer = match metadata.and_then(|metadata| metadata.draft_revision) {
            Some(number) => format!(
                "the draft is at draft_revision {number}: metadata.draft_revision={number} in the \
                 document removes exactly"
            ),
            None => format!(
                "the current revision is {newest}: base_revision={newest} (baseRevision, \
                 --base-revision {newest}, or metadata.revision in the document) removes exactly"
            ),
        };
        let dropped = match dropped {
            1 => "1 item that is".to_owned(),
            count => format!("{count} items that are"),
        };
        let message = format!(
            "REPLACE would remove {dropped} not in the document, and needs the revision that the \
             document was made from ({reason}); {answer} what the plan shows"
        );
        Problem::new("", ProblemCode::BaseRequired, message)
    }
}
