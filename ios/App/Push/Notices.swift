import Foundation
import TocsinCore
import TocsinKit
import UIKit
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
        /// What was tapped is to be sent before the system may let the process sleep.
        let send: @MainActor @Sendable () async -> Void
        /// A push about this ticket came while Tocsin is in front; returns whether the system need not sound for it.
        let receive: @MainActor @Sendable (Push?, TicketId?) async -> Bool
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
        let ticket = NotificationKeys.ticket(of: Self.userInfo(of: notification.request))
        let asks = !notification.request.content.categoryIdentifier.isEmpty
        let done = Done(call: completionHandler)
        Task { @MainActor [handling] in
            // Tocsin in front shows the page itself, and its siren is louder than any notification.
            done.call(await handling.receive(push, ticket) && asks ? [.list] : [.banner, .list, .sound])
        }
    }

    func userNotificationCenter(
        _ center: UNUserNotificationCenter,
        didReceive response: UNNotificationResponse,
        withCompletionHandler completionHandler: @escaping () -> Void
    ) {
        let userInfo = Self.userInfo(of: response.notification.request)
        let late = LateReply(
            actionIdentifier: response.actionIdentifier,
            userInfo: userInfo,
            tappedAt: Date.now.millis
        )
        let opens = response.actionIdentifier == UNNotificationDefaultActionIdentifier
        let link = opens ? Link(notification: userInfo) : nil
        let push = Self.push(of: response.notification.request)
        let done = Done<Void>(call: completionHandler)
        Task { @MainActor [handling] in
            if let link { handling.open(link, push) }
            guard let late else { return done.call(Void()) }
            await UIApplication.shared.working {
                await Self.say(await handling.answer(late.reply), about: late)
                done.call(Void())
                await handling.send()
            }
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
                    NotificationKeys.ticket(of: userInfo(of: request)).map(tickets.contains) ?? false
                }
                found.resume(returning: over.map(\.identifier))
            }
        }
        UNUserNotificationCenter.current().removeDeliveredNotifications(withIdentifiers: over)
    }

    /// Where a notification says that an answer waits and it does not any more, says what became of it.
    static func sayLate(_ home: HomeScreen) async {
        let waiting: [LateReply] = await withCheckedContinuation { found in
            UNUserNotificationCenter.current().getDeliveredNotifications { delivered in
                let carried = delivered.map(\.request.content.userInfo)
                found.resume(returning: carried.compactMap { LateReply(userInfo: $0) })
            }
        }
        for late in waiting {
            if let outcome = late.outcome(home) { await say(outcome, about: late) }
        }
    }

    /// Tells, in place of the notification that was answered, what became of the answer. What went well makes
    /// no sound; for what did not, others may still be paged.
    private static func say(_ outcome: ReplyOutcome, about late: LateReply) async {
        let content = UNMutableNotificationContent()
        content.title = outcome.title.text()
        content.body = outcome.body?.text() ?? ""
        content.userInfo = late.userInfo(outcome)
        if case .taken = outcome {
            content.interruptionLevel = .active
        } else {
            content.interruptionLevel = .timeSensitive
            content.sound = .default
        }
        let request = UNNotificationRequest(
            identifier: late.reply.ticket.map { "reply-\($0)" } ?? "reply",
            content: content,
            trigger: nil
        )
        try? await UNUserNotificationCenter.current().add(request)
    }

    /// What it carries, with the ticket in it even where the extension had no time.
    private static func userInfo(of request: UNNotificationRequest) -> [AnyHashable: Any] {
        NotificationKeys.withTicket(request.content.userInfo, readBy: Notifier.ofThisPhone())
    }

    private static func push(of request: UNNotificationRequest) -> Push? {
        (request.content.userInfo[NotificationKeys.payload] as? String).flatMap(sealedPush(payload:))
    }
}

/// The system's word that it has been answered. It may be given on any thread, and is given once.
private struct Done<Answer>: @unchecked Sendable {
    let call: (Answer) -> Void
}
