//! What mutations answer.

use async_graphql::{ComplexObject, Context, ID, SimpleObject};

use super::types::{Movie, MovieExport, User, hand_out_lists};
use crate::catalog::import::{ImportStatus, Outcome};
use crate::document::entity::EntityKind;
use crate::document::plan::diff::{Change, ChangeOperation};
use crate::document::plan::{Conflict, Counts, Match, NotRemoved, Report, Skipped};
use crate::document::resolve::{Candidate, MatchDecision, MatchReason};
use crate::document::schema::scalars::Json;
use crate::document::{Problem, ProblemCode, Warning, WarningCode};

/// Something that is wrong with a mutation's input or its target.
#[derive(SimpleObject)]
pub struct UserError {
    /// JSON Pointer (RFC 6901) into the document's data, or into the input; empty for the whole.
    path: String,
    /// What kind of thing is wrong.
    code: ProblemCode,
    /// What was found and what is allowed.
    message: String,
}

impl From<Problem> for UserError {
    fn from(Problem { path, code, message }: Problem) -> Self {
        Self { path, code, message }
    }
}

/// Problems as a payload lists them.
pub fn user_errors(problems: Vec<Problem>) -> Vec<UserError> {
    problems.into_iter().map(Into::into).collect()
}

/// What an import does, or of a dry run would do.
#[derive(SimpleObject)]
pub struct ImportPlan {
    /// Tells this plan from others: send it back as expectedPlan to carry out exactly this. Ids that are
    /// made up on the way, and times, do not count.
    digest: String,
    /// The changes, in the order of the document.
    changes: Vec<PlannedChange>,
    /// What the document and the catalogue have both changed, each in its own way, since the document was
    /// made. How it is settled, onConflict says.
    conflicts: Vec<PlanConflict>,
    /// Items that the document dropped since it was made, and that MERGE keeps. To remove them, name
    /// their ids in removeItems, or use REPLACE.
    not_removed: Vec<KeptItem>,
    /// Changes that locks kept out.
    skipped: Vec<SkippedChange>,
    /// Who the names that came without an id were taken for.
    matches: Vec<PlanMatch>,
    /// What was read although it was not as it should be, or was left alone.
    warnings: Vec<PlanWarning>,
    /// How many of each.
    counts: Counts,
}

impl ImportPlan {
    /// How many entries each list has.
    pub fn list_lengths(&self) -> [(&'static str, usize); 6] {
        [
            ("changes", self.changes.len()),
            ("conflicts", self.conflicts.len()),
            ("not_removed", self.not_removed.len()),
            ("skipped", self.skipped.len()),
            ("matches", self.matches.len()),
            ("warnings", self.warnings.len()),
        ]
    }
}

impl From<Report> for ImportPlan {
    fn from(report: Report) -> Self {
        let counts = report.counts();
        Self {
            digest: report.digest,
            changes: report.changes.into_iter().map(Into::into).collect(),
            conflicts: report.conflicts.into_iter().map(Into::into).collect(),
            not_removed: report.not_removed.into_iter().map(Into::into).collect(),
            skipped: report.skipped.into_iter().map(Into::into).collect(),
            matches: report.matches.into_iter().map(Into::into).collect(),
            warnings: report.warnings.into_iter().map(Into::into).collect(),
            counts,
        }
    }
}

/// A value that both sides changed, each in its own way, since the document was made.
#[derive(SimpleObject)]
pub struct PlanConflict {
    /// JSON Pointer (RFC 6901) into the imported data; for an item that the document dropped, into the
    /// current.
    path: String,
    /// What it is, for a person: "Cast: Brad Pitt".
    label: String,
    /// The value when the document was made. Null if there was none.
    base: Option<Json>,
    /// The value as it stands. Null if there is none.
    current: Option<Json>,
    /// The value that came. Null if the document has none.
    imported: Option<Json>,
}

impl From<Conflict> for PlanConflict {
    fn from(Conflict { path, label, base, current, imported }: Conflict) -> Self {
        Self {
            path,
            label,
            base: base.map(Json),
            current: current.map(Json),
            imported: imported.map(Json),
        }
    }
}

/// An item that the document dropped since it was made, and that is kept.
#[derive(SimpleObject)]
pub struct KeptItem {
    /// JSON Pointer (RFC 6901) into the current data.
    path: String,
    /// What it is, for a person.
    label: String,
    /// The item's id, for removeItems. Null for a name in a list of names, which has none.
    item_id: Option<ID>,
}

impl From<NotRemoved> for KeptItem {
    fn from(NotRemoved { path, label, id }: NotRemoved) -> Self {
        Self { path, label, item_id: id.map(ID) }
    }
}

/// A change that a lock kept out.
#[derive(SimpleObject)]
pub struct SkippedChange {
    /// JSON Pointer (RFC 6901) into the new data, or, of what is not there, into the current.
    path: String,
    /// Why: LOCKED.
    code: ProblemCode,
    /// What it is, for a person.
    label: String,
    /// The value that was kept. Null if there is none.
    current: Option<Json>,
    /// The value that would have taken its place. Null if it would have been removed.
    imported: Option<Json>,
}

impl From<Skipped> for SkippedChange {
    fn from(Skipped { path, code, label, current, imported }: Skipped) -> Self {
        Self { path, code, label, current: current.map(Json), imported: imported.map(Json) }
    }
}

/// Who a name was taken for.
#[derive(SimpleObject)]
pub struct PlanMatch {
    /// JSON Pointer (RFC 6901) into the imported data.
    path: String,
    /// The name as it came.
    given: String,
    /// What kind of thing it names.
    kind: EntityKind,
    /// What was found.
    decision: MatchDecision,
    /// The id of whoever it is. Null if that cannot be told, or if the name is left out.
    entity_id: Option<ID>,
    /// How likely the entity is meant, from 0 to 1. Null of a new one, and of one that an answer named.
    score: Option<f64>,
    /// What speaks for the entity.
    reasons: Vec<MatchReason>,
    /// Who else, or who at all, may be meant: best first, five at most. Of a new entity, whoever has nearly
    /// the same name.
    candidates: Vec<MatchCandidate>,
}

/// Somebody, or something, that a name may mean.
#[derive(SimpleObject)]
pub struct MatchCandidate {
    /// The entity's id, for a resolution.
    id: ID,
    /// The entity's own name.
    name: String,
    /// How likely it is meant, from 0 to 1.
    score: f64,
    /// What speaks for and against it.
    reasons: Vec<MatchReason>,
    /// Of a person: titles of movies that they are credited on, the newest first, three at most.
    known_for: Vec<String>,
}

impl From<Candidate> for MatchCandidate {
    fn from(candidate: Candidate) -> Self {
        let Candidate { id, name, score, reasons, known_for, .. } = candidate;
        Self { id: ID(id), name, score, reasons, known_for }
    }
}

impl From<Match> for PlanMatch {
    fn from(
        Match { path, given, kind, decision, entity, score, reasons, candidates }: Match,
    ) -> Self {
        let candidates = candidates.into_iter().map(Into::into).collect();
        Self { path, given, kind, decision, entity_id: entity.map(ID), score, reasons, candidates }
    }
}

/// One change of a document.
#[derive(SimpleObject)]
pub struct PlannedChange {
    /// JSON Pointer (RFC 6901) into the new data; for a removal, into the old.
    path: String,
    /// What the change does.
    op: ChangeOperation,
    /// What changes, for a person: "Cast: Brad Pitt".
    label: String,
    /// The value before. Null if there was none.
    before: Option<Json>,
    /// The value after. Null if there is none.
    after: Option<Json>,
}

impl From<Change> for PlannedChange {
    fn from(change: Change) -> Self {
        Self {
            path: change.path,
            op: change.op,
            label: change.label,
            before: change.before.map(Json),
            after: change.after.map(Json),
        }
    }
}

/// Something that was read although it was not as it should be, or was left alone.
#[derive(SimpleObject)]
pub struct PlanWarning {
    /// JSON Pointer (RFC 6901) into the document's data; empty for the whole.
    path: String,
    /// What kind of thing it is.
    code: WarningCode,
    /// What was found and what was made of it.
    message: String,
}

impl From<Warning> for PlanWarning {
    fn from(Warning { path, code, message }: Warning) -> Self {
        Self { path, code, message }
    }
}

/// What every import answers.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct ImportResult {
    /// The category as it stands after the call, in the state that was imported into. Null if there is no
    /// such movie, or if the document does not say which category it is.
    movie_export: Option<MovieExport>,
    /// What came of the import.
    status: ImportStatus,
    #[graphql(skip)]
    plan: Option<ImportPlan>,
    /// The top-level fields that changed, or of a dry run would change, as in the file: snake_case.
    updated_fields: Vec<String>,
    /// The record that is kept of the import. Null for a dry run, which leaves no trace.
    import_id: Option<ID>,
    /// What is wrong with the document or its target. If there is anything, nothing was written.
    user_errors: Vec<UserError>,
}

#[ComplexObject]
impl ImportResult {
    /// What was done, or of a dry run would be done; of a rejected import, what it would have been, with no
    /// changes if the data breaks rules. Null if there is nothing to plan: the document could not be
    /// read, or there is no such movie.
    async fn plan(&self, ctx: &Context<'_>) -> Option<async_graphql::Result<&ImportPlan>> {
        let plan = self.plan.as_ref()?;
        Some(hand_out_lists(ctx, &plan.list_lengths()).map(|()| plan).map_err(Into::into))
    }
}

impl From<Outcome> for ImportResult {
    fn from(outcome: Outcome) -> Self {
        let updated_fields = outcome.updated_fields();
        Self {
            movie_export: outcome.export.map(MovieExport::from),
            status: outcome.status,
            plan: outcome.plan.map(Into::into),
            updated_fields,
            import_id: outcome.import_id.map(ID),
            user_errors: user_errors(outcome.problems),
        }
    }
}

macro_rules! import_payload {
    ($(#[doc = $doc:literal])* $Name:ident) => {
        $(#[doc = $doc])*
        #[derive(SimpleObject)]
        pub struct $Name {
            #[graphql(flatten)]
            result: ImportResult,
        }

        impl From<Outcome> for $Name {
            fn from(outcome: Outcome) -> Self {
                Self { result: outcome.into() }
            }
        }
    };
}

import_payload!(
    /// What came of importing a category.
    ImportCategoryPayload
);
/// What came of importing a document.
#[derive(SimpleObject)]
pub struct ImportDocumentPayload {
    #[graphql(flatten)]
    result: ImportResult,
    /// A text to paste back to the language model that wrote the document: what to correct, and the form
    /// to send. Null if there is nothing to correct.
    repair_hint: Option<String>,
}

impl ImportDocumentPayload {
    pub fn new(outcome: Outcome, repair_hint: Option<String>) -> Self {
        Self { result: outcome.into(), repair_hint }
    }
}

import_payload!(
    /// What came of publishing a draft.
    PublishDraftPayload
);
import_payload!(
    /// What came of editing a draft.
    UpdateDraftPayload
);
import_payload!(
    /// What came of going back to a revision.
    RevertCategoryPayload
);

/// What came of discarding a draft.
#[derive(SimpleObject)]
pub struct DiscardDraftPayload {
    /// The published category as it stands. Null if there is no such movie.
    pub movie_export: Option<MovieExport>,
    /// What is wrong with the input. If there is anything, nothing was discarded.
    pub user_errors: Vec<UserError>,
}

impl From<Outcome> for DiscardDraftPayload {
    fn from(outcome: Outcome) -> Self {
        Self {
            movie_export: outcome.export.map(MovieExport::from),
            user_errors: user_errors(outcome.problems),
        }
    }
}

/// What a login gives.
#[derive(SimpleObject)]
pub struct LoginPayload {
    /// Send it as `Authorization: Bearer …`.
    pub access_token: String,
    /// Always Bearer.
    pub token_type: String,
    /// How long the access token holds, in seconds.
    pub expires_in: i64,
    /// Exchange it for a new access token at POST /api/v1/auth/refresh.
    pub refresh_token: String,
    /// Whose account it is.
    pub viewer: User,
    /// Always empty: a login that fails is a top-level error, UNAUTHENTICATED or RATE_LIMITED.
    pub user_errors: Vec<UserError>,
}

/// What came of creating a movie.
#[derive(SimpleObject)]
pub struct CreateMoviePayload {
    /// The new movie. Null if there are user errors.
    pub movie: Option<Movie>,
    /// What is wrong with the input.
    pub user_errors: Vec<UserError>,
}

/// What came of deleting a movie.
#[derive(SimpleObject)]
pub struct DeleteMoviePayload {
    /// The id of the movie that is gone. Null if there are user errors.
    pub deleted_movie_id: Option<ID>,
    /// What is wrong with the input.
    pub user_errors: Vec<UserError>,
}
