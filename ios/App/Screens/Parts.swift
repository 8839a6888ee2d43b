import SwiftUI
import TocsinCore

/// A severity as a coloured word.
struct SeverityBadge: View {
    let severity: Severity?
    let text: String

    var body: some View {
        Text(verbatim: text)
            .font(.subheadline.bold())
            .foregroundStyle(severity.tone.text)
            .lineLimit(1)
            .padding(.horizontal, 10)
            .padding(.vertical, 4)
            .background(severity.tone.surface, in: RoundedRectangle(cornerRadius: 8))
    }
}

/// How much a banner matters.
enum Weightiness {
    case said, warned, wrong

    fileprivate var surface: Color {
        switch self {
        case .said: .said
        case .warned: .warned
        case .wrong: .wrong
        }
    }

    fileprivate var ink: Color {
        switch self {
        case .said: .onSaid
        case .warned: .onWarned
        case .wrong: .onWrong
        }
    }
}

/// Something that must not be overlooked.
struct Banner: View {
    let text: Text
    let symbol: String
    let weight: Weightiness

    init(_ text: Text, symbol: String, weight: Weightiness) {
        self.text = text
        self.symbol = symbol
        self.weight = weight
    }

    var body: some View {
        HStack(spacing: 12) {
            Image(systemName: symbol).accessibilityHidden(true)
            text.frame(maxWidth: .infinity, alignment: .leading)
        }
        .foregroundStyle(weight.ink)
        .padding(.horizontal, 16)
        .padding(.vertical, 12)
        .background(weight.surface, in: RoundedRectangle(cornerRadius: 16))
        .accessibilityElement(children: .combine)
    }
}

/// A name and what it is, below each other.
struct Fact: View {
    let name: Text
    let value: Text

    var body: some View {
        VStack(alignment: .leading, spacing: 2) {
            name.font(.subheadline).foregroundStyle(.secondary)
            value
        }
        .frame(maxWidth: .infinity, alignment: .leading)
        .accessibilityElement(children: .combine)
    }
}

/// Text that explains.
struct Quiet: View {
    let text: Text

    init(_ text: Text) {
        self.text = text
    }

    var body: some View {
        text.font(.subheadline).foregroundStyle(.secondary)
    }
}

/// A light as a coloured dot, with its meaning for those who do not see colours.
struct Dot: View {
    let light: Light

    var body: some View {
        Circle()
            .fill(light.color)
            .frame(width: 12, height: 12)
            .accessibilityElement()
            .accessibilityLabel(light.short)
    }
}

/// The answer to "would this phone wake me?".
struct LightAnswer: View {
    let light: Light

    var body: some View {
        HStack(spacing: 16) {
            Image(systemName: light == .green ? "checkmark.shield.fill" : "exclamationmark.triangle.fill")
                .font(.largeTitle)
                .foregroundStyle(light.color)
                .accessibilityHidden(true)
            light.answer.font(.title3.weight(.semibold))
        }
        .padding(.vertical, 8)
        .accessibilityElement(children: .combine)
        .accessibilityAddTraits(.isHeader)
    }
}

/// A large button across the screen, within a thumb's reach.
struct WideButton: View {
    let label: Text
    var symbol: String?
    var prominent = false
    let perform: () -> Void

    var body: some View {
        if prominent {
            button.buttonStyle(.borderedProminent)
        } else {
            button.buttonStyle(.bordered)
        }
    }

    private var button: some View {
        Button {
            perform()
        } label: {
            HStack(spacing: 8) {
                if let symbol { Image(systemName: symbol).accessibilityHidden(true) }
                label.multilineTextAlignment(.center)
            }
            .font(prominent ? .title3.weight(.semibold) : .headline)
            .frame(maxWidth: .infinity, minHeight: prominent ? 56 : 44)
        }
        .controlSize(.large)
    }
}

/// What is beside each other while the type leaves room, and below each other otherwise.
struct Beside<Content: View>: View {
    @Environment(\.dynamicTypeSize) private var size
    @ViewBuilder let content: Content

    var body: some View {
        let layout =
            size.isAccessibilitySize
            ? AnyLayout(VStackLayout(alignment: .leading, spacing: 8))
            : AnyLayout(HStackLayout(spacing: 8))
        layout { content }
    }
}

extension Collection<String> {
    /// Those that say something, with a dot between.
    var dotted: String {
        filter { !$0.isEmpty }.joined(separator: " · ")
    }
}
