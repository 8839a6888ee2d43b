import ActivityKit
import Foundation

/// The Live Activity of one ticket that this person was paged for: the running limit on the lock
/// screen, from the page until somebody ends the ticket. Every word in it was said by the core, in
/// the person's language, by the app that starts and updates it.
struct PageActivityAttributes: ActivityAttributes {
    /// What changes while it is shown.
    struct ContentState: Codable, Hashable, Sendable {
        /// What the activity asks of its person.
        enum Phase: String, Codable, Hashable, Sendable {
            /// The page rings: check in.
            case ringing
            /// Somebody checked in; a limit may run on.
            case answered
            /// Nothing is asked any more.
            case ended
        }

        /// Where it stands.
        var phase: Phase
        /// The ticket's state in words: "Researching".
        var stateText: String
        /// When the running limit began, by this phone's clock; with `due` it draws the bar.
        var since: Date
        /// When the running limit is over, by this phone's clock; nothing while none runs. Also the
        /// activity's `staleDate`, so that it is drawn again when the limit has passed.
        var due: Date?
        /// What happens then: "then Kim is paged". Nothing while no limit runs.
        var thenText: String?
        /// A tap waits to be sent: until the server has it, others may still be paged.
        var pending: Bool
    }

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
