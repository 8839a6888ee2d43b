//! Who watches the pager: a second machine, which pages by its own transports.

use std::time::{Duration, Instant};

use tocsin_peers::https::ca_pem;
use tocsin_peers::smtp::{Encryption, Mail, PASSWORD, Slip, Smtp, Stage, USER};
use tokio::runtime::Runtime;

use crate::common::{Beside, Home, Server};

/// Guards against hanging.
const LONG: Duration = Duration::from_secs(60);

/// The second machine with its mail server.
struct Tower {
    home: Home,
    smtp: Smtp,
    transports: String,
    _runtime: Runtime,
}

impl Tower {
    fn new() -> Self {
        let home = Home::new();
        let runtime = Runtime::new().unwrap();
        let smtp = runtime.block_on(Smtp::start(Encryption::Implicit)).unwrap();
        let ca = home.write("ca.pem", ca_pem());
        let password = home.write("password", PASSWORD);
        let transports = home.write(
            "transports.toml",
            &format!(
                "ca_file = '{ca}'\n[email]\nhost = 'localhost'\nport = {}\n\
                 from = 'Watch <tocsin@example.org>'\n\
                 login = {{ user = '{USER}', password = {{ file = '{password}' }} }}\n",
                smtp.port()
            ),
        );
        Self {
            home,
            smtp,
            transports,
            _runtime: runtime,
        }
    }

    fn watch(&self, url: &str) -> Beside {
        let mut command = self.home.command();
        command
            .args(["watch", url, "--transports", &self.transports])
            .args(["--page", "ana@example.org", "bea@example.org"])
            .args(["--every", "1s", "--after", "2s", "--again", "4s"]);
        self.home.beside(command, "watch.log")
    }

    /// The mails once they are so many.
    fn mails(&self, number: usize, watch: &Beside) -> Vec<Mail> {
        let began = Instant::now();
        loop {
            let mails = self.smtp.mails();
            if mails.len() >= number {
                return mails;
            }
            assert!(began.elapsed() < LONG, "{mails:?} {}", watch.log());
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

fn to(mails: &[Mail], words: &str) -> Vec<String> {
    let mut to: Vec<String> = mails
        .iter()
        .filter(|mail| mail.content.contains(words))
        .flat_map(|mail| mail.to.clone())
        .collect();
    to.sort();
    to
}

#[test]
fn a_server_that_is_killed_is_paged_for_by_somebody_else_until_it_is_back() {
    let home = Home::new();
    let server = Server::start(&home);
    let address = server.address().to_owned();
    let tower = Tower::new();
    let mut watch = tower.watch(&server.url);
    let first = watch.line();
    assert!(first.contains("it answers"), "{first} {}", watch.log());
    assert_eq!(tower.smtp.mails(), [], "nobody is woken for nothing");

    server.process.signal("-KILL");
    drop(server);
    let mails = tower.mails(2, &watch);
    let expected = ["ana@example.org", "bea@example.org"];
    assert_eq!(to(&mails, "Your pager is down: 127.0.0.1"), expected);
    let page = &mails[0].content;
    for told in ["no good answer since", "start it again"] {
        let one_line = page.replace("\r\n", " ");
        assert!(one_line.contains(told), "{told} in {page}");
    }

    let mails = tower.mails(4, &watch);
    assert_eq!(
        to(&mails, "Your pager is down").len(),
        mails.len(),
        "again, until it answers"
    );
    let _back = Server::start_with(&home, &address, &[]);
    let began = Instant::now();
    while to(&tower.smtp.mails(), "Your pager is back").len() < 2 {
        assert!(began.elapsed() < LONG, "{}", watch.log());
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(to(&tower.smtp.mails(), "Your pager is back"), expected);
    let log = watch.log();
    assert!(!log.contains("ana@"), "addresses are personal: {log}");
    watch.signal("-TERM");
    assert_eq!(watch.wait(), Some(0), "{}", watch.log());
}

#[test]
fn a_server_that_does_not_answer_at_the_start_is_said_at_once_and_paged_for() {
    let tower = Tower::new();
    let mut watch = tower.watch("http://127.0.0.1:9");
    let first = watch.line();
    assert!(first.contains("does NOT answer"), "{first}");
    tower.mails(2, &watch);
}

#[test]
fn a_test_page_shows_whether_the_addresses_work() {
    let tower = Tower::new();
    let test = |page: &str| {
        let transports = &tower.transports;
        let url = "http://127.0.0.1:9";
        tower.home.run(&[
            "watch",
            url,
            "--transports",
            transports,
            "--page",
            page,
            "--test",
        ])
    };
    let said = test("ana@example.org").done();
    assert!(said.out.contains("taken on"), "{said:?}");
    assert_eq!(to(&tower.smtp.mails(), "This is a test").len(), 1);
    tower
        .smtp
        .slip(Stage::Rcpt, Slip::Reply("550 5.1.1 no such user here"));
    let said = test("zoe@example.org");
    assert_eq!(said.code, 1, "{said:?}");
    assert!(said.out.contains("no such user here"), "{said:?}");
    // No way to a telephone is a mistake of the command line.
    let said = test("+493012345678");
    assert_eq!(said.code, 2, "{said:?}");
    assert!(said.err.contains("[gateway.NAME.KIND]"), "{said:?}");
}
