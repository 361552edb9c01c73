//! Reads URLs with the marks that surround them when they are copied or written by a language
//! model.

use serde_json::Value;

use crate::document::schema::scalars::is_web_url;

/// The URL in a text: alone, in `<…>`, in quotation marks, as a Markdown link or image with one
/// address, as an HTML link or image, with escaped underscores, or without its scheme.
#[must_use]
pub fn find(text: &str) -> Option<String> {
    let text = text.trim();
    let address = markdown(text).or_else(|| html(text)).unwrap_or(text);
    let address = address.trim().trim_matches(['<', '>', '"', '\'', '`', '“', '”']);
    let address = address.replace("\\_", "_").replace("\\&", "&").replace("&amp;", "&");
    if address.contains('\\') {
        return None;
    }
    let address = with_scheme(&address);
    is_web_url(&address).then_some(address)
}

/// Expands an image path of The Movie Database, as in `poster_path`, to its URL. Other values are
/// returned unchanged.
#[must_use]
pub fn tmdb_image(key: &str, value: Value) -> Value {
    let Value::String(path) = &value else { return value };
    let name = path.strip_prefix('/').unwrap_or_default();
    let is_name = name.rsplit_once('.').is_some_and(|(stem, ending)| {
        stem.len() >= 8
            && stem.bytes().all(|byte| byte.is_ascii_alphanumeric())
            && ["jpg", "png", "svg"].contains(&ending)
    });
    let is_path = key.to_ascii_lowercase().ends_with("path");
    if is_path && is_name {
        return Value::String(format!("https://image.tmdb.org/t/p/original{path}"));
    }
    value
}

/// The address of `[text](address "title")` and `![text](address)`.
fn markdown(text: &str) -> Option<&str> {
    let link = text.strip_prefix('!').unwrap_or(text).strip_prefix('[')?;
    let (_, rest) = link.split_once("](")?;
    let address = rest.strip_suffix(')')?;
    Some(address.split_once(" \"").map_or(address, |(address, _)| address))
}

/// The address of `<a href="address">text</a>` and `<img src="address">`.
fn html(text: &str) -> Option<&str> {
    let tag = text.strip_prefix("<a ").or_else(|| text.strip_prefix("<img "))?;
    let value = ["href=", "src="].iter().find_map(|name| tag.split_once(name))?.1;
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    value[1..].split_once(quote).map(|(address, _)| address)
}

/// Adds the scheme to `//host/path`, `www.host/path` and `host.tld/path`.
fn with_scheme(address: &str) -> String {
    if let Some(rest) = address.strip_prefix("//") {
        return format!("https://{rest}");
    }
    let host = address.split('/').next().unwrap_or_default();
    let is_host = host.contains('.')
        && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'))
        && host.rsplit('.').next().is_some_and(|end| {
            end.len() >= 2 && end.bytes().all(|byte| byte.is_ascii_alphabetic())
        });
    let is_known = host.starts_with("www.") || (address.len() > host.len() + 1);
    if is_host && is_known { format!("https://{address}") } else { address.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_found_inside_marks() {
        for text in [
            "https://images.test/a_b.jpg",
            "<https://images.test/a_b.jpg>",
            "\"https://images.test/a_b.jpg\"",
            "[https://images.test/a_b.jpg](https://images.test/a_b.jpg)",
            "[Poster](https://images.test/a_b.jpg \"The poster\")",
            "![Poster](https://images.test/a_b.jpg)",
            "<a href=\"https://images.test/a_b.jpg\" target=\"_blank\">Poster</a>",
            "<img src='https://images.test/a_b.jpg'>",
            "https://images.test/a\\_b.jpg",
            "//images.test/a_b.jpg",
            "images.test/a_b.jpg",
        ] {
            assert_eq!(find(text).as_deref(), Some("https://images.test/a_b.jpg"), "{text}");
        }
        assert_eq!(find("www.images.test").as_deref(), Some("https://www.images.test"));
    }

    #[test]
    fn other_texts_are_not_urls() {
        for text in [
            "",
            "poster.jpg",
            "/poster.jpg",
            "see images.test",
            "ftp://images.test/a",
            "javascript:alert(1)",
            "[Poster]",
            "https://images.test/a\\b",
            "images/poster.jpg",
        ] {
            assert_eq!(find(text), None, "{text}");
        }
    }
}
