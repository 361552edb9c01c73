//! The media type of an answer, negotiated by `Accept` (RFC 9110, section 12.5.1).

use axum::http::{HeaderMap, header};

/// How an answer is wrapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MediaType {
    /// `application/json`, the type of clients before the specification: 200 for request errors.
    Json,
    /// `application/graphql-response+json`: 400 for request errors.
    GraphQlResponse,
}

/// How well an entry of `Accept` fits a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    Anything,
    SameKind,
    Exact,
}

/// One entry of `Accept`.
struct Range {
    kind: String,
    /// In thousandths.
    quality: u16,
}

impl MediaType {
    /// The type that the client prefers; plain JSON if it does not say. `None` if it accepts
    /// neither. Several header lines are one list (RFC 9110, section 5.2).
    pub fn accepted(headers: &HeaderMap) -> Option<Self> {
        let lines = headers.get_all(header::ACCEPT).iter();
        let lines = lines.filter_map(|line| line.to_str().ok());
        let entries = lines.flat_map(|line| line.split(',')).map(str::trim);
        let ranges: Vec<Range> =
            entries.filter(|entry| !entry.is_empty()).map(Range::read).collect();
        if ranges.is_empty() {
            return Some(Self::Json);
        }
        let json = Self::Json.preference(&ranges);
        let response = Self::GraphQlResponse.preference(&ranges);
        match (json, response) {
            (Some(json), Some(response)) if response > json => Some(Self::GraphQlResponse),
            (None, Some(_)) => Some(Self::GraphQlResponse),
            (Some(_), _) => Some(Self::Json),
            (None, None) => None,
        }
    }

    pub const fn name(self) -> &'static str {
        match self {
            Self::Json => "application/json; charset=utf-8",
            Self::GraphQlResponse => "application/graphql-response+json; charset=utf-8",
        }
    }

    const fn essence(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::GraphQlResponse => "application/graphql-response+json",
        }
    }

    fn fit(self, kind: &str) -> Option<Fit> {
        match kind {
            "*/*" | "*" => Some(Fit::Anything),
            "application/*" => Some(Fit::SameKind),
            kind if kind == self.essence() => Some(Fit::Exact),
            _ => None,
        }
    }

    /// How much the client wants this type: by the most specific entry that fits it, and among
    /// equal qualities by how specific and how early that entry is. `None` if it is not accepted.
    fn preference(self, ranges: &[Range]) -> Option<(u16, Fit, std::cmp::Reverse<usize>)> {
        let fitting = ranges.iter().enumerate().filter_map(|(at, range)| {
            let fit = self.fit(&range.kind)?;
            Some((fit, range.quality, std::cmp::Reverse(at)))
        });
        let (fit, quality, at) = fitting.max_by_key(|(fit, _, at)| (*fit, *at))?;
        (quality > 0).then_some((quality, fit, at))
    }
}

impl Range {
    fn read(entry: &str) -> Self {
        let mut parts = entry.split(';').map(str::trim);
        let kind = parts.next().unwrap_or_default().to_ascii_lowercase();
        let quality = parts.find_map(|part| {
            let (name, value) = part.split_once('=')?;
            name.trim().eq_ignore_ascii_case("q").then(|| value.trim().to_owned())
        });
        let quality = quality.and_then(|text| text.parse::<f32>().ok());
        let quality = quality.filter(|quality| (0.0..=1.0).contains(quality)).unwrap_or(1.0);
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a quality is between 0 and 1"
        )]
        let quality = (quality * 1000.0).round() as u16;
        Self { kind, quality }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn accepted(lines: &[&str]) -> Option<MediaType> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(header::ACCEPT, HeaderValue::from_str(line).unwrap());
        }
        MediaType::accepted(&headers)
    }

    #[test]
    fn the_most_specific_entry_decides_for_each_type() {
        let (json, response) = (Some(MediaType::Json), Some(MediaType::GraphQlResponse));
        for (lines, expected) in [
            (&[][..], json),
            (&[""], json),
            (&["*/*"], json),
            (&["application/*;q=0.1"], json),
            (&["application/json;q=0"], None),
            (&["application/json;q=0, */*"], response),
            (&["*/*, application/json; Q=0.000"], response),
            (&["*/*;q=0, application/json"], json),
            (&["application/*;q=0, */*;q=1"], None),
            (&["*/*, application/graphql-response+json"], response),
            (&["application/json, application/graphql-response+json"], json),
            (&["application/graphql-response+json, application/json"], response),
            (&["application/graphql-response+json;q=0.8, application/json;q=0.9"], json),
            (&["text/html"], None),
            (&["text/html", "application/json"], json),
            (&["text/html;q=1", "*/*;q=0.1"], json),
            (&["application/json;q=0.5", "application/graphql-response+json"], response),
            (
                &["application/json;charset=utf-8;q=0.2, APPLICATION/GraphQL-Response+JSON"],
                response,
            ),
        ] {
            assert_eq!(accepted(lines), expected, "{lines:?}");
        }
    }
}
