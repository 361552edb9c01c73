use std::io::Cursor;

use super::*;
use crate::catalog::bulk::channel::document_channel;
use crate::catalog::bulk::location::DocumentLocation;
use crate::catalog::bulk::{ByteSource, ReadOptions, ReadReport, read_source};

/// Reads a text. Returns the location of each document with its movie or its first problem's code.
async fn read_text(text: impl Into<Vec<u8>>, options: ReadOptions) -> Vec<String> {
    read_from(Box::new(Cursor::new(text.into())), options).await
}

async fn read_from(input: Box<dyn Read + Send>, options: ReadOptions) -> Vec<String> {
    let (sender, mut receiver) = document_channel();
    let reading = tokio::task::spawn_blocking(move || {
        let source = ByteSource::Stream(input);
        read_source("f", source, &std::sync::Arc::default(), options, &sender)
    });
    let mut found = Vec::new();
    while let Some(read) = receiver.recv().await {
        found.push(match read.document {
            Ok(document) => format!("{} {}", read.location, document.movie),
            Err(problems) => format!("{} {:?}", read.location, problems[0].code),
        });
    }
    let report = reading.await.unwrap().unwrap();
    assert_eq!(report, ReadReport { documents: found.len() as u64, skipped: Vec::new() });
    found
}

fn line(movie: &str) -> String {
    format!(r#"{{"category":"trivia","movie_id":"{movie}","data":{{"items":["T"]}}}}"#)
}

/// A document of exactly `length` bytes.
fn of_length(movie: &str, length: usize) -> String {
    let empty = format!(r#"{{"notes":"","movie_id":"{movie}","category":"trivia","data":{{}}}}"#);
    let padding = "x".repeat(length - empty.len());
    empty.replacen("\"\"", &format!("\"{padding}\""), 1)
}

#[tokio::test]
async fn a_document_of_the_maximum_length_is_read_and_so_is_the_next() {
    let most = 50_000;
    let options = ReadOptions { max_document: most, ..ReadOptions::default() };
    for length in [most - 1, most, most + 1, most + 2, 3 * most, 40 * most] {
        let long = of_length("long", length);
        let is_read = length <= most;
        let first = if is_read { "f:1 long" } else { "f:1 TooLong" };
        let alone = if is_read { "f:1 long" } else { "f:1 TooLong" };
        for end in ["", "\n", "\r\n"] {
            let text = format!("{long}{end}");
            assert_eq!(read_text(text, options.clone()).await, [alone], "{length} alone {end:?}");
        }
        for end in ["", "\n"] {
            let text = format!("{long}\n{}\n{}{end}", line("a"), line("b"));
            let expected = [first, "f:2 a", "f:3 b"];
            assert_eq!(read_text(text, options.clone()).await, expected, "{length} {end:?}");
            let text = format!("{}\n{long}{end}", line("a"));
            let second = if is_read { "f:2 long" } else { "f:2 TooLong" };
            assert_eq!(
                read_text(text, options.clone()).await,
                ["f:1 a", second],
                "{length} {end:?}"
            );
        }
        let text = format!("[{},{long},{}]", line("a"), line("b"));
        let read = read_text(text, options.clone()).await;
        let second = if is_read { "f[1] long" } else { "f[1] TooLong" };
        assert_eq!(read, ["f[0] a", second, "f[2] b"], "{length}");
    }
}

/// A stream that repeats a text for `left` bytes.
struct Repeating {
    text: Vec<u8>,
    at: usize,
    left: usize,
}

impl Read for Repeating {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = buffer.len().min(self.text.len() - self.at).min(self.left);
        buffer[..count].copy_from_slice(&self.text[self.at..self.at + count]);
        self.at = (self.at + count) % self.text.len();
        self.left -= count;
        Ok(count)
    }
}

#[tokio::test]
async fn no_more_text_is_buffered_than_one_document_may_have() {
    let options = ReadOptions { max_document: 100_000, ..ReadOptions::default() };
    let texts = [
        format!("{}\n", line("a")),
        format!("prose {}\n", "x".repeat(1000)),
        "prose without an end ".to_owned(),
        " \n".to_owned(),
        "{\"category\": [".to_owned(),
        "[[[[".to_owned(),
        "\"aaaa".to_owned(),
        "}},{{".to_owned(),
        "{\"a\":1},".to_owned(),
    ];
    for text in texts {
        let input =
            Repeating { text: text.repeat(50_000 / text.len()).into(), at: 0, left: 700_000 };
        let (sender, mut receiver) = document_channel();
        let options = options.clone();
        let reading = tokio::task::spawn_blocking(move || {
            let mut most = 0;
            let location = DocumentLocation { source: "f".into(), entry: None, at: None };
            let mut reader =
                DocumentReader::new(location, std::sync::Arc::default(), options, &sender);
            let documents = DocumentStream::new(&mut reader, input, Vec::new());
            documents.read_all(|buffered| most = most.max(buffered)).unwrap();
            most
        });
        while receiver.recv().await.is_some() {}
        let most = reading.await.unwrap();
        assert!(most <= 3 * (100_000 + LOOKAHEAD) + 2 * CHUNK, "{text:?}: {most}");
    }
}

/// A stream that fails after its text.
struct FailingStream(Cursor<Vec<u8>>);

impl Read for FailingStream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.0.read(buffer)? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            count => Ok(count),
        }
    }
}

#[tokio::test]
async fn documents_before_a_failure_are_kept_and_the_failure_is_reported_once() {
    let (a, b) = (line("a"), line("b"));
    for (text, expected) in [
        (format!("{a}\n{b}"), vec!["f:1 a", "f:2 b", "f Unreadable"]),
        (format!("{a}\n{}", &b[..20]), vec!["f:1 a", "f Unreadable"]),
        (a.clone(), vec!["f:1 a", "f Unreadable"]),
        (a[..30].to_owned(), vec!["f Unreadable"]),
        (format!("[{a},{}", &b[..20]), vec!["f[0] a", "f Unreadable"]),
        (String::new(), vec!["f Unreadable"]),
    ] {
        let input = Box::new(FailingStream(Cursor::new(text.clone().into_bytes())));
        assert_eq!(read_from(input, ReadOptions::default()).await, expected, "{text}");
    }
}
