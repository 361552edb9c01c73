//! Finds the JSON values of a text between prose, code fences, reasoning and other turns of a
//! conversation.

use std::ops::Range;

use serde_json::Value;

use super::around::{Ending, first_words, is_inline, label_of, next_candidate};
use super::escaped::unescape;
use super::foreign::{Form, is_diff, is_yaml};
use super::limits::Limits;
use super::quotes::is_blank;
use super::reader::{Failure, Reader};
use super::reasoning::{Kind, Mark, marks};
use super::{MAX_CANDIDATES, MAX_PASSES, REASONING_SKIPPED, quoted};
use crate::document::problem::{Warning, excerpt};

/// Maximum number of notes about blocks of other forms.
const MAX_NOTES: usize = 20;

/// A JSON value found in a text.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) value: Value,
    /// Repairs made to the value, with paths relative to it.
    pub(super) warnings: Vec<Warning>,
    pub(super) elided: bool,
    /// The line it begins on, counted from 1.
    pub(super) line: usize,
    /// Its first words, for messages.
    pub(super) start: String,
    /// The name before it, as in `cast = [` or `"cast": [`.
    pub(super) label: Option<String>,
    /// Whether it is part of a sentence.
    pub(super) is_inline: bool,
    /// Whether only blanks and commas separate it from the previous block.
    pub(super) is_adjacent: bool,
    /// The position after the value, if the text continues there as if the value were incomplete.
    pub(super) continues_at: Option<usize>,
    range: Range<usize>,
    turn: usize,
}

impl Block {
    /// A block for a value that is the entire text.
    pub(super) fn alone(value: Value, text: &str) -> Self {
        Self {
            value,
            warnings: Vec::new(),
            elided: false,
            line: 1,
            start: first_words(text),
            label: None,
            is_inline: false,
            is_adjacent: false,
            continues_at: None,
            range: 0..text.len(),
            turn: 0,
        }
    }

    /// A block for a value inside another one.
    pub(super) fn part_of(whole: &Self, value: Value) -> Self {
        Self {
            line: whole.line,
            label: whole.label.clone(),
            is_inline: whole.is_inline,
            continues_at: whole.continues_at,
            ..Self::alone(value, &whole.start)
        }
    }
}

/// The result of a search.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) blocks: Vec<Block>,
    /// Notes about the text as a whole.
    pub(super) notes: Vec<String>,
    /// The ranges of reasoning and of blocks of other forms.
    pub(super) skipped: Vec<(Range<usize>, Form)>,
    /// The failure of a part that is not valid JSON and may be the document.
    pub(super) broken: Option<Failure>,
}

/// Finds the JSON values of a text.
///
/// # Errors
/// A document begins and cannot be read to its end, and no mark shows that it is a draft.
pub(super) fn find(text: &str, limits: &Limits<'_>) -> Result<Found, Failure> {
    limits.charge(text.len());
    let marks = marks(text);
    let mut search = Search::new(text, limits, &marks);
    search.run()?;
    Ok(search.finish())
}

struct Search<'t> {
    text: &'t str,
    limits: &'t Limits<'t>,
    marks: &'t [Mark],
    next_mark: usize,
    at: usize,
    tried: usize,
    wasted: usize,
    turn: usize,
    /// The line number at `counted`.
    line: usize,
    counted: usize,
    /// Where reasoning begins that has no end.
    unclosed: Option<usize>,
    has_unescaped: bool,
    found: Found,
}

impl<'t> Search<'t> {
    fn new(text: &'t str, limits: &'t Limits<'t>, marks: &'t [Mark]) -> Self {
        Self {
            text,
            limits,
            marks,
            next_mark: 0,
            at: 0,
            tried: 0,
            wasted: 0,
            turn: 0,
            line: 1,
            counted: 0,
            unclosed: None,
            has_unescaped: false,
            found: Found::default(),
        }
    }

    fn run(&mut self) -> Result<(), Failure> {
        // Computed once for all marks that precede it.
        let mut candidate = next_candidate(self.text, self.at);
        loop {
            while self.marks.get(self.next_mark).is_some_and(|mark| mark.at < self.at) {
                self.next_mark += 1;
            }
            if candidate.is_some_and(|at| at < self.at) {
                candidate = next_candidate(self.text, self.at);
            }
            let mark = self.marks.get(self.next_mark);
            match (candidate, mark) {
                (candidate, Some(mark)) if candidate.is_none_or(|at| mark.at < at) => {
                    self.handle_mark(mark.at, mark.end, mark.kind);
                }
                (Some(start), _) => self.try_at(start)?,
                (None, _) => return Ok(()),
            }
        }
    }

    fn handle_mark(&mut self, at: usize, end: usize, kind: Kind) {
        self.at = end;
        match kind {
            Kind::ReasoningBegins => {
                let later = &self.marks[self.next_mark..];
                match later.iter().find(|mark| mark.kind == Kind::ReasoningEnds) {
                    Some(mark) => {
                        self.skip(at..mark.end, Form::Reasoning);
                        self.at = mark.end;
                    }
                    None => {
                        self.unclosed = Some(at);
                        self.at = self.text.len();
                    }
                }
            }
            Kind::ReasoningEnds => {
                self.found.blocks.clear();
                self.found.broken = None;
                self.found.skipped.clear();
                self.skip(0..end, Form::Reasoning);
            }
            Kind::Answer => self.turn += 1,
            Kind::Prompt => {
                let mut later = self.marks[self.next_mark..].iter();
                let next = later.find(|mark| mark.kind == Kind::Answer);
                self.at = next.map_or(self.text.len(), |mark| mark.at);
            }
            Kind::Other(form) => self.skip(at..end, form),
        }
    }

    fn skip(&mut self, range: Range<usize>, form: Form) {
        self.found.skipped.push((range, form));
    }

    /// Reads the value that may begin at `start`.
    fn try_at(&mut self, start: usize) -> Result<(), Failure> {
        self.limits.charge(start - self.at);
        let line_start = self.text[..start].rfind('\n').map_or(0, |line| line + 1);
        let before = &self.text[line_start.max(self.at)..start];
        self.tried += usize::from(!before.trim().is_empty() || line_start < self.at);
        if self.tried > MAX_CANDIDATES || self.wasted / MAX_PASSES > self.text.len() {
            let reason =
                "the text has too many brackets to find the document among them".to_owned();
            return Err(Failure::at(start, reason));
        }
        if self.text[start..].starts_with('"') {
            self.read_string_at(start, before);
            return Ok(());
        }
        // Tried only once: it extends to the last bracket of the text.
        if !std::mem::replace(&mut self.has_unescaped, true)
            && let Some((inner, length)) = unescape(&self.text[start..])
        {
            let range = start..start + length;
            self.add(Value::String(inner), Vec::new(), false, range, before);
            return Ok(());
        }
        let mut reader = Reader::new(self.text, start, self.limits);
        match reader.document() {
            Ok(value) => {
                let end = reader.position();
                if let Some(mark) = self.mark_within(start, end)
                    && !reader.warnings.is_empty()
                    && !contains_mark(&value, &self.text[mark.at..mark.end])
                {
                    // The value was repaired across a mark, so it is an incomplete draft in the
                    // reasoning.
                    self.at = mark.at;
                    self.wasted += end - start;
                    return Ok(());
                }
                let (warnings, elided) = (reader.warnings, reader.elided);
                self.add(value, warnings, elided, start..end, before);
                Ok(())
            }
            // A brace in prose, not the start of a document.
            Err(failure) if !failure.has_begun => {
                self.at = start + 1;
                self.wasted += failure.at - start;
                if !failure.path.is_empty() {
                    self.found.broken.get_or_insert(failure);
                }
                Ok(())
            }
            Err(failure) => {
                let Some(mark) = self.mark_within(start, self.text.len()) else {
                    return Err(failure);
                };
                self.wasted += failure.at.max(mark.at) - start;
                self.at = mark.at;
                self.found.broken.get_or_insert(failure);
                Ok(())
            }
        }
    }

    /// Reads the JSON string at `start`, which may hold a document.
    fn read_string_at(&mut self, start: usize, before: &str) {
        let rest = &self.text[start..];
        let mut strings = serde_json::Deserializer::from_str(rest).into_iter::<String>();
        if let Some(Ok(inner)) = strings.next() {
            let range = start..start + strings.byte_offset();
            self.add(Value::String(inner), Vec::new(), false, range, before);
        } else {
            self.wasted += strings.byte_offset();
            self.at = start + 1;
        }
    }

    /// The first mark between two positions that ends reasoning or begins an answer.
    fn mark_within(&self, start: usize, end: usize) -> Option<&'t Mark> {
        let later = self.marks[self.next_mark..].iter();
        later
            .skip_while(|mark| mark.at < start)
            .take_while(|mark| mark.at < end)
            .find(|mark| matches!(mark.kind, Kind::ReasoningEnds | Kind::Answer))
    }

    fn add(
        &mut self,
        value: Value,
        mut warnings: Vec<Warning>,
        elided: bool,
        range: Range<usize>,
        before: &str,
    ) {
        let text = self.text;
        let after = &text[range.end..];
        let ending = Ending::of(after);
        if let Ending::Comma(_) = ending {
            warnings.push(super::repaired("", "a comma after the document was skipped".to_owned()));
        }
        let next = match ending {
            Ending::Comma(length) => range.end + length,
            _ => range.end,
        };
        let is_adjacent = self.found.blocks.last().is_some_and(|last| {
            let between = &text[last.range.end..range.start];
            between.chars().all(|c| c == ',' || is_blank(c))
        });
        self.line += text[self.counted..range.start].bytes().filter(|byte| *byte == b'\n').count();
        self.counted = range.start;
        self.at = next;
        self.found.blocks.push(Block {
            value,
            warnings,
            elided,
            line: self.line,
            start: first_words(&text[range.clone()]),
            label: label_of(before),
            is_inline: is_inline(text, before, &range),
            is_adjacent,
            continues_at: matches!(ending, Ending::Continues).then_some(range.end),
            range,
            turn: self.turn,
        });
    }

    fn finish(mut self) -> Found {
        let found = &mut self.found;
        // The last turn is the answer; earlier turns are the prompt.
        let last = found.blocks.iter().map(|block| block.turn).max().unwrap_or_default();
        if found.blocks.iter().any(|block| block.turn < last) {
            found.blocks.retain(|block| block.turn == last);
            found.notes.push("the text before the answer of the model was skipped".to_owned());
        }
        if found.skipped.iter().any(|(_, form)| *form == Form::Reasoning) {
            found.notes.push(REASONING_SKIPPED.to_owned());
        }
        let mut others: Vec<Form> = found.skipped.iter().map(|(_, form)| *form).collect();
        others.retain(|form| *form != Form::Reasoning);
        others.dedup();
        let note = |form: Form| format!("{} beside the document was skipped", form.name());
        found.notes.extend(others.into_iter().take(MAX_NOTES).map(note));
        if let Some(reason) = self.refusal() {
            self.found.blocks.clear();
            self.found.broken = Some(reason);
        } else if self.has_text_around() {
            let has_fence = self.text.contains("```") || self.text.contains("~~~");
            let what = if has_fence { "a code fence and text" } else { "text" };
            self.found.notes.insert(0, format!("{what} around the document was skipped"));
        }
        self.found
    }

    /// Why none of the values found can be the document.
    fn refusal(&self) -> Option<Failure> {
        let fail = |at: usize, reason: String| Some(Failure::at(at, reason));
        match self.found.blocks.first() {
            None => {
                if let Some(at) = self.unclosed {
                    let mark =
                        quoted(&excerpt(self.text[at..].split_inclusive(['>', ']', '▷']).next()?));
                    return fail(
                        at,
                        format!(
                            "the reasoning that {mark} begins does not end, and no document \
                             follows it; send the answer alone"
                        ),
                    );
                }
                let mut skipped = self.found.skipped.iter();
                let (range, _) = skipped.rfind(|(_, form)| *form == Form::Reasoning)?;
                if self.found.broken.is_some() {
                    return None;
                }
                let form = Form::of_text(&self.text[range.end..]);
                if form == Form::Text {
                    let reason =
                        "no document follows the reasoning of the model; send the answer alone";
                    return Some(Failure::at(range.end, reason.to_owned()));
                }
                Some(Failure::of_form(range.end, form))
            }
            Some(first) => {
                let form = if is_yaml(&self.text[..first.range.start]) {
                    Form::Yaml
                } else if is_diff(self.text)
                    && self.found.blocks.iter().any(|block| self.is_on_diff_line(block))
                {
                    Form::Diff
                } else {
                    return None;
                };
                Some(Failure::of_form(first.range.start, form))
            }
        }
    }

    /// Whether a block begins on a line that a diff marks.
    fn is_on_diff_line(&self, block: &Block) -> bool {
        let start = self.text[..block.range.start].rfind('\n').map_or(0, |line| line + 1);
        matches!(self.text[start..block.range.start].trim(), "+" | "-")
    }

    /// Whether other text surrounds the blocks.
    fn has_text_around(&self) -> bool {
        let mut at = 0;
        let blanks = |part: &str| part.chars().all(|c| c == ',' || is_blank(c));
        let ranges = self.found.blocks.iter().map(|block| block.range.clone());
        for range in ranges {
            if !blanks(&self.text[at..range.start]) {
                return true;
            }
            at = range.end;
        }
        !blanks(&self.text[at..])
    }
}

/// Whether a single-line text in a value contains the mark.
fn contains_mark(value: &Value, mark: &str) -> bool {
    match value {
        Value::String(text) => text.contains(mark) && !text.contains('\n'),
        Value::Array(list) => list.iter().any(|value| contains_mark(value, mark)),
        Value::Object(object) => object.iter().any(|(_, value)| contains_mark(value, mark)),
        _ => false,
    }
}
