//! What the owner of a phone chose, and what their teams ask of it: the stricter of the two holds.

use tocsin_wire::PhoneRules;

/// How loud a page is at least: the louder of what its owner chose and what their teams ask for, 0
/// silent to 1 full output.
#[must_use]
pub fn siren_floor(own: f32, rules: &PhoneRules) -> f32 {
    own.max(rules.siren_floor.unwrap_or(0.0)).clamp(0.0, 1.0)
}

/// Whether a locked phone hides what a page is about: its owner or one of their teams says so.
#[must_use]
pub const fn hides_content(own: bool, rules: &PhoneRules) -> bool {
    own || rules.hide_content
}
