import Foundation
import TocsinCore
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
        let pager = phone.pager
        let tickets = if let ticket { [ticket] } else { Array(await pager.home()?.ringing ?? []) }
        guard !tickets.isEmpty else { return PagerDoor.CheckedIn(tickets: 0, sent: true) }
        do {
            try pager.perform(ticket.map(Tap.checkIn) ?? .checkInAll)
        } catch {
            throw PagerDoor.Refused(text: Trouble(error).phrase.text())
        }
        await finish(phone)
        return PagerDoor.CheckedIn(tickets: tickets.count, sent: await pager.sends(tickets))
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

extension Pager {
    /// Whether the server has every tap on these tickets, before Siri loses patience.
    fileprivate func sends(_ tickets: [TicketId]) async -> Bool {
        await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                for await home in self.homes() {
                    let waiting = home?.waiting ?? []
                    if !waiting.contains(where: { tickets.contains($0.ticket) }) { return true }
                }
                return false
            }
            group.addTask {
                try? await Task.sleep(for: .seconds(5))
                return false
            }
            defer { group.cancelAll() }
            return await group.next() ?? false
        }
    }
}
