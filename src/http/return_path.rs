//! Where a browser goes after a log-in: a path of this origin, and never another origin.

use url::Url;

/// Maximum length of a path, in bytes.
const MAX_LENGTH: usize = 1_000;

/// The path, query and fragment to return to, percent-encoded. `None` if the text is not a path of
/// the origin that it is used on.
pub fn parse(text: &str) -> Option<String> {
    // Browsers read a backslash as a slash, and leave out tabs and line breaks.
    let has_other = text.chars().any(|c| c == '\\' || c.is_control() || c.is_whitespace());
    if text.len() > MAX_LENGTH || !text.starts_with('/') || has_other {
        return None;
    }
    let origin = Url::parse("https://origin.invalid/").ok()?;
    let url = origin.join(text).ok()?;
    let has_origin = url.origin() == origin.origin() && url.username().is_empty();
    let path = url.as_str().strip_prefix("https://origin.invalid")?;
    // `//` begins an address of another host.
    let is_path = path.starts_with('/') && !path.starts_with("//");
    (has_origin && is_path && path.len() <= 3 * MAX_LENGTH).then(|| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_of_the_origin_are_accepted() {
        for (text, expected) in [
            ("/", "/"),
            ("/graphiql", "/graphiql"),
            ("/studio/movies?page=2#top", "/studio/movies?page=2#top"),
            ("/a/../b", "/b"),
            ("/café", "/caf%C3%A9"),
            ("/?next=https://other.example", "/?next=https://other.example"),
            ("/@other.example", "/@other.example"),
        ] {
            assert_eq!(parse(text).as_deref(), Some(expected), "{text}");
        }
        for text in [
            "",
            "graphiql",
            "//other.example",
            "///other.example",
            "/\\other.example",
            "\\/other.example",
            "/\t/other.example",
            "/\n/other.example",
            "/..//other.example",
            "/.//other.example",
            "/%2e%2e//other.example",
            "https://other.example",
            "https:other.example",
            "javascript:alert(1)",
            " /graphiql",
            "/graph iql",
            &format!("/{}", "a".repeat(MAX_LENGTH)),
        ] {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }
}
