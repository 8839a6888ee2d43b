import SwiftUI
import TocsinCore
import TocsinKit

/// The limit as a clock that runs down, large enough to be read without glasses, with what happens when it
/// is over. Nothing while no limit runs.
struct LimitClock: View {
    let limit: RunningLimit?
    var size = Font.system(size: 76, weight: .medium, design: .rounded)
    @Environment(\.times) private var times

    var body: some View {
        if let limit {
            TimelineView(.everySecond(of: limit)) { tick in
                let face = limit.face(now: tick.date.millis, times: times)
                VStack(alignment: .leading, spacing: 4) {
                    Text(face.heading).font(.subheadline).foregroundStyle(.secondary)
                    Text(verbatim: face.clock)
                        .font(size)
                        .monospacedDigit()
                        .lineLimit(1)
                        .minimumScaleFactor(0.5)
                        .foregroundStyle(face.isOver ? Color.alarm : .primary)
                    Text(face.then)
                }
                .accessibilityElement(children: .ignore)
                .accessibilityLabel(Text(face.spoken))
                .accessibilityValue(Text(face.then))
            }
        }
    }
}

/// The limit in one line, for lists. Nothing while no limit runs.
struct LimitLine: View {
    let limit: RunningLimit?
    @Environment(\.times) private var times

    var body: some View {
        if let limit {
            TimelineView(.everySecond(of: limit)) { tick in
                let face = limit.face(now: tick.date.millis, times: times)
                Text(face.line)
                    .font(.subheadline.weight(.medium))
                    .monospacedDigit()
                    .foregroundStyle(face.isOver ? Color.alarm : .primary)
                    .accessibilityLabel(Text(face.spoken))
            }
        }
    }
}

extension TimelineSchedule where Self == PeriodicTimelineSchedule {
    /// Every second from now on, in step with the end of the limit, so that no number is left out.
    fileprivate static func everySecond(of limit: RunningLimit) -> PeriodicTimelineSchedule {
        let now = Date.now.millis
        return .periodic(from: Date(millis: now - 1_000 + limit.left(now: now) % 1_000), by: 1)
    }
}
