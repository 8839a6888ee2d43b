import AVFAudio
import Observation
import TocsinKit

/// The siren's voice for its owner to know: the very sound that a notification brings, once, as loud as the
/// phone is set now.
@MainActor @Observable
final class Rehearsal {
    /// Whether it sounds.
    private(set) var sounds = false

    @ObservationIgnored private var player: AVAudioPlayer?

    /// Sounds, and returns when it is over or ``stop()`` was called.
    func sound() async throws {
        guard let file = Bundle.main.url(forResource: "wake", withExtension: "wav") else {
            throw SirenRefused("the siren is missing in this app; install it again")
        }
        sounds = true
        defer { sounds = false }
        try AVAudioSession.sharedInstance().setCategory(.playback, mode: .default, options: [])
        try AVAudioSession.sharedInstance().setActive(true)
        let player = try AVAudioPlayer(contentsOf: file)
        self.player = player
        player.play()
        while player.isPlaying {
            try await Task.sleep(for: .milliseconds(200))
        }
    }

    /// Silent at once.
    func stop() {
        player?.stop()
        player = nil
    }
}
