import Foundation
import Testing
import TocsinCore
import TocsinKit

struct LimitTests {
    private let english = Times(locale: Locale(identifier: "en_US@hours=h23"), timeZone: .seoul)
    private let korean = Times(locale: Locale(identifier: "ko_KR"), timeZone: .seoul)
    private let now = Samples.now

    @Test("an instant of today is a time, any other has its day")
    func anInstantOfTodayIsATime() {
        #expect(english.at(now, now: now) == "02:13")
        #expect(korean.at(now, now: now) == "오전 2:13")
        #expect(english.at(now + 86_400_000, now: now) == "Tue, Nov 24 at 02:13")
        #expect(korean.at(now + 86_400_000, now: now) == "11월 24일 (화) 오전 2:13")
        #expect(english.span(from: now, until: now + 3_600_000) == "Mon, Nov 23 at 02:13 – 03:13")
        #expect(english.day(now) == "Mon, Nov 23")
    }

    @Test("the day is the person's, not the server's")
    func theDayIsThePersons() {
        let utc = Times(locale: Locale(identifier: "en_US@hours=h23"), timeZone: .gmt)
        #expect(utc.at(now, now: now) == "17:13")
    }

    @Test("a running limit shows hours only when there are any")
    func aRunningLimitShowsHoursOnlyWhenThereAreAny() {
        #expect(english.running(272_000) == "4:32")
        #expect(english.running(400) == "0:00")
        #expect(english.running(3_872_000) == "1:04:32")
        #expect(english.running(-9_000) == "0:09")
    }

    @Test("a length is said in words of the language, to the minute")
    func aLengthIsSaidInWords() {
        #expect(english.length(272_000) == "4 minutes")
        #expect(english.length(3_872_000) == "1 hour, 4 minutes")
        #expect(english.length(-32_000) == "32 seconds")
        #expect(korean.length(3_872_000) == "1시간 4분")
    }

    @Test("a limit runs out when the server's clock says so, however wrong the phone's is")
    func aLimitRunsOutByTheServersClock() throws {
        let limit = try #require(
            RunningLimit(due: now, kind: .escalate, next: [], clockOffset: -30_000)
        )
        #expect(limit.left(now: now) == 30_000)
        #expect(RunningLimit(due: nil, kind: nil, next: [], clockOffset: 0) == nil)
    }

    @Test("a limit says how long is left and who is paged then, and after it for how long it is over")
    func aLimitSaysWhatHappensThen() throws {
        let page = Samples.page(1, next: ["Bea Lindqvist", "Kim"])
        let limit = try #require(page.limit(clockOffset: 0))
        let running = limit.face(now: now + 28_000, times: english)
        #expect(running.heading == .limit)
        #expect(running.line == Phrase(.left, .text("4:32")))
        #expect(running.spoken == Phrase(.limitLeft, .text("4 minutes")))
        #expect(running.then == Phrase(.thenPaged, .text("Bea Lindqvist, Kim")))
        let over = limit.face(now: now + 305_000, times: korean)
        #expect(over.isOver)
        #expect(over.heading == .limitOver)
        #expect(over.line == Phrase(.overBy, .text("0:05")))
        #expect(over.spoken == Phrase(.limitOverSince, .text("5초")))
    }

    @Test("a limit of one's own siren, and one after which nobody is known, say so")
    func aNudgeAndAnUnknownNextSaySo() throws {
        let nudge = try #require(RunningLimit(due: now, kind: .nudge, next: ["Bea"], clockOffset: 0))
        #expect(nudge.face(now: now, times: english).then == Phrase(.thenNudge))
        let anybody = try #require(RunningLimit(due: now, kind: nil, next: [], clockOffset: 0))
        #expect(anybody.face(now: now, times: english).then == Phrase(.thenAnybody))
    }

    @Test("while a tap waits that ends the limit, no clock runs on the ticket")
    func noClockRunsWhileATapWaits() {
        #expect(Samples.ticket(1, due: now, movesLimit: true).limit(clockOffset: 0) == nil)
        #expect(Samples.ticket(1, due: now).limit(clockOffset: 0)?.due == now)
        #expect(Samples.ticket(1, due: now).card.limit(clockOffset: 1_000)?.due == now - 1_000)
    }
}

extension TimeZone {
    fileprivate static var seoul: TimeZone { TimeZone(identifier: "Asia/Seoul") ?? .gmt }
}
