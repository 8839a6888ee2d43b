#if DEBUG
import TocsinCore

extension Samples {
    /// A page that rings, and the clock four and a half minutes before its limit.
    var page: PageCard { page() }

    /// Three pages, one siren.
    var several: [PageCard] {
        [
            page,
            page(
                4712,
                severity: .sev2,
                title: say("Queue of refunds grows", "환불 대기열 증가"),
                service: "refund-worker",
                due: after(840)
            ),
            page(
                4713,
                severity: .sev2,
                title: say("Disk nearly full on db-3", "db-3 디스크 거의 가득 참"),
                service: "ledger-db",
                due: after(860)
            ),
        ]
    }

    /// Somebody asks for help.
    var help: PageCard {
        page(reason: say("\(minji) asks for your help.", "\(minji) 님이 도움을 요청했습니다."), help: true)
    }

    /// A manager is paged, because work did not start.
    var managers: PageCard {
        page(
            reason: say("Work did not start in time.", "제시간에 작업이 시작되지 않았습니다."),
            missed: MissedLimit(stateText: researching, since: ago(660), limit: ago(60)),
            manager: true,
            state: .researching,
            stateText: researching,
            next: [sora]
        )
    }

    /// Nothing is wrong, nothing rings.
    var calm: HomeScreen { home() }

    /// These pages ring.
    func ringing(_ pages: [PageCard]) -> HomeScreen {
        home(siren: siren(.pages), pages: pages)
    }

    /// A drill sounds.
    var drill: HomeScreen { home(siren: siren(.drill)) }

    /// The person has checked in, in a cellar without network.
    var notSent: HomeScreen {
        home(
            pages: [page(status: .answered)],
            waiting: [WaitingTap(ticket: 4711, text: say("Check in", "확인"), at: ago(4))],
            connection: offline(since: ago(120))
        )
    }

    /// The pager has lost its server while its person is on call.
    var lost: HomeScreen {
        let text = say(
            "You are on call and this pager has lost its server: no page can reach you. "
                + "Check the network, or tell your team.",
            "당직 중인데 서버와 연결이 끊겼습니다. 호출이 올 수 없습니다. 네트워크를 확인하거나 팀에 알리세요."
        )
        return home(
            alarms: [AlarmCard(kind: .outOfTouch, since: ago(300), siren: true, text: text)],
            connection: offline(since: ago(300))
        )
    }

    /// An ordinary day's worth of tickets and of things to read.
    var busy: HomeScreen {
        let refused = say(
            "Kim Minji checked in 12 s before your tap; the ticket is in hand.",
            "탭하기 12초 전에 김민지 님이 먼저 확인했습니다. 티켓은 처리 중입니다."
        )
        return home(
            pages: [several[1]],
            tickets: tickets,
            notices: [NoticeCard(number: 7, kind: .refused, ticket: 4698, text: refused, at: ago(14_400))],
            readiness: amber
        )
    }

    private var researching: String { say("Researching", "조사 중") }

    private func page(
        _ ticket: TicketId = 4711,
        status: PageStatus = .ringing,
        severity: Severity = .sev1,
        title: String? = nil,
        service: String = "checkout-api",
        reason: String? = nil,
        missed: MissedLimit? = nil,
        help: Bool = false,
        manager: Bool = false,
        state: TicketState = .assigned,
        stateText: String? = nil,
        due: Millis? = nil,
        next: [String]? = nil
    ) -> PageCard {
        PageCard(
            page: "\(ticket).1",
            ticket: ticket,
            status: status,
            severity: severity,
            severityText: severity == .sev1 ? "SEV1" : "SEV2",
            title: title ?? trouble,
            service: service,
            team: payments,
            reasonText: reason ?? say("A new ticket is yours.", "새 티켓이 배정되었습니다."),
            missed: missed,
            help: help,
            manager: manager,
            state: state,
            stateText: stateText ?? say("Assigned", "배정됨"),
            at: ago(28),
            due: due ?? after(272),
            dueKind: .escalate,
            next: next ?? [minji]
        )
    }

    private func home(
        siren: SirenState? = nil,
        pages: [PageCard] = [],
        tickets: [TicketCard] = [],
        waiting: [WaitingTap] = [],
        notices: [NoticeCard] = [],
        alarms: [AlarmCard] = [],
        readiness: ReadinessScreen? = nil,
        connection: ConnectionState? = nil
    ) -> HomeScreen {
        let drill = DrillResult(at: ago(32_400), passed: true, latencyMs: 1_400)
        return HomeScreen(
            me: PersonName(id: "jun", name: jun),
            siren: siren
                ?? SirenState(
                    ringing: false,
                    reason: nil,
                    pages: 0,
                    loudness: nil,
                    confirmed: false,
                    effectiveVolume: nil,
                    failure: nil
                ),
            pages: pages,
            tickets: tickets,
            waiting: waiting,
            notices: notices,
            alarms: alarms,
            problems: [],
            readiness: readiness ?? ReadinessScreen(light: .green, findings: [], lastDrill: drill),
            rules: PhoneRules(sirenFloor: nil, hideContent: false),
            connection: connection ?? .live(since: ago(10_800)),
            onCall: true,
            offlineUntil: nil,
            clockOffsetMs: 0
        )
    }

    private func offline(since: Millis) -> ConnectionState {
        .offline(since: since, retryAt: after(20), reason: "no route to host")
    }

    private func siren(_ reason: SirenReason) -> SirenState {
        SirenState(
            ringing: true,
            reason: reason,
            pages: 1,
            loudness: .full,
            confirmed: true,
            effectiveVolume: 0.9,
            failure: nil
        )
    }
}
#endif
