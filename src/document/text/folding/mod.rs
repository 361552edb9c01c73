//! Folding: the normal form in which texts are compared and searched.
//!
//! Search columns contain folded texts ([`VERSION`]). Folding removes typographic differences:
//! case, accents, spacing, the kind of quotation marks and dashes, and letters that keyboards lack.

use super::normalisation::decomposed;

/// The version of the folding. Must be increased whenever the folded form of any text changes, also
/// if the cause is a library update. Search columns of another version are recomputed.
pub const VERSION: u32 = 1;

/// Folds a text:
///
/// - The text is compatibility-decomposed (NFKD) and converted to lower case.
/// - Accents of Latin and Greek letters are removed. Other Latin letters outside of ASCII become
///   ASCII letters (`ł` becomes `l`, `æ` becomes `ae`, `þ` becomes `th`), and the Greek final sigma
///   becomes the regular one.
/// - Every quotation mark, apostrophe and prime becomes `'`, and every dash, hyphen and middle dot
///   becomes `-`. A run of either becomes one character. Three or more dots become `...`.
/// - Invisible characters, such as zero-width spaces and soft hyphens, are removed.
/// - Every run of white space becomes one space. Spaces are removed where they are only
///   typographic: next to quotation marks, dashes, slashes and ellipses, before closing
///   punctuation, and after an opening bracket.
///
/// Combining marks of other scripts are kept: in Devanagari or Thai they are vowels, and different
/// names would become equal without them. If a text contains another text, its folded form contains
/// the folded form of the other.
#[must_use]
pub fn fold(text: &str) -> String {
    let mut folded = Folded { text: String::with_capacity(text.len()), ..Folded::default() };
    if text.is_ascii() {
        text.chars().for_each(|c| folded.push(c));
    } else {
        // Replaced first, because some marks decompose into a space and an accent.
        let visible = text.chars().filter(|c| !is_ignorable(*c));
        let visible: String = visible.map(canonical).collect();
        decomposed(&visible).for_each(|c| folded.push(c));
    }
    folded.text
}

/// Folds a key again that was folded by an earlier version. A shortened key with a hash
/// ([`index_key`](super::index_key)) is returned unchanged, because its text is not known.
#[must_use]
pub fn refold_key(key: &str) -> String {
    if key.contains('…') { key.to_owned() } else { fold(key) }
}

/// The number of dots in an ellipsis.
const ELLIPSIS: u8 = 3;

#[derive(Default)]
struct Folded {
    text: String,
    /// The last character of `text`.
    last: Option<char>,
    /// The number of dots at the end of `text`.
    dots: u8,
    /// Whether white space was read since the last character.
    has_pending_space: bool,
    /// Whether the last character is a letter of a script in which accents are removed.
    drops_accents: bool,
}

impl Folded {
    fn push(&mut self, c: char) {
        if c.is_ascii_alphanumeric() && !self.has_pending_space {
            self.drops_accents = c.is_ascii_alphabetic();
            self.write(c.to_ascii_lowercase());
            return;
        }
        if c.is_whitespace() {
            self.has_pending_space = true;
            return;
        }
        if self.drops_accents && is_accent(c) {
            return;
        }
        let c = canonical(c);
        let is_repeated = match c {
            '\'' | '-' => self.last == Some(c),
            '.' => self.dots == ELLIPSIS,
            _ => false,
        };
        if is_repeated {
            self.has_pending_space = false;
            return;
        }
        self.write_pending_space(c);
        self.drops_accents = is_latin(c) || is_greek(c);
        if c.is_ascii() {
            self.write(c.to_ascii_lowercase());
            return;
        }
        for lower in c.to_lowercase() {
            if self.drops_accents && is_accent(lower) {
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

    /// Writes the pending space, unless a space at this place is only typographic.
    fn write_pending_space(&mut self, next: char) {
        if !std::mem::take(&mut self.has_pending_space) {
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

/// The keyboard equivalent of a typographic mark: `"` for `“`, `'` for `’`, `-` for `–`. Other
/// characters are returned unchanged.
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
        // Middle dots, which are often used like hyphens: WALL·E.
        | '·' | '•' | '‧' | '∙' | '⋅' | '・' => '-',
        other => other,
    }
}

/// The character that represents all variants of a typographic mark.
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

/// Whether a character is invisible (`Default_Ignorable_Code_Point` in Unicode), such as a
/// zero-width space, a directional mark or a soft hyphen, or only stretches a word (the Arabic
/// tatweel). The tag characters are excluded, because they distinguish flags.
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
