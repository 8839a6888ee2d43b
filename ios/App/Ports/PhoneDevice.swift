import TocsinCore
import TocsinKit
import os

/// What the core judges this phone by. Facts only: what they mean, and what to do, is the core's. It asks on
/// its own threads and waits for nothing, so it gets what was last read; see ``DeviceWatcher``.
final class PhoneDevice: DevicePort {
    private let last = OSAllocatedUnfairLock<DeviceReading?>(initialState: nil)

    /// What was read last; nothing before the first time.
    var reading: DeviceReading? {
        last.withLock { $0 }
    }

    func note(_ reading: DeviceReading) {
        last.withLock { $0 = reading }
    }

    func facts() throws -> Facts {
        guard let reading else { throw PortError.Failed(text: "nothing has been read off this phone yet") }
        return reading.facts
    }
}
