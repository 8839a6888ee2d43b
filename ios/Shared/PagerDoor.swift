import Foundation
import TocsinGlance

/// What Siri, Shortcuts and the button of a Live Activity ask of the pager. The app adds it to
/// `AppDependencyManager` when it starts, before an intent is performed; the system performs every one of
/// these intents in the app's process, where the core is.
struct PagerDoor: Sendable {
    /// How a check-in went.
    struct CheckedIn: Equatable, Sendable {
        /// To how many tickets; none rang when it is 0.
        let tickets: Int
        /// The server has it. Otherwise it waits on this phone to be sent.
        let sent: Bool
    }

    /// It could not be done.
    struct Refused: Error {
        /// What the core said: what is wrong and what to do.
        let text: String
    }

    /// Checks in to this ticket, or to every ticket whose page rings, and waits a few seconds at most for
    /// the server to have it. Throws ``Refused``.
    let checkIn: @Sendable (_ ticket: Int64?) async throws -> CheckedIn

    /// Asks the server who is on call. Throws ``Refused``.
    let onCall: @Sendable () async throws -> [Glance.Duty]
}

extension PagerDoor.Refused: CustomLocalizedStringResourceConvertible {
    /// As the core said it.
    var localizedStringResource: LocalizedStringResource {
        "\(text)"
    }
}
