import Testing
import TocsinCore
import TocsinKit

struct LateReplyTests {
    private let waits = Samples.home(
        waiting: [WaitingTap(ticket: 42, text: "Check in", at: Samples.now)]
    )

    @Test("a notification says that the answer waits for as long as it does, and then that it was sent")
    func itSaysSoForAsLongAsItWaits() throws {
        let late = try #require(shown(.waits))
        #expect(late.outcome(waits) == nil)
        #expect(late.outcome(Samples.home()) == .taken(.checkIn(42)))
    }

    @Test("an answer that the server refused late is said to be refused, and older refusals are not it")
    func aLateRefusalIsSaid() throws {
        let late = try #require(shown(.waits))
        let refused = Samples.home(notices: [notice(1, at: Samples.now + 1)])
        #expect(late.outcome(refused) == .refused("It is resolved."))
        let before = Samples.home(notices: [notice(1, at: Samples.now - 1)])
        #expect(late.outcome(before) == .taken(.checkIn(42)))
    }

    @Test("a notification that says anything else is left as it is")
    func anyOtherNotificationIsLeft() {
        #expect(shown(.taken(.checkIn(42))) == nil)
    }

    /// What a later process finds in the notification that said `outcome`.
    private func shown(_ outcome: ReplyOutcome) -> LateReply? {
        let tapped = LateReply(
            actionIdentifier: "CHECK_IN",
            userInfo: ["ticket": TicketId(42)],
            tappedAt: Samples.now
        )
        return tapped.flatMap { LateReply(userInfo: $0.userInfo(outcome)) }
    }

    private func notice(_ number: Int64, at: Millis) -> NoticeCard {
        NoticeCard(number: number, kind: .refused, ticket: 42, text: "It is resolved.", at: at)
    }
}
