//! The payloads of mutations, and the types of the plan in them.

use async_graphql::{ComplexObject, Context, ID, SimpleObject};

use super::types::{Movie, MovieExport, User, charge_lists};
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
    /// JSON Pointer (RFC 6901) to the value, in the data of the document with keys in snake_case,
    /// for example /events/0/date, or in the mutation's input; empty for the whole.
    path: String,
    /// The kind of error, for programs.
    code: ProblemCode,
    /// What was found and what is allowed, in English, for people.
    message: String,
}

impl From<Problem> for UserError {
    fn from(Problem { path, code, message }: Problem) -> Self {
        Self { path, code, message }
    }
}

/// Converts problems to user errors.
pub fn user_errors(problems: Vec<Problem>) -> Vec<UserError> {
    problems.into_iter().map(Into::into).collect()
}

/// What an import changes, or in a dry run would change.
#[derive(SimpleObject)]
pub struct ImportPlan {
    /// Identifies the plan: 64 hexadecimal digits. Send it back as expectedPlan to carry out
    /// exactly this plan. Generated ids and times do not affect it.
    digest: String,
    /// The changes, in the order of the document.
    changes: Vec<PlannedChange>,
    /// The values that both the document and the catalogue changed, differently, since the document
    /// was exported. The option onConflict decides how they are settled.
    conflicts: Vec<PlanConflict>,
    /// Items that the document no longer contains and that MERGE keeps. To remove them, list their
    /// ids in removeItems, or use REPLACE.
    not_removed: Vec<KeptItem>,
    /// Changes that were left out because the value is locked.
    skipped: Vec<SkippedChange>,
    /// For each name without an id: the entity that it was resolved to.
    matches: Vec<PlanMatch>,
    /// Parts of the document that were corrected or ignored.
    warnings: Vec<PlanWarning>,
    /// The number of entries of each kind.
    counts: Counts,
}

impl ImportPlan {
    /// The name and the length of each list.
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

/// A value that both the document and the catalogue changed, differently, since the document was
/// exported.
#[derive(SimpleObject)]
pub struct PlanConflict {
    /// JSON Pointer (RFC 6901) to the value in the imported data, for example /title. If the
    /// document no longer contains the item: to the item in the current data.
    path: String,
    /// A description for people, for example "Cast: Brad Pitt".
    label: String,
    /// The value when the document was exported, as in a file. Null if there was none.
    base: Option<Json>,
    /// The value that is stored now, as in a file. Null if there is none.
    current: Option<Json>,
    /// The value in the document, as in a file. Null if there is none.
    imported: Option<Json>,
}

impl From<Conflict> for PlanConflict {
    fn from(Conflict { path, label, base, current, imported }: Conflict) -> Self {
        Self { path, label, base: base, current: current, imported: imported }
    }
}

/// A list item that the document no longer contains and that the import keeps.
#[derive(SimpleObject)]
pub struct KeptItem {
    /// JSON Pointer (RFC 6901) to the item in the current data, for example /events/2.
    path: String,
    /// A description for people, for example "Cast: Brad Pitt".
    label: String,
    /// The item's id, for removeItems. Null for an entry of a list of names, such as genres, which
    /// has no id.
    item_id: Option<ID>,
}

impl From<NotRemoved> for KeptItem {
    fn from(NotRemoved { path, label, id }: NotRemoved) -> Self {
        Self { path, label, item_id: id.map(ID) }
    }
}

/// A change that was left out because the value is locked.
#[derive(SimpleObject)]
pub struct SkippedChange {
    /// JSON Pointer (RFC 6901) to the value in the new data; if it is not there, in the current
    /// data.
    path: String,
    /// The reason: always LOCKED.
    code: ProblemCode,
    /// A description for people, for example "Cast: Brad Pitt".
    label: String,
    /// The value that was kept, as in a file. Null if there is none.
    current: Option<Json>,
    /// The value that the import would have stored, as in a file. Null if it would have removed the
    /// value.
    imported: Option<Json>,
}

impl From<Skipped> for SkippedChange {
    fn from(Skipped { path, code, label, current, imported }: Skipped) -> Self {
        Self { path, code, label, current: current, imported: imported }
    }
}

/// The entity that a name in the document was resolved to.
#[derive(SimpleObject)]
pub struct PlanMatch {
    /// JSON Pointer (RFC 6901) to the name in the imported data, for example /cast/3/name.
    path: String,
    /// The name as sent.
    given: String,
    /// The kind of entity.
    kind: EntityKind,
    /// What the name was resolved to.
    decision: MatchDecision,
    /// The id of the entity. Null if the decision is AMBIGUOUS or SKIPPED.
    entity_id: Option<ID>,
    /// How likely the entity is the right one, from 0 to 1. Null if the entity is new or was given
    /// by a resolution.
    score: Option<f64>,
    /// What the decision is based on.
    reasons: Vec<MatchReason>,
    /// The entities that the name may mean, best first, at most 5. For a new entity: those with a
    /// nearly equal name.
    candidates: Vec<MatchCandidate>,
}

/// An entity that a name may mean.
#[derive(SimpleObject)]
pub struct MatchCandidate {
    /// The entity's id, for MatchResolutionInput.entityId.
    id: ID,
    /// The entity's main name.
    name: String,
    /// How likely the name means this entity, from 0 to 1.
    score: f64,
    /// What speaks for and against this entity.
    reasons: Vec<MatchReason>,
    /// For a person: the titles of up to 3 movies that credit them, newest first. Empty for other
    /// kinds.
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
    /// JSON Pointer (RFC 6901) to the value in the new data, for example /events/0/date. For a
    /// removal: in the old data.
    path: String,
    /// What the change does.
    op: ChangeOperation,
    /// A description for people, for example "Cast: Brad Pitt".
    label: String,
    /// The value before the change, as in a file. Null if there was none.
    before: Option<Json>,
    /// The value after the change, as in a file. Null if there is none.
    after: Option<Json>,
}

impl From<Change> for PlannedChange {
    fn from(change: Change) -> Self {
        Self {
            path: change.path,
            op: change.op,
            label: change.label,
            before: change.before,
            after: change.after,
        }
    }
}

/// A part of the document that was corrected or ignored. Warnings do not stop an import.
#[derive(SimpleObject)]
pub struct PlanWarning {
    /// JSON Pointer (RFC 6901) to the value in the document's data; empty for the whole document.
    path: String,
    /// The kind of warning, for programs.
    code: WarningCode,
    /// What was found and how it was read, in English, for people.
    message: String,
}

impl From<Warning> for PlanWarning {
    fn from(Warning { path, code, message }: Warning) -> Self {
        Self { path, code, message }
    }
}

/// The fields that the payloads of all imports share.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct ImportResult {
    /// The document after the call, in the stage that the call wrote to. Null if the movie does not
    /// exist or the category of the document is unknown.
    movie_export: Option<MovieExport>,
    /// The outcome of the call.
    status: ImportStatus,
    #[graphql(skip)]
    plan: Option<ImportPlan>,
    /// The top-level fields that changed, or in a dry run would change, in snake_case as in a file,
    /// for example release_date.
    updated_fields: Vec<String>,
    /// The id of the call's record in the import log; see Query.importRecord. Null for a dry run,
    /// which is not recorded.
    import_id: Option<ID>,
    /// What is wrong with the document or its target. If there are user errors, nothing was
    /// written.
    user_errors: Vec<UserError>,
}

#[ComplexObject]
impl ImportResult {
    /// The changes that were made, or in a dry run would be made. For a rejected import: the
    /// changes that it asked for, or none if the data is invalid. Null if the document could not be
    /// read or the movie does not exist.
    async fn plan(&self, ctx: &Context<'_>) -> Option<async_graphql::Result<&ImportPlan>> {
        let plan = self.plan.as_ref()?;
        Some(charge_lists(ctx, &plan.list_lengths()).map(|()| plan).map_err(Into::into))
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
    /// The result of importCategory.
    ImportCategoryPayload
);
/// The result of importDocument.
#[derive(SimpleObject)]
pub struct ImportDocumentPayload {
    #[graphql(flatten)]
    result: ImportResult,
    /// A text to send to the language model that wrote the document: what to correct, and the form
    /// to use. Null if there is nothing to correct.
    repair_hint: Option<String>,
}

impl ImportDocumentPayload {
    pub fn new(outcome: Outcome, repair_hint: Option<String>) -> Self {
        Self { result: outcome.into(), repair_hint }
    }
}

import_payload!(
    /// The result of publishDraft.
    PublishDraftPayload
);
import_payload!(
    /// The result of updateDraft.
    UpdateDraftPayload
);
import_payload!(
    /// The result of revertCategory.
    RevertCategoryPayload
);

/// The result of discardDraft.
#[derive(SimpleObject)]
pub struct DiscardDraftPayload {
    /// The published document. Null if the movie does not exist.
    pub movie_export: Option<MovieExport>,
    /// What is wrong with the input. If there are user errors, nothing was discarded.
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

/// The result of login.
#[derive(SimpleObject)]
pub struct LoginPayload {
    /// The access token. Send it in the header `Authorization: Bearer …`.
    pub access_token: String,
    /// Always Bearer.
    pub token_type: String,
    /// How long the access token is valid, in seconds.
    pub expires_in: i64,
    /// The refresh token. Exchange it for a new access token at POST /api/v1/auth/refresh.
    pub refresh_token: String,
    /// The account that logged in.
    pub viewer: User,
    /// Always empty: a failed login is a top-level error, UNAUTHENTICATED or RATE_LIMITED.
    pub user_errors: Vec<UserError>,
}

/// The result of createMovie.
#[derive(SimpleObject)]
pub struct CreateMoviePayload {
    /// The new movie. Null if there are user errors.
    pub movie: Option<Movie>,
    /// What is wrong with the input. If there are user errors, nothing was created.
    pub user_errors: Vec<UserError>,
}

/// The result of deleteMovie.
#[derive(SimpleObject)]
pub struct DeleteMoviePayload {
    /// The id of the deleted movie. Null if there are user errors.
    pub deleted_movie_id: Option<ID>,
    /// What is wrong with the input. If there are user errors, nothing was deleted.
    pub user_errors: Vec<UserError>,
}
