import AVFoundation
import SwiftUI
import Vision
import VisionKit

/// What the camera sees, until it reads an enrolment code. Asks for the camera first; `blind` is told when
/// there is none, or the person does not allow it
/// (https://developer.apple.com/documentation/visionkit/datascannerviewcontroller).
struct ScannerView: View {
    let found: (String) -> Void
    let blind: () -> Void
    @State private var mayLook = false

    var body: some View {
        ZStack {
            Color.black
            if mayLook { Scanner(found: found, blind: blind) }
        }
        .accessibilityLabel(Text("scan_how"))
        .task {
            let allowed = await AVCaptureDevice.requestAccess(for: .video)
            if allowed && DataScannerViewController.isSupported {
                mayLook = true
            } else {
                blind()
            }
        }
    }
}

private struct Scanner: UIViewControllerRepresentable {
    let found: (String) -> Void
    let blind: () -> Void

    func makeUIViewController(context: Context) -> DataScannerViewController {
        let scanner = DataScannerViewController(
            recognizedDataTypes: [.barcode(symbologies: [.qr])],
            isHighlightingEnabled: true
        )
        scanner.delegate = context.coordinator
        return scanner
    }

    func updateUIViewController(_ scanner: DataScannerViewController, context: Context) {
        guard !scanner.isScanning else { return }
        do {
            try scanner.startScanning()
        } catch {
            blind()
        }
    }

    static func dismantleUIViewController(_ scanner: DataScannerViewController, coordinator: Coordinator) {
        scanner.stopScanning()
    }

    func makeCoordinator() -> Coordinator {
        Coordinator(found: found, blind: blind)
    }

    @MainActor
    final class Coordinator: DataScannerViewControllerDelegate {
        private let found: (String) -> Void
        private let blind: () -> Void

        init(found: @escaping (String) -> Void, blind: @escaping () -> Void) {
            self.found = found
            self.blind = blind
        }

        func dataScanner(
            _ scanner: DataScannerViewController,
            didAdd added: [RecognizedItem],
            allItems: [RecognizedItem]
        ) {
            for case .barcode(let code) in added {
                guard let link = code.payloadStringValue else { continue }
                scanner.stopScanning()
                return found(link)
            }
        }

        func dataScanner(
            _ scanner: DataScannerViewController,
            becameUnavailableWithError error: DataScannerViewController.ScanningUnavailable
        ) {
            blind()
        }
    }
}
