import SwiftUI
import TocsinCore

/// Controls stay under the thumb while the rest scrolls; where there is little height, as on a phone that
/// lies on its side, everything scrolls together.
struct PageFrame<Head: View, Content: View, Controls: View>: View {
    @Environment(\.verticalSizeClass) private var height
    @ViewBuilder let head: Head
    @ViewBuilder let content: Content
    @ViewBuilder let controls: Controls

    var body: some View {
        if height == .compact {
            ScrollView {
                scrolled
                thumb
            }
        } else {
            ScrollView { scrolled }
                .safeAreaInset(edge: .bottom, spacing: 0) { thumb.background(Color.night) }
        }
    }

    private var scrolled: some View {
        VStack(alignment: .leading, spacing: 0) {
            head
            VStack(alignment: .leading, spacing: 16) { content }
                .frame(maxWidth: .infinity, alignment: .leading)
                .padding(24)
        }
    }

    private var thumb: some View {
        VStack(spacing: 12) { controls }
            .padding(.horizontal, 16)
            .padding(.vertical, 12)
    }
}

/// How bad and where, in the severity's colour from edge to edge.
struct PageHead: View {
    let severity: Severity?
    let title: Text
    var service: Text?
    var more: Text?

    var body: some View {
        VStack(alignment: .leading, spacing: 2) {
            title.font(.largeTitle.bold())
            service?.font(.title2.weight(.semibold))
            more
        }
        .foregroundStyle(severity.tone.text)
        .frame(maxWidth: .infinity, alignment: .leading)
        .padding(.horizontal, 24)
        .padding(.vertical, 16)
        .background(severity.tone.surface)
        .accessibilityElement(children: .combine)
    }
}

/// What is wrong, as large as it may be.
struct PageTitle: View {
    let text: Text

    init(_ text: Text) {
        self.text = text
    }

    var body: some View {
        text.font(.title.weight(.semibold)).accessibilityAddTraits(.isHeader)
    }
}

/// What the person must know besides: taps that the server has not heard of, a siren that fails.
struct PageWarnings: View {
    let home: HomeScreen
    let ticket: TicketId?

    var body: some View {
        let taps = home.waiting.filter { $0.ticket == ticket }.map(\.text).joined(separator: ", ")
        if !taps.isEmpty {
            Banner(
                connected ? Text("sending \(taps)") : Text("not_sent \(taps)"),
                symbol: "wifi.slash",
                weight: .warned
            )
        }
        if let failure = home.siren.failure {
            Banner(Text("siren_failed \(failure)"), symbol: "speaker.slash", weight: .wrong)
        }
    }

    private var connected: Bool {
        if case .live = home.connection { true } else { false }
    }
}

/// Large buttons for deeds, two beside each other where the type leaves room.
struct DeedButtons: View {
    @Environment(\.dynamicTypeSize) private var size
    let deeds: [Deed]
    var label: (Deed) -> Text = { $0.label }
    let perform: (Deed) -> Void

    var body: some View {
        let column = GridItem(.flexible(), spacing: 8)
        let columns = size.isAccessibilitySize ? [column] : [column, column]
        LazyVGrid(columns: columns, spacing: 8) {
            ForEach(deeds, id: \.self) { deed in
                WideButton(label: label(deed), symbol: deed.symbol) { perform(deed) }
            }
        }
    }
}
