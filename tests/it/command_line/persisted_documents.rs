//! The options of `serve` for persisted documents.

use super::{Place, one_line};
use crate::support::command::run;

fn serve<'a>(options: &[&'a str]) -> Vec<&'a str> {
    [&["serve", "--listen", "127.0.0.1:0"], options].concat()
}

async fn refused(place: &Place, options: &[&str]) -> String {
    let ran = run(place.command(&serve(options)), b"").await;
    assert_eq!(ran.code, 2, "{options:?}: {ran:?}");
    one_line(&ran).to_owned()
}

#[tokio::test]
async fn a_wrong_option_stops_the_start_before_anything_is_created() {
    let place = Place::new();
    let bad = place.write("bad.json", "{\"a\": \"{ titel }\"}");
    let good = place.write("good.json", "{\"a\": \"{ __typename }\"}");
    let line = refused(&place, &["--persisted-documents", &bad]).await;
    let expected = format!(
        "reelport: --persisted-documents: {bad}: document \"a\": Unknown field \"titel\" on type \
         \"Query\"."
    );
    assert!(line.starts_with(&expected), "{line}");
    let both = format!("{good}, {bad}");
    let line = refused(&place, &["--persisted-documents", &both]).await;
    assert!(line.contains("bad.json: document"), "{line}");
    let line = refused(&place, &["--persisted-documents-mode", "strict"]).await;
    assert_eq!(
        line,
        "reelport: --persisted-documents-mode: found \"strict\"; allowed is off, log or required"
    );
    let line = refused(&place, &["--persisted-documents-mode", "required"]).await;
    assert!(line.contains("REELPORT_PERSISTED_DOCUMENTS: found nothing"), "{line}");
    assert!(!std::path::Path::new(&place.path("reelport.db")).exists());
}

#[tokio::test]
async fn another_document_is_logged_once_and_without_its_text() {
    let place = Place::new();
    let manifest = place.write("web.json", "{\"a\": \"{ __typename }\"}");
    let mut command = place.command(&serve(&["--persisted-documents", &manifest]));
    command.env("REELPORT_LOG", "warn").stderr(std::fs::File::create(place.path("log")).unwrap());
    let server = crate::support::server::Server::start(command).await;
    let login = "mutation SignIn { login(input: {email: \"a@b\", password: \"open sesame\"}) {
        accessToken } }";
    for query in ["{ __typename }", login, login] {
        server.client.graphql(query, serde_json::json!({})).await;
    }
    server.stop().await;
    let log = std::fs::read_to_string(place.path("log")).unwrap();
    assert_eq!(log.matches("the document is not in a manifest").count(), 1, "{log}");
    assert!(log.contains("SignIn") && log.contains("login") && log.contains("sha256:"), "{log}");
    assert!(!log.contains("sesame"), "{log}");
}
