//! Shifts: who is on call when, in every layer, with mentors; and swaps of shifts between people who
//! both agree.

use std::sync::Arc;

use axum::extract::{Path, State};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use tocsin_directory::{Directory, Layer, TeamShift};
use tocsin_rota::{Shift, ShiftKind, SwapError};
use tocsin_ticket::{Millis, PersonId, TeamId};
use tocsin_wire::{Known, Person, Problem, ShadowMode, ShadowView, ShiftReason, ShiftView};

use super::extract::{Caller, Json, Query};
use super::{ApiError, App};
use crate::engine::{Answer, AskSwap, Job, SwapWord};
use crate::rights::Who;
use crate::store::StoreError;
use crate::store::swaps::StoredSwap;

/// How long ahead without `until`, in milliseconds: four weeks.
const USUAL_MS: i64 = 28 * 24 * 3600 * 1000;

/// The longest time that is listed at once, in milliseconds: a year and a day.
const LONGEST_MS: i64 = 367 * 24 * 3600 * 1000;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ShiftsQuery {
    /// One of the caller's teams; without it all of them.
    team: Option<TeamId>,
    /// Shifts that end after this, in milliseconds since 1970; without it, now.
    from: Option<i64>,
    /// Shifts that begin before this, at most a year after `from`; without it, four weeks after.
    until: Option<i64>,
}

/// `GET /v1/shifts?team=T&from=MS&until=MS`.
#[utoipa::path(
    get,
    path = "/v1/shifts",
    tag = "rotas",
    params(ShiftsQuery),
    responses(
        (status = 200, description = "Whole shifts with a part in that time, team by team and layer by layer, earliest first", body = [ShiftView]),
        (status = 400, description = "A parameter is not what was expected", body = Problem),
        (status = 404, description = "No such team", body = Problem)
    ),
    security(("device" = [])),
)]
pub(super) async fn shifts(
    State(app): State<Arc<App>>,
    Caller(who): Caller,
    Query(query): Query<ShiftsQuery>,
) -> Result<axum::Json<Vec<ShiftView>>, ApiError> {
    let directory = app.directory.load_full();
    let mut teams = who.teams(&directory);
    if let Some(named) = &query.team {
        teams.retain(|team| team == named);
        if teams.is_empty() {
            return Err(no_such_team());
        }
    }
    let from = query.from.unwrap_or_else(|| app.now().0);
    let until = query.until.unwrap_or_else(|| from.saturating_add(USUAL_MS));
    if until <= from || until.saturating_sub(from) > LONGEST_MS {
        return Err(ApiError::field(
            "until",
            format_args!("a time after `from` ({from}) and at most 367 days after it, got {until}"),
        ));
    }
    let list = move || {
        teams
            .iter()
            .flat_map(|team| {
                let shifts = directory.team_shifts(team, Millis(from), Millis(until));
                let view = |shift| view(&directory, team, shift);
                shifts.into_iter().map(view).collect::<Vec<_>>()
            })
            .collect()
    };
    // A year of many rotas takes long enough to hold others up.
    let listed = tokio::task::spawn_blocking(list).await;
    listed
        .map(axum::Json)
        .map_err(|error| StoreError::new(error).into())
}

fn view(directory: &Directory, team: &TeamId, TeamShift { layer, duty }: TeamShift) -> ShiftView {
    let person = |id: &str| person(directory, id);
    let shift = duty.shift;
    ShiftView {
        team: team.clone(),
        layer: layer.0 + 1,
        person: person(&shift.person),
        from: Millis(shift.from.as_millisecond()),
        until: Millis(shift.until.as_millisecond()),
        reason: Known::Yes(match shift.kind {
            ShiftKind::Rotation { .. } => ShiftReason::Rotation,
            ShiftKind::Override => ShiftReason::Override,
            ShiftKind::Swap => ShiftReason::Swap,
        }),
        shadow: duty.shadow.map(|shadow| ShadowView {
            newcomer: person(&shadow.newcomer),
            mentor: person(&shadow.mentor),
            mode: Known::Yes(match shadow.mode {
                tocsin_rota::ShadowMode::MentorShadows => ShadowMode::MentorShadows,
                tocsin_rota::ShadowMode::NewcomerShadows => ShadowMode::NewcomerShadows,
            }),
        }),
    }
}

/// How far a swap is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SwapState {
    /// The other side has not answered.
    Proposed,
    /// Both agree: this one, and only this, changes who is on call.
    Accepted,
    /// The other side does not want it.
    Refused,
    /// Whoever proposed it took it back.
    Withdrawn,
    /// The first of the two shifts began before there was an answer.
    Expired,
}

/// When a shift is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ShiftTime {
    /// The first instant.
    pub from: Millis,
    /// The first instant after.
    pub until: Millis,
}

/// Two people who take each other's shifts, or may.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SwapView {
    /// Its number.
    pub id: u64,
    /// Of which team.
    pub team: TeamId,
    /// In which of its layers; 1 is the primary.
    pub layer: usize,
    /// Who proposed it.
    pub proposer: Person,
    /// Who is asked.
    pub other: Person,
    /// The proposer's shift, which the other takes.
    pub gives: ShiftTime,
    /// The other's shift, which the proposer takes.
    pub takes: ShiftTime,
    /// When it was proposed.
    pub proposed_at: Millis,
    /// Until when it can be answered: then one of the shifts begins.
    pub expires_at: Millis,
    /// How far it is.
    pub state: SwapState,
}

/// `GET /v1/swaps`.
#[utoipa::path(
    get,
    path = "/v1/swaps",
    tag = "rotas",
    responses((status = 200, description = "Those of the caller's teams, oldest first", body = [SwapView])),
    security(("device" = [])),
)]
pub(super) async fn swaps(
    State(app): State<Arc<App>>,
    Caller(who): Caller,
) -> Result<axum::Json<Vec<SwapView>>, ApiError> {
    let directory = app.directory.load_full();
    let teams = who.teams(&directory);
    let now = app.now();
    let stored = app.read(|reader| reader.swaps()).await?;
    Ok(axum::Json(
        stored
            .iter()
            .filter(|stored| teams.contains(&stored.swap.team))
            .map(|stored| swap_view(&directory, stored, now))
            .collect(),
    ))
}

/// The body of `POST /v1/swaps`: the caller gives a shift of theirs for somebody else's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SwapRequest {
    /// Of which team.
    pub team: TeamId,
    /// In which of its layers; 1, the primary, if absent.
    #[serde(default = "primary")]
    pub layer: usize,
    /// Any moment of the shift that they give.
    pub gives: Millis,
    /// Any moment of the one that they take.
    pub takes: Millis,
}

const fn primary() -> usize {
    1
}

/// `POST /v1/swaps`: asks the other side, who is told.
#[utoipa::path(
    post,
    path = "/v1/swaps",
    tag = "rotas",
    request_body = SwapRequest,
    responses(
        (status = 200, description = "Proposed; nothing changes until it is accepted", body = SwapView),
        (status = 404, description = "No such team or layer", body = Problem),
        (status = 409, description = "The shifts are not theirs and somebody else's, or have begun", body = Problem)
    ),
    security(("device" = [])),
)]
pub(super) async fn propose_swap(
    State(app): State<Arc<App>>,
    Caller(who): Caller,
    Json(request): Json<SwapRequest>,
) -> Result<axum::Json<SwapView>, ApiError> {
    let layer = request
        .layer
        .checked_sub(1)
        .map(Layer)
        .ok_or_else(|| ApiError::field("layer", "a number from 1, the primary, got 0"))?;
    let ask = AskSwap::Propose {
        team: request.team,
        layer,
        gives: request.gives,
        takes: request.takes,
    };
    ask_swap(&app, &who, ask).await
}

/// The body of `POST /v1/swaps/{id}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SwapReply {
    /// What the caller says to it.
    pub answer: SwapWord,
}

/// `POST /v1/swaps/{id}`: the other side accepts or refuses, or who proposed it withdraws.
#[utoipa::path(
    post,
    path = "/v1/swaps/{id}",
    tag = "rotas",
    params(("id" = u64, Path, description = "Its number")),
    request_body = SwapReply,
    responses(
        (status = 200, description = "As it is now", body = SwapView),
        (status = 404, description = "No such swap", body = Problem),
        (status = 409, description = "Somebody else is asked, it is over, or a shift has moved", body = Problem)
    ),
    security(("device" = [])),
)]
pub(super) async fn answer_swap(
    State(app): State<Arc<App>>,
    Caller(who): Caller,
    id: Result<Path<u64>, axum::extract::rejection::PathRejection>,
    Json(reply): Json<SwapReply>,
) -> Result<axum::Json<SwapView>, ApiError> {
    let Path(swap) = id.map_err(|_| ApiError::field("id", "a swap's number, such as 3"))?;
    let word = reply.answer;
    ask_swap(&app, &who, AskSwap::Answer { swap, word }).await
}

async fn ask_swap(
    app: &Arc<App>,
    who: &Who,
    ask: AskSwap,
) -> Result<axum::Json<SwapView>, ApiError> {
    let job = Job::Swap {
        by: who.actor.clone(),
        teams: who.teams(&app.directory.load()),
        ask,
    };
    match app.writer.submit(job).await? {
        Answer::Swap(swap) => {
            let directory = app.directory.load();
            Ok(axum::Json(swap_view(&directory, &swap, app.now())))
        }
        Answer::SwapRefused(refusal) => Err(refused(&refusal)),
        _ => Err(ApiError::new(
            StatusCode::NOT_FOUND,
            "no_such_swap",
            "there is no such swap, team or layer among yours; `tocsin swap` lists the swaps",
        )),
    }
}

fn refused(refusal: &SwapError) -> ApiError {
    ApiError::new(StatusCode::CONFLICT, "swap_refused", refusal.to_string())
}

fn swap_view(directory: &Directory, stored: &StoredSwap, now: Millis) -> SwapView {
    let swap = &stored.swap.swap;
    let time = |shift: &Shift| ShiftTime {
        from: Millis(shift.from.as_millisecond()),
        until: Millis(shift.until.as_millisecond()),
    };
    // A clock that shows no time of the calendar is past every shift.
    let now = jiff::Timestamp::from_millisecond(now.0).unwrap_or(jiff::Timestamp::MAX);
    SwapView {
        id: stored.id,
        team: stored.swap.team.clone(),
        layer: stored.swap.layer.0 + 1,
        proposer: person(directory, swap.proposer()),
        other: person(directory, swap.other()),
        gives: time(swap.gives()),
        takes: time(swap.takes()),
        proposed_at: Millis(swap.proposed_at().as_millisecond()),
        expires_at: Millis(swap.expires_at().as_millisecond()),
        state: match swap.state(now) {
            tocsin_rota::SwapState::Proposed => SwapState::Proposed,
            tocsin_rota::SwapState::Accepted => SwapState::Accepted,
            tocsin_rota::SwapState::Refused => SwapState::Refused,
            tocsin_rota::SwapState::Withdrawn => SwapState::Withdrawn,
            tocsin_rota::SwapState::Expired => SwapState::Expired,
        },
    }
}

fn person(directory: &Directory, id: &str) -> Person {
    let id = PersonId::new(id);
    let name = directory.name_of(&id);
    Person { id, name }
}

fn no_such_team() -> ApiError {
    ApiError::new(
        StatusCode::NOT_FOUND,
        "no_such_team",
        "there is no such team among yours; `tocsin oncall` lists them",
    )
}
