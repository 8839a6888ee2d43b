import SwiftUI
import TocsinCore
import TocsinKit

/// Every ticket that the device keeps, in the order the core gives.
struct TicketsView: View {
    let home: HomeScreen
    let perform: (Wish) -> Void

    var body: some View {
        let open = home.tickets.filter(\.open)
        let over = home.tickets.filter { !$0.open }
        List {
            Section {
                if open.isEmpty { Quiet(Text("no_tickets")) }
                rows(open)
            } header: {
                Text("tickets_open")
            }
            if !over.isEmpty {
                Section {
                    rows(over)
                } header: {
                    Text("tickets_resolved")
                }
            }
        }
    }

    private func rows(_ tickets: [TicketCard]) -> some View {
        ForEach(tickets, id: \.ticket) { ticket in
            Button {
                perform(.openTicket(ticket.ticket))
            } label: {
                TicketRow(ticket: ticket, offset: home.clockOffsetMs)
            }
            .tint(.primary)
        }
    }
}

/// One ticket in a list.
struct TicketRow: View {
    let ticket: TicketCard
    /// The server's clock minus the device's, in milliseconds.
    let offset: Int64

    var body: some View {
        VStack(alignment: .leading, spacing: 6) {
            Beside {
                SeverityBadge(severity: ticket.severity, text: ticket.severityText)
                Text(verbatim: ticket.stateText).font(.subheadline.weight(.medium))
                LimitLine(limit: ticket.limit(clockOffset: offset))
            }
            Text(verbatim: ticket.title).font(.headline)
            Quiet(Text(verbatim: [ticket.service, ticket.team, ticket.owner].dotted))
            if let held = ticket.held { Quiet(Text("held \(held)")) }
            if ticket.pending {
                Label {
                    Text("tap_waits")
                } icon: {
                    Image(systemName: "arrow.up.circle")
                }
                .font(.subheadline.weight(.medium))
                .foregroundStyle(Light.amber.color)
            }
        }
        .frame(maxWidth: .infinity, minHeight: 44, alignment: .leading)
        .accessibilityElement(children: .combine)
    }
}

#if DEBUG
#Preview("Tickets") {
    TicketsView(home: Samples.english.busy) { _ in }
}

#Preview("티켓") {
    TicketsView(home: Samples.korean.busy) { _ in }
        .environment(\.locale, Locale(identifier: "ko"))
}
#endif
