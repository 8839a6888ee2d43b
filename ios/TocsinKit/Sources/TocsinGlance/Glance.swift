import Foundation

/// What widgets and Siri know without the core: whether this phone would wake its owner, and who is on
/// call. The app writes it whenever either changes, and then has the widgets drawn again. Every word
/// was said by the core, in the person's language.
public struct Glance: Codable, Equatable, Sendable {
    /// Would a page wake this person now?
    public struct Ready: Codable, Equatable, Sendable {
        /// The core's traffic light.
        public enum Light: String, Codable, Sendable {
            case green, amber, red
        }

        /// As the core judged.
        public var light: Light
        /// The first reason why it is not green.
        public var reason: String?
        /// When it was judged.
        public var at: Date

        /// As the core judged.
        public init(light: Light, reason: String?, at: Date) {
            self.light = light
            self.reason = reason
            self.at = at
        }
    }

    /// Who is paged first for a team.
    public struct Duty: Codable, Equatable, Sendable, Identifiable {
        /// The team's name.
        public var team: String
        /// Who has the pager.
        public var primary: String
        /// That is this person.
        public var isMe: Bool
        /// When the shift ends.
        public var until: Date
        /// Who has the next one.
        public var next: String

        /// Teams have names of their own.
        public var id: String { team }

        /// As the server said.
        public init(team: String, primary: String, isMe: Bool, until: Date, next: String) {
            self.team = team
            self.primary = primary
            self.isMe = isMe
            self.until = until
            self.next = next
        }
    }

    /// Nothing while this phone is nobody's pager.
    public var ready: Ready?
    /// The person's teams, as the server last said; empty before it was asked.
    public var duties: [Duty]

    /// As the core and the server said.
    public init(ready: Ready? = nil, duties: [Duty] = []) {
        self.ready = ready
        self.duties = duties
    }

    /// What the app wrote last; empty when it has written nothing that can be read.
    public static func read(_ file: URL) -> Glance {
        guard let data = try? Data(contentsOf: file),
            let glance = try? decoder.decode(Glance.self, from: data)
        else { return Glance() }
        return glance
    }

    /// Replaces what was there, in one step, so that nobody reads half of it.
    public func write(_ file: URL) throws {
        try Self.encoder.encode(self).write(to: file, options: .atomic)
    }

    /// When what is shown changes by itself: now, and at the end of each shift.
    public func changes(from now: Date) -> [Date] {
        [now] + Set(duties.map(\.until)).filter { $0 > now }.sorted()
    }

    private static var encoder: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.dateEncodingStrategy = .millisecondsSince1970
        return encoder
    }

    private static var decoder: JSONDecoder {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .millisecondsSince1970
        return decoder
    }
}

extension Glance.Duty {
    /// Whether the shift is over and the server was not asked since: then `next` has it as planned,
    /// unless their phone has not proved that it rings.
    public func isOver(at date: Date) -> Bool {
        date >= until
    }
}
