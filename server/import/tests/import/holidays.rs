use jiff::civil::date;
use tocsin_directory::Config;
use tocsin_import::holidays;

use crate::file;

const TEAM: &str = "
[[people]]
id = \"ana\"
name = \"Ana\"

[[teams]]
id = \"shop\"
name = \"Shop\"
manager = \"ana\"
members = [\"ana\"]

[teams.rota]
zone = \"Europe/Berlin\"
start = 2026-01-05
handoff = { weekday = \"monday\", time = 09:00 }
members = [\"ana\"]
hours = [{ days = [\"monday\"], from = 08:00, until = 18:00 }]
holidays = \"montreal\"

[[teams.rota.otherwise]]
zone = \"Europe/Berlin\"
start = 2026-01-05
handoff = { weekday = \"monday\", time = 09:00 }
members = [\"ana\"]
";

#[test]
fn a_calendar_of_holidays_is_one_that_rotas_can_name() {
    let text = file("ical/rfc5545-whole-days.ics");
    let toml = holidays(&text, "montreal", date(2026, 11, 23)).expect("holidays");
    assert_eq!(
        toml,
        "[[holidays]]\nid = \"montreal\"\ndates = [\n    \
         2026-11-02, # Our Blissful Anniversary\n    \
         2027-11-02, # Our Blissful Anniversary\n    \
         2028-11-02, # Our Blissful Anniversary\n]\n"
    );
    let config = Config::parse(&format!("{TEAM}\n{toml}")).expect("a configuration");
    assert_eq!(config.holidays()["montreal"].dates[1], date(2027, 11, 2));
}

#[test]
fn a_calendar_without_holidays_in_the_next_years_is_refused() {
    let text = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20200501\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
    let error = holidays(text, "berlin", date(2026, 11, 23)).expect_err("long ago");
    assert_eq!(
        error.to_string(),
        "file: expected holidays in the 3 years from 2026-01-01, got none"
    );
}
