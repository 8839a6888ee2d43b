import Foundation
import TocsinCore
import TocsinKit
import WidgetKit

/// What widgets and Siri know without the core, written whenever it changes.
@MainActor
final class GlanceWriter {
    private var last: Glance?
    private var duties: [Glance.Duty] = []

    /// As the core says now.
    func follow(_ home: HomeScreen?) {
        if home == nil { duties = [] }
        let glance = Glance(ready: home.map(Self.ready), duties: duties)
        guard glance.withoutTimes != last?.withoutTimes, let file = try? AppGroup.glance() else { return }
        guard (try? glance.write(file)) != nil else { return }
        last = glance
        WidgetCenter.shared.reloadAllTimelines()
    }

    /// As the server says now.
    func follow(_ onCall: OnCallScreen, home: HomeScreen?) {
        duties = onCall.duties
        follow(home)
    }

    nonisolated private static func ready(_ home: HomeScreen) -> Glance.Ready {
        Glance.Ready(
            light: Glance.Ready.Light(home.readiness.light),
            reason: home.readiness.findings.first?.what,
            at: .now
        )
    }
}

extension OnCallScreen {
    /// For widgets and Siri.
    var duties: [Glance.Duty] {
        now.map {
            Glance.Duty(
                team: $0.team,
                primary: $0.primary,
                isMe: $0.isMe,
                until: Date(millis: $0.until),
                next: $0.next
            )
        }
    }
}

extension Glance {
    /// What makes it another one.
    fileprivate var withoutTimes: Glance {
        var copy = self
        copy.ready?.at = .distantPast
        return copy
    }
}

extension Glance.Ready.Light {
    fileprivate init(_ light: Light) {
        switch light {
        case .green: self = .green
        case .amber: self = .amber
        case .red: self = .red
        }
    }
}
