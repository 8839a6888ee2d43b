import SwiftUI
import TocsinCore
import TocsinKit

/// The first tab: am I on call, would I be woken, what rings, what is there to read.
struct PagesView: View {
    let home: HomeScreen
    let perform: (Wish) -> Void

    @Environment(\.times) private var times

    var body: some View {
        List {
            Section {
                LightAnswer(light: home.readiness.light)
                (home.onCall
                    ? Text("you_are_on_call \(home.me.name)") : Text("you_are_not_on_call \(home.me.name)"))
                    .font(.title3.weight(.semibold))
                if let until = home.offlineUntil { Quiet(Text("alarms_quiet_until \(times.at(until))")) }
                ForEach(home.problems, id: \.self) {
                    Banner(Text(verbatim: $0), symbol: "exclamationmark.triangle", weight: .warned)
                }
                ForEach(home.alarms, id: \.self) {
                    Banner(Text(verbatim: $0.text), symbol: "exclamationmark.triangle.fill", weight: .wrong)
                }
            }
            Section {
                if home.pages.isEmpty { Quiet(Text("nothing_rings_more")) }
                ForEach(home.pages, id: \.page) { page in
                    PageRow(page: page, offset: home.clockOffsetMs) { perform(.showPage(page.ticket)) }
                }
            } header: {
                Text("pages")
            }
            if !home.notices.isEmpty {
                Section {
                    ForEach(home.notices, id: \.number) { Notice(notice: $0, perform: perform) }
                } header: {
                    Text("notices")
                }
            }
        }
    }
}

/// One page in a list.
struct PageRow: View {
    let page: PageCard
    /// The server's clock minus the device's, in milliseconds.
    let offset: Int64
    let open: () -> Void

    var body: some View {
        Button {
            open()
        } label: {
            VStack(alignment: .leading, spacing: 6) {
                Beside {
                    SeverityBadge(severity: page.severity, text: page.severityText)
                    Text(verbatim: page.service).font(.subheadline.weight(.medium))
                    LimitLine(limit: page.limit(clockOffset: offset))
                }
                Text(verbatim: page.title)
            }
            .frame(maxWidth: .infinity, minHeight: 44, alignment: .leading)
            .accessibilityElement(children: .combine)
        }
        .tint(.primary)
    }
}

/// Something that the person should read.
private struct Notice: View {
    let notice: NoticeCard
    let perform: (Wish) -> Void

    @Environment(\.times) private var times

    var body: some View {
        HStack(alignment: .top) {
            if let ticket = notice.ticket {
                Button {
                    perform(.openTicket(ticket))
                } label: {
                    words
                }.tint(.primary)
            } else {
                words
            }
            Button {
                perform(.tap(.dismissNotice(notice.number)))
            } label: {
                Image(systemName: "xmark").frame(minWidth: 44, minHeight: 44)
            }
            .accessibilityLabel(Text("dismiss"))
        }
        // Two buttons in one row: each is its own.
        .buttonStyle(.borderless)
    }

    private var words: some View {
        VStack(alignment: .leading, spacing: 4) {
            Quiet(Text(verbatim: times.at(notice.at)))
            Text(verbatim: notice.text)
        }
        .frame(maxWidth: .infinity, alignment: .leading)
        .accessibilityElement(children: .combine)
    }
}

#if DEBUG
#Preview("Pages") {
    PagesView(home: Samples.english.busy) { _ in }
}

#Preview("호출") {
    PagesView(home: Samples.korean.busy) { _ in }
        .environment(\.locale, Locale(identifier: "ko"))
}
#endif
