//! The media type of a response, negotiated by `Accept` (RFC 9110 §12.5.1).

use axum::http::{HeaderMap, header};

/// The media type of a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MediaType {
    /// `application/json`, for older clients: status 200 for request errors.
    Json,
    /// `application/graphql-response+json`: status 400 for request errors.
    GraphQlResponse,
}

/// What a client accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accepted {
    /// The media type for a single result.
    pub single: Option<MediaType>,
    /// Whether `text/event-stream` is accepted by name.
    pub events: bool,
}

impl Accepted {
    /// `None` if the client accepts nothing that can be answered.
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        let ranges = ranges(headers);
        let mut named = ranges.iter().filter(|range| range.media_type == EVENT_STREAM);
        let events = named.any(|range| range.quality > 0);
        let single = MediaType::preferred(&ranges);
        (events || single.is_some()).then_some(Self { single, events })
    }

    /// The media type of an error that comes instead of a result.
    pub fn error_type(self) -> MediaType {
        self.single.unwrap_or(MediaType::Json)
    }
}

const EVENT_STREAM: &str = "text/event-stream";

/// The entries of `Accept`. Several header lines form one list (RFC 9110 §5.2).
fn ranges(headers: &HeaderMap) -> Vec<Range> {
    let lines = headers.get_all(header::ACCEPT).iter();
    let lines = lines.filter_map(|line| line.to_str().ok());
    let entries = lines.flat_map(|line| line.split(',')).map(str::trim);
    entries.filter(|entry| !entry.is_empty()).map(Range::parse).collect()
}

/// How specifically an entry of `Accept` matches a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Specificity {
    Any,
    Subtypes,
    Exact,
}

/// One entry of `Accept`.
struct Range {
    media_type: String,
    /// In thousandths.
    quality: u16,
}

impl MediaType {
    /// The type that the client prefers; JSON without an `Accept` header. `None` if the client
    /// accepts neither.
    fn preferred(ranges: &[Range]) -> Option<Self> {
        if ranges.is_empty() {
            return Some(Self::Json);
        }
        let json = Self::Json.preference(ranges);
        let response = Self::GraphQlResponse.preference(ranges);
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

    fn specificity(self, media_type: &str) -> Option<Specificity> {
        match media_type {
            "*/*" | "*" => Some(Specificity::Any),
            "application/*" => Some(Specificity::Subtypes),
            exact if exact == self.essence() => Some(Specificity::Exact),
            _ => None,
        }
    }

    /// The client's preference for this type: the quality of the most specific matching entry;
    /// equal qualities are ordered by the specificity and the position of the entry. `None` if the
    /// type is not accepted.
    fn preference(self, ranges: &[Range]) -> Option<(u16, Specificity, std::cmp::Reverse<usize>)> {
        let matching = ranges.iter().enumerate().filter_map(|(at, range)| {
            let specificity = self.specificity(&range.media_type)?;
            Some((specificity, range.quality, std::cmp::Reverse(at)))
        });
        let (specificity, quality, at) =
            matching.max_by_key(|(specificity, _, at)| (*specificity, *at))?;
        (quality > 0).then_some((quality, specificity, at))
    }
}

impl Range {
    fn parse(entry: &str) -> Self {
        let mut parts = entry.split(';').map(str::trim);
        let media_type = parts.next().unwrap_or_default().to_ascii_lowercase();
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
        Self { media_type, quality }
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
        Accepted::of(&headers).and_then(|accepted| accepted.single)
    }

    #[test]
    fn events_are_accepted_by_name_only() {
        for (line, expected) in [
            ("text/event-stream", Some((None, true))),
            ("*/*", Some((Some(MediaType::Json), false))),
            ("text/*", None),
            ("text/event-stream;q=0", None),
            (
                "application/graphql-response+json, application/json, text/event-stream",
                Some((Some(MediaType::GraphQlResponse), true)),
            ),
        ] {
            let mut headers = HeaderMap::new();
            headers.append(header::ACCEPT, HeaderValue::from_str(line).unwrap());
            let accepted = Accepted::of(&headers);
            assert_eq!(accepted.map(|of| (of.single, of.events)), expected, "{line}");
        }
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
