//! The web pages embedded in the binary: the Studio and GraphiQL. `make test` builds them before;
//! without them, `cargo test` checks what a binary without pages answers.

use reqwest::Method;

use reelport::http::ImageOrigins;

use crate::support::{Client, TestApp};

/// The folder of a page's built files, if they were built.
fn built(page: &str) -> Option<std::path::PathBuf> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("web").join(page);
    let folder = folder.join("dist");
    if !folder.join("index.html").exists() {
        eprintln!("web/{page}/dist is missing, so its files are not tested; make studio builds it");
        return None;
    }
    Some(folder)
}

/// The values of `src` and `href` in a page.
fn references(html: &str) -> Vec<&str> {
    let parts = ["src=\"", "href=\""].iter().flat_map(|start| html.split(start).skip(1));
    parts.filter_map(|rest| rest.split('"').next()).collect()
}

#[tokio::test]
async fn pages_are_the_built_ones_or_say_how_to_build_them() {
    let app = TestApp::sqlite().await;
    // A reload and a shared link open each page that the Studio has.
    let router = include_str!("../../web/studio/src/router.tsx");
    let paths = router.split("path: \"").skip(1).filter_map(|rest| rest.split('"').next());
    let mut pages: Vec<_> = paths.map(|path| (path.replace('$', "an-"), "studio")).collect();
    assert!(pages.len() > 20, "{pages:?}");
    pages.extend(["/graphiql", "/graphiql/"].map(|path| (path.to_owned(), "graphiql")));
    for (address, page) in &pages {
        let title =
            if *page == "studio" { "<title>Reelport Studio" } else { "<title>Reelport GraphiQL" };
        let reply = app.anonymous().get(address).await;
        let media_type = reply.header("content-type");
        assert_eq!((reply.status, media_type), (200, "text/html; charset=utf-8"), "{address}");
        if built(page).is_some() {
            assert!(reply.text.contains(title), "{address}: {}", reply.text);
            assert_eq!(reply.header("cache-control"), "no-cache", "{address}");
        } else {
            assert!(reply.text.contains("make studio"), "{address}: {}", reply.text);
            assert_eq!(reply.header("cache-control"), "no-store", "{address}");
        }
    }
}

#[tokio::test]
async fn pages_and_their_files_have_a_strict_content_security_policy() {
    let app = TestApp::sqlite().await;
    let client = app.anonymous();
    for (address, page) in [("/", "studio"), ("/graphiql", "graphiql")] {
        if built(page).is_none() {
            continue;
        }
        let reply = client.get(address).await;
        let mut files = vec![address];
        files.extend(references(&reply.text).into_iter().filter(|path| path.starts_with('/')));
        assert!(files.len() >= 3, "{files:?}");
        for path in files {
            let reply = client.get(path).await;
            assert_eq!(reply.status, 200, "{path}");
            let policy = reply.header("content-security-policy");
            for part in ["default-src", "frame-ancestors 'none'", "base-uri 'none'"] {
                assert!(policy.contains(part), "{path}: {policy}");
            }
            let images = if page == "studio" { " https://image.tmdb.org" } else { "" };
            let others = policy.replace(images, "");
            for loose in ["http:", "https:", "*", "script-src 'self' '", "unsafe-eval"] {
                assert!(!others.contains(loose), "{path}: {policy}");
            }
            assert_eq!(reply.header("x-content-type-options"), "nosniff");
            if path != address {
                let caching = reply.header("cache-control");
                assert_eq!(caching, "public, max-age=31536000, immutable", "{path}");
            }
        }
    }
}

#[tokio::test]
async fn the_studio_shows_pictures_of_the_configured_origins() {
    let app = TestApp::sqlite().await;
    if built("studio").is_none() {
        return;
    }
    for (text, expected) in [
        (
            "https://a.example, https://b.example:81",
            "data: https://a.example https://b.example:81;",
        ),
        ("*", "data: http: https:;"),
        ("none", "data: ;"),
    ] {
        let origins = ImageOrigins::parse(text).unwrap();
        let address = app.with_settings(|app| app.image_origins = origins).await;
        let reply = Client::new(address).get("/").await;
        let policy = reply.header("content-security-policy");
        assert!(policy.contains(&format!("img-src 'self' {expected}")), "{policy}");
    }
}

#[tokio::test]
async fn every_built_file_has_the_right_media_type() {
    let app = TestApp::sqlite().await;
    for (page, folder, prefix) in
        [("graphiql", "assets", "/graphiql/assets"), ("studio", "studio", "/studio")]
    {
        let Some(dist) = built(page) else { continue };
        let mut count = 0;
        for entry in std::fs::read_dir(dist.join(folder)).unwrap() {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            let expected = match name.rsplit('.').next().unwrap() {
                "js" => "text/javascript; charset=utf-8",
                "css" => "text/css; charset=utf-8",
                "ttf" => "font/ttf",
                "txt" => "text/plain; charset=utf-8",
                // Sent in place of the file without this ending, never under its own name.
                "br" => continue,
                other => panic!("which type has .{other}?"),
            };
            let path = format!("{prefix}/{name}");
            let reply = app.anonymous().get(&path).await;
            assert_eq!((reply.status, reply.header("content-type")), (200, expected), "{name}");
            assert_eq!(reply.bytes, std::fs::read(entry.path()).unwrap(), "{name}");
            let request = app.anonymous().request(Method::GET, &path);
            let reply = app.anonymous().send(request.header("accept-encoding", "br")).await;
            let compressed = dist.join(folder).join(format!("{name}.br"));
            if compressed.exists() {
                assert_eq!(reply.header("content-encoding"), "br", "{name}");
                assert_eq!(reply.bytes, std::fs::read(compressed).unwrap(), "{name}");
            }
            count += 1;
        }
        assert!(count > 3, "{page}");
    }
}

#[tokio::test]
async fn pages_load_nothing_from_other_hosts() {
    let app = TestApp::sqlite().await;
    for (address, page) in [("/", "studio"), ("/graphiql", "graphiql")] {
        if built(page).is_none() {
            continue;
        }
        let page = app.anonymous().get(address).await;
        for reference in references(&page.text) {
            let own = reference.starts_with('/') && !reference.starts_with("//")
                || reference.starts_with("data:");
            assert!(own, "{reference}");
        }
    }
}

#[tokio::test]
async fn a_cached_page_is_not_sent_again() {
    let app = TestApp::sqlite().await;
    if built("studio").is_none() {
        return;
    }
    let client = app.anonymous();
    let etag = client.get("/").await.header("etag").to_owned();
    let request = client.request(Method::GET, "/").header("if-none-match", etag);
    let again = client.send(request).await;
    assert_eq!((again.status, again.bytes.len()), (304, 0));
}

#[tokio::test]
async fn only_built_files_are_served() {
    let app = TestApp::sqlite().await;
    for path in [
        "/graphiql/no-such.js",
        "/graphiql/assets",
        "/graphiql/index.html",
        "/graphiql/..%2f..%2fCargo.toml",
        "/graphiql/assets/..%2findex.html",
        "/studio/no-such.js",
        "/studio/..%2findex.html",
        "/studio/..%2f.vite%2fmanifest.json",
        "/studio/..%2f..%2f..%2f..%2fCargo.toml",
    ] {
        assert_eq!(app.anonymous().get(path).await.status, 404, "{path}");
    }
}

/// The build script, as it was built for these tests.
fn build_script() -> std::path::PathBuf {
    let out = std::path::Path::new(env!("OUT_DIR"));
    let folder = out.ancestors().nth(2).unwrap();
    let scripts = std::fs::read_dir(folder).unwrap().filter_map(|entry| {
        let path = entry.unwrap().path();
        let is_own = path.file_name()?.to_str()?.strip_prefix("reelport-")?.len() == 16;
        let script = path.join("build-script-build");
        let time = script.metadata().ok()?.modified().ok()?;
        is_own.then_some((time, script))
    });
    scripts.max().expect("cargo keeps the build script").1
}

#[test]
fn a_release_build_without_built_pages_fails_and_a_debug_build_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let run = |profile: &str| {
        let mut command = std::process::Command::new(build_script());
        let output = command.current_dir(folder.path()).env("PROFILE", profile).output().unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(!run("debug").contains("cargo::error"));
    for page in ["studio", "graphiql"] {
        let path = format!("web/{page}/dist/index.html");
        let expected = format!("cargo::error={path} is missing; build the web pages first");
        assert!(run("release").contains(&expected));
        let file = folder.path().join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, "").unwrap();
    }
    assert!(!run("release").contains("cargo::error"));
}

#[tokio::test]
async fn unknown_addresses_and_those_of_the_api_answer_in_json() {
    let app = TestApp::sqlite().await;
    for path in ["/no-such-page", "/api", "/api/v1/no-such", "/graphql/x", "/studio", "/movies"] {
        let request = app.anonymous().request(Method::GET, path).header("accept", "text/html");
        let reply = app.anonymous().send(request).await;
        let media_type = reply.header("content-type");
        assert_eq!((reply.status, media_type), (404, "application/problem+json"), "{path}");
    }
}
