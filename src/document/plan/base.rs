//! The base revision of a document: which stored state it was made from, and what an import may
//! not do where that state is not known.

use chrono::{DateTime, Utc};

use crate::document::options::ImportMode;
use crate::document::read::envelope::{NO_REVISION, SentMetadata};
use crate::document::{Problem, ProblemCode, Stage, Warning, WarningCode};

/// Where the state is stored that a document was made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Base {
    /// The document does not name a revision.
    Unstated,
    /// The document names a revision that does not exist here.
    Unknown,
    /// The published document.
    Published,
    /// The open draft.
    Draft,
    /// The empty document, before its first revision.
    Empty,
    /// A superseded revision.
    Revision(i64),
    /// A contribution to the draft, by its draft revision.
    Contribution(i64),
}

/// The revisions that exist of one document. A number is 0 where there is none.
#[derive(Debug, Clone, Copy, Default)]
pub struct Revisions {
    /// The revision of the published document.
    pub published: i64,
    /// The draft revision of the open draft.
    pub draft: Option<i64>,
    /// Whether there is an open draft.
    pub has_draft: bool,
    /// The newest draft revision of a document without an open draft.
    pub last_draft: i64,
}

/// Finds the base of a document: `base_revision` of the import options, else what the metadata of
/// the document states.
#[must_use]
pub fn base_of(
    base_revision: Option<i64>,
    sent: &SentMetadata,
    target: Stage,
    revisions: &Revisions,
) -> Base {
    if let (None, Some(number), Stage::Draft) = (base_revision, sent.draft_revision, target) {
        let newest = revisions.draft.unwrap_or(revisions.last_draft);
        if number >= 1 && newest == number && revisions.has_draft {
            return Base::Draft;
        }
        if (1..=newest).contains(&number) {
            return Base::Contribution(number);
        }
    }
    let Some(number) = base_revision.or(sent.revision) else { return Base::Unstated };
    let newest = revisions.published;
    match number {
        _ if number == newest && newest > 0 => Base::Published,
        0 => Base::Empty,
        _ if (1..newest).contains(&number) => Base::Revision(number),
        _ => Base::Unknown,
    }
}

/// What [`unknown_base`] decides on.
pub struct BaseQuestion<'a> {
    pub base: Base,
    /// `base_revision` of the import options.
    pub base_revision: Option<i64>,
    pub sent: &'a SentMetadata,
    pub mode: ImportMode,
    pub target: Stage,
    pub revisions: &'a Revisions,
    /// When the stored state of `base` was written; `None` if there is no such state.
    pub written_at: Option<Option<DateTime<Utc>>>,
}

/// A document whose base is not known, or not known for certain.
#[derive(Debug, Clone)]
pub struct UnknownBase {
    reason: String,
    /// Whether the document or the options name a revision at all.
    is_stated: bool,
    /// The revision of the published document.
    published: i64,
    /// The draft revision of the open draft that is imported into.
    draft: Option<i64>,
}

/// Explains why the base of a document is not known; `None` if it is known.
#[must_use]
pub fn unknown_base(question: &BaseQuestion<'_>) -> Option<UnknownBase> {
    let BaseQuestion { base, base_revision, sent, mode, target, revisions, written_at } = question;
    let newest = revisions.published;
    let by = if base_revision.is_some() { "the options say" } else { "metadata says" };
    let stated = base_revision.or(sent.revision);
    // The same number may be that of another server, or of a movie that was deleted and made again.
    let is_another = base_revision.is_none()
        && sent.last_updated.is_some()
        && written_at.is_some_and(|written_at| written_at != sent.last_updated);
    let reason = match (base, stated) {
        (Base::Unstated, _) => {
            "the document does not say which revision it was made from".to_owned()
        }
        (_, Some(NO_REVISION)) => format!("{by} something that is no revision"),
        (base, Some(number)) if *base == Base::Unknown || written_at.is_none() => {
            format!("{by} revision {number}; the newest here is {newest}")
        }
        (_, Some(number)) if is_another && *mode == ImportMode::Replace => {
            format!(
                "{by} revision {number}, and the revision {number} of this server is of another \
                 time"
            )
        }
        // The base is known, also where the document names a state of the draft alone.
        _ => return None,
    };
    let draft = revisions.draft.filter(|_| *target == Stage::Draft);
    Some(UnknownBase { reason, is_stated: stated.is_some(), published: newest, draft })
}

impl UnknownBase {
    /// The problem that REPLACE would remove items without a known base.
    pub(super) fn base_required(&self, dropped: usize) -> Problem {
        let (reason, newest) = (&self.reason, self.published);
        let answer = match self.draft {
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

    /// The warning that concurrent changes cannot be told apart; `None` if no revision was named.
    pub(super) fn warning(&self) -> Option<Warning> {
        let message = format!(
            "what the document was made from is not known here ({}); what others changed since \
             then could not be told from what it changed",
            self.reason
        );
        self.is_stated.then(|| Warning::new("", WarningCode::UnknownBase, message))
    }
}
