//! Titles without what changes from one alarm to the next.

/// Hexadecimal words of this length and more, with a digit, are ids rather than words.
const HEX_ID: usize = 6;

/// The title with numbers and ids as `#`, so that alarms of one kind have one title.
///
/// A word of letters and digits keeps its letters where they stand before or after a number
/// (`web-01`, `p99`, `500ms`: `web-#`, `p#`, `#ms`). Everything else with a digit in it is an id and
/// goes whole: UUIDs, hashes, the random ends of pods. Numbers joined by punctuation are one
/// (`10.0.0.1:8080`, `2026-03-29`). Runs of blanks are one blank.
///
/// ```
/// use tocsin_report::mask;
///
/// assert_eq!(mask("disk of db-01 is 93.5% full"), "disk of db-# is #% full");
/// assert_eq!(mask("pod api-7d9f8b6c5-x2k4q restarted 12 times"), "pod api-# restarted # times");
/// ```
#[must_use]
pub fn mask(title: &str) -> String {
    let mut masked = String::with_capacity(title.len());
    for word in title.split_whitespace() {
        if !masked.is_empty() {
            masked.push(' ');
        }
        let mut rest = word;
        while !rest.is_empty() {
            let (token, after) = next_token(rest);
            push(&mut masked, token, rest);
            rest = after;
        }
    }
    masked
}

/// Splits off a UUID, a run of letters and digits, or one other character.
fn next_token(text: &str) -> (&str, &str) {
    let length = uuid(text)
        .or_else(|| {
            let length = text
                .find(|it: char| !it.is_alphanumeric())
                .unwrap_or(text.len());
            (length > 0).then_some(length)
        })
        .unwrap_or_else(|| text.chars().next().map_or(0, char::len_utf8));
    text.split_at(length)
}

/// The length of a UUID (RFC 9562, section 4) at the beginning of `text`, if there is one.
fn uuid(text: &str) -> Option<usize> {
    const LENGTH: usize = 36;
    let whole = text.get(..LENGTH)?;
    let is_one = whole.bytes().enumerate().all(|(at, byte)| {
        if matches!(at, 8 | 13 | 18 | 23) {
            byte == b'-'
        } else {
            byte.is_ascii_hexdigit()
        }
    });
    let ends = !text[LENGTH..].starts_with(char::is_alphanumeric);
    (is_one && ends).then_some(LENGTH)
}

/// Appends a token of `title_rest` as it is kept, joined to a mask before it.
fn push(masked: &mut String, token: &str, title_rest: &str) {
    let kept = keep(token, title_rest);
    if kept == "#" && token != kept {
        // "#.#", "#-#" and "#:#" are one number, or one id.
        let before = masked.trim_end_matches(['.', ',', ':', '-', '_', '/']);
        let joined = masked.len() - before.len() == 1;
        if before.ends_with('#') && joined {
            masked.truncate(before.len());
            return;
        }
    }
    masked.push_str(&kept);
}

fn keep(token: &str, title_rest: &str) -> String {
    let digit = |it: char| it.is_numeric();
    if uuid(title_rest).is_some_and(|length| length == token.len()) {
        return "#".to_owned();
    }
    if !token.contains(digit) {
        return token.to_owned();
    }
    let is_hex = token.len() >= HEX_ID && token.bytes().all(|it| it.is_ascii_hexdigit());
    let (before, after) = (
        token.trim_end_matches(digit),
        token.trim_start_matches(digit),
    );
    match (before.contains(digit), after.contains(digit)) {
        _ if is_hex => "#".to_owned(),
        (false, _) => format!("{before}#"),
        (_, false) => format!("#{after}"),
        _ => "#".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::mask;

    #[test]
    fn alarms_that_differ_in_numbers_and_ids_are_of_one_kind() {
        for (title, pattern) in [
            ("Checkout is down", "Checkout is down"),
            ("p99 over 500ms for 10m", "p# over #ms for #m"),
            ("web01: 5xx at 3.2 %", "web#: #xx at # %"),
            ("10.0.0.12:8080 refuses", "# refuses"),
            ("backup of 2026-03-29 failed", "backup of # failed"),
            ("build a1b2c3d4e5 broke", "build # broke"),
            (
                "order 550e8400-e29b-41d4-a716-446655440000 stuck",
                "order # stuck",
            ),
            ("api-7d9f8b6c5-x2k4q is slow", "api-# is slow"),
            ("  two   blanks ", "two blanks"),
            ("결제 지연 1,200ms", "결제 지연 #,#ms"),
            ("", ""),
        ] {
            assert_eq!(mask(title), pattern, "{title:?}");
        }
    }

    #[test]
    fn a_pattern_is_its_own_pattern() {
        for title in ["p99 over 500ms", "10.0.0.12:8080", "x-1-y-2-z", "a1b-2c"] {
            assert_eq!(mask(&mask(title)), mask(title), "{title:?}");
        }
    }
}
