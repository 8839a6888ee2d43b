import Foundation
import TocsinCore

/// Where a `tocsin://` address, or a tap on a notification, leads.
public enum Link: Hashable, Sendable {
    /// Becoming somebody's pager: `tocsin://enroll?server=URL&code=CODE`, which the core reads.
    case enrolment(String)
    /// A ticket with its timeline: `tocsin://ticket/42`.
    case ticket(TicketId)
    /// The page screen, with this ticket's page in front or the worst: `tocsin://page/42`, `tocsin://page`.
    case page(TicketId?)

    /// What `url` leads to; nothing for an address of somebody else's.
    public init?(url: URL) {
        guard url.scheme?.lowercased() == "tocsin" else { return nil }
        let parts = url.pathComponents.filter { $0 != "/" }
        switch (url.host()?.lowercased(), parts.count) {
        case ("enroll", 0): self = .enrolment(url.absoluteString)
        case ("page", 0): self = .page(nil)
        case ("page", 1):
            guard let ticket = TicketId(parts[0]) else { return nil }
            self = .page(ticket)
        case ("ticket", 1):
            guard let ticket = TicketId(parts[0]) else { return nil }
            self = .ticket(ticket)
        default: return nil
        }
    }

    /// What a tap on a notification with this `userInfo` leads to.
    public init(notification userInfo: [AnyHashable: Any]) {
        self = .page(NotificationKeys.ticket(of: userInfo))
    }

    /// The address that leads here; for widgets, the Live Activity and Siri.
    public var url: URL? {
        switch self {
        case .enrolment(let link): URL(string: link)
        case .ticket(let ticket): URL(string: "tocsin://ticket/\(ticket)")
        case .page(let ticket?): URL(string: "tocsin://page/\(ticket)")
        case .page(nil): URL(string: "tocsin://page")
        }
    }
}

/// What a notification of ours carries in its `userInfo`.
public enum NotificationKeys {
    /// The ticket's number, which the notification service extension has added once it had read the push.
    public static let ticket = "ticket"
    /// The sealed payload as the server sent it.
    public static let payload = "t"

    /// `userInfo` with the ticket in it. Where the extension had no time there is none, and the core reads it from
    /// the sealed payload; what the core cannot read either stays as it is.
    public static func withTicket(
        _ userInfo: [AnyHashable: Any],
        readBy notifier: @autoclosure () -> Notifier
    ) -> [AnyHashable: Any] {
        guard ticket(of: userInfo) == nil, let payload = userInfo[payload] as? String,
            let read = notifier().open(payload: payload, category: "").ticket
        else { return userInfo }
        return userInfo.merging([ticket: read]) { _, new in new }
    }

    /// The ticket it is about, if that is known.
    public static func ticket(of userInfo: [AnyHashable: Any]) -> TicketId? {
        userInfo[ticket] as? TicketId ?? (userInfo[ticket] as? NSNumber)?.int64Value
    }
}
