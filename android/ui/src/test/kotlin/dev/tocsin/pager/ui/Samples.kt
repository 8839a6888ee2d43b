package dev.tocsin.pager.ui

import dev.tocsin.core.AlarmCard
import dev.tocsin.core.AlarmKind
import dev.tocsin.core.Asked
import dev.tocsin.core.Attendee
import dev.tocsin.core.Code
import dev.tocsin.core.Conference
import dev.tocsin.core.ConnectionState
import dev.tocsin.core.DeadlineKind
import dev.tocsin.core.Deed
import dev.tocsin.core.Detail
import dev.tocsin.core.Downstream
import dev.tocsin.core.DrillResult
import dev.tocsin.core.FindingCard
import dev.tocsin.core.HelpCard
import dev.tocsin.core.HelpChoice
import dev.tocsin.core.HelpOutcome
import dev.tocsin.core.HelpTarget
import dev.tocsin.core.HomeScreen
import dev.tocsin.core.Light
import dev.tocsin.core.Loudness
import dev.tocsin.core.MissedLimit
import dev.tocsin.core.NoticeCard
import dev.tocsin.core.NoticeKind
import dev.tocsin.core.OnCallCard
import dev.tocsin.core.OnCallScreen
import dev.tocsin.core.PageCard
import dev.tocsin.core.PageStatus
import dev.tocsin.core.PersonName
import dev.tocsin.core.PhoneRules
import dev.tocsin.core.ReadinessScreen
import dev.tocsin.core.Severity
import dev.tocsin.core.ShadowNames
import dev.tocsin.core.ShiftCard
import dev.tocsin.core.SirenReason
import dev.tocsin.core.SirenState
import dev.tocsin.core.StatusSaid
import dev.tocsin.core.StatusUpdates
import dev.tocsin.core.TicketCard
import dev.tocsin.core.TicketId
import dev.tocsin.core.TicketScreen
import dev.tocsin.core.TicketState
import dev.tocsin.core.TimelineLine
import dev.tocsin.core.WaitingTap
import dev.tocsin.core.Weight
import java.time.Instant

private const val SECOND = 1_000L
private const val MINUTE = 60 * SECOND
private const val HOUR = 60 * MINUTE
private const val DAY = 24 * HOUR

/** A night in November, 02:13:08 in Seoul, in the words that the core says it in. */
class Samples(
    private val korean: Boolean = false,
) {
    /** The device's clock. */
    val now: Long = Instant.parse("2026-11-23T17:13:08Z").toEpochMilli()

    private val minji = say("Kim Minji", "김민지")
    private val jun = say("Park Jun", "박준")
    private val sora = say("Lee Sora", "이소라")
    private val payments = say("Payments", "결제")
    private val checkout = "checkout-api"

    /** A page that rings, and the clock four and a half minutes before its limit. */
    val page =
        PageCard(
            page = "4711.1",
            ticket = 4711,
            status = PageStatus.RINGING,
            severity = Severity.SEV1,
            severityText = "SEV1",
            title = say("Error rate of card payments above 20 %", "카드 결제 오류율 20% 초과"),
            service = checkout,
            team = payments,
            reasonText = say("A new ticket is yours.", "새 티켓이 배정되었습니다."),
            missed = null,
            help = false,
            manager = false,
            state = TicketState.ASSIGNED,
            stateText = say("Assigned", "배정됨"),
            at = now - 28 * SECOND,
            due = now + 4 * MINUTE + 32 * SECOND,
            dueKind = DeadlineKind.ESCALATE,
            next = listOf(minji),
        )

    private val second =
        page.copy(
            page = "4712.1",
            ticket = 4712,
            severity = Severity.SEV2,
            severityText = "SEV2",
            title = say("Queue of refunds grows", "환불 대기열 증가"),
            service = "refund-worker",
            due = now + 14 * MINUTE,
        )

    private val third =
        second.copy(
            page = "4713.1",
            ticket = 4713,
            title = say("Disk nearly full on db-3", "db-3 디스크 거의 가득 참"),
            service = "ledger-db",
        )

    /** Three pages, one siren. */
    val several = listOf(page, second, third)

    /** A manager is paged, because work did not start. */
    val managers =
        page.copy(
            page = "4711.4",
            reasonText = say("Work did not start in time.", "제시간에 작업이 시작되지 않았습니다."),
            missed = MissedLimit(say("Researching", "조사 중"), now - 11 * MINUTE, now - MINUTE),
            manager = true,
            state = TicketState.RESEARCHING,
            stateText = say("Researching", "조사 중"),
            next = listOf(sora),
        )

    /** Nothing is wrong, nothing rings. */
    val calm =
        HomeScreen(
            me = PersonName("jun", jun),
            siren = SirenState(false, null, 0u, null, false, null, null),
            pages = emptyList(),
            tickets = emptyList(),
            waiting = emptyList(),
            notices = emptyList(),
            alarms = emptyList(),
            problems = emptyList(),
            readiness = ReadinessScreen(Light.GREEN, emptyList(), DrillResult(now - 9 * HOUR, true, 1_400u)),
            rules = PhoneRules(sirenFloor = null, hideContent = false),
            connection = ConnectionState.Live(now - 3 * HOUR),
            onCall = true,
            offlineUntil = null,
            clockOffsetMs = 0,
        )

    /** These pages ring. */
    fun ringing(vararg pages: PageCard) =
        calm.copy(
            pages = pages.toList(),
            siren = SirenState(true, SirenReason.PAGES, pages.size.toUInt(), Loudness.FULL, true, 0.9f, null),
        )

    /** The person has checked in, in a cellar without network. */
    val notSent =
        calm.copy(
            pages = listOf(page.copy(status = PageStatus.ANSWERED)),
            waiting = listOf(WaitingTap(4711, say("Check in", "확인"), now - 4 * SECOND)),
            connection = ConnectionState.Offline(now - 2 * MINUTE, now + 20 * SECOND, "no route to host"),
        )

    /** The pager has lost its server while its person is on call. */
    val lost =
        calm.copy(
            alarms =
                listOf(
                    AlarmCard(
                        AlarmKind.OUT_OF_TOUCH,
                        now - 5 * MINUTE,
                        true,
                        say(
                            "You are on call and this pager has lost its server: no page can reach you. " +
                                "Check the network, or tell your team.",
                            "당직 중인데 서버와 연결이 끊겼습니다. 호출이 올 수 없습니다. 네트워크를 확인하거나 팀에 알리세요.",
                        ),
                    ),
                ),
            connection = ConnectionState.Offline(now - 5 * MINUTE, now + 20 * SECOND, "no route to host"),
        )

    /** A drill sounds. */
    val drill = calm.copy(siren = SirenState(true, SirenReason.DRILL, 0u, Loudness.FULL, true, 0.9f, null))

    private val card =
        TicketCard(
            ticket = 4711,
            open = true,
            severity = Severity.SEV1,
            severityText = "SEV1",
            title = page.title,
            service = checkout,
            team = payments,
            state = TicketState.RESEARCHING,
            stateText = say("Researching", "조사 중"),
            stateSince = now - 2 * MINUTE,
            owner = jun,
            due = now + 7 * MINUTE + 51 * SECOND,
            held = null,
            pending = false,
        )

    private val tickets =
        listOf(
            card,
            card.copy(
                ticket = 4698,
                severity = Severity.SEV2,
                severityText = "SEV2",
                title = say("Queue of refunds grows", "환불 대기열 증가"),
                service = "refund-worker",
                state = TicketState.WORK_IN_PROGRESS,
                stateText = say("Work in Progress", "작업 중"),
                stateSince = now - 5 * HOUR,
                owner = minji,
                due = now - 3 * MINUTE,
            ),
            card.copy(
                ticket = 4690,
                severity = Severity.SEV3,
                severityText = "SEV3",
                title = say("Certificate of pay.example.org ends in 6 days", "pay.example.org 인증서 6일 뒤 만료"),
                service = "edge",
                state = TicketState.ASSIGNED,
                stateText = say("Assigned", "배정됨"),
                due = null,
                held = say("the quiet time of Park Jun", "박준 님의 조용한 시간"),
            ),
            card.copy(
                ticket = 4681,
                open = false,
                severity = Severity.SEV4,
                severityText = "SEV4",
                title = say("Slow nightly report", "야간 보고서 지연"),
                service = "reports",
                state = TicketState.RESOLVED,
                stateText = say("Resolved", "해결됨"),
                stateSince = now - 9 * HOUR,
                due = null,
                pending = true,
            ),
        )

    /** An ordinary day's worth of tickets and of things to read. */
    val busy =
        calm.copy(
            tickets = tickets,
            pages = listOf(second),
            waiting = listOf(WaitingTap(4681, say("Note", "메모"), now - MINUTE)),
            connection = ConnectionState.Offline(now - 2 * MINUTE, now + 20 * SECOND, "no route to host"),
            notices =
                listOf(
                    NoticeCard(
                        7,
                        NoticeKind.REFUSED,
                        4698,
                        say(
                            "Kim Minji checked in 12 s before your tap; the ticket is in hand.",
                            "탭하기 12초 전에 김민지 님이 먼저 확인했습니다. 티켓은 처리 중입니다.",
                        ),
                        now - 4 * HOUR,
                    ),
                ),
            readiness = ReadinessScreen(Light.AMBER, listOf(batterySaver()), null),
        )

    /** A ticket in the middle of everything. */
    val ticket =
        TicketScreen(
            card = card,
            deeds =
                listOf(
                    Deed.START_WORK,
                    Deed.RESOLVE,
                    Deed.ASK_HELP,
                    Deed.JOIN_CONFERENCE,
                    Deed.NAME_ROLE,
                    Deed.UPDATE_STATUS,
                    Deed.EXTEND_LIMIT,
                    Deed.REASSIGN,
                    Deed.SET_SEVERITY,
                    Deed.ADD_NOTE,
                ),
            dueKind = DeadlineKind.ESCALATE,
            next = listOf(minji),
            movesLimit = false,
            source = "Alertmanager",
            url = "https://alerts.example.org/4711",
            details = listOf(Detail("region", "ap-northeast-2"), Detail("instance", "checkout-7f9c")),
            runbook = "https://wiki.example.org/checkout",
            downstream =
                listOf(
                    Downstream("ledger-db", sora, listOf(say("Replica lags behind", "복제본 지연"))),
                    Downstream("card-gateway", null, emptyList()),
                ),
            conference =
                Conference(
                    url = "https://meet.example.org/4711",
                    dialIn = "+82 2 555 0100",
                    closedAt = null,
                    joined = false,
                    people =
                        listOf(
                            Attendee(minji, say("incident commander", "사고 지휘자"), now - MINUTE),
                            Attendee(sora, null, null),
                        ),
                ),
            status =
                StatusUpdates(
                    last =
                        StatusSaid(
                            jun,
                            now - MINUTE,
                            say("Cards of one bank fail. Others work.", "한 은행 카드만 실패합니다. 나머지는 정상입니다."),
                        ),
                    due = now + 14 * MINUTE,
                    missedAt = null,
                    pending = false,
                ),
            helps =
                listOf(
                    HelpCard(
                        number = 1u,
                        by = jun,
                        at = now - 90 * SECOND,
                        target = say("the on-call of ledger-db", "ledger-db 당직"),
                        message = say("Is the replica behind?", "복제본이 밀렸나요?"),
                        asked = listOf(Asked(sora, say("helper", "조력자"), say("siren sounding", "사이렌 울림"))),
                        then = listOf(minji),
                        answers = emptyList(),
                        outcome = HelpOutcome.WAITING,
                        pending = false,
                    ),
                ),
            paged = listOf(Asked(minji, say("secondary", "부당직"), say("received", "기기 수신"))),
            heldUntil = null,
            extendedBy = null,
            helpChoices =
                listOf(
                    HelpChoice(
                        HelpTarget.Service("ledger-db"),
                        say("the on-call of ledger-db", "ledger-db 당직"),
                    ),
                    HelpChoice(HelpTarget.Manager, say("the manager", "관리자")),
                    HelpChoice(HelpTarget.Person("minji"), say(minji, "$minji 님")),
                    HelpChoice(HelpTarget.Team("payments"), say("all of Payments", "결제 팀 전체")),
                ),
            people = listOf(PersonName("minji", minji), PersonName("sora", sora)),
            timeline =
                listOf(
                    line(
                        160,
                        Weight.DEED,
                        say(
                            "Alertmanager reported a SEV1 of checkout-api: ${page.title}. It is $jun's.",
                            "Alertmanager: checkout-api SEV1 알람: ${page.title}. 담당 $jun 님.",
                        ),
                    ),
                    line(
                        159,
                        Weight.DETAIL,
                        say("page 4711.1 to $jun: sent by WebPush", "$jun 님 호출 4711.1: WebPush 전송됨"),
                    ),
                    line(
                        158,
                        Weight.DETAIL,
                        say("$jun's phone: siren sounding at 90 %", "$jun 님 휴대폰: 사이렌 음량 90%로 울림"),
                    ),
                    line(
                        130,
                        Weight.ALARM,
                        say(
                            "no device received it in time: on to $minji (secondary)",
                            "제시간에 수신한 기기 없음: $minji 님(부당직)에게 넘어감",
                        ),
                    ),
                    line(120, Weight.DEED, say("$jun checked in: Researching", "$jun 님: 확인, 조사 중")),
                    line(60, Weight.DEED, say("$jun: “Looking at the gateway.”", "$jun 님: “게이트웨이를 보는 중.”")),
                ),
        )

    /** The same, while its page rings. */
    val ringingTicket =
        ticket.copy(
            card = card.copy(state = TicketState.ASSIGNED, stateText = say("Assigned", "배정됨")),
            deeds =
                listOf(
                    Deed.CHECK_IN,
                    Deed.START_WORK,
                    Deed.RESOLVE,
                    Deed.CANNOT_HELP,
                    Deed.ASK_HELP,
                    Deed.CONVENE,
                    Deed.UPDATE_STATUS,
                    Deed.EXTEND_LIMIT,
                    Deed.REASSIGN,
                    Deed.SET_SEVERITY,
                    Deed.ADD_NOTE,
                ),
            conference = null,
        )

    /** One of the others' turn, one's own, and a newcomer's. */
    val onCall =
        OnCallScreen(
            now =
                listOf(
                    OnCallCard(payments, jun, true, now + 7 * HOUR, minji, minji, sora, null),
                    OnCallCard(
                        say("Logistics", "물류"),
                        sora,
                        false,
                        now + 3 * DAY,
                        jun,
                        null,
                        minji,
                        say("Choi Haneul", "최하늘"),
                    ),
                ),
            mine =
                listOf(
                    ShiftCard(payments, 1u, now - 5 * HOUR, now + 7 * HOUR, null),
                    ShiftCard(
                        payments,
                        2u,
                        now + 7 * DAY,
                        now + 14 * DAY,
                        ShadowNames(say("Choi Haneul", "최하늘"), jun),
                    ),
                ),
        )

    /** A phone with two things to mend. */
    val amber =
        ReadinessScreen(
            light = Light.RED,
            findings =
                listOf(
                    FindingCard(
                        Code.TOTAL_SILENCE,
                        Light.RED,
                        say(
                            "Total silence is on. No app can sound through it.",
                            "완전 무음이 켜져 있습니다. 어떤 앱도 소리를 낼 수 없습니다.",
                        ),
                        say("Turn total silence off.", "완전 무음을 끄세요."),
                    ),
                    batterySaver(),
                    FindingCard(
                        Code.DRILL_SLOW,
                        Light.AMBER,
                        say("The last test page was slow.", "마지막 시험 호출이 늦게 도착했습니다."),
                        say("Run a test page now.", "지금 시험 호출을 해 보세요."),
                    ),
                ),
            lastDrill = DrillResult(now - 2 * DAY, true, 14_200u),
        )

    /** What this phone's maker has that puts apps to sleep. */
    val makerHint =
        say(
            "This maker's phones also put apps to sleep that are not on their list. Add Tocsin to it.",
            "이 제조사의 휴대폰은 목록에 없는 앱을 재웁니다. Tocsin을 목록에 추가하세요.",
        )

    /** Why a server could not be asked. */
    val failure =
        say("The server did not answer. Try again.", "서버가 응답하지 않았습니다. 다시 시도하세요.")

    /** The page of this ticket, in front of others. */
    fun page(ticket: TicketId) = several.first { it.ticket == ticket }

    private fun batterySaver() =
        FindingCard(
            Code.BATTERY_EXEMPTION_MISSING,
            Light.AMBER,
            say("The system may put Tocsin to sleep to save battery.", "시스템이 배터리를 아끼려고 Tocsin 앱을 재울 수 있습니다."),
            say(
                "In Settings, open Apps, Tocsin, Battery, and choose Unrestricted.",
                "설정에서 애플리케이션, Tocsin, 배터리를 열어 제한 없음을 고르세요.",
            ),
        )

    private fun line(
        secondsAgo: Long,
        weight: Weight,
        text: String,
    ) = TimelineLine(now - secondsAgo * SECOND, weight, text)

    private fun say(
        english: String,
        korean: String,
    ) = if (this.korean) korean else english
}
