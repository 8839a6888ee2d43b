import Foundation
import TocsinCore
import TocsinKit
import UserNotifications

/// Alarms that the system keeps although this process does not run: by AlarmKit where the person allows it
/// (iOS 26 and newer), by local notifications otherwise. Which, and when, TocsinKit says.
@MainActor
final class BackstopKeeper {
    /// The category whose buttons answer a page, as the server and the core call it.
    private static let pageCategory = "PAGE"

    private let choices: ChoiceBook
    private var backstops: Backstops?
    private var turn: Task<Void, Never>?

    init(choices: ChoiceBook) {
        self.choices = choices
    }

    /// Has the system keep what is wanted as things stand, one change after the other.
    func follow(_ home: HomeScreen?) {
        let before = turn
        turn = Task {
            await before?.value
            await keep(home)
        }
    }

    /// Returns once what was wanted before is done.
    func settled() async {
        await turn?.value
    }

    private func keep(_ home: HomeScreen?) async {
        if backstops == nil { backstops = Backstops(known: await Self.known()) }
        let hides = choices.choices.hidesContent
        for change in backstops?.update(home: home, now: Date.now.millis, hides: hides) ?? [] {
            switch change {
            case .cancel(let id): Self.cancel(id)
            case .schedule(let backstop): await Self.schedule(backstop)
            }
        }
    }

    private static func schedule(_ backstop: Backstop) async {
        cancel(backstop.id)
        if backstop.isLoud, await PhoneAlarm.schedule(backstop) { return }
        let content = await content(backstop)
        for (identifier, at) in zip(Backstop.notificationIdentifiers(backstop.id), backstop.notificationTimes)
        {
            let wait = Date(millis: at).timeIntervalSinceNow
            let trigger =
                wait < 1 ? nil : UNTimeIntervalNotificationTrigger(timeInterval: wait, repeats: false)
            let request = UNNotificationRequest(identifier: identifier, content: content, trigger: trigger)
            UNUserNotificationCenter.current().add(request, withCompletionHandler: nil)
        }
    }

    private static func cancel(_ id: UUID) {
        PhoneAlarm.cancel(id)
        let identifiers = Backstop.notificationIdentifiers(id)
        let center = UNUserNotificationCenter.current()
        center.removePendingNotificationRequests(withIdentifiers: identifiers)
        center.removeDeliveredNotifications(withIdentifiers: identifiers)
    }

    private static func content(_ backstop: Backstop) async -> UNNotificationContent {
        let critical = await DeviceWatcher.allowed().criticalAlerts == .enabled
        let content = UNMutableNotificationContent()
        content.title = backstop.title.text()
        content.body = backstop.body?.text() ?? ""
        if let ticket = backstop.ticket {
            content.userInfo = [NotificationKeys.ticket: ticket]
            content.categoryIdentifier = pageCategory
        }
        if backstop.isLoud {
            let siren = UNNotificationSoundName("wake.wav")
            content.interruptionLevel = critical ? .critical : .timeSensitive
            content.sound =
                critical ? .criticalSoundNamed(siren, withAudioVolume: 1) : UNNotificationSound(named: siren)
        }
        return content
    }

    /// What the system keeps from an earlier process.
    nonisolated private static func known() async -> Set<UUID> {
        let pending: [String] = await withCheckedContinuation { found in
            UNUserNotificationCenter.current().getPendingNotificationRequests {
                found.resume(returning: $0.map(\.identifier))
            }
        }
        let notified = pending.compactMap { $0.split(separator: ".").first }.compactMap {
            UUID(uuidString: String($0))
        }
        return PhoneAlarm.known().union(notified)
    }
}
