import SwiftUI
import TocsinCore
import TocsinKit

/// What comes to the front when the siren sounds: the page that wants an answer, what the pager itself is
/// alarmed about, or what to do next about the ticket in hand. Dark by day as well.
///
/// `chosen` is the ticket that somebody tapped or just checked in to, `ticket` that of `home.ticketInFront`, as
/// soon as it is known; deeds and names to choose from come with it.
struct PageScreen: View {
    let home: HomeScreen
    let ticket: TicketScreen?
    var chosen: TicketId?
    let perform: (Wish) -> Void

    var body: some View {
        Group {
            switch home.front(chosen: chosen, ticket: ticket) {
            case .asking(let page):
                let details = page.ticket == ticket?.card.ticket ? ticket : nil
                AskingPage(home: home, page: page, ticket: details, perform: perform)
            case .alarmed(let alarms):
                PagersAlarm(alarms: alarms, perform: perform)
            case .inHand(let page, let details):
                PageInHand(home: home, page: page, ticket: details, perform: perform)
            case .drill:
                DrillRings(perform: perform)
            case .quiet:
                NothingRings(perform: perform)
            }
        }
        .background(Color.night.ignoresSafeArea())
        .preferredColorScheme(.dark)
    }
}

/// What the pager itself is alarmed about.
private struct PagersAlarm: View {
    let alarms: [AlarmCard]
    let perform: (Wish) -> Void

    @Environment(\.times) private var times

    var body: some View {
        PageFrame {
            PageHead(severity: .sev1, title: Text(verbatim: "Tocsin"), service: Text("pagers_alarm"))
        } content: {
            ForEach(alarms, id: \.self) { alarm in
                PageTitle(Text(verbatim: alarm.text))
                Quiet(Text("since \(times.at(alarm.since))"))
            }
        } controls: {
            HoldButton(subject: "alarm", text: Text("hold_i_know"), action: Text("i_know")) {
                perform(.tap(.iKnow))
            }
        }
    }
}

/// The siren is being tried.
private struct DrillRings: View {
    let perform: (Wish) -> Void

    var body: some View {
        PageFrame {
            PageHead(severity: .sev5, title: Text(verbatim: "Tocsin"), service: Text("drill"))
        } content: {
            PageTitle(Text("drill_rings"))
            Text("drill_rings_more")
        } controls: {
            WideButton(label: Text("close")) { perform(.closePage) }
        }
    }
}

/// Whoever was paged need not be any more.
private struct NothingRings: View {
    let perform: (Wish) -> Void

    var body: some View {
        PageFrame {
            PageHead(severity: .sev5, title: Text(verbatim: "Tocsin"), service: Text("quiet"))
        } content: {
            PageTitle(Text("nothing_rings"))
            Text("nothing_rings_more")
        } controls: {
            WideButton(label: Text("close")) { perform(.closePage) }
        }
    }
}

#if DEBUG
#Preview("Page") {
    PageScreen(home: Samples.english.ringing([Samples.english.page]), ticket: Samples.english.ringingTicket) {
        _ in
    }
}

#Preview("호출") {
    PageScreen(home: Samples.korean.ringing([Samples.korean.page]), ticket: Samples.korean.ringingTicket) {
        _ in
    }
    .environment(\.locale, Locale(identifier: "ko"))
}

#Preview("Several pages, one siren") {
    PageScreen(home: Samples.english.ringing(Samples.english.several), ticket: nil) { _ in }
}

#Preview("The pager's own alarm") {
    PageScreen(home: Samples.korean.lost, ticket: nil) { _ in }
        .environment(\.locale, Locale(identifier: "ko"))
}

#Preview("Drill") {
    PageScreen(home: Samples.english.drill, ticket: nil) { _ in }
}

#Preview("Largest type") {
    PageScreen(home: Samples.english.ringing([Samples.english.page]), ticket: nil) { _ in }
        .environment(\.dynamicTypeSize, .accessibility5)
}
#endif
