//! The quality of name matching on a labelled set made from a real catalogue, and its cost among
//! many people (`BENCH_PEOPLE`, 100,000 by default).
//!
//! The set needs `BENCH_CATALOGUE`, a catalogue that `reelport import` reads; `BENCH_SET` selects
//! another set, with other movies and other forms of names. Some movies are held out and all others
//! are imported. The credits of the movies held out are then planned in a dry run without ids,
//! under names as sources write them, and the decisions are compared with the ids in the catalogue.

#![allow(clippy::cast_precision_loss, reason = "figures for people")]

mod cases;
mod crowd;
mod doubles;

use std::collections::{BTreeMap, HashMap};
use std::error::Error;
use std::io::Cursor;
use std::sync::Arc;
use std::time::Instant;

use cases::{Case, Form, Label, Set, SetOptions};
use reelport::app::{Sources, open_catalog};
use reelport::catalog::Catalog;
use reelport::catalog::access::{Credential, Principal, Role, command_line};
use reelport::catalog::bulk::{
    ByteSource, OnFailure, ReadOptions, Unrestricted, document_channel, read_source,
};
use reelport::catalog::import::{ImportOptions, SentDocument};
use reelport::document::resolve::MatchDecision;
use reelport::document::{Category, MovieId};

/// The result of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Outcome {
    Right,
    Wrong,
    Ambiguous,
    Created,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let most = std::env::var("BENCH_PEOPLE")
        .ok()
        .and_then(|people| people.parse().ok())
        .unwrap_or(100_000);
    for people in [10_000, most] {
        let folder = tempfile::tempdir()?;
        crowd::measure(&format!("sqlite://{}", folder.path().join("crowd.db").display()), people)
            .await?;
        if let Ok(server) = std::env::var("REELPORT_TEST_POSTGRES_URL") {
            crowd::measure(&postgres(&server, people).await?, people).await?;
        }
    }
    let Some(path) = std::env::var_os("BENCH_CATALOGUE") else {
        println!("matching: BENCH_CATALOGUE names no catalogue, so nothing was measured");
        return Ok(());
    };
    let path = std::path::PathBuf::from(path);
    let first = std::env::var("BENCH_SET").ok().and_then(|set| set.parse().ok()).unwrap_or(FIRST);
    for joins_duplicates in [false, true] {
        println!(
            "\n{}",
            if joins_duplicates { "Duplicate ids joined:" } else { "Each id a different person:" }
        );
        label(&Set::read(&path, SetOptions { first, joins_duplicates })?).await?;
    }
    Ok(())
}

const FIRST: usize = 7;

/// Imports all movies that are not held out, and then resolves the names of the others.
async fn label(set: &Set) -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let url = format!("sqlite://{}", folder.path().join("bench.db").display());
    let catalog = open_catalog(&url, 4, Sources::default()).await?;
    let start = Instant::now();
    import(&catalog, set.imported()).await?;
    println!(
        "{} documents imported in {:.1} s",
        set.imported().len(),
        start.elapsed().as_secs_f64()
    );

    let mut table: BTreeMap<(Label, Form), HashMap<Outcome, usize>> = BTreeMap::new();
    let mut wrong = Vec::new();
    let mut created = Vec::new();
    let start = Instant::now();
    let mut count = 0;
    for movie in set.held_out() {
        import(&catalog, &movie.documents_before).await?;
        let decisions = decide(&catalog, movie).await?;
        for case in &movie.cases {
            let Some((decision, entity)) = decisions.get(&case.path) else { continue };
            let outcome = judge(case, *decision, entity.as_deref());
            if outcome == Outcome::Wrong {
                wrong.push(format!(
                    "{} {:?} ({:?}): {} resolved to {}",
                    movie.id,
                    case.given,
                    case.form,
                    case.person,
                    entity.as_deref().unwrap_or_default()
                ));
            }
            if outcome == Outcome::Created {
                created.push(format!(
                    "{} {:?} ({:?}, {:?}): {}",
                    movie.id, case.given, case.label, case.form, case.person
                ));
            }
            *table.entry((case.label, case.form)).or_default().entry(outcome).or_default() += 1;
            count += 1;
        }
    }
    println!("{count} names decided in {:.1} s\n", start.elapsed().as_secs_f64());
    print(&table);
    if std::env::var_os("BENCH_VERBOSE").is_some() {
        println!(
            "\nwrong:\n{}\n\nmade anew although known:\n{}",
            wrong.join("\n"),
            created.join("\n")
        );
    }
    Ok(())
}

/// A new database on the server that `scripts/with-postgres` started.
async fn postgres(server: &str, people: usize) -> Result<String, Box<dyn Error>> {
    use sea_orm::ConnectionTrait as _;
    let name = format!("crowd_{}_{people}", std::process::id());
    let connection = sea_orm::Database::connect(server).await?;
    connection.execute_unprepared(&format!("CREATE DATABASE {name}")).await?;
    connection.close().await?;
    let (base, _) = server.rsplit_once('/').ok_or("no URL of a server")?;
    Ok(format!("{base}/{name}"))
}

async fn import(catalog: &Catalog, documents: &[String]) -> Result<(), Box<dyn Error>> {
    let lines = documents.concat();
    let (sender, records) = document_channel();
    let reader = tokio::task::spawn_blocking(move || {
        read_source(
            "catalogue",
            ByteSource::Stream(Box::new(Cursor::new(lines))),
            &Arc::default(),
            ReadOptions::default(),
            &sender,
        )
    });
    let (_, permission) = command_line();
    let report = catalog
        .import_stream(
            &permission,
            records,
            &ImportOptions::default(),
            OnFailure::Continue,
            &mut Unrestricted,
            |_| true,
        )
        .await?;
    reader.await??;
    if report.rejected > 0 {
        return Err(format!("{} documents were refused", report.rejected).into());
    }
    Ok(())
}

type Decisions = HashMap<String, (MatchDecision, Option<String>)>;

async fn decide(catalog: &Catalog, movie: &cases::HeldOut) -> Result<Decisions, Box<dyn Error>> {
    let id: MovieId = movie.id.parse()?;
    let (subject, email) = ("bench".to_owned(), "bench@example.com".to_owned());
    let principal = Principal {
        subject,
        email,
        role: Role::Admin,
        source: None,
        credential: Credential::default(),
        expires_at: None,
        origin: Arc::default(),
    };
    let options = ImportOptions { dry_run: true, ..ImportOptions::default() };
    let permission = principal.can_import(options).map_err(|_| "forbidden")?;
    let incoming = SentDocument::Document {
        text: movie.file.clone().into(),
        category: Some(Category::CastCrew),
    };
    let outcome = catalog.import(&permission, &id, incoming).await?;
    let plan = outcome.plan.ok_or("there is no plan")?;
    Ok(plan.matches.into_iter().map(|found| (found.path, (found.decision, found.entity))).collect())
}

fn judge(case: &Case, decision: MatchDecision, entity: Option<&str>) -> Outcome {
    match decision {
        MatchDecision::Ambiguous | MatchDecision::Skipped => Outcome::Ambiguous,
        MatchDecision::Matched if entity == Some(case.person.as_str()) => Outcome::Right,
        MatchDecision::Matched => Outcome::Wrong,
        MatchDecision::New if case.label == Label::Stranger => Outcome::Right,
        MatchDecision::New => Outcome::Created,
    }
}

fn print(table: &BTreeMap<(Label, Form), HashMap<Outcome, usize>>) {
    println!(
        "{:<12} {:<16} {:>7} {:>7} {:>7} {:>7}",
        "who", "name", "right", "wrong", "asked", "created"
    );
    let of = |counts: &HashMap<Outcome, usize>, outcome| counts.get(&outcome).copied().unwrap_or(0);
    let mut totals: HashMap<(bool, Outcome), usize> = HashMap::new();
    for ((label, form), counts) in table {
        let [right, wrong, asked, created] =
            [Outcome::Right, Outcome::Wrong, Outcome::Ambiguous, Outcome::Created]
                .map(|outcome| of(counts, outcome));
        println!(
            "{:<12} {:<16} {right:>7} {wrong:>7} {asked:>7} {created:>7}",
            format!("{label:?}"),
            format!("{form:?}")
        );
        for (outcome, count) in counts {
            *totals
                .entry((*label == Label::Known && *form != Form::Initials, *outcome))
                .or_default() += count;
        }
    }
    let all: usize = totals.values().sum();
    let sum = |outcome| {
        [true, false]
            .iter()
            .map(|known| totals.get(&(*known, outcome)).copied().unwrap_or(0))
            .sum::<usize>()
    };
    let known: usize = totals.iter().filter(|((known, _), _)| *known).map(|(_, count)| count).sum();
    let recognised = totals.get(&(true, Outcome::Right)).copied().unwrap_or(0);
    let share = |part: usize, whole: usize| 100.0 * part as f64 / whole.max(1) as f64;
    println!(
        "\nwrong, of all decisions:             {:.3} % ({} of {all})",
        share(sum(Outcome::Wrong), all),
        sum(Outcome::Wrong)
    );
    println!(
        "recognised, of the recognisable:     {:.2} % ({recognised} of {known})",
        share(recognised, known)
    );
    println!(
        "made anew although known, of all:    {:.3} % ({})",
        share(sum(Outcome::Created), all),
        sum(Outcome::Created)
    );
    println!(
        "asked, of all:                       {:.2} % ({})",
        share(sum(Outcome::Ambiguous), all),
        sum(Outcome::Ambiguous)
    );
    let matched = sum(Outcome::Wrong) + recognised;
    println!("precision of matches:                {:.3} %", share(recognised, matched));
}
