import UIKit

extension UIApplication {
    /// Does `work` even if the person leaves the app meanwhile; the system gives it some seconds for that
    /// (https://developer.apple.com/documentation/uikit/extending-your-app-s-background-execution-time).
    func working(_ work: @MainActor () async -> Void) async {
        let time = BackgroundTime()
        await work()
        time.end()
    }
}

/// Time that the system gives to an app which the person has left, until it is given back or at its end.
@MainActor
private final class BackgroundTime {
    private var name = UIBackgroundTaskIdentifier.invalid

    init() {
        name = UIApplication.shared.beginBackgroundTask { [weak self] in self?.end() }
    }

    /// It is not needed any more.
    func end() {
        guard name != .invalid else { return }
        UIApplication.shared.endBackgroundTask(name)
        name = .invalid
    }
}
