//! What the owner of a phone chose, which its shell keeps, beside what their teams ask of it.

use tocsin_pager::engine;
use tocsin_wire::PhoneRules;

/// How loud a page is at least: the louder of what the owner chose, `own`, and what their teams ask
/// for; 0 silent to 1 full output. `rules`: [`crate::HomeScreen::rules`], as far as it is known.
#[uniffi::export]
#[must_use]
pub fn siren_floor(own: f32, rules: Option<PhoneRules>) -> f32 {
    engine::siren_floor(own, &rules.unwrap_or_default())
}

/// Whether a locked phone hides what a page is about: its owner chose so, `own`, or one of their teams
/// asks for it. `rules`: [`crate::HomeScreen::rules`], as far as it is known.
#[uniffi::export]
#[must_use]
pub fn hides_content(own: bool, rules: Option<PhoneRules>) -> bool {
    engine::hides_content(own, &rules.unwrap_or_default())
}
