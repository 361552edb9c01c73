//! The entries of a ZIP archive.

use std::io::{Read, Seek};
use std::sync::Arc;

use zip::ZipReadOptions;
use zip::read::{Config, ZipFileEntry};
use zip::result::ZipError;
// Unlike `ZipArchive`, it keeps entries apart that have the same name.
use zip::unstable::read::ZipIterable;

use super::limit::Limited;
use super::place::Place;
use super::read::{Reader, Stopped};
use crate::document::ProblemCode;

/// How deep archives may stand in each other.
const MAX_DEPTH: usize = 2;
/// Most names of skipped entries that are kept.
const MAX_SKIPPED: usize = 100_000;

/// What is done with an entry.
#[derive(Debug, PartialEq, Eq)]
enum Treatment {
    /// It holds documents, or is an archive.
    Read,
    /// It is packed in a form that is not read.
    Refuse,
    /// It is no document.
    Skip,
    /// It is a folder, or what macOS keeps beside a file.
    Ignore,
}

fn treatment(name: &str) -> Treatment {
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

impl Reader<'_> {
    /// Reads the entries of an archive in the order of its list. A damaged one does not keep the
    /// others out.
    pub(super) fn archive<R: Read + Seek>(
        &mut self,
        file: &mut R,
        depth: usize,
    ) -> Result<(), Stopped> {
        if depth >= MAX_DEPTH {
            let message = format!("archives stand in each other more than {MAX_DEPTH} deep");
            return self.send_problem(None, ProblemCode::Unreadable, message);
        }
        let before = self.report.records;
        let mut archive = match ZipIterable::try_new(file, Config::default()) {
            Ok(archive) => archive,
            Err(error) => return self.send_damage(&error),
        };
        let entries = match archive.files() {
            Ok(entries) => entries,
            Err(error) => return self.send_damage(&error),
        };
        let outer = self.place.entry.clone();
        while let Some(entry) = entries.next() {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    self.send_damage(&error)?;
                    break;
                }
            };
            let name = entry.name().map_or_else(
                |_| String::from_utf8_lossy(entry.name_raw()).into_owned(),
                std::borrow::Cow::into_owned,
            );
            let path: Arc<str> = match &outer {
                Some(outer) => format!("{outer}:{name}").into(),
                None => name.as_str().into(),
            };
            self.place.entry = Some(path);
            let result = self.entry(&name, entry, entries.reader_mut(), depth);
            self.place.entry.clone_from(&outer);
            result?;
        }
        // An archive in an archive says so itself; of the outermost one the source says it.
        if outer.is_some() && self.report.records == before {
            let message = "there is nothing to import in it".to_owned();
            self.send_problem(None, ProblemCode::Unreadable, message)?;
        }
        Ok(())
    }

    fn entry<R: Read + Seek>(
        &mut self,
        name: &str,
        entry: ZipFileEntry<'_>,
        file: &mut R,
        depth: usize,
    ) -> Result<(), Stopped> {
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
                    "it is packed in a form that is not read; allowed are ZIP and gzip".to_owned();
                self.send_problem(None, ProblemCode::Unreadable, message)
            }
            Treatment::Read => {
                let limit = self.options.max_unpacked;
                let content = match entry.with_reader(file, ZipReadOptions::new()) {
                    Ok(content) => Limited::new(content, limit),
                    Err(error) => return self.send_damage(&error),
                };
                self.stream(Box::new(content), Some(limit), depth + 1)
            }
        }
    }

    fn skip(&mut self) {
        if self.report.skipped.len() < MAX_SKIPPED {
            self.report.skipped.push(Place { at: None, ..self.place.clone() });
        }
    }

    fn send_damage(&mut self, error: &ZipError) -> Result<(), Stopped> {
        let what = if self.place.entry.is_some() { "entry" } else { "archive" };
        let message = match error {
            ZipError::InvalidArchive(_) if what == "archive" => {
                "the archive is not whole: the list of its entries, which stands at the end, is \
                 missing or damaged"
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
    fn what_is_read_is_told_by_the_ending_in_any_case() {
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
            ("x/__MACOSX/a/timeline.json", Treatment::Ignore),
            ("x\\__MACOSX\\a.json", Treatment::Ignore),
        ] {
            assert_eq!(treatment(name), expected, "{name}");
        }
    }
}
