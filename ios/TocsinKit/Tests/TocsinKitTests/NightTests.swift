#if os(Linux) || os(macOS)
import Foundation
import Testing
import TocsinCore

@testable import TocsinKit

/// Nights of an engineer on call: the app's models on the real core, at a real server.
@MainActor @Suite(.serialized, .timeLimit(.minutes(2)))
struct NightTests {
    @Test(
        "a page that comes by the live stream rings once, says whose trouble it is, and a check-in ends it"
    )
    func aPageRingsOnceAndACheckInEndsIt() async throws {
        let server = try await TocsinServer.start()
        let phone = try await TestPhone.of("ana", at: server)
        let ticket = try await server.alarm("the database")
        try await phone.untilItRings()
        let page = try #require(phone.home?.pages.first)
        #expect(page.title == "Trouble with the database")
        #expect(phone.home?.front(chosen: nil, ticket: nil) == .asking(page))
        #expect(await phone.loudspeaker.scores.filter(\.isAudible).count == 1)
        phone.model.perform(.checkIn(ticket))
        try await phone.untilItIsSilent()
        try await until("the ticket is in her hands") { try await server.state(ticket) == "researching" }
        await phone.end()
    }

    @Test("one check-in silences every phone of the person")
    func oneCheckInSilencesEveryPhone() async throws {
        let server = try await TocsinServer.start()
        let (phone, tablet) = (
            try await TestPhone.of("ana", at: server), try await TestPhone.of("ana", at: server)
        )
        let ticket = try await server.alarm("the database")
        try await phone.untilItRings()
        try await tablet.untilItRings()
        phone.model.perform(.checkIn(ticket))
        try await tablet.untilItIsSilent()
        await phone.end()
        await tablet.end()
    }

    @Test("a check-in without a network is kept, outlives the process and is sent once")
    func aCheckInWithoutANetworkIsSentOnce() async throws {
        let server = try await TocsinServer.start()
        let flash = try TestPhone.Flash()
        let phone = try await TestPhone.of("ana", at: server, on: flash)
        let ticket = try await server.alarm("the database")
        try await phone.untilItRings()
        server.stop()
        phone.model.perform(.checkIn(ticket))
        try await phone.untilItIsSilent()
        #expect(phone.home?.waiting.count == 1)
        await phone.end()
        let later = try TestPhone(on: flash)
        try await until("it still waits") { later.home?.waiting.count == 1 }
        #expect(await later.loudspeaker.scores.filter(\.isAudible).isEmpty)
        #expect(await later.pager.sent(within: .milliseconds(100)) == false)
        try server.startAgain()
        #expect(await later.pager.sent(within: .seconds(60)), "whoever woke the process may wait for it")
        #expect(try await server.state(ticket) == "researching")
        #expect(try await server.count(ticket, "checked_in") == 1)
        await later.end()
    }

    @Test("a check-in by voice answers everything that rings, and says how much that was")
    func aCheckInByVoiceAnswersEverything() async throws {
        let server = try await TocsinServer.start()
        let phone = try await TestPhone.of("ana", at: server)
        #expect(try await phone.pager.checkIn(to: nil) == 0)
        let tickets = [try await server.alarm("the database"), try await server.alarm("the queue")]
        try await until("both ring") { phone.home?.ringing == Set(tickets) }
        #expect(try await phone.pager.checkIn(to: nil) == 2)
        #expect(await phone.pager.sent(within: .seconds(60)))
        for ticket in tickets { #expect(try await server.state(ticket) == "researching") }
        #expect(try await phone.pager.checkIn(to: tickets[0]) == 1)
        await phone.end()
    }

    @Test("the system sounds for a page in front whose siren does not, and is silent where the siren does")
    func theSystemSoundsWhereTheSirenDoesNot() async throws {
        let server = try await TocsinServer.start()
        let (phone, mute) = (
            try await TestPhone.of("ana", at: server), try await TestPhone.of("ana", at: server)
        )
        await mute.loudspeaker.breakDown()
        let ticket = try await server.alarm("the database")
        try await until("both ring") {
            phone.home?.ringing == [ticket] && mute.home?.ringing == [ticket]
        }
        #expect(await phone.pager.sounds(for: ticket, within: .seconds(60)))
        #expect(await !mute.pager.sounds(for: ticket, within: .seconds(60)))
        mute.model.perform(.checkIn(ticket))
        #expect(await mute.pager.sounds(for: ticket), "nobody waits for an answer any more")
        await phone.end()
        await mute.end()
    }

    @Test("the button on the locked phone checks in, and says that the server has it")
    func theButtonOnTheLockedPhoneChecksIn() async throws {
        let server = try await TocsinServer.start()
        let phone = try await TestPhone.of("ana", at: server)
        let ticket = try await server.alarm("the database")
        try await phone.untilItRings()
        let outcome = await phone.pager.answer(try reply("CHECK_IN", ticket))
        #expect(outcome == .taken(.checkIn(ticket)))
        #expect(try await server.state(ticket) == "researching")
        await phone.end()
    }

    @Test("the button pressed without a network says that others may still be paged")
    func theButtonWithoutANetworkSaysThatItWaits() async throws {
        let server = try await TocsinServer.start()
        let phone = try await TestPhone.of("ana", at: server)
        let ticket = try await server.alarm("the database")
        try await phone.untilItRings()
        server.stop()
        let outcome = await phone.pager.answer(try reply("CANNOT", ticket))
        #expect(outcome == .waits)
        #expect(outcome.body == .phrase(Phrase(.replyWaitsMore)))
        try await phone.untilItIsSilent()
        await phone.end()
    }

    @Test("the button of a page that nobody can read checks in to nothing, and says so")
    func theButtonOfAnUnreadPageSaysSo() async throws {
        let server = try await TocsinServer.start()
        let phone = try await TestPhone.of("ana", at: server)
        let ticket = try await server.alarm("the database")
        try await phone.untilItRings()
        let reply = try #require(Reply(actionIdentifier: "CHECK_IN", userInfo: ["t": "AAECAw"]))
        #expect(await phone.pager.answer(reply) == .unread)
        #expect(try await server.state(ticket) == "assigned")
        await phone.end()
    }

    @Test("the button for a ticket that the server does not know says why it was refused")
    func theButtonThatTheServerRefusesSaysWhy() async throws {
        let server = try await TocsinServer.start()
        let phone = try await TestPhone.of("ana", at: server)
        let outcome = await phone.pager.answer(try reply("CHECK_IN", 4_711))
        guard case .refused(let why) = outcome else {
            Issue.record("it was \(outcome)")
            return
        }
        #expect(!why.isEmpty)
        await phone.end()
    }

    @Test("whoever cannot come has the next person paged at once, who reads why")
    func whoeverCannotComeHasTheNextPaged() async throws {
        let server = try await TocsinServer.start()
        let (ana, bea) = (
            try await TestPhone.of("ana", at: server), try await TestPhone.of("bea", at: server)
        )
        let ticket = try await server.alarm("the database")
        try await ana.untilItRings()
        #expect(
            await ana.pager.answer(try reply("CANNOT", ticket)) == .taken(.cannot(ticket, reason: nil))
        )
        try await bea.untilItRings()
        #expect(bea.home?.pages.first?.reasonText.isEmpty == false)
        await ana.end()
        await bea.end()
    }

    @Test("when a limit is missed the manager reads which, takes over, extends and pages somebody else")
    func aMissedLimitPagesTheManagerWhoCanDoAllAboutIt() async throws {
        let server = try await TocsinServer.start(policy: TocsinServer.quick)
        let phone = try await TestPhone.of("bea", at: server)
        let ticket = try await server.alarm("the database")
        try await phone.untilItRings()
        let page = try #require(phone.home?.pages.first)
        #expect(page.manager)
        #expect(page.missed != nil)
        let model = TicketModel(pager: phone.pager, ticket: ticket)
        let following = Task { await model.follow() }
        let screen = try await some("the ticket is known") { model.screen }
        #expect(screen.managersDeeds == [.startWork, .extendLimit, .reassign, .askHelp])
        #expect(!screen.timeline.isEmpty)
        phone.model.perform(.startWork(ticket))
        try await until("it is hers") { try await server.state(ticket) == "work_in_progress" }
        phone.model.perform(.extendLimit(ticket, seconds: 30, reason: "Ana is on a train."))
        phone.model.perform(.askHelp(ticket, .person(person: "ana"), message: "Where are you?"))
        phone.model.perform(.reassign(ticket, to: "ana"))
        try await until("it is Ana's") { try await server.count(ticket, "reassigned") == 1 }
        #expect(try await server.count(ticket, "limit_extended") == 1)
        #expect(try await server.count(ticket, "help_asked") == 1)
        try await phone.untilItIsSilent()
        following.cancel()
        await phone.end()
    }

    @Test("what is done about a ticket reaches the server: work, note, help, and its end")
    func whatIsDoneReachesTheServer() async throws {
        let server = try await TocsinServer.start()
        let phone = try await TestPhone.of("ana", at: server)
        let ticket = try await server.alarm("the database")
        try await phone.untilItRings()
        let taps: [Tap] = [
            .seen(ticket), .checkInAll, .startWork(ticket), .addNote(ticket, "A disk is full."),
            .askHelp(ticket, .manager, message: "May I delete the logs?"),
            .updateStatus(ticket, "We are at it."), .setSeverity(ticket, .sev2), .resolve(ticket),
            .reopen(ticket), .resolve(ticket),
        ]
        taps.forEach { phone.model.perform($0) }
        try await until("the server has it all") {
            try await server.count(ticket, "resolved") == 2 && phone.home?.waiting.isEmpty == true
        }
        #expect(try await server.state(ticket) == "resolved")
        #expect(phone.model.trouble == nil)
        await phone.end()
    }

    @Test("a Korean engineer reads the page in Korean, and in English as soon as the phone is set to it")
    func aKoreanEngineerReadsKorean() async throws {
        let server = try await TocsinServer.start()
        let korean = Language(locale: Locale(identifier: "ko_KR"))
        let phone = try await TestPhone.of("ana", at: server, language: korean)
        _ = try await server.alarm("the database")
        try await phone.untilItRings()
        let hangul = try Regex("[가-힣]")
        #expect(phone.home?.pages.first?.reasonText.contains(hangul) == true)
        phone.model.speak(Language(locale: Locale(identifier: "en_GB")))
        try await until("it is English") { phone.home?.pages.first?.reasonText.contains(hangul) == false }
        await phone.end()
    }

    @Test("who is on call is known when the server answers, and stays known when it does not")
    func whoIsOnCallStaysKnown() async throws {
        let server = try await TocsinServer.start()
        let phone = try await TestPhone.of("ana", at: server)
        await phone.model.refreshOnCall()
        #expect(phone.model.onCall?.now.first?.isMe == true)
        #expect(phone.model.trouble == nil)
        server.stop()
        await phone.model.refreshOnCall()
        #expect(phone.model.onCall?.now.first?.isMe == true)
        #expect(phone.model.trouble?.phrase == Phrase(.notAnswered))
        await phone.model.orderDrill(audible: true)
        guard case .failed(let trouble) = phone.model.drill else {
            Issue.record("the drill is \(phone.model.drill)")
            return
        }
        #expect(!trouble.detail.isEmpty)
        await phone.end()
    }

    @Test("a drill that was ordered is heard on this phone")
    func aDrillIsHeard() async throws {
        let server = try await TocsinServer.start()
        let phone = try await TestPhone.of("ana", at: server)
        await phone.model.orderDrill(audible: true)
        try await until("it is heard") { await phone.loudspeaker.isHeard }
        #expect(phone.home?.front(chosen: nil, ticket: nil) == .drill)
        await phone.end()
    }

    @Test("a phone that is forgotten is nobody's, and a button pressed on it says so")
    func aForgottenPhoneIsNobodys() async throws {
        let server = try await TocsinServer.start()
        let phone = try await TestPhone.of("ana", at: server)
        #expect(phone.model.owner?.person.name == "Ana Silva")
        await phone.model.forget()
        try await until("there is nothing to show") { phone.model.isKnown && phone.home == nil }
        #expect(phone.model.owner == nil)
        guard case .failed(let trouble) = await phone.pager.answer(try reply("CHECK_IN", 1)) else {
            Issue.record("it was answered")
            return
        }
        #expect(trouble.phrase == Phrase(.notEnrolled))
        phone.model.perform(.checkIn(1))
        #expect(phone.model.trouble == trouble)
        await phone.end()
    }

    @Test(
        "a code works once; the second phone is told to ask for a new one, and an owned phone to be forgotten"
    )
    func aCodeWorksOnce() async throws {
        let server = try await TocsinServer.start()
        let code = try await server.code("ana")
        let (first, second) = (try TestPhone(on: .init()), try TestPhone(on: .init()))
        await first.model.enrolling.link("tocsin://enroll?server=\(server.url)&code=\(code)")
        #expect(first.model.enrolling.state == .idle)
        await second.model.enrolling.typed(server: server.url, code: code)
        #expect(second.model.enrolling.state == .failed(Phrase(.enrolRefused)))
        await first.model.enrolling.typed(server: server.url, code: code)
        #expect(first.model.enrolling.state == .failed(Phrase(.enrolAlready)))
        await first.end()
        await second.end()
    }

    @Test("an address without encryption is asked about by name, and any other code is no enrolment")
    func anAddressWithoutEncryptionIsAskedAbout() async throws {
        let phone = try TestPhone(on: .init())
        let enrolling = phone.model.enrolling
        await enrolling.typed(server: "http://192.0.2.1:8080", code: "7KQ2M-9XWTA")
        #expect(enrolling.state == .confirmingPlainHttp(server: "http://192.0.2.1:8080"))
        enrolling.cancel()
        await enrolling.allowPlainHttp()
        #expect(enrolling.state == .idle)
        await enrolling.link("https://example.org/menu")
        #expect(enrolling.state == .failed(Phrase(.enrolNotRead)))
        await phone.end()
    }

    private func reply(_ action: String, _ ticket: TicketId) throws -> Reply {
        try #require(Reply(actionIdentifier: action, userInfo: ["ticket": ticket]))
    }
}
#endif
