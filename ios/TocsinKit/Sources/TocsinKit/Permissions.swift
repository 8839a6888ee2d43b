import TocsinCore

/// What the system can let the app do, most needed first.
public enum Rung: CaseIterable, Hashable, Sendable {
    /// Notifications at all.
    case notifications
    /// Critical alerts: they sound in silent mode and through every Focus. Apple grants the entitlement
    /// (https://developer.apple.com/documentation/usernotifications/unauthorizationoptions/criticalalert).
    case criticalAlerts
    /// Time-sensitive notifications: they pass a Focus, but not the silent switch. On unless turned off.
    case timeSensitive
    /// AlarmKit, from iOS 26 on: alarms that sound in silent mode and through a Focus
    /// (https://developer.apple.com/documentation/alarmkit).
    case alarms

    /// What it is.
    public var name: Word {
        switch self {
        case .notifications: .ladderNotifications
        case .criticalAlerts: .ladderCriticalAlerts
        case .timeSensitive: .ladderTimeSensitive
        case .alarms: .ladderAlarms
        }
    }

    /// What it means when the app may not.
    public var loss: Word {
        switch self {
        case .notifications: .ladderNotificationsLoss
        case .criticalAlerts: .ladderCriticalAlertsLoss
        case .timeSensitive: .ladderTimeSensitiveLoss
        case .alarms: .ladderAlarmsLoss
        }
    }
}

/// What the system says that the app may do.
public struct Allowed: Hashable, Sendable {
    /// One of the system's settings of notifications, as `UNNotificationSetting` has it.
    public enum Setting: Hashable, Sendable {
        /// This app cannot have it: it was built without the entitlement.
        case notSupported
        /// It is off.
        case disabled
        /// It is on.
        case enabled

        /// What the system's word about critical alerts means. Until an app that has the entitlement asks for them
        /// the system calls them not supported, as it does for an app that can never have them.
        public func ofCriticalAlerts(isEntitled: Bool) -> Setting {
            isEntitled && self == .notSupported ? .disabled : self
        }
    }

    /// May it notify, as `UNAuthorizationStatus` has it.
    public var notifications: Permission
    /// Critical alerts; see ``Setting/ofCriticalAlerts(isEntitled:)``.
    public var criticalAlerts: Setting
    /// Time-sensitive notifications.
    public var timeSensitive: Setting
    /// AlarmKit; `notNeeded` before iOS 26, which has none.
    public var alarms: Permission

    /// As the system says.
    public init(
        notifications: Permission,
        criticalAlerts: Setting,
        timeSensitive: Setting,
        alarms: Permission
    ) {
        self.notifications = notifications
        self.criticalAlerts = criticalAlerts
        self.timeSensitive = timeSensitive
        self.alarms = alarms
    }

    /// For the core, which judges. An app without the entitlement for critical alerts is no different from
    /// one that may not send them: silent mode mutes its pages.
    public var permissions: Permissions {
        Permissions(
            notifications: notifications,
            doNotDisturbOverride: .notNeeded,
            fullScreen: .notNeeded,
            exactAlarms: .notNeeded,
            batteryExemption: .notNeeded,
            criticalAlerts: criticalAlerts == .enabled ? .granted : .denied,
            timeSensitive: timeSensitive == .enabled ? .granted : .denied
        )
    }

    /// For which rungs the system's question stands by which `rung` is had: one for all kinds of notifications, of
    /// critical alerts only where the app can have them. Once Apple grants them, they are still to be asked for.
    public func asked(by rung: Rung) -> Set<Rung> {
        if rung == .alarms { return [.alarms] }
        return Set([.notifications, .criticalAlerts]).intersection(offered)
    }

    /// The rungs that this app on this system can have.
    var offered: [Rung] {
        Rung.allCases.filter { has($0) != nil }
    }

    /// Whether the app may; nothing when it never can.
    func has(_ rung: Rung) -> Bool? {
        switch rung {
        case .notifications: notifications == .granted
        case .criticalAlerts: has(criticalAlerts)
        case .timeSensitive: has(timeSensitive)
        case .alarms: alarms == .notNeeded ? nil : alarms == .granted
        }
    }

    private func has(_ setting: Setting) -> Bool? {
        setting == .notSupported ? nil : setting == .enabled
    }
}

/// What to ask the person for next, and what comes of their answers.
///
/// One question at a time, the most needed first, each asked of the system once: a question that was
/// answered with no is not repeated, because the system would not show it; its place is in Settings.
public struct Ladder: Hashable, Sendable {
    /// What is to be done about one rung.
    public enum Step: Hashable, Sendable {
        /// The system's own question.
        case ask(Rung)
        /// The person turns it on in the system's settings of this app's notifications.
        case openSettings(Rung)
    }

    /// How far a page gets that comes by push.
    public enum Reach: Hashable, Sendable {
        /// Through silent mode and every Focus, at full volume, by itself.
        case everything
        /// Through a Focus; through silent mode by the alarm of this phone, a little later.
        case alarmLater
        /// Through a Focus, but not through silent mode.
        case throughFocus
        /// Not through silent mode, and not through a Focus.
        case ordinary
        /// Nowhere, unless the app is open.
        case nowhere
    }

    /// What the system says.
    public let allowed: Allowed
    /// What the system was asked for before, or the person put off.
    public let asked: Set<Rung>

    /// As the system says, after these questions.
    public init(allowed: Allowed, asked: Set<Rung>) {
        self.allowed = allowed
        self.asked = asked
    }

    /// What is missing, most needed first. Without notifications nothing else counts yet, and critical
    /// alerts make time-sensitive ones needless.
    public var missing: [Rung] {
        let missing = allowed.offered.filter { allowed.has($0) == false }
        if missing.first == .notifications { return [.notifications] }
        return missing.filter { $0 != .timeSensitive || allowed.criticalAlerts != .enabled }
    }

    /// What to do next; nothing when the app may do all it can, or has asked for all of it.
    public var next: Step? {
        missing.lazy.filter { !asked.contains($0) }.map(step).first
    }

    /// How this one is had.
    public func step(_ rung: Rung) -> Step {
        isAskable(rung) ? .ask(rung) : .openSettings(rung)
    }

    /// How far a page gets.
    public var reach: Reach {
        if allowed.notifications != .granted { return .nowhere }
        if allowed.criticalAlerts == .enabled { return .everything }
        if allowed.alarms == .granted { return .alarmLater }
        return allowed.timeSensitive == .enabled ? .throughFocus : .ordinary
    }

    /// What the app can do, plainly.
    public var can: [Word] {
        switch reach {
        case .everything: [.canThroughSilence, .canInFront]
        case .alarmLater: [.canAlarm, .canInFront]
        case .throughFocus: [.canThroughFocus, .canInFront]
        case .ordinary, .nowhere: [.canInFront]
        }
    }

    /// What it cannot do, plainly.
    public var cannot: [Word] {
        switch reach {
        case .everything: []
        case .alarmLater: [.cannotAlarm]
        case .throughFocus: [.cannotThroughSilence]
        case .ordinary: [.cannotThroughSilence, .cannotThroughFocus]
        case .nowhere: [.cannotAtAll]
        }
    }

    /// The system shows each of its questions once; for time-sensitive notifications it has none.
    private func isAskable(_ rung: Rung) -> Bool {
        switch rung {
        case .notifications: allowed.notifications == .notAsked
        case .criticalAlerts: !asked.contains(.criticalAlerts)
        case .timeSensitive: false
        case .alarms: allowed.alarms == .notAsked
        }
    }
}

/// What the app reads off the phone, for the core to judge.
public struct DeviceReading: Hashable, Sendable {
    /// What the system lets the app do.
    public var allowed: Allowed
    /// The app's version.
    public var appVersion: String?
    /// The output's volume, 0 to 1 (`AVAudioSession.outputVolume`).
    public var outputVolume: Float?
    /// Whether there is anything to sound through.
    public var isOutputPresent: Bool?
    /// The network.
    public var connectivity = Connectivity.unknown
    /// The battery's charge, 0 to 1.
    public var batteryLevel: Float?
    /// Whether it is charged.
    public var isCharging: Bool?
    /// Whether Low Power Mode is on.
    public var isSaving: Bool?
    /// When the owner last confirmed that they heard the siren.
    public var lastHeardAt: Millis?

    /// Nothing but what the system allows is known yet.
    public init(allowed: Allowed) {
        self.allowed = allowed
    }

    /// For the core. iOS tells no app about its silent switch or its Focus. A critical alert sounds at the
    /// volume that it names, which is the loudest, whatever the phone's own is.
    public var facts: Facts {
        Facts(
            platform: .ios,
            appVersion: appVersion,
            permissions: allowed.permissions,
            sound: Sound(
                effectiveVolume: outputVolume,
                volumeFloor: allowed.criticalAlerts == .enabled ? 1 : nil,
                ringer: .unknown,
                doNotDisturb: .unknown,
                outputPresent: isOutputPresent,
                lastHeardAt: lastHeardAt
            ),
            network: Network(connectivity: connectivity),
            battery: Battery(level: batteryLevel, charging: isCharging, saverOn: isSaving)
        )
    }
}
