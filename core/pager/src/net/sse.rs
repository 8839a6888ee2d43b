//! Server-sent events (WHATWG HTML, 9.2), read piece by piece.
//!
//! Existing decoders drop what matters here: comment lines, which are how a pager knows that
//! its stream is alive, and events without data, which `reset` and `catch_up` are. Nor do they limit
//! what an event may grow to.

/// The most that one event may take, in bytes: a ticket with the largest details the server accepts
/// is well below it.
pub const FRAME_LIMIT: usize = 1 << 20;

/// One block of the stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// A comment line.
    Comment,
    /// An event.
    Event {
        /// Its type; empty when it has none.
        name: String,
        /// Its data, lines joined by a line feed.
        data: String,
        /// Its id, if this very event has one.
        id: Option<String>,
    },
}

/// The stream cannot be read on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SseError {
    /// One event outgrew [`FRAME_LIMIT`].
    #[error("an event of more than {FRAME_LIMIT} bytes")]
    TooLarge,
    /// A line is not UTF-8.
    #[error("an event that is not UTF-8")]
    NotUtf8,
}

/// Takes bytes as they arrive and gives back the blocks that they complete.
#[derive(Debug, Default)]
pub struct Decoder {
    line: Vec<u8>,
    /// The last byte was a carriage return, so a line feed now belongs to it.
    after_cr: bool,
    name: String,
    data: Option<String>,
    id: Option<String>,
    size: usize,
}

impl Decoder {
    /// Reads on.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<Vec<Block>, SseError> {
        let mut blocks = Vec::new();
        for piece in bytes.split_inclusive(|byte| matches!(byte, b'\n' | b'\r')) {
            let (text, end) = match piece.split_last() {
                Some((end @ (b'\n' | b'\r'), text)) => (text, Some(*end)),
                _ => (piece, None),
            };
            if std::mem::take(&mut self.after_cr) && text.is_empty() && end == Some(b'\n') {
                continue;
            }
            self.size += piece.len();
            if self.size > FRAME_LIMIT {
                return Err(SseError::TooLarge);
            }
            self.line.extend_from_slice(text);
            if let Some(end) = end {
                self.after_cr = end == b'\r';
                let line = std::mem::take(&mut self.line);
                let line = std::str::from_utf8(&line).map_err(|_| SseError::NotUtf8)?;
                blocks.extend(self.line(line));
            }
        }
        Ok(blocks)
    }

    fn line(&mut self, line: &str) -> Option<Block> {
        if line.is_empty() {
            self.size = 0;
            let name = std::mem::take(&mut self.name);
            let data = self.data.take();
            let id = self.id.take();
            return (data.is_some() || !name.is_empty()).then(|| Block::Event {
                name,
                data: data.unwrap_or_default(),
                id,
            });
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "" => {
                self.size = self.size.saturating_sub(line.len() + 1);
                return Some(Block::Comment);
            }
            "event" => value.clone_into(&mut self.name),
            "data" => match &mut self.data {
                Some(data) => {
                    data.push('\n');
                    data.push_str(value);
                }
                None => self.data = Some(value.to_owned()),
            },
            "id" if !value.contains('\0') => self.id = Some(value.to_owned()),
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(name: &str, data: &str, id: Option<&str>) -> Block {
        Block::Event {
            name: name.to_owned(),
            data: data.to_owned(),
            id: id.map(str::to_owned),
        }
    }

    const STREAM: &str = ": hi\n\nevent: hello\ndata: {\"a\":1}\n\nevent: reset\n\nid: 5\r\n\
                          event:update\r\ndata: one\r\ndata:two\r\nretry: 9\r\n\r\n:x\rdata\r\r";

    fn expected() -> Vec<Block> {
        vec![
            Block::Comment,
            event("hello", "{\"a\":1}", None),
            event("reset", "", None),
            event("update", "one\ntwo", Some("5")),
            Block::Comment,
            event("", "", None),
        ]
    }

    #[test]
    fn a_stream_reads_the_same_however_it_is_cut_into_packets() {
        for size in 1..STREAM.len() {
            let mut decoder = Decoder::default();
            let blocks: Vec<Block> = STREAM
                .as_bytes()
                .chunks(size)
                .flat_map(|chunk| decoder.feed(chunk).unwrap())
                .collect();
            assert_eq!(blocks, expected(), "in packets of {size} bytes");
        }
    }

    #[test]
    fn an_event_that_never_ends_is_cut_off() {
        let mut decoder = Decoder::default();
        let flood = vec![b'x'; FRAME_LIMIT / 4];
        let fed = (0..5).try_for_each(|_| decoder.feed(&flood).map(|_| ()));
        assert_eq!(fed, Err(SseError::TooLarge));

        let mut decoder = Decoder::default();
        let line = format!("data: {}\n", "x".repeat(1000));
        let fed = (0..2000).try_for_each(|_| decoder.feed(line.as_bytes()).map(|_| ()));
        assert_eq!(fed, Err(SseError::TooLarge), "in many short lines");
    }

    #[test]
    fn keep_alives_for_years_are_no_large_event() {
        let mut decoder = Decoder::default();
        for _ in 0..FRAME_LIMIT {
            assert_eq!(decoder.feed(b":\n").unwrap(), [Block::Comment]);
        }
        for _ in 0..FRAME_LIMIT {
            assert_eq!(decoder.feed(b":\n\n").unwrap(), [Block::Comment]);
        }
    }

    #[test]
    fn bytes_that_are_not_text_end_the_stream() {
        assert_eq!(
            Decoder::default().feed(b"data: \xff\n\n"),
            Err(SseError::NotUtf8)
        );
    }
}
