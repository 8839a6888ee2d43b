import SwiftUI
import TocsinCore
import TocsinKit

/// One ticket: where it stands, who is being paged and how far that got, what happened, and all that this
/// person can do. `offset` is the server's clock minus the device's (`clockOffsetMs` of the home screen), in
/// milliseconds.
struct TicketView: View {
    let ticket: TicketScreen
    let offset: Int64
    let perform: (Wish) -> Void

    var body: some View {
        List {
            TicketSummary(ticket: ticket, offset: offset)
            if let conference = ticket.conference {
                ConferenceSection(conference: conference, perform: perform)
            }
            if let status = ticket.status { StatusSection(status: status, offset: offset) }
            if !ticket.paged.isEmpty {
                Section {
                    AskedList(asked: ticket.paged)
                } header: {
                    Text("being_paged")
                }
            }
            ForEach(ticket.helps, id: \.number) { HelpSection(help: $0) }
            BackgroundSection(ticket: ticket, perform: perform)
            Section {
                ForEach(ticket.timeline.indices, id: \.self) { TimelineRow(line: ticket.timeline[$0]) }
            } header: {
                Text("timeline")
            }
        }
        .navigationTitle(Text("ticket_number \(ticket.card.ticket)"))
        .navigationBarTitleDisplayMode(.inline)
        .safeAreaInset(edge: .bottom, spacing: 0) { DeedBar(ticket: ticket, perform: perform) }
    }
}

/// Where the ticket stands.
private struct TicketSummary: View {
    let ticket: TicketScreen
    let offset: Int64

    @Environment(\.times) private var times

    var body: some View {
        let card = ticket.card
        Section {
            VStack(alignment: .leading, spacing: 8) {
                Beside {
                    SeverityBadge(severity: card.severity, text: card.severityText)
                    Text(verbatim: card.stateText)
                    Quiet(Text("since \(times.at(card.stateSince))"))
                }
                Text(verbatim: card.title).font(.title2.weight(.semibold)).accessibilityAddTraits(.isHeader)
                Quiet(Text(verbatim: [card.service, card.team].dotted))
            }
            if card.pending { Banner(Text("tap_waits"), symbol: "wifi.slash", weight: .warned) }
            if ticket.movesLimit { Banner(Text("moves_limit"), symbol: "clock", weight: .warned) }
            if let held { Banner(held, symbol: "clock", weight: .said) }
            Fact(name: Text("owner"), value: Text(verbatim: card.owner))
            LimitClock(
                limit: ticket.limit(clockOffset: offset),
                size: .system(size: 48, weight: .medium, design: .rounded)
            )
            if let by = ticket.extendedBy { Quiet(Text("extended_by \(by)")) }
        }
    }

    private var held: Text? {
        guard let held = ticket.card.held else { return nil }
        guard let until = ticket.heldUntil else { return Text("held \(held)") }
        return Text("held_until \(held) \(times.at(until))")
    }
}

/// Who meets, and how to join by telephone.
private struct ConferenceSection: View {
    let conference: Conference
    let perform: (Wish) -> Void

    @Environment(\.times) private var times

    var body: some View {
        Section {
            said
            ForEach(conference.people, id: \.self) { person in
                Fact(
                    name: Text(verbatim: [person.name, person.roleText ?? ""].dotted),
                    value: joined(person)
                )
            }
            if let number = conference.dialIn {
                Button {
                    perform(.openAddress("tel:\(number)"))
                } label: {
                    Text("dial \(number)")
                }
            }
        } header: {
            Text("conference")
        }
    }

    private var said: Text {
        if conference.closedAt != nil { return Text("conference_closed") }
        if conference.url == nil { return Text("conference_waits") }
        return conference.joined ? Text("conference_joined") : Text("conference_open")
    }

    private func joined(_ person: Attendee) -> Text {
        guard let at = person.joined else { return Text("not_joined") }
        return Text("joined_at \(times.at(at))")
    }
}

/// What those who wait were told, and when they are told again.
private struct StatusSection: View {
    let status: StatusUpdates
    let offset: Int64

    @Environment(\.times) private var times

    var body: some View {
        Section {
            if let last = status.last {
                Text(verbatim: last.text)
                Quiet(Text(verbatim: [last.by, times.at(last.at - offset)].dotted))
            }
            if let due = status.due.map({ $0 - offset }) {
                TimelineView(.explicit([.now, Date(millis: due)].sorted())) { tick in
                    if due <= tick.date.millis {
                        Text("status_overdue \(times.at(due))").foregroundStyle(Color.alarm)
                    } else {
                        Text("status_due \(times.at(due))")
                    }
                }
            }
            if let missed = status.missedAt { Quiet(Text("status_missed \(times.at(missed - offset))")) }
            if status.pending { Quiet(Text("tap_waits")) }
        } header: {
            Text("status")
        }
    }
}

/// Who was asked for help, and what came of it.
private struct HelpSection: View {
    let help: HelpCard

    @Environment(\.times) private var times

    var body: some View {
        Section {
            Text(verbatim: "“\(help.message)”")
            Quiet(Text("help_asked \(help.by) \(help.target) \(times.at(help.at))"))
            help.outcome.label.bold()
            ForEach(help.answers, id: \.self) { Text(verbatim: $0) }
            AskedList(asked: help.asked)
            if !help.then.isEmpty { Quiet(Text("help_then \(help.then.joined(separator: ", "))")) }
            if help.pending { Quiet(Text("tap_waits")) }
        } header: {
            Text("help")
        }
    }
}

/// What helps to understand it; nothing when there is nothing.
private struct BackgroundSection: View {
    let ticket: TicketScreen
    let perform: (Wish) -> Void

    var body: some View {
        if ticket.runbook != nil || ticket.url != nil || !ticket.details.isEmpty || !ticket.downstream.isEmpty
        {
            Section {
                if let runbook = ticket.runbook {
                    Button {
                        perform(.openAddress(runbook))
                    } label: {
                        Text("runbook")
                    }
                }
                if let url = ticket.url {
                    Button {
                        perform(.openAddress(url))
                    } label: {
                        Text("monitoring \(ticket.source)")
                    }
                }
                ForEach(ticket.downstream, id: \.service) { needed($0) }
                ForEach(ticket.details, id: \.self) { detail in
                    Fact(name: Text(verbatim: detail.name), value: Text(verbatim: detail.value))
                        .textSelection(.enabled)
                }
            } header: {
                Text("background")
            }
        }
    }

    private func needed(_ service: Downstream) -> some View {
        VStack(alignment: .leading, spacing: 2) {
            Quiet(Text("needs \(service.service)"))
            if let onCall = service.onCall { Text("on_call_is \(onCall)") }
            ForEach(service.openTickets, id: \.self) { Text(verbatim: $0) }
            if service.onCall == nil && service.openTickets.isEmpty { Text("not_known") }
        }
        .accessibilityElement(children: .combine)
    }
}

/// One line of what happened.
private struct TimelineRow: View {
    let line: TimelineLine

    @Environment(\.times) private var times

    var body: some View {
        HStack(alignment: .firstTextBaseline, spacing: 12) {
            Circle().fill(ink).frame(width: 10, height: 10).accessibilityHidden(true)
            VStack(alignment: .leading, spacing: 2) {
                Quiet(Text(verbatim: times.at(line.at)))
                Text(verbatim: line.text)
                    .font(.subheadline.weight(line.weight == .detail ? .regular : .semibold))
                    .foregroundStyle(line.weight == .detail ? Color.secondary : .primary)
            }
        }
        .accessibilityElement(children: .combine)
    }

    private var ink: Color {
        switch line.weight {
        case .deed: .accentColor
        case .alarm: .alarm
        case .detail: .secondary
        }
    }
}

/// All deeds of the ticket: checking in by holding, the next usual one as a button, the rest in a menu.
private struct DeedBar: View {
    let ticket: TicketScreen
    let perform: (Wish) -> Void

    var body: some View {
        let others = ticket.deeds.filter { $0 != .checkIn }
        Deeds(ticket: ticket, perform: perform) { start in
            VStack(spacing: 8) {
                if ticket.deeds.contains(.checkIn) {
                    HoldButton(
                        subject: "\(ticket.card.ticket)",
                        text: Text("hold_to_check_in"),
                        action: Text("check_in")
                    ) { perform(.tap(.checkIn(ticket.card.ticket))) }
                }
                HStack(spacing: 8) {
                    if let first = others.first {
                        WideButton(label: first.label, symbol: first.symbol, prominent: true) { start(first) }
                    }
                    if others.count > 1 { more(others.dropFirst(), start) }
                }
            }
            .padding(12)
            .background(.bar)
        }
    }

    private func more(_ deeds: ArraySlice<Deed>, _ start: @escaping (Deed) -> Void) -> some View {
        Menu {
            ForEach(deeds, id: \.self) { deed in
                Button {
                    start(deed)
                } label: {
                    Label {
                        deed.label
                    } icon: {
                        Image(systemName: deed.symbol)
                    }
                }
            }
        } label: {
            Image(systemName: "ellipsis.circle").font(.title).frame(minWidth: 56, minHeight: 56)
        }
        .accessibilityLabel(Text("more"))
    }
}

#if DEBUG
#Preview("Ticket") {
    NavigationStack { TicketView(ticket: Samples.english.ticket, offset: 0) { _ in } }
}

#Preview("티켓") {
    NavigationStack { TicketView(ticket: Samples.korean.ringingTicket, offset: 0) { _ in } }
        .environment(\.locale, Locale(identifier: "ko"))
}
#endif
