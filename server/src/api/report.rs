//! The load report: a team's log, counted for its people.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::{
    CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderValue, StatusCode};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::Deserialize;
use tocsin_directory::Directory;
use tocsin_report::{Query as Question, QueryError, Report, Tally, render};
use tocsin_ticket::{Millis, TeamId};
use tocsin_wire::Problem;

use super::extract::{Caller, Query};
use super::{ApiError, App};
use crate::learning::zone;
use crate::load;
use crate::store::{Reader, StoreError};

/// The longest report, in days: a year with its leap day, and some to spare.
const LONGEST_DAYS: i64 = 370;

/// The same in milliseconds, with the hour that clocks may go back.
const LONGEST_MS: i64 = (LONGEST_DAYS * 24 + 1) * 3600 * 1000;

/// Whole weeks before the present one in a report that names no beginning.
const USUAL_WEEKS: i64 = 3;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ReportQuery {
    /// One of the caller's teams; without it all of them, by the calendar of the first.
    team: Option<String>,
    /// The first day, by the team's calendar (`2026-06-01`), or the first instant (RFC 3339).
    /// Without it, four weeks: the present one and three before.
    from: Option<String>,
    /// The day or the instant before which it ends. Without it, or later than now, it ends now.
    until: Option<String>,
    /// As what.
    #[serde(default)]
    format: Format,
}

/// What a report is written as.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
enum Format {
    /// For programs.
    #[default]
    Json,
    /// For spreadsheets: a header, and a row for each team, person, service, week, shift and
    /// pattern.
    Csv,
    /// For people: one page with charts, complete in itself.
    Html,
}

/// `GET /v1/report?team=T&from=DAY&until=DAY&format=json|csv|html`.
#[utoipa::path(
    get,
    path = "/v1/report",
    tag = "report",
    params(ReportQuery),
    responses(
        (status = 200, description = "What being on call cost", content((Report = "application/json"), (String = "text/csv"), (String = "text/html"))),
        (status = 400, description = "A parameter is not what was expected", body = Problem),
        (status = 404, description = "No such team", body = Problem)
    ),
    security(("device" = [])),
)]
pub(super) async fn report(
    State(app): State<Arc<App>>,
    Caller(who): Caller,
    Query(query): Query<ReportQuery>,
) -> Result<Response, ApiError> {
    let directory = app.directory.load_full();
    let mut teams = who.teams(&directory);
    if let Some(named) = &query.team {
        teams.retain(|team| team.as_str() == named);
        if teams.is_empty() {
            return Err(no_such_team());
        }
    }
    let now = app.now();
    // A year of shifts and tickets takes long enough to hold others up.
    app.read(move |reader| {
        let question = question(&directory, &teams, &query, now);
        match question.and_then(|question| Tally::new(question).map_err(refused)) {
            Ok(tally) => written(reader, &teams, tally, query.format).map(Ok),
            Err(refused) => Ok(Err(refused)),
        }
    })
    .await?
}

fn no_such_team() -> ApiError {
    ApiError::new(
        StatusCode::NOT_FOUND,
        "no_such_team",
        "there is no such team among yours; `tocsin oncall` lists them",
    )
}

/// What to count, and who lives where.
fn question(
    directory: &Directory,
    teams: &[TeamId],
    query: &ReportQuery,
    now: Millis,
) -> Result<Question, ApiError> {
    let calendar = teams
        .first()
        .and_then(|team| directory.config().teams().get(team))
        .map_or("UTC", |team| team.rota.spec.zone.as_str());
    let zone = zone(calendar);
    let from = match &query.from {
        Some(text) => instant("from", text, &zone)?,
        None => usual_beginning(&zone, now),
    };
    // A report's end is no part of it, so one up to now ends a millisecond later.
    let end = Millis(now.0.saturating_add(1));
    let until = match &query.until {
        Some(text) => instant("until", text, &zone)?.min(end),
        None => end,
    };
    if until.0.saturating_sub(from.0) > LONGEST_MS {
        return Err(ApiError::field(
            "from",
            format_args!("at most {LONGEST_DAYS} days before until"),
        ));
    }

    Ok(load::question(directory, teams, from, until, now))
}

/// A day's beginning where the team is, or an instant.
fn instant(field: &str, text: &str, zone: &TimeZone) -> Result<Millis, ApiError> {
    let day = || {
        let day: Date = text.parse().ok()?;
        Some(day.to_zoned(zone.clone()).ok()?.timestamp())
    };
    // A date with a time is no day: its zone would be lost.
    let instant = text
        .parse::<Timestamp>()
        .ok()
        .or_else(|| (!text.contains(['T', 't', ' ', ':'])).then(day).flatten());
    instant
        .map(|at| Millis(at.as_millisecond()))
        .ok_or_else(|| {
            ApiError::field(
                field,
                "a day such as 2026-06-01, or an instant such as 2026-06-01T09:00:00+02:00",
            )
        })
}

/// The Monday three weeks before this week's.
fn usual_beginning(zone: &TimeZone, now: Millis) -> Millis {
    let today = Timestamp::from_millisecond(now.0)
        .unwrap_or(Timestamp::UNIX_EPOCH)
        .to_zoned(zone.clone())
        .date();
    let days = i64::from(today.weekday().to_monday_zero_offset()) + 7 * USUAL_WEEKS;
    let monday = today.saturating_sub(days.days()).to_zoned(zone.clone());
    monday.map_or(now, |at| Millis(at.timestamp().as_millisecond()))
}

fn refused(error: QueryError) -> ApiError {
    match error {
        QueryError::NoTime => ApiError::field(
            "until",
            "an instant after from; neither may lie in the future",
        ),
        QueryError::OutsideCalendar { field } => {
            ApiError::field(field, "a day between the years 1 and 9998")
        }
        QueryError::UnknownZone { .. } => ApiError::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "defect",
            error.to_string(),
        ),
    }
}

/// Counts and writes.
fn written(
    reader: &dyn Reader,
    teams: &[TeamId],
    tally: Tally,
    format: Format,
) -> Result<Response, StoreError> {
    let report = load::count(reader, teams, tally)?;
    let (kind, body) = match format {
        Format::Json => ("application/json", serde_json::to_string(&report)?),
        Format::Csv => (
            "text/csv; charset=utf-8; header=present",
            render::csv(&report).map_err(StoreError::new)?,
        ),
        Format::Html => (
            "text/html; charset=utf-8",
            render::html(&report).map_err(StoreError::new)?,
        ),
    };
    let mut response = body.into_response();
    let headers = response.headers_mut();
    let mut set = |name, value| headers.insert(name, HeaderValue::from_static(value));
    set(CONTENT_TYPE, kind);
    set(X_CONTENT_TYPE_OPTIONS, "nosniff");
    match format {
        Format::Json => {}
        Format::Csv => {
            let file = "attachment; filename=\"on-call-load.csv\"";
            set(CONTENT_DISPOSITION, file);
        }
        // The page has a style of its own and nothing else.
        Format::Html => {
            let policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";
            set(CONTENT_SECURITY_POLICY, policy);
        }
    }
    Ok(response)
}
