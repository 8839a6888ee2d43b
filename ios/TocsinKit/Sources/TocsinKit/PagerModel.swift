import Foundation
import Observation
import TocsinCore

/// How far the drill is that was ordered last.
public enum DrillState: Hashable, Sendable {
    /// None is under way.
    case idle
    /// The server is being asked for one.
    case ordered
    /// The server could not be asked.
    case failed(Trouble)
}

/// What every screen shows, brought from the core to the main actor, and what the person does about it.
@MainActor @Observable
public final class PagerModel {
    /// The core.
    public let pager: Pager
    /// Becoming somebody's pager.
    public let enrolling: Enrolling
    /// What to show; nothing while the phone is nobody's, and before ``isKnown``.
    public private(set) var home: HomeScreen?
    /// Whether the core has said what there is to show.
    public private(set) var isKnown = false
    /// Who is on call, as the server said it last.
    public private(set) var onCall: OnCallScreen?
    /// The drill that was ordered last.
    public private(set) var drill = DrillState.idle
    /// What did not work, until the person has read it.
    public var trouble: Trouble?

    /// Shows what `pager` says.
    public init(pager: Pager) {
        self.pager = pager
        enrolling = Enrolling(pager: pager)
    }

    /// Shows whatever the core says, until the task ends.
    public func follow() async {
        for await home in pager.homes() {
            self.home = home
            isKnown = true
        }
    }

    /// Whose pager this is, and at which server.
    public var owner: Me? {
        // Read so that whoever shows the owner is told when it becomes another one.
        _ = home?.me
        return try? pager.me()
    }

    /// Does what the person tapped.
    public func perform(_ tap: Tap) {
        troubling { try pager.perform(tap) }
    }

    /// What the core says is in this language from here on.
    public func speak(_ language: Language) {
        pager.speak(language: language)
    }

    /// Asks the server who is on call; what it said before stays when it does not answer.
    public func refreshOnCall() async {
        await troubling { onCall = try await pager.onCall() }
    }

    /// Has the server send a drill; `audible`: up to the sound.
    public func orderDrill(audible: Bool) async {
        drill = .ordered
        do {
            try await pager.orderDrill(audible: audible)
            drill = .idle
        } catch {
            drill = .failed(Trouble(error))
        }
    }

    /// Ends being anybody's pager and forgets everything.
    public func forget() async {
        await troubling {
            try await pager.forget()
            onCall = nil
            drill = .idle
        }
    }

    private func troubling(_ work: () throws -> Void) {
        do {
            try work()
        } catch {
            trouble = Trouble(error)
        }
    }

    private func troubling(_ work: () async throws -> Void) async {
        do {
            try await work()
        } catch {
            trouble = Trouble(error)
        }
    }
}

/// One ticket with its timeline.
@MainActor @Observable
public final class TicketModel {
    /// Which.
    public let ticket: TicketId
    /// What to show; nothing when the phone does not keep the ticket, and before ``isKnown``.
    public private(set) var screen: TicketScreen?
    /// Whether the core has said what there is to show.
    public private(set) var isKnown = false

    private let pager: Pager

    /// Shows what `pager` says about `ticket`.
    public init(pager: Pager, ticket: TicketId) {
        self.pager = pager
        self.ticket = ticket
    }

    /// Shows whatever the core says, until the task ends.
    public func follow() async {
        for await screen in pager.tickets(ticket) {
            self.screen = screen
            isKnown = true
        }
    }
}
