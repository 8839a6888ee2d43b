import Foundation
import TocsinCore
import TocsinGlance
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
        let glance = Glance(ready: home.map { Glance.Ready($0, now: .now) }, duties: duties)
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
}

extension Glance {
    /// What makes it another one.
    fileprivate var withoutTimes: Glance {
        var copy = self
        copy.ready?.at = .distantPast
        return copy
    }
}
