import SwiftUI
import TocsinCore
import TocsinKit

/// The person has answered; the ticket is theirs now, though the server may not have heard of it. The most
/// usual thing to do next is under the thumb.
struct PageInHand: View {
    let home: HomeScreen
    let page: PageCard?
    let ticket: TicketScreen?
    let perform: (Wish) -> Void

    var body: some View {
        PageFrame {
            PageHead(
                severity: card?.severity ?? page?.severity,
                title: Text(verbatim: card?.severityText ?? page?.severityText ?? ""),
                service: Text(verbatim: card?.service ?? page?.service ?? ""),
                more: Text(verbatim: [team, card?.stateText ?? page?.stateText ?? ""].dotted)
            )
        } content: {
            PageTitle(Text(verbatim: card?.title ?? page?.title ?? ""))
            if let card { Text("owned_by \(card.owner)") }
            PageWarnings(home: home, ticket: card?.ticket ?? page?.ticket)
            LimitClock(limit: ticket?.limit(clockOffset: home.clockOffsetMs))
            if let ticket { otherSteps(ticket) }
        } controls: {
            if let ticket { nextStep(ticket) }
            WideButton(label: Text("close")) { perform(.closePage) }
        }
    }

    private var card: TicketCard? { ticket?.card }

    private var team: String { card?.team ?? page?.team ?? "" }

    private func nextStep(_ ticket: TicketScreen) -> some View {
        Deeds(ticket: ticket, perform: perform) { start in
            if let deed = ticket.firstDeeds.first {
                WideButton(label: deed.label, symbol: deed.symbol, prominent: true) { start(deed) }
            }
        }
    }

    private func otherSteps(_ ticket: TicketScreen) -> some View {
        VStack(spacing: 8) {
            Deeds(ticket: ticket, perform: perform) { start in
                DeedButtons(deeds: Array(ticket.firstDeeds.dropFirst()), perform: start)
            }
            WideButton(label: Text("open_ticket")) { perform(.openTicket(ticket.card.ticket)) }
        }
    }
}

#if DEBUG
#Preview("In hand, not sent yet") {
    PageScreen(home: Samples.english.notSent, ticket: Samples.english.ticket) { _ in }
}

#Preview("확인함") {
    PageScreen(home: Samples.korean.notSent, ticket: Samples.korean.ticket) { _ in }
        .environment(\.locale, Locale(identifier: "ko"))
}
#endif
