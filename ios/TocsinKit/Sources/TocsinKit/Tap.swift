import TocsinCore

/// What a person can do for which the core is enough.
public enum Tap: Hashable, Sendable {
    /// The person answers the page of this ticket.
    case checkIn(TicketId)
    /// The person answers every page that rings.
    case checkInAll
    /// The person cannot come: the next one is paged. The reason is for whoever reads the timeline.
    case cannot(TicketId, reason: String?)
    /// Work begins; for whoever does not own the ticket, taking it over.
    case startWork(TicketId)
    /// The trouble is over.
    case resolve(TicketId)
    /// The trouble was not over.
    case reopen(TicketId)
    /// Somebody is paged for help; `message` says what for.
    case askHelp(TicketId, HelpTarget, message: String)
    /// Something is written down for everybody who looks at the ticket.
    case addNote(TicketId, String)
    /// Everybody who waits is told how things stand.
    case updateStatus(TicketId, String)
    /// A manager moves the running limit by so many seconds.
    case extendLimit(TicketId, seconds: UInt32, reason: String)
    /// The ticket goes to somebody else, who is paged.
    case reassign(TicketId, to: PersonId)
    /// It is worse than it was thought to be, or not as bad.
    case setSeverity(TicketId, Severity)
    /// A conference is called together.
    case convene(TicketId)
    /// The person joins the conference, whose address the app opens.
    case joinConference(TicketId)
    /// Somebody gets a role in the conference.
    case nameRole(TicketId, PersonId, IncidentRole)
    /// The page of this ticket is in front of the person's eyes.
    case seen(TicketId)
    /// The person has read a notice.
    case dismissNotice(Int64)
    /// The person knows what the pager is alarmed about.
    case iKnow
}

extension Pager {
    /// Does what was tapped. What the server thinks of it the core shows on the screens. Throws
    /// `PagerError.NotEnrolled` when the phone is nobody's.
    public func perform(_ tap: Tap) throws {
        switch tap {
        case .checkIn(let ticket): try checkIn(ticket: ticket)
        case .checkInAll: try checkInAll()
        case .cannot(let ticket, let reason): try cannotHelp(ticket: ticket, reason: reason)
        case .startWork(let ticket): try startWork(ticket: ticket)
        case .resolve(let ticket): try resolve(ticket: ticket)
        case .reopen(let ticket): try reopen(ticket: ticket)
        case .askHelp(let ticket, let target, let message):
            try askHelp(ticket: ticket, target: target, message: message)
        case .addNote(let ticket, let text): try addNote(ticket: ticket, text: text)
        case .updateStatus(let ticket, let text): try updateStatus(ticket: ticket, text: text)
        case .extendLimit(let ticket, let seconds, let reason):
            try extendLimit(ticket: ticket, seconds: seconds, reason: reason)
        case .reassign(let ticket, let person): try reassign(ticket: ticket, to: person)
        case .setSeverity(let ticket, let severity): try setSeverity(ticket: ticket, to: severity)
        case .convene(let ticket): try convene(ticket: ticket)
        case .joinConference(let ticket): try joinConference(ticket: ticket)
        case .nameRole(let ticket, let person, let role):
            try nameRole(ticket: ticket, person: person, role: role)
        case .seen(let ticket): seen(ticket: ticket)
        case .dismissNotice(let number): dismissNotice(number: number)
        case .iKnow: iKnow()
        }
    }
}
