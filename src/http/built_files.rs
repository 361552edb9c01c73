//! The files of a web page that npm builds and that are embedded in the binary. `studio.rs` and
//! `graphiql.rs` serve one set each. A debug build reads the files from the folder when they are
//! asked for; it can be built without them, and then shows how to build them.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::EmbeddedFile;

use super::conditional::is_not_modified;
use super::problem::ProblemDetails;
use super::response::STATIC_PAGE_POLICY;

/// What a page shows if its files were not built.
const NOT_BUILT: &str = include_str!("built_files/not_built.html");

/// The name of a file's content does not change, since the build puts a hash into it.
const FOREVER: &str = "public, max-age=31536000, immutable";
/// The page itself: browsers ask each time whether it has changed.
const REVALIDATE: &str = "no-cache";

/// The page of a set.
const INDEX: &str = "index.html";
/// The ending of a file that the build compressed with Brotli, beside the plain one.
const BROTLI: &str = ".br";

/// The built files of one page.
pub struct BuiltFiles {
    /// What the page is called, for the message if it was not built.
    pub name: &'static str,
    pub file: fn(&str) -> Option<EmbeddedFile>,
}

impl BuiltFiles {
    /// Whether the files are there.
    pub fn is_built(&self) -> bool {
        (self.file)(INDEX).is_some()
    }

    /// The page, under the Content-Security-Policy `policy`. Without built files: a page that says
    /// how to build them.
    pub fn page(&self, policy: &HeaderValue, headers: &HeaderMap) -> Response {
        self.respond(INDEX, REVALIDATE, policy, headers).unwrap_or_else(|| {
            let page = NOT_BUILT.replace("{name}", self.name);
            let fields = [
                (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
                (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
                (header::CONTENT_SECURITY_POLICY, STATIC_PAGE_POLICY),
            ];
            (fields, page).into_response()
        })
    }

    /// A file that the page refers to. Its name contains a hash of its content.
    pub fn asset(&self, path: &str, policy: &HeaderValue, headers: &HeaderMap) -> Response {
        let is_hidden = path == INDEX || path.ends_with(BROTLI) || path.contains("..");
        let found = if is_hidden { None } else { self.respond(path, FOREVER, policy, headers) };
        found.unwrap_or_else(|| {
            let mut response = ProblemDetails::not_found("there is no such file").into_response();
            // A page of an earlier version may ask for a file that a later version has again.
            response
                .headers_mut()
                .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
            response
        })
    }

    fn respond(
        &self,
        path: &str,
        caching: &'static str,
        policy: &HeaderValue,
        headers: &HeaderMap,
    ) -> Option<Response> {
        let plain = (self.file)(path)?;
        let compressed =
            if accepts_brotli(headers) { (self.file)(&format!("{path}{BROTLI}")) } else { None };
        let encoding = compressed.is_some().then_some("br");
        let file = compressed.unwrap_or(plain);
        let etag = entity_tag(&file);
        let mut response = if is_not_modified(headers, &etag) {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            file.data.into_owned().into_response()
        };
        let fields = response.headers_mut();
        fields.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type(path)));
        fields.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
        fields.insert(header::CONTENT_SECURITY_POLICY, policy.clone());
        fields.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        fields.insert(header::ETAG, HeaderValue::from_str(&etag).ok()?);
        if let Some(encoding) = encoding {
            fields.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
        Some(response)
    }
}

fn entity_tag(file: &EmbeddedFile) -> String {
    let hash = file.metadata.sha256_hash();
    let start: [u8; 8] = std::array::from_fn(|at| hash[at]);
    format!("\"{:016x}\"", u64::from_be_bytes(start))
}

/// Whether the client accepts Brotli (RFC 9110 §12.5.3): it is listed and its weight is not zero.
fn accepts_brotli(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(header::ACCEPT_ENCODING).iter();
    lines.filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(',')).any(|entry| {
        let (coding, weight) = entry.split_once(';').unwrap_or((entry, ""));
        let weight = weight.trim().strip_prefix("q=").unwrap_or("1");
        coding.trim().eq_ignore_ascii_case("br") && weight.parse().is_ok_and(|q: f32| q > 0.0)
    })
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, ending)| ending) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("ttf") => "font/ttf",
        Some("svg") => "image/svg+xml",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use rust_embed::Metadata;

    use super::*;

    const POLICY: HeaderValue = HeaderValue::from_static("default-src 'self'");

    fn file(path: &str) -> Option<EmbeddedFile> {
        let data: &'static [u8] = match path {
            "index.html" => b"<!doctype html>",
            "a-1.js" => b"plain",
            "a-1.js.br" => b"compressed",
            _ => return None,
        };
        let mut hash = [0; 32];
        hash[..8].copy_from_slice(&(data.len() as u64).to_be_bytes());
        let metadata = Metadata::__rust_embed_new(hash, None, None);
        Some(EmbeddedFile { data: Cow::Borrowed(data), metadata })
    }

    const BUILT: BuiltFiles = BuiltFiles { name: "The page", file };
    const MISSING: BuiltFiles = BuiltFiles { name: "The page", file: |_| None };

    fn header_of<'r>(response: &'r Response, name: &str) -> &'r str {
        response.headers().get(name).map_or("", |value| value.to_str().unwrap())
    }

    fn request(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &'static str)| {
            (name.parse().unwrap(), HeaderValue::from_static(value))
        };
        pairs.iter().map(pair).collect()
    }

    async fn text(response: Response) -> String {
        let bytes = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    #[tokio::test]
    async fn without_built_files_the_page_says_how_to_build_them() {
        assert!(!MISSING.is_built());
        let response = MISSING.page(&POLICY, &HeaderMap::new());
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(header_of(&response, "cache-control"), "no-store");
        assert!(header_of(&response, "content-security-policy").contains("default-src 'none'"));
        let page = text(response).await;
        assert!(page.contains("The page") && page.contains("make studio"), "{page}");
        let response = MISSING.asset("a-1.js", &POLICY, &HeaderMap::new());
        assert_eq!(response.status(), StatusCode::NOT_FOUND);
    }

    #[tokio::test]
    async fn the_page_is_revalidated_and_its_files_are_kept() {
        assert!(BUILT.is_built());
        let page = BUILT.page(&POLICY, &HeaderMap::new());
        assert_eq!(header_of(&page, "cache-control"), "no-cache");
        assert_eq!(header_of(&page, "content-security-policy"), "default-src 'self'");
        let tag = header_of(&page, "etag").to_owned();
        let again =
            HeaderMap::from_iter([(header::IF_NONE_MATCH, HeaderValue::from_str(&tag).unwrap())]);
        assert_eq!(BUILT.page(&POLICY, &again).status(), StatusCode::NOT_MODIFIED);

        let asset = BUILT.asset("a-1.js", &POLICY, &HeaderMap::new());
        assert!(header_of(&asset, "cache-control").contains("immutable"));
        assert_eq!(header_of(&asset, "content-encoding"), "");
        assert_eq!(text(asset).await, "plain");
        for path in ["index.html", "a-1.js.br", "b.js", "../a-1.js"] {
            let response = BUILT.asset(path, &POLICY, &HeaderMap::new());
            assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
            assert_eq!(header_of(&response, "cache-control"), "no-store", "{path}");
        }
    }

    #[tokio::test]
    async fn a_compressed_file_is_sent_to_clients_that_accept_it() {
        for (accepted, is_compressed) in [
            ("br", true),
            ("gzip, deflate, BR;q=0.5", true),
            ("gzip", false),
            ("br;q=0", false),
            ("brotli", false),
        ] {
            let asset = BUILT.asset("a-1.js", &POLICY, &request(&[("accept-encoding", accepted)]));
            let encoding = if is_compressed { "br" } else { "" };
            assert_eq!(header_of(&asset, "content-encoding"), encoding, "{accepted}");
            assert_eq!(header_of(&asset, "vary"), "accept-encoding");
            assert_eq!(header_of(&asset, "content-type"), "text/javascript; charset=utf-8");
            let body = if is_compressed { "compressed" } else { "plain" };
            assert_eq!(text(asset).await, body, "{accepted}");
        }
    }
}
