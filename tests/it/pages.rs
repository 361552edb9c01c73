//! The web pages embedded in the binary.

use reqwest::Method;

use crate::support::TestApp;

/// The values of `src` and `href` in a page.
fn references(html: &str) -> Vec<&str> {
    let parts = ["src=\"", "href=\""].iter().flat_map(|start| html.split(start).skip(1));
    parts.filter_map(|rest| rest.split('"').next()).collect()
}

#[tokio::test]
async fn graphiql_and_its_files_are_served_with_a_strict_content_security_policy() {
    let app = TestApp::sqlite().await;
    let client = app.anonymous();
    let page = client.get("/graphiql").await;
    assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
    let mut files = vec!["/graphiql"];
    files.extend(references(&page.text).into_iter().filter(|path| path.starts_with('/')));
    assert!(files.len() >= 4, "{files:?}");
    for path in files {
        let reply = client.get(path).await;
        assert_eq!(reply.status, 200, "{path}");
        let policy = reply.header("content-security-policy");
        assert!(
            policy.starts_with("default-src 'self';") && policy.contains("frame-ancestors 'none'"),
            "{policy}"
        );
        assert!(
            !policy.contains("http:") && !policy.contains("https:") && !policy.contains('*'),
            "{policy}"
        );
        assert_eq!(reply.header("x-content-type-options"), "nosniff");
    }
}

#[tokio::test]
async fn every_built_file_has_the_right_media_type() {
    let app = TestApp::sqlite().await;
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("web/graphiql/dist/assets");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let expected = match name.rsplit('.').next().unwrap() {
            "js" => "text/javascript; charset=utf-8",
            "css" => "text/css; charset=utf-8",
            "ttf" => "font/ttf",
            other => panic!("which type has .{other}?"),
        };
        let reply = app.anonymous().get(&format!("/graphiql/assets/{name}")).await;
        assert_eq!((reply.status, reply.header("content-type")), (200, expected), "{name}");
        assert_eq!(reply.bytes, std::fs::read(entry.path()).unwrap(), "{name}");
        count += 1;
    }
    assert!(count > 3);
}

#[tokio::test]
async fn the_page_loads_nothing_from_other_hosts() {
    let app = TestApp::sqlite().await;
    let page = app.anonymous().get("/graphiql").await;
    for reference in references(&page.text) {
        let own = reference.starts_with('/') && !reference.starts_with("//")
            || reference.starts_with("data:");
        assert!(own, "{reference}");
    }
}

#[tokio::test]
async fn a_cached_file_is_not_sent_again() {
    let app = TestApp::sqlite().await;
    let client = app.anonymous();
    let first = client.get("/graphiql/assets/index.js").await;
    let etag = first.header("etag").to_owned();
    assert_eq!(first.header("cache-control"), "no-cache");
    let request =
        client.request(Method::GET, "/graphiql/assets/index.js").header("if-none-match", etag);
    let again = client.send(request).await;
    assert_eq!((again.status, again.bytes.len()), (304, 0));
}

#[tokio::test]
async fn only_built_files_are_served() {
    let app = TestApp::sqlite().await;
    for path in [
        "/graphiql/no-such.js",
        "/graphiql/assets",
        "/graphiql/..%2f..%2fCargo.toml",
        "/graphiql/assets/..%2findex.html",
    ] {
        assert_eq!(app.anonymous().get(path).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn the_root_redirects_to_graphiql() {
    let app = TestApp::sqlite().await;
    let reply = app.anonymous().get("/").await;
    assert_eq!((reply.status, reply.header("location")), (307, "/graphiql"));
    assert_eq!(app.anonymous().get("/graphiql/").await.status, 200);
}
