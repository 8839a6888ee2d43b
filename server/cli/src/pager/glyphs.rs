//! Letters that can be read from a bed: five rows high, two columns a dot.

/// Rows of a glyph.
pub const HEIGHT: u16 = 5;

/// The dots of a letter, a row a byte, the leftmost of five in bit 4.
const fn dots(letter: char) -> Option<[u8; HEIGHT as usize]> {
    Some(match letter {
        'S' => [0b01111, 0b10000, 0b01110, 0b00001, 0b11110],
        'E' => [0b11111, 0b10000, 0b11110, 0b10000, 0b11111],
        'V' => [0b10001, 0b10001, 0b10001, 0b01010, 0b00100],
        '1' => [0b00100, 0b01100, 0b00100, 0b00100, 0b01110],
        '2' => [0b11110, 0b00001, 0b01110, 0b10000, 0b11111],
        '3' => [0b11110, 0b00001, 0b01110, 0b00001, 0b11110],
        '4' => [0b10010, 0b10010, 0b11111, 0b00010, 0b00010],
        '5' => [0b11111, 0b10000, 0b11110, 0b00001, 0b11110],
        _ => return None,
    })
}

/// The rows of a word, or nothing when a letter has no glyph.
pub fn big(word: &str) -> Option<Vec<String>> {
    let glyphs = word.chars().map(dots).collect::<Option<Vec<_>>>()?;
    let row = |row: usize| {
        let letters = glyphs.iter().map(|glyph| {
            let dot = |bit: u8| {
                if glyph[row] >> bit & 1 == 1 {
                    "██"
                } else {
                    "  "
                }
            };
            (0..5).rev().map(dot).collect::<String>()
        });
        letters.collect::<Vec<_>>().join("  ")
    };
    Some((0..usize::from(HEIGHT)).map(row).collect())
}
