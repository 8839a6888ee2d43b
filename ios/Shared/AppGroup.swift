import Foundation

/// Where the app and its extensions keep what they have in common: one folder and one part of the
/// Keychain, both named after the App Group that is in the entitlements of every target.
enum AppGroup {
    /// The App Group: `group.` and the app's bundle id, which a team that builds its own app chooses. Its name is
    /// in the Info.plist of every target.
    static let identifier = Bundle.main.object(forInfoDictionaryKey: "AppGroup") as? String ?? ""

    /// Where the device's token and keys lie (`kSecAttrAccessGroup`). An App Group is a Keychain
    /// access group as well, and unlike one of its own it is named without the team's prefix
    /// (https://developer.apple.com/documentation/security/sharing-access-to-keychain-items-among-a-collection-of-apps).
    static let keychainGroup = identifier

    /// The group's folder is not there: the target was signed without its entitlement.
    struct NotEntitled: Error {}

    /// What the app's pager leaves for the notification service extension: `Setup.sharedFolder` there,
    /// `NotifierSetup.folder` here.
    static func shared() throws -> URL {
        try folder("pager")
    }

    /// The folder of the pager's file and log, `Setup.folder`. It is the app's alone: the system ends an app that
    /// is suspended while it holds a lock on a file of an App Group, and the pager's file is a database
    /// (https://developer.apple.com/documentation/xcode/sigkill, 0xDEAD10CC).
    static func own() throws -> URL {
        try made(URL.applicationSupportDirectory.appending(component: "pager", directoryHint: .isDirectory))
    }

    /// The file that the app writes for widgets and Siri; see ``Glance``.
    static func glance() throws -> URL {
        try folder("glance").appending(component: "glance.json")
    }

    private static func folder(_ name: String) throws -> URL {
        let files = FileManager.default
        guard let shared = files.containerURL(forSecurityApplicationGroupIdentifier: identifier) else {
            throw NotEntitled()
        }
        return try made(shared.appending(component: name, directoryHint: .isDirectory))
    }

    /// This folder; made if it is not there. It opens after the first unlock, because pages come while the phone is
    /// locked, and is left out of backups, because another phone is another device.
    private static func made(_ folder: URL) throws -> URL {
        let files = FileManager.default
        var folder = folder
        if files.fileExists(atPath: folder.path(percentEncoded: false)) { return folder }
        try files.createDirectory(
            at: folder,
            withIntermediateDirectories: true,
            attributes: [.protectionKey: FileProtectionType.completeUntilFirstUserAuthentication]
        )
        var values = URLResourceValues()
        values.isExcludedFromBackup = true
        try folder.setResourceValues(values)
        return folder
    }
}
