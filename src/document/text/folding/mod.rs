//! Folding: the one form in which texts are compared, searched for and found again.
//!
//! Folded texts are stored in the columns that are searched ([`VERSION`]). What differs between a
//! text and its folded form is how it was typed or set, never what it says: case, accents, spacing,
//! the kind of quotation mark or dash, and letters that a keyboard lacks.

use super::normalisation::decomposed;

/// Must be increased whenever any text folds to something else, also when a library is the reason:
/// stored search columns of another version are computed anew.
pub const VERSION: u32 = 1;

/// The folded form of a text:
///
/// - compatibility-decomposed (NFKD) and in lower case;
/// - Latin and Greek letters without accents, Latin letters outside of ASCII in ASCII (`ł` is `l`,
///   `æ` is `ae`, `þ` is `th`), the Greek final sigma as any other;
/// - every quotation mark, apostrophe and prime `'`, every dash, hyphen and middle dot `-`, a run
///   of either one; three dots or more `...`;
/// - without characters that are never visible, such as zero-width spaces and soft hyphens;
/// - every run of white space one space, and none where typography alone decides about it: beside
///   quotation marks, dashes, slashes and ellipses, before closing punctuation, and after an
///   opening bracket.
///
/// Marks of other scripts are kept: in Devanagari or Thai a combining mark is a vowel, and without
/// it two names would become one. If a text contains another one, its folded form contains the
/// other's.
#[must_use]
pub fn fold(text: &str) -> String {
    let mut folded = Folded { text: String::with_capacity(text.len()), ..Folded::default() };
    if text.is_ascii() {
        text.chars().for_each(|c| folded.push(c));
    } else {
        // Some marks decompose into a space and an accent, so they are replaced before.
        let visible = text.chars().filter(|c| !is_ignorable(*c));
        let visible: String = visible.map(canonical).collect();
        decomposed(&visible).for_each(|c| folded.push(c));
    }
    folded.text
}

/// A key that was folded by an earlier version, folded by this one. Of the start of a long text
/// with a hash ([`index_key`](super::index_key)), nothing can be told: it stays.
#[must_use]
pub fn refold_key(key: &str) -> String {
    if key.contains('…') { key.to_owned() } else { fold(key) }
}

/// How many dots an ellipsis has.
const ELLIPSIS: u8 = 3;

#[derive(Default)]
struct Folded {
    text: String,
    /// The last character of the text.
    last: Option<char>,
    /// How many dots it ends with.
    dots: u8,
    space_due: bool,
    /// Whether the last character is a letter that stands for itself with any accent.
    takes_accents: bool,
}

impl Folded {
    fn push(&mut self, c: char) {
        if c.is_ascii_alphanumeric() && !self.space_due {
            self.takes_accents = c.is_ascii_alphabetic();
            self.write(c.to_ascii_lowercase());
            return;
        }
        if c.is_whitespace() {
            self.space_due = true;
            return;
        }
        if self.takes_accents && is_accent(c) {
            return;
        }
        let c = canonical(c);
        let is_repeated = match c {
            '\'' | '-' => self.last == Some(c),
            '.' => self.dots == ELLIPSIS,
            _ => false,
        };
        if is_repeated {
            self.space_due = false;
            return;
        }
        self.space_before(c);
        self.takes_accents = is_latin(c) || is_greek(c);
        if c.is_ascii() {
            self.write(c.to_ascii_lowercase());
            return;
        }
        for lower in c.to_lowercase() {
            if self.takes_accents && is_accent(lower) {
                continue;
            }
            let start = self.text.len();
            if is_latin(lower) && !lower.is_ascii() {
                let letters = any_ascii::any_ascii_char(lower).chars();
                let letters = letters.filter(char::is_ascii_alphanumeric);
                letters.for_each(|letter| self.write(letter.to_ascii_lowercase()));
            }
            if self.text.len() == start {
                self.write(lower);
            }
        }
    }

    fn write(&mut self, c: char) {
        self.text.push(c);
        self.last = Some(c);
        self.dots = if c == '.' { self.dots + 1 } else { 0 };
    }

    /// Writes the space that is due, unless typography alone decides whether there is one.
    fn space_before(&mut self, next: char) {
        if !std::mem::take(&mut self.space_due) {
            return;
        }
        let closes =
            |c: char| matches!(c, ',' | ';' | ':' | '!' | '?' | '.' | '%' | ')' | ']' | '}');
        let opens = |c: char| matches!(c, '(' | '[' | '{' | '¿' | '¡');
        let joins = |c: char| matches!(c, '\'' | '-' | '/');
        let follows = |last: char| !joins(last) && !opens(last) && self.dots != ELLIPSIS;
        if self.last.is_some_and(follows) && !joins(next) && !closes(next) {
            self.write(' ');
        }
    }
}

/// A typographic mark as a keyboard has it: `“` is `"`, `’` is `'`, `–` is `-`. Other characters
/// stay.
#[must_use]
pub const fn straight(c: char) -> char {
    match c {
        '«' | '»' | '\u{201C}'..='\u{201F}' | '″' | '‶' | 'ʺ' | 'ˮ' | '״' | '❝' | '❞' | '⹂'
        | '\u{301D}'..='\u{301F}' => '"',
        '`' | '´' | '\u{2018}'..='\u{201B}' | '‹' | '›' | '′' | '‵' | 'ʹ' | '\u{02BB}'..='\u{02BF}'
        | '\u{0384}' | '՚' | '׳' | '\u{1FBD}' | '\u{1FBF}' | '\u{1FEF}' | '\u{1FFD}' | '\u{1FFE}'
        | '❛' | '❜' | 'ꞌ' => '\'',
        // Dashes and hyphens.
        '֊' | '־' | '᠆' | '\u{2010}'..='\u{2015}' | '⁃' | '−' | '˗' | '⸗' | '⸚' | '⸺' | '⸻' | '⹀'
        | '\u{2E5D}' | '\u{10EAD}'
        // Middle dots stand where another typesetter writes a hyphen: WALL·E.
        | '·' | '•' | '‧' | '∙' | '⋅' | '・' => '-',
        other => other,
    }
}

/// The character that stands for all of its kind.
const fn canonical(c: char) -> char {
    match straight(c) {
        '"' => '\'',
        '⁄' | '∕' => '/',
        '〜' | '∼' | '⁓' | '˜' => '~',
        '×' => 'x',
        'ς' => 'σ',
        other => other,
    }
}

const fn is_accent(c: char) -> bool {
    matches!(c, '\u{0300}'..='\u{036F}' | '\u{1AB0}'..='\u{1AFF}' | '\u{1DC0}'..='\u{1DFF}')
}

const fn is_latin(c: char) -> bool {
    c.is_ascii_alphabetic()
        || matches!(
            c,
            '\u{00C0}'..='\u{00D6}' | '\u{00D8}'..='\u{00F6}' | '\u{00F8}'..='\u{02AF}'
            | '\u{1D00}'..='\u{1DBF}' | '\u{1E00}'..='\u{1EFF}' | '\u{2C60}'..='\u{2C7F}'
            | '\u{A722}'..='\u{A787}' | '\u{A78B}'..='\u{A7FF}' | '\u{AB30}'..='\u{AB69}'
        )
}

const fn is_greek(c: char) -> bool {
    matches!(c, '\u{0370}'..='\u{03FF}' | '\u{1F00}'..='\u{1FFF}')
}

/// Whether a character is never visible (Unicode's `Default_Ignorable_Code_Point`), such as a
/// zero-width space, a directional mark or a soft hyphen; or stretches a word and nothing else (the
/// Arabic tatweel). The tags that tell flags apart are left out of it.
#[must_use]
pub const fn is_ignorable(c: char) -> bool {
    matches!(
        c,
        '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{0640}' | '\u{115F}' | '\u{1160}' | '\u{17B4}'
        | '\u{17B5}' | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}'
        | '\u{FFF0}'..='\u{FFF8}' | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}'
        | '\u{E0100}'..='\u{E01EF}'
    )
}

#[cfg(test)]
mod tests;
