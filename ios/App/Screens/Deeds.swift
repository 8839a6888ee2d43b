import SwiftUI
import TocsinCore
import TocsinKit

/// Lets `content` do deeds: what needs no words is given at once, everything else asks first.
struct Deeds<Content: View>: View {
    let ticket: TicketScreen
    let perform: (Wish) -> Void
    @ViewBuilder let content: (_ start: @escaping (Deed) -> Void) -> Content

    @State private var asked: Deed?

    var body: some View {
        content(start)
            .sheet(item: $asked) { deed in
                DeedSheet(deed: deed, ticket: ticket, perform: perform)
            }
    }

    private func start(_ deed: Deed) {
        if let wish = deed.atOnce(ticket) {
            perform(wish)
        } else {
            asked = deed
        }
    }
}

extension Deed: @retroactive Identifiable {
    /// Each deed is offered once.
    public var id: Self { self }
}

/// Asks what a deed needs to know, or whether it is meant.
private struct DeedSheet: View {
    let deed: Deed
    let ticket: TicketScreen
    let perform: (Wish) -> Void

    var body: some View {
        let id = ticket.card.ticket
        switch deed {
        case .resolve:
            ConfirmSheet(title: Text("resolve"), question: Text("resolve_ask")) {
                perform(.tap(.resolve(id)))
            }
        case .reopen:
            ConfirmSheet(title: Text("reopen"), question: Text("reopen_ask")) { perform(.tap(.reopen(id))) }
        case .convene:
            ConfirmSheet(title: Text("convene"), question: Text("convene_ask")) {
                perform(.tap(.convene(id)))
            }
        case .cannotHelp:
            CannotSheet(ticket: id, next: ticket.next, perform: perform)
        case .askHelp:
            HelpSheet(ticket: ticket, perform: perform)
        case .addNote:
            TextSheet(title: Text("add_note"), hint: Text("note_hint"), button: Text("add")) {
                perform(.tap(.addNote(id, $0)))
            }
        case .updateStatus:
            TextSheet(title: Text("update_status"), hint: Text("status_hint"), button: Text("send")) {
                perform(.tap(.updateStatus(id, $0)))
            }
        case .extendLimit:
            ExtendSheet(ticket: id, perform: perform)
        case .reassign:
            ReassignSheet(ticket: ticket, perform: perform)
        case .setSeverity:
            SeveritySheet(ticket: ticket, perform: perform)
        case .nameRole:
            RoleSheet(ticket: ticket, perform: perform)
        case .checkIn, .startWork, .joinConference:
            // Given at once; only a conference whose address went away meanwhile comes here.
            ConfirmSheet(title: Text("conference"), question: Text("conference_waits")) {}
        }
    }
}
