import AVFAudio
import Network
import TocsinCore
import TocsinKit
import UIKit
import UserNotifications

#if canImport(AlarmKit)
import AlarmKit
#endif

/// Reads off the phone what readiness depends on, whenever something about it may have changed: permissions,
/// volume, outputs, network, power. iOS tells no app its silent switch or its Focus.
@MainActor
final class DeviceWatcher {
    private let device: PhoneDevice
    private let choices: ChoiceBook
    private let changed: @MainActor () -> Void
    private let network = NWPathMonitor()
    private var path: NWPath?
    private var volume: NSKeyValueObservation?
    private var watching: [Task<Void, Never>] = []

    /// `changed` is told after `device` has noted what was read.
    init(device: PhoneDevice, choices: ChoiceBook, changed: @escaping @MainActor () -> Void) {
        self.device = device
        self.choices = choices
        self.changed = changed
    }

    /// From now on.
    func start() {
        UIDevice.current.isBatteryMonitoringEnabled = true
        watch(network: network)
        volume = AVAudioSession.sharedInstance().observe(\.outputVolume) { @Sendable [weak self] _, _ in
            Task { @MainActor [weak self] in await self?.look() }
        }
        let names: [Notification.Name] = [
            UIApplication.didBecomeActiveNotification,
            UIDevice.batteryStateDidChangeNotification,
            UIDevice.batteryLevelDidChangeNotification,
            .NSProcessInfoPowerStateDidChange,
            AVAudioSession.routeChangeNotification,
        ]
        watching += names.map { watch($0) }
        watching.append(Task { await look() })
    }

    /// Reads everything again.
    func look() async {
        var reading = DeviceReading(allowed: await Self.allowed())
        let session = AVAudioSession.sharedInstance()
        let phone = UIDevice.current
        reading.appVersion = Bundle.main.object(forInfoDictionaryKey: "CFBundleShortVersionString") as? String
        reading.outputVolume = session.outputVolume
        reading.isOutputPresent = !session.currentRoute.outputs.isEmpty
        reading.connectivity = path.map(Self.connectivity) ?? .unknown
        reading.batteryLevel = phone.batteryLevel < 0 ? nil : phone.batteryLevel
        reading.isCharging = phone.batteryState == .unknown ? nil : phone.batteryState != .unplugged
        reading.isSaving = ProcessInfo.processInfo.isLowPowerModeEnabled
        reading.lastHeardAt = choices.heardAt
        guard reading != device.reading else { return }
        device.note(reading)
        changed()
    }

    private func watch(_ name: Notification.Name) -> Task<Void, Never> {
        Task { [weak self] in
            let posted = NotificationCenter.default.notifications(named: name).map { _ in name }
            for await _ in posted {
                await self?.look()
            }
        }
    }

    private func watch(network: NWPathMonitor) {
        network.pathUpdateHandler = { @Sendable [weak self] path in
            Task { @MainActor [weak self] in
                self?.path = path
                await self?.look()
            }
        }
        network.start(queue: .main)
    }

    /// What the system lets the app do. Read off the main actor: the system's answer may not be handed on.
    nonisolated static func allowed() async -> Allowed {
        let settings = await UNUserNotificationCenter.current().notificationSettings()
        return Allowed(
            notifications: permission(settings.authorizationStatus),
            criticalAlerts: setting(settings.criticalAlertSetting).ofCriticalAlerts(isEntitled: isEntitled),
            timeSensitive: setting(settings.timeSensitiveSetting),
            alarms: alarms()
        )
    }

    /// Whether this build was signed for critical alerts: with which entitlements, Tocsin.xcconfig says.
    nonisolated private static var isEntitled: Bool {
        let entitlements = Bundle.main.object(forInfoDictionaryKey: "Entitlements") as? String
        return entitlements?.hasSuffix("CriticalAlerts.entitlements") == true
    }

    nonisolated private static func permission(_ status: UNAuthorizationStatus) -> Permission {
        switch status {
        case .authorized: .granted
        case .notDetermined: .notAsked
        case .denied: .denied
        // They come quietly, into the list only, or end by themselves: nobody is woken by those.
        case .provisional, .ephemeral: .denied
        @unknown default: .unknown
        }
    }

    nonisolated private static func setting(_ setting: UNNotificationSetting) -> Allowed.Setting {
        switch setting {
        case .enabled: .enabled
        case .disabled: .disabled
        case .notSupported: .notSupported
        @unknown default: .disabled
        }
    }

    nonisolated private static func alarms() -> Permission {
        #if canImport(AlarmKit)
        guard #available(iOS 26.0, *) else { return .notNeeded }
        switch AlarmManager.shared.authorizationState {
        case .authorized: return .granted
        case .denied: return .denied
        case .notDetermined: return .notAsked
        @unknown default: return .unknown
        }
        #else
        return .notNeeded
        #endif
    }

    /// A network counts even where the internet is not reached: a team's server may be within it. Low Data
    /// Mode holds background traffic back
    /// (https://developer.apple.com/documentation/network/nwpath/isconstrained).
    nonisolated private static func connectivity(_ path: NWPath) -> Connectivity {
        switch path.status {
        case .satisfied: path.isConstrained ? .metered : .online
        case .unsatisfied, .requiresConnection: .offline
        @unknown default: .unknown
        }
    }
}
