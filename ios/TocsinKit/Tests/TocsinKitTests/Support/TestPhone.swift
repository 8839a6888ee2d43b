#if os(Linux) || os(macOS)
import Foundation
import TocsinCore
import TocsinKit

/// A phone with the real core in it: the models of the app, the siren, and a loudspeaker that writes down.
@MainActor
final class TestPhone {
    let loudspeaker = Loudspeaker()
    let pager: Pager
    let model: PagerModel

    private let flash: Flash
    private var work: [Task<Void, Never>] = []

    /// What outlives the process: the phone's disk and its safe.
    final class Flash: Sendable {
        let folder = FileManager.default.temporaryDirectory.appending(component: "phone-\(UUID())")
        fileprivate let safe = Drawer()

        init() throws {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        }

        deinit {
            try? FileManager.default.removeItem(at: folder)
        }
    }

    /// A process that starts on this disk.
    init(on flash: Flash, language: Language = .english) throws {
        self.flash = flash
        let siren = Siren(output: loudspeaker, rate: 48_000)
        let ports = Ports(siren: siren, clock: Wall(), device: Desk(), safe: flash.safe)
        let setup = Setup(folder: flash.folder.path, language: language)
        let pager = try Pager.open(setup: setup, ports: ports)
        let model = PagerModel(pager: pager)
        self.pager = pager
        self.model = model
        work = [
            Task { await siren.perform { [weak pager] in pager?.sirenReported(event: $0) } },
            Task { await model.follow() },
        ]
    }

    /// One that is this person's at `server`.
    static func of(
        _ person: String,
        at server: TocsinServer,
        on flash: Flash? = nil,
        language: Language = .english
    ) async throws -> TestPhone {
        let phone = try TestPhone(on: flash ?? Flash(), language: language)
        await phone.model.enrolling.typed(server: server.url, code: try await server.code(person))
        try await until("the phone is on the live stream") {
            if case .live = phone.home?.connection { true } else { false }
        }
        return phone
    }

    var home: HomeScreen? { model.home }

    /// Waits until it sounds, and says so itself.
    func untilItRings() async throws {
        try await until("the siren sounds") { await loudspeaker.isHeard && home?.siren.confirmed == true }
    }

    /// Waits until nothing of the siren is left.
    func untilItIsSilent() async throws {
        try await until("the siren is silent") {
            await !loudspeaker.plays && home?.siren.ringing == false
        }
    }

    /// The process ends, everything that was tapped being on disk.
    func end() async {
        _ = await pager.settled()
        await pager.shutDown()
        work.forEach { $0.cancel() }
    }
}

private final class Wall: ClockPort {
    func now() -> Millis { Date.now.millis }

    func timeOfDay(at: Millis) -> String {
        Times(locale: Locale(identifier: "en_GB"), timeZone: .gmt).timeOfDay(at)
    }
}

private final class Desk: DevicePort {
    func facts() -> Facts {
        let allowed = Allowed(
            notifications: .granted,
            criticalAlerts: .enabled,
            timeSensitive: .enabled,
            alarms: .notNeeded
        )
        var reading = DeviceReading(allowed: allowed)
        reading.isOutputPresent = true
        reading.connectivity = .online
        reading.isCharging = true
        return reading.facts
    }
}

private final class Drawer: SafePort {
    private let lock = NSLock()
    nonisolated(unsafe) private var secrets: [String: Data] = [:]

    func keep(name: String, secret: Data) {
        lock.withLock { secrets[name] = secret }
    }

    func find(name: String) -> Data? {
        lock.withLock { secrets[name] }
    }

    func forget(name: String) {
        lock.withLock { secrets[name] = nil }
    }
}
#endif
