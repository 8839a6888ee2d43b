import Foundation
import TocsinCore

// The buttons of a page's notification: they work on a locked phone, in a process that the system may have
// started for them. What is tapped is on disk before the system may end it again, and is sent now or as
// soon as there is a network.

/// What a person tapped on a notification, without opening anything.
public struct Reply: Hashable, Sendable {
    /// What it stands for; nothing where nobody can tell which ticket it is about.
    public let tap: Tap?
    /// The ticket it is about.
    public let ticket: TicketId?
    /// The page itself, which the core may not have heard of yet.
    public let push: Push?

    /// What the button `actionIdentifier` of a notification with this `userInfo` stands for; nothing for
    /// the notification itself, and for one that was swiped away.
    public init?(actionIdentifier: String, userInfo: [AnyHashable: Any]) {
        let actions = notificationCategories(language: .english).flatMap(\.actions)
        guard let deed = actions.first(where: { $0.id == actionIdentifier })?.deed else { return nil }
        let ticket = NotificationKeys.ticket(of: userInfo)
        tap = ticket.map { Tap(deed, $0) }
        self.ticket = ticket
        push = (userInfo[NotificationKeys.payload] as? String).flatMap(sealedPush(payload:))
    }
}

extension Tap {
    fileprivate init(_ deed: NotificationDeed, _ ticket: TicketId) {
        switch deed {
        case .checkIn: self = .checkIn(ticket)
        case .cannotHelp: self = .cannot(ticket, reason: nil)
        }
    }
}

/// What became of a ``Reply``.
public enum ReplyOutcome: Hashable, Sendable {
    /// The server has it.
    case taken(Tap)
    /// It is kept on this phone and sent as soon as the server is reached; until then others may still be
    /// paged.
    case waits
    /// The server did not take it; this says why.
    case refused(String)
    /// This phone is nobody's pager, or its pager does not open.
    case failed(Trouble)
    /// Nobody can tell which ticket it was about: the extension had no time, and the core cannot read the push.
    case unread

    /// What the notification says first.
    public var title: Phrase {
        switch self {
        case .taken(.cannot): Phrase(.replyPassedOn)
        case .taken: Phrase(.replyCheckedIn)
        case .waits: Phrase(.replyWaits)
        case .refused: Phrase(.replyRefused)
        case .failed(let trouble): trouble.phrase
        case .unread: Phrase(.replyUnread)
        }
    }

    /// What it says besides.
    public var body: Said? {
        switch self {
        case .taken, .failed: nil
        case .waits: .phrase(Phrase(.replyWaitsMore))
        case .refused(let text): .text(text)
        case .unread: .phrase(Phrase(.replyUnreadMore))
        }
    }
}

extension Pager {
    /// Does what was tapped, puts it on disk, and waits for the server to have it: no longer than
    /// `patience`, and no longer than the server is within reach. The system ends a process some 30 s after
    /// it has woken it.
    public func answer(_ reply: Reply, patience: Duration = .seconds(20)) async -> ReplyOutcome {
        guard let tap = reply.tap else { return .unread }
        do {
            if let push = reply.push {
                try receivePush(transport: push.transport, bytes: push.bytes)
            }
            let before = Set(await home()?.notices.map(\.number) ?? [])
            try perform(tap)
            _ = await settled()
            let outcome = await first(within: patience) { home in
                home.flatMap { reply.outcome($0, knowing: before) }
            }
            return outcome ?? .waits
        } catch {
            return .failed(Trouble(error))
        }
    }
}

extension Reply {
    /// What became of it, as far as `home` tells; `knowing` are the notices that were there before.
    func outcome(_ home: HomeScreen, knowing before: Set<Int64>) -> ReplyOutcome? {
        guard let tap else { return .unread }
        let refusal = home.notices.first {
            $0.ticket == ticket && !before.contains($0.number) && [.refused, .rejected].contains($0.kind)
        }
        if let refusal { return .refused(refusal.text) }
        guard home.waiting.contains(where: { $0.ticket == ticket }) else { return .taken(tap) }
        if case .offline = home.connection { return .waits }
        return nil
    }
}
