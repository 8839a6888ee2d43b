import TocsinCore
import UserNotifications
import os

/// A notification on its way to the system, which takes it once. It begins as what the server could say
/// without knowing what it is about, a loud page already, and only becomes better.
final class Delivery: Sendable {
    private struct Waiting {
        let content: UNMutableNotificationContent
        let handOver: (UNNotificationContent) -> Void
    }

    /// Nothing once it was handed over.
    private let waiting: OSAllocatedUnfairLock<Waiting?>

    /// `content` as it came, for the system's `handOver`.
    init(_ content: UNNotificationContent, handOver: @escaping (UNNotificationContent) -> Void) {
        let copy = content.mutableCopy() as? UNMutableNotificationContent
        let waiting = Waiting(content: copy ?? UNMutableNotificationContent(), handOver: handOver)
        self.waiting = OSAllocatedUnfairLock(uncheckedState: waiting)
    }

    /// Says this from now on.
    func say(_ content: NotificationContent) {
        waiting.withLock { $0?.content.say(content) }
    }

    /// Hands over what there is, unless that was done.
    func finish() {
        let last = waiting.withLockUnchecked { waiting in
            defer { waiting = nil }
            return waiting
        }
        if let last { last.handOver(last.content) }
    }
}
