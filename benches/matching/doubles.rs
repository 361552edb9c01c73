//! People with two ids in the catalogue of The Movie Database of spring 2023, checked individually:
//! the same name and the same work in the same years, often in one movie or its sequel. Treating
//! these ids as different people would count right decisions as wrong.
//!
//! Namesakes who may be different people (Matt Curtis, Jim Norton, Chris Wilson, Shauna Macdonald)
//! are not in the list.

const ID: &str = "tmdb-person-";

/// The id that is kept, and the other ids of the same person.
const DUPLICATES: &[(&str, &[&str])] = &[
    ("1777768", &["1761302"]),            // Donavan McDougle
    ("1105", &["1690458"]),               // Sonny Landham
    ("60828", &["60805"]),                // Jukka Hildén
    ("99360", &["1341524"]),              // John Canada Terrell
    ("162587", &["1222737"]),             // Aden Gillett
    ("1228374", &["158521"]),             // Colin Foo
    ("1235947", &["181133"]),             // Randall Bosley
    ("177588", &["1214813"]),             // André Sogliuzzo
    ("176035", &["1120589"]),             // Kirk Baily
    ("154696", &["1213585"]),             // Angelo Tiffe
    ("37013", &["1889469"]),              // Ivan Vorlíček
    ("942186", &["1482130"]),             // Manolo García
    ("42746", &["545113"]),               // John Doe
    ("74307", &["582701"]),               // Nana Gbewonyo
    ("1216756", &["113387"]),             // Jaime Gomez
    ("1009255", &["1009253", "1009254"]), // Jason Trost
    ("140452", &["1213693"]),             // John Boswall
    ("1399562", &["1173688"]),            // Ricardo Cruz
    ("1435071", &["1744051"]),            // Michael Mills
    ("44301", &["1272612"]),              // Cliff De Young
    ("1018082", &["1414088"]),            // Matthew O'Toole
    ("64908", &["534231"]),               // LisaGay Hamilton
    ("81391", &["1677393"]),              // J. D. Pardo
    ("1018967", &["1741959"]),            // John Manfredi
    ("179771", &["1741665"]),             // Richard Ashton
    ("1393826", &["1796393"]),            // T. J. McGibbon
    ("57176", &["1376277"]),              // Matt Friedman
    ("1224676", &["1037730"]),            // Andrew Chalmers
    ("1748866", &["1748867"]),            // Troy White
    ("1454282", &["1454283"]),            // Jennifer M. Allen
    ("566315", &["566316"]),              // John Bosher
];

/// The kept id of the person with this id.
pub fn primary_id(id: &str) -> String {
    let number = id.strip_prefix(ID);
    let duplicate =
        number.and_then(|number| DUPLICATES.iter().find(|(_, others)| others.contains(&number)));
    duplicate.map_or_else(|| id.to_owned(), |(one, _)| format!("{ID}{one}"))
}
