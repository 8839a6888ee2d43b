import TocsinCore

// A process that the system has woken, or that the person has just left, is put to sleep again as soon as it says
// that it is done. This is what it waits for first, and by what it knows that somebody else must sound.

extension Pager {
    /// Checks in to this ticket, or to every one whose page rings, as it is done by voice and by what the system
    /// shows outside of the app. Returns once it is on disk, with the number of tickets. Throws as
    /// ``perform(_:)`` does.
    public func checkIn(to ticket: TicketId?) async throws -> Int {
        if let ticket {
            try perform(.checkIn(ticket))
            _ = await settled()
            return 1
        }
        let ringing = await home()?.ringing.count ?? 0
        if ringing > 0 { try perform(.checkInAll) }
        _ = await settled()
        return ringing
    }

    /// Waits until the server has everything that was tapped, but no longer than `patience`; tells whether it has.
    /// No network is no reason to wait less: a phone that wakes up finds its connections dead, and the core tries
    /// again every 10 s at the latest. The system puts a process to sleep some 30 s after it has woken it.
    @discardableResult
    public func sent(within patience: Duration = .seconds(20)) async -> Bool {
        await first(within: patience) { home in home?.waiting.isEmpty == false ? nil : true } ?? false
    }

    /// Whether the system need not sound for a push of `ticket` that the core has been given: this process's siren
    /// is known to sound for it, or nobody waits for an answer any more. Takes no longer than `patience`, in which
    /// an output that works has begun.
    public func sounds(for ticket: TicketId?, within patience: Duration = .seconds(3)) async -> Bool {
        _ = await settled()
        return await first(within: patience) { home in
            if let home { home.sounds(for: ticket) } else { false }
        } ?? false
    }
}

extension HomeScreen {
    /// The tickets whose pages ring.
    public var ringing: Set<TicketId> {
        Set(pages.filter { $0.status == .ringing }.map(\.ticket))
    }

    /// The tickets that are known, and of which nobody waits for this person's answer.
    public var quiet: Set<TicketId> {
        Set(tickets.map(\.ticket)).union(pages.map(\.ticket)).subtracting(ringing)
    }

    /// Whether the siren does what a push of `ticket` asks for; nothing while that is not known yet. What the
    /// core could not read it does not sound for.
    func sounds(for ticket: TicketId?) -> Bool? {
        if let ticket, quiet.contains(ticket) { return true }
        guard siren.ringing, siren.failure == nil else { return false }
        return siren.confirmed ? true : nil
    }
}
