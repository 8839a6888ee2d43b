import SwiftUI
import TocsinCore
import TocsinKit

/// The app as it stands now: nobody's phone, the page that rings, or the tabs.
struct RootView: View {
    @Bindable var model: AppModel

    var body: some View {
        switch model.opening {
        case .closed(let trouble):
            ClosedView(trouble: trouble) { model.open() }
        case .open(let phone):
            OpenView(model: model, pager: phone.model)
        }
    }
}

private struct OpenView: View {
    @Bindable var model: AppModel
    @Bindable var pager: PagerModel

    @Environment(\.scenePhase) private var phase

    var body: some View {
        Group {
            if let home = pager.home {
                if model.place.showsPage {
                    FrontPage(model: model, home: home, pager: pager.pager)
                } else {
                    MainView(model: model, pager: pager, home: home)
                }
            } else if pager.isKnown {
                EnrolView(state: pager.enrolling.state) { model.perform($0) }
            } else {
                ProgressView()
            }
        }
        .alert(item: $pager.trouble)
        .alert(Text("did_not_work"), isPresented: refusesEnrolment) {
            Button {
                pager.enrolling.cancel()
            } label: {
                Text("close")
            }
        } message: {
            Text("enrol_already")
        }
        .onChange(of: phase, initial: true) { _, phase in
            if phase == .active { Task { await model.becameActive() } }
        }
    }
}

extension OpenView {
    /// A link that would enrol a phone which is somebody's already never takes it from them.
    private var refusesEnrolment: Binding<Bool> {
        Binding {
            if case .failed = pager.enrolling.state { pager.home != nil } else { false }
        } set: { shown in
            if !shown { pager.enrolling.cancel() }
        }
    }
}

/// The page screen with the ticket that it is about.
private struct FrontPage: View {
    let model: AppModel
    let home: HomeScreen
    let pager: Pager

    @State private var ticket: TicketScreen?

    var body: some View {
        let front = home.ticketInFront(chosen: model.place.chosen)
        PageScreen(
            home: home,
            ticket: ticket?.card.ticket == front ? ticket : nil,
            chosen: model.place.chosen
        ) { model.perform($0) }
        .task(id: front) {
            ticket = nil
            guard let front else { return }
            for await screen in pager.tickets(front) { ticket = screen }
        }
    }
}

/// The pager does not open: why, and what to do.
private struct ClosedView: View {
    let trouble: Trouble
    let again: () -> Void

    var body: some View {
        VStack(spacing: 16) {
            Banner(Text(trouble.phrase), symbol: "lock", weight: .warned)
            Quiet(Text(verbatim: trouble.detail))
            WideButton(label: Text("again"), prominent: true, perform: again)
        }
        .padding(24)
    }
}

extension View {
    /// Says what did not work, until it is read.
    fileprivate func alert(item: Binding<Trouble?>) -> some View {
        let isShown = Binding(get: { item.wrappedValue != nil }, set: { if !$0 { item.wrappedValue = nil } })
        return alert(Text("did_not_work"), isPresented: isShown, presenting: item.wrappedValue) { _ in
            Button {
                item.wrappedValue = nil
            } label: {
                Text("close")
            }
        } message: { trouble in
            Text(trouble.phrase)
        }
    }
}
