//! Guarantees of the storage layer that no client test covers: drafts and contributions, locks, the
//! import log, idempotency keys, and revisions.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use reelport::document::schema::entities::{EntityKind, NewEntity};
use reelport::document::text::sha256;
use reelport::document::{Category, Metadata, MovieId, Source, Stage};
use reelport::storage::{
    AuditFilter, AuditRow, Database, DraftEnd, DraftFilter, ImportFilter, ImportRow,
    NewContribution, NewIdempotencyKey, NewImport, PageRequest, SentText, StorageError, TextLimits,
    Transaction,
};
use serde_json::json;

use crate::on_both_databases;
use crate::support::database::{rows, try_execute};

fn id(text: &str) -> MovieId {
    text.parse().unwrap()
}

fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_700_000_000 + second, 123_456_000).unwrap()
}

fn contribution(
    movie: &str,
    number: i64,
    first: i64,
    who: &str,
    source: Source,
) -> NewContribution {
    NewContribution {
        movie: id(movie),
        category: Category::Trivia,
        metadata: Metadata {
            revision: 3,
            draft_revision: Some(number),
            source,
            last_updated: Some(at(number)),
            updated_by: Some(who.to_owned()),
        },
        body: json!({ "items": [number] }).to_string(),
        touched: vec![format!("item-{number}"), "/title".to_owned()],
        provisional_entities: vec![NewEntity {
            kind: EntityKind::Genre,
            id: "genre-1".to_owned(),
            name: "Sea \"film\"".to_owned(),
        }],
        resolutions: Vec::new(),
        first_contribution: first,
    }
}

fn record(number: i64, movie: &str) -> NewImport {
    NewImport {
        row: ImportRow {
            id: format!("0{number}"),
            movie: id(movie),
            category: (number > 1).then_some(Category::Awards),
            operation: "import".to_owned(),
            stage: Stage::Draft,
            created_at: at(number),
            author: format!("author-{}", number % 2),
            account: "account".to_owned(),
            source: Some(Source::LlmGenerated),
            status: "rejected".to_owned(),
            options: "{}".to_owned(),
            report: None,
            problems: "[]".to_owned(),
            revision: None,
            draft_revision: Some(number),
            text_hash: (number == 2).then(|| sha256(b"a\0b")),
            text_size: (number == 2).then_some(3),
        },
        document: (number == 2).then(|| SentText { text: "a\0b".to_owned(), is_kept: true }),
    }
}

/// An entry of the audit log.
fn audit_row(id: &str) -> AuditRow {
    AuditRow {
        id: id.to_owned(),
        at: at(0),
        account: None,
        email: None,
        credential: "NONE".to_owned(),
        credential_id: None,
        interface: "SERVICE".to_owned(),
        address: None,
        request_id: None,
        operation: "READ".to_owned(),
        target: None,
        category: None,
        outcome: "FORBIDDEN".to_owned(),
        code: None,
        detail: None,
        count: 1,
        import_id: None,
    }
}

async fn write<T, R: Future<Output = Result<T, StorageError>>>(
    database: &Database,
    body: impl Fn(std::sync::Arc<Transaction>) -> R,
) -> T {
    database.write(body).await.unwrap()
}

async fn contribute(database: &Database, new: &[NewContribution]) {
    write(database, |transaction| async move { transaction.store_contributions(new, at(0)).await })
        .await;
}

/// The first page of a list.
const fn start<P>(limit: u64) -> PageRequest<P> {
    PageRequest { from: None, limit, backward: false }
}

on_both_databases! {
    async fn a_transaction_whose_deferred_write_fails_writes_nothing(app: TestApp) {
        let database = app.app.catalog.database();
        let (imports, audit) = (rows(&app.database.url, "imports").await, AuditFilter::default());
        let entries = database.count_audit_entries(&audit).await.unwrap();
        // Neither fails before the commit.
        let failed: Result<(), StorageError> = database
            .write_once(|transaction| async move {
                transaction.record_imports(&[record(1, "m")], TextLimits::default()).await?;
                transaction.record_audit_entries(&[audit_row("a\0b")]).await
            })
            .await;
        assert!(failed.is_err());
        // The second write to a table runs the first.
        let failed: Result<(), StorageError> = database
            .write_once(|transaction| async move {
                transaction.record_imports(&[record(1, "m")], TextLimits::default()).await?;
                transaction.record_audit_entries(&[audit_row("a")]).await?;
                transaction.record_audit_entries(&[audit_row("a")]).await
            })
            .await;
        assert!(failed.is_err());
        assert_eq!(rows(&app.database.url, "imports").await, imports);
        assert_eq!(database.count_audit_entries(&audit).await.unwrap(), entries);
    }

    async fn a_transaction_reads_what_it_has_deferred(app: TestApp) {
        let database = app.app.catalog.database();
        let read = write(database, |transaction| async move {
            transaction.record_imports(&[record(1, "m")], TextLimits::default()).await?;
            transaction.import_record("01").await
        });
        assert_eq!(read.await.unwrap(), record(1, "m").row);
    }

    async fn a_draft_shows_its_newest_contribution_until_it_is_closed(app: TestApp) {
        app.movie("m").await;
        let database = app.app.catalog.database();
        let (movie, trivia) = (id("m"), Category::Trivia);
        contribute(database, &[contribution("m", 1, 1, "a", Source::LlmGenerated)]).await;
        contribute(database, &[contribution("m", 2, 1, "b", Source::Manual)]).await;
        let drafts = database.drafts(&[&movie], Category::ALL).await.unwrap();
        assert_eq!((drafts.len(), drafts[0].body.as_str()), (1, "{\"items\":[2]}"));
        let draft = &drafts[0];
        assert_eq!(
            (draft.opened_by.as_str(), draft.opened_at, draft.first_contribution),
            ("a", at(0), 1)
        );
        assert_eq!(draft.metadata, contribution("m", 2, 1, "b", Source::Manual).metadata);
        assert_eq!(database.drafts(&[&movie], &[Category::Media]).await.unwrap().len(), 0);

        write(database, |transaction| async move {
            let (movie, all) = (id("m"), Category::ALL);
            let end = |revision| DraftEnd::Published(Some(revision));
            let found = transaction.contributions(&movie, trivia, 1).await?;
            assert_eq!(
                found.iter().map(|of| of.metadata.draft_revision).collect::<Vec<_>>(),
                [Some(1), Some(2)]
            );
            let stored = contribution("m", 2, 1, "b", Source::Manual);
            assert_eq!(found[1].provisional_entities, stored.provisional_entities);
            assert!(transaction.close_draft(&movie, trivia, end(4), "d", at(8)).await?);
            assert!(!transaction.close_draft(&movie, trivia, end(5), "d", at(8)).await?);
            assert_eq!(transaction.drafts(&[&movie], all).await?.len(), 0);
            assert_eq!(
                transaction.last_draft_revisions(&[&movie], all).await?[&(movie.clone(), trivia)],
                2
            );
            transaction
                .store_contributions(&[contribution("m", 3, 3, "c", Source::Tmdb)], at(9))
                .await?;
            let first = transaction.contribution(&movie, trivia, 1).await?.unwrap();
            assert_eq!(
                (first.published_as, first.touched.as_slice()),
                (Some(4), ["item-1".to_owned(), "/title".to_owned()].as_slice())
            );
            assert!(transaction.contribution(&movie, trivia, 4).await?.is_none());
            Ok(())
        })
        .await;
        let reopened = &database.drafts_of(&[&movie]).await.unwrap()[0];
        assert_eq!((reopened.opened_by.as_str(), reopened.opened_at), ("c", at(9)));
        let open = database.contributions_of(&[(movie.clone(), trivia)]).await.unwrap();
        assert_eq!(open.iter().map(|of| of.metadata.draft_revision).collect::<Vec<_>>(), [Some(3)]);
        let published = database.published_contributions(&movie, trivia, &[4, 5]).await.unwrap();
        assert_eq!(
            published.iter().map(|of| of.metadata.draft_revision).collect::<Vec<_>>(),
            [Some(1), Some(2)]
        );
    }

    async fn the_review_queue_is_paged_from_the_oldest(app: TestApp) {
        let database = app.app.catalog.database();
        for (movie, number) in [("m-1", 5), ("m-2", 1), ("m-3", 5), ("m-4", 2)] {
            app.movie(movie).await;
            contribute(
                database,
                &[contribution(movie, number - 1, number - 1, "first", Source::Tmdb)],
            )
            .await;
            contribute(
                database,
                &[contribution(movie, number, number - 1, "last", Source::Manual)],
            )
            .await;
        }
        let mut after = None;
        let mut seen = Vec::new();
        loop {
            let page = PageRequest { from: after, limit: 1, backward: false };
            let page = database.draft_page(&DraftFilter::default(), &page).await.unwrap();
            seen.extend(page.drafts.iter().map(|draft| draft.movie.to_string()));
            after = page.drafts.last().map(reelport::storage::DraftEntry::position);
            if !page.has_more {
                break;
            }
        }
        assert_eq!(seen, ["m-2", "m-4", "m-1", "m-3"]);
        let all = DraftFilter::default();
        for (filter, expected) in [
            (DraftFilter { movie: Some(id("m-1")), ..all.clone() }, 1),
            (DraftFilter { category: Some(Category::Trivia), ..all.clone() }, 4),
            (DraftFilter { category: Some(Category::Media), ..all.clone() }, 0),
            (DraftFilter { author: Some("first".to_owned()), ..all.clone() }, 4),
            (DraftFilter { author: Some("nobody".to_owned()), ..all.clone() }, 0),
            (
                DraftFilter {
                    source: Some(Source::Tmdb),
                    author: Some("first".to_owned()),
                    ..all.clone()
                },
                4,
            ),
            (
                DraftFilter {
                    source: Some(Source::Manual),
                    author: Some("first".to_owned()),
                    ..all.clone()
                },
                0,
            ),
            (DraftFilter { until: Some(at(5)), ..all.clone() }, 2),
            (DraftFilter { since: Some(at(5)), ..all.clone() }, 2),
        ] {
            assert_eq!(
                database.draft_page(&filter, &start(10)).await.unwrap().drafts.len(),
                expected,
                "{filter:?}"
            );
            assert_eq!(
                database.count_drafts(&filter).await.unwrap(),
                expected as u64,
                "{filter:?}"
            );
        }
    }

    async fn a_lock_keeps_its_first_author(app: TestApp) {
        app.movie("m").await;
        let database = app.app.catalog.database();
        let targets = ["/title".to_owned(), "item".to_owned()];
        write(database, |transaction| {
            let targets = targets.clone();
            async move {
                transaction
                    .add_editorial_locks(&id("m"), Category::BasicInfo, &targets[..1], "a", at(0))
                    .await?;
                transaction
                    .add_editorial_locks(&id("m"), Category::BasicInfo, &targets, "b", at(1))
                    .await?;
                transaction
                    .remove_editorial_locks(&id("m"), Category::BasicInfo, &["item-2".to_owned()])
                    .await
            }
        })
        .await;
        let locks = database.editorial_locks(&[&id("m"), &id("n")]).await.unwrap();
        let found = locks[&(id("m"), Category::BasicInfo)]
            .iter()
            .map(|lock| (lock.target.as_str(), lock.locked_by.as_str()));
        assert_eq!(found.collect::<Vec<_>>(), [("/title", "a"), ("item", "b")]);
        write(database, |transaction| async move {
            transaction
                .remove_editorial_locks(&id("m"), Category::BasicInfo, &["/title".to_owned()])
                .await?;
            assert_eq!(
                transaction.editorial_locks(&[&id("m")]).await?[&(id("m"), Category::BasicInfo)]
                    .len(),
                1
            );
            Ok(())
        })
        .await;
    }

    async fn log_entries_are_listed_newest_first_without_texts(app: TestApp) {
        let database = app.app.catalog.database();
        let records = [record(1, "m"), record(2, "gone"), record(3, "m")];
        write(database, |transaction| {
            let records = records.clone();
            async move { transaction.record_imports(&records, TextLimits::default()).await }
        })
        .await;
        let ids = |page: reelport::storage::ImportPage| {
            (page.records.into_iter().map(|row| row.id).collect::<Vec<_>>(), page.has_more)
        };
        let all = ImportFilter::default();
        let after_02 = PageRequest { from: Some("02".to_owned()), ..start(2) };
        assert_eq!(
            ids(database.import_page(&all, &start(2)).await.unwrap()),
            (vec!["03".to_owned(), "02".to_owned()], true)
        );
        assert_eq!(
            ids(database.import_page(&all, &after_02).await.unwrap()),
            (vec!["01".to_owned()], false)
        );
        for (filter, expected) in [
            (ImportFilter { movie: Some(id("m")), ..all.clone() }, vec!["03", "01"]),
            (ImportFilter { category: Some(Category::Awards), ..all.clone() }, vec!["03", "02"]),
            (ImportFilter { status: Some("published".to_owned()), ..all.clone() }, vec![]),
            (ImportFilter { author: Some("author-0".to_owned()), ..all.clone() }, vec!["02"]),
            (ImportFilter { source: Some(Source::Tmdb), ..all.clone() }, vec![]),
            (
                ImportFilter {
                    operation: Some("import".to_owned()),
                    since: Some(at(2)),
                    until: Some(at(3)),
                    ..all.clone()
                },
                vec!["02"],
            ),
        ] {
            assert_eq!(
                ids(database.import_page(&filter, &start(9)).await.unwrap()).0,
                expected,
                "{filter:?}"
            );
        }
        let ids = ["02", "04"].map(str::to_owned);
        assert_eq!(database.import_records(&ids).await.unwrap(), [records[1].row.clone()]);
        let texts = database.import_documents(&["01".to_owned(), "02".to_owned()]).await.unwrap();
        assert_eq!(texts.into_iter().collect::<Vec<_>>(), [("02".to_owned(), "a\0b".to_owned())]);
    }

    async fn an_idempotency_key_is_kept_until_it_expires(app: TestApp) {
        let database = app.app.catalog.database();
        let store_key = |import_id: &'static str, second: i64, before: i64| async move {
            let new = NewIdempotencyKey {
                account: "a",
                operation: "import",
                key: "k",
                hash: "h",
                import_id,
                now: at(second),
            };
            database
                .write(|transaction| async move {
                    transaction.store_idempotency_key(&new, at(before)).await
                })
                .await
        };
        let find_key = |account: &'static str, not_before: i64| async move {
            let found = write(database, |transaction| async move {
                transaction.used_idempotency_key(account, "import", "k", at(not_before)).await
            })
            .await;
            found.map(|found| found.import_id)
        };
        store_key("01", 10, 0).await.unwrap();
        assert_eq!(find_key("a", 10).await.as_deref(), Some("01"));
        assert_eq!((find_key("a", 11).await, find_key("b", 0).await), (None, None));
        store_key("02", 30, 20).await.unwrap();
        assert_eq!(find_key("a", 0).await.as_deref(), Some("02"));
    }

    async fn revisions_are_listed_newest_first(app: TestApp) {
        let admin = app.movie("m").await;
        for number in 2..=5 {
            admin.import("m", "basic_info", json!({ "tagline": format!("Line {number}") })).await;
        }
        let database = app.app.catalog.database();
        let revisions = |before: Option<i64>, limit: u64| async move {
            let found =
                database.revisions(&id("m"), Category::BasicInfo, before, limit).await.unwrap();
            found.iter().map(|state| state.metadata.revision).collect::<Vec<_>>()
        };
        assert_eq!(revisions(None, 10).await, [5, 4, 3, 2, 1]);
        assert_eq!(revisions(None, 1).await, [5]);
        assert_eq!(revisions(Some(5), 2).await, [4, 3]);
        assert_eq!(revisions(Some(100), 2).await, [5, 4]);
        assert_eq!(revisions(Some(1), 2).await, [0_i64; 0]);
        let keys: Vec<_> =
            (0..250).map(|number| ((id("m"), Category::BasicInfo), number)).collect();
        let states = database.states(&keys).await.unwrap();
        let found: BTreeSet<_> = states
            .iter()
            .map(|state| (state.metadata.revision, state.body.contains("Line 5")))
            .collect();
        assert_eq!(
            found.into_iter().collect::<Vec<_>>(),
            [(1, false), (2, false), (3, false), (4, false), (5, true)]
        );
    }

    async fn the_database_archives_superseded_revisions(app: TestApp) {
        let admin = app.movie("m").await;
        admin.import("m", "basic_info", json!({ "title": "First" })).await;
        let url = &app.database.url;
        let write = |revision: i64, title: &str| {
            let statement = format!(
                "UPDATE documents SET revision = {revision}, body = '{{\"title\":\"{title}\"}}' WHERE movie_id = 'm' AND category = 'basic_info'"
            );
            async move { try_execute(url, &statement).await }
        };
        let now = rows(url, "documents").await[0]["revision"].as_i64().unwrap();
        // An update based on an older revision, or on none, is not stored over the newer one.
        for stale in [1, now - 1, now, now + 2] {
            assert!(
                write(stale, "Stale").await.unwrap_err().contains("not the successor"),
                "{stale}"
            );
        }
        write(now + 1, "Second").await.unwrap();
        let (movie, info) = (id("m"), Category::BasicInfo);
        let states = app.app.catalog.database().documents(&[&movie], &[info]).await.unwrap();
        assert_eq!(
            (states[0].metadata.revision, states[0].body.as_str()),
            (now + 1, "{\"title\":\"Second\"}")
        );
        let kept = rows(url, "revisions").await;
        let newest = kept.iter().find(|row| row["revision"] == now).unwrap();
        assert!(newest["body"].as_str().unwrap().contains("First"), "{newest}");
    }

    async fn drafts_and_locks_are_deleted_with_their_movie(app: TestApp) {
        let admin = app.movie("m").await;
        let database = app.app.catalog.database();
        contribute(database, &[contribution("m", 1, 1, "a", Source::Manual)]).await;
        write(database, |transaction| async move {
            transaction
                .add_editorial_locks(&id("m"), Category::Trivia, &["item".to_owned()], "a", at(0))
                .await
        })
        .await;
        let query = "mutation { deleteMovie(input: {id: \"m\"}) { deletedMovieId } }";
        assert_eq!(
            admin.graphql(query, json!({})).await["data"]["deleteMovie"]["deletedMovieId"],
            "m"
        );
        for (table, rows) in
            crate::support::database::dump(&app.database.url, &["drafts", "contributions", "locks"])
                .await
        {
            assert_eq!(rows, [""; 0], "{table}");
        }
    }
}

#[tokio::test]
async fn a_folder_that_cannot_be_created_is_named() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("file");
    std::fs::write(&file, "").unwrap();
    let folder = file.join("folder");
    let url = format!("sqlite://{}/reelport.db", folder.display());
    let failed = Database::connect(&url, 1).await.unwrap_err().to_string();
    let expected = format!("the folder {} of the database cannot be created", folder.display());
    assert!(failed.starts_with(&expected), "{failed}");
}
