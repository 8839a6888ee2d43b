//! Whatever a file holds, it is read or refused, and nothing panics.

use jiff::Timestamp;
use jiff::civil::date;
use proptest::prelude::*;
use tocsin_calendar::{holidays, shifts};

const FILE: &str = include_str!("../../../tests/data/ical/rfc5545-whole-days.ics");

fn read(text: &str) {
    let found = holidays(text, date(2026, 1, 1), date(2028, 1, 1));
    if let Err(error) = found {
        assert!(error.line <= text.lines().count().max(1), "{error}");
    }
    let _ = shifts(text, "America/New_York", Timestamp::UNIX_EPOCH);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn a_file_with_some_bytes_changed_is_read_or_refused(
        changes in prop::collection::vec((0..FILE.len(), any::<u8>()), 1..8),
    ) {
        let mut bytes = FILE.as_bytes().to_vec();
        for (at, byte) in changes {
            bytes[at] = byte;
        }
        read(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn a_file_with_lines_left_out_or_doubled_is_read_or_refused(
        lines in prop::collection::vec(prop::sample::select(FILE.lines().collect::<Vec<_>>()), 0..30),
    ) {
        read(&lines.join("\r\n"));
    }

    #[test]
    fn any_rule_is_read_or_refused(rule in "FREQ=(YEARLY|MONTHLY|WEEKLY|DAILY)(;INTERVAL=[0-9]{1,3})?(;COUNT=[0-9]{1,2})?(;BYDAY=(-?[0-9]{1,2})?(MO|SU))?(;BYMONTHDAY=-?[0-9]{1,2})?(;UNTIL=[0-9]{8})?") {
        read(&FILE.replace("FREQ=YEARLY", &rule));
    }
}
