import Testing
import TocsinKit

struct HoldTests {
    private let start = ContinuousClock.now

    @Test("a touch in sleep does not check in, a finger that stays does, and once")
    func onlyAFingerThatStaysCounts() {
        var hold = Hold<Int>()
        hold.press(1, at: start)
        let counted = [799, 800, 5_000].map { hold.ripen(1, at: start + .milliseconds($0)) }
        #expect(counted == [false, true, false])
    }

    @Test("a finger that was lifted has said nothing, and begins anew")
    func aLiftedFingerBeginsAnew() {
        var hold = Hold<Int>()
        hold.press(1, at: start)
        hold.release()
        #expect(!hold.isPressed)
        let lifted = hold.ripen(1, at: start + .seconds(1))
        #expect(!lifted)
        hold.press(1, at: start + .seconds(1))
        let counted = [1_700, 1_800].map { hold.ripen(1, at: start + .milliseconds($0)) }
        #expect(counted == [false, true])
    }

    @Test("a page that takes the place of another under the finger is not answered by it")
    func anotherPageUnderTheFingerIsNotAnswered() {
        var hold = Hold<Int>()
        hold.press(1, at: start)
        let counted = hold.ripen(2, at: start + .seconds(1))
        #expect(!counted)
    }

    @Test("what is painted follows time, and ends at the edge")
    func whatIsPaintedFollowsTime() {
        var hold = Hold<Int>()
        #expect(hold.progress(at: start) == 0)
        hold.press(1, at: start)
        #expect(hold.progress(at: start + .milliseconds(400)) == 0.5)
        #expect(hold.progress(at: start + .seconds(9)) == 1)
    }
}
