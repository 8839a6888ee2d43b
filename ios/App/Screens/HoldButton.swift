import SwiftUI
import TocsinKit

/// A button that counts only when held, for `Hold.needed`; then it gives its action, once for each touch.
///
/// Time decides, animation only paints: with animations reduced a tap still does nothing. A touch does not
/// outlive what it was meant for: when `subject` changes under the finger, nothing happens. Whoever cannot
/// hold (VoiceOver, Switch Control, Voice Control) activates the button, which is announced as `action`.
struct HoldButton: View {
    /// What it is about; another subject begins anew.
    let subject: String
    /// What it says to whoever sees it.
    let text: Text
    /// What it does, for whoever does not.
    let action: Text
    var outlined = false
    let perform: () -> Void

    var body: some View {
        HoldArea(subject: subject, text: text, action: action, outlined: outlined, perform: perform)
            .id(subject)
    }
}

private struct HoldArea: View {
    let subject: String
    let text: Text
    let action: Text
    let outlined: Bool
    let perform: () -> Void

    @GestureState private var touch = Touch.none
    @State private var hold = Hold<String>()
    @State private var held = 0

    private let shape = RoundedRectangle(cornerRadius: 28)

    var body: some View {
        (pressed ? Text("hold_on") : text)
            .font(outlined ? .headline : .title2.weight(.semibold))
            .multilineTextAlignment(.center)
            .foregroundStyle(ink)
            .padding(.horizontal, 20)
            .padding(.vertical, 12)
            .frame(maxWidth: .infinity, minHeight: outlined ? 64 : 96)
            .background { ground }
            .clipShape(shape)
            .overlay { if outlined { shape.strokeBorder(ink, lineWidth: 2) } }
            .overlay { finger }
            .task(id: touch) { await giveWhenHeld() }
            .sensoryFeedback(.success, trigger: held)
            .accessibilityElement(children: .ignore)
            .accessibilityLabel(action)
            .accessibilityAddTraits(.isButton)
            .accessibilityAction { perform() }
    }

    private var pressed: Bool { touch == .resting }

    private var ink: Color { outlined ? .primary : Tone.answer.text }

    private var ground: some View {
        ZStack {
            outlined ? Color.clear : Tone.answer.surface
            ink.opacity(0.28)
                .scaleEffect(x: pressed ? 1 : 0, anchor: .leading)
                .animation(.linear(duration: pressed ? Hold<String>.needed.inSeconds : 0.15), value: pressed)
        }
    }

    /// Feels the finger; the touch ends when it is lifted, when the system takes it away, and when it has
    /// slipped off further than a half-asleep finger does.
    private var finger: some View {
        GeometryReader { area in
            let reach = CGRect(origin: .zero, size: area.size).insetBy(dx: -Touch.slip, dy: -Touch.slip)
            Color.clear
                .contentShape(Rectangle())
                .gesture(
                    DragGesture(minimumDistance: 0, coordinateSpace: .local)
                        .updating($touch) { value, touch, _ in
                            if touch != .slipped {
                                touch = reach.contains(value.location) ? .resting : .slipped
                            }
                        }
                )
        }
    }

    private func giveWhenHeld() async {
        hold.release()
        guard pressed else { return }
        hold.press(subject, at: .now)
        do {
            try await Task.sleep(for: Hold<String>.needed)
        } catch {
            return  // Lifted too early.
        }
        guard hold.ripen(subject, at: .now) else { return }
        held += 1
        perform()
    }

    private enum Touch {
        case none, resting, slipped

        /// How far a finger may slip off, in points.
        static let slip: CGFloat = 48
    }
}

extension Duration {
    fileprivate var inSeconds: Double {
        self / .seconds(1)
    }
}

#Preview("Hold") {
    VStack(spacing: 12) {
        HoldButton(subject: "1", text: Text("hold_to_check_in"), action: Text("check_in")) {}
        HoldButton(subject: "2", text: Text("hold_only_this"), action: Text("check_in"), outlined: true) {}
    }
    .padding()
    .preferredColorScheme(.dark)
}
