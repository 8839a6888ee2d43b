import Foundation
import TocsinCore
import TocsinKit

/// The phone's clock, written as its owner reads it: in their zone, with 12 or 24 hours as they chose.
final class PhoneClock: ClockPort {
    func now() -> Millis {
        Date.now.millis
    }

    func timeOfDay(at instant: Millis) -> String {
        Times().timeOfDay(instant)
    }
}
