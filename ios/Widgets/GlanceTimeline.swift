import Foundation
import TocsinGlance
import WidgetKit

/// What a widget shows from an instant on.
struct GlanceEntry: TimelineEntry {
    /// From when.
    let date: Date
    /// What the app wrote last.
    let glance: Glance
}

/// What the app wrote, drawn again when a shift ends. The app asks for a new one whenever it writes.
struct GlanceTimeline: TimelineProvider {
    func placeholder(in context: Context) -> GlanceEntry {
        GlanceEntry(date: .now, glance: .sample)
    }

    func getSnapshot(in context: Context, completion: @escaping @Sendable (GlanceEntry) -> Void) {
        let glance = context.isPreview ? .sample : read()
        completion(GlanceEntry(date: .now, glance: glance))
    }

    func getTimeline(in context: Context, completion: @escaping @Sendable (Timeline<GlanceEntry>) -> Void) {
        let glance = read()
        let entries = glance.changes(from: .now).map { GlanceEntry(date: $0, glance: glance) }
        completion(Timeline(entries: entries, policy: .never))
    }

    private func read() -> Glance {
        guard let file = try? AppGroup.glance() else { return Glance() }
        return Glance.read(file)
    }
}

extension Glance {
    /// What the gallery of widgets shows.
    static var sample: Glance {
        let duty = Duty(
            team: String(localized: "sample_team", table: "Shared"),
            primary: String(localized: "sample_person", table: "Shared"),
            isMe: true,
            until: .now.addingTimeInterval(6 * 60 * 60),
            next: String(localized: "sample_next", table: "Shared")
        )
        return Glance(ready: Ready(light: .green, reason: nil, at: .now), duties: [duty])
    }
}
