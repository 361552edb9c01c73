//! Recognises forms other than JSON, so that a refusal can name the form that was found.

/// A form that is not read as a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Reasoning,
    Diff,
    Yaml,
    Toml,
    Xml,
    Csv,
    Table,
    List,
    Text,
}

/// Maximum number of lines that are inspected.
const MAX_LINES: usize = 400;

impl Form {
    /// The form that the language tag of a code fence names; `None` if the block may hold JSON.
    pub(super) fn of_language(language: &str) -> Option<Self> {
        match language.to_ascii_lowercase().as_str() {
            "diff" | "patch" => Some(Self::Diff),
            "yaml" | "yml" => Some(Self::Yaml),
            "toml" | "ini" => Some(Self::Toml),
            "xml" | "html" => Some(Self::Xml),
            "csv" | "tsv" => Some(Self::Csv),
            _ => None,
        }
    }

    /// The form of a text without any JSON in it.
    pub(super) fn of_text(text: &str) -> Self {
        let lines = || text.lines().take(MAX_LINES).map(str::trim).filter(|line| !line.is_empty());
        let count = |is_one: fn(&str) -> bool| lines().filter(|line| is_one(line)).count();
        let is_table_row = |line: &str| line.starts_with('|') && line[1..].contains('|');
        if count(is_table_row) >= 2 {
            return Self::Table;
        }
        if is_diff(text) {
            return Self::Diff;
        }
        if is_yaml(text) {
            return Self::Yaml;
        }
        if count(|line| line.starts_with("</") || line.ends_with("/>")) >= 2 {
            return Self::Xml;
        }
        if count(is_list_entry) >= 2 {
            return Self::List;
        }
        let commas = |line: &str| line.matches(',').count();
        let is_row = |line: &str| {
            commas(line) >= 1 && !line.ends_with(['.', '!', '?', ':']) && !line.contains(". ")
        };
        let columns = lines().next().map_or(0, commas);
        if lines().count() >= 2 && lines().all(|line| is_row(line) && commas(line) >= columns) {
            return Self::Csv;
        }
        Self::Text
    }

    /// The name of the form in a sentence that begins "the text is".
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Reasoning => "the reasoning of a model",
            Self::Diff => "a diff",
            Self::Yaml => "YAML",
            Self::Toml => "TOML",
            Self::Xml => "XML",
            Self::Csv => "a table of comma-separated values",
            Self::Table => "a Markdown table",
            Self::List => "a list in plain text",
            Self::Text => "plain text",
        }
    }
}

/// Whether a line is a list entry: `1. …`, `- …`.
fn is_list_entry(line: &str) -> bool {
    let after_number = line.trim_start_matches(|c: char| c.is_ascii_digit());
    line.starts_with("- ")
        || line.starts_with("* ")
        || line.starts_with("• ")
        || (after_number.len() < line.len() && after_number.starts_with(['.', ')']))
}

/// Whether lines are marked as removed and added.
pub(super) fn is_diff(text: &str) -> bool {
    let lines = || text.lines().take(MAX_LINES);
    let is_marked = |line: &str, mark: char| {
        line.strip_prefix(mark).is_some_and(|rest| {
            let rest = rest.trim_start();
            rest.starts_with(['"', '{', '}', '[', ']'])
        })
    };
    lines().any(|line| line.starts_with("@@ "))
        || (lines().any(|line| is_marked(line, '+')) && lines().any(|line| is_marked(line, '-')))
}

/// Whether lines have unquoted keys of an envelope or of its data.
pub(super) fn is_yaml(text: &str) -> bool {
    let is_key = |line: &str| {
        let line = line.trim_end();
        let is_part = |c: char| c.is_alphanumeric() || c == '_';
        line.split_once(':').is_some_and(|(key, rest)| {
            !key.is_empty()
                && key.chars().all(is_part)
                && (rest.is_empty() || rest.starts_with(' '))
        })
    };
    let lines = || text.lines().take(MAX_LINES);
    let keys = lines().filter(|line| is_key(line)).count();
    let has_parent_key = lines().any(|line| {
        let line = line.trim_end();
        is_key(line) && line.ends_with(':')
    });
    let names_envelope = ["category:", "movie_id:", "data:"]
        .iter()
        .filter(|key| lines().any(|line| line.starts_with(**key)))
        .count();
    names_envelope >= 2 || (keys >= 2 && has_parent_key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_distinguished() {
        for (text, form) in [
            ("Here:\n| a | b |\n|---|---|\n| 1 | 2 |", Form::Table),
            ("  \"a\": 1,\n-  \"b\": 2,\n+  \"b\": 3,", Form::Diff),
            ("category: trivia\nmovie_id: m\ndata:\n  items: []", Form::Yaml),
            ("events:\n  - date: 1999\n    title: A\nother: 1", Form::Yaml),
            ("Some facts:\n1. **One:** it was.\n2. Two.", Form::List),
            ("- one\n- two", Form::List),
            ("date,title,category\n1999,A,release\n2000,B,release", Form::Csv),
            (
                "I have no reliable information, sorry, about that.\nTell me, please, more, and \
                 I may.",
                Form::Text,
            ),
            ("I have no reliable information about that.", Form::Text),
            ("Note: it is so.", Form::Text),
            ("", Form::Text),
        ] {
            assert_eq!(Form::of_text(text), form, "{text}");
        }
    }
}
