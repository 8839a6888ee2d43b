import CoreHaptics
import UIKit

/// Shakes the phone while the siren sounds, in the siren's own rhythm. The system lets an app do that while it
/// is in front.
@MainActor
final class Vibration {
    private var engine: CHHapticEngine?
    private var player: CHHapticAdvancedPatternPlayer?
    private var plain: Task<Void, Never>?

    /// From now on; starting twice shakes once.
    func start() {
        guard engine == nil && plain == nil else { return }
        do {
            try shake()
        } catch {
            stop()
            plain = Task { await tap() }
        }
    }

    /// Still at once.
    func stop() {
        plain?.cancel()
        plain = nil
        engine?.stop()
        engine = nil
        player = nil
    }

    private func shake() throws {
        let engine = try CHHapticEngine()
        engine.playsHapticsOnly = true
        engine.isAutoShutdownEnabled = false
        engine.resetHandler = { @Sendable [weak self] in
            Task { @MainActor [weak self] in self?.again() }
        }
        engine.stoppedHandler = { @Sendable [weak self] _ in
            Task { @MainActor [weak self] in self?.again() }
        }
        try engine.start()
        let player = try engine.makeAdvancedPlayer(with: try Self.pattern())
        player.loopEnabled = true
        player.loopEnd = Self.cycle
        try player.start(atTime: CHHapticTimeImmediate)
        self.engine = engine
        self.player = player
    }

    /// The system had the engine for something else.
    private func again() {
        guard engine != nil else { return }
        engine = nil
        player = nil
        start()
    }

    /// For a phone without haptics of its own.
    private func tap() async {
        let feedback = UINotificationFeedbackGenerator()
        while !Task.isCancelled {
            feedback.notificationOccurred(.error)
            try? await Task.sleep(for: .seconds(1))
        }
    }

    /// Three times half a second on and half a second off, then a second of rest: the temporal-three pattern of
    /// ISO 8201, which is the siren's.
    private static let cycle: TimeInterval = 4

    private static func pattern() throws -> CHHapticPattern {
        let strong = [
            CHHapticEventParameter(parameterID: .hapticIntensity, value: 1),
            CHHapticEventParameter(parameterID: .hapticSharpness, value: 0.6),
        ]
        let events = (0..<3).map { beat in
            CHHapticEvent(
                eventType: .hapticContinuous,
                parameters: strong,
                relativeTime: TimeInterval(beat),
                duration: 0.5
            )
        }
        return try CHHapticPattern(events: events, parameters: [])
    }
}
