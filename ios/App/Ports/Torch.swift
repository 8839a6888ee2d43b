import AVFoundation

/// Flashes the torch while the siren sounds, for those who do not hear it. It needs no permission.
@MainActor
final class Torch {
    private var flashing: Task<Void, Never>?

    /// From now on; starting twice flashes once. Nothing on a phone without a torch.
    func start() {
        guard flashing == nil, let lamp = AVCaptureDevice.default(for: .video), lamp.hasTorch else { return }
        flashing = Task { await flash(lamp) }
    }

    /// Dark at once.
    func stop() {
        flashing?.cancel()
        flashing = nil
    }

    /// Once a second: slower than the three flashes a second that can start a seizure (WCAG 2.3.1).
    private func flash(_ lamp: AVCaptureDevice) async {
        while !Task.isCancelled {
            light(lamp, on: true)
            try? await Task.sleep(for: .milliseconds(500))
            light(lamp, on: false)
            try? await Task.sleep(for: .milliseconds(500))
        }
        light(lamp, on: false)
    }

    /// A camera in use, or a hot phone, refuses; the siren sounds all the same.
    private func light(_ lamp: AVCaptureDevice, on: Bool) {
        guard lamp.isTorchAvailable, (try? lamp.lockForConfiguration()) != nil else { return }
        lamp.torchMode = on ? .on : .off
        lamp.unlockForConfiguration()
    }
}
