import SwiftUI
import TocsinKit

/// How a phone becomes a pager.
struct EnrolView: View {
    let state: Enrolling.State
    let perform: (EnrolWish) -> Void

    var body: some View {
        ScrollView {
            VStack(alignment: .leading, spacing: 16) {
                Image(systemName: "bell.fill")
                    .font(.system(size: 56))
                    .foregroundStyle(.tint)
                    .accessibilityHidden(true)
                Text("enrol_title").font(.largeTitle.bold()).accessibilityAddTraits(.isHeader)
                step
            }
            .frame(maxWidth: .infinity, alignment: .leading)
            .padding(24)
        }
    }

    @ViewBuilder private var step: some View {
        switch state {
        case .idle:
            start
        case .scanning:
            Text("scan_how")
            ScannerView(found: { perform(.link($0)) }, blind: { perform(.blind) })
                .aspectRatio(1, contentMode: .fit)
                .clipShape(RoundedRectangle(cornerRadius: 28))
            WideButton(label: Text("type_code")) { perform(.type) }
            cancel
        case .typing:
            TypedEnrolment(perform: perform)
            cancel
        case .confirmingPlainHttp(let server):
            Banner(Text("plain_http \(server)"), symbol: "lock.open", weight: .warned)
            Text("plain_http_ask")
            WideButton(label: Text("plain_http_confirm"), prominent: true) { perform(.allowPlainHttp) }
            cancel
        case .working:
            ProgressView { Text("enrolling") }.frame(maxWidth: .infinity, minHeight: 64)
        case .failed(let why):
            Banner(Text(why), symbol: "exclamationmark.triangle", weight: .wrong)
            start
        }
    }

    @ViewBuilder private var start: some View {
        Text("enrol_how")
        WideButton(label: Text("scan"), symbol: "qrcode.viewfinder", prominent: true) { perform(.scan) }
        WideButton(label: Text("type_code"), symbol: "keyboard") { perform(.type) }
    }

    private var cancel: some View {
        WideButton(label: Text("cancel")) { perform(.cancel) }
    }
}

/// What a person wants while the phone is nobody's.
enum EnrolWish: Hashable {
    /// The camera is to read a code.
    case scan
    /// No camera can be used.
    case blind
    /// Address and code are to be typed.
    case type
    /// A code was read: `tocsin://enroll?server=URL&code=CODE`.
    case link(String)
    /// This phone enrols with what was typed.
    case typed(server: String, code: String)
    /// The person means the unencrypted address that they were asked about.
    case allowPlainHttp
    /// The person thinks better of it.
    case cancel
}

/// Address and code, as they were given.
private struct TypedEnrolment: View {
    let perform: (EnrolWish) -> Void
    @State private var server = ""
    @State private var code = ""

    var body: some View {
        Text("type_how")
        VStack(alignment: .leading, spacing: 4) {
            Quiet(Text("server"))
            TextField(text: $server, prompt: Text(verbatim: "pager.example.org")) { Text("server") }
                .keyboardType(.URL)
                .textInputAutocapitalization(.never)
                .submitLabel(.next)
            Quiet(Text("code")).padding(.top, 8)
            TextField(text: $code, prompt: Text(verbatim: "7KQ2M-9XWTA")) { Text("code") }
                .keyboardType(.asciiCapable)
                .textInputAutocapitalization(.characters)
                .submitLabel(.done)
        }
        .autocorrectionDisabled()
        .textFieldStyle(.roundedBorder)
        .controlSize(.large)
        WideButton(label: Text("enrol"), prominent: true) { perform(.typed(server: server, code: code)) }
            .disabled(server.isEmpty || code.isEmpty)
    }
}

#Preview("Enrol") {
    EnrolView(state: .idle) { _ in }
}

#Preview("등록") {
    EnrolView(state: .typing) { _ in }.environment(\.locale, Locale(identifier: "ko"))
}

#Preview("Not encrypted") {
    EnrolView(state: .confirmingPlainHttp(server: "http://192.168.1.20:8080")) { _ in }
}

#Preview("Refused") {
    EnrolView(state: .failed(Phrase(.enrolRefused))) { _ in }
}
