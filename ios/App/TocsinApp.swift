import SwiftUI
import TocsinCore
import TocsinKit

/// Tocsin on an iPhone: a thin shell around the core that the server's tests run as well.
///
/// It promises that a page is seen, heard and answered as far as Apple lets an app: it shows what the core
/// says, asks for permissions, gives pushes to the core and sounds what the core says. `Screens` draw values
/// and give wishes back; `Model` wires; `Ports` are what the core has the phone do; `Push` is what the system
/// does for the app while it sleeps. None of them holds a rule; what needs no Apple framework is TocsinKit's.
@main
struct TocsinApp: App {
    @UIApplicationDelegateAdaptor private var delegate: AppDelegate

    var body: some Scene {
        WindowGroup {
            RootView(model: delegate.model)
                .onOpenURL { url in
                    if let link = TocsinKit.Link(url: url) { delegate.model.follow(link) }
                }
        }
    }
}
