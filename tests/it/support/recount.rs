//! Recounts what the catalogue keeps: the sets of categories of each movie, and the counts of movies
//! and documents.

use std::collections::{BTreeMap, BTreeSet};

use reelport::document::{Category, CategorySet};
use serde_json::{Value, json};

use super::TestApp;
use super::database::rows;

fn text<'a>(row: &'a Value, column: &str) -> &'a str {
    row[column].as_str().unwrap_or_else(|| panic!("{column}: {row}"))
}

fn number(row: &Value, column: &str) -> i64 {
    row[column].as_i64().unwrap_or_else(|| panic!("{column}: {row}"))
}

/// Whether a column is true: a number on `SQLite`.
fn is_true(value: &Value) -> bool {
    value.as_bool().unwrap_or_else(|| value == 1)
}

/// The sums of the rows of a table of counts, without those that are zero.
fn sums<K: Ord>(rows: &[Value], key: impl Fn(&Value) -> K) -> BTreeMap<K, i64> {
    let mut sums = BTreeMap::new();
    for row in rows {
        *sums.entry(key(row)).or_default() += number(row, "number");
    }
    sums.retain(|_, sum| *sum != 0);
    sums
}

impl TestApp {
    /// Asserts that the sets of categories on the rows of the movies and the counts are those of
    /// the stored documents and drafts, and that `catalogStatistics` answers them.
    pub async fn assert_counts(&self) {
        let url = &self.database.url;
        let (movies, documents) = (rows(url, "movies").await, rows(url, "documents").await);
        let drafts = rows(url, "drafts").await;
        let contributions = rows(url, "contributions").await;
        let key =
            |row: &Value| (text(row, "movie_id").to_owned(), text(row, "category").to_owned());

        let mut present: BTreeMap<String, CategorySet> = BTreeMap::new();
        let mut drafted: BTreeMap<String, CategorySet> = BTreeMap::new();
        let mut by_source: BTreeMap<(String, String, String), i64> = BTreeMap::new();
        for row in documents.iter().filter(|row| !is_true(&row["is_empty"])) {
            let (movie, category) = key(row);
            present.entry(movie).or_default().insert(category.parse().unwrap());
            let source = text(row, "source").to_owned();
            *by_source.entry(("published".to_owned(), category, source)).or_default() += 1;
        }
        for row in &drafts {
            let (movie, category) = key(row);
            drafted.entry(movie).or_default().insert(category.parse().unwrap());
            let head = contributions.iter().find(|head| {
                key(head) == key(row)
                    && number(head, "draft_revision") == number(row, "draft_revision")
            });
            let source = text(head.unwrap(), "source").to_owned();
            assert_eq!(source, text(row, "source"));
            *by_source.entry(("draft".to_owned(), category, source)).or_default() += 1;
        }

        let mut by_sets: BTreeMap<(i64, i64), i64> = BTreeMap::new();
        for row in &movies {
            let set = |sets: &BTreeMap<String, CategorySet>| {
                i64::from(sets.get(text(row, "id")).copied().unwrap_or_default().bits())
            };
            let sets = (number(row, "present"), number(row, "drafted"));
            assert_eq!(sets, (set(&present), set(&drafted)), "{row}");
            *by_sets.entry(sets).or_default() += 1;
        }
        let kept = sums(&rows(url, "movie_counts").await, |row| {
            (number(row, "present"), number(row, "drafted"))
        });
        assert_eq!(kept, by_sets);
        let kept = sums(&rows(url, "document_counts").await, |row| {
            ["stage", "category", "source"].map(|column| text(row, column).to_owned()).into()
        });
        assert_eq!(kept, by_source);

        let answer = self
            .admin()
            .graphql(
                "{ catalogStatistics { movies published
                    categories { category published empty publishedBySource { source count } }
                    drafts { total categories { category total bySource { source count } } } } }",
                json!({}),
            )
            .await;
        let found = &answer["data"]["catalogStatistics"];
        let count = |stage: &str, category: Option<&str>, source: Option<&str>| -> i64 {
            let is =
                |wanted: Option<&str>, found: &str| wanted.is_none_or(|wanted| wanted == found);
            let matching = by_source.iter().filter(|((in_stage, of, by), _)| {
                in_stage == stage && is(category, of) && is(source, by)
            });
            matching.map(|(_, count)| count).sum()
        };
        assert_eq!(found["movies"], movies.len(), "{answer}");
        assert_eq!(found["published"], count("published", None, None));
        assert_eq!(found["drafts"]["total"], count("draft", None, None));
        let categories = found["categories"].as_array().unwrap();
        assert_eq!(categories.len(), Category::ALL.len());
        let drafts = found["drafts"]["categories"].as_array().unwrap();
        assert_eq!(drafts.len(), Category::ALL.len());
        for ((found, drafts), category) in categories.iter().zip(drafts).zip(Category::ALL) {
            let name = category.as_str();
            assert_eq!(found["category"], name.to_uppercase());
            let published = count("published", Some(name), None);
            assert_eq!(found["published"], published, "{name}");
            let movies = i64::try_from(movies.len()).unwrap();
            assert_eq!(found["empty"], movies - published, "{name}");
            assert_eq!(drafts["category"], name.to_uppercase());
            assert_eq!(drafts["total"], count("draft", Some(name), None), "{name}");
            let lists =
                [("published", &found["publishedBySource"]), ("draft", &drafts["bySource"])];
            for (stage, list) in lists {
                let mut sources = BTreeSet::new();
                for entry in list.as_array().unwrap() {
                    let source = text(entry, "source").to_lowercase().replace('_', "-");
                    assert_eq!(entry["count"], count(stage, Some(name), Some(&source)), "{entry}");
                    sources.insert(source);
                }
                assert_eq!(sources.len(), 3);
            }
        }
    }
}
