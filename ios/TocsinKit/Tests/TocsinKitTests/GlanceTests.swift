import Foundation
import Testing
import TocsinCore
import TocsinGlance
import TocsinKit

struct GlanceTests {
    private let now = Date(millis: Samples.now)

    @Test("widgets say what the app wrote last, and nothing where it has written nothing that can be read")
    func widgetsSayWhatTheAppWroteLast() throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "glance-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: file) }
        #expect(Glance.read(file) == Glance())
        let glance = Glance(
            ready: Glance.Ready(light: .red, reason: "Notifications are off.", at: now),
            duties: [duty("Shop", hours: 1)]
        )
        try glance.write(file)
        #expect(Glance.read(file) == glance)
        try Data("{".utf8).write(to: file)
        #expect(Glance.read(file) == Glance())
    }

    @Test("a widget is drawn again when a shift ends, once for shifts that end together")
    func aWidgetIsDrawnAgainWhenAShiftEnds() {
        let duties = [
            duty("Shop", hours: 2), duty("Bank", hours: 1), duty("Pay", hours: 2), duty("Old", hours: -1),
        ]
        let times = Glance(duties: duties).changes(from: now)
        #expect(times == [now, now + 3_600, now + 7_200])
        #expect(!duty("Shop", hours: 1).isOver(at: now + 3_599))
        #expect(duty("Shop", hours: 1).isOver(at: now + 3_600))
    }

    @Test("a Live Activity shows the limit of a page that rings, and ends with the ticket")
    func aLiveActivityShowsTheLimit() throws {
        let ringing = Samples.home(pages: [Samples.page(42, next: ["Bea Lindqvist"])])
        let state = try #require(activity(ringing))
        #expect(state.phase == .ringing)
        #expect(state.since == now)
        #expect(state.due == now + 300)
        #expect(state.thenText != nil)
        #expect(!state.pending)
        #expect(activity(Samples.home(pages: [Samples.page(42, .answered)])) == nil)
    }

    @Test("after the check-in a Live Activity shows where the ticket stands, and that the tap still waits")
    func aLiveActivityShowsWhatWaits() throws {
        let tap = WaitingTap(ticket: 42, text: "Check in", at: Samples.now)
        let home = Samples.home(
            pages: [Samples.page(42, .answered)],
            tickets: [Samples.ticket(42, due: Samples.now + 600_000).card],
            waiting: [tap]
        )
        let state = try #require(activity(home))
        #expect(state.phase == .answered)
        #expect(state.stateText == "Researching")
        #expect(state.due == now + 600)
        #expect(state.pending)
    }

    private func duty(_ team: String, hours: Double) -> Glance.Duty {
        Glance.Duty(team: team, primary: "Ana", isMe: true, until: now + hours * 3_600, next: "Bea")
    }

    private func activity(_ home: HomeScreen) -> PageActivityState? {
        PageActivityState(of: 42, in: home, now: Samples.now) { "\($0.word)" }
    }
}
