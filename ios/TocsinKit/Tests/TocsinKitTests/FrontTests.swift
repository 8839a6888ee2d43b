import Testing
import TocsinCore

@testable import TocsinKit

struct FrontTests {
    private let asking = Samples.page(1)
    private let answered = Samples.page(2, .answered)

    @Test("a page that rings comes before everything else, also before the one that was chosen and answered")
    func aPageThatRingsComesFirst() {
        let home = Samples.home(pages: [asking, answered], alarms: [Samples.alarm(.outOfTouch, siren: true)])
        #expect(home.ticketInFront(chosen: 2) == 1)
        #expect(home.front(chosen: 2, ticket: nil) == .asking(asking))
    }

    @Test("of two pages that ring the one that was tapped is in front")
    func theOneThatWasTappedIsInFront() {
        let other = Samples.page(3)
        let home = Samples.home(pages: [asking, other])
        #expect(home.front(chosen: 3, ticket: nil) == .asking(other))
    }

    @Test("a pager that has lost its server says so before it shows what is in hand")
    func aLostServerComesBeforeWhatIsInHand() {
        let lost = Samples.alarm(.outOfTouch, siren: true)
        let home = Samples.home(
            pages: [answered],
            alarms: [lost, Samples.alarm(.drillMissing, siren: false)]
        )
        #expect(home.front(chosen: nil, ticket: nil) == .alarmed([lost]))
    }

    @Test("after the check-in the ticket is in hand, with what is usually done next")
    func afterTheCheckInTheTicketIsInHand() {
        let ticket = Samples.ticket(2, deeds: [.addNote, .resolve, .convene, .startWork])
        let home = Samples.home(pages: [answered])
        #expect(home.front(chosen: 2, ticket: ticket) == .inHand(answered, ticket))
        #expect(home.front(chosen: 2, ticket: Samples.ticket(9)) == .inHand(answered, nil))
        #expect(ticket.firstDeeds == [.startWork, .resolve, .addNote])
    }

    @Test("in front the system is silent once the siren is known to sound, or the page was answered")
    func theSystemIsSilentOnceTheSirenSounds() {
        let begins = Samples.home(pages: [asking], siren: Samples.siren(reason: .pages))
        #expect(begins.sounds(for: 1) == nil)
        let sounds = Samples.home(pages: [asking], siren: Samples.siren(reason: .pages, confirmed: true))
        #expect(sounds.sounds(for: 1) == true)
        #expect(Samples.home(pages: [answered]).sounds(for: 2) == true)
        #expect(Samples.home(pages: [answered]).sounds(for: 3) == false)
        #expect(Samples.home().sounds(for: nil) == false)
    }

    @Test("a drill says that it is one, and a quiet pager that it is quiet")
    func aDrillSaysThatItIsOne() {
        let drill = Samples.home(siren: Samples.siren(reason: .drill))
        #expect(drill.front(chosen: nil, ticket: nil) == .drill)
        #expect(Samples.home().front(chosen: nil, ticket: nil) == .quiet)
    }
}
