//! Mutated documents through all readers: no panic, no hang, and no value that breaks the round
//! trip.
//!
//! Runs for `REELPORT_FUZZ_SECONDS` seconds, one by default (`make fuzz`: ten minutes). A failure
//! prints its seed; set `REELPORT_FUZZ_SEED` to it to start with that document.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use reelport::document::Category;
use reelport::document::read::envelope::{self, Expected};
use reelport::document::read::lenient;
use serde_json::Value;

use crate::corpus;
use crate::support::damage::damaged;
use crate::support::pure::{ImportSettings, MERGE, REPLACE, World};
use crate::support::{envelope as wrap, fixtures};

/// Fragments that mutations insert.
const WORDS: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "'",
    "\\",
    "\\u",
    "\\ud83d",
    "//",
    "/*",
    "*/",
    "#",
    "\n",
    "...",
    "…",
    "```",
    "null",
    "NaN",
    "None",
    "-1",
    "1e308",
    "0.1",
    "\"data\"",
    "\"id\"",
    "\"name\"",
    "\"\"",
    "\"N/A\"",
    "“",
    "”",
    "\u{feff}",
    "\u{0}",
    "[[[[[[[[",
    "{\"a\":",
    "true",
    "\"$3.99\"",
    "1999-13-01",
    "\"credit_id\": \"x\",",
    "🌊",
    "\u{202e}",
    "<think>",
    "</think>",
    "[/INST]",
    "<|channel|>analysis<|message|>",
    "<|channel|>final<|message|>",
    "\n```yaml\n",
    "\n```\n",
    "\"added\": ",
    "\"category\": ",
    "\"arguments\": ",
    "\"\"\"",
    "&quot;",
    "events = ",
];

/// The time limit for one document. It needs milliseconds, but the machine may be busy.
const TIME_LIMIT: Duration = Duration::from_secs(20);

struct Target {
    seeds: Vec<Vec<u8>>,
    worlds: HashMap<Category, World>,
}

impl Target {
    fn new() -> Self {
        let mut seeds: Vec<Vec<u8>> = corpus::files().into_iter().map(|(_, text)| text).collect();
        let mut worlds = HashMap::new();
        for (category, data) in fixtures::all_categories() {
            let world = World::with(category.parse().unwrap(), &data);
            seeds.push(wrap("m", category, world.export()).to_string().into_bytes());
            seeds.push(serde_json::to_vec_pretty(&wrap("m", category, data)).unwrap());
            worlds.insert(world.category, world);
        }
        Self { seeds, worlds }
    }

    /// The document for a seed.
    fn document(&self, seed: u64) -> Vec<u8> {
        let random = &mut StdRng::seed_from_u64(seed);
        let mut text = self.pick(random).to_vec();
        if random.random_ratio(1, 4)
            && let Ok(value) = serde_json::from_slice::<Value>(&text)
        {
            let choices: Vec<u8> =
                (0..random.random_range(1..100)).map(|_| random.random()).collect();
            text = damaged(&value, &choices).into_bytes();
        }
        for _ in 0..random.random_range(0..6) {
            self.mutate(&mut text, random);
        }
        text
    }

    fn pick(&self, random: &mut StdRng) -> &[u8] {
        &self.seeds[random.random_range(0..self.seeds.len())]
    }

    fn mutate(&self, text: &mut Vec<u8>, random: &mut StdRng) {
        let at = random.random_range(0..=text.len());
        let to = text.len().min(at + random.random_range(0..40));
        match random.random_range(0..9) {
            0 => text.truncate(at),
            1 => drop(text.drain(at..to)),
            2 => {
                let again = text[at..to].repeat(random.random_range(1..4));
                text.splice(at..at, again);
            }
            3 => {
                if let Some(byte) = text.get_mut(at) {
                    *byte = random.random();
                }
            }
            4 => {
                let other = self.pick(random);
                let from = random.random_range(0..=other.len());
                text.splice(at..to, other[from..].iter().copied());
            }
            5 => {
                let word = WORDS[random.random_range(0..WORDS.len())];
                text.splice(at..at, word.repeat(random.random_range(1..300)).into_bytes());
            }
            _ => {
                let word = WORDS[random.random_range(0..WORDS.len())];
                text.splice(at..to, word.bytes());
            }
        }
    }

    /// Reads a document completely, as an import does; returns whether there was something to plan.
    fn read(&self, text: &[u8]) -> bool {
        let Ok(read) = lenient::read(text) else { return false };
        // A list after a name, "cast = [", is read without the name the second time.
        if !read.value.is_array() {
            let again = lenient::read(read.value.to_string().as_bytes()).unwrap();
            assert_eq!((&again.value, again.warnings), (&read.value, vec![]));
        }
        let Ok(arrived) = envelope::read(read.value, Expected::default(), false) else {
            return false;
        };
        let world = &self.worlds[&arrived.category];
        for how in [
            MERGE,
            ImportSettings { base: Some(&world.data), ..MERGE },
            REPLACE,
            ImportSettings { base: Some(&world.data), ..REPLACE },
        ] {
            let mut world = world.clone();
            // A second import of the planned document changes nothing.
            if world.import(&arrived.data, how).is_ok() && how.base.is_none() {
                let again = world
                    .plan(&arrived.data, how)
                    .unwrap_or_else(|problems| panic!("{problems:#?}"));
                assert!(again.report.changes.is_empty(), "{:#?}", again.report.changes);
            }
        }
        true
    }
}

fn setting(name: &str) -> Option<u64> {
    std::env::var(name)
        .ok()
        .map(|value| value.parse().unwrap_or_else(|_| panic!("{name} is no number: {value}")))
}

#[test]
fn mutated_documents_are_read_or_refused() {
    let first = setting("REELPORT_FUZZ_SEED").unwrap_or_else(|| rand::rng().random::<u32>().into());
    let until = Instant::now() + Duration::from_secs(setting("REELPORT_FUZZ_SECONDS").unwrap_or(1));
    let seed = Arc::new(AtomicU64::new(first));
    let done = Arc::new(AtomicBool::new(false));
    let worker = std::thread::spawn({
        let (seed, done) = (Arc::clone(&seed), Arc::clone(&done));
        move || {
            let target = Target::new();
            let mut planned = 0_u64;
            let ran = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                loop {
                    planned +=
                        u64::from(target.read(&target.document(seed.load(Ordering::SeqCst))));
                    if Instant::now() > until {
                        break;
                    }
                    seed.fetch_add(1, Ordering::SeqCst);
                }
            }));
            done.store(true, Ordering::SeqCst);
            ran.is_ok().then_some(planned)
        }
    });
    let mut last = (first, Instant::now());
    while !done.load(Ordering::SeqCst) {
        std::thread::sleep(Duration::from_millis(20));
        let now = seed.load(Ordering::SeqCst);
        if now != last.0 {
            last = (now, Instant::now());
        }
        assert!(
            last.1.elapsed() < TIME_LIMIT,
            "it hangs; run it again with REELPORT_FUZZ_SEED={now}"
        );
    }
    let count = seed.load(Ordering::SeqCst) - first + 1;
    match worker.join() {
        Ok(Some(planned)) => {
            println!("{count} documents, {planned} of them read to a plan, from seed {first}");
        }
        _ => panic!("run it again with REELPORT_FUZZ_SEED={}", seed.load(Ordering::SeqCst)),
    }
}
