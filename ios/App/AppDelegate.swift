import AppIntents
import TocsinCore
import TocsinKit
import UIKit

/// What the system tells a process: that it begins, that pushes come, that its files open. The process may be
/// started by any of them, long before the person looks.
final class AppDelegate: NSObject, UIApplicationDelegate {
    let model = AppModel()
    private var notices: Notices?

    func application(
        _ application: UIApplication,
        didFinishLaunchingWithOptions options: [UIApplication.LaunchOptionsKey: Any]?
    ) -> Bool {
        let door = model.door
        AppDependencyManager.shared.add(dependency: door)
        let notices = Notices(handling: model.handling)
        notices.register()
        self.notices = notices
        model.open()
        return true
    }

    /// The first unlock after a restart: now the pager opens.
    func applicationProtectedDataDidBecomeAvailable(_ application: UIApplication) {
        model.open()
    }

    func application(
        _ application: UIApplication,
        didRegisterForRemoteNotificationsWithDeviceToken deviceToken: Data
    ) {
        model.registered(deviceToken)
    }

    func application(
        _ application: UIApplication,
        didFailToRegisterForRemoteNotificationsWithError error: any Error
    ) {
        model.pushes.failed(error)
    }

    func application(
        _ application: UIApplication,
        didReceiveRemoteNotification userInfo: [AnyHashable: Any]
    ) async -> UIBackgroundFetchResult {
        let payload = userInfo[NotificationKeys.payload] as? String
        await model.received(payload.flatMap(sealedPush(payload:)))
        return .newData
    }
}
