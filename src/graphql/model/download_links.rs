//! Links to downloads that need no `Authorization` header.

use async_graphql::{Context, ID};
use chrono::{DateTime, SecondsFormat, Utc};
use url::form_urlencoded::Serializer;

use super::movie_filter::{MovieFilter, movie_query};
use super::pages::check_time;
use crate::catalog::bulk::{BulkFormat, ExportOptions};
use crate::document::{Category, MovieId, Source};
use crate::graphql::context::ContextExt;
use crate::graphql::error::ApiError;

/// The route of a bulk export.
const EXPORT: &str = "/api/v1/admin/movies/export";
/// Maximum length of a link without its signed part. Servers and proxies accept addresses of 8 KiB.
const MAX_LENGTH: usize = 7_000;

/// What a bulk export has.
pub struct ExportSelection {
    pub ids: Option<Vec<ID>>,
    pub filter: Option<MovieFilter>,
    pub categories: Option<Vec<Category>>,
    pub as_of: Option<DateTime<Utc>>,
    pub format: BulkFormat,
    pub compress: Option<bool>,
}

/// The link to the bundle of a movie.
///
/// # Errors
/// When the role does not allow exports, or signing fails.
pub fn bundle_link(ctx: &Context<'_>, movie: &MovieId) -> Result<String, ApiError> {
    ctx.can_read()?;
    let path = format!("/api/v1/admin/movies/{movie}/export/all");
    Ok(ctx.accounts().link_to_download(ctx.principal()?, &path)?)
}

/// The link to the file of a job.
///
/// # Errors
/// When the role does not allow it, or signing fails.
pub fn job_file_link(ctx: &Context<'_>, job: &str) -> Result<String, ApiError> {
    ctx.can_manage_jobs()?;
    let path = format!("/api/v1/admin/jobs/{job}/file");
    Ok(ctx.accounts().link_to_download(ctx.principal()?, &path)?)
}

/// Authorises, converts and validates the options of an export.
///
/// # Errors
/// When the role does not allow it, or an option is invalid.
pub fn export_options(
    ctx: &Context<'_>,
    selection: ExportSelection,
) -> Result<ExportOptions, ApiError> {
    ctx.can_read()?;
    let ExportSelection { ids, filter, categories, as_of, format, compress } = selection;
    if as_of.is_some() {
        ctx.can_draft()?;
    }
    let query = movie_query(ctx, filter)?;
    let as_of = check_time("asOf", as_of)?;
    if as_of.is_some() && !query.filter.missing.is_empty() {
        return Err(bad("asOf and filter.missing cannot be given together"));
    }
    let ids = ids.as_deref().map(read_ids).transpose()?;
    if categories.as_ref().is_some_and(Vec::is_empty) {
        return Err(bad("categories: found none; leave the argument out for all"));
    }
    let categories = categories.unwrap_or_default();
    Ok(ExportOptions { ids, categories, as_of, compress, ..ExportOptions::new(query, format) })
}

/// The link to a bulk export.
///
/// # Errors
/// When the role does not allow it, or it cannot be written as a link.
pub fn export_link(ctx: &Context<'_>, selection: ExportSelection) -> Result<String, ApiError> {
    let options = export_options(ctx, selection)?;
    let mut parameters = Parameters::default();
    parameters.export(&options)?;
    let path = format!("{EXPORT}?{}", parameters.0.finish());
    if path.len() > MAX_LENGTH {
        let found = path.len();
        return Err(bad(&format!(
            "the link would have {found} characters; at most {MAX_LENGTH} are allowed; name fewer \
             ids, or use the route with a bearer token"
        )));
    }
    Ok(ctx.accounts().link_to_download(ctx.principal()?, &path)?)
}

fn bad(message: &str) -> ApiError {
    ApiError::BadInput(message.to_owned())
}

fn read_ids(ids: &[ID]) -> Result<Vec<MovieId>, ApiError> {
    if ids.is_empty() {
        return Err(bad("ids: found none; leave the argument out for all movies"));
    }
    let read = |id: &ID| id.parse().map_err(|error| bad(&format!("ids: {error}")));
    ids.iter().map(read).collect()
}

/// The query of a bulk export, as its route reads it.
struct Parameters(Serializer<'static, String>);

impl Default for Parameters {
    fn default() -> Self {
        Self(Serializer::new(String::new()))
    }
}

impl Parameters {
    fn text(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.0.append_pair(name, value);
        }
    }

    fn list<'a>(&mut self, name: &str, values: impl Iterator<Item = &'a str>) {
        let joined = values.collect::<Vec<_>>().join(",");
        self.text(name, Some(joined.as_str()).filter(|joined| !joined.is_empty()));
    }

    fn categories(&mut self, name: &str, categories: &[Category]) {
        self.list(name, categories.iter().map(|category| category.as_str()));
    }

    fn moment(&mut self, name: &str, moment: Option<DateTime<Utc>>) {
        let text = moment.map(|moment| moment.to_rfc3339_opts(SecondsFormat::AutoSi, true));
        self.text(name, text.as_deref());
    }

    fn year(&mut self, name: &str, year: Option<i32>) -> Result<(), ApiError> {
        if let Some(year) = year.filter(|year| *year < 0) {
            return Err(bad(&format!("filter: found the year {year}; allowed is 0 or later")));
        }
        self.text(name, year.map(|year| year.to_string()).as_deref());
        Ok(())
    }

    fn export(&mut self, options: &ExportOptions) -> Result<(), ApiError> {
        self.list("ids", options.ids.iter().flatten().map(MovieId::as_str));
        self.text("search", options.search.as_deref());
        self.year("year_from", options.year_from)?;
        self.year("year_to", options.year_to)?;
        for name in &options.genres {
            if name.contains(',') || name.trim().is_empty() {
                let found = format!("filter.genres: found {name:?}");
                return Err(bad(&format!("{found}; allowed is a name without a comma")));
            }
        }
        self.list("genres", options.genres.iter().map(String::as_str));
        self.text("status", options.status.as_deref());
        self.categories("present", &options.present);
        self.categories("missing", &options.missing);
        self.categories("has_draft", &options.has_draft);
        self.categories("written_categories", &options.written_categories);
        self.text("written_source", options.written_source.map(Source::as_str));
        self.moment("written_since", options.written_since);
        self.moment("written_until", options.written_until);
        self.categories("categories", &options.categories);
        self.moment("as_of", options.as_of);
        self.text("format", Some(options.format.as_str()));
        let compress = options.compress.map(|compress| if compress { "true" } else { "false" });
        self.text("compress", compress);
        Ok(())
    }
}
