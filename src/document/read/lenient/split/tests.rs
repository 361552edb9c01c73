use super::*;

/// A document of that movie, on one line.
fn line(movie: &str) -> String {
    format!(r#"{{"category":"trivia","movie_id":"{movie}","data":{{"items":[{{"text":"T"}}]}}}}"#)
}

/// The same document over several lines.
fn pretty(movie: &str) -> String {
    let value: serde_json::Value = serde_json::from_str(&line(movie)).unwrap();
    format!("{value:#}")
}

/// The pieces found in a text that arrives in chunks of `step` bytes.
fn found(text: &[u8], step: usize) -> Vec<String> {
    let mut splitter = Splitter::new();
    let mut found = Vec::new();
    let (mut start, mut end) = (0, 0);
    loop {
        let shown = |range: &Range<usize>| {
            String::from_utf8_lossy(&text[start + range.start..start + range.end]).into_owned()
        };
        match splitter.next(&text[start..end], end == text.len()) {
            Piece::Incomplete => {
                // Discarded bytes are no longer passed.
                start += splitter.position();
                splitter.discard(splitter.position());
                end = (end + step).min(text.len());
            }
            Piece::Document(cut) => found.push(shown(&cut.range)),
            Piece::Stray(cut) => found.push(format!("stray: {}", shown(&cut.range))),
            Piece::End => return found,
        }
    }
}

/// The pieces found in a text; asserts that they do not depend on the size of the chunks.
#[track_caller]
fn split(text: impl AsRef<[u8]>) -> Vec<String> {
    let text = text.as_ref();
    let whole = found(text, text.len().max(1));
    for step in [1, 7] {
        assert_eq!(found(text, step), whole, "{}", String::from_utf8_lossy(text));
    }
    whole
}

#[test]
fn documents_are_found_in_every_form() {
    let (a, b) = (line("a"), line("b"));
    let (long_a, long_b) = (pretty("a"), pretty("b"));
    let indented = |text: &str| text.replace('\n', "\n  ");
    let short = [a.clone(), b.clone()];
    let long = [long_a.clone(), long_b.clone()];
    let texts = [
        (format!("{a}\n{b}\n"), &short),
        (format!("{a}\r\n\r\n{b}"), &short),
        (format!("{a}{b}"), &short),
        (format!("{a} {b}"), &short),
        (format!("{a},\n{b},\n"), &short),
        (format!("[{a},{b}]"), &short),
        (format!("[{a},{b},]"), &short),
        (format!("[\n  {a},\n  {b}\n]\n"), &short),
        (format!("[{a}]\n[{b}]"), &short),
        (format!("[[{a}],[{b}]]"), &short),
        (format!("[ // all\n{a},\n# next\n{b}]"), &short),
        (format!("\u{1e}{a}\n\u{1e}{b}\n"), &short),
        (format!("\u{feff}{a}\n\u{feff}{b}\n"), &short),
        (format!("# exported\n{a}\n// and\n{b}\n/* end\n{a} */"), &short),
        (format!("```\n{a}\n{b}\n```\n"), &short),
        (format!("```json\n{a}\n```\nand\n```json\n{b}\n```\n"), &short),
        (format!("data: {a}\n\ndata: {b}\n\n"), &short),
        (format!("{long_a}\n{long_b}\n"), &long),
        (format!("First:\n{long_a}\n\nThen, with {{braces}} and [1]:\n\n{long_b}\nDone."), &long),
        (format!("[\n  {},\n  {}\n]", indented(&long_a), indented(&long_b)), &{
            [indented(&long_a), indented(&long_b)]
        }),
    ];
    for (text, expected) in texts {
        assert_eq!(split(&text), expected.as_slice(), "{text}");
    }
    assert_eq!(split(""), [""; 0]);
    assert_eq!(split(" \n\t\u{feff}"), [""; 0]);
    assert_eq!(split("[ ]\n"), [""; 0]);
    assert_eq!(split("I could not find it.\n"), [""; 0]);
}

#[test]
fn the_end_of_an_almost_json_document_is_found() {
    for broken in [
        r#"{"category":"basic_info","movie_id":"x","data":{"runtime":NaN}}"#.to_owned(),
        r#"{"category":"basic_info","movie_id":"x","data":{"runtime":1,},}"#.to_owned(),
        r#"{"category":"basic_info","movie_id":"x","data":{/* } */}}"#.to_owned(),
        r"{'category':'basic_info','movie_id':'x','data':{'title':'}{'}}".to_owned(),
        "{\n\"category\": \"trivia\",\n\"movie_id\": \"x\",\n\"data\": {\"items\": [\n{\"text\": \
         \"A\"},\n{\"text\": \"B\",},\n]}\n}"
            .to_owned(),
        pretty("x").replace("\"T\"", "NaN"),
    ] {
        let (a, b) = (line("a"), line("b"));
        let expected = [a.clone(), broken.clone(), b.clone()];
        assert_eq!(split(format!("{a}\n{broken}\n{b}\n")), expected);
        assert_eq!(split(format!("{a}\n{broken},\n{b}\n")), expected);
        assert_eq!(split(format!("[{a},{broken},{b},]")), expected);
        assert_eq!(split(format!("[\n{a},\n{broken},\n{b}\n]")), expected);
        assert_eq!(split(format!("\u{1e}{a}\n\u{1e}{broken}\n\u{1e}{b}\n")), expected);
        assert_eq!(split(format!("A:\n{a}\nB:\n{broken}\nC:\n{b}\n")), expected);
    }
}

#[test]
fn after_a_broken_document_the_next_envelope_is_read() {
    for broken in [
        r#"{"category":"trivia","movie_id":"x","data":{"items":[{"text":"cut off"#,
        r#"{"category":"trivia","movie_id":"x","data":{"items":[{"text":"A"},"#,
        r#"{"category":"trivia","movie_id":"x","data":{"items":[{"text":"A"}"#,
        r#"{"category":"trivia","movie_id":"x","data":{"items":[]}}}"#,
        r#"{"category":"trivia","movie_id":"x"},"data":{"items":[]}}"#,
        r#"{"category":"trivia" "movie_id":"x","data":{"items":[]}}"#,
        concat!(
            r#"{"category":"timeline","movie_id":"x","data":{"events":[{"category":"a"},"#,
            r#"{"category":"b",]}}"#
        ),
        "{nonsense}",
    ] {
        let (a, b) = (line("a"), line("b"));
        let in_lines = split(format!("{a}\n{broken}\n{b}\n"));
        assert_eq!(in_lines, [a.clone(), broken.to_owned(), b.clone()]);
        let in_list = split(format!("[{a},{broken},{b}]"));
        assert!(in_list.first() == Some(&a) && in_list.last() == Some(&b), "{in_list:?}");
        assert!(in_list.len() > 2, "{in_list:?}");
        // An envelope with an unknown first key.
        let other = b.replacen('{', r#"{"note_to_self":"x","#, 1);
        assert_eq!(split(format!("{a}\n{broken}\n{other}\n")).last(), Some(&other));
        let (a, b) = (pretty("a"), pretty("b"));
        assert_eq!(split(format!("{a}\n{broken}\n{b}\n")), [a, broken.to_owned(), b]);
    }
}

#[test]
fn documents_without_a_beginning_are_reported_as_stray() {
    let (a, b) = (line("a"), line("b"));
    let headless = a.replacen('{', "", 1);
    let pieces = split(format!("{a}\n{headless}\n{b}\n"));
    assert_eq!((pieces.first(), pieces.last()), (Some(&a), Some(&b)));
    assert!(pieces.iter().any(|piece| piece.starts_with("stray: ")), "{pieces:?}");
    assert_eq!(split(format!("{a}\n}}\n{b}\n")), [a.clone(), "stray: }".to_owned(), b.clone()]);
    // In a list every value is an element.
    assert_eq!(split(format!("[{a},7,\"x\",{b}]")), [&a, "7", "\"x\"", &b]);
}

#[test]
fn a_document_that_is_too_long_is_skipped_up_to_the_next_envelope() {
    let (a, b) = (line("a"), line("b"));
    let long = format!("{{\"category\":\"trivia\",\"x\":\"{}\"}}", "{\"y\":1}, ".repeat(1000));
    for text in [format!("{a}\n{long}\n{b}\n"), format!("[{a},{long},{b}]")] {
        let mut splitter = Splitter::new();
        let mut found = Vec::new();
        let (mut start, mut end) = (0, 1);
        loop {
            match splitter.next(&text.as_bytes()[start..end], end == text.len()) {
                Piece::Incomplete => {
                    start += splitter.position();
                    splitter.discard(splitter.position());
                    if end - start > 200 {
                        splitter.give_up();
                    }
                    end = (end + 50).min(text.len());
                }
                Piece::Document(cut) => {
                    found.push(text[start + cut.range.start..start + cut.range.end].to_owned());
                }
                Piece::Stray(_) => panic!("{text}"),
                Piece::End => break,
            }
        }
        assert_eq!(found, [a.clone(), b.clone()], "{text}");
    }
}

#[test]
fn invalid_bytes_keep_their_positions() {
    let (a, b) = (line("a"), line("b"));
    let odd = [b"{\"category\":\"trivia\",\"data\":{\"x\":\"caf\xE9\",}}".as_slice()].concat();
    let text = [a.as_bytes(), b"\n", &odd, b"\n", b.as_bytes()].concat();
    let shown = String::from_utf8_lossy(&odd).into_owned();
    assert_eq!(split(&text), [a, shown, b]);
}

#[test]
fn a_text_of_brackets_is_split_into_few_pieces() {
    for part in ["{", "x {\"a\":", "}},{{", "x {\"data\" ", "{\"a\":[{\"a\":1},", "[[{", "\"{"] {
        let text = part.repeat(100_000 / part.len());
        let pieces = found(text.as_bytes(), text.len());
        assert!(pieces.len() < 20_000, "{part}: {}", pieces.len());
    }
}
