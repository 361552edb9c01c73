//! Faults injected into write transactions: exactly the acknowledged writes are stored.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use chrono::{DateTime, Utc};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use reelport::storage::{
    Backend, Database, Fault, Faults, StorageError, Transaction, TransactionStep, Unavailability,
    UserRow,
};
use tokio::sync::Notify;

use crate::support::database::{self, TestDatabase, execute};

/// The number of random sequences per database; `REELPORT_FAULT_SEQUENCES` overrides it.
fn sequences() -> u32 {
    let asked = std::env::var("REELPORT_FAULT_SEQUENCES").ok();
    asked.and_then(|text| text.parse().ok()).unwrap_or(200)
}

/// What the code within a transaction does.
#[derive(Debug, Clone, Copy)]
enum Body {
    Succeeds,
    Fails,
    Panics,
    Hangs,
    /// Succeeds although one of its statements failed.
    Ignores,
}

/// A write transaction of two rows, and the fault injected into it.
#[derive(Debug, Clone, Copy)]
struct Write {
    body: Body,
    fault: Option<(TransactionStep, Fault)>,
}

/// Failing statements, each with a different error.
const SQLITE: &[&str] = &[
    // The transaction can continue.
    "INSERT INTO users (id) VALUES (NULL)",
    // The database ends the transaction: by a trigger, or because it is full.
    "INSERT INTO rolls_back VALUES (1)",
    "PRAGMA max_page_count = 1; INSERT INTO storage_probe VALUES (9, zeroblob(1000000))",
];
const POSTGRES: &[&str] = &[
    // The transaction accepts no more statements.
    "SELECT 1 / 0",
    // The connection ends.
    "SELECT pg_terminate_backend(pg_backend_pid())",
];

fn step() -> impl Strategy<Value = TransactionStep> {
    prop_oneof![
        Just(TransactionStep::Begin),
        (0..4u64).prop_map(TransactionStep::Statement),
        Just(TransactionStep::Commit),
        Just(TransactionStep::Rollback),
    ]
}

fn write(failing: &'static [&'static str]) -> impl Strategy<Value = Write> {
    let body = prop_oneof![
        6 => Just(Body::Succeeds),
        2 => Just(Body::Fails),
        1 => Just(Body::Panics),
        1 => Just(Body::Hangs),
        2 => Just(Body::Ignores),
    ];
    let fault = prop_oneof![
        2 => Just(Fault::Lost),
        2 => Just(Fault::Unanswered),
        4 => prop::sample::select(failing).prop_map(Fault::Before),
        1 => Just(Fault::Hang),
    ];
    (body, prop::option::weighted(0.7, (step(), fault)))
        .prop_map(|(body, fault)| Write { body, fault })
}

/// Injects one fault, once.
#[derive(Debug, Default)]
struct FaultInjector {
    planned: Mutex<Option<(TransactionStep, Fault)>>,
    /// Notified when the transaction hangs.
    hangs: Arc<Notify>,
}

impl Faults for FaultInjector {
    fn at(&self, step: TransactionStep) -> Option<Fault> {
        let mut planned = self.planned.lock().unwrap();
        let (_, fault) = planned.take_if(|(at, _)| *at == step)?;
        if fault == Fault::Hang {
            self.hangs.notify_one();
        }
        Some(fault)
    }
}

fn row(name: &str) -> UserRow {
    UserRow {
        id: name.to_owned(),
        email: name.to_owned(),
        password_hash: String::new(),
        role: "USER".to_owned(),
        name: String::new(),
        is_disabled: false,
        version: 1,
        tokens_since: None,
        created_at: DateTime::<Utc>::UNIX_EPOCH,
        updated_at: DateTime::<Utc>::UNIX_EPOCH,
    }
}

async fn body(
    transaction: Arc<Transaction>,
    names: [String; 2],
    body: Body,
    hangs: Arc<Notify>,
) -> Result<(), StorageError> {
    transaction.create_user(row(&names[0])).await?;
    match body {
        Body::Panics => panic!("a panic that is part of the test"),
        Body::Hangs => {
            hangs.notify_one();
            std::future::pending::<()>().await;
        }
        Body::Ignores => {
            let _ = transaction.create_user(row(&names[1])).await;
            return Ok(());
        }
        Body::Succeeds | Body::Fails => {}
    }
    transaction.create_user(row(&names[1])).await?;
    match body {
        Body::Fails => Err(StorageError::Escaped),
        _ => Ok(()),
    }
}

/// What the caller of a write knows about its result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Done,
    NotDone,
    /// The commit was not confirmed.
    Nothing,
}

async fn run(
    database: &Database,
    faults: &FaultInjector,
    write: Write,
    names: [String; 2],
) -> Outcome {
    *faults.planned.lock().unwrap() = write.fault;
    let (database, hangs) = (database.clone(), Arc::clone(&faults.hangs));
    let mut task = tokio::spawn(async move {
        let attempt = |transaction| body(transaction, names.clone(), write.body, hangs.clone());
        database.write(attempt).await
    });
    let ended = tokio::select! {
        ended = &mut task => ended,
        () = faults.hangs.notified() => {
            task.abort();
            task.await
        }
    };
    *faults.planned.lock().unwrap() = None;
    match ended {
        Ok(Ok(())) => Outcome::Done,
        Ok(Err(error)) if error.unavailability() == Some(Unavailability::Unconfirmed) => {
            Outcome::Nothing
        }
        // It failed, panicked, or was cancelled before its commit was sent.
        Ok(Err(_)) | Err(_) => Outcome::NotDone,
    }
}

struct Fixture {
    _kept: TestDatabase,
    database: Database,
    /// A second connection pool, like another process.
    other: Database,
    faults: Arc<FaultInjector>,
}

impl Fixture {
    async fn on(kept: TestDatabase) -> Self {
        let database = Database::connect(&kept.url, 4).await.unwrap();
        database.migrate().await.unwrap();
        let other = Database::connect(&kept.url, 2).await.unwrap();
        if database.backend() == Backend::Sqlite {
            execute(&kept.url, "CREATE TABLE rolls_back (x)").await;
            let trigger = "CREATE TRIGGER rolls_back BEFORE INSERT ON rolls_back \
                BEGIN SELECT RAISE(ROLLBACK, 'ended by a trigger'); END";
            execute(&kept.url, trigger).await;
        }
        let faults = Arc::new(FaultInjector::default());
        database.inject_faults(Arc::<FaultInjector>::clone(&faults));
        Self { _kept: kept, database, other, faults }
    }

    /// Runs the writes one after another and compares the stored rows with the results.
    async fn check(&self, writes: &[Write]) {
        let mut all = Vec::new();
        for (number, write) in writes.iter().enumerate() {
            let names = [format!("{number}-a@x"), format!("{number}-b@x")];
            let outcome = run(&self.database, &self.faults, *write, names.clone()).await;
            all.push((*write, names, outcome));
        }
        let stored: BTreeSet<String> =
            self.other.users().await.unwrap().into_iter().map(|user| user.email).collect();
        for (write, names, outcome) in &all {
            let there = names.each_ref().map(|name| stored.contains(name));
            let is_right = match outcome {
                Outcome::Done => there == [true, true],
                Outcome::NotDone => there == [false, false],
                Outcome::Nothing => there[0] == there[1],
            };
            assert!(is_right, "{write:?}: {outcome:?} and stored are {there:?}");
        }
        // The database is not locked, and the writer's next transaction is a new one.
        for database in [&self.other, &self.database] {
            let clear = |transaction: Arc<Transaction>| {
                let stored = stored.clone();
                async move {
                    for email in &stored {
                        transaction.delete_user(email, DateTime::UNIX_EPOCH).await?;
                    }
                    transaction.create_user(row("last@x")).await?;
                    transaction.delete_user("last@x", DateTime::UNIX_EPOCH).await?;
                    Ok::<_, StorageError>(())
                }
            };
            database.write(clear).await.unwrap();
        }
        assert!(self.other.users().await.unwrap().is_empty());
    }
}

fn check(database: impl Future<Output = TestDatabase>, failing: &'static [&'static str]) {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let fixture = runtime.block_on(async { Fixture::on(database.await).await });
    let config = Config { cases: sequences(), failure_persistence: None, ..Config::default() };
    let strategy = prop::collection::vec(write(failing), 1..6);
    TestRunner::new(config)
        .run(&strategy, |writes| {
            let checked = std::panic::AssertUnwindSafe(|| {
                runtime.block_on(fixture.check(&writes));
            });
            std::panic::catch_unwind(checked).map_err(|panic| {
                let text = panic.downcast_ref::<String>().cloned();
                TestCaseError::fail(text.unwrap_or_else(|| "not all is deleted".to_owned()))
            })
        })
        .unwrap();
}

#[test]
fn sqlite_stores_exactly_the_acknowledged_writes() {
    check(async { database::sqlite() }, SQLITE);
}

#[test]
fn postgres_stores_exactly_the_acknowledged_writes() {
    check(database::postgres(), POSTGRES);
}
