import TocsinKit
import UserNotifications

/// The system's own questions, which it shows to the person once.
enum Asking {
    /// Asks for this rung of the permission ladder. Tells for which rungs the question stood.
    static func ask(_ rung: Rung) async -> Set<Rung> {
        if rung == .alarms {
            _ = await PhoneAlarm.ask()
            return [.alarms]
        }
        await askForNotifications()
        return [.notifications, .criticalAlerts, rung]
    }

    /// One question for all kinds of notifications. Where Apple has not granted critical alerts to this build, the
    /// system may take the question for a mistake; then it is asked without them.
    private static func askForNotifications() async {
        let usual: UNAuthorizationOptions = [.alert, .sound, .badge]
        let center = UNUserNotificationCenter.current()
        let granted = try? await center.requestAuthorization(options: usual.union(.criticalAlert))
        if granted != true, await DeviceWatcher.allowed().notifications == .notAsked {
            _ = try? await center.requestAuthorization(options: usual)
        }
    }
}
