import SwiftUI
import TocsinCore
import TocsinKit

/// A question from below, where the thumb is; what it confirms is not ready while `confirm` is absent.
struct AskSheet<Content: View>: View {
    let title: Text
    let button: Text
    let confirm: (() -> Void)?
    @ViewBuilder let content: Content

    @Environment(\.dismiss) private var dismiss

    var body: some View {
        NavigationStack {
            Form { content }
                .navigationTitle(title)
                .navigationBarTitleDisplayMode(.inline)
                .toolbar {
                    ToolbarItem(placement: .cancellationAction) {
                        Button {
                            dismiss()
                        } label: {
                            Text("cancel")
                        }
                    }
                }
                .safeAreaInset(edge: .bottom) {
                    WideButton(label: button, prominent: true) {
                        dismiss()
                        confirm?()
                    }
                    .disabled(confirm == nil)
                    .padding(16)
                    .background(.bar)
                }
        }
        .presentationDetents([.medium, .large])
    }
}

/// A question with yes and no.
struct ConfirmSheet: View {
    let title: Text
    let question: Text
    let confirm: () -> Void

    var body: some View {
        AskSheet(title: title, button: title, confirm: confirm) { question }
    }
}

/// "I cannot": says what happens then, asks once.
struct CannotSheet: View {
    let ticket: TicketId
    let next: [String]
    let perform: (Wish) -> Void
    @State private var reason = ""

    var body: some View {
        AskSheet(title: Text("cannot_title"), button: Text("cannot_confirm"), confirm: confirm) {
            let who = next.joined(separator: ", ")
            who.isEmpty ? Text("cannot_ask") : Text("cannot_ask_who \(who)")
            WordsField(hint: Text("reason_if_you_like"), text: $reason)
        }
    }

    private var confirm: (() -> Void)? {
        guard reason.fits else { return nil }
        return { perform(.tap(.cannot(ticket, reason: reason.said))) }
    }
}

/// Something in the person's own words.
struct TextSheet: View {
    let title: Text
    let hint: Text
    let button: Text
    let give: (String) -> Void
    @State private var text = ""

    var body: some View {
        AskSheet(title: title, button: button, confirm: confirm) {
            WordsField(hint: hint, text: $text)
        }
    }

    private var confirm: (() -> Void)? {
        text.readyToSend.map { text in { give(text) } }
    }
}

/// Whom to page for help, and what for.
struct HelpSheet: View {
    let ticket: TicketScreen
    let perform: (Wish) -> Void
    @State private var message = ""
    @State private var target: HelpTarget?

    var body: some View {
        AskSheet(title: Text("ask_help"), button: Text("page_them"), confirm: confirm) {
            WordsField(hint: Text("help_message"), text: $message)
            ChoiceList(
                choices: ticket.helpChoices.map { ($0.target, Text(verbatim: $0.text)) },
                chosen: $target
            )
        }
    }

    private var confirm: (() -> Void)? {
        guard let target, let message = message.readyToSend else { return nil }
        return { perform(.tap(.askHelp(ticket.card.ticket, target, message: message))) }
    }
}

/// By how much a manager moves a limit, and why.
struct ExtendSheet: View {
    let ticket: TicketId
    let perform: (Wish) -> Void
    @State private var minutes: Int?
    @State private var reason = ""
    @Environment(\.times) private var times

    /// In minutes; the server says no to what is more than the limit itself.
    private static let offered = [5, 10, 15, 30, 60, 120, 240]

    var body: some View {
        AskSheet(title: Text("extend_limit"), button: Text("extend"), confirm: confirm) {
            WordsField(hint: Text("reason"), text: $reason)
            ChoiceList(
                choices: Self.offered.map { ($0, Text(verbatim: times.length(Int64($0) * 60_000))) },
                chosen: $minutes
            )
        }
    }

    private var confirm: (() -> Void)? {
        guard let minutes, let reason = reason.readyToSend else { return nil }
        return { perform(.tap(.extendLimit(ticket, seconds: UInt32(minutes * 60), reason: reason))) }
    }
}

/// To whom the ticket goes.
struct ReassignSheet: View {
    let ticket: TicketScreen
    let perform: (Wish) -> Void
    @State private var person: PersonId?

    var body: some View {
        AskSheet(title: Text("reassign_title"), button: Text("reassign"), confirm: confirm) {
            Text("reassign_ask")
            ChoiceList(choices: ticket.people.map { ($0.id, Text(verbatim: $0.name)) }, chosen: $person)
        }
    }

    private var confirm: (() -> Void)? {
        person.map { person in { perform(.tap(.reassign(ticket.card.ticket, to: person))) } }
    }
}

/// How bad it is after all.
struct SeveritySheet: View {
    let ticket: TicketScreen
    let perform: (Wish) -> Void
    @State private var severity: Severity?

    var body: some View {
        AskSheet(title: Text("set_severity"), button: Text("change"), confirm: confirm) {
            let others = Severity.offered.filter { $0 != ticket.card.severity }
            ChoiceList(choices: others.map { ($0, $0.word) }, chosen: $severity)
        }
    }

    private var confirm: (() -> Void)? {
        severity.map { severity in { perform(.tap(.setSeverity(ticket.card.ticket, severity))) } }
    }
}

/// Who does what in the incident.
struct RoleSheet: View {
    let ticket: TicketScreen
    let perform: (Wish) -> Void
    @State private var role: IncidentRole? = .commander
    @State private var person: PersonId?

    var body: some View {
        AskSheet(title: Text("name_role"), button: Text("name_them"), confirm: confirm) {
            ChoiceList(choices: IncidentRole.offered.map { ($0, $0.label) }, chosen: $role)
            ChoiceList(choices: ticket.people.map { ($0.id, Text(verbatim: $0.name)) }, chosen: $person)
        }
    }

    private var confirm: (() -> Void)? {
        guard let role, let person else { return nil }
        return { perform(.tap(.nameRole(ticket.card.ticket, person, role))) }
    }
}

/// Some things of which one is chosen.
private struct ChoiceList<Choice: Hashable>: View {
    let choices: [(Choice, Text)]
    @Binding var chosen: Choice?

    var body: some View {
        Section {
            ForEach(choices, id: \.0) { choice, text in
                Button {
                    chosen = choice
                } label: {
                    HStack {
                        text.frame(maxWidth: .infinity, alignment: .leading)
                        if choice == chosen { Image(systemName: "checkmark").accessibilityHidden(true) }
                    }
                    .frame(minHeight: 44)
                }
                .tint(.primary)
                .accessibilityAddTraits(choice == chosen ? .isSelected : [])
            }
        }
    }
}

/// A field for what a person says, which tells when it is too much.
private struct WordsField: View {
    let hint: Text
    @Binding var text: String

    var body: some View {
        Section {
            TextField(text: $text, prompt: hint, axis: .vertical) { hint }
                .lineLimit(2...6)
        } footer: {
            if text.unicodeScalars.count >= String.nearlyFull {
                Text("characters \(text.unicodeScalars.count) \(String.longest)")
                    .foregroundStyle(text.fits ? Color.secondary : .alarm)
            }
        }
    }
}

extension String {
    /// The server takes no more characters than this of what somebody writes (`POST /v1/commands`).
    fileprivate static let longest = 4_000

    /// From here on a person is told how much room is left.
    fileprivate static let nearlyFull = 3_500

    /// Whether the server takes it; it counts Unicode scalars.
    fileprivate var fits: Bool { trimmed.unicodeScalars.count <= Self.longest }

    /// Without blank space around it; nothing when there is nothing else.
    fileprivate var said: String? { trimmed.isEmpty ? nil : trimmed }

    fileprivate var readyToSend: String? { fits ? said : nil }

    private var trimmed: String { trimmingCharacters(in: .whitespacesAndNewlines) }
}

#if DEBUG
#Preview("Ask for help") {
    HelpSheet(ticket: Samples.english.ticket) { _ in }
}

#Preview("도움 요청") {
    HelpSheet(ticket: Samples.korean.ticket) { _ in }.environment(\.locale, Locale(identifier: "ko"))
}

#Preview("Extend") {
    ExtendSheet(ticket: 4711) { _ in }
}
#endif
