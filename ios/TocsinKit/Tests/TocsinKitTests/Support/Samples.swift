import Foundation
import TocsinCore

/// Values as the core gives them, for what is decided from values alone.
enum Samples {
    /// 2026-11-22T17:13:43Z: a quarter past two at night in Seoul.
    static let now: Millis = 1_795_367_623_000

    static func home(
        pages: [PageCard] = [],
        tickets: [TicketCard] = [],
        waiting: [WaitingTap] = [],
        notices: [NoticeCard] = [],
        alarms: [AlarmCard] = [],
        siren: SirenState = siren(),
        offlineUntil: Millis? = nil,
        hidesContent: Bool = false
    ) -> HomeScreen {
        HomeScreen(
            me: PersonName(id: "ana", name: "Ana Silva"),
            siren: siren,
            pages: pages,
            tickets: tickets,
            waiting: waiting,
            notices: notices,
            alarms: alarms,
            problems: [],
            readiness: ReadinessScreen(light: .green, findings: [], lastDrill: nil),
            rules: PhoneRules(sirenFloor: nil, hideContent: hidesContent),
            connection: .live(since: now),
            onCall: true,
            offlineUntil: offlineUntil,
            clockOffsetMs: 0
        )
    }

    static func siren(reason: SirenReason? = nil, confirmed: Bool = false) -> SirenState {
        SirenState(
            ringing: reason != nil,
            reason: reason,
            pages: 0,
            loudness: nil,
            confirmed: confirmed,
            effectiveVolume: nil,
            failure: nil
        )
    }

    static func page(_ ticket: TicketId, _ status: PageStatus = .ringing, next: [String] = []) -> PageCard {
        PageCard(
            page: "\(ticket).1",
            ticket: ticket,
            status: status,
            severity: .sev1,
            severityText: "SEV1",
            title: "Trouble with the database",
            service: "Checkout",
            team: "Shop",
            reasonText: "You are on call.",
            missed: nil,
            help: false,
            manager: false,
            state: .assigned,
            stateText: "Assigned",
            at: now,
            due: now + 300_000,
            dueKind: .escalate,
            next: next
        )
    }

    static func ticket(
        _ ticket: TicketId,
        deeds: [Deed] = [],
        due: Millis? = nil,
        movesLimit: Bool = false
    ) -> TicketScreen {
        TicketScreen(
            card: TicketCard(
                ticket: ticket,
                open: true,
                severity: .sev1,
                severityText: "SEV1",
                title: "Trouble with the database",
                service: "Checkout",
                team: "Shop",
                state: .researching,
                stateText: "Researching",
                stateSince: now,
                owner: "Ana Silva",
                due: due,
                held: nil,
                pending: false
            ),
            deeds: deeds,
            dueKind: .escalate,
            next: ["Bea Lindqvist"],
            movesLimit: movesLimit,
            source: "script",
            url: nil,
            details: [],
            runbook: nil,
            downstream: [],
            conference: nil,
            status: nil,
            helps: [],
            paged: [],
            heldUntil: nil,
            extendedBy: nil,
            helpChoices: [],
            people: [],
            timeline: []
        )
    }

    static func alarm(_ kind: AlarmKind, siren: Bool) -> AlarmCard {
        AlarmCard(kind: kind, since: now - 600_000, siren: siren, text: "The server has not been reached.")
    }
}
