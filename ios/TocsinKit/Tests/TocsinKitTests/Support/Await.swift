import Testing

/// Lets everything go on until this holds.
@MainActor
func until(_ what: Comment, _ holds: () async throws -> Bool) async throws {
    // Longer than anything takes on a busy machine.
    let giveUp = ContinuousClock.now + .seconds(60)
    while try await !holds() {
        try #require(ContinuousClock.now < giveUp, what)
        try await Task.sleep(for: .milliseconds(20))
    }
}

/// Lets everything go on until this is there.
@MainActor
func some<Found>(_ what: Comment, _ find: () -> Found?) async throws -> Found {
    var found: Found?
    try await until(what) {
        found = find()
        return found != nil
    }
    return try #require(found)
}
