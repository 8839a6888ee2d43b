import Foundation
import Observation
import TocsinCore
import UIKit

/// Whether pages can come by Apple's push service.
enum PushState: Hashable, Sendable {
    /// Apple was asked for an address.
    case waiting
    /// The core has the address, and tells the server.
    case registered
    /// The server does not push by Apple's service.
    case notOffered
    /// Apple gave none, and says why.
    case refused(String)
}

/// The way for pushes to reach this phone. The core tells the server until it has exactly the address that was
/// told here, so every new one is told once.
@MainActor @Observable
final class PushRegistration {
    /// How it stands.
    private(set) var state = PushState.waiting

    @ObservationIgnored private var address: PushAddress?
    @ObservationIgnored private var told: PushAddress?

    /// Asks Apple for an address, and the server whether it pushes by Apple at all. Done whenever the app starts:
    /// Apple may give another one
    /// (https://developer.apple.com/documentation/usernotifications/registering-your-app-with-apns).
    func renew(_ pager: Pager) async {
        state = .waiting
        told = nil
        UIApplication.shared.registerForRemoteNotifications()
        if let offer = try? await pager.pushOffer(), !offer.transports.contains(.apns) { state = .notOffered }
    }

    /// Apple gave an address.
    func arrived(_ token: Data) {
        address = PushAddress(token: token)
        if state != .notOffered { state = .registered }
    }

    /// Apple gave none.
    func failed(_ error: any Error) {
        address = nil
        state = .refused(error.localizedDescription)
    }

    /// The core hears of the address, unless it has. A phone that is nobody's has nobody to tell.
    func tell(_ pager: Pager) {
        guard let address, address != told, (try? pager.me()) != nil else { return }
        if (try? pager.pushEndpoints(endpoints: [address.endpoint])) != nil { told = address }
    }

    /// This phone is nobody's any more.
    func forget() {
        UIApplication.shared.unregisterForRemoteNotifications()
        address = nil
        told = nil
        state = .waiting
    }
}
