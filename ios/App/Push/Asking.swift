import TocsinKit
import UserNotifications

/// The system's own questions, which it shows to the person once.
enum Asking {
    /// Asks for this rung of the permission ladder, as things are allowed now.
    static func ask(_ rung: Rung, allowed: Allowed) async {
        if rung == .alarms {
            _ = await PhoneAlarm.ask()
        } else {
            await askForNotifications(critical: allowed.asked(by: rung).contains(.criticalAlerts))
        }
    }

    /// One question for all kinds of notifications; for critical alerts only where Apple has granted them to this
    /// build, because for any other the system may take the whole question for a mistake.
    private static func askForNotifications(critical: Bool) async {
        let usual: UNAuthorizationOptions = [.alert, .sound, .badge]
        let options = critical ? usual.union(.criticalAlert) : usual
        _ = try? await UNUserNotificationCenter.current().requestAuthorization(options: options)
    }
}
