import Foundation
import TocsinCore

// The core tells observers on its own threads; here that becomes a stream that one task reads.

extension Pager {
    /// What to show at home, at once and whenever it changes; `nil` while the device is nobody's. What a
    /// slow reader has missed is left out. Nobody looks any more when its task ends.
    public func homes() -> AsyncStream<HomeScreen?> {
        newest { observe(observer: HomeFeed(feed: $0)) }
    }

    /// What to show of a ticket, likewise; `nil` when the device does not keep it.
    public func tickets(_ ticket: TicketId) -> AsyncStream<TicketScreen?> {
        newest { observeTicket(ticket: ticket, observer: TicketFeed(feed: $0)) }
    }

    /// What there is to show at home now; `nil` while the device is nobody's.
    public func home() async -> HomeScreen? {
        for await home in homes() { return home }
        return nil
    }

    /// What `find` finds first in what there is to show at home; nothing if that takes longer than `patience`.
    func first<Found: Sendable>(
        within patience: Duration,
        _ find: @escaping @Sendable (HomeScreen?) -> Found?
    ) async -> Found? {
        await withTaskGroup(of: Found?.self) { group in
            group.addTask {
                for await home in self.homes() {
                    if let found = find(home) { return found }
                }
                return nil
            }
            group.addTask {
                try? await Task.sleep(for: patience)
                return nil
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
    }

    private func newest<Screen: Sendable>(
        _ look: (AsyncStream<Screen?>.Continuation) -> PagerObservation
    ) -> AsyncStream<Screen?> {
        let (screens, feed) = AsyncStream.makeStream(of: Screen?.self, bufferingPolicy: .bufferingNewest(1))
        let looking = look(feed)
        feed.onTermination = { _ in looking.end() }
        return screens
    }
}

private final class HomeFeed: HomeObserver {
    private let feed: AsyncStream<HomeScreen?>.Continuation

    init(feed: AsyncStream<HomeScreen?>.Continuation) {
        self.feed = feed
    }

    func show(home: HomeScreen?) {
        feed.yield(home)
    }
}

private final class TicketFeed: TicketObserver {
    private let feed: AsyncStream<TicketScreen?>.Continuation

    init(feed: AsyncStream<TicketScreen?>.Continuation) {
        self.feed = feed
    }

    func show(ticket: TicketScreen?) {
        feed.yield(ticket)
    }
}

extension Language {
    /// What the core speaks to somebody who reads this.
    public init(locale: Locale) {
        self = locale.language.languageCode == .korean ? .korean : .english
    }
}

extension Date {
    /// An instant of the core's: UTC milliseconds.
    public init(millis: Millis) {
        self.init(timeIntervalSince1970: Double(millis) / 1_000)
    }

    /// For the core: UTC milliseconds.
    public var millis: Millis {
        Millis((timeIntervalSince1970 * 1_000).rounded())
    }
}
