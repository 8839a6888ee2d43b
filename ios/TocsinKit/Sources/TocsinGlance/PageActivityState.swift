import Foundation

/// What changes of a Live Activity while it is shown.
public struct PageActivityState: Codable, Hashable, Sendable {
    /// What the activity asks of its person.
    public enum Phase: String, Codable, Hashable, Sendable {
        /// The page rings: check in.
        case ringing
        /// Somebody checked in; a limit may run on.
        case answered
    }

    /// Where it stands.
    public var phase: Phase
    /// The ticket's state in words: "Researching".
    public var stateText: String
    /// When the running limit began, by this phone's clock; with `due` it draws the bar.
    public var since: Date
    /// When the running limit is over, by this phone's clock; nothing while none runs. Also the
    /// activity's `staleDate`, so that it is drawn again when the limit has passed.
    public var due: Date?
    /// What happens then: "then Kim is paged". Nothing while no limit runs.
    public var thenText: String?
    /// A tap waits to be sent: until the server has it, others may still be paged.
    public var pending: Bool

    /// With all of it.
    public init(
        phase: Phase,
        stateText: String,
        since: Date,
        due: Date?,
        thenText: String?,
        pending: Bool
    ) {
        self.phase = phase
        self.stateText = stateText
        self.since = since
        self.due = due
        self.thenText = thenText
        self.pending = pending
    }
}
