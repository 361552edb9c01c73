//! Passwords, file permissions, and the last admin.

use serde_json::json;

use super::{Place, one_line};
use crate::on_both_databases;
use crate::support::command::run;

#[cfg(unix)]
fn mode(path: &std::path::Path) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[cfg(unix)]
#[tokio::test]
async fn a_new_database_is_readable_only_by_its_owner() {
    let place = Place::new();
    let mut command = place.command(&["user", "create", "--email", "a@b", "--role", "VIEWER"]);
    // Without configuration, the database has its default path.
    command.env_remove("REELPORT_DATABASE_URL");
    run(command, b"").await.ok();
    let data = place.folder.path().join("data");
    assert_eq!(mode(&data), 0o700);
    for entry in std::fs::read_dir(&data).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
}

#[cfg(unix)]
#[tokio::test]
async fn the_journal_files_are_readable_only_by_their_owner() {
    let place = Place::new();
    let (url, sources) = (place.url(), reelport::app::Sources::default());
    let catalog = reelport::app::open_catalog(&url, 1, sources).await.unwrap();
    let names = ["reelport.db", "reelport.db-wal", "reelport.db-shm", "reelport.db.migrate.lock"];
    for name in names {
        assert_eq!(mode(&place.folder.path().join(name)), 0o600, "{name}");
    }
    catalog.database().close().await;
}

#[cfg(unix)]
#[tokio::test]
async fn a_database_readable_by_others_is_kept_with_a_warning() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = Place::new();
    place.run(&["migrate"]).await.ok();
    let path = place.folder.path().join("reelport.db");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    let mut command = place.command(&["serve", "--listen", "127.0.0.1:0"]);
    command.env("REELPORT_LOG", "warn").stderr(std::fs::File::create(place.path("log")).unwrap());
    let server = crate::support::server::Server::start(command).await;
    server.stop().await;
    let log = std::fs::read_to_string(place.path("log")).unwrap();
    assert!(log.contains("can read the database") && log.contains("0644"), "{log}");
    assert_eq!(mode(&path), 0o644);
}

on_both_databases! {
    async fn a_password_is_read_from_standard_input(app: TestApp) {
        let login = |password: &'static str| {
            let client = app.anonymous();
            async move {
                let body = json!({ "email": "a@example.com", "password": password });
                client.post("/api/v1/auth/login", &body).await.status
            }
        };
        let create =
            ["user", "create", "--email", "a@example.com", "--role", "ADMIN", "--password", "-"];
        let ran = app.command_with(&create, b"correct horse\r\nmore\n").await.ok();
        assert!(
            !ran.stdout.contains("correct horse") && !ran.stdout.contains("password:"),
            "{ran:?}"
        );
        assert_eq!(login("correct horse").await, 200);
        let set = ["user", "set-password", "--email", "a@example.com", "--password", "-"];
        app.command_with(&set, b"battery staple").await.ok();
        assert_eq!((login("correct horse").await, login("battery staple").await), (401, 200));
        for (input, reason) in [("", "no password"), ("\n", "no password"), ("short", "8 to")] {
            let ran = app.command_with(&set, input.as_bytes()).await;
            assert!(ran.code == 2 && one_line(&ran).contains(reason), "{ran:?}");
        }
        assert_eq!(login("battery staple").await, 200);
    }

    async fn the_last_admin_cannot_be_deleted_or_demoted(app: TestApp) {
        let create = async |email: &str, role: &str| {
            let arguments = ["user", "create", "--email", email, "--role", role, "--password", "-"];
            app.command_with(&arguments, b"correct horse").await
        };
        create("a@example.com", "ADMIN").await.ok();
        create("v@example.com", "VIEWER").await.ok();
        let delete = ["user", "delete", "--email", "A@example.com"];
        let demote = ["user", "set-role", "--email", "a@example.com", "--role", "CONTRIBUTOR"];
        for arguments in [&delete[..], &demote[..]] {
            let ran = app.command(arguments).await;
            assert!(
                ran.code == 2 && one_line(&ran).contains("a@example.com is the last ADMIN"),
                "{ran:?}"
            );
        }
        app.command(&["user", "set-role", "--email", "a@example.com", "--role", "ADMIN"])
            .await
            .ok();
        app.command(&["user", "delete", "--email", "v@example.com"]).await.ok();
        create("b@example.com", "ADMIN").await.ok();
        app.command(&demote).await.ok();
        app.command(&delete).await.ok();
        assert_eq!(app.command(&["user", "list"]).await.ok().stdout, "b@example.com\tADMIN\n");
    }

    async fn concurrent_deletions_keep_one_admin(app: TestApp) {
        use reelport::catalog::access::Role;
        use reelport::catalog::accounts::ListedAccount;

        let accounts = &app.app.accounts;
        for round in 0..8 {
            let [a, b] = [format!("a{round}@example.com"), format!("b{round}@example.com")];
            for email in [&a, &b] {
                accounts.create(email, "correct horse", Role::Admin).await.unwrap().unwrap();
            }
            for ListedAccount { email, role, .. } in accounts.list().await.unwrap() {
                if role == Role::Admin && email != a && email != b {
                    accounts.delete(&email).await.unwrap().unwrap();
                }
            }
            let (one, other) = if round % 2 == 0 {
                tokio::join!(accounts.delete(&a), accounts.delete(&b))
            } else {
                tokio::join!(accounts.set_role(&a, Role::Viewer), accounts.delete(&b))
            };
            let done = [one.unwrap().is_ok(), other.unwrap().is_ok()];
            assert_eq!(done.iter().filter(|done| **done).count(), 1, "{round}");
            let accounts = accounts.list().await.unwrap();
            let admins = accounts.iter().filter(|account| account.role == Role::Admin);
            assert_eq!(admins.count(), 1, "{round}");
        }
    }
}

#[tokio::test]
async fn the_initial_password_file_is_deleted_when_the_password_changes() {
    const KEPT: &str = "the password that was kept";
    let admin = "admin@example.com";
    let set: [&[&str]; 3] = [
        &["user", "set-password", "--email", admin, "--password", "another password"],
        &["user", "set-role", "--email", admin, "--role", "VIEWER"],
        &["user", "delete", "--email", admin],
    ];
    for arguments in set {
        let place = Place::new();
        for (email, password) in [(admin, KEPT), ("other@example.com", "correct horse")] {
            let create =
                ["user", "create", "--email", email, "--role", "ADMIN", "--password", password];
            place.run(&create).await.ok();
        }
        let path = place.write("admin-password", format!("{KEPT}\n"));
        // Changing another account keeps the file.
        let other = [
            "user",
            "set-password",
            "--email",
            "other@example.com",
            "--password",
            "battery staple",
        ];
        place.run(&other).await.ok();
        place.run(&["user", "set-role", "--email", admin, "--role", "ADMIN"]).await.ok();
        assert!(std::path::Path::new(&path).exists());
        let ran = place.run(arguments).await.ok();
        assert!(ran.stdout.contains("admin-password") && !ran.stdout.contains(KEPT), "{ran:?}");
        assert!(!std::path::Path::new(&path).exists(), "{arguments:?}");
    }
}

#[tokio::test]
async fn a_password_can_be_given_in_a_variable_that_help_does_not_show() {
    let place = Place::new();
    let mut command = place.command(&["user", "create", "--email", "a@b", "--role", "ADMIN"]);
    command.env("REELPORT_PASSWORD", "correct horse");
    let ran = run(command, b"").await.ok();
    assert!(!ran.stdout.contains("password:"), "{ran:?}");
    let mut command = place.command(&["user", "create", "--help"]);
    command.env("REELPORT_PASSWORD", "hunter2hunter2");
    let ran = run(command, b"").await.ok();
    assert!(ran.stdout.contains("REELPORT_PASSWORD") && !ran.stdout.contains("hunter2"), "{ran:?}");
    assert!(ran.stdout.contains("list of processes"), "{ran:?}");
}
