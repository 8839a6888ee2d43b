import Foundation

/// Every text that TocsinKit has a person read: the key of a text in the app's String Catalog, which has
/// it in every language. `%@` stands for a text that is put in, `%lld` for a number. One `case` a line, so
/// that a check can read them.
public enum Word: String, CaseIterable, Sendable {
    // Limits.
    case limit = "limit"
    case limitOver = "limit_over"
    case limitLeft = "limit_left %@"
    case limitOverSince = "limit_over_since %@"
    case left = "left %@"
    case overBy = "over_by %@"
    case thenNudge = "then_nudge"
    case thenAnybody = "then_anybody"
    case thenPaged = "then_paged %@"

    // Becoming somebody's pager, and asking the server.
    case enrolAlready = "enrol_already"
    case enrolDevice = "enrol_device"
    case enrolNoCamera = "enrol_no_camera"
    case enrolNotRead = "enrol_not_read"
    case enrolRefused = "enrol_refused"
    case enrolUnreachable = "enrol_unreachable"
    case notAnswered = "not_answered"
    case notTaken = "not_taken"
    case notEnrolled = "glance_not_enrolled"
    case deviceFailed = "device_failed"

    // What became of a tap on a notification's button.
    case replyCheckedIn = "reply_checked_in"
    case replyPassedOn = "reply_passed_on"
    case replyWaits = "reply_waits"
    case replyWaitsMore = "reply_waits_more"
    case replyRefused = "reply_refused"
    case replyUnread = "reply_unread"
    case replyUnreadMore = "reply_unread_more"

    // What the system may let the app do.
    case ladderNotifications = "ladder_notifications"
    case ladderNotificationsLoss = "ladder_notifications_loss"
    case ladderCriticalAlerts = "ladder_critical_alerts"
    case ladderCriticalAlertsLoss = "ladder_critical_alerts_loss"
    case ladderTimeSensitive = "ladder_time_sensitive"
    case ladderTimeSensitiveLoss = "ladder_time_sensitive_loss"
    case ladderAlarms = "ladder_alarms"
    case ladderAlarmsLoss = "ladder_alarms_loss"
    case canThroughSilence = "can_through_silence"
    case canThroughFocus = "can_through_focus"
    case canAlarm = "can_alarm"
    case canInFront = "can_in_front"
    case cannotThroughSilence = "cannot_through_silence"
    case cannotThroughFocus = "cannot_through_focus"
    case cannotAlarm = "cannot_alarm"
    case cannotAtAll = "cannot_at_all"

    // Alarms of the phone itself.
    case alarmPaged = "notify_paged"
    case alarmPagedMore = "notify_open"
    case alarmOutOfTouch = "notify_out_of_touch"
    case alarmDrillMissing = "notify_drill_missing"
}

/// What a person reads: a text of the catalog, or what the core has said in their language.
public enum Said: Hashable, Sendable {
    /// Of the catalog.
    case phrase(Phrase)
    /// The core's.
    case text(String)
}

/// A text with what is put into it.
public struct Phrase: Hashable, Sendable {
    /// What is put in.
    public enum Argument: Hashable, Sendable {
        /// For `%@`.
        case text(String)
        /// For `%lld`; the catalog varies the text by it.
        case number(Int)
    }

    /// Which text.
    public let word: Word
    /// What is put in, in order.
    public let arguments: [Argument]

    /// The text `word` with `arguments` in it.
    public init(_ word: Word, _ arguments: Argument...) {
        self.word = word
        self.arguments = arguments
    }
}

#if canImport(Darwin)
extension Said {
    /// As the person reads it, from the catalog of `bundle`.
    public func text(in bundle: Bundle = .main) -> String {
        switch self {
        case .phrase(let phrase): phrase.text(in: bundle)
        case .text(let text): text
        }
    }
}

extension Phrase {
    /// As the person reads it, from the catalog of `bundle`.
    public func text(in bundle: Bundle = .main) -> String {
        let format = bundle.localizedString(forKey: word.rawValue, value: nil, table: nil)
        return String(format: format, locale: .current, arguments: arguments.map(\.value))
    }
}

extension Phrase.Argument {
    fileprivate var value: any CVarArg {
        switch self {
        case .text(let text): text
        case .number(let number): number
        }
    }
}
#endif
