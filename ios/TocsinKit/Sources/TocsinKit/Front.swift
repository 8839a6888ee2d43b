import TocsinCore

/// What the page screen shows.
public enum Front: Hashable, Sendable {
    /// A page that wants an answer.
    case asking(PageCard)
    /// What the pager itself is alarmed about.
    case alarmed([AlarmCard])
    /// A ticket in the person's hands, and what to do next about it.
    case inHand(PageCard?, TicketScreen?)
    /// The siren is being tried.
    case drill
    /// Nothing rings.
    case quiet
}

extension HomeScreen {
    /// Pages that want an answer, worst first.
    public var asking: [PageCard] {
        pages.filter { $0.status != .answered }
    }

    /// Which ticket the page screen shows, and so of which it wants the `TicketScreen`: `chosen` (the one
    /// somebody tapped, or just checked in to) unless another one rings while it does not.
    public func ticketInFront(chosen: TicketId?) -> TicketId? {
        let asking = asking.map(\.ticket)
        return asking.first { $0 == chosen } ?? asking.first ?? chosen ?? pages.first?.ticket
    }

    /// What the page screen shows; `ticket` is that of ``ticketInFront(chosen:)``, as soon as it is known.
    public func front(chosen: TicketId?, ticket: TicketScreen?) -> Front {
        let inFront = ticketInFront(chosen: chosen)
        let page = pages.first { $0.ticket == inFront }
        let details = ticket.flatMap { $0.card.ticket == inFront ? $0 : nil }
        let alarms = alarms.filter(\.siren)
        if let page, page.status != .answered { return .asking(page) }
        if !alarms.isEmpty { return .alarmed(alarms) }
        if page != nil || details != nil { return .inHand(page, details) }
        return siren.ringing && siren.reason == .drill ? .drill : .quiet
    }
}

extension TicketScreen {
    /// What a manager can do about a missed limit, from the page itself.
    public var managersDeeds: [Deed] {
        [.startWork, .extendLimit, .reassign, .askHelp].filter(deeds.contains)
    }

    /// What is at hand once somebody has checked in, most usual first; the rest is with the ticket.
    public var firstDeeds: [Deed] {
        [.startWork, .resolve, .joinConference, .askHelp, .updateStatus, .addNote, .reopen]
            .filter(deeds.contains)
    }
}
