import TocsinCore

/// What the main screen shows.
enum Tab: Hashable, CaseIterable {
    case pages, tickets, onCall, readiness, settings
}

/// Where the person is in the app.
struct Place: Hashable {
    var tab = Tab.pages
    /// The tickets that were opened one from the other, the last in front.
    var tickets: [TicketId] = []
    /// The page screen is in front.
    var showsPage = false
    /// The ticket on the page screen that the person tapped or checked in to.
    var chosen: TicketId?

    /// The ticket with its timeline comes to the front.
    mutating func show(ticket: TicketId) {
        tab = .tickets
        tickets = [ticket]
        showsPage = false
    }

    /// The page screen comes to the front, with this ticket's page or the worst.
    mutating func show(page ticket: TicketId?) {
        chosen = ticket
        showsPage = true
    }
}
