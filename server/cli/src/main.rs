//! `tocsin`: the on-call pager in one program. Its server, a pager for a desk, and the tools around
//! them, which reach the server through its public HTTP API like everybody else.

mod alarm;
mod answers;
mod apply;
mod audit;
mod backup;
mod cli;
mod client;
mod coe;
mod demo;
mod devices;
mod drill;
mod editing;
mod enroll;
mod failure;
mod gateway;
mod handoff;
mod import;
mod login;
mod mail_in;
mod names;
mod noise;
mod on_call;
mod out;
mod pager;
mod profile;
mod push;
mod report;
mod respond;
mod runbook;
mod serve;
mod settings;
mod shifts;
mod signals;
mod similar;
mod siren;
mod tickets;
mod times;
mod token;
mod watch;
mod webhooks;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};
use cli::{Cli, Command, PushCommand};
use failure::{Context, Failure};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let Err(failure) = run(cli) else {
        return ExitCode::SUCCESS;
    };
    if !failure.text.is_empty() {
        out::aside(format_args!("{} {failure}", out::paint(out::BAD, "error:")));
    }
    ExitCode::from(failure.code)
}

fn run(cli: Cli) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("starting up")?;
    let ended = match cli.command {
        Command::Serve(args) => runtime.block_on(serve::run(&args)),
        Command::Gateway(args) => runtime.block_on(gateway::run(&args)),
        Command::Watch(args) => runtime.block_on(watch::run(&args)),
        Command::Push(PushCommand::Apns(args)) => runtime.block_on(push::apns(&args)),
        Command::Login(args) => runtime.block_on(login::run(&args)),
        Command::Apply(args) => runtime.block_on(apply::run(&args)),
        Command::Enroll(args) => runtime.block_on(enroll::run(&args)),
        Command::Key(args) => runtime.block_on(apply::new_key(&args)),
        Command::Oncall(args) => runtime.block_on(on_call::run(&args)),
        Command::Shifts(args) => runtime.block_on(shifts::run(&args)),
        Command::Swap(args) => runtime.block_on(shifts::swap(&args)),
        Command::Handoff(args) => runtime.block_on(handoff::run(&args)),
        Command::Maintenance(command) => runtime.block_on(noise::maintenance(&command)),
        Command::Quiet(args) => runtime.block_on(noise::quiet(&args)),
        Command::Calendar(args) => runtime.block_on(import::addresses(&args)),
        Command::Import(args) => import::run(&args),
        Command::Devices(args) => runtime.block_on(devices::run(&args)),
        Command::Token(command) => runtime.block_on(token::run(&command)),
        Command::Webhooks(command) => runtime.block_on(webhooks::run(&command)),
        Command::Audit(command) => runtime.block_on(audit::run(&command)),
        Command::Backup(args) => backup::backup(&args),
        Command::Restore(args) => backup::restore(&args),
        Command::Drill(args) => runtime.block_on(drill::run(&args)),
        Command::Tickets(args) => runtime.block_on(tickets::list(&args)),
        Command::Ticket(args) => runtime.block_on(tickets::one(&args)),
        Command::Why(args) => runtime.block_on(answers::why(&args)),
        Command::WhyNot(args) => runtime.block_on(answers::why_not(&args)),
        Command::Rehearse(args) => runtime.block_on(answers::rehearsal(&args)),
        Command::Check(args) => runtime.block_on(answers::check(&args)),
        Command::Similar(args) => runtime.block_on(similar::run(&args)),
        Command::Runbook(args) => runtime.block_on(runbook::run(&args)),
        Command::Coe(args) => runtime.block_on(coe::run(&args)),
        Command::Report(args) => runtime.block_on(report::run(&args)),
        Command::Alarm(args) => runtime.block_on(alarm::run(&args)),
        Command::MailIn(args) => runtime.block_on(mail_in::run(&args)),
        Command::Siren(args) => siren::run(&args),
        Command::Pager(args) => runtime.block_on(pager::run(&args)),
        Command::Demo(args) => runtime.block_on(demo::run(&args)),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "tocsin", &mut std::io::stdout());
            Ok(())
        }
    };
    // A blocked thread, such as one that reads the terminal, must not keep the program alive.
    runtime.shutdown_background();
    ended
}
