import Foundation
import UserNotifications

/// Makes a notification of a sealed push, in the 30 s and 24 MB that the system gives
/// (https://developer.apple.com/documentation/usernotifications/unnotificationserviceextension): the core
/// unseals it and says what it says and how loud; this room only copies that, takes back what no longer
/// rings, and lets the core report that the page was received. It shows nothing itself and has no main actor.
final class NotificationService: UNNotificationServiceExtension {
    private var delivery: Delivery?

    override func didReceive(
        _ request: UNNotificationRequest,
        withContentHandler contentHandler: @escaping (UNNotificationContent) -> Void
    ) {
        let delivery = Delivery(request.content, handOver: contentHandler)
        self.delivery = delivery
        let push = ReceivedPush(request)
        Task(priority: .userInitiated) { await push.deliver(by: delivery) }
    }

    /// The system gives no more time: the best so far.
    override func serviceExtensionTimeWillExpire() {
        delivery?.finish()
    }
}
