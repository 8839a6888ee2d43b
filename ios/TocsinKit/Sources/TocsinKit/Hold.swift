/// A finger on a button that counts only when held.
///
/// Time decides, animation only paints: with animations reduced a tap still does nothing. A touch does not
/// outlive what it was meant for: when the target changes under the finger, nothing happens.
public struct Hold<Target: Equatable & Sendable>: Equatable, Sendable {
    /// How long a finger rests on a button before it counts: longer than a touch by a pocket or in sleep.
    public static var needed: Duration { .milliseconds(800) }

    private var touch: Touch?

    private struct Touch: Equatable, Sendable {
        let target: Target
        let since: ContinuousClock.Instant
        var isGiven = false
    }

    /// No finger is there.
    public init() {}

    /// Whether a finger is on the button.
    public var isPressed: Bool { touch != nil }

    /// A finger comes down on `target`.
    public mutating func press(_ target: Target, at now: ContinuousClock.Instant) {
        touch = Touch(target: target, since: now)
    }

    /// Whether the finger has been on `target` long enough; true once for each touch.
    public mutating func ripen(_ target: Target, at now: ContinuousClock.Instant) -> Bool {
        guard let touch, touch.target == target, !touch.isGiven, now - touch.since >= Self.needed else {
            return false
        }
        self.touch?.isGiven = true
        return true
    }

    /// The finger was lifted, has slipped off, or the system took the touch away.
    public mutating func release() {
        touch = nil
    }

    /// How much of the needed time is over, 0 to 1, for whoever paints it.
    public func progress(at now: ContinuousClock.Instant) -> Double {
        guard let touch else { return 0 }
        return min(1, max(0, (now - touch.since) / Self.needed))
    }
}
