//! What a team asks of the phones of everybody whom it may page.

use tocsin_wire::PhoneRules;

use crate::parse::if_written;
use crate::read::Node;

/// `[teams.phones]`.
pub(crate) fn rules(node: &Node<'_>) -> Option<PhoneRules> {
    let fields = node.table(&["siren_floor", "hide_content"])?;
    let siren_floor = if_written(fields.optional("siren_floor"), |node| {
        node.share("a share of full volume from 0.0 to 1.0, such as 0.8")
    });
    let hide_content = if_written(fields.optional("hide_content"), |node| {
        node.truth("true or false without quotes")
    });
    Some(PhoneRules {
        siren_floor: siren_floor?,
        hide_content: hide_content?.unwrap_or_default(),
    })
}

/// What several teams ask of one phone together: the loudest siren, and nothing shown if any of them
/// says so.
pub(crate) fn strictest(rules: impl Iterator<Item = PhoneRules>) -> PhoneRules {
    rules.fold(PhoneRules::default(), |all, one| PhoneRules {
        siren_floor: match (all.siren_floor, one.siren_floor) {
            (Some(one), Some(other)) => Some(one.max(other)),
            (one, other) => one.or(other),
        },
        hide_content: all.hide_content || one.hide_content,
    })
}
