import TocsinCore
import TocsinKit
import UserNotifications

extension UNMutableNotificationContent {
    /// Becomes what the core says. The sealed payload stays in `userInfo`: by it the app gets the page when the
    /// notification is opened or answered.
    func say(_ content: NotificationContent) {
        title = content.title
        subtitle = content.subtitle
        body = content.body
        categoryIdentifier = content.category ?? ""
        if let thread = content.thread { threadIdentifier = thread }
        if let ticket = content.ticket { userInfo[NotificationKeys.ticket] = ticket }
        interruptionLevel = UNNotificationInterruptionLevel(content.level)
        sound = content.sound.sound(critical: content.level == .critical)
        relevanceScore = content.relevance
    }
}

extension UNNotificationInterruptionLevel {
    fileprivate init(_ level: InterruptionLevel) {
        switch level {
        case .passive: self = .passive
        case .active: self = .active
        case .timeSensitive: self = .timeSensitive
        case .critical: self = .critical
        }
    }
}

extension NotificationSound {
    /// As the system plays it; a `critical` one sounds through the silent switch and every Focus.
    fileprivate func sound(critical: Bool) -> UNNotificationSound? {
        switch self {
        case .silent:
            return nil
        case .usual:
            return .default
        case .file(let name, let volume):
            let name = UNNotificationSoundName(name)
            return critical
                ? .criticalSoundNamed(name, withAudioVolume: volume)
                : UNNotificationSound(named: name)
        }
    }
}
