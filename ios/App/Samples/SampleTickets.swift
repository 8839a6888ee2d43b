#if DEBUG
import TocsinCore

extension Samples {
    /// One that is worked on, one that is late, one that waits, one that is over.
    var tickets: [TicketCard] {
        [
            card(),
            card(
                4698,
                severity: .sev2,
                title: say("Queue of refunds grows", "환불 대기열 증가"),
                state: .workInProgress,
                stateText: say("Work in Progress", "작업 중"),
                owner: minji,
                due: ago(180)
            ),
            card(
                4690,
                severity: .sev3,
                title: say("Certificate of pay.example.org ends in 6 days", "pay.example.org 인증서 6일 뒤 만료"),
                due: nil,
                held: say("the quiet time of Park Jun", "박준 님의 조용한 시간")
            ),
            card(
                4681,
                open: false,
                severity: .sev4,
                title: say("Slow nightly report", "야간 보고서 지연"),
                state: .resolved,
                stateText: say("Resolved", "해결됨"),
                due: nil,
                pending: true
            ),
        ]
    }

    private func card(
        _ ticket: TicketId = 4711,
        open: Bool = true,
        severity: Severity = .sev1,
        title: String? = nil,
        state: TicketState = .researching,
        stateText: String? = nil,
        owner: String? = nil,
        due: Millis?,
        held: String? = nil,
        pending: Bool = false
    ) -> TicketCard {
        TicketCard(
            ticket: ticket,
            open: open,
            severity: severity,
            severityText: "SEV\((Severity.offered.firstIndex(of: severity) ?? 0) + 1)",
            title: title ?? trouble,
            service: "checkout-api",
            team: payments,
            state: state,
            stateText: stateText ?? say("Researching", "조사 중"),
            stateSince: ago(120),
            owner: owner ?? jun,
            due: due,
            held: held,
            pending: pending
        )
    }

    private func card(state: TicketState = .researching, stateText: String? = nil) -> TicketCard {
        card(4711, state: state, stateText: stateText, due: after(471))
    }

    /// A ticket in the middle of everything.
    var ticket: TicketScreen {
        screen(
            card: card(),
            deeds: [
                .startWork, .resolve, .askHelp, .joinConference, .nameRole, .updateStatus, .extendLimit,
                .reassign,
                .setSeverity, .addNote,
            ],
            conference: conference
        )
    }

    /// The same, while its page rings.
    var ringingTicket: TicketScreen {
        screen(
            card: card(state: .assigned, stateText: say("Assigned", "배정됨")),
            deeds: [.checkIn, .startWork, .resolve, .cannotHelp, .askHelp, .convene, .addNote],
            conference: nil
        )
    }

    private func screen(card: TicketCard, deeds: [Deed], conference: Conference?) -> TicketScreen {
        TicketScreen(
            card: card,
            deeds: deeds,
            dueKind: .escalate,
            next: [minji],
            movesLimit: false,
            source: "Alertmanager",
            url: "https://alerts.example.org/4711",
            details: [Detail(name: "region", value: "ap-northeast-2")],
            runbook: "https://wiki.example.org/checkout",
            downstream: [
                Downstream(
                    service: "ledger-db",
                    onCall: sora,
                    openTickets: [say("Replica lags behind", "복제본 지연")]
                ),
                Downstream(service: "card-gateway", onCall: nil, openTickets: []),
            ],
            conference: conference,
            status: status,
            helps: [helpAsked],
            paged: [
                Asked(name: minji, roleText: say("secondary", "부당직"), rungText: say("received", "기기 수신"))
            ],
            heldUntil: nil,
            extendedBy: nil,
            helpChoices: [
                HelpChoice(
                    target: .service(service: "ledger-db"),
                    text: say("the on-call of ledger-db", "ledger-db 당직")
                ),
                HelpChoice(target: .manager, text: say("the manager", "관리자")),
                HelpChoice(target: .team(team: "payments"), text: say("all of Payments", "결제 팀 전체")),
            ],
            people: [PersonName(id: "minji", name: minji), PersonName(id: "sora", name: sora)],
            timeline: timeline
        )
    }

    /// One of the others' turn, one's own, and a newcomer's.
    var onCall: OnCallScreen {
        OnCallScreen(
            now: [
                OnCallCard(
                    team: payments,
                    primary: jun,
                    isMe: true,
                    until: after(25_200),
                    next: minji,
                    secondary: minji,
                    manager: sora,
                    waitsFor: nil
                ),
                OnCallCard(
                    team: say("Logistics", "물류"),
                    primary: sora,
                    isMe: false,
                    until: after(259_200),
                    next: jun,
                    secondary: nil,
                    manager: minji,
                    waitsFor: say("Choi Haneul", "최하늘")
                ),
            ],
            mine: [
                ShiftCard(team: payments, layer: 1, from: ago(18_000), until: after(25_200), shadow: nil),
                ShiftCard(
                    team: payments,
                    layer: 2,
                    from: after(604_800),
                    until: after(1_209_600),
                    shadow: ShadowNames(newcomer: say("Choi Haneul", "최하늘"), mentor: jun)
                ),
            ]
        )
    }

    /// A phone with things to mend.
    var amber: ReadinessScreen {
        ReadinessScreen(
            light: .amber,
            findings: [
                FindingCard(
                    code: .criticalAlertsMissing,
                    light: .amber,
                    what: say("Tocsin cannot sound in silent mode.", "무음 모드에서는 Tocsin 소리가 나지 않습니다."),
                    next: say(
                        "In Settings, open Notifications, Tocsin, and turn on Critical Alerts.",
                        "설정에서 알림, Tocsin 순으로 열어 중대한 알림을 켜세요."
                    )
                ),
                FindingCard(
                    code: .drillSlow,
                    light: .amber,
                    what: say("The last test page was slow.", "마지막 시험 호출이 늦게 도착했습니다."),
                    next: say("Run a test page now.", "지금 시험 호출을 해 보세요.")
                ),
            ],
            lastDrill: DrillResult(at: ago(172_800), passed: true, latencyMs: 14_200)
        )
    }

    private var conference: Conference {
        Conference(
            url: "https://meet.example.org/4711",
            dialIn: "+82 2 555 0100",
            closedAt: nil,
            joined: false,
            people: [
                Attendee(name: minji, roleText: say("incident commander", "사고 지휘자"), joined: ago(60)),
                Attendee(name: sora, roleText: nil, joined: nil),
            ]
        )
    }

    private var status: StatusUpdates {
        let text = say("Cards of one bank fail. Others work.", "한 은행 카드만 실패합니다. 나머지는 정상입니다.")
        return StatusUpdates(
            last: StatusSaid(by: jun, at: ago(60), text: text),
            due: after(840),
            missedAt: nil,
            pending: false
        )
    }

    private var helpAsked: HelpCard {
        HelpCard(
            number: 1,
            by: jun,
            at: ago(90),
            target: say("the on-call of ledger-db", "ledger-db 당직"),
            message: say("Is the replica behind?", "복제본이 밀렸나요?"),
            asked: [
                Asked(name: sora, roleText: say("helper", "조력자"), rungText: say("siren sounding", "사이렌 울림"))
            ],
            then: [minji],
            answers: [],
            outcome: .waiting,
            pending: false
        )
    }

    private var timeline: [TimelineLine] {
        [
            TimelineLine(
                at: ago(160),
                weight: .deed,
                text: say(
                    "Alertmanager reported a SEV1 of checkout-api: \(trouble). It is \(jun)'s.",
                    "Alertmanager: checkout-api SEV1 알람: \(trouble). 담당 \(jun) 님."
                )
            ),
            TimelineLine(
                at: ago(158),
                weight: .detail,
                text: say("\(jun)'s phone: siren sounding at 90 %", "\(jun) 님 휴대폰: 사이렌 음량 90%로 울림")
            ),
            TimelineLine(
                at: ago(130),
                weight: .alarm,
                text: say(
                    "no device received it in time: on to \(minji) (secondary)",
                    "제시간에 수신한 기기 없음: \(minji) 님(부당직)에게 넘어감"
                )
            ),
            TimelineLine(
                at: ago(120),
                weight: .deed,
                text: say("\(jun) checked in: Researching", "\(jun) 님: 확인, 조사 중")
            ),
        ]
    }
}
#endif
