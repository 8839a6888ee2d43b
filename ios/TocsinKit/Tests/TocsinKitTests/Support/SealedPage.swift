import Foundation
import TocsinCore

/// The golden page of ticket 42, as the server seals it to a phone, and the phone that it is sealed to.
/// `tests/ffi` checks that it is that page.
enum SealedPage {
    /// The phone's.
    static let secret = Data(repeating: 7, count: 32)

    /// The field `t` of Apple's push.
    static func payload() throws -> String {
        let file = Bundle.module.url(forResource: "page", withExtension: "sealed", subdirectory: "Fixtures")
        return try String(contentsOf: file ?? URL(filePath: "page.sealed"), encoding: .utf8)
            .trimmingCharacters(in: .newlines)
    }

    /// What reads a push on a phone with this secret, on which the app has left nothing.
    static func notifier(secret: Data) -> Notifier {
        Notifier(
            setup: NotifierSetup(folder: "", language: .english, criticalAlerts: true, hidesContent: false),
            clock: Stopped(),
            safe: Keys(secret: secret)
        )
    }
}

private final class Stopped: ClockPort {
    func now() -> Millis { Samples.now }

    func timeOfDay(at instant: Millis) -> String { "\(instant)" }
}

private final class Keys: SafePort {
    private let secret: Data

    init(secret: Data) {
        self.secret = secret
    }

    func keep(name: String, secret: Data) {}

    func find(name: String) -> Data? {
        name == "keys" ? secret : nil
    }

    func forget(name: String) {}
}
