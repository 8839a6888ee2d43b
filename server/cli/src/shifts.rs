//! `tocsin shifts` and `tocsin swap`: who is on call when, layer by layer, and who would rather swap.

use reqwest::Url;
use tocsin_server::api::{ShiftTime, SwapReply, SwapRequest, SwapState, SwapView};
use tocsin_server::engine::SwapWord;
use tocsin_ticket::{Millis, TeamId};
use tocsin_wire::{Known, Person, ShadowMode, ShadowView, ShiftReason, ShiftView};

use crate::cli::{AnswerArgs, ReadArgs, ShiftsArgs, SwapArgs, SwapCommand};
use crate::failure::Failure;
use crate::out::{self, CARE, FAINT, GOOD, STRONG, paint};
use crate::times;

const WEEK_MS: i64 = 7 * 24 * 3600 * 1000;

/// Asks and shows.
///
/// # Errors
/// When the server says no.
pub async fn run(args: &ShiftsArgs) -> Result<(), Failure> {
    let client = args.read.server.client()?;
    let shifts: Vec<ShiftView> = client.get(&path(client.base(), args, times::now())).await?;
    if args.read.json {
        return out::json(&shifts);
    }
    let mut layer = None;
    for shift in &shifts {
        let of = Some((&shift.team, shift.layer));
        if layer != of {
            layer = of;
            out::line(paint(
                STRONG,
                format_args!("{}, {}", shift.team, layer_name(shift.layer)),
            ));
        }
        out::line(row(shift));
    }
    Ok(())
}

/// Where the server has them.
fn path(base: &Url, args: &ShiftsArgs, now: Millis) -> String {
    let until = now.0 + i64::from(args.weeks) * WEEK_MS;
    let mut url = base.clone();
    url.query_pairs_mut()
        .append_pair("from", &now.0.to_string())
        .append_pair("until", &until.to_string())
        .extend_pairs(args.team.iter().map(|team| ("team", team)));
    format!("v1/shifts?{}", url.query().unwrap_or_default())
}

fn layer_name(layer: usize) -> String {
    match layer {
        1 => "on call".to_owned(),
        2 => "secondary".to_owned(),
        other => format!("layer {other}"),
    }
}

fn row(shift: &ShiftView) -> String {
    let Person { id, name } = &shift.person;
    let why = match &shift.reason {
        Known::Yes(ShiftReason::Rotation) => String::new(),
        other => format!("  {}", paint(CARE, other)),
    };
    let with = shift.shadow.as_ref().map_or_else(String::new, |shadow| {
        format!("  {}", paint(FAINT, mentored(shadow)))
    });
    format!(
        "  {} to {}  {name} ({id}){why}{with}",
        times::day_and_clock(shift.from),
        times::day_and_clock(shift.until)
    )
}

fn mentored(
    ShadowView {
        newcomer,
        mentor,
        mode,
    }: &ShadowView,
) -> String {
    match mode {
        Known::Yes(ShadowMode::MentorShadows) => format!("new, {} shadows", mentor.name),
        Known::Yes(ShadowMode::NewcomerShadows) => format!("{} shadows", newcomer.name),
        Known::No(mode) => format!("{} with {}: {mode}", newcomer.name, mentor.name),
    }
}

/// `tocsin swap`.
///
/// # Errors
/// When the server says no.
pub async fn swap(args: &SwapArgs) -> Result<(), Failure> {
    match &args.what {
        None => list(&args.read).await,
        Some(SwapCommand::Propose(propose)) => {
            let request = SwapRequest {
                team: TeamId::new(propose.team.as_str()),
                layer: usize::from(propose.layer),
                gives: propose.gives,
                takes: propose.takes,
            };
            let client = propose.read.server.client()?;
            show(&client.post("v1/swaps", &request).await?, &propose.read)
        }
        Some(SwapCommand::Accept(answer)) => say(answer, SwapWord::Accept).await,
        Some(SwapCommand::Refuse(answer)) => say(answer, SwapWord::Refuse).await,
        Some(SwapCommand::Withdraw(answer)) => say(answer, SwapWord::Withdraw).await,
    }
}

async fn list(read: &ReadArgs) -> Result<(), Failure> {
    let swaps: Vec<SwapView> = read.server.client()?.get("v1/swaps").await?;
    if read.json {
        return out::json(&swaps);
    }
    if swaps.is_empty() {
        out::aside("no swaps");
    }
    for swap in &swaps {
        out::line(swap_row(swap));
    }
    Ok(())
}

async fn say(args: &AnswerArgs, answer: SwapWord) -> Result<(), Failure> {
    let client = args.read.server.client()?;
    let path = format!("v1/swaps/{}", args.id);
    show(
        &client.post(&path, &SwapReply { answer }).await?,
        &args.read,
    )
}

fn show(swap: &SwapView, read: &ReadArgs) -> Result<(), Failure> {
    if read.json {
        return out::json(swap);
    }
    out::line(swap_row(swap));
    Ok(())
}

fn swap_row(swap: &SwapView) -> String {
    let (style, state) = match swap.state {
        SwapState::Proposed => (CARE, "proposed"),
        SwapState::Accepted => (GOOD, "accepted"),
        SwapState::Refused => (FAINT, "refused"),
        SwapState::Withdrawn => (FAINT, "withdrawn"),
        SwapState::Expired => (FAINT, "expired"),
    };
    let when = |time: ShiftTime| {
        format!(
            "{} to {}",
            times::day_and_clock(time.from),
            times::day_and_clock(time.until)
        )
    };
    format!(
        "{:>4}  {}  {}, {}: {} gives {} and takes {} of {}",
        swap.id,
        paint(style, state),
        swap.team,
        layer_name(swap.layer),
        swap.proposer.name,
        when(swap.gives),
        when(swap.takes),
        swap.other.name
    )
}
