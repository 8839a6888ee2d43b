import Foundation
import TocsinCore
import TocsinKit
import UserNotifications

/// A push as the system gave it.
struct ReceivedPush: Sendable {
    /// How long the receipt may hold up the sound. The receipt comes first because the system may end this
    /// process as soon as the notification is handed over, and without a receipt the next person is paged
    /// though this phone rings; a TLS connection over a mobile network takes a second or less.
    private static let patience = Duration.seconds(2)

    /// How long the core tries to report, in milliseconds; the rest of the 30 s is the system's.
    private static let receiptWithin: UInt32 = 20_000

    /// How the server marks a page.
    private static let page = "PAGE"

    private let identifier: String
    private let category: String
    private let thread: String
    /// Sealed, in base64url.
    private let payload: String?

    /// What there is to know of the request.
    init(_ request: UNNotificationRequest) {
        identifier = request.identifier
        category = request.content.categoryIdentifier
        thread = request.content.threadIdentifier
        payload = request.content.userInfo[NotificationKeys.payload] as? String
    }

    /// Has the notification say what the push says, and hands it over.
    func deliver(by delivery: Delivery) async {
        let critical = await Self.criticalAlerts()
        if category == Self.page {
            delivery.say(genericPage(language: Language(locale: .current), criticalAlerts: critical))
        }
        let notifier = Notifier.ofThisPhone(criticalAlerts: critical)
        let content = notifier.open(payload: payload, category: category)
        delivery.say(content)
        if content.silences { await takeBack(content) }
        await report(to: notifier, before: delivery)
    }

    /// Reports that it was received, and hands over when that is done or patience is at its end. What cannot be
    /// reported from here the app's own engine reports when it runs.
    private func report(to notifier: Notifier, before delivery: Delivery) async {
        Task {
            try? await Task.sleep(for: Self.patience)
            delivery.finish()
        }
        if let payload { try? await notifier.reportReceived(payload: payload, withinMs: Self.receiptWithin) }
        delivery.finish()
    }

    /// Takes earlier notifications of the same ticket off the screen, and this phone's own that stand behind them:
    /// where the system does not wake the app, nobody else does.
    private func takeBack(_ content: NotificationContent) async {
        let backstops = content.endedBackstops
        let thread = content.thread ?? thread
        UNUserNotificationCenter.current().removePendingNotificationRequests(withIdentifiers: backstops)
        await withCheckedContinuation { (done: CheckedContinuation<Void, Never>) in
            UNUserNotificationCenter.current().getDeliveredNotifications { delivered in
                let old = delivered.map(\.request).filter {
                    $0.content.threadIdentifier == thread && $0.identifier != identifier
                }
                UNUserNotificationCenter.current()
                    .removeDeliveredNotifications(withIdentifiers: old.map(\.identifier) + backstops)
                done.resume()
            }
        }
    }

    /// Whether Apple and the person let pages sound through the silent switch and every Focus.
    private static func criticalAlerts() async -> Bool {
        await withCheckedContinuation { answer in
            UNUserNotificationCenter.current().getNotificationSettings {
                answer.resume(returning: $0.criticalAlertSetting == .enabled)
            }
        }
    }
}
