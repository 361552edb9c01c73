//! The digest of a plan: SHA-256 over a canonical form of the target, the options and what the plan
//! decides. Equal plans have equal digests, whichever ids were made up on the way.

use std::collections::HashMap;
use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter, Serializer};
use sha2::{Digest, Sha256};

use super::{Match, Report};
use crate::document::merge::Proposal;
use crate::document::text::hexadecimal;

/// Feeds what is written to a hash.
struct Hashing(Sha256);

impl Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes made-up ids as the order in which they were made up. None of them holds a character that
/// JSON escapes, so each comes as one fragment.
struct WithoutMadeUp<'a>(HashMap<&'a str, usize>);

impl Formatter for WithoutMadeUp<'_> {
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

/// The digest in hexadecimal digits.
pub(super) fn digest(proposal: &Proposal<'_>, report: &Report, made_up: &[String]) -> String {
    let mut remove_items: Vec<&String> = proposal.remove_items.iter().collect();
    remove_items.sort();
    let canonical = (
        (proposal.movie.as_str(), proposal.definition.category.as_str(), proposal.stage.as_str()),
        (proposal.mode.as_str(), proposal.nulls.as_str(), proposal.on_conflict.as_str()),
        (proposal.source.as_str(), proposal.lock_rule.as_str(), remove_items),
        (&report.changes, &report.conflicts, &report.not_removed, &report.skipped),
        report.matches.iter().map(decided).collect::<Vec<_>>(),
    );
    let everywhere = proposal.resolutions.iter().filter(|resolution| resolution.everywhere);
    let everywhere: Vec<&str> = everywhere.map(|resolution| resolution.path.as_str()).collect();
    // What is remembered on all movies is more than this one's plan.
    if everywhere.is_empty() {
        finish(&canonical, made_up)
    } else {
        finish(&(canonical, everywhere), made_up)
    }
}

/// What was decided, and between whom; how likely each was is no part of the plan.
fn decided(found: &Match) -> impl Serialize {
    let candidates = found.candidates.iter().map(|candidate| &candidate.id).collect::<Vec<_>>();
    (&found.path, &found.given, found.decision, &found.entity, candidates)
}

/// The digest of any value that is told by its JSON.
pub(super) fn finish(canonical: &impl Serialize, made_up: &[String]) -> String {
    let numbered = made_up.iter().enumerate().map(|(number, id)| (id.as_str(), number)).collect();
    let mut serializer =
        Serializer::with_formatter(Hashing(Sha256::new()), WithoutMadeUp(numbered));
    // Writing to a hash cannot fail, and no key of the form is other than text.
    let _ = canonical.serialize(&mut serializer);
    hexadecimal(&serializer.into_inner().0.finalize())
}
