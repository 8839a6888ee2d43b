import Foundation
import TocsinCore

// What rings although this process does not: alarms that the system keeps (AlarmKit, from iOS 26 on) or,
// where it may not, local notifications. They stand behind the server's pushes, in case those stop coming,
// and are taken back as soon as the core wants nothing to ring any more.

/// An alarm that the system is to keep.
public struct Backstop: Hashable, Sendable, Identifiable {
    /// What it is for.
    public enum Kind: Hashable, Sendable {
        /// A page of this ticket that nobody has answered.
        case page(TicketId)
        /// The pager has lost its server since this instant.
        case outOfTouch(since: Millis)
        /// A drill that was due since this instant has not come.
        case drillMissing(since: Millis)
    }

    /// What it is for.
    public let kind: Kind
    /// When it rings, by this phone's clock.
    public let at: Millis
    /// Whether it is worth waking somebody: an alarm, not only a notification.
    public let isLoud: Bool
    /// What it says first.
    public let title: Said
    /// What it says besides.
    public let body: Said?

    /// Names it to the system; the same for the same reason, in whichever process.
    public var id: UUID { kind.id }

    /// The ticket it is about.
    public var ticket: TicketId? {
        if case .page(let ticket) = kind { ticket } else { nil }
    }

    /// How long a page rings before this phone's own alarm stands behind it, and how often it is renewed.
    /// Twice the time in which the server repeats its push.
    public static let every: Int64 = 60_000

    /// When it sounds where it has to be a notification, which sounds for 30 s at most: so often, that
    /// somebody wakes up.
    public var notificationTimes: [Millis] {
        isLoud ? (0..<5).map { at + $0 * Self.every } : [at]
    }

    /// Names its notifications to the system, in the order of ``notificationTimes``.
    public static func notificationIdentifiers(_ id: UUID) -> [String] {
        (0..<5).map { "\(id.uuidString).\($0)" }
    }
}

extension NotificationContent {
    /// The names of this phone's own notifications that stand behind the page, and stand there no longer: they are
    /// taken back with this one, because the app itself may not be woken for it.
    public var endedBackstops: [String] {
        guard silences, let ticket else { return [] }
        return Backstop.notificationIdentifiers(Backstop.Kind.page(ticket).id)
    }
}

extension Backstop.Kind {
    /// A UUID of version 8 (RFC 9562, section 5.8), which is the application's own to fill: the kind and
    /// the 64 bits that tell it from others of its kind.
    public var id: UUID {
        let (tag, value): (UInt8, Int64) =
            switch self {
            case .page(let ticket): (1, ticket)
            case .outOfTouch(let since): (2, since)
            case .drillMissing(let since): (3, since)
            }
        let byte = { (place: Int) in UInt8(truncatingIfNeeded: value >> (56 - 8 * place)) }
        return UUID(
            uuid: (
                tag, byte(0), byte(1), byte(2), byte(3), byte(4), 0x80, byte(5), 0x80, byte(6), byte(7), 0,
                0, 0, 0, 0
            )
        )
    }
}

/// Which alarms the system is to keep now.
public struct Backstops: Sendable {
    /// What is to be done at the system.
    public enum Change: Hashable, Sendable {
        /// Take this one back, whether it has rung or not.
        case cancel(UUID)
        /// Keep this one, in place of what was kept under its id.
        case schedule(Backstop)
    }

    private var kept: [UUID: Backstop] = [:]
    private var unknown: Set<UUID>

    /// `known`: what the system still keeps for this app from an earlier process.
    public init(known: Set<UUID> = []) {
        unknown = known
    }

    /// What is to be done as things stand; `now` is this phone's clock. No alarm says what a page is about if the
    /// owner of the phone `hides` it, or one of their teams does. Taking back comes first. To be called whenever
    /// `home` changes, and every 20 s while the siren rings: as long as the siren is known to sound, the alarms
    /// behind it are put off.
    public mutating func update(home: HomeScreen?, now: Millis, hides: Bool) -> [Change] {
        let wanted = home.map { Self.wanted(home: $0, now: now, hides: hides) } ?? []
        let ids = Set(wanted.map(\.id))
        let gone = unknown.union(kept.keys).subtracting(ids)
        let sounds = home?.siren.confirmed == true
        let new = wanted.filter { isDue($0, sounds: sounds, now: now) }
        unknown = []
        kept = kept.filter { ids.contains($0.key) }
        new.forEach { kept[$0.id] = $0 }
        return gone.sorted { $0.uuidString < $1.uuidString }.map(Change.cancel) + new.map(Change.schedule)
    }

    /// Whether the system is to be told: it does not keep this one yet, it is to be put off, or its time is
    /// long over and it is still wanted.
    private func isDue(_ wanted: Backstop, sounds: Bool, now: Millis) -> Bool {
        guard let kept = kept[wanted.id] else { return true }
        if wanted.isLoud != kept.isLoud { return true }
        guard wanted.isLoud else { return false }
        return now >= kept.at + Backstop.every || (sounds && now > kept.at - Backstop.every / 2)
    }

    private static func wanted(home: HomeScreen, now: Millis, hides: Bool) -> [Backstop] {
        var seen = Set<TicketId>()
        let ringing = home.pages.filter { $0.status == .ringing && seen.insert($0.ticket).inserted }
        let hides = hidesContent(own: hides, rules: home.rules)
        return ringing.map { behind($0, now: now, hides: hides) }
            + home.alarms.map { behind($0, now: max(now, home.offlineUntil ?? now)) }
    }

    private static func behind(_ page: PageCard, now: Millis, hides: Bool) -> Backstop {
        Backstop(
            kind: .page(page.ticket),
            at: now + Backstop.every,
            isLoud: true,
            title: hides ? .phrase(Phrase(.alarmPaged)) : .text("\(page.severityText): \(page.title)"),
            body: hides ? .phrase(Phrase(.alarmPagedMore)) : .text(page.service)
        )
    }

    private static func behind(_ alarm: AlarmCard, now: Millis) -> Backstop {
        let (kind, title): (Backstop.Kind, Word) =
            switch alarm.kind {
            case .outOfTouch: (.outOfTouch(since: alarm.since), .alarmOutOfTouch)
            case .drillMissing: (.drillMissing(since: alarm.since), .alarmDrillMissing)
            }
        return Backstop(
            kind: kind,
            at: now,
            isLoud: alarm.siren,
            title: .phrase(Phrase(title)),
            body: .text(alarm.text)
        )
    }
}
