import Foundation

/// What the owner of this phone chose. The extensions read it as well.
struct Choices: Codable, Hashable, Sendable {
    /// While Tocsin is in front, a page is at least this loud: a share of full volume, 0.5 to 1.
    var volumeFloor: Float = 0.8
    /// A page also vibrates.
    var vibrates = true
    /// A page also flashes the torch.
    var flashes = false
    /// Nothing that a locked phone shows says what a page is about.
    var hidesContent = false

    /// What was chosen last, in the App Group's `defaults`.
    static func kept(in defaults: UserDefaults) -> Choices {
        defaults.data(forKey: key).flatMap { try? JSONDecoder().decode(Choices.self, from: $0) } ?? Choices()
    }

    /// Keeps it in place of what was chosen before.
    func keep(in defaults: UserDefaults) {
        defaults.set(try? JSONEncoder().encode(self), forKey: Self.key)
    }

    private static let key = "choices"
}
