import Foundation
import TocsinCore

/// Writes instants and lengths as this person reads them. Instants are UTC milliseconds.
public struct Times: Hashable, Sendable {
    private let locale: Locale
    private let timeZone: TimeZone

    /// For a person who reads `locale`, whose choice of 12 or 24 hours it carries, and lives in `timeZone`.
    public init(locale: Locale = .autoupdatingCurrent, timeZone: TimeZone = .autoupdatingCurrent) {
        self.locale = locale
        self.timeZone = timeZone
    }

    /// The time of day.
    public func timeOfDay(_ instant: Millis) -> String {
        Date(millis: instant).formatted(style.hour().minute())
    }

    /// The time of day, with the day unless it is `now`'s.
    public func at(_ instant: Millis, now: Millis) -> String {
        isSameDay(instant, now) ? timeOfDay(instant) : dayAndTime(instant)
    }

    /// From when to when, naming the second day only when it is another one.
    public func span(from: Millis, until: Millis) -> String {
        "\(dayAndTime(from)) – \(at(until, now: from))"
    }

    /// The day alone.
    public func day(_ instant: Millis) -> String {
        Date(millis: instant).formatted(style.weekday().month().day())
    }

    /// A stretch of time as a running clock shows it: `4:32`, `1:04:32`. Its sign is left out.
    public func running(_ millis: Int64) -> String {
        let length = Duration.milliseconds(Int64(millis.magnitude / 1_000) * 1_000)
        let pattern: Duration.TimeFormatStyle.Pattern =
            length < .seconds(3_600) ? .minuteSecond : .hourMinuteSecond
        return length.formatted(.time(pattern: pattern))
    }

    /// A stretch of time in words, to the second below a minute and to the minute above.
    public func length(_ millis: Int64) -> String {
        let seconds = Int64(millis.magnitude / 1_000)
        let length = Duration.seconds(seconds < 60 ? seconds : seconds / 60 * 60)
        let units: Set<Duration.UnitsFormatStyle.Unit> = seconds < 60 ? [.seconds] : [.hours, .minutes]
        return length.formatted(.units(allowed: units, width: .wide).locale(locale))
    }

    private func dayAndTime(_ instant: Millis) -> String {
        Date(millis: instant).formatted(style.weekday().month().day().hour().minute())
    }

    private var style: Date.FormatStyle {
        Date.FormatStyle(locale: locale, timeZone: timeZone)
    }

    private func isSameDay(_ one: Millis, _ other: Millis) -> Bool {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = timeZone
        return calendar.isDate(Date(millis: one), inSameDayAs: Date(millis: other))
    }
}
