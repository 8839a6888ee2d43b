import SwiftUI
import TocsinCore
import TocsinKit

/// The tabs, and above them what is wrong with the connection.
struct MainView: View {
    @Bindable var model: AppModel
    let pager: PagerModel
    let home: HomeScreen

    var body: some View {
        TabView(selection: $model.place.tab) {
            tab(.pages, badge: home.asking.count) {
                PagesView(home: home, perform: perform)
            } label: {
                Label {
                    Text("tab_pages")
                } icon: {
                    Image(systemName: "bell")
                }
            }
            NavigationStack(path: $model.place.tickets) {
                TicketsView(home: home, perform: perform)
                    .navigationTitle(Text("tab_tickets"))
                    .navigationDestination(for: TicketId.self) { ticket in
                        TicketRoute(
                            pager: pager.pager,
                            ticket: ticket,
                            offset: home.clockOffsetMs,
                            perform: perform
                        )
                    }
                    .safeAreaInset(edge: .top) { ConnectionBanners(home: home) }
            }
            .tabItem {
                Label {
                    Text("tab_tickets")
                } icon: {
                    Image(systemName: "list.bullet.rectangle")
                }
            }
            .tag(Tab.tickets)
            tab(.onCall) {
                OnCallView(onCall: pager.onCall, asks: model.asksOnCall, perform: perform)
                    .task { await model.refresh() }
            } label: {
                Label {
                    Text("tab_on_call")
                } icon: {
                    Image(systemName: "person.2")
                }
            }
            tab(.readiness, badge: home.readiness.light == .green ? 0 : home.readiness.findings.count) {
                ReadinessView(
                    readiness: home.readiness,
                    ladder: model.ladder,
                    drill: pager.drill,
                    perform: perform
                )
            } label: {
                Label {
                    Text("tab_readiness")
                } icon: {
                    Image(systemName: "checkmark.shield")
                }
            }
            tab(.settings) {
                SettingsView(
                    owner: pager.owner,
                    pushes: model.pushes.state,
                    rehearses: model.rehearsal.sounds,
                    supportLog: { pager.pager.supportLog() },
                    askedFloor: pager.home?.rules.sirenFloor,
                    choices: $model.choices,
                    perform: perform
                )
            } label: {
                Label {
                    Text("tab_settings")
                } icon: {
                    Image(systemName: "gearshape")
                }
            }
        }
    }

    private func perform(_ wish: Wish) {
        model.perform(wish)
    }

    private func tab(
        _ tab: Tab,
        badge: Int = 0,
        @ViewBuilder content: () -> some View,
        @ViewBuilder label: () -> some View
    ) -> some View {
        NavigationStack {
            content()
                .safeAreaInset(edge: .top) { ConnectionBanners(home: home) }
        }
        .tabItem(label)
        .badge(badge)
        .tag(tab)
    }
}

/// One ticket, as long as it is looked at.
private struct TicketRoute: View {
    let pager: Pager
    let ticket: TicketId
    let offset: Int64
    let perform: (Wish) -> Void

    @State private var screen: TicketScreen?

    var body: some View {
        Group {
            if let screen {
                TicketView(ticket: screen, offset: offset, perform: perform)
            } else {
                ProgressView()
            }
        }
        .task(id: ticket) {
            for await screen in pager.tickets(ticket) { self.screen = screen }
        }
    }
}

/// What is wrong with the connection, and what waits for it. Nothing when there is nothing.
struct ConnectionBanners: View {
    let home: HomeScreen

    @Environment(\.times) private var times

    var body: some View {
        VStack(spacing: 8) {
            if case .offline(let since, let retryAt, _) = home.connection {
                Banner(
                    Text("offline \(times.at(since)) \(times.at(retryAt))"),
                    symbol: "wifi.slash",
                    weight: .wrong
                )
            }
            if !home.waiting.isEmpty {
                Banner(Text("taps_wait \(home.waiting.count)"), symbol: "arrow.up.circle", weight: .warned)
            }
        }
        .padding(.horizontal, 16)
    }
}

#if DEBUG
#Preview("Connection") {
    ConnectionBanners(home: Samples.english.notSent)
}
#endif
