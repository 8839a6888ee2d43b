import ActivityKit
import AppIntents
import SwiftUI
import TocsinGlance
import WidgetKit

/// The running limit of a ticket on the lock screen and in the Dynamic Island, with the check-in.
struct PageActivity: Widget {
    var body: some WidgetConfiguration {
        ActivityConfiguration(for: PageActivityAttributes.self) { context in
            PageActivityView(context: context)
                .padding()
                .activityBackgroundTint(.black)
                .activitySystemActionForegroundColor(.white)
                .environment(\.colorScheme, .dark)
                .widgetURL(context.link)
        } dynamicIsland: { context in
            DynamicIsland {
                DynamicIslandExpandedRegion(.leading) {
                    SeverityMark(attributes: context.attributes)
                }
                DynamicIslandExpandedRegion(.trailing) {
                    LimitClock(state: context.state).font(.title2).frame(maxWidth: 96)
                }
                DynamicIslandExpandedRegion(.center) {
                    PageWords(context: context)
                }
                DynamicIslandExpandedRegion(.bottom) {
                    CheckInButton(context: context)
                }
            } compactLeading: {
                SeverityMark(attributes: context.attributes)
            } compactTrailing: {
                LimitClock(state: context.state).frame(maxWidth: 56)
            } minimal: {
                Image(systemName: "bell.fill")
                    .foregroundStyle(SeverityMark.color(context.attributes.severity))
                    .accessibilityLabel(Text(verbatim: context.attributes.severityText))
            }
            .widgetURL(context.link)
        }
    }
}

extension ActivityViewContext<PageActivityAttributes> {
    /// What a tap opens, as the app reads it: the page while it rings, then the ticket.
    fileprivate var link: URL? {
        switch state.phase {
        case .ringing: URL(string: "tocsin://page/\(attributes.ticket)")
        case .answered: URL(string: "tocsin://ticket/\(attributes.ticket)")
        }
    }
}

/// The lock screen's.
private struct PageActivityView: View {
    let context: ActivityViewContext<PageActivityAttributes>

    var body: some View {
        VStack(alignment: .leading, spacing: 10) {
            HStack(alignment: .top) {
                SeverityMark(attributes: context.attributes)
                PageWords(context: context)
                Spacer(minLength: 8)
                LimitClock(state: context.state).font(.title).frame(maxWidth: 120)
            }
            LimitBar(state: context.state)
            CheckInButton(context: context)
        }
    }
}

/// What it is about, where it stands, and what comes next. What it is about is hidden on a locked phone whose
/// owner hides previews.
private struct PageWords: View {
    let context: ActivityViewContext<PageActivityAttributes>

    var body: some View {
        VStack(alignment: .leading, spacing: 2) {
            Text(verbatim: context.attributes.title).font(.headline).lineLimit(2).privacySensitive()
            Text(verbatim: context.attributes.service).font(.subheadline).lineLimit(1).privacySensitive()
            Text(verbatim: context.state.stateText).font(.subheadline).foregroundStyle(.secondary)
            if context.state.pending {
                Text("tap_waits", tableName: "Shared").font(.caption).foregroundStyle(.orange)
            } else if let then = context.state.thenText {
                Text(verbatim: then).font(.caption).foregroundStyle(.secondary).lineLimit(2)
            }
        }
    }
}

/// The severity in its colour.
private struct SeverityMark: View {
    let attributes: PageActivityAttributes

    var body: some View {
        Text(verbatim: attributes.severityText)
            .font(.caption.bold())
            .foregroundStyle(Self.color(attributes.severity))
    }

    /// The colours of a severity on black; alike everywhere, so that they are learnt once.
    static func color(_ severity: Int?) -> Color {
        switch severity {
        case 1: Color(red: 1, green: 0.48, blue: 0.45)
        case 2: Color(red: 1, green: 0.6, blue: 0.24)
        case 3: Color(red: 1, green: 0.85, blue: 0.35)
        case 4: Color(red: 0.53, green: 0.83, blue: 0.78)
        default: Color(red: 0.72, green: 0.75, blue: 0.79)
        }
    }
}

/// The limit as a clock that runs down by itself and then counts how long it has been over.
private struct LimitClock: View {
    let state: PageActivityAttributes.ContentState

    var body: some View {
        if let due = state.due {
            let now = Date.now
            let isOver = due <= now
            let time = isOver ? Self.countingUp(from: due) : Text(timerInterval: now...due, countsDown: true)
            time
                .monospacedDigit()
                .foregroundStyle(isOver ? Color.red : Color.primary)
                .multilineTextAlignment(.trailing)
                .accessibilityLabel(Text(isOver ? "limit_over" : "limit", tableName: "Shared"))
                .accessibilityValue(time)
        }
    }

    private static func countingUp(from due: Date) -> Text {
        Text(timerInterval: due...due.addingTimeInterval(longest), countsDown: false)
    }

    /// A Live Activity is taken away after eight hours
    /// (https://developer.apple.com/documentation/activitykit/displaying-live-data-with-live-activities).
    private static let longest: TimeInterval = 8 * 60 * 60
}

/// How much of the limit is left.
private struct LimitBar: View {
    let state: PageActivityAttributes.ContentState

    var body: some View {
        if let due = state.due, due > max(state.since, .now) {
            ProgressView(timerInterval: state.since...due, countsDown: true) {
                EmptyView()
            } currentValueLabel: {
                EmptyView()
            }
            .accessibilityHidden(true)
        }
    }
}

/// Checks in while the page rings. The system performs it on a phone that is unlocked; on a locked one it asks for
/// the face or the code first (https://developer.apple.com/documentation/widgetkit/adding-interactivity-to-widgets-and-live-activities).
private struct CheckInButton: View {
    let context: ActivityViewContext<PageActivityAttributes>

    var body: some View {
        if context.state.phase == .ringing {
            Button(intent: CheckInToTicketIntent(ticket: context.attributes.ticket)) {
                Text("check_in", tableName: "Shared").font(.headline).frame(maxWidth: .infinity)
            }
            .buttonStyle(.borderedProminent)
            .tint(.green)
        }
    }
}
