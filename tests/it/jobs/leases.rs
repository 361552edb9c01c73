//! Leases: one worker at a time works on a job, and one that lost its lease writes nothing.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use chrono::Utc;
use reelport::app::App;
use reelport::catalog::CatalogError;
use reelport::catalog::access::{Credential, Principal, Role};
use reelport::catalog::import::ImportOptions;
use reelport::catalog::jobs::{
    DraftAction, DraftSelection, NewDraftJob, NewImportJob, PublishDraftsOptions, StartedJob,
};
use reelport::document::proposal::ConflictPolicy;
use reelport::storage::{DraftFilter, JobCounts, JobEnd, JobProgress, JobState, Lease};
use serde_json::{Value, json};

use super::{documents, finished, job, outcomes, start, trivia};
use crate::on_both_databases;
use crate::support::TestApp;
use crate::support::database::{execute, rows};
use crate::support::packing::ndjson;

/// The worker that does not exist.
const WORKER: &str = "worker-of-a-test";
/// A lease that has expired when a worker looks for it.
pub const SHORT: Duration = Duration::from_millis(1);

/// The service without a worker, while no worker of another server can take a job, until
/// [`let_workers_go_on`].
pub async fn hold_workers(app: &TestApp) -> App {
    let idle = app.idle().await;
    let hold = if app.database.url.starts_with("sqlite") {
        format!(
            "CREATE TRIGGER hold BEFORE UPDATE OF lease_owner ON jobs
             WHEN NEW.lease_owner <> '{WORKER}' BEGIN SELECT RAISE(IGNORE); END"
        )
    } else {
        format!(
            "CREATE OR REPLACE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                 IF NEW.lease_owner <> '{WORKER}' THEN RETURN NULL; END IF;
                 RETURN NEW; END $$;
             CREATE TRIGGER hold BEFORE UPDATE OF lease_owner ON jobs
                 FOR EACH ROW EXECUTE FUNCTION hold()"
        )
    };
    execute(&app.database.url, &hold).await;
    idle
}

/// Workers can take jobs again.
pub async fn let_workers_go_on(app: &TestApp) {
    let table = if app.database.url.starts_with("sqlite") { "" } else { " ON jobs" };
    execute(&app.database.url, &format!("DROP TRIGGER hold{table}")).await;
}

/// Starts a job on a service without a worker. A worker of another server takes it after a while.
pub async fn queued(idle: &App, documents: &[Value]) -> String {
    queued_by(idle, &admin(), documents).await
}

/// Starts a job of an account on a service without a worker.
pub async fn queued_by(idle: &App, principal: &Principal, documents: &[Value]) -> String {
    let permission = principal.can_manage_jobs().unwrap();
    let file = Ok::<_, std::io::Error>(Bytes::from(ndjson(documents)));
    let stream = futures::stream::iter([file]);
    let stored = idle.catalog.receive_job_file(&permission, stream).await.unwrap();
    let options = ImportOptions::default().into();
    let new = NewImportJob { file: stored, file_name: None, options, key: None };
    let started = idle.catalog.start_import_job(&permission, new).await;
    self::started(started.unwrap())
}

/// Starts a job on a service without a worker that publishes all drafts.
pub async fn queued_drafts(idle: &App) -> String {
    let permission = admin().can_manage_jobs().unwrap();
    let options = PublishDraftsOptions {
        dry_run: false,
        on_conflict: ConflictPolicy::Fail,
        override_locks: false,
        only_additions: false,
    };
    let new = NewDraftJob {
        action: DraftAction::Publish(options),
        selection: DraftSelection::Matching(DraftFilter::default()),
        key: None,
    };
    started(idle.catalog.start_draft_job(&permission, new).await.unwrap())
}

/// The id of a job that was started.
pub fn started(started: StartedJob) -> String {
    match started {
        StartedJob::Started(job) => job.id,
        other => panic!("{other:?}"),
    }
}

/// The ADMIN of the tests.
pub fn admin() -> Principal {
    Principal {
        subject: "user-admin@example.com".to_owned(),
        email: "admin@example.com".to_owned(),
        role: Role::Admin,
        source: None,
        credential: Credential::default(),
        expires_at: None,
        origin: Arc::default(),
    }
}

/// Takes a job for a worker that does not exist.
pub async fn take(idle: &App, id: &str, time: Duration) -> Lease {
    let database = idle.catalog.database();
    let taken = database.write(|transaction| async move {
        let taken = transaction.take_job((id, 0), WORKER, time, Utc::now()).await?;
        Ok::<_, CatalogError>(taken)
    });
    taken.await.unwrap().unwrap().1
}

on_both_databases! {
    async fn a_worker_that_lost_its_lease_writes_nothing(app: TestApp) {
        let idle = hold_workers(&app).await;
        let id = queued(&idle, &documents(5)).await;
        let lease = take(&idle, &id, SHORT).await;
        let_workers_go_on(&app).await;
        // The worker of the server takes the job when the lease has expired, and finishes it.
        let done = finished(&app.admin(), &id).await;
        assert_eq!((&done["attempts"], &done["counts"]["published"]), (&json!(2), &json!(5)));
        let before = crate::support::database::dump_all(&app.database.url).await;
        let (database, lease) = (idle.catalog.database(), &lease);
        let progress = JobProgress {
            position: 9,
            file_position: 9,
            counts: JobCounts { published: 9, ..JobCounts::default() },
        };
        let (state, at) = (JobState::Failed, Utc::now());
        let end = JobEnd { total: Some(1), ..JobEnd::new(state, at) };
        let (progress, end) = (&progress, &end);
        let written = database.write(|transaction| async move {
            let written = [
                transaction.advance_job(lease, progress).await?,
                transaction.renew_lease(lease).await?,
                transaction.end_job(lease, end).await?,
            ];
            transaction.release_lease(lease).await?;
            Ok::<_, CatalogError>(written)
        });
        assert_eq!(written.await.unwrap(), [false; 3]);
        assert_eq!(crate::support::database::dump_all(&app.database.url).await, before);
        assert!(!database.lease_state(lease).await.unwrap().is_held);
    }

    async fn a_job_is_taken_once(app: TestApp) {
        let idle = hold_workers(&app).await;
        let id = queued(&idle, &documents(1)).await;
        let lease = take(&idle, &id, Duration::from_mins(1)).await;
        let_workers_go_on(&app).await;
        assert_eq!(lease.epoch, 1);
        let key = (id.as_str(), 0);
        for epoch in [0, 1] {
            let again = idle.catalog.database().write(|transaction| async move {
                let time = Duration::from_secs(1);
                Ok::<_, CatalogError>(
                    transaction.take_job((key.0, epoch), "another", time, Utc::now()).await?,
                )
            });
            assert_eq!(again.await.unwrap(), None, "{epoch}");
        }
        assert_eq!(idle.catalog.database().free_jobs().await.unwrap(), []);
    }

    async fn two_servers_work_on_a_job_once(app: TestApp) {
        const COUNT: usize = 600;
        let admin = app.admin();
        let replica = app.replica().await;
        let ids = [
            start(&admin, "", ndjson(&documents(COUNT))).await,
            start(&replica, "", ndjson(&documents(COUNT))).await,
        ];
        let mut total = BTreeMap::<String, i64>::new();
        for id in &ids {
            let done = finished(&replica, id).await;
            assert_eq!((&done["attempts"], &done["done"]), (&json!(1), &json!(COUNT)), "{done}");
            assert_eq!(outcomes(&admin, id, Value::Null).await.len(), COUNT);
            for (name, count) in done["counts"].as_object().unwrap() {
                *total.entry(name.clone()).or_default() += count.as_i64().unwrap();
            }
        }
        // The same documents were in both files.
        assert_eq!((total["published"], total["unchanged"]), (600, 600), "{total:?}");
        let documents = rows(&app.database.url, "documents").await;
        assert!(documents.iter().all(|row| row["revision"] == 1));
        app.assert_consistent().await;
    }

    async fn a_document_at_which_servers_end_again_and_again_is_left_out(app: TestApp) {
        let admin = app.admin();
        let idle = hold_workers(&app).await;
        let id = queued(&idle, &documents(4)).await;
        take(&idle, &id, SHORT).await;
        // As if the server had been killed four times at the second document.
        let url = &app.database.url;
        execute(url, "UPDATE jobs SET stalled = 4, position = 1, careful_until = 200").await;
        let_workers_go_on(&app).await;
        let done = finished(&admin, &id).await;
        assert_eq!(done["counts"]["rejected"], 1, "{done}");
        assert_eq!(outcomes(&admin, &id, Value::Null).await.len(), 3);
        let query = "query($id: ID!) { job(id: $id) { outcomes(outcomes: [REJECTED]) {
            nodes { movieId userErrors { message } } } } }";
        let found = admin.graphql(query, json!({ "id": id })).await;
        let found = &found["data"]["job"]["outcomes"]["nodes"][0];
        assert_eq!(found["movieId"], "m1");
        let message = found["userErrors"][0]["message"].as_str().unwrap();
        assert!(message.contains("ended 4 times while it imported this document"), "{message}");
    }

    async fn a_document_that_fails_its_batch_is_found(app: TestApp) {
        let admin = app.admin();
        let mut all = documents(40);
        all[17] = trivia("bad", "This one cannot be stored.");
        // The database refuses one movie.
        let refuse = if app.database.url.starts_with("sqlite") {
            "CREATE TRIGGER refuse BEFORE INSERT ON documents WHEN NEW.movie_id = 'bad'
             BEGIN SELECT RAISE(ABORT, 'refused by a test'); END"
        } else {
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                 IF NEW.movie_id = 'bad' THEN RAISE EXCEPTION 'refused by a test'; END IF;
                 RETURN NEW; END $$;
             CREATE TRIGGER refuse BEFORE INSERT ON documents
                 FOR EACH ROW EXECUTE FUNCTION refuse()"
        };
        execute(&app.database.url, refuse).await;
        let id = start(&admin, "", ndjson(&all)).await;
        let done = finished(&admin, &id).await;
        assert_eq!(done["state"], "completed", "{done}");
        assert_eq!((&done["counts"]["published"], &done["counts"]["rejected"]), (&json!(39), &json!(1)));
        assert_eq!(outcomes(&admin, &id, json!(["REJECTED"])).await, ["17 bad REJECTED"]);
        assert_eq!(job(&admin, &id).await["attempts"], 1);
    }
}
