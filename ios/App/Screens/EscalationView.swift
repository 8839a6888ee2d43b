import SwiftUI
import TocsinCore
import TocsinKit

/// A manager's view of an escalation: which limit was missed, who was paged and how far that got, and what a
/// manager can do about it: take over, extend, hand over, page somebody else.
struct EscalationView: View {
    /// Nothing when the person is paged for another reason.
    let missed: MissedLimit?
    /// The person is paged as a manager.
    let manager: Bool
    let ticket: TicketScreen?
    let perform: (Wish) -> Void

    @Environment(\.times) private var times

    var body: some View {
        VStack(alignment: .leading, spacing: 16) {
            if let missed {
                Banner(
                    Text("missed \(missed.stateText) \(times.at(missed.since)) \(times.at(missed.limit))"),
                    symbol: "clock.badge.exclamationmark",
                    weight: .wrong
                )
            }
            if let ticket {
                if !ticket.paged.isEmpty {
                    Text("being_paged").font(.headline).accessibilityAddTraits(.isHeader)
                    AskedList(asked: ticket.paged)
                }
                if manager { buttons(ticket) }
            }
        }
    }

    private func buttons(_ ticket: TicketScreen) -> some View {
        Deeds(ticket: ticket, perform: perform) { start in
            DeedButtons(
                deeds: ticket.managersDeeds,
                label: { $0 == .startWork ? Text("take_over") : $0.label },
                perform: start
            )
        }
    }
}

/// Who is paged, as whom, and how far that got.
struct AskedList: View {
    let asked: [Asked]

    var body: some View {
        ForEach(asked, id: \.self) { one in
            Fact(name: Text(verbatim: [one.name, one.roleText].dotted), value: Text(verbatim: one.rungText))
        }
    }
}

#if DEBUG
#Preview("Escalation") {
    PageScreen(home: Samples.english.ringing([Samples.english.managers]), ticket: Samples.english.ticket) {
        _ in
    }
}

#Preview("제한 시각 넘김") {
    PageScreen(home: Samples.korean.ringing([Samples.korean.managers]), ticket: Samples.korean.ticket) { _ in
    }
    .environment(\.locale, Locale(identifier: "ko"))
}
#endif
