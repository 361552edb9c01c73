//! The digest of a plan: the SHA-256 hash of a canonical form of the target, the options and the
//! decisions. Equal plans have equal digests, although their generated ids differ.

use std::io::{self, Write};

use ahash::HashMap;
use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter, Serializer};
use sha2::{Digest, Sha256};

use super::{Match, Report};
use crate::document::proposal::Proposal;
use crate::document::text::hexadecimal;

/// A writer that computes the hash of its input.
struct HashWriter(Sha256);

impl Write for HashWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Replaces generated ids by their sequence numbers. The ids contain no characters that JSON
/// escapes, so each is written as one fragment.
struct GeneratedIdFormatter<'a>(HashMap<&'a str, usize>);

impl Formatter for GeneratedIdFormatter<'_> {
    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        match self.0.get(fragment) {
            Some(number) => write!(writer, "new:{number}"),
            None => CompactFormatter.write_string_fragment(writer, fragment),
        }
    }
}

/// Computes the digest of a plan, in hexadecimal digits. `generated_ids` must be in the order in
/// which the ids were generated.
pub(super) fn digest(proposal: &Proposal<'_>, report: &Report, generated_ids: &[String]) -> String {
    let mut remove_items: Vec<&String> = proposal.remove_items.iter().collect();
    remove_items.sort();
    let canonical = (
        (proposal.movie.as_str(), proposal.definition.category.as_str(), proposal.stage.as_str()),
        (proposal.mode.as_str(), proposal.nulls.as_str(), proposal.on_conflict.as_str()),
        (proposal.source.as_str(), proposal.lock_rule.as_str(), remove_items),
        (&report.changes, &report.conflicts, &report.not_removed, &report.skipped),
        report.matches.iter().map(canonical_match).collect::<Vec<_>>(),
    );
    let everywhere = proposal.resolutions.iter().filter(|resolution| resolution.everywhere);
    let everywhere: Vec<&str> = everywhere.map(|resolution| resolution.path.as_str()).collect();
    // Resolutions that are kept for all movies have effects beyond this plan.
    if everywhere.is_empty() {
        finish(&canonical, generated_ids)
    } else {
        finish(&(canonical, everywhere), generated_ids)
    }
}

/// The decision for a name and its candidates, without their scores.
fn canonical_match(found: &Match) -> impl Serialize {
    let candidates = found.candidates.iter().map(|candidate| &candidate.id).collect::<Vec<_>>();
    (&found.path, &found.given, found.decision, &found.entity, candidates)
}

/// Computes the digest of a value from its JSON form.
pub(super) fn finish(canonical: &impl Serialize, generated_ids: &[String]) -> String {
    let numbered =
        generated_ids.iter().enumerate().map(|(number, id)| (id.as_str(), number)).collect();
    let mut serializer =
        Serializer::with_formatter(HashWriter(Sha256::new()), GeneratedIdFormatter(numbered));
    // Cannot fail: the writer never fails, and all map keys are strings.
    let _ = canonical.serialize(&mut serializer);
    hexadecimal(&serializer.into_inner().0.finalize())
}
