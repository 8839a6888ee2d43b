import Foundation
import Testing
import TocsinCore

@testable import TocsinKit

@MainActor
struct SirenTests {
    private let loudspeaker = Loudspeaker()
    private let core = Core()

    /// What the core is told of the siren.
    private actor Core {
        private(set) var heard: [SirenEvent] = []

        func hear(_ event: SirenEvent) {
            heard.append(event)
        }
    }

    @Test("a page sounds once however often it is asked for, softer at first, and the core is told how loud")
    func aPageSoundsOnce() async throws {
        try await with { siren in
            siren.start(loudness: .ramp)
            siren.start(loudness: .full)
            try await until("the core knows") { await core.heard.count == 2 }
            let scores = await loudspeaker.scores
            #expect(scores.count == 1)
            #expect(scores.first?.opening != nil)
            #expect(await core.heard == [.started(effectiveVolume: 0.8), .started(effectiveVolume: 0.8)])
        }
    }

    @Test("a telephone call takes the sound away only for as long as it lasts")
    func aTelephoneCallInterruptsOnly() async throws {
        try await with { siren in
            siren.start(loudness: .ramp)
            try await until("it sounds") { await loudspeaker.isHeard }
            await loudspeaker.interrupt()
            siren.outputChanged()
            try await until("it sounds again") { await loudspeaker.isHeard }
            #expect(await loudspeaker.scores.last?.opening == nil)
        }
    }

    @Test("after the check-in nothing sounds, also when headphones are pulled out")
    func afterTheCheckInNothingSounds() async throws {
        try await with { siren in
            siren.start(loudness: .full)
            try await until("it sounds") { await loudspeaker.isHeard }
            siren.stop()
            siren.outputChanged()
            siren.rehearse()
            try await until("the rehearsal is over") {
                await core.heard.last == .rehearsed(effectiveVolume: 0.8)
            }
            #expect(await loudspeaker.scores.filter(\.isAudible).count == 1)
            #expect(await !loudspeaker.plays)
        }
    }

    @Test("a rehearsal is not heard, and none happens while a page rings")
    func aRehearsalIsNotHeard() async throws {
        try await with { siren in
            siren.rehearse()
            try await until("the core knows") { await core.heard == [.rehearsed(effectiveVolume: 0.8)] }
            #expect(await loudspeaker.scores.map(\.isAudible) == [false])
            siren.start(loudness: .full)
            siren.rehearse()
            siren.start(loudness: .full)
            try await until("the core knows") { await core.heard.count >= 3 }
            #expect(await loudspeaker.scores.map(\.isAudible) == [false, true])
        }
    }

    @Test("a loudspeaker that does not play is reported with what to do, and tried again")
    func aBrokenLoudspeakerIsReported() async throws {
        await loudspeaker.breakDown()
        try await with { siren in
            siren.start(loudness: .full)
            siren.start(loudness: .full)
            let broken = SirenEvent.failed(reason: "the loudspeaker is broken; restart the phone")
            try await until("the core knows") { await core.heard == [broken, broken] }
        }
    }

    @Test("the samples are the core's, between silence and full output")
    func theSamplesAreTheCores() {
        let pcm = sirenPcm(rate: 44_100, loudness: .full)
        let clip = Clip(pcm)
        #expect(clip.rate == 44_100)
        #expect(clip.frames.count == pcm.samples.count / 2)
        let loudest = clip.frames.map(abs).max() ?? 0
        #expect(loudest > 0.5 && loudest <= 1)
        #expect(Clip(Pcm(rate: 8_000, samples: Data([0, 0x80, 0, 0x40]))).frames == [-1, 0.5])
    }

    private func with(_ test: (Siren) async throws -> Void) async throws {
        let siren = Siren(output: loudspeaker, rate: 48_000)
        let core = core
        let (events, told) = AsyncStream.makeStream(of: SirenEvent.self)
        let performing = Task { await siren.perform { told.yield($0) } }
        let hearing = Task { for await event in events { await core.hear(event) } }
        defer {
            performing.cancel()
            hearing.cancel()
        }
        try await test(siren)
    }
}
