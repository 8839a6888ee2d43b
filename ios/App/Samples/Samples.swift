#if DEBUG
import Foundation
import TocsinCore
import TocsinKit

/// A night at work in Seoul, in the words that the core says it in; for previews alone. The same as
/// Android's, so that the two phones can be laid beside each other.
struct Samples {
    static let english = Samples(korean: false)
    static let korean = Samples(korean: true)

    /// Whether the core speaks Korean.
    let korean: Bool
    /// The device's clock.
    let now = Date.now.millis

    func say(_ english: String, _ korean: String) -> String {
        self.korean ? korean : english
    }

    var minji: String { say("Kim Minji", "김민지") }
    var jun: String { say("Park Jun", "박준") }
    var sora: String { say("Lee Sora", "이소라") }
    var payments: String { say("Payments", "결제") }
    var trouble: String { say("Error rate of card payments above 20 %", "카드 결제 오류율 20% 초과") }

    func ago(_ seconds: Int64) -> Millis {
        now - seconds * 1_000
    }

    func after(_ seconds: Int64) -> Millis {
        now + seconds * 1_000
    }

    /// Whose phone it is.
    var owner: Me {
        Me(person: PersonName(id: "jun", name: jun), device: "iPhone", server: "https://pager.example.org")
    }

    /// Critical alerts were not granted by Apple; everything else was allowed.
    var ladder: Ladder {
        let allowed = Allowed(
            notifications: .granted,
            criticalAlerts: .notSupported,
            timeSensitive: .enabled,
            alarms: .notAsked
        )
        return Ladder(allowed: allowed, asked: [.notifications])
    }
}
#endif
