import Testing
import TocsinCore
import TocsinKit

struct LadderTests {
    @Test("a new phone is asked one thing at a time, the most needed first")
    func oneThingAtATime() {
        var allowed = Allowed(
            notifications: .notAsked,
            criticalAlerts: .disabled,
            timeSensitive: .disabled,
            alarms: .notAsked
        )
        #expect(Ladder(allowed: allowed, asked: []).next == .ask(.notifications))
        allowed.notifications = .granted
        allowed.timeSensitive = .enabled
        #expect(Ladder(allowed: allowed, asked: [.notifications]).next == .ask(.criticalAlerts))
        allowed.criticalAlerts = .enabled
        #expect(Ladder(allowed: allowed, asked: [.notifications, .criticalAlerts]).next == .ask(.alarms))
        allowed.alarms = .granted
        let all = Ladder(allowed: allowed, asked: Set(Rung.allCases))
        #expect(all.next == nil)
        #expect(all.reach == .everything)
        #expect(all.cannot.isEmpty)
    }

    @Test("whoever refused notifications is told that no page comes, and shown the setting")
    func withoutNotificationsNothingCounts() {
        let refused = Allowed(
            notifications: .denied,
            criticalAlerts: .disabled,
            timeSensitive: .disabled,
            alarms: .denied
        )
        let ladder = Ladder(allowed: refused, asked: [])
        #expect(ladder.missing == [.notifications])
        #expect(ladder.next == .openSettings(.notifications))
        #expect(ladder.reach == .nowhere)
        #expect(ladder.cannot == [.cannotAtAll])
        #expect(Rung.notifications.loss == .ladderNotificationsLoss)
    }

    @Test("once Apple has granted critical alerts a phone that was asked without them is asked again")
    func grantedLaterIsAskedLater() {
        #expect(Allowed.Setting.notSupported.ofCriticalAlerts(isEntitled: true) == .disabled)
        #expect(Allowed.Setting.notSupported.ofCriticalAlerts(isEntitled: false) == .notSupported)
        var allowed = Allowed(
            notifications: .granted,
            criticalAlerts: .notSupported,
            timeSensitive: .enabled,
            alarms: .notNeeded
        )
        let asked = allowed.asked(by: .notifications)
        #expect(asked == [.notifications])
        allowed.criticalAlerts = allowed.criticalAlerts.ofCriticalAlerts(isEntitled: true)
        #expect(Ladder(allowed: allowed, asked: asked).next == .ask(.criticalAlerts))
    }

    @Test("without Apple's entitlement the app asks for no critical alerts, and says what silent mode does")
    func withoutTheEntitlementItSaysSo() {
        var allowed = Allowed(
            notifications: .granted,
            criticalAlerts: .notSupported,
            timeSensitive: .enabled,
            alarms: .notNeeded
        )
        let ladder = Ladder(allowed: allowed, asked: [])
        #expect(ladder.missing.isEmpty)
        #expect(ladder.reach == .throughFocus)
        #expect(ladder.can == [.canThroughFocus, .canInFront])
        #expect(ladder.cannot == [.cannotThroughSilence])
        allowed.alarms = .granted
        let withAlarms = Ladder(allowed: allowed, asked: [])
        #expect(withAlarms.reach == .alarmLater)
        #expect(withAlarms.cannot == [.cannotAlarm])
    }

    @Test("a question that was answered with no is not asked again, but its setting is shown")
    func aRefusedQuestionIsNotRepeated() {
        let allowed = Allowed(
            notifications: .granted,
            criticalAlerts: .disabled,
            timeSensitive: .disabled,
            alarms: .denied
        )
        let ladder = Ladder(allowed: allowed, asked: [.notifications, .criticalAlerts])
        #expect(ladder.step(.criticalAlerts) == .openSettings(.criticalAlerts))
        #expect(ladder.next == .openSettings(.timeSensitive))
        #expect(ladder.reach == .ordinary)
        #expect(ladder.cannot == [.cannotThroughSilence, .cannotThroughFocus])
        #expect(Ladder(allowed: allowed, asked: Set(Rung.allCases)).next == nil)
    }

    @Test("whoever allows critical alerts is not bothered with time-sensitive notifications")
    func criticalAlertsMakeTimeSensitiveNeedless() {
        let allowed = Allowed(
            notifications: .granted,
            criticalAlerts: .enabled,
            timeSensitive: .disabled,
            alarms: .notNeeded
        )
        #expect(Ladder(allowed: allowed, asked: []).next == nil)
    }

    @Test("the core is told what the phone cannot do, so that nobody believes it to be ready")
    func theCoreIsTold() {
        var allowed = Allowed(
            notifications: .granted,
            criticalAlerts: .notSupported,
            timeSensitive: .enabled,
            alarms: .notNeeded
        )
        #expect(allowed.permissions.criticalAlerts == .denied)
        #expect(allowed.permissions.timeSensitive == .granted)
        var reading = DeviceReading(allowed: allowed)
        reading.outputVolume = 0.1
        #expect(reading.facts.sound.volumeFloor == nil)
        #expect(reading.facts.sound.ringer == .unknown)
        allowed.criticalAlerts = .enabled
        reading.allowed = allowed
        #expect(reading.facts.sound.volumeFloor == 1)
        #expect(reading.facts.platform == .ios)
    }
}
