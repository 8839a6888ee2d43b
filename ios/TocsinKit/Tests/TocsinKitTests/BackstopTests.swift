import Foundation
import Testing
import TocsinCore
import TocsinKit

struct BackstopTests {
    private let now = Samples.now

    @Test("an alarm stands behind a page from its arrival on, and is taken back by the check-in")
    func anAlarmStandsBehindAPage() throws {
        var backstops = Backstops()
        let ringing = Samples.home(pages: [Samples.page(42)])
        let alarm = try #require(scheduled(backstops.update(home: ringing, now: now)).first)
        #expect(alarm.at == now + 60_000)
        #expect(alarm.ticket == 42)
        #expect(alarm.isLoud)
        #expect(alarm.title == .text("SEV1: Trouble with the database"))
        #expect(backstops.update(home: ringing, now: now + 1_000).isEmpty)
        let answered = Samples.home(pages: [Samples.page(42, .answered)])
        #expect(backstops.update(home: answered, now: now + 2_000) == [.cancel(alarm.id)])
        #expect(backstops.update(home: answered, now: now + 3_000).isEmpty)
    }

    @Test("while the siren is known to sound the alarm behind it is put off, and rings if that ends")
    func theAlarmIsPutOffWhileTheSirenSounds() {
        var backstops = Backstops()
        let sounds = Samples.home(
            pages: [Samples.page(42)],
            siren: Samples.siren(reason: .pages, confirmed: true)
        )
        _ = backstops.update(home: sounds, now: now)
        #expect(backstops.update(home: sounds, now: now + 20_000).isEmpty)
        #expect(scheduled(backstops.update(home: sounds, now: now + 40_000)).map(\.at) == [now + 100_000])
        let mute = Samples.home(pages: [Samples.page(42)], siren: Samples.siren(reason: .pages))
        #expect(backstops.update(home: mute, now: now + 90_000).isEmpty)
    }

    @Test("an alarm that was switched off without a check-in comes again")
    func anAlarmComesAgain() {
        var backstops = Backstops()
        let ringing = Samples.home(pages: [Samples.page(42)])
        _ = backstops.update(home: ringing, now: now)
        #expect(backstops.update(home: ringing, now: now + 61_000).isEmpty)
        #expect(scheduled(backstops.update(home: ringing, now: now + 120_000)).map(\.at) == [now + 180_000])
    }

    @Test("what an earlier process has left is taken back unless it still rings")
    func whatAnEarlierProcessLeftIsTakenBack() {
        let (rings, gone) = (Backstop.Kind.page(42).id, Backstop.Kind.page(41).id)
        var backstops = Backstops(known: [rings, gone])
        let changes = backstops.update(home: Samples.home(pages: [Samples.page(42)]), now: now)
        #expect(changes.first == .cancel(gone))
        #expect(scheduled(changes).map(\.id) == [rings])
        var nobodys = Backstops(known: [rings])
        #expect(nobodys.update(home: nil, now: now) == [.cancel(rings)])
    }

    @Test("two pages of one ticket have one alarm, and its name is the same in every process")
    func oneAlarmForATicket() {
        var backstops = Backstops()
        let home = Samples.home(pages: [Samples.page(42), Samples.page(42), Samples.page(43)])
        #expect(scheduled(backstops.update(home: home, now: now)).map(\.ticket) == [42, 43])
        #expect(Backstop.Kind.page(42).id.uuidString == "01000000-0000-8000-8000-2A0000000000")
        #expect(Backstop.Kind.page(.max).id.uuidString == "017FFFFF-FFFF-80FF-80FF-FF0000000000")
        #expect(Backstop.Kind.page(42).id != Backstop.Kind.outOfTouch(since: 42).id)
    }

    @Test("a lost server wakes its person, a missing drill is told by day's means, each once")
    func aLostServerWakes() throws {
        var backstops = Backstops()
        let home = Samples.home(alarms: [
            Samples.alarm(.outOfTouch, siren: true), Samples.alarm(.drillMissing, siren: false),
        ])
        let alarms = scheduled(backstops.update(home: home, now: now))
        #expect(alarms.map(\.isLoud) == [true, false])
        #expect(alarms.map(\.at) == [now, now])
        #expect(
            alarms.map(\.title) == [
                .phrase(Phrase(.alarmOutOfTouch)), .phrase(Phrase(.alarmDrillMissing)),
            ]
        )
        #expect(backstops.update(home: home, now: now + 59_000).isEmpty)
        let back = backstops.update(home: Samples.home(), now: now + 60_000)
        #expect(Set(back) == Set(alarms.map { .cancel($0.id) }))
    }

    @Test("a warning that becomes an alarm is told anew")
    func aWarningBecomesAnAlarm() {
        var backstops = Backstops()
        _ = backstops.update(home: Samples.home(alarms: [Samples.alarm(.outOfTouch, siren: false)]), now: now)
        let worse = Samples.home(alarms: [Samples.alarm(.outOfTouch, siren: true)])
        #expect(scheduled(backstops.update(home: worse, now: now + 1_000)).map(\.isLoud) == [true])
    }

    @Test("whoever said that they know is left in peace until then")
    func whoeverKnowsIsLeftInPeace() {
        var backstops = Backstops()
        let home = Samples.home(
            alarms: [Samples.alarm(.outOfTouch, siren: true)],
            offlineUntil: now + 3_600_000
        )
        #expect(scheduled(backstops.update(home: home, now: now)).map(\.at) == [now + 3_600_000])
    }

    @Test("where an alarm has to be a notification it sounds often enough to wake somebody")
    func aNotificationSoundsOften() throws {
        var backstops = Backstops()
        let ringing = Samples.home(pages: [Samples.page(42)])
        let loud = try #require(scheduled(backstops.update(home: ringing, now: now)).first)
        #expect(loud.notificationTimes == (1...5).map { now + $0 * 60_000 })
        #expect(Set(Backstop.notificationIdentifiers(loud.id)).count == loud.notificationTimes.count)
    }

    @Test(
        "where the owner or a team hides pages, an alarm says that there is one and not what it is about",
        arguments: [(true, false), (false, true)]
    )
    func anAlarmKeepsAPageToItself(owner: Bool, team: Bool) throws {
        var backstops = Backstops()
        let ringing = Samples.home(pages: [Samples.page(42)], hidesContent: team)
        let alarm = try #require(scheduled(backstops.update(home: ringing, now: now, hides: owner)).first)
        #expect(alarm.title == .phrase(Phrase(.alarmPaged)))
        #expect(alarm.body == .phrase(Phrase(.alarmPagedMore)))
        #expect(alarm.ticket == 42)
        #expect(alarm.isLoud)
    }

    @Test("what stands behind a page is taken back by the push that ends it, and by no other")
    func thePushThatEndsAPageTakesBackWhatStandsBehindIt() {
        let ends = content(ticket: 42, silences: true)
        #expect(ends.endedBackstops == Backstop.notificationIdentifiers(Backstop.Kind.page(42).id))
        #expect(content(ticket: 42, silences: false).endedBackstops.isEmpty)
        #expect(content(ticket: nil, silences: true).endedBackstops.isEmpty)
    }

    private func content(ticket: TicketId?, silences: Bool) -> NotificationContent {
        NotificationContent(
            kind: silences ? .silence : .page,
            title: "SEV1: Trouble with the database",
            subtitle: "Checkout",
            body: "",
            ticket: ticket,
            thread: nil,
            silences: silences,
            category: nil,
            level: .passive,
            sound: .silent,
            relevance: 0
        )
    }

    private func scheduled(_ changes: [Backstops.Change]) -> [Backstop] {
        changes.compactMap { if case .schedule(let backstop) = $0 { backstop } else { nil } }
    }
}

extension Backstops {
    fileprivate mutating func update(home: HomeScreen?, now: Millis) -> [Change] {
        update(home: home, now: now, hides: false)
    }
}
