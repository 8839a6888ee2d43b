import SwiftUI
import TocsinGlance
import WidgetKit

/// "Am I pageable?": the core's light and its first reason, on the home and the lock screen. A tap opens
/// the app, which says what to mend.
struct PageableWidget: Widget {
    var body: some WidgetConfiguration {
        StaticConfiguration(kind: "dev.tocsin.pageable", provider: GlanceTimeline()) { entry in
            PageableView(ready: entry.glance.ready)
                .containerBackground(.background, for: .widget)
        }
        .configurationDisplayName(Text("pageable_name", tableName: "Shared"))
        .description(Text("pageable_about", tableName: "Shared"))
        .supportedFamilies([.systemSmall, .accessoryCircular, .accessoryRectangular, .accessoryInline])
    }
}

/// Light, word and reason, as many of them as there is room for.
struct PageableView: View {
    /// Nothing: this phone is nobody's pager.
    let ready: Glance.Ready?

    @Environment(\.widgetFamily) private var family

    var body: some View {
        switch family {
        case .accessoryCircular:
            ZStack {
                AccessoryWidgetBackground()
                Image(systemName: light.symbol).font(.title)
            }
            .accessibilityElement(children: .ignore)
            .accessibilityLabel(Text(light.word))
        case .accessoryInline:
            word
        case .accessoryRectangular:
            VStack(alignment: .leading) {
                word.font(.headline)
                reason.font(.caption).lineLimit(2)
            }
            .frame(maxWidth: .infinity, alignment: .leading)
        default:
            VStack(alignment: .leading, spacing: 6) {
                Image(systemName: light.symbol).font(.largeTitle).foregroundStyle(light.color)
                    .accessibilityHidden(true)
                Spacer(minLength: 0)
                Text(light.word).font(.headline)
                reason.font(.caption).foregroundStyle(.secondary).lineLimit(3)
            }
            .frame(maxWidth: .infinity, alignment: .leading)
        }
    }

    private var word: some View {
        Label {
            Text(light.word)
        } icon: {
            Image(systemName: light.symbol)
        }
    }

    private var light: Glance.Ready.Light {
        ready?.light ?? .red
    }

    @ViewBuilder private var reason: some View {
        if let ready {
            if let reason = ready.reason {
                Text(verbatim: reason)
            }
        } else {
            Text("glance_not_enrolled", tableName: "Shared")
        }
    }
}

extension Glance.Ready.Light {
    /// The light as a picture: a mark as well as a colour.
    var symbol: String {
        switch self {
        case .green: "checkmark.shield.fill"
        case .amber: "exclamationmark.shield.fill"
        case .red: "xmark.shield.fill"
        }
    }

    /// The light in words.
    var word: LocalizedStringResource {
        switch self {
        case .green: LocalizedStringResource("glance_green", table: "Shared")
        case .amber: LocalizedStringResource("glance_amber", table: "Shared")
        case .red: LocalizedStringResource("glance_red", table: "Shared")
        }
    }

    /// The colour of the light on the system's background.
    var color: Color {
        switch self {
        case .green: .green
        case .amber: .orange
        case .red: .red
        }
    }
}
