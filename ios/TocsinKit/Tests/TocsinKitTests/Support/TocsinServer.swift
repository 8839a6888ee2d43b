#if os(Linux) || os(macOS)
import Foundation

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

/// A real `tocsin serve`, a process of its own with a folder of its own. In its one team Ana is on call
/// and Bea is the manager. `TOCSIN_BINARY` names the program.
@MainActor
final class TocsinServer {
    /// Limits that a test can sit out: a second to check in, then the manager.
    static let quick = """
        [teams.policy.sev1]
        check_in = "1s"
        researching = "60s"
        work_in_progress = "120s"
        manager = "60s"
        """

    /// It did not do what was asked.
    struct Failed: Error {
        let text: String
    }

    private let folder = FileManager.default.temporaryDirectory.appending(component: "tocsin-\(UUID())")
    private var process = Process()
    private var session = URLSession(configuration: .ephemeral)
    private var listen = "127.0.0.1:0"
    private var token: String?
    private var key = ""

    /// Where phones reach it.
    var url: String { "http://\(listen)" }

    /// One that runs, with these limits.
    static func start(policy: String = "") async throws -> TocsinServer {
        let server = TocsinServer()
        try FileManager.default.createDirectory(at: server.folder, withIntermediateDirectories: true)
        let ready = try server.run()
        let enrolled = try await server.post(
            "/v1/enroll",
            ["code": ready["admin_code"] ?? "", "device_name": "the administrator's desk"]
        )
        server.token = enrolled["token"] as? String
        let body = Data(configuration(policy).utf8)
        let applied = try await server.send("PUT", "/v1/config?confirm=true", body)
        let keys = (applied as? [String: Any])?["keys"] as? [[String: Any]]
        server.key = keys?.first?["key"] as? String ?? ""
        return server
    }

    deinit {
        Self.kill(process)
        try? FileManager.default.removeItem(at: folder)
    }

    /// A single-use code for a person's next phone.
    func code(_ person: String) async throws -> String {
        try await post("/v1/codes", ["person": person])["code"] as? String ?? ""
    }

    /// Trouble with the shop's checkout, and its ticket.
    func alarm(_ what: String) async throws -> Int64 {
        let alarm = ["title": "Trouble with \(what)", "severity": "SEV1", "dedup_key": what]
        let alarms = try await post("/in/\(key)/json", alarm)["alarms"] as? [[String: Any]]
        return (alarms?.first?["ticket"] as? NSNumber)?.int64Value ?? 0
    }

    /// Where a ticket stands.
    func state(_ ticket: Int64) async throws -> String? {
        let ticket = try await send("GET", "/v1/tickets/\(ticket)") as? [String: Any]
        return ticket?["state"] as? String
    }

    /// How often an event of this type happened to a ticket.
    func count(_ ticket: Int64, _ event: String) async throws -> Int {
        let timeline = try await send("GET", "/v1/tickets/\(ticket)/timeline") as? [String: Any]
        let entries = timeline?["entries"] as? [[String: Any]] ?? []
        let events = entries.flatMap { $0["events"] as? [[String: Any]] ?? [] }
        return events.filter { $0["type"] as? String == event }.count
    }

    /// The process dies; what it has taken stays on its disk.
    func stop() {
        Self.kill(process)
    }

    /// It comes back at the same address.
    func startAgain() throws {
        _ = try run()
    }

    private func run() throws -> [String: Any] {
        // One that has talked to a server that is gone does not get over it.
        session.invalidateAndCancel()
        session = URLSession(configuration: .ephemeral)
        let ready = Pipe()
        process = Process()
        process.executableURL = URL(filePath: try Self.binary())
        process.arguments = [
            "serve", "--json", "--listen", listen, "--data", folder.appending(component: "data").path,
        ]
        process.standardOutput = ready
        process.standardError = FileHandle.nullDevice
        try process.run()
        let line = try Self.firstLine(ready.fileHandleForReading)
        guard let said = try JSONSerialization.jsonObject(with: line) as? [String: Any],
            let url = said["url"] as? String
        else { throw Failed(text: "tocsin serve said \(String(decoding: line, as: UTF8.self))") }
        listen = url.replacing("http://", with: "")
        return said
    }

    /// Dispatch's threads block every signal that can be blocked, and what they start inherits it.
    private nonisolated static func kill(_ process: Process) {
        guard process.isRunning else { return }
        Foundation.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    private static func binary() throws -> String {
        guard let binary = ProcessInfo.processInfo.environment["TOCSIN_BINARY"] else {
            throw Failed(text: "TOCSIN_BINARY does not name the program; scripts/ios runs these tests")
        }
        return binary
    }

    private static func firstLine(_ file: FileHandle) throws -> Data {
        var line = Data()
        while !line.contains(UInt8(ascii: "\n")) {
            let more = file.availableData
            guard !more.isEmpty else { throw Failed(text: "tocsin serve ended") }
            line += more
        }
        return line
    }

    private func post(_ path: String, _ body: [String: Any]) async throws -> [String: Any] {
        let body = try JSONSerialization.data(withJSONObject: body)
        return try await send("POST", path, body) as? [String: Any] ?? [:]
    }

    private func send(_ method: String, _ path: String, _ body: Data? = nil) async throws -> Any {
        guard let address = URL(string: url + path) else { throw Failed(text: "no address: \(path)") }
        var request = URLRequest(url: address)
        request.httpMethod = method
        request.httpBody = body
        request.setValue("application/json", forHTTPHeaderField: "content-type")
        if let token { request.setValue("Bearer \(token)", forHTTPHeaderField: "authorization") }
        let (data, response) = try await session.data(for: request)
        guard (response as? HTTPURLResponse)?.statusCode == 200 else {
            throw Failed(text: "\(method) \(path): \(String(decoding: data, as: UTF8.self))")
        }
        return try JSONSerialization.jsonObject(with: data)
    }

    private static func configuration(_ policy: String) -> String {
        """
        [[people]]
        id = "ana"
        name = "Ana Silva"
        manager = "bea"

        [[people]]
        id = "bea"
        name = "Bea Lindqvist"

        [[teams]]
        id = "shop"
        name = "Shop"
        manager = "bea"
        members = ["ana"]

        [teams.rota]
        zone = "Europe/Berlin"
        start = 2024-01-01
        handoff = { weekday = "monday", time = 09:00 }
        members = ["ana"]
        \(policy)

        [[services]]
        id = "checkout"
        name = "Checkout"
        team = "shop"

        [[integrations]]
        id = "script"
        team = "shop"
        service = "checkout"
        """
    }
}
#endif
