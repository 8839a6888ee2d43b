import ActivityKit
import Foundation
import TocsinGlance

/// The Live Activity of one ticket that this person was paged for: the running limit on the lock
/// screen, from the page until somebody ends the ticket. Every word in it was said by the core, in
/// the person's language, by the app that starts and updates it.
struct PageActivityAttributes: ActivityAttributes {
    typealias ContentState = PageActivityState

    /// The ticket, `TicketId` of the core.
    let ticket: Int64
    /// 1 to 5, for the colour; nothing when a newer server says what this app does not know.
    let severity: Int?
    /// The severity in words: "SEV1".
    let severityText: String
    /// What is wrong, in one line. On a locked phone it is hidden where its owner hides previews.
    let title: String
    /// What is in trouble; hidden likewise.
    let service: String
}
