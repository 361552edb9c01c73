//! Catalogues to import: a generated one, and a real one if the environment names it.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;

use flate2::read::MultiGzDecoder;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use reelport::document::Category;
use serde_json::Value;

use super::{envelope, generate};

/// Names a real catalogue, as gzipped NDJSON of envelopes. Tests of a catalogue then run on it in
/// addition to the generated one.
const REAL_CATALOGUE: &str = "REELPORT_TEST_CATALOGUE";

/// `count` generated documents of all categories, the same ones in each run.
pub fn generated(count: usize) -> Vec<Value> {
    let mut runner = TestRunner::deterministic();
    let data: Vec<_> =
        Category::ALL.iter().map(|category| (category, generate::data(*category))).collect();
    data.iter()
        .cycle()
        .zip(0..count)
        .map(|((category, data), index)| {
            let data = data.new_tree(&mut runner).unwrap().current();
            envelope(&format!("movie-{}", index / Category::ALL.len()), category.as_str(), data)
        })
        .collect()
}

/// About `count` documents spread over the catalogue that `REELPORT_TEST_CATALOGUE` names; `None`,
/// with a line on standard error, if the variable is not set.
///
/// # Panics
///
/// If the variable names a file that cannot be read.
pub fn real(count: usize) -> Option<Vec<Value>> {
    let Some(path) = std::env::var_os(REAL_CATALOGUE).map(PathBuf::from) else {
        eprintln!("{REAL_CATALOGUE} is not set: only the generated catalogue is tested");
        return None;
    };
    let lines = || {
        let file = File::open(&path)
            .unwrap_or_else(|error| panic!("{REAL_CATALOGUE}: {}: {error}", path.display()));
        BufReader::new(MultiGzDecoder::new(file)).lines()
    };
    // A step that is not a multiple of seven reaches every category.
    let step = (lines().count() / count).max(1);
    let step = if step.is_multiple_of(Category::ALL.len()) { step + 1 } else { step };
    let documents = lines().step_by(step);
    Some(documents.map(|line| serde_json::from_str(&line.unwrap()).unwrap()).collect())
}
