//! A generated catalogue of any size, written directly into the tables: an import of 300,000 movies
//! would take an hour. The bodies of documents are short, since lists do not read them.

use chrono::{DateTime, Duration, Utc};
use reelport::document::text::{comparable, index_key};
use sea_orm::{ConnectionTrait as _, Database, DatabaseConnection, Statement, Value};

/// The number of people for each movie.
const PEOPLE: usize = 5;
const ROWS: usize = 500;

/// A number that looks random, the same in each run.
const fn mix(number: usize, salt: usize) -> usize {
    let mut x =
        (number as u64).wrapping_add((salt as u64) << 32).wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    #[allow(clippy::cast_possible_truncation, reason = "a remainder is taken")]
    let x = (x ^ (x >> 31)) as usize;
    x
}

/// A word of two to four syllables, one of about 30,000.
fn word(number: usize) -> String {
    const CONSONANTS: &[u8] = b"bdfgklmnprstvz";
    const VOWELS: &[u8] = b"aeiou";
    let mut word = String::new();
    let mut rest = mix(number, 1);
    for _ in 0..2 + number % 3 {
        word.push(char::from(CONSONANTS[rest % CONSONANTS.len()]));
        rest /= CONSONANTS.len();
        word.push(char::from(VOWELS[rest % VOWELS.len()]));
        rest /= VOWELS.len();
    }
    word[..1].to_uppercase() + &word[1..]
}

/// The title of a movie: one to four words, one in five after "The".
pub fn title(number: usize) -> String {
    let words = (0..=mix(number, 2) % 4).map(|place| word(mix(number, 3 + place) % 30_000));
    let words = words.collect::<Vec<_>>().join(" ");
    if mix(number, 9).is_multiple_of(5) { format!("The {words}") } else { words }
}

/// The name of a person.
pub fn person(number: usize) -> String {
    format!("{} {}", word(mix(number, 20) % 3_000), word(mix(number, 21) % 30_000))
}

pub async fn new_database(server: &str, movies: usize) -> String {
    let name = format!("growth_{movies}_{}", std::process::id());
    let connection = Database::connect(server).await.expect("the server answers");
    connection.execute_unprepared(&format!("CREATE DATABASE {name}")).await.expect("a database");
    let (base, _) = server.rsplit_once('/').expect("a URL");
    format!("{base}/{name}")
}

/// Rows that are inserted together.
struct Rows<'a> {
    connection: &'a DatabaseConnection,
    into: &'static str,
    columns: usize,
    values: Vec<Value>,
}

impl<'a> Rows<'a> {
    fn new(connection: &'a DatabaseConnection, into: &'static str) -> Self {
        Self { connection, into, columns: into.split(',').count(), values: Vec::new() }
    }

    async fn add(&mut self, row: impl IntoIterator<Item = Value>) {
        self.values.extend(row);
        if self.values.len() == ROWS * self.columns {
            self.store().await;
        }
    }

    async fn store(&mut self) {
        let count = self.values.len() / self.columns;
        if count == 0 {
            return;
        }
        let row = |row: usize| {
            let places = (1..=self.columns).map(|place| format!("${}", row * self.columns + place));
            format!("({})", places.collect::<Vec<_>>().join(","))
        };
        let rows = (0..count).map(row).collect::<Vec<_>>().join(",");
        let sql = format!("INSERT INTO {} VALUES {rows}", self.into);
        let values = std::mem::take(&mut self.values);
        let backend = self.connection.get_database_backend();
        let statement = Statement::from_sql_and_values(backend, sql, values);
        self.connection.execute_raw(statement).await.expect("rows are inserted");
    }
}

/// The share of movies with data in each category, in percent.
const CATEGORIES: [(&str, usize); 7] = [
    ("basic_info", 100),
    ("cast_crew", 95),
    ("timeline", 60),
    ("trivia", 80),
    ("awards", 40),
    ("media", 85),
    ("streaming", 50),
];

/// Fills an empty database that is migrated.
#[allow(clippy::too_many_lines, reason = "a list of tables")]
pub async fn fill(url: &str, movies: usize) {
    let mut options = sea_orm::ConnectOptions::new(url);
    options.max_connections(1).sqlx_logging(false);
    let connection = Database::connect(options).await.expect("the database opens");
    let is_sqlite = url.starts_with("sqlite");
    let start: DateTime<Utc> = DateTime::from_timestamp(1_700_000_000, 0).expect("a time");
    let at = |number: usize| {
        start + Duration::seconds(i64::try_from(number % 90_000_000).unwrap_or_default())
    };
    connection.execute_unprepared("BEGIN").await.expect("begins");
    let mut rows = Rows::new(
        &connection,
        "movies (id, title, title_key, search_text, year, status, created_at, updated_at)",
    );
    for number in 0..movies {
        let title = title(number);
        let status = if mix(number, 30).is_multiple_of(50) { "planned" } else { "released" };
        let year = 1950 + i32::try_from(mix(number, 31) % 75).unwrap_or_default();
        let (key, search) = (index_key(&title), format!("{}\n", comparable(&title)));
        rows.add([
            format!("bench-{number}").into(),
            title.into(),
            key.into(),
            search.into(),
            year.into(),
            status.into(),
            start.into(),
            at(mix(number, 32)).into(),
        ])
        .await;
    }
    rows.store().await;
    let mut rows = Rows::new(
        &connection,
        "documents (movie_id, category, format, revision, source, updated_at, body, is_empty, operation)",
    );
    for number in 0..movies {
        for (place, (category, percent)) in CATEGORIES.iter().enumerate() {
            if mix(number, 40 + place) % 100 >= *percent {
                continue;
            }
            let source = match mix(number, 50 + place) % 1_000 {
                0..3 => "llm-generated",
                3..500 => "manual",
                _ => "tmdb",
            };
            rows.add([
                format!("bench-{number}").into(),
                (*category).into(),
                1.into(),
                1_i64.into(),
                source.into(),
                at(mix(number, 60 + place)).into(),
                format!("{{\"filler\":\"{}\"}}", "x".repeat(300)).into(),
                false.into(),
                "import".into(),
            ])
            .await;
        }
    }
    rows.store().await;
    let mut contributions = Rows::new(
        &connection,
        "contributions (movie_id, category, draft_revision, first_contribution, base_revision, format, source, updated_at, touched, named, answers, body)",
    );
    let mut drafts = Rows::new(
        &connection,
        "drafts (movie_id, category, draft_revision, first_contribution, base_revision, opened_at, opened_by, updated_at, source)",
    );
    for number in (0..movies).filter(|number| mix(*number, 70).is_multiple_of(100)) {
        let (id, time) = (format!("bench-{number}"), at(mix(number, 71)));
        let one = || Value::from(1_i64);
        contributions
            .add([
                id.as_str().into(),
                "trivia".into(),
                one(),
                one(),
                0_i64.into(),
                1.into(),
                "manual".into(),
                time.into(),
                "[]".into(),
                "[]".into(),
                "[]".into(),
                "{}".into(),
            ])
            .await;
        drafts
            .add([
                id.as_str().into(),
                "trivia".into(),
                one(),
                one(),
                0_i64.into(),
                time.into(),
                "bench".into(),
                time.into(),
                "manual".into(),
            ])
            .await;
    }
    contributions.store().await;
    drafts.store().await;
    let mut entities = Rows::new(&connection, "entities (kind, id, name, created_at)");
    for number in 0..movies * PEOPLE {
        entities
            .add([
                "person".into(),
                format!("bench-person-{number}").into(),
                person(number).into(),
                start.into(),
            ])
            .await;
    }
    entities.store().await;
    let mut names = Rows::new(&connection, "entity_names (kind, name_key, entity_id, name)");
    for number in 0..movies * PEOPLE {
        let name = person(number);
        names
            .add([
                "person".into(),
                index_key(&name).into(),
                format!("bench-person-{number}").into(),
                name.into(),
            ])
            .await;
    }
    names.store().await;
    // What the service computes from these rows, it computes when it opens the database.
    let outdated = "DELETE FROM index_versions WHERE name IN ('presence', 'search')";
    connection.execute_unprepared(outdated).await.expect("versions are deleted");
    connection.execute_unprepared("COMMIT").await.expect("commits");
    if is_sqlite {
        let checkpoint = "PRAGMA wal_checkpoint(TRUNCATE)";
        connection.execute_unprepared(checkpoint).await.expect("a checkpoint");
    }
    connection.close().await.expect("closes");
}

/// Lets `PostgreSQL` collect its statistics, as it does by itself after a while.
pub async fn analyze(url: &str) {
    if url.starts_with("sqlite") {
        return;
    }
    let connection = Database::connect(url).await.expect("the database opens");
    connection.execute_unprepared("VACUUM ANALYZE").await.expect("statistics");
    connection.close().await.expect("closes");
}
