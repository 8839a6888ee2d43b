//! `tocsin demo`: the whole product on one machine, in two minutes. A server on a fresh folder, two
//! enrolled pagers, a real Alertmanager payload, a missed check-in, a manager who is woken.
//!
//! `tocsin demo --sev1` is the second act: a conference, a missed status update, help from another
//! team, and what is left when it is over: a drafted correction of error and the load report.
//!
//! Everything goes through the programs and interfaces that users have: the server is a child
//! process and is spoken to over HTTP, and the pagers are what `tocsin pager` is.

mod auto;
mod guide;
mod incident;
mod incident_guide;
mod live;
mod panes;
mod papers;
mod server;
mod stage;

use std::io::IsTerminal;

use tocsin_siren::playback::Output;

use crate::cli::DemoArgs;
use crate::failure::{Context, Failure};
use crate::out::{self, CARE, paint};
use crate::pager::sound;
use crate::pager::words::Words;
use crate::signals;
use stage::Stage;

/// Plays it, with a person or without.
///
/// # Errors
/// When something of it did not happen.
pub async fn run(args: &DemoArgs) -> Result<(), Failure> {
    let on_terminal = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    if !args.auto && !on_terminal {
        return Err(Failure::usage(
            "the demo needs a terminal to show the pagers; add --auto",
        ));
    }
    let end = signals::told_to_end().context("signals")?;
    let words = Words::choose(args.lang);
    let output = choose_output(args.no_sound).await?;
    let play = async {
        out::aside("starting a server on a fresh folder, enrolling pagers …");
        let file = if args.sev1 {
            stage::TWO_TEAMS
        } else {
            stage::TEAM
        };
        let stage = Stage::set(file, output, words).await?;
        match (args.sev1, args.auto) {
            (false, true) => auto::play(stage, words).await,
            (false, false) => live::play(stage, guide::Act::default(), words).await,
            (true, auto) => {
                let minjun = stage.enroll("minjun").await?;
                if auto {
                    incident::play(stage, minjun).await
                } else {
                    let act = incident_guide::Act::new(minjun);
                    live::play(stage, act, words).await
                }
            }
        }
    };
    tokio::select! {
        played = play => played,
        () = end => Err(Failure::failed("ended before it was over")),
    }
}

async fn choose_output(no_sound: bool) -> Result<Output, Failure> {
    if no_sound {
        out::aside(
            "no sound, as asked: the sirens play where nobody hears them; samples are counted",
        );
        return Ok(Output::Null);
    }
    match tokio::task::spawn_blocking(sound::probe)
        .await
        .context("sound")?
    {
        Ok(name) => {
            out::aside(format_args!("the sirens sound on {name}"));
            Ok(Output::Default)
        }
        Err(why) => {
            out::aside(paint(CARE, format_args!("no sound output: {why}")));
            out::aside(
                "going on without: the sirens play where nobody hears them; samples are counted",
            );
            Ok(Output::Null)
        }
    }
}
