import Foundation

/// What widgets and Siri know without the core: whether this phone would wake its owner, and who is on
/// call. The app writes it whenever either changes, and then has the widgets drawn again. Every word
/// was said by the core, in the person's language.
struct Glance: Codable, Equatable, Sendable {
    /// Would a page wake this person now?
    struct Ready: Codable, Equatable, Sendable {
        /// The core's traffic light.
        enum Light: String, Codable, Sendable {
            case green, amber, red
        }

        /// As the core judged.
        var light: Light
        /// The first reason why it is not green.
        var reason: String?
        /// When it was judged.
        var at: Date
    }

    /// Who is paged first for a team.
    struct Duty: Codable, Equatable, Sendable, Identifiable {
        /// The team's name.
        var team: String
        /// Who has the pager.
        var primary: String
        /// That is this person.
        var isMe: Bool
        /// When the shift ends.
        var until: Date
        /// Who has the next one.
        var next: String

        var id: String { team }
    }

    /// Nothing while this phone is nobody's pager.
    var ready: Ready?
    /// The person's teams, as the server last said; empty before it was asked.
    var duties: [Duty] = []

    /// What the app wrote last; empty when it has written nothing that can be read.
    static func read(_ file: URL) -> Glance {
        guard let data = try? Data(contentsOf: file),
            let glance = try? decoder.decode(Glance.self, from: data)
        else { return Glance() }
        return glance
    }

    /// Replaces what was there, in one step, so that nobody reads half of it.
    func write(_ file: URL) throws {
        try Self.encoder.encode(self).write(to: file, options: .atomic)
    }

    /// When what is shown changes by itself: now, and at the end of each shift.
    func changes(from now: Date) -> [Date] {
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
    func isOver(at date: Date) -> Bool {
        date >= until
    }
}
