import SwiftUI
import TocsinGlance
import WidgetKit

/// "Who is on call": each of the person's teams, on the home and the lock screen.
struct OnCallWidget: Widget {
    var body: some WidgetConfiguration {
        StaticConfiguration(kind: "dev.tocsin.oncall", provider: GlanceTimeline()) { entry in
            OnCallView(duties: entry.glance.duties, date: entry.date)
                .containerBackground(.background, for: .widget)
        }
        .configurationDisplayName(Text("who_is_on_call", tableName: "Shared"))
        .description(Text("on_call_about", tableName: "Shared"))
        .supportedFamilies([.systemSmall, .systemMedium, .accessoryRectangular, .accessoryInline])
    }
}

/// The teams and who has their pager, as many of them as there is room for.
struct OnCallView: View {
    let duties: [Glance.Duty]
    /// When this is shown.
    let date: Date

    @Environment(\.widgetFamily) private var family

    var body: some View {
        if let first = duties.first {
            switch family {
            case .accessoryInline:
                Label {
                    DutyLine(duty: first, date: date).who
                } icon: {
                    Image(systemName: "person.wave.2.fill")
                }
            case .accessoryRectangular:
                DutyLine(duty: first, date: date)
            default:
                VStack(alignment: .leading, spacing: 8) {
                    ForEach(duties.prefix(3)) { DutyLine(duty: $0, date: date) }
                    Spacer(minLength: 0)
                }
                .frame(maxWidth: .infinity, alignment: .leading)
            }
        } else {
            Text("on_call_not_known", tableName: "Shared").font(.caption)
        }
    }
}

/// A team, who has its pager, and until when. After the end of the shift it says who has the next one as
/// planned: only the server knows whether that person's phone has proved that it rings.
struct DutyLine: View {
    let duty: Glance.Duty
    /// When this is shown.
    let date: Date

    var body: some View {
        VStack(alignment: .leading) {
            Text(verbatim: duty.team).font(.caption2).foregroundStyle(.secondary).lineLimit(1)
            who.font(.headline).lineLimit(1)
            until.font(.caption).foregroundStyle(.secondary).lineLimit(1)
        }
        .frame(maxWidth: .infinity, alignment: .leading)
        .accessibilityElement(children: .combine)
    }

    /// Whose pager rings.
    var who: Text {
        if duty.isOver(at: date) { return Text(verbatim: duty.next) }
        return duty.isMe
            ? Text("it_is_you \(duty.primary)", tableName: "Shared") : Text(verbatim: duty.primary)
    }

    private var until: Text {
        let time = duty.until.formatted(.dateTime.weekday().hour().minute())
        return duty.isOver(at: date)
            ? Text("planned_from \(time)", tableName: "Shared")
            : Text("until \(time)", tableName: "Shared")
    }
}
