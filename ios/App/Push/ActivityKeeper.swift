import ActivityKit
import Foundation
import TocsinCore
import TocsinGlance
import TocsinKit

/// The Live Activities of the tickets that this person was paged for: from the page until the ticket is over.
/// The system lets one begin while Tocsin is in front, and every one be changed or ended at any time
/// (https://developer.apple.com/documentation/activitykit/displaying-live-data-with-live-activities).
@MainActor
final class ActivityKeeper {
    private let choices: ChoiceBook
    private var turn: Task<Void, Never>?

    init(choices: ChoiceBook) {
        self.choices = choices
    }

    /// As things stand, one change after the other.
    func follow(_ home: HomeScreen?) {
        let before = turn
        let hides = choices.hidesContent
        turn = Task {
            await before?.value
            await Self.keep(home, hides: hides)
        }
    }

    /// Returns once what was wanted before is done.
    func settled() async {
        await turn?.value
    }

    /// Off the main actor, where the system's own work with activities is done.
    nonisolated private static func keep(_ home: HomeScreen?, hides: Bool) async {
        for activity in Activity<PageActivityAttributes>.activities {
            if let state = home.flatMap({ state(of: activity.attributes.ticket, in: $0) }) {
                if state != activity.content.state { await activity.update(content(state)) }
            } else {
                await activity.end(nil, dismissalPolicy: .immediate)
            }
        }
        guard let home, ActivityAuthorizationInfo().areActivitiesEnabled else { return }
        let shown = Set(Activity<PageActivityAttributes>.activities.map(\.attributes.ticket))
        for page in home.pages where page.status == .ringing && !shown.contains(page.ticket) {
            guard let state = state(of: page.ticket, in: home) else { continue }
            // Refused in the background, and beyond the system's number of activities; the next change tries again.
            _ = try? Activity.request(attributes: attributes(page, hides: hides), content: content(state))
        }
    }

    nonisolated private static func attributes(_ page: PageCard, hides: Bool) -> PageActivityAttributes {
        PageActivityAttributes(
            ticket: page.ticket,
            severity: page.severity.flatMap(Severity.offered.firstIndex(of:)).map { $0 + 1 },
            severityText: page.severityText,
            title: hides ? String(localized: "notify_paged") : page.title,
            service: hides ? "" : page.service
        )
    }

    nonisolated private static func state(of ticket: TicketId, in home: HomeScreen) -> PageActivityState? {
        PageActivityState(of: ticket, in: home, now: Date.now.millis) { $0.text() }
    }

    nonisolated private static func content(
        _ state: PageActivityState
    ) -> ActivityContent<PageActivityState> {
        ActivityContent(state: state, staleDate: state.due)
    }
}
