import SwiftUI
import TocsinCore
import TocsinKit

/// Who is on call, and when this person is.
struct OnCallView: View {
    /// Absent until the server has answered; what it answered before stays.
    let onCall: OnCallScreen?
    /// The server is being asked.
    let asks: Bool
    let perform: (Wish) -> Void

    var body: some View {
        List {
            if onCall == nil {
                Section {
                    if asks {
                        ProgressView { Text("asking_server") }
                            .frame(maxWidth: .infinity, minHeight: 44)
                    } else {
                        Banner(Text("not_answered"), symbol: "wifi.slash", weight: .warned)
                        Button {
                            perform(.refresh)
                        } label: {
                            Text("again")
                        }
                    }
                }
            }
            if let onCall {
                Section {
                    ForEach(onCall.now, id: \.team) { Duty(card: $0) }
                } header: {
                    Text("on_call_now")
                }
                Section {
                    if onCall.mine.isEmpty { Quiet(Text("no_shifts")) }
                    ForEach(onCall.mine, id: \.self) { Shift(card: $0) }
                } header: {
                    Text("my_shifts")
                }
            }
        }
        .refreshable { @MainActor in perform(.refresh) }
    }
}

/// Who has one team's pager.
private struct Duty: View {
    let card: OnCallCard

    @Environment(\.times) private var times

    var body: some View {
        VStack(alignment: .leading, spacing: 6) {
            Quiet(Text(verbatim: card.team))
            (card.isMe ? Text("it_is_you \(card.primary)") : Text(verbatim: card.primary))
                .font(.title3.weight(.semibold))
            Text("until \(times.at(card.until))")
            Text("then_who \(card.next)")
            if let secondary = card.secondary { Quiet(Text("secondary \(secondary)")) }
            if let manager = card.manager { Quiet(Text("manager \(manager)")) }
            if let waiting = card.waitsFor {
                Banner(Text("waits_for \(waiting)"), symbol: "exclamationmark.triangle", weight: .warned)
            }
        }
        .accessibilityElement(children: .combine)
    }
}

/// One of this person's shifts.
private struct Shift: View {
    let card: ShiftCard

    @Environment(\.times) private var times

    var body: some View {
        VStack(alignment: .leading, spacing: 6) {
            Text(verbatim: times.span(from: card.from, until: card.until)).font(.headline)
            Quiet(Text(verbatim: card.team))
            Quiet(Text("layer \(Int(card.layer))"))
            if (card.from..<card.until).contains(Date.now.millis) { Text("shift_running").bold() }
            if let shadow = card.shadow { Quiet(Text("shadow \(shadow.newcomer) \(shadow.mentor)")) }
        }
        .accessibilityElement(children: .combine)
    }
}

#if DEBUG
#Preview("On call") {
    OnCallView(onCall: Samples.english.onCall, asks: false) { _ in }
}

#Preview("당직") {
    OnCallView(onCall: Samples.korean.onCall, asks: true) { _ in }
        .environment(\.locale, Locale(identifier: "ko"))
}
#endif
