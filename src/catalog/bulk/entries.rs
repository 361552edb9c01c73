//! Reads the entries of a ZIP archive.

use std::io::{Read, Seek};
use std::sync::Arc;

use zip::ZipReadOptions;
use zip::read::{Config, ZipFileEntry};
use zip::result::ZipError;
// Unlike `ZipArchive`, it keeps entries of the same name apart.
use zip::unstable::read::ZipIterable;

use super::channel::ReceiverClosed;
use super::document_reader::DocumentReader;
use super::limit::LimitedReader;
use super::location::DocumentLocation;
use super::manifest::MANIFEST;
use crate::document::ProblemCode;

/// Maximum nesting depth of archives.
const MAX_DEPTH: usize = 2;
/// Maximum number of skipped entries that are reported.
const MAX_SKIPPED: usize = 100_000;

/// How an entry is treated.
#[derive(Debug, PartialEq, Eq)]
enum Treatment {
    /// Read it: it holds documents, or is an archive.
    Read,
    /// Refuse it: its compression format is not supported.
    Refuse,
    /// Skip it and report that: it is not a document.
    Skip,
    /// Ignore it: it is a folder, the manifest of an export, or metadata that macOS adds to
    /// archives.
    Ignore,
}

fn treatment(name: &str) -> Treatment {
    if name == MANIFEST {
        return Treatment::Ignore;
    }
    let name = name.to_ascii_lowercase();
    let mut parts = name.rsplit(['/', '\\']);
    let file = parts.next().unwrap_or_default();
    if file.is_empty() || file.starts_with("._") || parts.any(|part| part == "__macosx") {
        return Treatment::Ignore;
    }
    let plain = file.strip_suffix(".gz").unwrap_or(file);
    match plain.rsplit_once('.').map(|(_, ending)| ending) {
        Some("json" | "ndjson" | "jsonl" | "zip") => Treatment::Read,
        Some("tar" | "tgz" | "bz2" | "xz" | "zst" | "7z" | "rar") => Treatment::Refuse,
        _ if plain.len() < file.len() => Treatment::Refuse,
        _ => Treatment::Skip,
    }
}

impl DocumentReader<'_> {
    /// Reads the entries of an archive in the order of its directory. A damaged entry does not
    /// affect the others. `depth` is the number of archives around this one.
    pub(super) fn read_archive<R: Read + Seek>(
        &mut self,
        file: &mut R,
        depth: usize,
    ) -> Result<(), ReceiverClosed> {
        if depth >= MAX_DEPTH {
            let message = format!("archives are nested more than {MAX_DEPTH} deep");
            return self.send_problem(None, ProblemCode::Unreadable, message);
        }
        let before = self.report.documents;
        let mut archive = match ZipIterable::try_new(file, Config::default()) {
            Ok(archive) => archive,
            Err(error) => return self.send_damage(&error),
        };
        let entries = match archive.files() {
            Ok(entries) => entries,
            Err(error) => return self.send_damage(&error),
        };
        let outer = self.location.entry.clone();
        let mut count = 0;
        while let Some(entry) = entries.next() {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    self.send_damage(&error)?;
                    break;
                }
            };
            count += 1;
            if count > self.options.max_entries {
                let max = self.options.max_entries;
                let message = format!("the archive has more than {max} entries");
                self.send_problem(None, ProblemCode::TooLong, message)?;
                break;
            }
            let name = entry.name().map_or_else(
                |_| String::from_utf8_lossy(entry.name_raw()).into_owned(),
                std::borrow::Cow::into_owned,
            );
            let path: Arc<str> = match &outer {
                Some(outer) => format!("{outer}:{name}").into(),
                None => name.as_str().into(),
            };
            self.location.entry = Some(path);
            let result = self.read_entry(&name, entry, entries.reader_mut(), depth);
            self.location.entry.clone_from(&outer);
            result?;
        }
        // For the outermost archive, `read_source` reports this.
        if outer.is_some() && self.report.documents == before {
            let message = "there is nothing to import in it".to_owned();
            self.send_problem(None, ProblemCode::Unreadable, message)?;
        }
        Ok(())
    }

    fn read_entry<R: Read + Seek>(
        &mut self,
        name: &str,
        entry: ZipFileEntry<'_>,
        file: &mut R,
        depth: usize,
    ) -> Result<(), ReceiverClosed> {
        match treatment(name) {
            Treatment::Ignore => Ok(()),
            _ if entry.is_dir() => Ok(()),
            Treatment::Skip => {
                self.skip();
                Ok(())
            }
            _ if entry.is_symlink() => {
                self.skip();
                Ok(())
            }
            Treatment::Refuse => {
                let message =
                    "its compression format is not supported; allowed are ZIP and gzip".to_owned();
                self.send_problem(None, ProblemCode::Unreadable, message)
            }
            Treatment::Read => {
                let limit = self.options.max_unpacked;
                let content = match entry.with_reader(file, ZipReadOptions::new()) {
                    Ok(content) => LimitedReader::new(content, limit, self.options.remedy),
                    Err(error) => return self.send_damage(&error),
                };
                self.read_stream(Box::new(content), Some(limit), depth + 1)
            }
        }
    }

    fn skip(&mut self) {
        if self.report.skipped.len() < MAX_SKIPPED {
            self.report.skipped.push(DocumentLocation { at: None, ..self.location.clone() });
        }
    }

    fn send_damage(&mut self, error: &ZipError) -> Result<(), ReceiverClosed> {
        let what = if self.location.entry.is_some() { "entry" } else { "archive" };
        let message = match error {
            ZipError::InvalidArchive(_) if what == "archive" => {
                "the archive is not whole: the list of entries at its end is missing or damaged"
                    .to_owned()
            }
            _ => format!("the {what} cannot be read: {error}"),
        };
        self.send_problem(None, ProblemCode::Unreadable, message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_treated_by_their_extension_in_any_case() {
        for (name, expected) in [
            ("a/timeline.json", Treatment::Read),
            ("a/TIMELINE.JSON", Treatment::Read),
            ("all.ndjson.gz", Treatment::Read),
            ("all.JsonL", Treatment::Read),
            ("inner.zip", Treatment::Read),
            ("README.txt", Treatment::Skip),
            ("a/json", Treatment::Skip),
            ("a.json.bak", Treatment::Skip),
            ("notes.txt.gz", Treatment::Refuse),
            ("more.tar.gz", Treatment::Refuse),
            ("more.7z", Treatment::Refuse),
            ("a/", Treatment::Ignore),
            ("a/._timeline.json", Treatment::Ignore),
            ("manifest.json", Treatment::Ignore),
            ("a/manifest.json", Treatment::Read),
            ("x/__MACOSX/a/timeline.json", Treatment::Ignore),
            ("x\\__MACOSX\\a.json", Treatment::Ignore),
        ] {
            assert_eq!(treatment(name), expected, "{name}");
        }
    }
}
