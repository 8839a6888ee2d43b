import TocsinCore

/// A button's tap of which a notification says that it waits to be sent. That notification outlives the process
/// and has to say otherwise once it is not true any more; so what is needed for that lies in it.
public struct LateReply: Hashable, Sendable {
    /// What was tapped.
    public let reply: Reply
    private let action: String
    private let tappedAt: Millis

    /// The button `actionIdentifier` was tapped at `tappedAt`, by this phone's clock; nothing where it stands for
    /// nothing, as for ``Reply``.
    public init?(actionIdentifier: String, userInfo: [AnyHashable: Any], tappedAt: Millis) {
        guard let reply = Reply(actionIdentifier: actionIdentifier, userInfo: userInfo) else { return nil }
        self.reply = reply
        action = actionIdentifier
        self.tappedAt = tappedAt
    }

    /// What a notification with this `userInfo` says that it waits; nothing for any other notification.
    public init?(userInfo: [AnyHashable: Any]) {
        guard let action = userInfo[Self.actionKey] as? String,
            let tappedAt = userInfo[Self.tappedAtKey] as? Millis
        else { return nil }
        self.init(actionIdentifier: action, userInfo: userInfo, tappedAt: tappedAt)
    }

    /// For the notification that says `outcome`: the ticket and, while the tap waits, what tells later that it does
    /// not any more. Nothing but what a property list holds.
    public func userInfo(_ outcome: ReplyOutcome) -> [String: any Sendable] {
        let ticket: [String: any Sendable] = reply.ticket.map { [NotificationKeys.ticket: $0] } ?? [:]
        guard outcome == .waits else { return ticket }
        return ticket.merging([Self.actionKey: action, Self.tappedAtKey: tappedAt]) { _, new in new }
    }

    /// What the notification is to say instead, as far as `home` tells; nothing while it is true.
    public func outcome(_ home: HomeScreen) -> ReplyOutcome? {
        let before = home.notices.filter { $0.at < tappedAt }.map(\.number)
        let outcome = reply.outcome(home, knowing: Set(before))
        return outcome == .waits ? nil : outcome
    }

    private static let actionKey = "reply"
    private static let tappedAtKey = "tappedAt"
}
