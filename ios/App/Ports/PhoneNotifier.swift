import Foundation
import TocsinCore
import TocsinKit

extension Notifier {
    /// What reads a push on this phone without the pager: in the notification service extension, and in the app for
    /// a notification that the extension had no time for. `criticalAlerts`: Apple and the person let pages sound
    /// through the silent switch and every Focus.
    static func ofThisPhone(criticalAlerts: Bool = false) -> Notifier {
        let choices = UserDefaults(suiteName: AppGroup.identifier).map(Choices.kept(in:))
        let setup = NotifierSetup(
            // Where the folder cannot be had, the core says what it can without.
            folder: (try? AppGroup.shared().path(percentEncoded: false)) ?? "",
            language: Language(locale: .current),
            criticalAlerts: criticalAlerts,
            // A notification looks alike on a locked and an unlocked phone.
            hidesContent: choices?.hidesContent ?? false
        )
        return Notifier(setup: setup, clock: PhoneClock(), safe: KeychainSafe())
    }
}
