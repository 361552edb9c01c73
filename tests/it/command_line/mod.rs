//! The command line, tested with the real binary.

mod archives;
mod backup;
mod files;
mod messages;
mod persisted_documents;
mod remote;
mod secrets;
mod texts;

use std::io::Read as _;
use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::Command;

use crate::on_both_databases;
use crate::support::command::{Ran, reelport, run};
use crate::support::database::{TABLES, dump};
use crate::support::packing::{gzipped, ndjson, zipped};
use crate::support::server::Server;
use crate::support::{Client, envelope, fixtures};

const SECRET: &str = "a secret for tests, of 32 bytes and more";

/// A folder for a database, for commands without a server.
struct Place {
    folder: TempDir,
}

impl Place {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    fn url(&self) -> String {
        format!("sqlite://{}", self.path("reelport.db"))
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        std::fs::write(self.path(name), content).unwrap();
        self.path(name)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        reelport(self.folder.path(), &self.url(), arguments)
    }

    async fn run(&self, arguments: &[&str]) -> Ran {
        run(self.command(arguments), b"").await
    }

    /// The exported documents, without the time of the export.
    async fn documents(&self) -> Vec<Value> {
        documents(&self.run(&["export"]).await.ok().stdout)
    }
}

fn documents(ndjson: &str) -> Vec<Value> {
    let read = |line: &str| {
        let mut document: Value = serde_json::from_str(line).unwrap();
        document.as_object_mut().unwrap().remove("exported_at").unwrap();
        document
    };
    ndjson.lines().map(read).collect()
}

/// The seven documents of a movie.
fn all_documents(movie: &str) -> Vec<Value> {
    fixtures::all_categories()
        .into_iter()
        .map(|(category, data)| envelope(movie, category, data))
        .collect()
}

fn one_line(ran: &Ran) -> &str {
    assert_eq!(ran.stderr.trim_end().lines().count(), 1, "{}", ran.stderr);
    ran.stderr.trim_end()
}

#[tokio::test]
async fn schema_prints_the_graphql_schema_without_a_database() {
    let place = Place::new();
    let ran = place.run(&["schema"]).await.ok();
    assert_eq!(ran.stdout, reelport::graphql::sdl());
    assert!(std::fs::read_dir(place.folder.path()).unwrap().next().is_none());
}

#[tokio::test]
async fn schema_json_prints_the_schema_of_a_category_in_either_spelling() {
    let place = Place::new();
    let one: Value =
        serde_json::from_str(&place.run(&["schema", "--json", "cast_crew"]).await.ok().stdout)
            .unwrap();
    let other: Value =
        serde_json::from_str(&place.run(&["schema", "--json", "cast-crew"]).await.ok().stdout)
            .unwrap();
    assert_eq!(one, other);
    assert_eq!(one["properties"]["category"]["const"], "cast_crew");
    let ran = place.run(&["schema", "--json", "plot"]).await;
    assert_eq!(ran.code, 2);
    assert!(
        one_line(&ran).contains("plot") && one_line(&ran).contains("timeline"),
        "{}",
        ran.stderr
    );
}

on_both_databases! {
    async fn accounts_can_be_created_listed_changed_and_deleted(app: TestApp) {
        let login = |password: String| {
            let client = app.anonymous();
            async move {
                let body = json!({ "email": "ada@example.com", "password": password });
                client.post("/api/v1/auth/login", &body).await.status
            }
        };
        let made = app
            .command(&["user", "create", "--email", "Ada@Example.com", "--role", "viewer"])
            .await
            .ok();
        let password = made
            .stdout
            .lines()
            .find_map(|line| line.strip_prefix("password: "))
            .unwrap()
            .to_owned();
        assert_eq!(login(password.clone()).await, 200);
        app.command(&[
            "user",
            "create",
            "--email",
            "bo@example.com",
            "--role",
            "ADMIN",
            "--password",
            "correct horse",
        ])
        .await
        .ok();
        let listed = app.command(&["user", "list"]).await.ok().stdout;
        assert_eq!(listed, "ada@example.com\tVIEWER\nbo@example.com\tADMIN\n");
        app.command(&["user", "set-role", "--email", "ada@example.com", "--role", "CONTRIBUTOR"])
            .await
            .ok();
        assert!(
            app.command(&["user", "list"])
                .await
                .ok()
                .stdout
                .contains("ada@example.com\tCONTRIBUTOR")
        );
        app.command(&[
            "user",
            "set-password",
            "--email",
            "ada@example.com",
            "--password",
            "battery staple",
        ])
        .await
        .ok();
        assert_eq!((login(password).await, login("battery staple".to_owned()).await), (401, 200));
        app.command(&["user", "delete", "--email", "ada@example.com"]).await.ok();
        assert_eq!(app.command(&["user", "list"]).await.ok().stdout, "bo@example.com\tADMIN\n");
        assert_eq!(login("battery staple".to_owned()).await, 401);
    }

    async fn an_invalid_account_is_a_one_line_error_with_status_2(app: TestApp) {
        app.command(&[
            "user",
            "create",
            "--email",
            "a@example.com",
            "--role",
            "ADMIN",
            "--password",
            "correct horse",
        ])
        .await
        .ok();
        let cases: [(&[&str], &str); 7] = [
            (
                &[
                    "user",
                    "create",
                    "--email",
                    "A@example.com",
                    "--role",
                    "ADMIN",
                    "--password",
                    "correct horse",
                ],
                "a@example.com",
            ),
            (
                &[
                    "user",
                    "create",
                    "--email",
                    "nobody",
                    "--role",
                    "ADMIN",
                    "--password",
                    "correct horse",
                ],
                "nobody",
            ),
            (
                &[
                    "user",
                    "create",
                    "--email",
                    "b@example.com",
                    "--role",
                    "KING",
                    "--password",
                    "correct horse",
                ],
                "VIEWER",
            ),
            (
                &[
                    "user",
                    "create",
                    "--email",
                    "b@example.com",
                    "--role",
                    "ADMIN",
                    "--password",
                    "hunt3r",
                ],
                "8 to",
            ),
            (&["user", "set-role", "--email", "b@example.com", "--role", "ADMIN"], "b@example.com"),
            (
                &[
                    "user",
                    "set-password",
                    "--email",
                    "b@example.com",
                    "--password",
                    "correct horse",
                ],
                "b@example.com",
            ),
            (&["user", "delete", "--email", "b@example.com"], "b@example.com"),
        ];
        for (arguments, named) in cases {
            let ran = app.command(arguments).await;
            assert_eq!(ran.code, 2, "{arguments:?}: {ran:?}");
            assert!(
                one_line(&ran).contains(named) && !ran.stderr.contains("hunt3r"),
                "{arguments:?}: {}",
                ran.stderr
            );
        }
        assert_eq!(app.command(&["user", "list"]).await.ok().stdout, "a@example.com\tADMIN\n");
    }

    async fn a_printed_token_is_valid_on_a_server_with_the_same_secret(app: TestApp) {
        app.command(&[
            "user",
            "create",
            "--email",
            "a@example.com",
            "--role",
            "VIEWER",
            "--password",
            "correct horse",
        ])
        .await
        .ok();
        let token = app
            .command(&["token", "--email", "a@example.com", "--jwt-secret", SECRET])
            .await
            .ok()
            .stdout;
        let client = app.anonymous().with_token(token.trim());
        let viewer = client.graphql("{ viewer { email role } }", json!({})).await;
        assert_eq!(viewer["data"]["viewer"], json!({ "email": "a@example.com", "role": "VIEWER" }));
        let ran =
            app.command(&["token", "--email", "no@example.com", "--jwt-secret", SECRET]).await;
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""));
        assert!(one_line(&ran).contains("no@example.com"));
    }

    async fn an_export_imported_elsewhere_is_exported_identically(app: TestApp) {
        app.full_movie("tmdb-1").await;
        app.movie("tmdb-2").await.import("tmdb-2", "cast-crew", fixtures::cast_crew()).await;
        let here = documents(&app.command(&["export"]).await.ok().stdout);
        assert_eq!(here.len(), 9);
        for format in ["ndjson", "zip"] {
            let place = Place::new();
            let file = place.path("catalogue");
            app.command(&["export", "--format", format, "-o", &file]).await.ok();
            let ran = place.run(&["import", &file]).await.ok();
            assert!(ran.stdout.starts_with("9 published, 0 unchanged, 0 failed"), "{}", ran.stdout);
            let there = place.documents().await;
            for (here, there) in here.iter().zip(&there) {
                for key in ["category", "movie_id", "version", "data"] {
                    assert_eq!(there[key], here[key], "{format}");
                }
            }
            let again = app.command(&["import", &file]).await.ok();
            assert!(
                again.stdout.starts_with("0 published, 9 unchanged, 0 failed"),
                "{}",
                again.stdout
            );
        }
    }

    async fn an_export_can_select_ids_and_a_category(app: TestApp) {
        app.seed(&[all_documents("a"), all_documents("b"), all_documents("c")].concat()).await;
        let keys = |ran: Ran| -> Vec<String> {
            let of = |document: &Value| {
                format!(
                    "{} {}",
                    document["movie_id"].as_str().unwrap(),
                    document["category"].as_str().unwrap()
                )
            };
            documents(&ran.ok().stdout).iter().map(of).collect()
        };
        assert_eq!(keys(app.command(&["export"]).await).len(), 21);
        assert_eq!(
            keys(app.command(&["export", "--ids", "a,c", "--category", "cast-crew"]).await),
            ["a cast_crew", "c cast_crew"]
        );
        assert_eq!(keys(app.command(&["export", "--ids", "b"]).await).len(), 7);
        app.movie("d").await;
        assert_eq!(
            keys(app.command(&["export", "--missing", "awards,trivia"]).await),
            ["d trivia", "d awards"]
        );
        assert_eq!(
            keys(
                app.command(&["export", "--missing", "media", "--category", "basic-info,media"])
                    .await
            ),
            ["d basic_info", "d media"]
        );
        let ran = app.command(&["export", "--ids", "a,no-such", "--category", "media"]).await;
        assert_eq!((ran.code, ran.stdout.lines().count()), (1, 1));
        assert!(ran.stderr.contains("no-such"), "{}", ran.stderr);
        for arguments in [["export", "--category", "plot"], ["export", "--ids", "a,../b"]] {
            let ran = app.command(&arguments).await;
            assert_eq!((ran.code, ran.stdout.as_str()), (2, ""));
            one_line(&ran);
        }
    }

    async fn repeated_and_concurrent_migrations_change_nothing(app: TestApp) {
        app.full_movie("m").await;
        let before = dump(&app.database.url, TABLES).await;
        let four = [(); 4].map(|()| app.command(&["migrate"]));
        let [a, b, c, d] = four;
        for ran in <[Ran; 4]>::from(tokio::join!(a, b, c, d)) {
            ran.ok();
        }
        assert_eq!(dump(&app.database.url, TABLES).await, before);
    }

    async fn reindex_restores_lost_projections(app: TestApp) {
        app.full_movie("m").await;
        app.movie("n")
            .await
            .import("n", "basic_info", json!({ "genres": ["Drama"], "year": "2001" }))
            .await;
        let before = dump(&app.database.url, TABLES).await;
        for statement in [
            "DELETE FROM credits",
            "DELETE FROM nominations",
            "DELETE FROM offers",
            "DELETE FROM movie_genres",
            "UPDATE movies SET title = NULL, title_key = '', search_text = '', year = 0, status = NULL",
        ] {
            crate::support::database::execute(&app.database.url, statement).await;
        }
        assert_ne!(dump(&app.database.url, TABLES).await, before);
        let ran = app.command(&["reindex"]).await.ok();
        assert_eq!(ran.stdout, "rebuilt from 8 documents\n");
        assert_eq!(dump(&app.database.url, TABLES).await, before);
    }

    async fn a_command_line_import_is_visible_to_a_running_server(app: TestApp) {
        app.seed(&all_documents("m")).await;
        let export = app.viewer().export("m", "timeline").await;
        assert_eq!(fixtures::facts(&export["data"]), fixtures::timeline());
        assert_eq!(export["metadata"]["updated_by"], "command line");
    }
}

#[tokio::test]
async fn concurrent_processes_can_migrate_a_new_database() {
    let place = Place::new();
    let [a, b, c, d] = [(); 4].map(|()| place.run(&["migrate"]));
    for ran in <[Ran; 4]>::from(tokio::join!(a, b, c, d)) {
        ran.ok();
    }
    assert_eq!(place.run(&["export"]).await.ok().stdout, "");
}

#[tokio::test]
async fn every_file_format_is_imported_plain_and_gzipped() {
    let envelopes = [all_documents("a"), all_documents("b")].concat();
    let pretty = format!("{:#}", envelopes[2]).into_bytes();
    let named: Vec<(String, Vec<u8>)> = envelopes
        .iter()
        .map(|envelope| {
            let (movie, category) =
                (envelope["movie_id"].as_str().unwrap(), envelope["category"].as_str().unwrap());
            (format!("{movie}/{category}.json"), format!("{envelope:#}").into_bytes())
        })
        .collect();
    let entries: Vec<(&str, Vec<u8>)> =
        named.iter().map(|(name, content)| (name.as_str(), content.clone())).collect();
    let with_others = [
        entries,
        vec![("README.txt", b"not JSON".to_vec()), ("__MACOSX/a.json", b"not JSON".to_vec())],
    ]
    .concat();
    let forms: [(&str, Vec<u8>, usize); 8] = [
        ("single.json", envelopes[2].to_string().into_bytes(), 1),
        ("pretty.json", pretty.clone(), 1),
        ("bom.json", [b"\xEF\xBB\xBF", pretty.as_slice()].concat(), 1),
        ("list.json", json!(envelopes).to_string().into_bytes(), 14),
        ("pretty-list.json", format!("{:#}", json!(envelopes)).into_bytes(), 14),
        ("lines.ndjson", ndjson(&envelopes), 14),
        ("spaced.ndjson", [b"\n \n".to_vec(), ndjson(&envelopes), b"\r\n\n".to_vec()].concat(), 14),
        ("archive.zip", zipped(&with_others), 14),
    ];
    for (name, content, count) in forms {
        let place = Place::new();
        let plain = place.write(name, &content);
        let ran = place.run(&["import", &plain]).await.ok();
        assert!(
            ran.stdout.starts_with(&format!("{count} published, 0 unchanged, 0 failed")),
            "{name}: {}",
            ran.stdout
        );
        let packed = place.write(&format!("{name}.gz"), gzipped(&content));
        let ran = place.run(&["import", &packed]).await.ok();
        assert!(
            ran.stdout.starts_with(&format!("0 published, {count} unchanged, 0 failed")),
            "{name}: {}",
            ran.stdout
        );
    }
}

#[tokio::test]
async fn files_and_standard_input_are_imported_together() {
    let place = Place::new();
    let file = place.write("a.json", envelope("a", "timeline", fixtures::timeline()).to_string());
    let input = gzipped(&ndjson(&[
        envelope("b", "trivia", fixtures::trivia()),
        envelope("a", "media", fixtures::media()),
    ]));
    let ran = run(place.command(&["import", &file, "-"]), &input).await.ok();
    assert!(ran.stdout.starts_with("3 published"), "{}", ran.stdout);
    let keys: Vec<_> =
        place.documents().await.iter().map(|document| document["movie_id"].clone()).collect();
    assert_eq!(keys, ["a", "a", "b"]);
}

#[tokio::test]
async fn invalid_documents_are_reported_and_the_others_are_imported() {
    let place = Place::new();
    let lines = [
        envelope("a", "timeline", fixtures::timeline()).to_string(),
        "{\"category\": \"timeline\", nonsense".to_owned(),
        envelope("a", "trivia", fixtures::trivia()).to_string(),
        envelope("b", "timeline", json!({ "events": [{ "date": "soon", "title": "A" }] }))
            .to_string(),
        envelope("../b", "timeline", json!({})).to_string(),
        envelope("a", "plot", json!({})).to_string(),
        envelope("c", "media", fixtures::media()).to_string(),
    ];
    let file = place.write("mixed.ndjson", lines.join("\n"));
    let errors = place.path("errors.ndjson");
    let ran = place.run(&["import", &file, "--errors", &errors]).await;
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stdout.starts_with("3 published, 0 unchanged, 4 failed"), "{}", ran.stdout);
    let messages: Vec<&str> = ran.stderr.lines().collect();
    assert_eq!(messages.len(), 4, "{}", ran.stderr);
    for (line, (number, reason)) in
        messages.iter().zip([(2, "JSON"), (4, "/events/0/date"), (5, "movie_id"), (6, "plot")])
    {
        assert!(line.starts_with(&format!("{file}:{number}: ")) && line.contains(reason), "{line}");
    }
    let kept: Vec<Value> = std::fs::read_to_string(&errors)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(kept.len(), 4);
    assert_eq!(kept[1]["place"], format!("{file}:4"));
    assert_eq!((&kept[1]["movie_id"], &kept[1]["category"]), (&json!("b"), &json!("timeline")));
    assert_eq!(kept[1]["errors"][0]["path"], "/events/0/date");
    assert_eq!(kept[1]["errors"][0]["code"], "INVALID");
    let movies: Vec<_> =
        place.documents().await.iter().map(|document| document["movie_id"].clone()).collect();
    assert_eq!(movies, ["a", "a", "c"]);
}

#[tokio::test]
async fn invalid_documents_in_lists_and_archives_are_reported_with_their_position() {
    let place = Place::new();
    let good = envelope("a", "timeline", fixtures::timeline());
    let bad = envelope("a", "trivia", json!({ "items": 1 }));
    let list = place.write("list.json", json!([good, bad, 7]).to_string());
    let ran = place.run(&["import", &list]).await;
    assert_eq!(ran.code, 1);
    let messages: Vec<&str> = ran.stderr.lines().collect();
    assert!(
        messages.len() == 2
            && messages[0].starts_with(&format!("{list}[1]: "))
            && messages[1].starts_with(&format!("{list}[2]: ")),
        "{messages:?}"
    );

    let entries = [
        ("x/good.json", good.to_string()),
        ("x/bad.json", bad.to_string()),
        ("x/all.ndjson", format!("{good}\n{bad}\n")),
    ];
    let archive =
        place.write("all.zip", zipped(&entries.map(|(name, text)| (name, text.into_bytes()))));
    let ran = place.run(&["import", &archive]).await;
    assert_eq!(ran.code, 1);
    let messages: Vec<&str> = ran.stderr.lines().collect();
    assert!(
        messages.len() == 2
            && messages[0].starts_with(&format!("{archive}:x/bad.json:1: "))
            && messages[1].starts_with(&format!("{archive}:x/all.ndjson:2: ")),
        "{messages:?}"
    );
}

#[tokio::test]
async fn a_truncated_file_is_reported_and_its_complete_documents_are_imported() {
    let place = Place::new();
    let text = ndjson(&all_documents("a"));
    let packed = gzipped(&text);
    let archive = zipped(&[("a.json", text.clone())]);
    let cut = [
        ("cut.ndjson", text[..text.len() - 20].to_vec()),
        ("cut.ndjson.gz", packed[..packed.len() - 12].to_vec()),
        ("cut.zip", archive[..archive.len() - 30].to_vec()),
        ("cut.json", format!("{:#}", all_documents("a")[0]).into_bytes()[..100].to_vec()),
        ("cut-list.json", json!(all_documents("a")).to_string().into_bytes()[..2000].to_vec()),
        ("empty.json", Vec::new()),
    ];
    for (name, content) in cut {
        let file = place.write(name, content);
        let ran = place.run(&["import", &file]).await;
        assert_eq!(ran.code, 1, "{name}: {ran:?}");
        assert!(
            ran.stderr.lines().count() == 1 && ran.stderr.starts_with(&file),
            "{name}: {}",
            ran.stderr
        );
    }
}

#[tokio::test]
async fn import_supports_the_options_of_the_other_interfaces() {
    let place = Place::new();
    let events = |titles: &[&str]| {
        let events: Vec<_> =
            titles.iter().map(|title| json!({ "date": "1999", "title": title })).collect();
        envelope("a", "timeline", json!({ "events": events })).to_string()
    };
    let (both, one) =
        (place.write("both.json", events(&["A", "B"])), place.write("one.json", events(&["B"])));
    place.run(&["import", &both, "--source", "tmdb"]).await.ok();
    assert_eq!(place.documents().await[0]["metadata"]["source"], "tmdb");
    place.run(&["import", &one]).await.ok();
    assert_eq!(place.documents().await[0]["data"]["events"].as_array().unwrap().len(), 2);
    let replaced = ["import", &one, "--mode", "replace", "--nulls", "clear"];
    let ran = place.run(&replaced).await;
    assert!(ran.code == 1 && ran.stderr.contains("--base-revision 1"), "{ran:?}");
    place.run(&[&replaced[..], &["--base-revision", "1"]].concat()).await.ok();
    assert_eq!(place.documents().await[0]["data"]["events"].as_array().unwrap().len(), 1);
    let odd =
        place.write("odd.json", envelope("a", "timeline", json!({ "no_such": 1 })).to_string());
    let ran = place.run(&["import", &odd]).await;
    assert!(ran.code == 1 && ran.stderr.contains("nothing in the data was understood"), "{ran:?}");
    let ran = place.run(&["import", &odd, "--strict"]).await;
    assert!(ran.code == 1 && ran.stderr.contains("/no_such"), "{ran:?}");
}

#[tokio::test]
async fn import_supports_base_revision_remove_items_and_on_conflict() {
    let place = Place::new();
    let info = |data: Value| envelope("a", "basic_info", data).to_string();
    let write = |name: &str, title: &str, tagline: &str| {
        place.write(name, info(json!({ "title": title, "tagline": tagline, "genres": ["Drama"] })))
    };
    let base = write("base.json", "Base", "Base.");
    place.run(&["import", &base]).await.ok();
    place.run(&["import", &write("theirs.json", "Theirs", "Base.")]).await.ok();
    let mine = write("mine.json", "Mine", "Mine.");
    // Compared with revision 1, the file changes both fields, and the title was changed since.
    let from_base = ["import", &mine, "--base-revision", "1"];
    let ran = place.run(&from_base).await;
    assert!(ran.code == 1 && ran.stderr.contains("/title"), "{ran:?}");
    let cases = [("keep_current", "Theirs", "Mine."), ("take_import", "Mine", "Mine.")];
    for (policy, title, tagline) in cases {
        let arguments = [&from_base[..], &["--on-conflict", policy]].concat();
        let planned = place.run(&[&arguments[..], &["--dry-run"]].concat()).await.ok();
        assert!(planned.stdout.contains("\n1 planned"), "{policy}: {}", planned.stdout);
        place.run(&arguments).await.ok();
        let data = &place.documents().await[0]["data"];
        assert_eq!(
            (&data["title"], &data["tagline"]),
            (&json!(title), &json!(tagline)),
            "{policy}"
        );
    }

    let items = json!({ "items": [{ "text": "One." }, { "text": "Two." }, { "text": "Three." }] });
    place
        .run(&["import", &place.write("items.json", envelope("a", "trivia", items).to_string())])
        .await
        .ok();
    let stored = place.documents().await.pop().unwrap();
    let id = |index: usize| stored["data"]["items"][index]["id"].as_str().unwrap();
    let nothing = place.write("nothing.json", envelope("a", "trivia", json!({})).to_string());
    place.run(&["import", &nothing, "--remove-items", &format!("{},{}", id(0), id(2))]).await.ok();
    assert_eq!(
        place.documents().await.pop().unwrap()["data"]["items"],
        json!([stored["data"]["items"][1]])
    );

    let draft = ["import", &base, "--target", "draft", "--source", "llm-generated"];
    let ran = place.run(&draft).await.ok();
    assert!(ran.stdout.starts_with("1 drafted, 0 unchanged, 0 failed"), "{}", ran.stdout);
    assert_eq!(place.documents().await[0]["data"]["title"], "Mine");
}

#[tokio::test]
async fn a_command_that_needs_a_database_does_not_create_one() {
    let place = Place::new();
    let secret = "a secret for tests, of 32 bytes and more";
    let cases: [&[&str]; 7] = [
        &["export"],
        &["export", "--ids", "a", "-o", "out.ndjson"],
        &["reindex"],
        &["token", "--email", "a@example.com"],
        &["token", "--email", "a@example.com", "--jwt-secret", secret],
        &["user", "list"],
        &["user", "delete", "--email", "a@example.com"],
    ];
    for arguments in cases {
        let ran = place.run(arguments).await;
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{arguments:?}: {ran:?}");
        let line = one_line(&ran);
        assert!(
            line.contains("REELPORT_DATABASE_URL: there is no database")
                && line.contains("reelport.db"),
            "{line}"
        );
        assert_eq!(std::fs::read_dir(place.folder.path()).unwrap().count(), 0, "{arguments:?}");
    }
    // `serve`, `import`, `migrate` and `user create` do create a database.
    place.run(&["user", "create", "--email", "a@example.com", "--role", "VIEWER"]).await.ok();
    assert_eq!(place.run(&["user", "list"]).await.ok().stdout, "a@example.com\tVIEWER\n");
    assert_eq!(place.run(&["export"]).await.ok().stdout, "");
}

#[tokio::test]
async fn an_import_that_cannot_start_is_a_one_line_error_with_status_2() {
    let place = Place::new();
    let file = place.write("a.json", envelope("a", "timeline", fixtures::timeline()).to_string());
    let (missing, folder) = (place.path("missing.json"), place.path(""));
    let cases: [(&[&str], &[&str]); 6] = [
        (&["import", &missing], &["missing.json"]),
        (&["import", &file, &missing], &["missing.json"]),
        (&["import", &folder], &["folder"]),
        (&["import", &file, "--mode", "overwrite"], &["--mode", "overwrite", "merge", "replace"]),
        (&["import", &file, "--source", "nobody"], &["--source", "nobody", "llm-generated"]),
        (&["import", &file, "--nulls", "drop"], &["--nulls", "drop", "keep", "clear"]),
    ];
    for (arguments, named) in cases {
        let ran = place.run(arguments).await;
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{arguments:?}: {ran:?}");
        let line = one_line(&ran);
        assert!(named.iter().all(|word| line.contains(word)), "{line}");
    }
    assert!(!Path::new(&place.path("reelport.db")).exists());
}

#[tokio::test]
async fn an_export_to_a_file_is_complete_or_absent() {
    let place = Place::new();
    place.run(&["import", &place.write("a.ndjson", ndjson(&all_documents("a")))]).await.ok();
    let file = place.write("out.zip", "what was there before");
    place.run(&["export", "--format", "zip", "-o", &file]).await.ok();
    let mut archive = zip::ZipArchive::new(std::fs::File::open(&file).unwrap()).unwrap();
    // The documents and the manifest.
    assert_eq!(archive.len(), 8);
    let mut text = String::new();
    archive.by_name("a/cast-crew.json").unwrap().read_to_string(&mut text).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&text).unwrap()["category"], "cast_crew");
    let ran = place.run(&["export", "-o", &place.path("no/such/folder/out")]).await;
    assert_eq!(ran.code, 2, "{ran:?}");
    let left: Vec<_> = std::fs::read_dir(place.folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert!(
        left.iter().all(|name| !name.to_string_lossy().starts_with(".reelport-export")),
        "{left:?}"
    );
}

#[tokio::test]
async fn an_invalid_configuration_value_is_a_one_line_error() {
    let place = Place::new();
    let cases = [
        ("REELPORT_DATABASE_URL", "mysql://root:hunter2@localhost/x", "mysql", "sqlite://"),
        ("REELPORT_DATABASE_URL", "sqlite::memory:", "memory", "sqlite://"),
        ("REELPORT_DATABASE_CONNECTIONS", "many", "many", "1 to 1000"),
        ("REELPORT_IMPORT_TEXTS", "0", "0", "1 to 1000000"),
        ("REELPORT_LISTEN", "nowhere", "nowhere", "127.0.0.1:8000"),
        ("REELPORT_LISTEN", "127.0.0.1:99999", "99999", "127.0.0.1:8000"),
        ("REELPORT_JWT_SECRET", "hunter2", "7 bytes", "32 bytes"),
        ("REELPORT_JWT_ISSUER", "", "\"\"", "1 to 255 visible ASCII"),
        ("REELPORT_JWT_ISSUER", "two words", "two words", "1 to 255 visible ASCII"),
        ("REELPORT_JWT_AUDIENCE", "café", "café", "1 to 255 visible ASCII"),
        (
            "REELPORT_JWT_AUDIENCE",
            "movies/refresh",
            "movies/refresh",
            "not end in /refresh or /log-in",
        ),
        ("REELPORT_ADMIN_EMAIL", "nobody", "nobody", "admin@example.com"),
        ("REELPORT_ADMIN_PASSWORD", "hunter2", "7 characters", "8 to"),
        ("REELPORT_READ_ONLY", "maybe", "maybe", "true, false, 1, 0, yes or no"),
        (
            "REELPORT_CORS_ORIGINS",
            "https://app.example.com/",
            "app.example.com/",
            "https://app.example.com, without a path",
        ),
        ("REELPORT_CORS_ORIGINS", "app.example.com", "app.example.com", "http or https"),
        ("REELPORT_CORS_ORIGINS", "https://u:hunter2@a.example", "a user name", "http or https"),
        ("REELPORT_GRAPHQL_COST", "999", "999", "1000 to 10000000"),
        ("REELPORT_GRAPHQL_FIELDS", "lots", "lots", "10000 to 10000000"),
        ("REELPORT_GRAPHQL_DEPTH", "14", "14", "15 to 100"),
        ("REELPORT_GRAPHQL_TIME", "0", "0", "1 to 3600"),
        ("REELPORT_DEMO", "2", "2", "true, false, 1, 0, yes or no"),
        ("REELPORT_LOG", "loud=loudest", "loudest", "debug"),
    ];
    for (variable, value, found, allowed) in cases {
        let mut command = place.command(&["serve", "--listen", "127.0.0.1:0"]);
        if variable == "REELPORT_LISTEN" {
            command = place.command(&["serve"]);
        }
        command.env(variable, value);
        let ran = run(command, b"").await;
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{variable}: {ran:?}");
        let line = one_line(&ran);
        assert!([variable, found, allowed].iter().all(|part| line.contains(part)), "{line}");
        assert!(!line.contains("hunter2"), "{line}");
    }
    assert!(std::fs::read_dir(place.folder.path()).unwrap().next().is_none());
}

#[tokio::test]
async fn with_postgresql_the_secret_must_be_configured() {
    let place = Place::new();
    let ran = run(
        reelport(
            place.folder.path(),
            "postgres://u:hunter2@127.0.0.1:1/x",
            &["serve", "--listen", "127.0.0.1:0"],
        ),
        b"",
    )
    .await;
    assert_eq!(ran.code, 2);
    assert!(
        one_line(&ran).contains("REELPORT_JWT_SECRET") && !ran.stderr.contains("hunter2"),
        "{}",
        ran.stderr
    );
}

#[tokio::test]
async fn an_unreachable_database_is_reported_without_its_password() {
    let place = Place::new();
    let url =
        crate::support::database::server().replace("postgres@", "postgres:hunter2@") + "_no_such";
    let ran = run(reelport(place.folder.path(), &url, &["migrate"]), b"").await;
    assert_eq!(ran.code, 2);
    assert!(
        one_line(&ran).contains("no_such") && !ran.stderr.contains("hunter2"),
        "{}",
        ran.stderr
    );
}

#[tokio::test]
async fn help_does_not_show_secrets_from_the_environment() {
    let place = Place::new();
    let mut command = place.command(&["serve", "--help"]);
    command
        .env("REELPORT_JWT_SECRET", "hunter2 hunter2 hunter2 hunter2 hunter2")
        .env("REELPORT_ADMIN_PASSWORD", "hunter2hunter2");
    command.env("REELPORT_DATABASE_URL", "postgres://u:hunter2@host/x");
    let ran = run(command, b"").await.ok();
    assert!(
        ran.stdout.contains("REELPORT_JWT_SECRET") && !ran.stdout.contains("hunter2"),
        "{}",
        ran.stdout
    );
}

fn serve(folder: &Path, arguments: &[&str]) -> Command {
    let mut command =
        reelport(folder, "", &[&["serve", "--listen", "127.0.0.1:0"], arguments].concat());
    // Without configuration, the database has its default path.
    command.env_remove("REELPORT_DATABASE_URL");
    command
}

fn value_of(printed: &[String], name: &str) -> Option<String> {
    let line = printed.iter().find_map(|line| line.trim_start().strip_prefix(name))?;
    line.split_whitespace().next().map(str::to_owned)
}

async fn log_in(client: &Client, email: &str, password: &str) -> Client {
    let reply =
        client.post("/api/v1/auth/login", &json!({ "email": email, "password": password })).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    client.clone().with_token(reply.json()["access_token"].as_str().unwrap())
}

#[tokio::test]
async fn the_first_start_creates_a_secret_and_a_password_that_are_kept() {
    let place = Place::new();
    let server = Server::start(serve(place.folder.path(), &[])).await;
    let client = server.client.clone();
    let printed = server.stop().await;
    let (email, password) =
        (value_of(&printed, "Account").unwrap(), value_of(&printed, "Password").unwrap());
    let mut kept = Vec::new();
    for name in ["jwt-secret", "admin-password"] {
        let path = place.folder.path().join("data").join(name);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(
                std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
                0o600,
                "{name}"
            );
        }
        kept.push(std::fs::read_to_string(&path).unwrap());
    }
    assert_eq!(kept[1].trim(), password);
    assert!(kept[0].trim().len() >= 32 && !printed.concat().contains(kept[0].trim()));
    drop(client);

    let server = Server::start(serve(place.folder.path(), &[])).await;
    let admin = log_in(&server.client, &email, &password).await;
    let viewer = admin.graphql("{ viewer { role } movies { totalCount } }", json!({})).await;
    assert_eq!(
        viewer["data"],
        json!({ "viewer": { "role": "ADMIN" }, "movies": { "totalCount": 0 } })
    );
    let printed = server.stop().await;
    assert_eq!(value_of(&printed, "Password"), None);
    assert!(!printed.concat().contains(&password));
    for (name, content) in ["jwt-secret", "admin-password"].iter().zip(kept) {
        assert_eq!(
            std::fs::read_to_string(place.folder.path().join("data").join(name)).unwrap(),
            content
        );
    }
}

#[tokio::test]
async fn the_demo_is_loaded_once_and_its_printed_password_works() {
    let place = Place::new();
    let mut server = Server::start(serve(place.folder.path(), &["--demo"])).await;
    let client = server.client.clone();
    while value_of(&server.printed, "Password").is_none() {
        server.read_line().await;
    }
    let printed = server.printed.clone();
    let admin = log_in(
        &client,
        &value_of(&printed, "Account").unwrap(),
        &value_of(&printed, "Password").unwrap(),
    )
    .await;
    let reply = admin
        .graphql(
            "{ movies { totalCount } movie(id: \"tmdb-550\") { title completeness { missing } } }",
            json!({}),
        )
        .await;
    let total = reply["data"]["movies"]["totalCount"].as_u64().unwrap();
    assert!(total >= 10, "{reply}");
    assert_eq!(
        reply["data"]["movie"],
        json!({ "title": "Fight Club", "completeness": { "missing": [] } })
    );
    let deleted = admin
        .graphql(
            "mutation { deleteMovie(input: {id: \"tmdb-550\"}) { userErrors { code } } }",
            json!({}),
        )
        .await;
    assert_eq!(deleted["data"]["deleteMovie"]["userErrors"], json!([]));
    server.stop().await;

    let server = Server::start(serve(place.folder.path(), &["--demo"])).await;
    let token = run(
        {
            let mut command =
                reelport(place.folder.path(), "", &["token", "--email", "admin@reelport.local"]);
            command.env_remove("REELPORT_DATABASE_URL");
            command
        },
        b"",
    )
    .await
    .ok()
    .stdout;
    let reply = server
        .client
        .clone()
        .with_token(token.trim())
        .graphql("{ movies { totalCount } }", json!({}))
        .await;
    assert_eq!(reply["data"]["movies"]["totalCount"], total - 1);
    server.stop().await;
}

#[tokio::test]
async fn a_configured_admin_is_created_without_printing_its_password() {
    let place = Place::new();
    let configured = || {
        let mut command = serve(place.folder.path(), &[]);
        command
            .env("REELPORT_ADMIN_EMAIL", "Boss@example.com")
            .env("REELPORT_ADMIN_PASSWORD", "correct horse");
        command.env("REELPORT_JWT_SECRET", SECRET);
        command
    };
    for _ in 0..2 {
        let server = Server::start(configured()).await;
        log_in(&server.client, "boss@example.com", "correct horse").await;
        let printed = server.stop().await.concat();
        assert!(!printed.contains("correct horse") && !printed.contains(SECRET), "{printed}");
    }
    assert!(!place.folder.path().join("data/jwt-secret").exists());
    assert!(!place.folder.path().join("data/admin-password").exists());
}

#[tokio::test]
async fn an_occupied_port_stops_the_start_before_creating_a_database() {
    let place = Place::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let mut command = reelport(place.folder.path(), "", &["serve", "--listen", &address]);
    command.env_remove("REELPORT_DATABASE_URL");
    let ran = run(command, b"").await;
    assert_eq!(ran.code, 2);
    assert!(
        one_line(&ran).contains("--listen") && one_line(&ran).contains(&address),
        "{}",
        ran.stderr
    );
    assert!(!place.folder.path().join("data/reelport.db").exists());
}

#[tokio::test]
async fn responses_of_language_models_are_imported() {
    let document = "{\n  \"category\": \"trivia\",\n  \"movie_id\": \"m\",\n  \"data\": { \"items\": [{ \"text\": \"NAME\" }] }\n}";
    let trailing = document.replace("}] }", "},] },");
    let texts = [
        ("fence", format!("```json\n{document}\n```\n")),
        (
            "prose",
            format!(
                "Here is the enriched document:\n\n{document}\n\nLet me know if you need more.\n"
            ),
        ),
        ("comment", format!("// enriched\n{document}")),
        ("comma", trailing.clone()),
        ("a comma in a fence", format!("```\n{trailing}\n```")),
        ("one line", format!("```json\n{}\n```\n", document.replace('\n', ""))),
        ("plain", document.to_owned()),
        ("plain twice", format!("{document}\n{}", document.replace("\"m\"", "\"m2\""))),
    ];
    for (name, text) in texts {
        let text = text.replace("NAME", name);
        for zip in [false, true] {
            let place = Place::new();
            let content = if zip {
                zipped(&[("a/trivia.json", text.clone().into_bytes())])
            } else {
                text.clone().into_bytes()
            };
            let path = place.folder.path().join("file");
            std::fs::write(&path, content).unwrap();
            let ran = place.run(&["import", path.to_str().unwrap()]).await.ok();
            let count = 1 + usize::from(name == "plain twice");
            assert!(
                ran.stdout.starts_with(&format!("{count} published, 0 unchanged, 0 failed")),
                "{name}: {ran:?}"
            );
            let stored = place.documents().await;
            assert_eq!(
                (stored.len(), &stored[0]["data"]["items"][0]["text"]),
                (count, &json!(name)),
                "{name}"
            );
        }
    }
    // Several documents in one text are imported one by one.
    let place = Place::new();
    let two = [all_documents("a"), all_documents("b")].concat();
    let fenced = format!("```\n{}```\n", String::from_utf8(ndjson(&two)).unwrap());
    place.run(&["import", &place.write("two.txt", fenced)]).await.ok();
    assert_eq!(place.documents().await.len(), 14);
}

#[tokio::test]
async fn a_dry_run_prints_conflicts_matches_and_warnings() {
    let place = Place::new();
    let write = |name: &str, category: &str, data: Value| {
        place.write(name, envelope("a", category, data).to_string())
    };
    let base = write("base.json", "basic_info", json!({ "title": "Base" }));
    place.run(&["import", &base]).await.ok();
    place
        .run(&["import", &write("theirs.json", "basic_info", json!({ "title": "Theirs" }))])
        .await
        .ok();
    let mine = write("mine.json", "basic_info", json!({ "title": "Mine", "mood": "blue" }));
    let arguments =
        ["import", &mine, "--base-revision", "1", "--on-conflict", "keep_current", "--dry-run"];
    let ran = place.run(&arguments).await.ok();
    assert!(
        ran.stdout.contains(
            "x /title title: was \"Base\", is \"Theirs\", and the document says \"Mine\""
        ),
        "{}",
        ran.stdout
    );
    assert!(ran.stdout.contains("? /mood: "), "{}", ran.stdout);

    // Ambiguous names are reported, a resolution can be given, and the plan can be expected.
    let cast = |names: &[(&str, &str)]| json!({ "cast": names.iter().map(|(id, name)| json!({ "id": id, "name": name })).collect::<Vec<_>>() });
    place
        .run(&[
            "import",
            &write("cast.json", "cast_crew", cast(&[("p-1", "Jo Lee"), ("p-2", "Jo Lee")])),
        ])
        .await
        .ok();
    let credit = envelope(
        "b",
        "cast_crew",
        json!({ "cast": [{ "name": "Jo Lee" }, { "name": "Nia Ode" }] }),
    )
    .to_string();
    let named = place.write("named.json", credit);
    let asked = place.run(&["import", &named, "--dry-run"]).await;
    assert!(
        asked.code == 1 && asked.stdout.contains("@ /cast/0/name \"Jo Lee\" may be p-"),
        "{asked:?}"
    );
    let answer = [
        "import",
        &named,
        "--resolutions",
        "[{\"path\": \"/cast/0/name\", \"entity_id\": \"p-2\"}]",
    ];
    let planned = place.run(&[&answer[..], &["--dry-run"]].concat()).await.ok();
    assert!(planned.stdout.contains("@ /cast/0/name \"Jo Lee\" is p-2"), "{}", planned.stdout);
    assert!(
        planned.stdout.contains("@ /cast/1/name \"Nia Ode\" is new: person-"),
        "{}",
        planned.stdout
    );
    let digest = planned.stdout.lines().find_map(|line| line.strip_prefix("  plan ")).unwrap();
    let stale = place.run(&["import", &named, "--expected-plan", digest]).await;
    assert_eq!(stale.code, 1, "{stale:?}");
    place.run(&[&answer[..], &["--expected-plan", digest]].concat()).await.ok();
    let wrong = place.run(&["import", &named, "--resolutions", "[1]"]).await;
    assert!(wrong.code != 0 && wrong.stderr.contains("expected a resolution"), "{wrong:?}");
}
