//! The labelled set: the movies held out, and the forms in which their names are written.

use std::collections::{HashMap, HashSet};
use std::io::{BufRead, BufReader};
use std::path::Path;

use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};
use serde_json::{Value, json};

use crate::doubles::primary_id;

/// The relation between the person of a case and the people of the imported movies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Label {
    /// The only imported person with this name.
    Known,
    /// An imported person who shares the name with another one.
    Homonym,
    /// A person who is not imported, with a name that no imported person has.
    Stranger,
    /// A person who is not imported, with the name of an imported one.
    Namesake,
}

/// The form in which the name is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Form {
    Unchanged,
    Case,
    Accents,
    Spacing,
    Punctuation,
    SurnameFirst,
    Suffix,
    Transliterated,
    Initials,
}

pub struct Case {
    /// The path of the name.
    pub path: String,
    pub given: String,
    /// The id of the right person.
    pub person: String,
    pub label: Label,
    pub form: Form,
}

pub struct HeldOut {
    pub id: String,
    /// The documents of the movie that are imported before its credits.
    pub documents_before: Vec<String>,
    /// The credits as sent.
    pub file: String,
    pub cases: Vec<Case>,
}

pub struct Set {
    imported: Vec<String>,
    held_out: Vec<HeldOut>,
}

/// One in this many movies is held out.
const EVERY: usize = 20;
const SEED: u64 = 543;

/// The parameters of a set.
#[derive(Debug, Clone, Copy)]
pub struct SetOptions {
    /// The first movie that is held out; there are `EVERY` different sets.
    pub first: usize,
    /// Whether two ids of the same person count as one.
    pub joins_duplicates: bool,
}

impl Set {
    pub fn read(path: &Path, options: SetOptions) -> std::io::Result<Self> {
        let file = std::fs::File::open(path)?;
        let lines = BufReader::new(flate2::read::MultiGzDecoder::new(file)).lines();
        let mut documents: Vec<(String, String, Value)> = Vec::new();
        for line in lines {
            let mut value: Value = serde_json::from_str(&line?)?;
            if options.joins_duplicates {
                join_duplicates(&mut value);
            }
            let text = |key: &str| value[key].as_str().unwrap_or_default().to_owned();
            documents.push((text("movie_id"), text("category"), value));
        }
        let mut movies: Vec<&String> = documents.iter().map(|(movie, ..)| movie).collect();
        movies.dedup();
        let held: HashSet<&str> = movies
            .iter()
            .skip(options.first % EVERY)
            .step_by(EVERY)
            .map(|movie| movie.as_str())
            .collect();
        let mut imported = Vec::new();
        let mut names: HashMap<String, HashSet<String>> = HashMap::new();
        let mut people: HashSet<String> = HashSet::new();
        for (movie, category, value) in &documents {
            if held.contains(movie.as_str())
                || !matches!(category.as_str(), "basic_info" | "cast_crew")
            {
                continue;
            }
            imported.push(format!("{value}\n"));
            for (_, _, credit) in credits(value) {
                let (id, name) = identity(credit);
                names.entry(fold(&name)).or_default().insert(id.clone());
                people.insert(id);
            }
        }
        let mut random = StdRng::seed_from_u64(SEED + options.first as u64);
        let mut held_out: Vec<HeldOut> = Vec::new();
        for (movie, category, value) in &documents {
            if !held.contains(movie.as_str()) {
                continue;
            }
            match category.as_str() {
                "basic_info" => held_out.push(HeldOut {
                    id: movie.clone(),
                    documents_before: vec![format!("{value}\n")],
                    file: String::new(),
                    cases: Vec::new(),
                }),
                "cast_crew" => {
                    if let Some(of) = held_out.iter_mut().find(|of| of.id == *movie) {
                        of.fill(value, &names, &people, &mut random);
                    }
                }
                _ => {}
            }
        }
        held_out.retain(|movie| !movie.cases.is_empty());
        Ok(Self { imported, held_out })
    }

    pub fn imported(&self) -> &[String] {
        &self.imported
    }

    pub fn held_out(&self) -> &[HeldOut] {
        &self.held_out
    }
}

fn join_duplicates(document: &mut Value) {
    let lists = document["data"].as_object_mut().into_iter().flatten();
    for credit in lists.flat_map(|(_, items)| items.as_array_mut().into_iter().flatten()) {
        if let Some(Value::String(id)) = credit.get_mut("id") {
            *id = primary_id(id);
        }
    }
}

fn credits(document: &Value) -> Vec<(String, usize, &Value)> {
    let lists = document["data"].as_object().into_iter().flatten();
    let credits = lists.flat_map(|(list, items)| {
        items
            .as_array()
            .into_iter()
            .flatten()
            .enumerate()
            .map(move |(index, credit)| (list.clone(), index, credit))
    });
    credits.collect()
}

fn identity(credit: &Value) -> (String, String) {
    let text = |key: &str| credit[key].as_str().unwrap_or_default().to_owned();
    (text("id"), text("name"))
}

fn fold(name: &str) -> String {
    reelport::document::text::comparable(name)
}

impl HeldOut {
    fn fill(
        &mut self,
        document: &Value,
        names: &HashMap<String, HashSet<String>>,
        people: &HashSet<String>,
        random: &mut StdRng,
    ) {
        let mut forms: HashMap<String, (Form, String)> = HashMap::new();
        let mut data: serde_json::Map<String, Value> = serde_json::Map::new();
        for (list, _, credit) in credits(document) {
            let (id, name) = identity(credit);
            let items = data.entry(list.clone()).or_insert_with(|| json!([]));
            let Some(items) = items.as_array_mut() else { continue };
            let (form, given) =
                forms.entry(id.clone()).or_insert_with(|| rewrite(&name, random)).clone();
            let mut sent = credit.clone();
            if let Some(sent) = sent.as_object_mut() {
                sent.remove("id");
                sent.insert("name".to_owned(), json!(given));
            }
            let of_name = names.get(&fold(&name)).map_or(0, HashSet::len);
            let label = match (people.contains(&id), of_name) {
                (true, 1) => Label::Known,
                (true, _) => Label::Homonym,
                (false, 0) => Label::Stranger,
                (false, _) => Label::Namesake,
            };
            let path = format!("/{list}/{}/name", items.len());
            items.push(sent);
            // One case per person: the remaining credits are resolved alike.
            if self.cases.iter().all(|case| case.person != id) {
                self.cases.push(Case { path, given, person: id, label, form });
            }
        }
        self.file =
            json!({ "category": "cast_crew", "movie_id": self.id, "data": data }).to_string();
    }
}

/// A name in one of the forms in which sources write names.
fn rewrite(name: &str, random: &mut StdRng) -> (Form, String) {
    const FORMS: [Form; 12] = [
        Form::Unchanged,
        Form::Unchanged,
        Form::Unchanged,
        Form::Case,
        Form::Accents,
        Form::Spacing,
        Form::Punctuation,
        Form::SurnameFirst,
        Form::SurnameFirst,
        Form::Suffix,
        Form::Transliterated,
        Form::Initials,
    ];
    let form = *FORMS.choose(random).unwrap_or(&Form::Unchanged);
    let words: Vec<&str> = name.split_whitespace().collect();
    let written = match form {
        Form::Case => Some(if random.random() { name.to_uppercase() } else { name.to_lowercase() }),
        Form::Accents => {
            let with = |c: char| match c {
                'a' => 'á',
                'e' => 'é',
                'o' => 'ö',
                'n' => 'ñ',
                'c' => 'č',
                other => other,
            };
            Some(name.chars().map(with).collect())
        }
        Form::Spacing => Some(format!(" {} ", words.join("\u{a0} "))),
        Form::Punctuation if name.contains(['.', '-', '\'']) => {
            Some(name.replace('.', "").replace('-', " ").replace('\'', "’"))
        }
        Form::SurnameFirst if words.len() == 2 => Some(format!("{}, {}", words[1], words[0])),
        Form::Suffix => ["Jr.", "Sr.", "III", "II"]
            .iter()
            .find(|suffix| words.last() == Some(suffix))
            .map(|suffix| {
                let written = match *suffix {
                    "Jr." => "Junior",
                    "Sr." => "Senior",
                    other => other,
                };
                format!("{}, {written}", words[..words.len() - 1].join(" "))
            }),
        Form::Transliterated => cyrillic(name),
        Form::Initials if words.len() > 1 => {
            let (last, given) = words.split_last().unwrap_or((&"", &[]));
            let initials: Vec<String> = given
                .iter()
                .filter_map(|word| Some(format!("{}.", word.chars().next()?)))
                .collect();
            Some(format!("{} {last}", initials.join(" ")))
        }
        _ => None,
    };
    match written {
        Some(written) if written != name => (form, written),
        _ => (Form::Unchanged, name.to_owned()),
    }
}

/// The name in Cyrillic letters, for letters with an unambiguous transliteration.
fn cyrillic(name: &str) -> Option<String> {
    let letter = |c: char| -> Option<char> {
        let found = match c.to_ascii_lowercase() {
            'a' => 'а',
            'b' => 'б',
            'v' => 'в',
            'g' => 'г',
            'd' => 'д',
            'e' => 'е',
            'z' => 'з',
            'i' => 'и',
            'k' => 'к',
            'l' => 'л',
            'm' => 'м',
            'n' => 'н',
            'o' => 'о',
            'p' => 'п',
            'r' => 'р',
            's' => 'с',
            't' => 'т',
            'u' => 'у',
            'f' => 'ф',
            ' ' => return Some(' '),
            _ => return None,
        };
        if c.is_ascii_uppercase() { found.to_uppercase().next() } else { Some(found) }
    };
    name.chars().map(letter).collect()
}
