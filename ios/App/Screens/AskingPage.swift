import SwiftUI
import TocsinCore
import TocsinKit

/// A page that wants an answer: how bad, where, what, how long, who is next; and under the thumb what
/// answers it.
struct AskingPage: View {
    let home: HomeScreen
    let page: PageCard
    let ticket: TicketScreen?
    let perform: (Wish) -> Void

    var body: some View {
        PageFrame {
            PageHead(
                severity: page.severity,
                title: Text(verbatim: page.severityText),
                service: Text(verbatim: page.service),
                more: Text(verbatim: [page.team, page.stateText].dotted)
            )
        } content: {
            PageTitle(Text(verbatim: page.title))
            if !page.reasonText.isEmpty { Text(verbatim: page.reasonText) }
            PageWarnings(home: home, ticket: page.ticket)
            if page.status == .expired {
                Banner(Text("page_expired"), symbol: "clock", weight: .said)
            }
            LimitClock(limit: page.limit(clockOffset: home.clockOffsetMs))
            if page.missed != nil || page.manager {
                EscalationView(missed: page.missed, manager: page.manager, ticket: ticket, perform: perform)
            }
            others
        } controls: {
            if several { checkInToAll }
            checkIn
            if ticket?.deeds.contains(.cannotHelp) ?? true { CannotButton(page: page, perform: perform) }
        }
        .task(id: page.page) { perform(.tap(.seen(page.ticket))) }
    }

    private var asking: [PageCard] { home.asking }

    private var several: Bool { asking.count > 1 }

    private var checkInToAll: some View {
        HoldButton(
            subject: asking.map(\.page).joined(separator: ","),
            text: Text("hold_to_check_in_all \(asking.count)"),
            action: Text("check_in_all \(asking.count)")
        ) { perform(.tap(.checkInAll)) }
    }

    private var checkIn: some View {
        HoldButton(subject: page.page, text: holdText, action: holdAction, outlined: several) {
            perform(.tap(.checkIn(page.ticket)))
        }
    }

    private var holdText: Text {
        if several { return Text("hold_only_this") }
        return page.help ? Text("hold_to_come") : Text("hold_to_check_in")
    }

    private var holdAction: Text {
        if several { return Text("only_this \(page.title)") }
        return page.help ? Text("i_come") : Text("check_in")
    }

    @ViewBuilder private var others: some View {
        let others = asking.filter { $0.page != page.page }
        if !others.isEmpty {
            Text("also_ringing \(others.count)").font(.headline).accessibilityAddTraits(.isHeader)
            ForEach(others, id: \.page) { other in
                PageRow(page: other, offset: home.clockOffsetMs) { perform(.showPage(other.ticket)) }
                    .padding(16)
                    .background(Color.card, in: RoundedRectangle(cornerRadius: 16))
            }
        }
    }
}

/// "Can't, page the next": asks once, because it cannot be taken back.
private struct CannotButton: View {
    let page: PageCard
    let perform: (Wish) -> Void
    @State private var asks = false

    var body: some View {
        WideButton(label: Text("cannot_next")) { asks = true }
            .sheet(isPresented: $asks) {
                CannotSheet(ticket: page.ticket, next: page.next, perform: perform)
            }
    }
}

#if DEBUG
#Preview("Asked to help") {
    AskingPage(
        home: Samples.english.ringing([Samples.english.help]),
        page: Samples.english.help,
        ticket: nil
    ) { _ in }
    .preferredColorScheme(.dark)
}
#endif
