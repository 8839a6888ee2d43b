import Foundation
import TocsinKit

/// A loudspeaker that writes down what it is given, in place of the audio engine, which only a phone has.
actor Loudspeaker: SirenOutput {
    /// Every score that was played.
    private(set) var scores: [Score] = []
    /// Whether it plays.
    private(set) var plays = false
    /// Whether it plays and can be heard.
    var isHeard: Bool { plays && scores.last?.isAudible == true }

    private var breaks = false

    /// It takes nothing any more.
    func breakDown() {
        breaks = true
        plays = false
    }

    /// Somebody telephones: the system takes the sound away.
    func interrupt() {
        plays = false
    }

    func play(_ score: Score) throws {
        guard !breaks else { throw SirenRefused("the loudspeaker is broken; restart the phone") }
        scores.append(score)
        plays = true
    }

    func moves() -> Bool { plays }

    func isPlaying() -> Bool { plays }

    func volume() -> Float? { 0.8 }

    func silence() {
        plays = false
    }
}
