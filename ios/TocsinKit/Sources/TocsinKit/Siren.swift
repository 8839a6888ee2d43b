import Foundation
import TocsinCore

/// What of the siren only the platform can do: an output that plays samples.
public protocol SirenOutput: Sendable {
    /// Plays `score` from its beginning, in place of what it plays. Throws ``SirenRefused``, or what the
    /// platform throws.
    func play(_ score: Score) async throws
    /// Whether the output has taken samples of what it plays.
    func moves() async -> Bool
    /// Whether it plays: it may have died by itself, or been taken by a telephone call.
    func isPlaying() async -> Bool
    /// How loud it is, 0 to 1; nothing where that is not known.
    func volume() async -> Float?
    /// Silent at once.
    func silence() async
}

/// The output does not play.
public struct SirenRefused: Error, Hashable {
    /// Why, and what to do.
    public let text: String

    /// With the reason.
    public init(_ text: String) {
        self.text = text
    }
}

/// Samples of the siren.
public struct Clip: Hashable, Sendable {
    /// Samples per second.
    public let rate: UInt32
    /// Mono samples from -1 to 1, as an `AVAudioPCMBuffer` has them.
    public let frames: [Float]

    init(_ pcm: Pcm) {
        rate = pcm.rate
        frames = pcm.samples.withUnsafeBytes { bytes in
            stride(from: 0, to: bytes.count - 1, by: 2).map { offset in
                let sample = bytes.loadUnaligned(fromByteOffset: offset, as: Int16.self)
                return Float(Int16(littleEndian: sample)) / 32_768
            }
        }
    }
}

/// What the output plays: an opening once, then a round over and over, without a seam.
public struct Score: Hashable, Sendable {
    /// Played once; nothing when it is loud from the first moment.
    public let opening: Clip?
    /// Played over and over.
    public let round: Clip
    /// A rehearsal drives the output in silence.
    public let isAudible: Bool
}

/// The siren as the core asks for it: what is asked is done in order, off the core's threads, and the core
/// hears what the output did. Starting twice sounds once; an output that died sounds again.
public final class Siren: SirenPort {
    private enum Order {
        case sound(Loudness)
        case rehearse
        case silence
        case look
    }

    private let orders: AsyncStream<Order>
    private let order: AsyncStream<Order>.Continuation
    private let output: any SirenOutput
    private let rate: UInt32

    /// Plays on `output`, whose own rate is `rate` samples per second.
    public init(output: any SirenOutput, rate: UInt32) {
        self.output = output
        self.rate = rate
        (orders, order) = AsyncStream.makeStream(of: Order.self)
    }

    /// Sounds, or goes on sounding.
    public func start(loudness: Loudness) {
        order.yield(.sound(loudness))
    }

    /// Drives the output as for a page, in silence.
    public func rehearse() {
        order.yield(.rehearse)
    }

    /// Is silent.
    public func stop() {
        order.yield(.silence)
    }

    /// Something happened to the output (another route, the end of an interruption, a reset of the media
    /// services): what should sound and does not, sounds again.
    public func outputChanged() {
        order.yield(.look)
    }

    /// Performs what was asked, also before this was called, until the task ends. `report` is the core's
    /// `sirenReported`; the siren itself must not hold the pager, which holds it.
    public func perform(report: @escaping @Sendable (SirenEvent) -> Void) async {
        var performance = SirenPerformance(output: output, rate: rate, report: report)
        for await order in orders {
            switch order {
            case .sound(let loudness): await performance.sound(loudness)
            case .rehearse: await performance.rehearse()
            case .silence: await performance.silence()
            case .look: await performance.look()
            }
        }
    }
}

/// The siren at work, in one task.
private struct SirenPerformance {
    let output: any SirenOutput
    let rate: UInt32
    let report: @Sendable (SirenEvent) -> Void

    private var sounds = false
    private var confirming: Task<Void, Never>?
    private var clips: [Loudness: Clip] = [:]

    /// How long an output may take until its samples move.
    private static let patience = Duration.seconds(2)
    private static let lookEvery = Duration.milliseconds(5)

    init(output: any SirenOutput, rate: UInt32, report: @escaping @Sendable (SirenEvent) -> Void) {
        self.output = output
        self.rate = rate
        self.report = report
    }

    mutating func sound(_ loudness: Loudness) async {
        let goesOn = sounds
        sounds = true
        if goesOn, await output.isPlaying() {
            report(.started(effectiveVolume: await output.volume()))
            return
        }
        // What was interrupted goes on as loud as it had become.
        let opening = !goesOn && loudness == .ramp ? clip(.ramp) : nil
        await play(Score(opening: opening, round: clip(.full), isAudible: true)) {
            .started(effectiveVolume: $0)
        }
    }

    mutating func rehearse() async {
        guard !sounds else { return }
        let output = output
        await play(Score(opening: nil, round: clip(.full), isAudible: false)) {
            await output.silence()
            return .rehearsed(effectiveVolume: $0)
        }
    }

    mutating func silence() async {
        sounds = false
        confirming?.cancel()
        await output.silence()
    }

    mutating func look() async {
        if sounds, await !output.isPlaying() { await sound(.full) }
    }

    /// Plays, and says that it sounds once the output has moved, and not because it was told to.
    private mutating func play(
        _ score: Score,
        then done: @escaping @Sendable (Float?) async -> SirenEvent
    ) async {
        confirming?.cancel()
        do {
            try await output.play(score)
        } catch {
            let why = (error as? SirenRefused)?.text ?? String(describing: error)
            report(.failed(reason: why))
            return
        }
        confirming = Task { [output, report] in
            if await Self.moves(output) {
                report(await done(await output.volume()))
            } else if !Task.isCancelled {
                report(.failed(reason: Self.still))
            }
        }
    }

    private static func moves(_ output: any SirenOutput) async -> Bool {
        let giveUp = ContinuousClock.now + patience
        while !Task.isCancelled, ContinuousClock.now < giveUp {
            if await output.moves() { return true }
            try? await Task.sleep(for: lookEvery)
        }
        return false
    }

    private mutating func clip(_ loudness: Loudness) -> Clip {
        if let clip = clips[loudness] { return clip }
        let clip = Clip(sirenPcm(rate: rate, loudness: loudness))
        clips[loudness] = clip
        return clip
    }

    /// For the readiness screen, in English as all that outputs say.
    private static let still =
        "the sound output took the siren and plays nothing; restart the phone if this stays"
}
