import Foundation
import TocsinCore
import TocsinGlance

// What the core and the server say, as widgets, Siri and Live Activities show it without them.

extension Glance.Ready {
    /// As the core judges at home now, which is at `now`.
    public init(_ home: HomeScreen, now: Date) {
        let light: Light =
            switch home.readiness.light {
            case .green: .green
            case .amber: .amber
            case .red: .red
            }
        self.init(light: light, reason: home.readiness.findings.first?.what, at: now)
    }
}

extension OnCallScreen {
    /// Who is paged first for each of the person's teams.
    public var duties: [Glance.Duty] {
        now.map {
            Glance.Duty(
                team: $0.team,
                primary: $0.primary,
                isMe: $0.isMe,
                until: Date(millis: $0.until),
                next: $0.next
            )
        }
    }
}

extension PageActivityState {
    /// What is to be shown of `ticket` at `now`; nothing when it is over or not this phone's any more. `write`
    /// puts a text into the person's language.
    public init?(of ticket: TicketId, in home: HomeScreen, now: Millis, write: (Phrase) -> String) {
        let page = home.pages.first { $0.ticket == ticket }
        let card = home.tickets.first { $0.ticket == ticket }
        let offset = home.clockOffsetMs
        let pending = home.waiting.contains { $0.ticket == ticket }
        if let page, page.status == .ringing {
            let limit = page.limit(clockOffset: offset)
            self.init(
                phase: .ringing,
                stateText: card?.stateText ?? page.stateText,
                since: Self.second(page.at - offset),
                due: limit.map { Self.second($0.due) },
                thenText: limit.map { write($0.face(now: now, times: Times()).then) },
                pending: pending
            )
        } else if let card, card.open {
            self.init(
                phase: .answered,
                stateText: card.stateText,
                since: Self.second(card.stateSince - offset),
                due: card.limit(clockOffset: offset).map { Self.second($0.due) },
                thenText: nil,
                pending: pending
            )
        } else {
            return nil
        }
    }

    /// To the second, so that a clock that is set by some milliseconds changes nothing.
    private static func second(_ instant: Millis) -> Date {
        Date(millis: (instant + 500) / 1_000 * 1_000)
    }
}
