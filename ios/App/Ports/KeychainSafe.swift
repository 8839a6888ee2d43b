import Foundation
import Security
import TocsinCore

/// The safe: the Keychain, shared with the extensions. A page comes while the phone is locked, so its items
/// open after the first unlock; they stay on this phone, in no backup and not in iCloud
/// (https://developer.apple.com/documentation/security/ksecattraccessibleafterfirstunlockthisdeviceonly).
final class KeychainSafe: SafePort {
    private let service = "dev.tocsin.pager.safe"

    func keep(name: String, secret: Data) throws {
        let change = [kSecValueData: secret] as CFDictionary
        var status = SecItemUpdate(item(name) as CFDictionary, change)
        if status == errSecItemNotFound {
            var new = item(name)
            new[kSecValueData] = secret
            new[kSecAttrAccessible] = kSecAttrAccessibleAfterFirstUnlockThisDeviceOnly
            status = SecItemAdd(new as CFDictionary, nil)
        }
        try check(status, "keep")
    }

    func find(name: String) throws -> Data? {
        var query = item(name)
        query[kSecReturnData] = true
        query[kSecMatchLimit] = kSecMatchLimitOne
        var found: CFTypeRef?
        let status = SecItemCopyMatching(query as CFDictionary, &found)
        if status == errSecItemNotFound { return nil }
        try check(status, "open")
        return found as? Data
    }

    func forget(name: String) throws {
        let status = SecItemDelete(item(name) as CFDictionary)
        if status != errSecItemNotFound { try check(status, "forget") }
    }

    private func item(_ name: String) -> [CFString: Any] {
        [
            kSecClass: kSecClassGenericPassword,
            kSecAttrService: service,
            kSecAttrAccount: name,
            kSecAttrAccessGroup: AppGroup.keychainGroup,
            kSecAttrSynchronizable: false,
        ]
    }

    private func check(_ status: OSStatus, _ deed: String) throws {
        guard status != errSecSuccess else { return }
        let said = SecCopyErrorMessageString(status, nil).map { $0 as String } ?? "\(status)"
        throw PortError.Failed(
            text:
                "the phone's Keychain did not \(deed) a secret (\(said)); restart and unlock the phone, and if "
                + "it stays, remove this device and enrol it again"
        )
    }
}
