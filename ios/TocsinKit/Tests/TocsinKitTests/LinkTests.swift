import Foundation
import Testing
import TocsinCore

@testable import TocsinKit

struct LinkTests {
    @Test(
        "every address of ours leads where it came from",
        arguments: [Link.page(42), .page(nil), .ticket(42)]
    )
    func everyAddressLeadsBack(link: Link) throws {
        #expect(Link(url: try #require(link.url)) == link)
    }

    @Test("the administrator's code is handed to the core as it is")
    func theCodeIsHandedOn() throws {
        let code = "tocsin://enroll?server=https%3A%2F%2Fpager.example.org&code=7KQ2M-9XWTA"
        #expect(Link(url: try #require(URL(string: code))) == .enrolment(code))
        #expect(Link.enrolment(code).url?.absoluteString == code)
    }

    @Test(
        "an address of somebody else's leads nowhere",
        arguments: [
            "https://example.org/page/1", "tocsin://page/one", "tocsin://page/1/2", "tocsin://shop/1",
        ]
    )
    func anotherAddressLeadsNowhere(address: String) throws {
        #expect(Link(url: try #require(URL(string: address))) == nil)
    }

    @Test("a tap on a page's notification opens that page, and on one that could not be read the worst")
    func aTapOpensThePage() {
        #expect(Link(notification: ["ticket": TicketId(42)]) == .page(42))
        #expect(Link(notification: ["ticket": NSNumber(value: 42)]) == .page(42))
        #expect(Link(notification: ["t": "AAAA"]) == .page(nil))
    }

    @Test("a button stands for what the core says, and a swipe for nothing")
    func aButtonStandsForADeed() throws {
        let reply = try #require(Reply(actionIdentifier: "CANNOT", userInfo: ["ticket": TicketId(7)]))
        #expect(reply.tap == .cannot(7, reason: nil))
        #expect(reply.push == nil)
        let swipe = "com.apple.UNNotificationDismissActionIdentifier"
        #expect(Reply(actionIdentifier: swipe, userInfo: ["ticket": TicketId(7)]) == nil)
    }

    @Test("the sealed page that lies in the notification is handed to the core with the button")
    func theSealedPageGoesWithTheButton() throws {
        let userInfo: [AnyHashable: Any] = ["ticket": TicketId(7), "t": "AAECAw"]
        let reply = try #require(Reply(actionIdentifier: "CHECK_IN", userInfo: userInfo))
        #expect(reply.push?.transport == .apns)
        #expect(reply.push?.bytes == Data([0, 1, 2, 3]))
    }

    @Test("a page that the extension had no time for is read by the core: its button works, a tap opens it")
    func whatTheExtensionDidNotReadTheCoreReads() throws {
        let userInfo = NotificationKeys.withTicket(
            ["t": try SealedPage.payload()],
            readBy: SealedPage.notifier(secret: SealedPage.secret)
        )
        let reply = try #require(Reply(actionIdentifier: "CHECK_IN", userInfo: userInfo))
        #expect(reply.tap == .checkIn(42))
        #expect(reply.push != nil)
        #expect(Link(notification: userInfo) == .page(42))
    }

    @Test("the button of a page that nobody can read does nothing, and says what to do")
    func aButtonOfAPageThatNobodyCanReadSaysSo() throws {
        let userInfo = NotificationKeys.withTicket(
            ["t": try SealedPage.payload()],
            readBy: SealedPage.notifier(secret: Data(repeating: 8, count: 32))
        )
        let reply = try #require(Reply(actionIdentifier: "CHECK_IN", userInfo: userInfo))
        #expect(reply.tap == nil)
        #expect(reply.outcome(Samples.home(), knowing: []) == .unread)
        #expect(ReplyOutcome.unread.title == Phrase(.replyUnread))
        #expect(ReplyOutcome.unread.body == .phrase(Phrase(.replyUnreadMore)))
    }

    @Test("what became of a button is said in the notification")
    func whatBecameOfAButtonIsSaid() {
        #expect(ReplyOutcome.taken(.checkIn(1)).title == Phrase(.replyCheckedIn))
        #expect(ReplyOutcome.taken(.cannot(1, reason: nil)).title == Phrase(.replyPassedOn))
        #expect(ReplyOutcome.refused("Bea has it.").body == .text("Bea has it."))
        #expect(ReplyOutcome.waits.title == Phrase(.replyWaits))
    }
}
