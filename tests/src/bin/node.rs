//! The real server or the real phone engine as a process that a test can kill.
//!
//! `node serve DATA ADDRESS [TRANSPORTS]` says on its first line where it listens, as
//! `tocsin_tests::Ready` in JSON. It pushes as its transports file says; where the environment has
//! `APPLE`, that origin is Apple's production service, which a transports file cannot say.
//! `node phone FOLDER` says `ready`, then takes lines `note TICKET TEXT` and answers each with
//! `kept TEXT` once the tap is on the phone's disk. Both end in peace when their input ends.

use std::path::Path;

use tocsin_push::settings::{ApnsWay, Settings};
use tocsin_server::serve::{Options, Server};
use tocsin_tests::{Ready, RecordingSiren, start_pager};
use tocsin_ticket::TicketId;
use tocsin_wire::Action;
use tokio::io::{AsyncBufReadExt, BufReader, Lines, Stdin, stdin};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
        .with_writer(std::io::stderr)
        .init();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let lines = BufReader::new(stdin()).lines();
    match words[..] {
        ["serve", data, address] => {
            serve(Path::new(data), address, Settings::default(), lines).await
        }
        ["serve", data, address, transports] => {
            let settings = transports_of(Path::new(transports))?;
            serve(Path::new(data), address, settings, lines).await
        }
        ["phone", folder] => phone(Path::new(folder), lines).await,
        _ => Err("expected `serve DATA ADDRESS [TRANSPORTS]` or `phone FOLDER`".into()),
    }
}

fn transports_of(file: &Path) -> Result<Settings, Box<dyn std::error::Error>> {
    let mut settings = Settings::parse(&std::fs::read_to_string(file)?)?;
    if let (Some(ApnsWay::Own(own)), Ok(origin)) = (&mut settings.apns, std::env::var("APPLE")) {
        own.hosts.production = origin;
    }
    Ok(settings)
}

async fn serve(
    data: &Path,
    address: &str,
    transports: Settings,
    mut lines: Lines<BufReader<Stdin>>,
) -> Result<(), Box<dyn std::error::Error>> {
    let server = Server::start(&Options {
        data: data.to_owned(),
        listen: address.parse()?,
        tls: None,
        alarms_a_second: 1_000_000,
        transports,
    })
    .await?;
    let admin_code = server
        .admin_code
        .as_ref()
        .map(|code| code.reveal().to_owned());
    let ready = Ready {
        address: server.address,
        admin_code,
    };
    println!("{}", serde_json::to_string(&ready)?);
    let input_ended = async move { while let Ok(Some(_)) = lines.next_line().await {} };
    Ok(server.run_until(input_ended).await?)
}

async fn phone(
    folder: &Path,
    mut lines: Lines<BufReader<Stdin>>,
) -> Result<(), Box<dyn std::error::Error>> {
    let pager = start_pager(folder, Box::new(RecordingSiren::default()));
    println!("ready");
    while let Some(line) = lines.next_line().await? {
        let mut words = line.splitn(3, ' ');
        let (Some("note"), Some(ticket), Some(text)) = (words.next(), words.next(), words.next())
        else {
            return Err(format!("expected `note TICKET TEXT`, got {line:?}").into());
        };
        let action = Action::Note {
            text: text.to_owned(),
        };
        pager.tap(TicketId(ticket.parse()?), action);
        pager.settled().await;
        println!("kept {text}");
    }
    pager.shutdown().await;
    Ok(())
}
