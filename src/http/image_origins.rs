//! From where the Studio shows the pictures that documents link to.

use super::cors::{InvalidOrigin, origin};

/// The host of the pictures that documents from TMDB link to.
const DEFAULT: &str = "https://image.tmdb.org";

/// The origins of pictures, as sources of a Content-Security-Policy.
#[derive(Debug, Clone)]
pub struct ImageOrigins(String);

impl Default for ImageOrigins {
    fn default() -> Self {
        Self(DEFAULT.to_owned())
    }
}

impl ImageOrigins {
    /// Reads `*` (any origin), `none`, or a list of origins that are separated by commas or spaces.
    ///
    /// # Errors
    /// When an entry is not an origin with the scheme http or https, or `*` or `none` is not alone.
    pub fn parse(text: &str) -> Result<Self, InvalidOrigin> {
        let separators = |c: char| c == ',' || c.is_whitespace();
        let entries: Vec<&str> = text.split(separators).filter(|entry| !entry.is_empty()).collect();
        match entries.as_slice() {
            ["*"] => return Ok(Self("http: https:".to_owned())),
            ["none"] | [] => return Ok(Self(String::new())),
            _ => {}
        }
        let read = |entry: &&str| {
            let found = origin(entry).and_then(|value| value.to_str().ok().map(str::to_owned));
            found.ok_or_else(|| InvalidOrigin {
                found: format!("{entry:?}"),
                allowed: "a list of origins such as https://image.tmdb.org, or * or none"
                    .to_owned(),
            })
        };
        let origins: Vec<String> = entries.iter().map(read).collect::<Result<_, _>>()?;
        Ok(Self(origins.join(" ")))
    }

    /// The sources, separated by spaces.
    pub fn sources(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_become_sources_of_a_policy() {
        for (text, expected) in [
            ("*", "http: https:"),
            ("none", ""),
            ("", ""),
            ("HTTPS://A.example:443, http://b.example:81", "https://a.example http://b.example:81"),
        ] {
            assert_eq!(ImageOrigins::parse(text).unwrap().sources(), expected, "{text}");
        }
        for text in
            ["a.example", "https://a.example/x", "* https://a.example", "https:; script-src *"]
        {
            let error = ImageOrigins::parse(text).unwrap_err();
            assert!(error.allowed.contains("image.tmdb.org"), "{text}: {error:?}");
        }
    }
}
