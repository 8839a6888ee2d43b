import Foundation
import TocsinCore
import TocsinKit
import UserNotifications

/// The system's notifications: what is shown while Tocsin is in front, what their buttons do on a locked
/// phone, where a tap on them leads, and the word afterwards that says what became of it.
///
/// The system calls on a thread of its choice and hands over what may not leave it; so what is needed is read
/// there, and everything else is done on the main actor, where the system wants to hear that it is over.
final class Notices: NSObject, UNUserNotificationCenterDelegate {
    /// What the app does about it.
    struct Handling: Sendable {
        /// A button was tapped; returns what became of it.
        let answer: @MainActor @Sendable (Reply) async -> ReplyOutcome
        /// The notification itself was tapped.
        let open: @MainActor @Sendable (Link, Push?) -> Void
        /// A push came while Tocsin is in front; returns whether Tocsin itself sounds for it.
        let receive: @MainActor @Sendable (Push?) -> Bool
    }

    private let handling: Handling

    init(handling: Handling) {
        self.handling = handling
    }

    /// Tells the system which buttons there are. Without options they work on a locked phone.
    func register() {
        let categories = notificationCategories(language: Language(locale: .current)).map { category in
            UNNotificationCategory(
                identifier: category.id,
                actions: category.actions.map {
                    UNNotificationAction(identifier: $0.id, title: $0.title, options: [])
                },
                intentIdentifiers: [],
                hiddenPreviewsBodyPlaceholder: String(localized: "notify_open"),
                options: []
            )
        }
        let center = UNUserNotificationCenter.current()
        center.setNotificationCategories(Set(categories))
        center.delegate = self
    }

    func userNotificationCenter(
        _ center: UNUserNotificationCenter,
        willPresent notification: UNNotification,
        withCompletionHandler completionHandler: @escaping (UNNotificationPresentationOptions) -> Void
    ) {
        let push = Self.push(of: notification.request)
        let asks = !notification.request.content.categoryIdentifier.isEmpty
        let done = Done(call: completionHandler)
        Task { @MainActor [handling] in
            // Tocsin in front shows the page itself, and its siren is louder than any notification.
            done.call(handling.receive(push) && asks ? [.list] : [.banner, .list, .sound])
        }
    }

    func userNotificationCenter(
        _ center: UNUserNotificationCenter,
        didReceive response: UNNotificationResponse,
        withCompletionHandler completionHandler: @escaping () -> Void
    ) {
        let userInfo = response.notification.request.content.userInfo
        let reply = Reply(actionIdentifier: response.actionIdentifier, userInfo: userInfo)
        let opens = response.actionIdentifier == UNNotificationDefaultActionIdentifier
        let link = opens ? Link(notification: userInfo) : nil
        let push = Self.push(of: response.notification.request)
        let done = Done<Void>(call: completionHandler)
        Task { @MainActor [handling] in
            if let reply { await Self.say(await handling.answer(reply), about: reply) }
            if let link { handling.open(link, push) }
            done.call(Void())
        }
    }

    /// The pushes that the system has shown and nobody has opened: each has its page with it.
    static func delivered() async -> [Push] {
        await withCheckedContinuation { found in
            UNUserNotificationCenter.current().getDeliveredNotifications {
                found.resume(returning: $0.compactMap { push(of: $0.request) })
            }
        }
    }

    /// Takes off the screen what asks for an answer about these tickets, which nobody waits for any more.
    static func takeBack(_ tickets: Set<TicketId>) async {
        let over: [String] = await withCheckedContinuation { found in
            UNUserNotificationCenter.current().getDeliveredNotifications { delivered in
                let asking = delivered.map(\.request).filter { !$0.content.categoryIdentifier.isEmpty }
                let over = asking.filter { request in
                    let ticket = request.content.userInfo[NotificationKeys.ticket] as? TicketId
                    return ticket.map(tickets.contains) ?? false
                }
                found.resume(returning: over.map(\.identifier))
            }
        }
        UNUserNotificationCenter.current().removeDeliveredNotifications(withIdentifiers: over)
    }

    /// Tells, in place of the notification that was answered, what became of the answer. What went well makes
    /// no sound; for what did not, others may still be paged.
    private static func say(_ outcome: ReplyOutcome, about reply: Reply) async {
        let content = UNMutableNotificationContent()
        content.title = outcome.title.text()
        content.body = outcome.body?.text() ?? ""
        content.userInfo = [NotificationKeys.ticket: reply.ticket]
        if case .taken = outcome {
            content.interruptionLevel = .active
        } else {
            content.interruptionLevel = .timeSensitive
            content.sound = .default
        }
        let request = UNNotificationRequest(
            identifier: "reply-\(reply.ticket)",
            content: content,
            trigger: nil
        )
        try? await UNUserNotificationCenter.current().add(request)
    }

    private static func push(of request: UNNotificationRequest) -> Push? {
        (request.content.userInfo[NotificationKeys.payload] as? String).flatMap(sealedPush(payload:))
    }
}

/// The system's word that it has been answered. It may be given on any thread, and is given once.
private struct Done<Answer>: @unchecked Sendable {
    let call: (Answer) -> Void
}
