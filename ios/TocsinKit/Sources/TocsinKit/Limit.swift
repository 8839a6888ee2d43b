import TocsinCore

/// A limit that runs: when it is over, what happens then, and to whom.
public struct RunningLimit: Hashable, Sendable {
    /// When it is over, by this phone's clock.
    public let due: Millis
    /// What happens then.
    public let kind: DeadlineKind?
    /// Who is paged then.
    public let next: [String]

    /// What runs until the server's clock says `due`; nothing when no limit runs. `clockOffset` is the
    /// server's clock minus this phone's, in milliseconds.
    public init?(due: Millis?, kind: DeadlineKind?, next: [String], clockOffset: Int64) {
        guard let due else { return nil }
        self.due = due - clockOffset
        self.kind = kind
        self.next = next
    }

    /// How long is left, in milliseconds; negative when it is over.
    public func left(now: Millis) -> Int64 {
        due - now
    }

    /// What is shown and spoken of it now.
    public func face(now: Millis, times: Times) -> LimitFace {
        let left = left(now: now)
        let isOver = left <= 0
        let clock = times.running(left)
        return LimitFace(
            heading: isOver ? .limitOver : .limit,
            clock: clock,
            isOver: isOver,
            then: then,
            line: Phrase(isOver ? .overBy : .left, .text(clock)),
            spoken: Phrase(isOver ? .limitOverSince : .limitLeft, .text(times.length(left)))
        )
    }

    private var then: Phrase {
        if kind == .nudge { return Phrase(.thenNudge) }
        if next.isEmpty { return Phrase(.thenAnybody) }
        return Phrase(.thenPaged, .text(next.joined(separator: ", ")))
    }
}

/// A running limit as it is shown and spoken.
public struct LimitFace: Hashable, Sendable {
    /// What stands above the clock.
    public let heading: Word
    /// The time left, or the time since it was over: `4:32`.
    public let clock: String
    /// The limit is over.
    public let isOver: Bool
    /// What happens when it is over.
    public let then: Phrase
    /// The limit in one line, for lists: `4:32 left`.
    public let line: Phrase
    /// The limit as VoiceOver says it, in whole minutes, so that it is not said anew each second.
    public let spoken: Phrase
}

extension PageCard {
    /// The limit that runs while this page wants an answer.
    public func limit(clockOffset: Int64) -> RunningLimit? {
        RunningLimit(due: due, kind: dueKind, next: next, clockOffset: clockOffset)
    }
}

extension TicketScreen {
    /// The limit that runs; nothing while a tap waits that moves it.
    public func limit(clockOffset: Int64) -> RunningLimit? {
        guard !movesLimit else { return nil }
        return RunningLimit(due: card.due, kind: dueKind, next: next, clockOffset: clockOffset)
    }
}

extension TicketCard {
    /// The limit that runs, for a list, which does not say what happens then.
    public func limit(clockOffset: Int64) -> RunningLimit? {
        RunningLimit(due: due, kind: nil, next: [], clockOffset: clockOffset)
    }
}
