//! The keys of an envelope, including translations that language models make of them.

use crate::document::schema::definition::Object;
use crate::document::text::key_letters;

/// Translations of the keys. Other translations are not recognised.
const TRANSLATED: [(&str, &[&str]); 4] = [
    (
        "category",
        &[
            "kategorie",
            "catégorie",
            "categorie",
            "categoría",
            "categoria",
            "категория",
            "श्रेणी",
            "类别",
            "カテゴリ",
            "カテゴリー",
        ],
    ),
    (
        "movie_id",
        &[
            "film_id",
            "id_film",
            "filme_id",
            "id_filme",
            "id_do_filme",
            "película_id",
            "pelicula_id",
            "id_película",
            "id_pelicula",
            "id_de_película",
            "id_du_film",
            "id_del_film",
            "ид_фильма",
            "फिल्म_id",
            "电影_id",
            "電影_id",
            "映画_id",
        ],
    ),
    (
        "data",
        &[
            "daten",
            "données",
            "donnees",
            "datos",
            "dados",
            "dati",
            "данные",
            "डेटा",
            "数据",
            "データ",
        ],
    ),
    (
        "metadata",
        &[
            "metadaten",
            "métadonnées",
            "metadonnees",
            "metadatos",
            "metadados",
            "metadati",
            "метаданные",
            "元数据",
            "メタデータ",
        ],
    ),
];

/// Letters of the envelope's keys and of keys that templates and language models add. Their values
/// are not content of a document.
const NO_CONTENT: [&str; 15] = [
    "category",
    "movieid",
    "version",
    "exportedat",
    "data",
    "metadata",
    "instructions",
    "schema",
    "prompt",
    "notes",
    "note",
    "comment",
    "comments",
    "explanation",
    "template",
];

/// Whether the value under a key is never content: a key of the envelope, or one added by a
/// template or a language model.
pub(in crate::document) fn is_non_content_key(key: &str) -> bool {
    let letters = key_letters(key);
    NO_CONTENT.contains(&letters.as_str())
        || TRANSLATED.iter().any(|(_, keys)| contains_key(keys, key))
}

fn contains_key(keys: &[&str], key: &str) -> bool {
    let letters = key_letters(key);
    keys.iter().any(|known| key_letters(known) == letters)
}

/// The key that an object has for the envelope key `name`: the same in any case, or a translation.
pub(in crate::document) fn key_of<'o>(object: &'o Object, name: &str) -> Option<&'o str> {
    if let Some((key, _)) = object.get_key_value(name) {
        return Some(key);
    }
    let letters = key_letters(name);
    let translations = TRANSLATED.iter().find(|(known, _)| *known == name).map(|(_, keys)| *keys);
    let is_meant = |key: &&String| {
        key_letters(key) == letters || translations.is_some_and(|keys| contains_key(keys, key))
    };
    object.keys().find(is_meant).map(String::as_str)
}

/// Whether an object is an envelope: it has data, or both a category and a movie id.
pub(in crate::document) fn is_envelope(object: &Object) -> bool {
    let has = |name| key_of(object, name).is_some();
    has("data") || (has("category") && has("movie_id"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_key_is_found_in_another_case_and_in_translation() {
        for (sent, name, found) in [
            (json!({ "movieId": 1 }), "movie_id", Some("movieId")),
            (json!({ "film_id": 1 }), "movie_id", Some("film_id")),
            (json!({ "Kategorie": 1 }), "category", Some("Kategorie")),
            (json!({ "データ": 1 }), "data", Some("データ")),
            (json!({ "daten": 1, "data": 2 }), "data", Some("data")),
            (json!({ "date": 1 }), "data", None),
            (json!({ "id": 1 }), "movie_id", None),
        ] {
            let object = sent.as_object().cloned().unwrap_or_default();
            assert_eq!(key_of(&object, name), found, "{sent}");
        }
    }
}
