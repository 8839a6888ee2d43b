import AVFAudio
import TocsinKit

/// The siren's sound: an audio session that the silent switch does not mute, and an engine that loops the
/// core's samples.
///
/// What Apple allows: while the app is in front, or already sounds, it plays through the silent switch and
/// every Focus, and takes the output from other apps' sound. What Apple does not: an app that sleeps cannot
/// begin to sound by itself, so then the notification of the push does; and no app chooses the loudspeaker
/// while headphones are connected, unless it asks for the microphone, which a pager has no business with
/// (https://developer.apple.com/documentation/avfaudio/avaudiosession/overrideoutputaudioport(_:)).
actor SirenSound: SirenOutput {
    private let raise: @MainActor @Sendable () async -> Void
    private var engine: AVAudioEngine?
    private var player: AVAudioPlayerNode?

    /// `raise` turns the volume up where it is lower than the owner wants it, once the siren plays.
    init(raise: @escaping @MainActor @Sendable () async -> Void) {
        self.raise = raise
    }

    /// What the phone plays without resampling, in samples per second.
    static var nativeRate: UInt32 {
        UInt32(AVAudioSession.sharedInstance().sampleRate)
    }

    func play(_ score: Score) async throws {
        stop()
        do {
            try begin(score)
        } catch {
            stop()
            throw SirenRefused(
                "the phone does not let the siren sound now (\(error.localizedDescription)); end a telephone call, or "
                    + "open Tocsin"
            )
        }
        if score.isAudible { await raise() }
    }

    func moves() -> Bool {
        guard let player, let now = player.lastRenderTime, let time = player.playerTime(forNodeTime: now)
        else {
            return false
        }
        return time.sampleTime > 0
    }

    func isPlaying() -> Bool {
        engine?.isRunning == true && player?.isPlaying == true
    }

    func volume() -> Float? {
        AVAudioSession.sharedInstance().outputVolume
    }

    func silence() {
        stop()
        // Gives the output back to whatever played before. It fails only where the system has taken it already.
        try? AVAudioSession.sharedInstance().setActive(false, options: .notifyOthersOnDeactivation)
    }

    /// A new engine each time: one that an interruption or a reset of the media services left behind is not
    /// to be trusted.
    private func begin(_ score: Score) throws {
        let session = AVAudioSession.sharedInstance()
        try session.setCategory(.playback, mode: .default, options: [])
        try session.setActive(true)
        let engine = AVAudioEngine()
        let player = AVAudioPlayerNode()
        let round = try score.round.buffer()
        engine.attach(player)
        engine.connect(player, to: engine.mainMixerNode, format: round.format)
        engine.mainMixerNode.outputVolume = score.isAudible ? 1 : 0
        if let opening = score.opening {
            player.scheduleBuffer(try opening.buffer(), at: nil, options: [], completionHandler: nil)
        }
        player.scheduleBuffer(round, at: nil, options: .loops, completionHandler: nil)
        engine.prepare()
        try engine.start()
        player.play()
        self.engine = engine
        self.player = player
    }

    private func stop() {
        player?.stop()
        engine?.stop()
        player = nil
        engine = nil
    }
}

extension Clip {
    /// For the engine.
    fileprivate func buffer() throws -> AVAudioPCMBuffer {
        guard
            let format = AVAudioFormat(standardFormatWithSampleRate: Double(rate), channels: 1),
            let buffer = AVAudioPCMBuffer(pcmFormat: format, frameCapacity: AVAudioFrameCount(frames.count)),
            let channel = buffer.floatChannelData?[0]
        else { throw SirenRefused("the phone takes no sound of \(rate) samples per second") }
        frames.withUnsafeBufferPointer { samples in
            if let first = samples.baseAddress { channel.update(from: first, count: samples.count) }
        }
        buffer.frameLength = buffer.frameCapacity
        return buffer
    }
}
