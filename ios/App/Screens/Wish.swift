import TocsinCore
import TocsinKit

/// What a person wants.
///
/// The screens show values of the core and give these back; so every screen can be drawn and translated
/// without an engine behind it. Which deeds a ticket has, whom one may ask and what is wrong with the device
/// the core says.
enum Wish: Hashable {
    /// Something for which the core is enough.
    case tap(Tap)
    /// The person joins the conference of this ticket, which is at this address.
    case join(TicketId, url: String)
    /// The page of this ticket is to be in front.
    case showPage(TicketId)
    /// The page screen is to go away.
    case closePage
    /// The ticket with its timeline is to be shown.
    case openTicket(TicketId)
    /// Another app is to open this address: a page of the web, or `tel:`.
    case openAddress(String)
    /// What mends this finding is to be shown or done.
    case fix(Code)
    /// The system is to be asked for this permission, or the place shown where it is had.
    case climb(Rung)
    /// A page's whole way is tried without a page; audible: up to the sound.
    case orderDrill(audible: Bool)
    /// The server is to be asked again who is on call.
    case refresh
    /// The siren sounds for a few seconds, so that the person knows its voice.
    case rehearse
    /// The person says that they heard the siren.
    case heard
    /// Pushes are to be registered anew.
    case registerPushes
    /// The system's settings of this app are to be shown: language, notifications, network.
    case openSettings
    /// This device ends being a pager; everything on it is forgotten.
    case forget
}

extension Deed {
    /// What is meant where nothing is left to ask; otherwise the person is asked first.
    func atOnce(_ ticket: TicketScreen) -> Wish? {
        let id = ticket.card.ticket
        return switch self {
        case .checkIn: .tap(.checkIn(id))
        case .startWork: .tap(.startWork(id))
        case .joinConference: ticket.conference?.url.map { .join(id, url: $0) }
        default: nil
        }
    }
}
