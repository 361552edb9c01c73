//! Searching people by name, by indexes only. People with a name that starts with the search come
//! first, sorted by that name, so that an equal name is the first one. Then come people with a name
//! that contains it elsewhere. Each person is listed once, under the best name.

use sea_orm::{DatabaseBackend, Statement, Value};

use super::names::EntityPosition;
use crate::document::schema::entities::EntityKind;
use crate::document::text::{comparable, index_key};
use crate::storage::movies::filter::escaped;
use crate::storage::search_index::{MIN_INFIX_CHARS, SearchList};
use crate::storage::{Database, MAX_COUNTED, PageRequest, StorageError};

/// If at most this many names contain the search, they are found by the index of their parts, and
/// then sorted. Otherwise names are read in their order until a page is full.
const FEW: u64 = 5_000;

/// The key of a name.
const KEY: &str = "n.name_key";
/// The key of another name of the same person.
const OTHER_KEY: &str = "o.name_key";

/// The part of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// Names that start with the search.
    Start,
    /// Names that contain it elsewhere.
    Elsewhere,
}

/// A search for people.
struct Search {
    backend: DatabaseBackend,
    /// The folded text.
    text: String,
}

impl Search {
    fn is_infix(&self) -> bool {
        self.text.chars().count() >= MIN_INFIX_CHARS
    }

    /// A key of a name, sorted by code point.
    fn sorted(&self, key: &str) -> String {
        match self.backend {
            DatabaseBackend::Postgres => format!("{key} COLLATE \"C\""),
            _ => key.to_owned(),
        }
    }

    /// That a name starts with the search.
    fn starts(&self, key: &str) -> String {
        let key = self.sorted(key);
        format!("({key} >= :start AND {key} < :end)")
    }

    /// That a name contains the search.
    fn contains(key: &str) -> String {
        format!("{key} LIKE :like ESCAPE '\\'")
    }

    /// The names `n` that contain the search, from the index of their parts. The index is read
    /// first, and the names with each text then: otherwise, a limit would not shorten the work.
    fn few(&self) -> &'static str {
        match self.backend {
            DatabaseBackend::Postgres => {
                "search_entries t CROSS JOIN LATERAL ( \
                   SELECT kind, name_key, entity_id FROM entity_names \
                   WHERE kind = :kind AND name_key = t.text OFFSET 0) AS n \
                 WHERE t.grams @> :grams AND t.text LIKE :like ESCAPE '\\'"
            }
            _ => {
                "search_grams CROSS JOIN search_entries t ON t.number = search_grams.rowid \
                 CROSS JOIN entity_names n ON n.kind = :kind AND n.name_key = t.text \
                 WHERE search_grams MATCH :grams AND t.text LIKE :like ESCAPE '\\'"
            }
        }
    }

    /// Selects the people of a part.
    fn people(&self, part: Part, page: &PageRequest<EntityPosition>, is_few: bool) -> String {
        let key = self.sorted(KEY);
        let (beyond, direction) = if page.backward { ("<", "DESC") } else { (">", "ASC") };
        let names = match part {
            Part::Elsewhere if is_few => self.few().to_owned(),
            _ => "entity_names n WHERE 1 = 1".to_owned(),
        };
        // Without statistics, SQLite would read all names of the kind for each person.
        let index = match self.backend {
            DatabaseBackend::Postgres => "",
            _ => "INDEXED BY idx_entity_names_kind_entity_id",
        };
        let other = format!(
            "SELECT 1 FROM entity_names o {index} \
             WHERE o.kind = n.kind AND o.entity_id = n.entity_id"
        );
        let earlier = format!("{} < {key}", self.sorted(OTHER_KEY));
        let condition = match part {
            Part::Start => format!(
                "{} AND NOT EXISTS ({other} AND {} AND {earlier})",
                self.starts(KEY),
                self.starts(OTHER_KEY)
            ),
            Part::Elsewhere => format!(
                "{} AND NOT {} AND NOT EXISTS ({other} AND ({} OR ({} AND {earlier})))",
                Self::contains(KEY),
                self.starts(KEY),
                self.starts(OTHER_KEY),
                Self::contains(OTHER_KEY)
            ),
        };
        let fit = match part {
            Part::Start => "CASE WHEN n.name_key = :whole THEN 0 ELSE 1 END".to_owned(),
            Part::Elsewhere => "2".to_owned(),
        };
        let position = if page.from.as_ref().is_some_and(|from| part_of(from) == part) {
            format!("AND ({key}, n.entity_id) {beyond} (:name_key, :id)")
        } else {
            String::new()
        };
        format!(
            "SELECT {fit} AS fit, n.name_key AS name_key, n.entity_id AS id FROM {names} \
             AND n.kind = :kind AND {condition} AND EXISTS (SELECT 1 FROM entities e \
               WHERE e.kind = n.kind AND e.id = n.entity_id) {position} \
             ORDER BY {key} {direction}, n.entity_id {direction} LIMIT :limit"
        )
    }

    /// Counts the names that contain the search, or start with it if it is short; with `DISTINCT`,
    /// the people with such names.
    fn count(&self, selected: &str) -> String {
        let (names, condition) = if self.is_infix() {
            (self.few(), Self::contains(KEY))
        } else {
            ("entity_names n WHERE 1 = 1", self.starts(KEY))
        };
        format!(
            "SELECT COUNT(*) AS number FROM (SELECT {selected} FROM {names} \
             AND n.kind = :kind AND {condition} LIMIT :limit) AS found"
        )
    }

    /// Replaces the names of values by their places, and returns the values.
    fn bind(
        &self,
        mut sql: String,
        limit: u64,
        from: Option<&EntityPosition>,
    ) -> (String, Vec<Value>) {
        let (name_key, id) = from.map_or(("", ""), |from| (&from.name_key, &from.id));
        let all: [(&str, Value); 9] = [
            (":name_key", name_key.into()),
            (":kind", EntityKind::Person.as_str().into()),
            (":start", self.text.as_str().into()),
            (":end", format!("{}{}", self.text, char::MAX).into()),
            (":whole", index_key(&self.text).into()),
            (":like", format!("%{}%", escaped(&self.text)).into()),
            (":grams", SearchList::People.matching(self.backend, &self.text)),
            (":limit", i64::try_from(limit).unwrap_or(i64::MAX).into()),
            (":id", id.into()),
        ];
        let mut values = Vec::new();
        for (name, value) in all {
            if sql.contains(name) {
                values.push(value);
                sql = sql.replace(name, &format!("${}", values.len()));
            }
        }
        (sql, values)
    }
}

/// The part that a position is in.
fn part_of(position: &EntityPosition) -> Part {
    if position.fit < 2 { Part::Start } else { Part::Elsewhere }
}

impl Database {
    /// A page of the people with a name that matches, and one more if there are more, in the
    /// direction of reading. The folded search must not be empty.
    pub(super) async fn find_people(
        &self,
        search: &str,
        page: &PageRequest<EntityPosition>,
    ) -> Result<Vec<EntityPosition>, StorageError> {
        let search = Search { backend: self.reader.backend(), text: comparable(search) };
        let mut parts = vec![Part::Start];
        if search.is_infix() {
            parts.push(Part::Elsewhere);
        }
        if page.backward {
            parts.reverse();
        }
        let current = page.from.as_ref().map(part_of);
        let passed = parts.iter().position(|part| Some(*part) == current).unwrap_or_default();
        let mut found = Vec::new();
        for part in parts.into_iter().skip(passed) {
            let missing = page.rows().saturating_sub(found.len() as u64);
            if missing == 0 {
                break;
            }
            let is_few =
                part == Part::Elsewhere && self.count_names(&search, "1", FEW + 1).await? <= FEW;
            let sql = search.people(part, page, is_few);
            let (sql, values) = search.bind(sql, missing, page.from.as_ref());
            found.append(&mut self.query_rows(sql, values).await?);
        }
        Ok(found)
    }

    /// The number of people with a name that matches, up to [`MAX_COUNTED`].
    pub(super) async fn count_people(&self, search: &str) -> Result<u64, StorageError> {
        let search = Search { backend: self.reader.backend(), text: comparable(search) };
        self.count_names(&search, "DISTINCT n.entity_id", MAX_COUNTED).await
    }

    async fn count_names(
        &self,
        search: &Search,
        selected: &str,
        limit: u64,
    ) -> Result<u64, StorageError> {
        let (sql, values) = search.bind(search.count(selected), limit, None);
        self.read_count(Statement::from_sql_and_values(search.backend, sql, values)).await
    }
}
