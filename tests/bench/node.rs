//! A server in a process of its own, with its data made beforehand.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tocsin_push::apns::ApnsHosts;
use tocsin_push::settings::{ApnsWay, Settings};
use tocsin_server::secret::Secret;
use tocsin_server::serve::{Options, Server};
use tocsin_server::store::{Device, SqliteStore, Store};
use tocsin_ticket::{Millis, PersonId};

/// The key of the one integration.
pub const KEY: &str = "0123456789abcdef0123456789abcdef";

/// Where the node writes its address once it listens.
const ADDRESS_FILE: &str = "address";

/// The server's transports file, if it has one.
pub const TRANSPORTS_FILE: &str = "transports.toml";

/// The origin that stands for Apple's, beside `[apns.own]`.
pub const APPLE_FILE: &str = "apple";

/// The token of a person's one device.
pub fn token(person: &str) -> String {
    format!("bench-{person}")
}

/// A team of these people; the first is on call, the last manages.
pub fn config(people: &[String], check_in_s: u64) -> String {
    let mut text = String::new();
    for person in people {
        text += &format!("[[people]]\nid = \"{person}\"\nname = \"{person}\"\n");
    }
    let list = people
        .iter()
        .map(|person| format!("{person:?}"))
        .collect::<Vec<_>>()
        .join(",");
    let manager = &people[people.len() - 1];
    text + &format!(
        r#"
[[teams]]
id = "shop"
name = "Shop"
manager = "{manager}"
members = [{list}]
[teams.rota]
zone = "Europe/Berlin"
handoff = {{ weekday = "monday", time = 09:00 }}
start = 2026-01-05
members = ["{first}"]
[teams.policy.sev1]
check_in = "{check_in_s}s"
researching = "{researching}s"
work_in_progress = "{work}s"
[teams.policy.sev2]
check_in = "{later}s"
researching = "{researching2}s"
work_in_progress = "{work2}s"
[[services]]
id = "checkout"
name = "Checkout"
team = "shop"
[[integrations]]
id = "bench"
team = "shop"
service = "checkout"
"#,
        first = people[0],
        researching = 2 * check_in_s,
        work = 10 * check_in_s,
        later = 2 * check_in_s,
        researching2 = 4 * check_in_s,
        work2 = 20 * check_in_s,
    )
}

/// Makes a data folder: configuration, key and a device for each person.
pub fn prepare(data: &Path, people: &[String], check_in_s: u64) -> SqliteStore {
    let mut store = SqliteStore::open(&data.join("tocsin.db")).expect("a new database");
    let text = config(people, check_in_s);
    if let Err(errors) = tocsin_directory::Config::parse(&text) {
        panic!("{}", errors.in_file("bench"));
    }
    store
        .transaction(&mut |transaction| {
            transaction.add_config(&text, &"bench".into(), Millis(0))?;
            transaction.set_integration_key("bench", Secret::received(KEY).hash())?;
            for person in people {
                let device = Device {
                    id: person.as_str().into(),
                    person: PersonId::from(person.as_str()),
                    name: "bench".to_owned(),
                    admin: false,
                    token: Secret::received(token(person)).hash(),
                };
                transaction.add_device(&device, Millis(0))?;
            }
            Ok(())
        })
        .expect("the data is taken");
    store
}

/// Which transports the server has, from files that are made beforehand; none without them.
fn transports(data: &Path) -> Settings {
    let Ok(text) = std::fs::read_to_string(data.join(TRANSPORTS_FILE)) else {
        return Settings::default();
    };
    let mut settings = Settings::parse(&text).expect("a transports file");
    if let Some(ApnsWay::Own(own)) = &mut settings.apns {
        let apple = std::fs::read_to_string(data.join(APPLE_FILE)).expect("where Apple is");
        own.hosts = ApnsHosts {
            sandbox: apple.clone(),
            production: apple,
        };
    }
    settings
}

/// Runs a server until it is killed.
pub async fn serve(data: &str) {
    let options = Options {
        data: data.into(),
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        tls: None,
        alarms_a_second: 1_000_000,
        transports: transports(data.as_ref()),
    };
    let server = Server::start(&options).await.expect("the server starts");
    std::fs::write(options.data.join(ADDRESS_FILE), server.address.to_string())
        .expect("the address is written");
    server
        .run_until(std::future::pending())
        .await
        .expect("the server runs");
}

/// A running server; killed when dropped.
pub struct Node {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
    /// From the start of the process to its first answer.
    pub ready_after: Duration,
}

impl Node {
    /// Starts a server on a prepared folder and waits until it is ready.
    pub async fn start(data: &Path) -> Self {
        let file = data.join(ADDRESS_FILE);
        let _ = std::fs::remove_file(&file);
        let begin = Instant::now();
        let child = Command::new(std::env::current_exe().expect("this program"))
            .arg("serve")
            .arg(data)
            .stdout(Stdio::null())
            .spawn()
            .expect("the server starts");
        let mut node = Self {
            child,
            address: SocketAddr::from(([0, 0, 0, 0], 0)),
            ready_after: Duration::ZERO,
        };
        node.address = loop {
            let written = std::fs::read_to_string(&file);
            if let Some(address) = written.ok().and_then(|text| text.parse().ok()) {
                break address;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        };
        crate::client::get(node.address, "/readyz").await;
        node.ready_after = begin.elapsed();
        node
    }

    /// Resident memory, in bytes (proc(5): `VmRSS` counts KiB).
    pub fn resident_bytes(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))
            .expect("the server runs");
        let line = status
            .lines()
            .find(|line| line.starts_with("VmRSS:"))
            .expect("VmRSS");
        let kib: u64 = line
            .split_whitespace()
            .nth(1)
            .and_then(|kib| kib.parse().ok())
            .expect("KiB");
        kib * 1024
    }

    /// Processor time used so far, user and system (proc(5): fields 14 and 15, in ticks of 10 ms).
    pub fn cpu_time(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))
            .expect("the server runs");
        let after_name = stat.rsplit_once(')').expect("a name in brackets").1;
        let fields: Vec<&str> = after_name.split_whitespace().collect();
        let ticks: u64 = [11, 12]
            .iter()
            .filter_map(|at| fields[*at].parse::<u64>().ok())
            .sum();
        Duration::from_millis(ticks * 10)
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
