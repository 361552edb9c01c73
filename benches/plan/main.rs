//! Planning without a database: the CPU time of a plan for a large cast, compared with reading and
//! writing the same JSON.

#![allow(clippy::cast_precision_loss, reason = "figures for people")]

use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use reelport::document::budget::WorkBudget;
use reelport::document::ids::{IdSource, item_id};
use reelport::document::plan::locks::LockRule;
use reelport::document::plan::plan;
use reelport::document::proposal::IdTrust;
use reelport::document::proposal::{ConflictPolicy, ImportMode, NullPolicy, Proposal};
use reelport::document::read::parse::{ParseOptions, parse};
use reelport::document::resolve::directory::Directory;
use reelport::document::schema::entities::EntityKind;
use reelport::document::{Category, MovieId, Object, Source, Stage};
use serde_json::{Value, json};

struct Counter(AtomicU64);

impl IdSource for Counter {
    fn next(&self) -> u64 {
        self.0.fetch_add(1, Ordering::Relaxed)
    }
}

/// A cast of `people` credits; one in `every` was edited.
fn cast(movie: &MovieId, people: u64, every: u64, with_ids: bool) -> Value {
    let credits = (0..people).map(|number| {
        let edited = every > 0 && number % every == 0;
        let mut credit = json!({
            "name": format!("Person Number {number}"),
            "character": if edited { format!("Another {number}") } else { format!("Character {number}") },
            "order": number,
            "image": format!("https://images.example.org/{number}.jpg"),
        });
        if with_ids {
            credit["id"] = json!(format!("bench-person-{number}"));
            credit["credit_id"] = json!(item_id(number, movie, Category::CastCrew));
        }
        credit
    });
    json!({ "directors": [], "writers": [], "producers": [], "cast": credits.collect::<Vec<_>>(), "crew": [] })
}

fn object(value: Value) -> Object {
    match value {
        Value::Object(object) => object,
        _ => Object::new(),
    }
}

/// The CPU time of this thread so far, from /proc (Linux), which excludes other load on the
/// machine.
fn cpu() -> Duration {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    Duration::from_nanos(
        stat.split(' ').next().and_then(|nanoseconds| nanoseconds.parse().ok()).unwrap_or_default(),
    )
}

/// The mean CPU time of one run.
fn cost(mut work: impl FnMut()) -> Duration {
    const RUNS: u32 = 101;
    let start = cpu();
    for _ in 0..RUNS {
        work();
    }
    cpu().saturating_sub(start) / RUNS
}

fn main() {
    let movie: MovieId = "bench-1".parse().expect("a movie id");
    let definition = Category::CastCrew.definition();
    let ids = Counter(AtomicU64::new(1 << 40));
    let credited = ahash::HashSet::default();
    for people in [200, 463, 1_000] {
        let base = object(cast(&movie, people, 0, true));
        let current = object(cast(&movie, people, 7, true));
        let mut directory = Directory::default();
        for number in 0..people {
            let id = format!("bench-person-{number}");
            directory.add_id(EntityKind::Person, id.clone(), id.clone());
            directory.add_name(EntityKind::Person, format!("person number {number}"), id);
        }
        let text = Value::Object(base.clone()).to_string();
        let yardstick = cost(|| {
            let read: Value = serde_json::from_str(&text).expect("JSON");
            black_box(read.to_string());
        });
        for (name, with_ids) in [("with ids", true), ("names alone", false)] {
            let sent = cast(&movie, people, 11, with_ids);
            let planned = cost(|| {
                let reading = parse(definition, sent.clone(), ParseOptions::default());
                black_box(plan(
                    &Proposal {
                        definition,
                        movie: &movie,
                        stage: Stage::Published,
                        arriving: &reading,
                        current: &current,
                        base: Some(&base),
                        unknown_base: None,
                        source: Source::Manual,
                        id_trust: IdTrust::Unspecified,
                        mode: ImportMode::Merge,
                        nulls: NullPolicy::Keep,
                        on_conflict: ConflictPolicy::KeepCurrent,
                        remove_items: &[],
                        locks: &[],
                        lock_rule: LockRule::Refuse,
                        directory: &directory,
                        credited: &credited,
                        resolutions: &[],
                        provisional_ids: &ahash::HashSet::default(),
                        budget: &WorkBudget::new(u64::MAX, || false),
                    },
                    &ids,
                ))
                .expect("no limit");
            });
            println!(
                "{people} people, {name}: {:.2} ms of CPU to plan, {:.1} times reading and writing the JSON ({:.2} ms)",
                planned.as_secs_f64() * 1e3,
                planned.as_secs_f64() / yardstick.as_secs_f64(),
                yardstick.as_secs_f64() * 1e3,
            );
        }
    }
}
