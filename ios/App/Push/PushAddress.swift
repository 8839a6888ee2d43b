import Foundation
import TocsinCore

/// The address at which Apple's push service reaches this phone: the token that it gave, with what the server
/// needs beside it.
struct PushAddress: Equatable {
    let token: Data

    /// For the core, which tells the server until it has it.
    var endpoint: PushEndpoint {
        .apns(
            token: token.map { String(format: "%02x", $0) }.joined(),
            environment: Self.environment,
            topic: Bundle.main.bundleIdentifier ?? ""
        )
    }

    /// Tokens of a build that was signed for development are known to Apple's sandbox alone. The provisioning
    /// profile says which; an app from the store or TestFlight carries none
    /// (https://developer.apple.com/documentation/bundleresources/entitlements/aps-environment).
    private static var environment: ApnsEnvironment {
        #if targetEnvironment(simulator)
        return .sandbox
        #else
        guard
            let file = Bundle.main.url(forResource: "embedded", withExtension: "mobileprovision"),
            let profile = try? Data(contentsOf: file)
        else { return .production }
        // The profile is a signed message around a property list that is not encrypted.
        let text = String(decoding: profile, as: Unicode.ASCII.self)
        let development = #/<key>aps-environment</key>\s*<string>development</string>/#
        return text.contains(development) ? .sandbox : .production
        #endif
    }
}
