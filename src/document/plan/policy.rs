//! Which rules an import is held to, by the operation, the source of the values and the author.

use super::locks::LockRule;
use crate::document::options::IdTrust;
use crate::document::read::envelope::SentMetadata;
use crate::document::schema::choice::define_choice;
use crate::document::{Metadata, Source};

define_choice! {
    /// An operation that changes documents.
    pub enum Operation {
        /// An import, into the published document or its draft.
        Import = "import",
        /// Publishing a draft.
        Publish = "publish",
        /// Bringing back an earlier revision.
        Revert = "revert",
        /// Discarding a draft.
        Discard = "discard",
        /// Merging people who are one person.
        MergePeople = "merge_people",
        /// Splitting a person: some credits become those of another person.
        SplitPerson = "split_person",
    }
}

/// What the rules depend on.
#[derive(Debug, Clone, Copy)]
pub struct Origin<'a> {
    pub operation: Operation,
    /// The source that the options or the account of the author fix.
    pub fixed_source: Option<Source>,
    /// The source that the account of the author fixes.
    pub author_source: Option<Source>,
    /// The metadata of the document as it was sent.
    pub sent: &'a SentMetadata,
    /// Whether the document came as typed values, and not as the text of a file.
    pub is_typed: bool,
    /// Whether locks may be overridden.
    pub overrides_locks: bool,
}

impl Origin<'_> {
    /// The source of the values. Metadata that an export wrote, sent back unchanged, is no
    /// statement about who edited the file; `exported` are the metadata of the states that it may
    /// be an export of.
    #[must_use]
    pub fn source<'m>(&self, mut exported: impl Iterator<Item = &'m Metadata>) -> Source {
        if let Some(source) = self.fixed_source {
            return source;
        }
        let is_untouched = exported.any(|metadata| self.sent.is_untouched(metadata))
            || self.sent.is_untouched(&Metadata::never_written());
        match self.sent.source {
            Some(source) if !is_untouched => source,
            _ => Source::Manual,
        }
    }

    /// How far the ids in the document are trusted. The answer of a language model is often an
    /// edited export, so metadata as an export writes it is no evidence.
    #[must_use]
    pub fn id_trust(&self, source: Source) -> IdTrust {
        if self.operation != Operation::Import {
            return IdTrust::Trusted;
        }
        if source == Source::LlmGenerated {
            return IdTrust::Claimed;
        }
        let is_of_catalogue =
            self.sent.source == Some(Source::Tmdb) && self.sent.revision.is_none();
        if self.is_typed || self.fixed_source.is_some() || is_of_catalogue {
            IdTrust::Trusted
        } else {
            IdTrust::Unspecified
        }
    }

    /// What a lock does to the import. An automatic account stays automatic, whichever source the
    /// document names.
    #[must_use]
    pub fn lock_rule(&self, source: Source) -> LockRule {
        let is_automatic = source != Source::Manual
            || self.author_source.is_some_and(|source| source != Source::Manual);
        match self.operation {
            // A person looks at these operations one by one.
            Operation::Publish
            | Operation::Revert
            | Operation::MergePeople
            | Operation::SplitPerson
                if self.overrides_locks =>
            {
                LockRule::Override
            }
            // A revision comes back as a whole, and a merge of people holds in every document.
            Operation::Revert | Operation::MergePeople | Operation::SplitPerson => LockRule::Refuse,
            _ if is_automatic => LockRule::Skip,
            _ if self.overrides_locks => LockRule::Override,
            _ => LockRule::Refuse,
        }
    }
}
