//! Generators of documents. They use the same tables of fields and rules as the service, so that
//! one generator serves every category and a new field is tested as soon as it is defined.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::string::string_regex;
use reelport::document::read::values::is_nothing;
use reelport::document::schema::definition::{Field, Item, Kind};
use reelport::document::text::{comparable, is_elision};
use reelport::document::{Category, Object};
use serde_json::{Number, Value, json};

/// Texts that are difficult to process, and some that repeat: keys must sometimes be equal.
const TEXTS: &[&str] = &[
    "Ada Quist",
    "ada  quist",
    "Zoë Kravitz",
    "Zoe\u{308} Kravitz",
    "مرحبا بالعالم",
    "שלום",
    "👩‍👩‍👧‍👦 and 🌊",
    "कुल",
    "कल",
    "\"quoted\" \\ back \\\\ slashed",
    "two\nlines\tand a tab",
    " spaces around ",
    "</script><!-- ${x} {{y}} %s",
    "\u{202e}backwards\u{202c}",
    "\u{feff}marked",
    "Null and void",
    "ﬁve ½ Ⅷ",
    "\u{85}\u{2028}",
    "e\u{301}\u{327}\u{301}",
];

const URLS: &[&str] =
    &["https://example.org/a", "http://example.org/?q=%20&é=ü#x", "HTTPS://EXAMPLE.ORG:8443/"];

/// A value for any category, with the category.
pub fn of_any_category<S: Strategy + 'static>(
    make: impl Fn(Category) -> S,
) -> impl Strategy<Value = (Category, S::Value)>
where
    S::Value: Clone + 'static,
{
    let each = Category::ALL.iter().map(|category| (Just(*category), make(*category)).boxed());
    proptest::strategy::Union::new(each)
}

/// A document of any category.
pub fn document() -> impl Strategy<Value = (Category, Value)> {
    of_any_category(data)
}

/// Two documents of one category.
pub fn two_documents() -> impl Strategy<Value = (Category, Value, Value)> {
    of_any_category(|category| (data(category), data(category)))
        .prop_map(|(category, (a, b))| (category, a, b))
}

/// Valid data of a category: items without ids or with foreign ids, people with or without ids.
pub fn data(category: Category) -> BoxedStrategy<Value> {
    object(category.definition().fields, None).prop_map(Value::Object).boxed()
}

fn object(fields: &'static [Field], item: Option<&'static Item>) -> BoxedStrategy<Object> {
    let values: Vec<BoxedStrategy<Option<Value>>> =
        fields.iter().map(|field| optional(field, item)).collect();
    values
        .prop_map(move |values| {
            let present = fields
                .iter()
                .zip(values)
                .filter_map(|(field, value)| Some((field.name.to_owned(), value?)));
            let mut object: Object = present.collect();
            if let Some(item) = item {
                complete(item, &mut object);
            }
            object
        })
        .boxed()
}

fn optional(field: &'static Field, item: Option<&'static Item>) -> BoxedStrategy<Option<Value>> {
    match (&field.rule.kind, item) {
        (Kind::Id, Some(item)) if item.id == field.name => {
            prop_oneof![6 => Just(None), 1 => "[a-z0-9-]{1,20}".prop_map(|id| Some(json!(id)))]
                .boxed()
        }
        // Ids of entities depend on their names, see `complete`.
        (Kind::Id, _) => Just(None).boxed(),
        _ if field.rule.required => value(field).prop_map(Some).boxed(),
        (kind, None) if kind.is_list() => proptest::option::weighted(0.85, value(field)).boxed(),
        _ => proptest::option::of(value(field)).boxed(),
    }
}

/// Adds what the field table alone does not require: one of several texts, and ids of entities.
fn complete(item: &Item, object: &mut Object) {
    if !item.any_of.is_empty() && !item.any_of.iter().any(|name| object.contains_key(*name)) {
        object.insert(item.any_of[0].to_owned(), json!("Someone forgot."));
    }
    for entity in item.entities {
        let Some(name) = object.get(entity.name).and_then(Value::as_str) else { continue };
        // People with the same name either all have ids (of two different people) or none;
        // otherwise the name would be ambiguous, which is refused.
        let hash = hash(&comparable(name));
        if hash.is_multiple_of(2) {
            let which = hash_of(object) % 2;
            // An id belongs to one name only.
            let id = format!("tmdb-{}-{}", entity.kind.as_str(), hash / 4 * 2 + which);
            object.insert(entity.id.to_owned(), json!(id));
        }
    }
}

fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

fn hash_of(object: &Object) -> u64 {
    hash(&Value::Object(object.clone()).to_string())
}

/// A valid value for the field that is stored as sent.
pub fn value(field: &'static Field) -> BoxedStrategy<Value> {
    match &field.rule.kind {
        Kind::Text { max } => text(field, *max).prop_map(Value::String).boxed(),
        Kind::Form { pattern, .. } => matching(pattern),
        Kind::Code { matches, .. } => select(codes(*matches)).prop_map(Value::String).boxed(),
        Kind::Decimal => matching("[0-9]{1,12}(\\.[0-9]{1,6})?"),
        Kind::Date => date().prop_map(Value::String).boxed(),
        Kind::PartialDate => {
            (date(), select(vec![4_usize, 7, 10])).prop_map(|(date, to)| json!(date[..to])).boxed()
        }
        Kind::Url => {
            let other = matching("https?://[a-z]{1,9}\\.example\\.org/[a-zA-Z0-9/_.~é🌊-]{0,30}");
            // "https://host/..." is a placeholder, not a URL.
            let is_stored_as_sent =
                |url: &Value| !url.as_str().is_some_and(|url| is_nothing(field, url));
            let other = other.prop_filter("the URL is a placeholder", is_stored_as_sent);
            prop_oneof![1 => select(URLS).prop_map(Value::from), 1 => other].boxed()
        }
        Kind::Integer { min, max } => {
            let (min, max) = (*min, *max);
            prop_oneof![Just(min), Just(max), min..=max, min..=max.min(min + 9)]
                .prop_map(Value::from)
                .prop_map(move |number| nonzero_if_required(field, number))
                .boxed()
        }
        Kind::Number { min, max } => {
            let (min, max) = (*min, *max);
            #[allow(clippy::cast_possible_truncation, reason = "a score")]
            let whole = (min as i64..=max as i64).prop_map(Value::from);
            let float =
                (min..=max).prop_map(|float| Value::Number(Number::from_f64(float).unwrap()));
            prop_oneof![1 => whole, 2 => float]
                .prop_map(move |number| nonzero_if_required(field, number))
                .boxed()
        }
        Kind::Boolean => any::<bool>().prop_map(Value::from).boxed(),
        Kind::Choice { values, .. } => select(*values).prop_map(Value::from).boxed(),
        Kind::Id => matching("[a-z0-9-]{1,20}"),
        Kind::Names { max_length, .. } => {
            vec(text(field, *max_length), 0..5).prop_map(distinct_names).boxed()
        }
        Kind::Items { item, .. } => {
            (vec(object(item.fields, Some(item)), 0..6), vec(any::<Index>(), 0..3))
                .prop_map(|(objects, again)| {
                    // Real lists contain repetitions.
                    let mut items: Vec<Value> = objects.into_iter().map(Value::Object).collect();
                    for index in again.iter().filter(|_| !items.is_empty()).collect::<Vec<_>>() {
                        let copy = index.get(&items).clone();
                        items.insert(index.index(items.len()), copy);
                    }
                    Value::Array(items)
                })
                .boxed()
        }
    }
}

/// Another number where zero means "unknown".
fn nonzero_if_required(field: &Field, number: Value) -> Value {
    if field.rule.zero_is_unknown && number.as_f64() == Some(0.0) { json!(1) } else { number }
}

/// A list of distinct names, compared without regard to spelling.
fn distinct_names(names: Vec<String>) -> Value {
    let mut seen = HashSet::new();
    names.into_iter().filter(|name| seen.insert(comparable(name))).map(Value::String).collect()
}

fn matching(pattern: &str) -> BoxedStrategy<Value> {
    let pattern = pattern.trim_start_matches('^').trim_end_matches('$');
    string_regex(pattern).unwrap().prop_map(Value::String).boxed()
}

fn codes(matches: fn(&str) -> bool) -> Vec<String> {
    let letters = || 'A'..='Z';
    let two = letters().flat_map(|a| letters().map(move |b| format!("{a}{b}")));
    let three = two.clone().flat_map(|start| letters().map(move |c| format!("{start}{c}")));
    two.chain(three).filter(|code| matches(code)).collect()
}

fn date() -> impl Strategy<Value = String> {
    (2..=9999, 1..=12, 1..=28)
        .prop_map(|(year, month, day)| format!("{year:04}-{month:02}-{day:02}"))
}

/// Text of at most `max` characters that is stored as sent in the field.
fn text(field: &'static Field, max: usize) -> BoxedStrategy<String> {
    let any_character = prop_oneof![
        any::<char>(),
        select("éßİıǅ\u{301}\u{5d0}\u{627}\u{94d}😀\u{200d}\\\"/ ".chars().collect::<Vec<_>>())
    ];
    prop_oneof![
        4 => select(TEXTS).prop_map(str::to_owned),
        2 => "[ -~]{1,30}",
        3 => vec(any_character.clone(), 1..20).prop_map(String::from_iter),
        1 => (vec(any_character, 1..30), 1..40_usize).prop_map(|(characters, times)| String::from_iter(characters).repeat(times)),
    ]
    .prop_map(move |text| {
        let is_control = |c: char| (c < ' ' || c == '\u{7f}') && c != '\t' && c != '\n';
        let is_separator = |c: char| ",|;/".contains(c) && field.rule.kind.is_list();
        let text = text.replace(|c| is_control(c) || is_separator(c), "0");
        let text: String = text.chars().take(max - 5).collect();
        // A few letters may be the initials or the sound of one of the names above.
        let is_distinct = |text: &str| {
            TEXTS.contains(&text) || text.chars().filter(|c| c.is_alphanumeric()).count() >= 5
        };
        let is_stored_as_sent =
            |text: &str| !is_nothing(field, text) && !is_elision(text) && is_distinct(text);
        if is_stored_as_sent(&text) {
            return text;
        }
        let letters = hash(&text).to_be_bytes().map(|byte| char::from(b'a' + byte % 26));
        let text: String = text.chars().take(max - letters.len() - 7).collect();
        format!("{} {text} ok", String::from_iter(letters))
    })
    .boxed()
}

/// Arbitrary JSON, with known and unknown keys of the category.
pub fn arbitrary_json(category: Category) -> BoxedStrategy<Value> {
    let mut keys: Vec<String> = Vec::new();
    let mut words: Vec<String> = [
        "",
        "N/A",
        "1999",
        "$3.99",
        "UK",
        "a\0b",
        "yes",
        "1e9",
        "-1",
        "1998-06-08T00:00:00Z",
        "https://a.b",
    ]
    .map(str::to_owned)
    .to_vec();
    let mut collect = |fields: &'static [Field]| {
        for field in fields {
            keys.push(field.name.to_owned());
            keys.extend(field.rule.aliases.iter().map(|alias| (*alias).to_owned()));
            if let Kind::Choice { values, .. } = &field.rule.kind {
                words.extend(values.iter().map(|value| (*value).to_owned()));
            }
        }
    };
    collect(category.definition().fields);
    for field in category.definition().fields {
        if let Kind::Items { item, .. } = &field.rule.kind {
            collect(item.fields);
        }
    }
    let key = prop_oneof![8 => select(keys), 1 => any::<String>(), 1 => "[~/a]{1,4}"];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        (0..3000_i64).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        select(words).prop_map(Value::from),
    ];
    let tree = leaf.prop_recursive(5, 60, 8, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Value::Array),
            vec((key.clone(), inner), 0..8)
                .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    });
    tree.boxed()
}
