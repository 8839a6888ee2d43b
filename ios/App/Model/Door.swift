import Foundation
import TocsinCore
import TocsinGlance
import TocsinKit

extension AppModel {
    /// What Siri, Shortcuts and the Live Activity's button may ask of the pager.
    var door: PagerDoor {
        PagerDoor(
            checkIn: { try await self.checkIn($0) },
            onCall: { try await self.duties() }
        )
    }

    private func checkIn(_ ticket: TicketId?) async throws -> PagerDoor.CheckedIn {
        let phone = try entered()
        do {
            let tickets = try await phone.pager.checkIn(to: ticket)
            await finish(phone)
            // Siri loses patience.
            let sent = await phone.pager.sent(within: .seconds(5))
            return PagerDoor.CheckedIn(tickets: tickets, sent: sent)
        } catch {
            throw PagerDoor.Refused(text: Trouble(error).phrase.text())
        }
    }

    private func duties() async throws -> [Glance.Duty] {
        let pager = try entered().pager
        do {
            return try await pager.onCall().duties
        } catch {
            throw PagerDoor.Refused(text: Trouble(error).phrase.text())
        }
    }

    private func entered() throws -> Phone {
        open()
        switch opening {
        case .open(let phone): return phone
        case .closed(let trouble): throw PagerDoor.Refused(text: trouble.phrase.text())
        }
    }
}
